/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The segments of the last milliseconds, of all connections, so that a frame
 * that was captured twice is recognised (CP08).  Each leads to the one that
 * its sender had sent before. */
#ifndef COPY_H
#define COPY_H

#include <stdint.h>

#include "segment.h"
#include "slab.h"
#include "timer.h"

struct sight {
	uint32_t mark;	 /* digest and IP identification */
	uint32_t before; /* the sight of the same sender; 0: none */
	int64_t time;
};

/* A ring, by the number of the sight.  It grows while its oldest is young. */
struct sights {
	struct sight *ring;
	uint32_t size; /* a power of two; 0: none yet */
	uint32_t next; /* number of the next one; 0: there is no ring yet */
};

/* So many segments of one sender are looked at. */
#define SIGHT_LOOKS 4

/* What two copies of a frame have in common. */
static inline uint32_t
ta_sight_mark(const struct segment *seg)
{
	return seg->digest ^ (seg->ip_id_known ? seg->ip_id << 1 : 1);
}

/* The same as ta_sight_add(), where the oldest may not be overwritten. */
uint32_t ta_sight_add_more(struct sights *, struct memory *, uint32_t mark,
    uint32_t before, int64_t time);

/* Remembers a segment that was seen at `time` (ns).  Returns its number, or 0:
 * it is not remembered, memory is short. */
static inline __attribute__((always_inline)) uint32_t
ta_sight_add(struct sights *s, struct memory *memory, uint32_t mark,
    uint32_t before, int64_t time)
{
	uint32_t number = s->next;
	struct sight *x;

	/* The numbers begin again after the last one. */
	if (number + 1 <= 1)
		return ta_sight_add_more(s, memory, mark, before, time);
	x = &s->ring[number & (s->size - 1)];
	if (x->time != 0 && time - x->time <= T_DUPLICATE)
		return ta_sight_add_more(s, memory, mark, before, time);
	*x = (struct sight){ mark, before, time };
	s->next = number + 1;
	return number;
}

/* The sight of a number, not older than T_DUPLICATE at `time`; NULL: none. */
static inline __attribute__((always_inline)) const struct sight *
ta_sight_find(const struct sights *s, uint32_t number, int64_t time)
{
	const struct sight *x;

	if (number == 0 || s->next - number > s->size)
		return NULL;
	x = &s->ring[number & (s->size - 1)];
	return time - x->time <= T_DUPLICATE ? x : NULL;
}

/* The one with this mark among the last SIGHT_LOOKS, back from `number`, that
 * are not older than that; NULL: none. */
static inline __attribute__((always_inline)) const struct sight *
ta_sight_same(
    const struct sights *s, uint32_t number, uint32_t mark, int64_t time)
{
	for (unsigned i = 0; i < SIGHT_LOOKS; i++) {
		const struct sight *x = ta_sight_find(s, number, time);

		if (x == NULL || x->mark == mark)
			return x;
		number = x->before;
	}
	return NULL;
}

void ta_sights_clear(struct sights *, struct memory *);

#endif
