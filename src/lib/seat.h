/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Where the tallies of a census are: as many as there may be, side by side,
 * each of which has a number of 24 bits. */
#ifndef SEAT_H
#define SEAT_H

#include "census_tally.h"

#define SEATS_MOST (UINT32_C(1) << 23)

struct seats {
	struct memory *memory;
	void *raw; /* its memory: */
	struct tally *tally;
	uint32_t room;
	uint32_t fresh; /* numbers that were given at least once */
	uint32_t free;	/* given back: linked by `next` */
};

/* Room for as many, up to SEATS_MOST; allocates nothing.  `memory` is
 * borrowed. */
void ta_seats_init(struct seats *, struct memory *memory, uint32_t room);

/* As after ta_seats_init(). */
void ta_seats_clear(struct seats *);

/* A zeroed tally; NULL: all are taken, or memory is short.  It stays where it
 * is until it is given back. */
struct tally *ta_seat_take(struct seats *);
void ta_seat_give(struct seats *, struct tally *);

/* Its number, not 0. */
static inline uint32_t
seat_number(const struct seats *s, const struct tally *y)
{
	return (uint32_t)(y - s->tally) + 1;
}

static inline struct tally *
seat_at(const struct seats *s, uint32_t number)
{
	return &s->tally[number - 1];
}

#endif
