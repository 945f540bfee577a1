/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The segments of the last milliseconds, of all connections, so that a frame
 * that was captured twice is recognised (CP08).  Each leads to the one that
 * its sender had sent before. */
#ifndef COPY_H
#define COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch.h"
#include "segment.h"
#include "slab.h"
#include "timer.h"

struct sight {
	uint32_t mark;	 /* digest and IP identification */
	uint32_t before; /* the sight of the same sender; 0: none */
	int64_t time;
};

/* A ring, by the number of the sight.  It grows while its oldest is young.
 * Beside it, by the last bits of a mark, when such a one was seen last: most
 * segments need not be looked for in the ring at all. */
struct sights {
	struct sight *ring;
	int64_t *latest; /* SIGHT_TIMES for each sight of the ring */
	uint32_t size;	 /* a power of two; 0: none yet */
	uint32_t next;	 /* number of the next one; 0: there is no ring yet */
};

#define SIGHT_TIMES 2

/* So many segments of one sender are looked at. */
#define SIGHT_LOOKS 4

/* What two copies of a frame have in common. */
static inline uint32_t
ta_sight_mark(const struct segment *seg)
{
	return seg->digest ^ (seg->ip_id_known ? seg->ip_id << 1 : 1);
}

static inline int64_t *
sight_latest(const struct sights *s, uint32_t mark)
{
	return &s->latest[mark & (SIGHT_TIMES * s->size - 1)];
}

/* It will be asked soon when one with this mark was seen. */
static inline void
ta_sight_fetch(const struct sights *s, uint32_t mark)
{
	if (s->size > 0)
		fetch_write(sight_latest(s, mark));
}

/* So many are added soon. */
static inline void
ta_sight_fetch_next(const struct sights *s, uint32_t count)
{
	const uint32_t line = 64 / sizeof(*s->ring);

	if (s->size == 0)
		return;
	for (uint32_t i = 0; i < count + line; i += line)
		fetch_write(&s->ring[(s->next + i) & (s->size - 1)]);
}

/* For those below: puts it in the ring, which is there. */
static inline __attribute__((always_inline)) void
sight_put(struct sights *s, uint32_t number, const struct sight *x)
{
	int64_t *latest = sight_latest(s, x->mark);

	s->ring[number & (s->size - 1)] = *x;
	/* The clock may have gone back. */
	if (*latest < x->time)
		*latest = x->time;
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
	const struct sight *x;

	/* The numbers begin again after the last one. */
	if (number + 1 <= 1)
		return ta_sight_add_more(s, memory, mark, before, time);
	x = &s->ring[number & (s->size - 1)];
	if (x->time != 0 && time - x->time <= T_DUPLICATE)
		return ta_sight_add_more(s, memory, mark, before, time);
	sight_put(s, number, &(struct sight){ mark, before, time });
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

/* Whether none with this mark can be younger than T_DUPLICATE at `time`. */
static inline __attribute__((always_inline)) bool
ta_sight_is_new(const struct sights *s, uint32_t mark, int64_t time)
{
	return s->size == 0 || time - *sight_latest(s, mark) > T_DUPLICATE;
}

/* The one with this mark among the last SIGHT_LOOKS, back from `number`, that
 * are not older than that; NULL: none. */
const struct sight *ta_sight_same(
    const struct sights *, uint32_t number, uint32_t mark, int64_t time);

void ta_sights_clear(struct sights *, struct memory *);

#endif
