/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Each tally has a ring of TALLY_SLOTS seconds.  An attempt counts in the
 * second in which it was made, whenever its fate is known, so that a window is
 * judged by what became of the attempts in it; it is judged TALLY_DELAY
 * seconds after it ended.  Nothing depends on the order within that time.
 *
 * Memory is bounded.  A tally is forgotten when nothing happened for as long as
 * its ring is; only one that has cases, or half-open connections, rests.  When
 * there are too many, the least of the eight that were not used for longest
 * goes and is summed up in `others`: what happens often is never among them.
 */
#include "census.h"

#include <string.h>

#define CANDIDATES 8 /* among which one is given up */

/* ------------------------------------------------------------------ lists */

static void
list_append(struct census *s, struct tally *y)
{
	y->younger = NULL;
	y->older = s->youngest;
	if (s->youngest != NULL)
		s->youngest->younger = y;
	else
		s->oldest = y;
	s->youngest = y;
}

static void
list_remove(struct census *s, struct tally *y)
{
	if (y->older != NULL)
		y->older->younger = y->younger;
	else if (y->resting)
		s->resting = y->younger;
	else
		s->oldest = y->younger;
	if (y->younger != NULL)
		y->younger->older = y->older;
	else if (!y->resting)
		s->youngest = y->older;
}

static void
list_rest(struct census *s, struct tally *y)
{
	list_remove(s, y);
	y->resting = true;
	y->older = NULL;
	y->younger = s->resting;
	if (s->resting != NULL)
		s->resting->older = y;
	s->resting = y;
}

static void
list_wake(struct census *s, struct tally *y)
{
	list_remove(s, y);
	y->resting = false;
	list_append(s, y);
}

/* ------------------------------------------------------------------- time */

static void
step_second(struct census *s, struct tally *y)
{
	int64_t last;

	ta_tally_step(y);
	last = y->head - TALLY_DELAY - 1;
	if (s->judge != NULL)
		s->judge(s->argument, y, last, last);
}

static void
advance(struct census *s, struct tally *y, int64_t second)
{
	for (int i = 0; i < TALLY_SLOTS && y->head < second; i++)
		step_second(s, y);
	if (y->head < second)
		y->head = second; /* the ring is empty */
}

/* ------------------------------------------------------------------ table */

void
ta_census_init(struct census *s, struct memory *memory, const uint64_t key[2],
    uint64_t limit)
{
	memset(s, 0, sizeof(*s));
	s->memory = memory;
	memcpy(s->hash_key, key, sizeof(s->hash_key));
	ta_slab_init(&s->tallies, sizeof(struct tally), memory);
	ta_tally_store_init(&s->store, memory);
	for (s->buckets = 16;
	     s->buckets * 2 *
		 (sizeof(struct tally) + sizeof(struct tally_ring) +
		     4 * sizeof(*s->bucket) + ta_sample_size(TALLY_FEW)) <=
	     limit;)
		s->buckets *= 2;
	s->buckets *= 4;
}

/* Where a key is remembered that was asked for.  Whoever sends keys that share
 * a place has them looked up in the table. */
static unsigned
near_of(uint64_t mix)
{
	return (unsigned)(mix >> 32) & (TALLY_NEAR - 1);
}

/* The tally of a place if it is remembered, or NULL. */
static struct tally *
near_by(const struct census *s, const struct tally_place *place)
{
	const struct tally_near *near = &s->near[near_of(place->mix)];

	if (near->tally == NULL || near->mix != place->mix ||
	    !tally_key_same(&near->tally->key, &place->key))
		return NULL;
	return near->tally;
}

static void
give_up(struct census *s, struct tally *y)
{
	struct tally_near *near = &s->near[near_of(tally_key_mix(&y->key))];

	if (s->end != NULL)
		s->end(s->argument, y);
	if (near->tally == y)
		near->tally = NULL;
	*y->at = y->next;
	if (y->next != NULL)
		y->next->at = y->at;
	list_remove(s, y);
	ta_tally_empty(&s->store, y);
	ta_slab_give(&s->tallies, y);
	s->count--;
}

void
ta_census_clear(struct census *s)
{
	while (s->oldest != NULL)
		give_up(s, s->oldest);
	while (s->resting != NULL)
		give_up(s, s->resting);
	if (s->bucket != NULL)
		ta_release(
		    s->memory, s->bucket, s->buckets * sizeof(*s->bucket));
	s->bucket = NULL;
	ta_slab_clear(&s->tallies);
	ta_tally_store_clear(&s->store);
}

static int64_t
weight(const struct tally *y)
{
	return (int64_t)y->recent[COUNT_TRIED] + y->recent[COUNT_HALF_OPEN] +
	       y->total[COUNT_HALF_OPEN];
}

/* Has what weight() will want of the one after `y` fetched: a flood makes room
 * for every source, in this order. */
static void
fetch_ahead(const struct tally *y)
{
	if (y->younger != NULL)
		__builtin_prefetch(&y->younger->recent);
}

/* Gives up the least of those not used for longest. */
static bool
make_room(struct census *s)
{
	struct tally *least = s->oldest != NULL ? s->oldest : s->resting;
	struct tally *y = s->oldest;

	if (least == NULL)
		return false;
	for (int i = 1; y != NULL; i++, y = y->younger) {
		if (weight(y) < weight(least))
			least = y;
		if (i == CANDIDATES) {
			fetch_ahead(y);
			break;
		}
	}
	for (int i = 0; i < TALLY_COUNTS; i++)
		s->others[tally_key_kind(&least->key)][i] +=
		    least->total[i] + least->recent[i];
	s->summarised++;
	give_up(s, least);
	return true;
}

static struct tally *
make(struct census *s, const struct tally_key *key, uint64_t hash,
    int64_t second)
{
	struct tally *y = NULL, **at;

	if (s->bucket == NULL)
		s->bucket =
		    ta_allocate(s->memory, s->buckets * sizeof(*s->bucket));
	if (s->bucket == NULL)
		return NULL;
	if (s->count >= s->buckets / 4)
		ta_census_expire(s, second);
	if (s->count < s->buckets / 4 || make_room(s))
		y = ta_slab_take(&s->tallies);
	while (y == NULL && make_room(s))
		y = ta_slab_take(&s->tallies);
	if (y == NULL)
		return NULL;
	y->hash = hash;
	y->key = *key;
	y->head = y->only = second;
	ta_sample_init(&y->sample);
	at = &s->bucket[hash & (s->buckets - 1)];
	y->at = at;
	y->next = *at;
	if (y->next != NULL)
		y->next->at = &y->next;
	*at = y;
	list_append(s, y);
	s->count++;
	return y;
}

static struct tally *
find(const struct census *s, const struct tally_key *key, uint64_t hash)
{
	struct tally *y = NULL;

	if (s->bucket != NULL)
		y = s->bucket[hash & (s->buckets - 1)];
	for (; y != NULL; y = y->next)
		if (y->hash == hash && tally_key_same(&y->key, key))
			break;
	return y;
}

void
ta_census_place(const struct census *s, struct tally_place *place)
{
	const struct tally_near *near;

	place->mix = tally_key_mix(&place->key);
	near = &s->near[near_of(place->mix)];
	/* What happens to a connection asks for the same ones again. */
	place->hashed = near->tally == NULL || near->mix != place->mix;
	if (!place->hashed)
		return;
	place->hash = tally_key_hash(s->hash_key, &place->key);
	if (s->bucket != NULL)
		__builtin_prefetch(&s->bucket[place->hash & (s->buckets - 1)]);
}

/* What was near by may have been displaced since. */
static uint64_t
hash_of(const struct census *s, const struct tally_place *place)
{
	return place->hashed ? place->hash
			     : tally_key_hash(s->hash_key, &place->key);
}

struct tally *
ta_census_find(const struct census *s, const struct tally_place *place)
{
	struct tally *y = near_by(s, place);

	if (y != NULL)
		return y;
	return find(s, &place->key, hash_of(s, place));
}

struct tally *
ta_census_tally(struct census *s, const struct tally_place *place,
    int64_t second, bool want)
{
	struct tally *y = near_by(s, place);
	uint64_t hash;

	if (y == NULL) {
		hash = hash_of(s, place);
		y = find(s, &place->key, hash);
		if (y == NULL && want)
			y = make(s, &place->key, hash, second);
		if (y == NULL)
			return NULL;
		s->near[near_of(place->mix)] =
		    (struct tally_near){ y, place->mix };
	}
	/* The list is in order of seconds, within one it does not matter. */
	if (y->resting || y->head < second)
		list_wake(s, y);
	if (y->head < second)
		advance(s, y, second);
	return y;
}

void
ta_census_expire(struct census *s, int64_t second)
{
	struct tally *y;

	while ((y = s->oldest) != NULL && y->head + TALLY_SLOTS <= second) {
		advance(s, y, second);
		if (y->cases == NULL &&
		    ta_tally_level(y, COUNT_HALF_OPEN, y->head) == 0)
			give_up(s, y);
		else
			list_rest(s, y);
	}
}

/* -------------------------------------------------------------------- end */

static void
finish_tally(struct census *s, struct tally *y, int64_t second)
{
	int64_t settled = second - 2; /* the second before may go on */

	advance(s, y, second);
	if (s->judge == NULL)
		return;
	for (int64_t i = y->head - TALLY_DELAY; i <= y->head; i++)
		s->judge(s->argument, y, i, i < settled ? i : settled);
}

void
ta_census_finish(struct census *s, int64_t second)
{
	struct tally *y;

	for (y = s->oldest; y != NULL; y = y->younger)
		finish_tally(s, y, second);
	for (y = s->resting; y != NULL; y = y->younger)
		finish_tally(s, y, second);
}
