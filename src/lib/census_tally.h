/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* One tally of the census: counts of each of the last seconds, and a sample of
 * who did it. */
#ifndef CENSUS_TALLY_H
#define CENSUS_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sample.h"
#include "slab.h"
#include "tally_key.h"

/* Counts of a second.  All but COUNT_HALF_OPEN and COUNT_EXCUSED only grow. */
enum tally_count {
	COUNT_HALF_OPEN, /* half-open connections begun, less those ended */
	COUNT_TRIED,	 /* connections begun, packets of the kind */
	COUNT_OPENED,	 /* of them: completed soon */
	COUNT_EXCUSED,	 /* of them: no sign of an attack */
	COUNT_ANSWERED,	 /* answers of the listener */
	COUNT_COPIES,	 /* SYN-ACKs that it sent again */
	COUNT_TROUBLE,	 /* signs of an overflow */
	TALLY_COUNTS
};

#define TALLY_SECOND INT64_C(1000000000)
#define TALLY_SLOTS  SAMPLE_SLOTS /* seconds kept: a window and the delay */
#define TALLY_WINDOW 10
#define TALLY_FEW    4 /* members: few samples have more */
#define TALLY_DELAY  4 /* seconds until an attempt is judged */

struct tally_case;

/* What says which one it is, and where its counts are, is in a cache line; what
 * else is looked at for nearly every event is in the next one. */
struct tally {
	uint32_t next; /* in its bucket: a number, see seat.h */
	uint32_t hash;
	struct tally_key key;
	bool resting; /* nothing happened lately; kept for its cases */
	int64_t head; /* the newest second */
	struct tally_ring *ring;
	struct sample sample;
	int32_t recent[TALLY_COUNTS]; /* sums over the seconds kept */
	int64_t only; /* the second of `recent`, as long as there is no ring */
	struct tally *younger, *older; /* in order of use */
	uint64_t serial; /* how many glimpses came before it, see census.c */
	struct tally_case *cases; /* for whoever judges */
	/* What was counted in seconds that were left behind. */
	int64_t total[TALLY_COUNTS];
} __attribute__((aligned(CACHE_LINE)));

/* The counts of each second.  Most tallies, above all those of a flood's
 * sources, know of one second in their life, and need none. */
struct tally_ring {
	int32_t n[TALLY_SLOTS][TALLY_COUNTS];
};

/* Where tallies have their rings, and their samples of three sizes. */
struct tally_store {
	struct slab rings, single, small, large;
};

/* An empty store; allocates nothing.  `memory` is borrowed. */
void ta_tally_store_init(struct tally_store *, struct memory *memory);
void ta_tally_store_clear(struct tally_store *);

/* Gives back what the tally holds in the store. */
void ta_tally_empty(struct tally_store *, struct tally *);

/* The counts of a second that is kept; NULL: there are none. */
static inline int32_t *
tally_counts(struct tally *y, int64_t second)
{
	if (y->ring != NULL)
		return y->ring->n[second & (TALLY_SLOTS - 1)];
	return second == y->only ? y->recent : NULL;
}

static inline bool
tally_any(const int32_t n[TALLY_COUNTS])
{
	int32_t bits = 0;

	for (int i = 0; i < TALLY_COUNTS; i++)
		bits |= n[i];
	return bits != 0;
}

/* The counts of a second that is the oldest one leave what is recent. */
void ta_tally_leave_behind(struct tally *, int32_t n[TALLY_COUNTS]);

/* The next second begins, and takes the place of the oldest one.  In most
 * nothing has happened. */
static inline void
tally_step(struct tally *y)
{
	int64_t gone = y->head + 1 - TALLY_SLOTS;
	int32_t *n = tally_counts(y, gone);

	if (n != NULL && tally_any(n))
		ta_tally_leave_behind(y, n);
	if (y->sample.slots & 1u << (gone & (TALLY_SLOTS - 1)))
		ta_sample_forget(&y->sample, gone & (TALLY_SLOTS - 1));
	y->head++;
}

/* Adds to a count of a second.  One that is long past is the oldest kept; if
 * memory is short, it may be another one that is. */
void ta_tally_add(struct tally_store *, struct tally *, int64_t second,
    enum tally_count, int32_t number);

static inline void
tally_add(struct tally_store *s, struct tally *y, int64_t second,
    enum tally_count which, int32_t number)
{
	if (y->ring == NULL || second > y->head ||
	    second <= y->head - TALLY_SLOTS) {
		ta_tally_add(s, y, second, which, number);
		return;
	}
	y->ring->n[second & (TALLY_SLOTS - 1)][which] += number;
	y->recent[which] += number;
}

/* The member for this address and port, see sample.h.  NULL: it is not in the
 * sample, or the second is long past. */
struct sample_member *ta_tally_member(struct tally_store *, struct tally *,
    const struct tcpaudit_address *, uint16_t port, int64_t second);
/* That member did it, in a second that it was asked for. */
static inline void
tally_mark(struct tally *y, struct sample_member *m, int64_t second,
    enum sample_bit bit)
{
	sample_mark(&y->sample, m, (unsigned)second & (TALLY_SLOTS - 1u), bit);
}

/* Sums of the seconds `from` to `to`, which are kept. */
int64_t ta_tally_sum(
    const struct tally *, enum tally_count, int64_t from, int64_t to);
/* All until `to`. */
int64_t ta_tally_level(const struct tally *, enum tally_count, int64_t to);
/* The bits of these seconds in the sets of a member. */
uint16_t ta_tally_mask(int64_t from, int64_t to);

#endif
