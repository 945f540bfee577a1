/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A set of members, such as the sources that a listener was asked by, and what
 * each did in each of the last seconds.  If there are too many, a fair sample:
 * those with the lowest hashes stay (bottom-k), and the lowest hash that was
 * ever turned away tells how many they stand for. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "fetch.h"
#include "tcpaudit.h"

#define SAMPLE_MEMBERS 64
#define SAMPLE_SLOTS   16 /* seconds */

/* What a member did in a second. */
enum sample_bit {
	BIT_TRIED,
	BIT_AGAIN, /* more than once */
	BIT_OPENED,
	BIT_FAILED,  /* refused, or reset in the handshake */
	BIT_EXCUSED, /* no sign of an attack */
	BIT_EMPTY,   /* closed without text */
	SAMPLE_BITS
};

struct sample_member {
	tcpaudit_packet_id packet; /* its first one; 0: it is new */
	struct tcpaudit_address address;
	int64_t time;	 /* for whoever needs it, */
	uint32_t number; /* likewise */
	uint16_t port;
	uint16_t print;		    /* of its SYN: TTL, window, options */
	uint16_t bits[SAMPLE_BITS]; /* one for each slot */
};

struct sample {
	uint64_t limit; /* members have a hash below it */
	unsigned count;
	uint16_t room;	/* 0, or a power of two */
	uint16_t slots; /* no member did anything in the others */
	uint64_t *hash; /* memory of whoever holds the sample */
	struct sample_member *member;
};

/* An empty sample without room. */
void ta_sample_init(struct sample *);

/* Moves it to where there is more room; returns where it was. */
void *ta_sample_move(struct sample *, void *memory, unsigned room);

/* The memory that a sample with so much room takes. */
size_t ta_sample_size(unsigned room);

/* What a member is found by: the hash of its address, and port if that matters.
 */
uint64_t ta_sample_hash(const struct tcpaudit_address *, uint16_t port);

/* Sets off fetching what ta_sample_find() looks at. */
static inline void
sample_fetch(const struct sample *s)
{
	fetch_read(s->room == SAMPLE_MEMBERS
		       ? (const void *)&s->member[SAMPLE_MEMBERS]
		       : s->hash);
}

/* The member of a hash, or NULL.  The pointer is good until the sample changes.
 */
struct sample_member *ta_sample_find(struct sample *, uint64_t hash);

/* The same for one that is not in it, made if its hash is low enough. */
struct sample_member *ta_sample_enter(struct sample *, uint64_t hash);

/* Of a sample with all the room that there may be: the slots in which each
 * member did anything. */
static inline uint16_t *
sample_did(const struct sample *s)
{
	return (
	    uint16_t *)((uint8_t *)&s->member[SAMPLE_MEMBERS] + SAMPLE_MEMBERS);
}

/* Marks a member; BIT_TRIED once more is BIT_AGAIN.  A new one is marked before
 * anything else happens. */
static inline void
sample_mark(struct sample *s, struct sample_member *m, unsigned slot,
    enum sample_bit bit)
{
	uint16_t mask = (uint16_t)(1u << slot);

	s->slots |= mask;
	if (bit == BIT_TRIED && (m->bits[BIT_TRIED] & mask))
		bit = BIT_AGAIN;
	m->bits[bit] |= mask;
	if (s->room == SAMPLE_MEMBERS)
		sample_did(s)[m - s->member] |= mask;
}

/* Forgets a second, and the members that did nothing else. */
void ta_sample_forget(struct sample *, unsigned slot);

/* How many members there are if `count` of those in the sample count. */
uint64_t ta_sample_estimate(const struct sample *, unsigned count);

#endif
