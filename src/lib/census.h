/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is counted over many connections: a table of tallies, each of what one
 * listener, host or pair of them did in each of the last seconds. */
#ifndef CENSUS_H
#define CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fetch.h"
#include "roster.h"
#include "glimpse.h"
#include "seat.h"
#include "census_tally.h"
#include "tcpaudit.h"

/* What is known of the hashes that it stands for, in one word each: most keys
 * that are asked for are turned away here. */
struct census_bucket {
	uint32_t tally;	  /* the number of the first one, 0: none; and see
			     census_within() */
	uint32_t glimpse; /* a name, see glimpse.h */
};

struct census {
	struct seats seats;
	struct tally_store store;
	struct memory *memory;
	struct census_bucket *bucket;
	size_t buckets; /* a power of two; half is how many tallies there may
			   be */
	size_t count;
	struct roster roster;
	struct glimpses glimpses;
	struct tally_secret secret;
	uint64_t given;	     /* up: a tally stays where it is until one is */
	uint64_t summarised; /* tallies and glimpses given up in use, */
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

/* Where the tally of a key is, or would be.  Filled in by census_place(), which
 * sets off what fetching that takes: use it a little later. */
struct tally_place {
	struct tally_key key;
	uint32_t hash;
};

static inline struct census_bucket *
census_bucket(const struct census *s, uint32_t hash)
{
	return &s->bucket[hash & (s->buckets - 1)];
}

/* Sets off fetching what says which are there of that hash. */
static inline void
census_fetch_bucket(const struct census *s, uint32_t hash)
{
	if (s->bucket != NULL)
		fetch_write(census_bucket(s, hash));
}

static inline void
census_place(const struct census *s, struct tally_place *place)
{
	place->hash = tally_key_hash(&s->secret, &place->key);
	census_fetch_bucket(s, place->hash);
}

/* Of a bucket: the number, and which of eight kinds of hashes its tallies have,
 * so that those of other keys are seldom looked at. */
#define CENSUS_NUMBER ((UINT32_C(1) << 24) - 1)

static inline uint32_t
census_within(uint32_t hash)
{
	return UINT32_C(1) << (24 + (hash >> 29));
}

/* The first tally of a bucket, if one of it may be of that hash, or NULL. */
static inline struct tally *
census_first(const struct census *s, uint32_t hash)
{
	uint32_t first = s->bucket != NULL ? census_bucket(s, hash)->tally : 0;

	return first & census_within(hash)
		   ? seat_at(&s->seats, first & CENSUS_NUMBER)
		   : NULL;
}

/* A little later: sets off fetching what the bucket leads to.  Returns the
 * tally that is probably meant, or NULL. */
static inline const struct tally *
census_fetch(const struct census *s, uint32_t hash)
{
	const struct tally *y = census_first(s, hash);

	if (y != NULL) {
		fetch_write(y);
		fetch_write(&y->sample);
	} else if (s->bucket != NULL) {
		glimpse_fetch(
		    &s->glimpses, census_bucket(s, hash)->glimpse, hash);
	}
	return y;
}

/* Something that a member of a tally did.  What is not known is 0. */
struct tally_event {
	const struct tcpaudit_address *address; /* the member */
	uint16_t port;
	uint16_t print;
	enum sample_bit bit; /* what it did; BIT_TRIED is also counted */
	bool begins;	     /* there is a tally if there was none */
	uint32_t number;
	int64_t second, time;
	tcpaudit_packet_id packet;
};

/* Enters it, at `second` of the clock.  While it is all that is known of a
 * place, there is but a glimpse.  Without memory it is lost.  Returns the tally
 * if there is one, which is as of ta_census_tally(). */
struct tally *ta_census_enter(struct census *, const struct tally_place *,
    int64_t second, const struct tally_event *);

/* The same for a tally that was brought up to that second. */
void ta_census_apply(
    struct census *, struct tally *, const struct tally_event *);

/* The tally of a place, brought up to `second`; NULL if there is none.  With
 * `make`, one is made; NULL then means that memory is short. */
struct tally *ta_census_tally(
    struct census *, const struct tally_place *, int64_t second, bool make);

/* The tally of a place as it is, or NULL; of a glimpse nothing can be told. */
struct tally *ta_census_find(const struct census *, const struct tally_place *);

/* The clock has reached `second`: what is settled is judged and what is not
 * needed any more is forgotten. */
void ta_census_expire(struct census *, int64_t second);

/* The clock stops at `second`: everything is handed on, or judged as far as it
 * goes, and stays for ta_census_clear(). */
void ta_census_finish(struct census *, int64_t second);

#endif
