/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is counted over many connections: a table of tallies, each of what one
 * listener, host or pair of them did in each of the last seconds. */
#ifndef CENSUS_H
#define CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sample.h"
#include "slab.h"
#include "tally_key.h"
#include "tcpaudit.h"

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
#define TALLY_NEAR   512 /* a power of two */
#define TALLY_DELAY  4	 /* seconds until an attempt is judged */

struct tally_case;

/* What is looked at for nearly every one comes first, in few cache lines. */
struct tally {
	struct tally *next; /* in its bucket */
	uint64_t hash;
	struct tally_key key;
	bool resting; /* nothing happened lately; kept for its cases */
	int64_t head; /* the newest second */
	struct tally *younger, *older; /* in order of use */
	int32_t recent[TALLY_COUNTS];  /* sums of n */
	/* What was counted in seconds that were left behind. */
	int64_t total[TALLY_COUNTS];
	struct sample sample;
	struct tally_case *cases; /* for whoever judges */
	int32_t n[TALLY_SLOTS][TALLY_COUNTS];
};

struct census {
	struct slab tallies, small, large; /* samples of two sizes */
	struct memory *memory;
	struct tally **bucket;
	size_t buckets; /* a power of two; a quarter is how many tallies there
			   may be, since most that are asked for are new */
	size_t count;
	struct tally *oldest, *youngest; /* those that something happened to */
	struct tally *resting;
	struct tally *near[TALLY_NEAR]; /* asked for of late; NULL: none */
	uint64_t hash_key[2];
	uint64_t summarised; /* tallies given up though they were in use, */
	int64_t others[TALLY_KINDS][TALLY_COUNTS]; /* and what they had seen */
	void *argument;
	/* The window of TALLY_WINDOW seconds that ends with `last` is
	 * complete; what was tried until `settled` has had time to succeed. */
	void (*judge)(
	    void *argument, struct tally *, int64_t last, int64_t settled);
	/* The tally is given up; its cases are to be closed. */
	void (*end)(void *argument, struct tally *);
};

/* An empty census, which holds at most `limit` bytes; allocates nothing. */
void ta_census_init(
    struct census *, struct memory *, const uint64_t key[2], uint64_t limit);

void ta_census_clear(struct census *);

/* Where the tally of a key is, or would be.  Filled in by ta_census_place(),
 * which sets off what fetching that takes: use it a little later. */
struct tally_place {
	struct tally_key key;
	bool hashed; /* else it was near by */
	uint64_t hash;
	struct tally **near; /* in the census */
};
void ta_census_place(struct census *, struct tally_place *);

/* The tally of a place, brought up to `second`; NULL if there is none.  With
 * `make`, one is made; NULL then means that memory is short. */
struct tally *ta_census_tally(
    struct census *, const struct tally_place *, int64_t second, bool make);

/* The tally of a place as it is, or NULL. */
struct tally *ta_census_find(const struct census *, const struct tally_place *);

/* Adds to a count of a second.  One that is long past is the oldest kept. */
void ta_tally_add(
    struct tally *, int64_t second, enum tally_count, int32_t number);

/* The member for this address and port, see sample.h.  NULL: it is not in the
 * sample, or the second is long past. */
struct sample_member *ta_tally_member(struct census *, struct tally *,
    const struct tcpaudit_address *, uint16_t port, int64_t second);
void ta_tally_mark(const struct tally *, struct sample_member *, int64_t second,
    enum sample_bit);

/* Sums of the seconds `from` to `to`, which are kept. */
int64_t ta_tally_sum(
    const struct tally *, enum tally_count, int64_t from, int64_t to);
/* All until `to`. */
int64_t ta_tally_level(const struct tally *, enum tally_count, int64_t to);
/* The bits of these seconds in the sets of a member. */
uint16_t ta_tally_mask(int64_t from, int64_t to);
/* The clock has reached `second`: what is settled is judged and what is not
 * needed any more is forgotten. */
void ta_census_expire(struct census *, int64_t second);

/* The clock stops at `second`: everything is handed on, or judged as far as it
 * goes, and stays for ta_census_clear(). */
void ta_census_finish(struct census *, int64_t second);

#endif
