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
 *
 * Of what happened once there is no tally but a glimpse (glimpse.h), which
 * becomes one when more happens, and then is what it would have been from the
 * start: in the list too, since the order of findings follows from that.
 */
#include "census.h"

#include <string.h>

#include "fetch.h"

#define CANDIDATES 8 /* among which one is given up */

/* What a tally takes, with its ring, a few members and its share of the
 * tables: how many there may be follows from it, and what is found in a flood
 * from that. */
#define TALLY_BYTES 976

/* ------------------------------------------------------------------- time */

static void
step_second(struct census *s, struct tally *y)
{
	int64_t last;

	tally_step(y);
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
	tally_secret_init(&s->secret, key);
	ta_tally_store_init(&s->store, memory);
	for (s->buckets = 16;
	     s->buckets < SEATS_MOST && s->buckets * 2 * TALLY_BYTES <= limit;)
		s->buckets *= 2;
	ta_glimpses_init(&s->glimpses, memory, (uint32_t)s->buckets);
	ta_seats_init(&s->seats, memory, (uint32_t)s->buckets);
	s->buckets *= 2;
}

/* There are buckets, unless memory is short. */
static bool
has_buckets(struct census *s)
{
	if (s->bucket == NULL)
		s->bucket =
		    ta_allocate(s->memory, s->buckets * sizeof(*s->bucket));
	return s->bucket != NULL;
}

/* Takes it out of its bucket. */
static void
leave_bucket(struct census *s, struct tally *y)
{
	struct census_bucket *bucket = census_bucket(s, y->hash);
	uint32_t number = bucket->tally & CENSUS_NUMBER, within = 0;
	struct tally *x;

	if (seat_at(&s->seats, number) == y)
		number = y->next;
	bucket->tally = number;
	for (; number != 0; number = x->next) {
		x = seat_at(&s->seats, number);
		if (x->next == seat_number(&s->seats, y))
			x->next = y->next;
		within |= census_within(x->hash);
	}
	bucket->tally |= within;
}

static void
enter_bucket(struct census *s, struct tally *y)
{
	struct census_bucket *bucket = census_bucket(s, y->hash);

	y->next = bucket->tally & CENSUS_NUMBER;
	bucket->tally = (bucket->tally & ~CENSUS_NUMBER) |
			seat_number(&s->seats, y) | census_within(y->hash);
}

static void
give_up(struct census *s, struct tally *y)
{
	if (s->end != NULL)
		s->end(s->argument, y);
	leave_bucket(s, y);
	ta_roster_remove(&s->roster, y);
	ta_tally_empty(&s->store, y);
	ta_seat_give(&s->seats, y);
	s->count--;
	s->given++;
}

void
ta_census_clear(struct census *s)
{
	while (s->roster.oldest != NULL)
		give_up(s, s->roster.oldest);
	while (s->roster.resting != NULL)
		give_up(s, s->roster.resting);
	ta_release(s->memory, s->bucket, s->buckets * sizeof(*s->bucket));
	s->bucket = NULL;
	ta_seats_clear(&s->seats);
	ta_glimpses_clear(&s->glimpses);
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
		fetch_read(&y->younger->recent);
}

/* Gives up the least of those not used for longest. */
static bool
make_room(struct census *s)
{
	struct tally *least =
	    s->roster.oldest != NULL ? s->roster.oldest : s->roster.resting;
	struct tally *y = s->roster.oldest;

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
make(struct census *s, const struct tally_place *place, int64_t second)
{
	struct tally *y = NULL;

	if (!has_buckets(s))
		return NULL;
	if (s->count >= s->buckets / 2)
		ta_census_expire(s, second);
	if (s->count < s->buckets / 2 || make_room(s))
		y = ta_seat_take(&s->seats);
	while (y == NULL && make_room(s))
		y = ta_seat_take(&s->seats);
	if (y == NULL)
		return NULL;
	y->hash = place->hash;
	y->key = place->key;
	y->head = y->only = second;
	ta_sample_init(&y->sample);
	enter_bucket(s, y);
	ta_roster_append(&s->roster, y, s->glimpses.made);
	s->count++;
	return y;
}

static inline struct tally *
find(const struct census *s, const struct tally_place *place)
{
	struct tally *y = census_first(s, place->hash);

	while (y != NULL && (y->hash != place->hash ||
				!tally_key_same(&y->key, &place->key)))
		y = y->next != 0 ? seat_at(&s->seats, y->next) : NULL;
	return y;
}

struct tally *
ta_census_find(const struct census *s, const struct tally_place *place)
{
	return find(s, place);
}

/* ------------------------------------------------------------------ events */

void
ta_census_apply(struct census *s, struct tally *y, const struct tally_event *e)
{
	struct sample_member *m;

	m = ta_tally_member(&s->store, y, e->address, e->port, e->second);
	if (e->bit == BIT_TRIED)
		tally_add(&s->store, y, e->second, COUNT_TRIED, 1);
	if (m == NULL)
		return;
	if (e->bit == BIT_TRIED && m->packet == 0) {
		m->packet = e->packet;
		m->print = e->print;
		m->number = e->number;
		m->time = e->time;
	}
	tally_mark(y, m, e->second, e->bit);
}

/* Makes a tally of a glimpse. */
static struct tally *
grow(struct census *s, const struct tally_place *place, struct glimpse *glimpse,
    int64_t second)
{
	int64_t used = glimpse_second(glimpse, second);
	uint64_t number = ta_glimpse_number(&s->glimpses, glimpse);
	struct glimpse was = *glimpse;
	struct tally_event e = { .address = &was.other,
		.port = was.port,
		.print = was.print,
		.begins = true,
		.number = was.number,
		.second = used - was.ago,
		.time = was.time,
		.packet = was.packet };
	struct tally *y;

	ta_glimpse_drop(glimpse);
	y = make(s, place, used);
	if (y == NULL)
		return NULL;
	ta_roster_place(&s->roster, y, number);
	for (unsigned bit = BIT_TRIED; bit < SAMPLE_BITS; bit++) {
		e.bit = (enum sample_bit)bit;
		if (was.bits & 1u << bit)
			ta_census_apply(s, y, &e);
	}
	return y;
}

/* The glimpse of a place, if it tells anything still. */
static inline struct glimpse *
glimpse_at(
    const struct census *s, const struct tally_place *place, int64_t second)
{
	return s->bucket == NULL ? NULL
				 : ta_glimpse_find(&s->glimpses,
				       census_bucket(s, place->hash)->glimpse,
				       &place->key, place->hash, second);
}

/* A glimpse of what happened, as nothing is known of the place. */
static bool
note(struct census *s, const struct tally_place *place, int64_t second,
    const struct tally_event *e)
{
	struct glimpse *glimpse;

	if (e->second != second || !has_buckets(s))
		return false;
	glimpse = ta_glimpse_make(&s->glimpses,
	    &census_bucket(s, place->hash)->glimpse, &place->key, place->hash,
	    second, &s->summarised);
	if (glimpse == NULL)
		return false;
	glimpse->other = *e->address;
	glimpse->port = e->port;
	glimpse->print = e->print;
	glimpse->number = e->number;
	glimpse->bits = 1u << BIT_TRIED;
	glimpse->ago = 0;
	glimpse->packet = e->packet;
	glimpse->time = e->time;
	return true;
}

/* The same member, of the same second. */
static bool
note_more(struct census *s, const struct tally_place *place,
    struct glimpse *glimpse, int64_t second, const struct tally_event *e)
{
	int64_t used = glimpse_second(glimpse, second);

	if (e->bit == BIT_TRIED || e->second != used - glimpse->ago ||
	    second - e->second >= TALLY_SLOTS || e->port != glimpse->port ||
	    memcmp(&glimpse->other, e->address, sizeof(glimpse->other)) != 0)
		return false;
	if (used != second)
		glimpse = ta_glimpse_use(&s->glimpses,
		    &census_bucket(s, place->hash)->glimpse, glimpse,
		    place->hash, second, &s->summarised);
	glimpse->bits |= (uint8_t)(1u << e->bit);
	return true;
}

static void
bring_up(struct census *s, struct tally *y, int64_t second)
{
	/* The list is in order of seconds, and of use. */
	if (y->resting || y->head < second)
		ta_roster_wake(&s->roster, y, s->glimpses.made);
	if (y->head < second)
		advance(s, y, second);
}

struct tally *
ta_census_tally(struct census *s, const struct tally_place *place,
    int64_t second, bool want)
{
	struct tally *y = find(s, place);
	struct glimpse *glimpse;

	if (y == NULL) {
		glimpse = glimpse_at(s, place, second);
		if (glimpse != NULL)
			y = grow(s, place, glimpse, second);
		else if (want)
			y = make(s, place, second);
	}
	if (y != NULL)
		bring_up(s, y, second);
	return y;
}

struct tally *
ta_census_enter(struct census *s, const struct tally_place *place,
    int64_t second, const struct tally_event *e)
{
	struct tally *y = find(s, place);
	struct glimpse *glimpse;

	if (y == NULL) {
		glimpse = glimpse_at(s, place, second);
		if (glimpse == NULL && !e->begins)
			return NULL;
		if (glimpse == NULL ? note(s, place, second, e)
				    : note_more(s, place, glimpse, second, e))
			return NULL;
		y = glimpse != NULL ? grow(s, place, glimpse, second)
				    : make(s, place, second);
	}
	if (y == NULL)
		return NULL;
	bring_up(s, y, second);
	ta_census_apply(s, y, e);
	return y;
}

void
ta_census_expire(struct census *s, int64_t second)
{
	struct tally *y;

	while (
	    (y = s->roster.oldest) != NULL && y->head + TALLY_SLOTS <= second) {
		advance(s, y, second);
		if (y->cases == NULL &&
		    ta_tally_level(y, COUNT_HALF_OPEN, y->head) == 0)
			give_up(s, y);
		else
			ta_roster_rest(&s->roster, y);
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

	for (y = s->roster.oldest; y != NULL; y = y->younger)
		finish_tally(s, y, second);
	for (y = s->roster.resting; y != NULL; y = y->younger)
		finish_tally(s, y, second);
}
