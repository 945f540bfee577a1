/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Each tally has a ring of TALLY_SLOTS seconds.  An attempt counts in the
 * second in which it was made, whenever its fate is known, so that a window is
 * judged by what became of the attempts in it; it is judged TALLY_DELAY
 * seconds after it ended.  Nothing depends on the order within that time,
 * which is why the seconds of several censuses can be added.
 *
 * Memory is bounded.  A tally is forgotten when nothing happened for as long as
 * its ring is; only one that has cases, or half-open connections, rests.  When
 * there are too many, the least of the eight that were not used for longest
 * goes and is summed up in `others`: what happens often is never among them.
 */
#include "census.h"

#include <string.h>

#include "hash.h"

#define CANDIDATES  8 /* among which one is given up */
#define MEMBERS_FEW 4

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

static unsigned
slot_of(int64_t second)
{
	return (unsigned)(second & (TALLY_SLOTS - 1));
}

static bool
kept(const struct tally *y, int64_t second)
{
	return second <= y->head && second > y->head - TALLY_SLOTS;
}

static bool
any(const int32_t n[TALLY_COUNTS])
{
	for (int i = 0; i < TALLY_COUNTS; i++)
		if (n[i] != 0)
			return true;
	return false;
}

static void
hand_on_part(struct census *s, const struct tally *y, int64_t second)
{
	unsigned slot = slot_of(second);
	struct tally_part part = {
		.key = y->key, .second = second, .limit = y->sample.limit
	};

	memcpy(part.n, y->n[slot], sizeof(part.n));
	for (unsigned i = 0; i < y->sample.count; i++) {
		const struct sample_member *m = &y->sample.member[i];
		unsigned set = 0;

		for (int b = 0; b < SAMPLE_BITS; b++)
			set |= m->bits[b] >> slot & 1;
		if (!set)
			continue;
		part.hash[part.count] = y->sample.hash[i];
		part.member[part.count++] = *m;
	}
	s->part(s->argument, &part);
}

/* Hands on what is known of a second, if anything is and somebody wants it. */
static void
hand_on(struct census *s, const struct tally *y, int64_t second)
{
	if (s->part != NULL && any(y->n[slot_of(second)]))
		hand_on_part(s, y, second);
}

/* The next second begins, and takes the place of the oldest one. */
static void
step_second(struct census *s, struct tally *y)
{
	int64_t gone = y->head + 1 - TALLY_SLOTS;
	unsigned slot = slot_of(gone);
	int64_t last;

	hand_on(s, y, gone);
	for (int i = 0; i < TALLY_COUNTS; i++) {
		y->total[i] += y->n[slot][i];
		y->recent[i] -= y->n[slot][i];
	}
	memset(y->n[slot], 0, sizeof(y->n[slot]));
	if (y->sample.count > 0)
		ta_sample_forget(&y->sample, slot);
	y->head++;
	last = y->head - TALLY_DELAY - 1;
	if (s->judge != NULL && s->part == NULL)
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

void
ta_tally_add(
    struct tally *y, int64_t second, enum tally_count which, int32_t number)
{
	if (second > y->head)
		second = y->head;
	if (second <= y->head - TALLY_SLOTS)
		second = y->head - TALLY_SLOTS + 1;
	y->n[slot_of(second)][which] += number;
	y->recent[which] += number;
}

int64_t
ta_tally_sum(
    const struct tally *y, enum tally_count which, int64_t from, int64_t to)
{
	int64_t sum = 0;

	for (; from <= to; from++)
		if (kept(y, from))
			sum += y->n[slot_of(from)][which];
	return sum;
}

int64_t
ta_tally_level(const struct tally *y, enum tally_count which, int64_t to)
{
	return y->total[which] +
	       ta_tally_sum(y, which, y->head - TALLY_SLOTS + 1, to);
}

uint16_t
ta_tally_mask(int64_t from, int64_t to)
{
	unsigned mask = 0;

	for (; from <= to; from++)
		mask |= 1u << slot_of(from);
	return (uint16_t)mask;
}

/* Room for one more member: most tallies have few. */
static void
make_members(struct census *s, struct tally *y)
{
	struct sample *m = &y->sample;
	bool large = m->room > 0;
	void *memory;

	if (m->count < m->room || m->room == SAMPLE_MEMBERS)
		return;
	memory = ta_slab_take(large ? &s->large : &s->small);
	if (memory == NULL)
		return;
	memory =
	    ta_sample_move(m, memory, large ? SAMPLE_MEMBERS : MEMBERS_FEW);
	ta_slab_give(&s->small, memory);
}

static void
release_members(struct census *s, struct tally *y)
{
	ta_slab_give(y->sample.room == SAMPLE_MEMBERS ? &s->large : &s->small,
	    y->sample.hash);
	ta_sample_init(&y->sample);
}

struct sample_member *
ta_tally_member(struct census *s, struct tally *y,
    const struct tcpaudit_address *address, uint16_t port, int64_t second)
{
	if (!kept(y, second))
		return NULL;
	make_members(s, y);
	return ta_sample_member(&y->sample, address, port);
}

void
ta_tally_mark(const struct tally *y, struct sample_member *m, int64_t second,
    enum sample_bit bit)
{
	if (kept(y, second))
		ta_sample_mark(m, slot_of(second), bit);
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
	ta_slab_init(&s->small, ta_sample_size(MEMBERS_FEW), memory);
	ta_slab_init(&s->large, ta_sample_size(SAMPLE_MEMBERS), memory);
	for (s->buckets = 16;
	     s->buckets * 2 *
		 (sizeof(struct tally) + 4 * sizeof(*s->bucket) +
		     ta_sample_size(MEMBERS_FEW)) <=
	     limit;)
		s->buckets *= 2;
	s->buckets *= 4;
}

static void
give_up(struct census *s, struct tally *y)
{
	struct tally **at = &s->bucket[y->hash & (s->buckets - 1)];

	if (s->end != NULL)
		s->end(s->argument, y);
	if (s->last[y->key.kind] == y)
		s->last[y->key.kind] = NULL;
	while (*at != y)
		at = &(*at)->next;
	*at = y->next;
	list_remove(s, y);
	release_members(s, y);
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
	ta_slab_clear(&s->small);
	ta_slab_clear(&s->large);
}

static int64_t
weight(const struct tally *y)
{
	return (int64_t)y->recent[COUNT_TRIED] + y->recent[COUNT_HALF_OPEN] +
	       y->total[COUNT_HALF_OPEN];
}

/* Gives up the least of those not used for longest. */
static bool
make_room(struct census *s)
{
	struct tally *least = s->oldest != NULL ? s->oldest : s->resting, *y;

	if (least == NULL)
		return false;
	y = s->oldest != NULL ? s->oldest->younger : NULL;
	for (int i = 1; i < CANDIDATES && y != NULL; i++, y = y->younger)
		if (weight(y) < weight(least))
			least = y;
	for (int i = 0; i < TALLY_COUNTS; i++)
		s->others[least->key.kind][i] +=
		    least->total[i] + least->recent[i];
	s->summarised++;
	give_up(s, least);
	return true;
}

static struct tally *
make(struct census *s, const struct tally_key *key, uint64_t hash,
    int64_t second)
{
	struct tally *y = NULL;

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
	y->head = second;
	ta_sample_init(&y->sample);
	y->next = s->bucket[hash & (s->buckets - 1)];
	s->bucket[hash & (s->buckets - 1)] = y;
	list_append(s, y);
	s->count++;
	return y;
}

static uint64_t
hash_key(const struct census *s, const struct tally_key *key)
{
	return hash_bytes(s->hash_key, key,
	    key->kind == TALLY_PAIR ? sizeof(*key)
				    : offsetof(struct tally_key, peer));
}

static struct tally *
find(const struct census *s, const struct tally_key *key, uint64_t hash)
{
	struct tally *y = NULL;

	if (s->bucket != NULL)
		y = s->bucket[hash & (s->buckets - 1)];
	for (; y != NULL; y = y->next)
		if (y->hash == hash && memcmp(&y->key, key, sizeof(*key)) == 0)
			break;
	return y;
}

struct tally *
ta_census_find(const struct census *s, const struct tally_key *key)
{
	return find(s, key, hash_key(s, key));
}

struct tally *
ta_census_tally(
    struct census *s, const struct tally_key *key, int64_t second, bool want)
{
	struct tally *y = s->last[key->kind];
	uint64_t hash;

	/* What happens to a connection asks for the same ones again. */
	if (y == NULL || memcmp(&y->key, key, sizeof(*key)) != 0) {
		hash = hash_key(s, key);
		y = find(s, key, hash);
		if (y == NULL && want)
			y = make(s, key, hash, second);
		if (y == NULL)
			return NULL;
		s->last[key->kind] = y;
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

/* ------------------------------------------------------------------ merge */

void
ta_census_merge(struct census *s, const struct tally_part *part)
{
	struct tally *y = ta_census_tally(s, &part->key, part->second, true);

	if (y == NULL)
		return;
	for (int i = 0; i < TALLY_COUNTS; i++)
		ta_tally_add(y, part->second, i, part->n[i]);
	for (unsigned i = 0; kept(y, part->second) && i < part->count; i++) {
		make_members(s, y);
		ta_sample_merge(&y->sample, part->hash[i], &part->member[i],
		    slot_of(part->second));
	}
	ta_sample_lower(&y->sample, part->limit);
}

static void
finish_tally(struct census *s, struct tally *y, int64_t second)
{
	int64_t settled = second - 2; /* the second before may go on */

	advance(s, y, second);
	for (int64_t i = y->head - TALLY_SLOTS + 1; i <= y->head; i++)
		hand_on(s, y, i);
	if (s->judge == NULL || s->part != NULL)
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
