/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What would be a tally (tally.h) of which no more is known than what one
 * member did in one second.  Most hosts of a flood never are more, nor most
 * clients; no rule is about so little. */
#ifndef GLIMPSE_H
#define GLIMPSE_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch.h"
#include "sample.h"
#include "slab.h"
#include "tally_key.h"

#define GLIMPSES_MOST (UINT32_C(1) << 20)

/* A name: the number of a glimpse as far as there is room for it; a part of its
 * hash; whether it has a next one.  Most that are asked for are not there, and
 * the name says so. */
#define NAME_NUMBER ((UINT32_C(1) << 24) - 1)
#define NAME_HASH   (UINT32_C(127) << 24)
#define NAME_NEXT   (UINT32_C(1) << 31)

static inline uint32_t
glimpse_name_hash(uint32_t hash)
{
	return (hash >> 1) & NAME_HASH;
}

static inline bool
glimpse_name_is_of(uint32_t name, uint32_t hash)
{
	return (name & NAME_HASH) == glimpse_name_hash(hash);
}

/* As long as a cache line. */
struct glimpse {
	struct tcpaudit_address address; /* the key: */
	struct tcpaudit_address other;	 /* the member, the peer of a pair */
	uint32_t what;			 /* see tally_key.h */
	uint32_t number;
	tcpaudit_packet_id packet;
	int64_t time;
	uint16_t port, print;
	uint8_t bits; /* enum sample_bit; BIT_TRIED once; 0: it is gone */
	uint8_t ago;  /* seconds before it was used */
	uint8_t slot; /* the second in which it was used, modulo SAMPLE_SLOTS */
};

/* Those used in the last SAMPLE_SLOTS seconds, in order of use. */
struct glimpses {
	struct memory *memory;
	void *raw; /* its memory: */
	struct glimpse *glimpse;
	uint32_t *next; /* of each: the name of the next one in its bucket */
	uint32_t room;	/* a power of two */
	uint64_t made;	/* the number of the next one */
	int64_t newest; /* second in which one was made; for it and those
			   before it, the first one that was made then or
			   later: */
	uint64_t began[SAMPLE_SLOTS];
};

/* None yet, and at most `room` (a power of two) or GLIMPSES_MOST;
 * allocates nothing.  `memory`
 * is borrowed. */
void ta_glimpses_init(struct glimpses *, struct memory *memory, uint32_t room);
void ta_glimpses_clear(struct glimpses *);

/* Sets off fetching what ta_glimpse_find() looks at, if there is any. */
static inline void
glimpse_fetch(const struct glimpses *s, uint32_t name, uint32_t hash)
{
	if (s->glimpse != NULL && glimpse_name_is_of(name, hash))
		fetch_write(&s->glimpse[name & (s->room - 1)]);
}

/* The bucket of a hash, which its owner has, names the youngest glimpse of it:
 * at first 0.  `second` is that of the clock, which does not run back. */

/* The glimpse of a key, whose hash this is; NULL: there is none. */
struct glimpse *ta_glimpse_find(const struct glimpses *, uint32_t bucket,
    const struct tally_key *, uint32_t hash, int64_t second);

/* A new one of that key, all but which the caller fills in; it takes the place
 * of the oldest one, which is forgotten: counted in *lost, if it was used in
 * the last SAMPLE_SLOTS seconds.  NULL: memory is short. */
struct glimpse *ta_glimpse_make(struct glimpses *, uint32_t *bucket,
    const struct tally_key *, uint32_t hash, int64_t second, uint64_t *lost);

/* The second in which one was used that is found at `second`. */
static inline int64_t
glimpse_second(const struct glimpse *d, int64_t second)
{
	return second - ((second - d->slot) & (SAMPLE_SLOTS - 1));
}

/* Its number, in order of use. */
uint64_t ta_glimpse_number(const struct glimpses *, const struct glimpse *);

/* One that was found is used in a later second, and then the youngest: returns
 * where it is. */
struct glimpse *ta_glimpse_use(struct glimpses *, uint32_t *bucket,
    struct glimpse *, uint32_t hash, int64_t second, uint64_t *lost);

/* Forgets it. */
void ta_glimpse_drop(struct glimpse *);

#endif
