/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What would be a tally (tally.h) of which no more is known than what one
 * member did in one second.  Most hosts of a flood never are more, nor most
 * clients; no rule is about so little. */
#ifndef GLIMPSE_H
#define GLIMPSE_H

#include <stdint.h>

#include "fetch.h"
#include "sample.h"
#include "slab.h"
#include "tally_key.h"

#define GLIMPSES_MOST (UINT32_C(1) << 20)

struct glimpse {
	struct tcpaudit_address address; /* the key: */
	struct tcpaudit_address other;	 /* the member, the peer of a pair */
	uint32_t what;			 /* see tally_key.h */
	uint16_t port, print;
	uint32_t number;
	uint8_t bits; /* enum sample_bit; BIT_TRIED once; 0: it is gone */
	uint8_t ago;  /* seconds, below SAMPLE_SLOTS, before it was used */
	tcpaudit_packet_id packet;
	int64_t time;
};

/* Those used last, in order of the seconds in which, and of use. */
struct glimpses {
	struct memory *memory;
	struct glimpse *glimpse;
	struct glimpse_mark {
		uint32_t hash;
		uint32_t next;	/* in its bucket */
		int64_t second; /* when it was used */
	} * mark;
	uint32_t *bucket; /* twice as many as there may be glimpses; see
			     glimpse.c */
	uint32_t room;	  /* a power of two */
	uint64_t made;	  /* the number of the next one */
};

/* None yet, and at most `room` (a power of two) or GLIMPSES_MOST;
 * allocates nothing.  `memory`
 * is borrowed. */
void ta_glimpses_init(struct glimpses *, struct memory *memory, uint32_t room);
void ta_glimpses_clear(struct glimpses *);

/* Sets off fetching what ta_glimpse_find() looks at. */
static inline void
glimpse_fetch(const struct glimpses *s, uint32_t hash)
{
	if (s->bucket != NULL)
		fetch_read(&s->bucket[hash & (2 * s->room - 1)]);
}

/* The same of what it looks at next, a little later. */
static inline void
glimpse_fetch_next(const struct glimpses *s, uint32_t hash)
{
	uint32_t name;

	if (s->bucket == NULL)
		return;
	name = s->bucket[hash & (2 * s->room - 1)] & (s->room - 1);
	fetch_read(&s->mark[name]);
	fetch_write(&s->glimpse[name]);
}

/* The glimpse of a key, whose hash this is; NULL: there is none. */
struct glimpse *ta_glimpse_find(
    const struct glimpses *, const struct tally_key *, uint32_t hash);

/* A new one of that key, all but which the caller fills in; it takes the place
 * of the oldest one, which is forgotten: counted in *lost, if it was used in
 * the last SAMPLE_SLOTS seconds.  NULL: memory is short. */
struct glimpse *ta_glimpse_make(struct glimpses *, const struct tally_key *,
    uint32_t hash, int64_t second, uint64_t *lost);

/* The second in which it was used; and its number, in order of use. */
int64_t ta_glimpse_second(const struct glimpses *, const struct glimpse *);
uint64_t ta_glimpse_number(const struct glimpses *, const struct glimpse *);

/* It is used in a later second, and then the youngest: returns where it is. */
struct glimpse *ta_glimpse_use(
    struct glimpses *, struct glimpse *, int64_t second, uint64_t *lost);

/* Forgets it. */
void ta_glimpse_drop(struct glimpse *);

#endif
