/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "census_tally.h"

#include <string.h>

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

/* The counts of a second that is kept, to add to. */
static int32_t *
counts_for(struct tally_store *s, struct tally *y, int64_t second)
{
	struct tally_ring *ring;

	if (y->ring == NULL && y->only != second) {
		if (tally_any(y->recent)) {
			ring = ta_slab_take(&s->rings);
			if (ring == NULL)
				return y->recent;
			memcpy(ring->n[slot_of(y->only)], y->recent,
			    sizeof(y->recent));
			y->ring = ring;
		}
		y->only = second;
	}
	return tally_counts(y, second);
}

void
ta_tally_leave_behind(struct tally *y, int32_t n[TALLY_COUNTS])
{
	for (int i = 0; i < TALLY_COUNTS; i++) {
		y->total[i] += n[i];
		if (n != y->recent)
			y->recent[i] -= n[i];
		n[i] = 0;
	}
}

void
ta_tally_add(struct tally_store *s, struct tally *y, int64_t second,
    enum tally_count which, int32_t number)
{
	int32_t *n;

	if (second > y->head)
		second = y->head;
	if (second <= y->head - TALLY_SLOTS)
		second = y->head - TALLY_SLOTS + 1;
	n = counts_for(s, y, second);
	n[which] += number;
	if (n != y->recent)
		y->recent[which] += number;
}

int64_t
ta_tally_sum(
    const struct tally *y, enum tally_count which, int64_t from, int64_t to)
{
	int64_t sum = 0;

	if (y->ring == NULL)
		return from <= y->only && y->only <= to && kept(y, y->only)
			   ? y->recent[which]
			   : 0;
	if (from <= y->head - TALLY_SLOTS)
		from = y->head - TALLY_SLOTS + 1;
	if (to > y->head)
		to = y->head;
	for (; from <= to; from++)
		sum += y->ring->n[slot_of(from)][which];
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
	unsigned mask;

	if (to < from)
		return 0;
	if (to - from >= TALLY_SLOTS - 1)
		return UINT16_MAX;
	mask = ((2u << (to - from)) - 1) << slot_of(from);
	return (uint16_t)(mask | mask >> TALLY_SLOTS);
}

/* ---------------------------------------------------------------- members */

/* Where samples with so much room have their memory. */
static struct slab *
slab_of(struct tally_store *s, unsigned room)
{
	if (room == SAMPLE_MEMBERS)
		return &s->large;
	return room == TALLY_FEW ? &s->small : &s->single;
}

/* Room for one more member: most tallies have one, or few. */
static void
make_members(struct tally_store *s, struct tally *y)
{
	struct sample *m = &y->sample;
	unsigned room = m->room, more = 1;
	void *memory;

	if (m->count < room || room == SAMPLE_MEMBERS)
		return;
	if (room > 0)
		more = room == 1 ? TALLY_FEW : SAMPLE_MEMBERS;
	memory = ta_slab_take_unset(slab_of(s, more));
	if (memory == NULL)
		return;
	ta_slab_give(slab_of(s, room), ta_sample_move(m, memory, more));
}

void
ta_tally_empty(struct tally_store *s, struct tally *y)
{
	ta_slab_give(slab_of(s, y->sample.room), y->sample.hash);
	ta_sample_init(&y->sample);
	ta_slab_give(&s->rings, y->ring);
	y->ring = NULL;
}

struct sample_member *
ta_tally_member(struct tally_store *s, struct tally *y,
    const struct tcpaudit_address *address, uint16_t port, int64_t second)
{
	struct sample_member *m;
	uint64_t hash;

	if (!kept(y, second))
		return NULL;
	sample_fetch(&y->sample);
	hash = ta_sample_hash(address, port);
	m = ta_sample_find(&y->sample, hash);
	if (m != NULL || hash >= y->sample.limit)
		return m;
	make_members(s, y);
	m = ta_sample_enter(&y->sample, hash);
	if (m != NULL) {
		m->address = *address;
		m->port = port;
	}
	return m;
}

/* ------------------------------------------------------------------ store */

void
ta_tally_store_init(struct tally_store *s, struct memory *memory)
{
	ta_slab_init(&s->rings, sizeof(struct tally_ring), memory);
	ta_slab_init(&s->single, ta_sample_size(1), memory);
	ta_slab_init(&s->small, ta_sample_size(TALLY_FEW), memory);
	ta_slab_init(&s->large, ta_sample_size(SAMPLE_MEMBERS), memory);
}

void
ta_tally_store_clear(struct tally_store *s)
{
	ta_slab_clear(&s->rings);
	ta_slab_clear(&s->single);
	ta_slab_clear(&s->small);
	ta_slab_clear(&s->large);
}
