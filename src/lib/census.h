/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is counted over many connections: a table of tallies, each of what one
 * listener, host or pair of them did in each of the last seconds. */
#ifndef CENSUS_H
#define CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slab.h"
#include "tally.h"
#include "tcpaudit.h"

#define TALLY_NEAR 512 /* a power of two */

struct census {
	struct slab tallies;
	struct tally_store store;
	struct memory *memory;
	struct tally **bucket;
	size_t buckets; /* a power of two; a quarter is how many tallies there
			   may be, since most that are asked for are new */
	size_t count;
	struct tally *oldest, *youngest; /* those that something happened to */
	struct tally *resting;
	/* Asked for of late; NULL: none.  The key's number says without a look
	 * at the tally which it is not. */
	struct tally_near {
		struct tally *tally;
		uint64_t mix;
	} near[TALLY_NEAR];
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
	bool hashed; /* else it may be near by */
	uint64_t hash;
	uint64_t mix;
};
void ta_census_place(const struct census *, struct tally_place *);

/* The tally of a place, brought up to `second`; NULL if there is none.  With
 * `make`, one is made; NULL then means that memory is short. */
struct tally *ta_census_tally(
    struct census *, const struct tally_place *, int64_t second, bool make);

/* The tally of a place as it is, or NULL. */
struct tally *ta_census_find(const struct census *, const struct tally_place *);

/* The clock has reached `second`: what is settled is judged and what is not
 * needed any more is forgotten. */
void ta_census_expire(struct census *, int64_t second);

/* The clock stops at `second`: everything is handed on, or judged as far as it
 * goes, and stays for ta_census_clear(). */
void ta_census_finish(struct census *, int64_t second);

#endif
