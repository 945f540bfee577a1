/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Records of differing lengths, written one behind the other, and given back in
 * about the order in which they were written: a reel on which none is left goes
 * back to the allocator.  Where all have one size, a pool (pool.h) serves. */
#ifndef TAPE_H
#define TAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "slab.h"

#define TAPE_SHIFT 15
#define TAPE_REEL  (1u << TAPE_SHIFT) /* octets of a reel */

/* In front of the records of a reel there is room for what they share. */
#define TAPE_HEAD 328

struct tape_reel {
	uint8_t *bytes; /* NULL: has none now */
	uint32_t live;	/* records */
	uint32_t next;	/* of those without memory; 0: none */
};

/* A tape.  All its fields are private. */
struct tape {
	struct memory *memory;
	struct tape_reel *reel;
	uint32_t reels, room; /* reel 0 is never used */
	uint32_t writing;     /* the reel that is written; 0: none */
	uint32_t end;	      /* of what is written there */
	uint32_t bare;	      /* reels without memory; 0: none */
};

/* An empty tape; allocates nothing.  `memory` is borrowed until
 * ta_tape_clear(). */
void ta_tape_init(struct tape *, struct memory *);

/* Where the next record goes: room for `most` octets, far less than a reel.
 * NULL: memory is short. */
uint8_t *ta_tape_room(struct tape *, uint32_t most);

/* Whether it is the first one of its reel, so that the head is to be written;
 * and the head that it has. */
static inline bool
tape_begins(const struct tape *p)
{
	return p->end == TAPE_HEAD;
}

static inline void *
tape_head(const struct tape *p)
{
	return p->reel[p->writing].bytes;
}

/* So many octets were written there, at least one.  Returns the number of the
 * record: it stays where it is until it is given back. */
uint32_t ta_tape_keep(struct tape *, uint32_t length);

/* The record of a number, and the head of its reel. */
static inline const uint8_t *
tape_at(const struct tape *p, uint32_t number)
{
	return p->reel[number >> TAPE_SHIFT].bytes + (number & (TAPE_REEL - 1));
}

static inline void *
tape_head_of(const struct tape *p, uint32_t number)
{
	return p->reel[number >> TAPE_SHIFT].bytes;
}

/* Gives a record back. */
void ta_tape_give(struct tape *, uint32_t number);

/* Returns every reel, with whatever is still there.  Also fine on one that is
 * all zero. */
void ta_tape_clear(struct tape *);

#endif
