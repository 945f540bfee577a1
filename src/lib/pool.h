/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Pools of small objects of one size, named by numbers of 32 bits: half a
 * pointer, and nothing beside the object.  Of a million connections, each held
 * by several lists, that is what matters; a slab (slab.h) is for the few. */
#ifndef POOL_H
#define POOL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "poison.h"
#include "slab.h"

/* Objects of a chunk. */
#define POOL_SHIFT   9
#define POOL_OBJECTS (1u << POOL_SHIFT)

struct pool_chunk {
	void *memory;  /* as the allocator gave it; the base is aligned */
	uint32_t free; /* list of objects that were given back */
	uint16_t fresh, used;
	uint32_t previous, next; /* of those with room; 0: none */
};

/* A pool.  All its fields are private. */
struct pool {
	struct memory *memory;
	uint8_t **base; /* of each chunk; NULL: has none now */
	struct pool_chunk *chunk;
	uint32_t chunks, room; /* chunk 0 is never used */
	uint32_t object;       /* bytes */
	uint32_t available;    /* chunks with room; 0: none */
	uint32_t bare;	       /* chunks without memory; 0: none */
	uint32_t empty;	       /* chunks in which nothing is in use */
};

/* An empty pool of objects of `object` bytes (at least 4); allocates nothing.
 * `memory` is borrowed until ta_pool_clear(). */
void ta_pool_init(struct pool *, uint32_t object, struct memory *);

/* A zeroed object, aligned as its size allows, to a cache line at most; 0 if
 * memory is short.  Owned by the pool; give it back or clear the pool. */
uint32_t ta_pool_take(struct pool *);

/* The same, not zeroed. */
uint32_t ta_pool_take_unset(struct pool *);

/* Whether the next ta_pool_take() will give one. */
bool ta_pool_has(struct pool *);

/* Gives an object back; 0 is fine.  Chunks in which nothing is in use go
 * back to the allocator, but for an eighth of all. */
void ta_pool_give(struct pool *, uint32_t);

/* Returns every chunk, with whatever is still in use.  The pool is as after
 * ta_pool_init().  Also fine on one that is all zero. */
void ta_pool_clear(struct pool *);

/* The object of a number that ta_pool_take() gave. */
static inline void *
pool_at(const struct pool *p, uint32_t number)
{
	return p->base[number >> POOL_SHIFT] +
	       (size_t)(number & (POOL_OBJECTS - 1)) * p->object;
}

/* ta_pool_has(), ta_pool_take_unset() and ta_pool_give(), for who needs them
 * for every packet: most chunks neither begin nor cease to be empty or full. */
static inline bool
pool_has(struct pool *p)
{
	return p->available != 0 || ta_pool_has(p);
}

static inline uint32_t
pool_take_unset(struct pool *p)
{
	uint32_t i = p->available, at;
	struct pool_chunk *c;
	void *object;

	if (i == 0)
		return ta_pool_take_unset(p);
	c = &p->chunk[i];
	if (c->free == 0 || c->used - 1u >= POOL_OBJECTS - 2)
		return ta_pool_take_unset(p);
	at = c->free - 1;
	object = p->base[i] + (size_t)at * p->object;
	ASAN_UNPOISON_MEMORY_REGION(object, p->object);
	memcpy(&c->free, object, sizeof(c->free));
	c->used++;
	return i << POOL_SHIFT | at;
}

static inline void
pool_give(struct pool *p, uint32_t number)
{
	struct pool_chunk *c = &p->chunk[number >> POOL_SHIFT];
	void *object = pool_at(p, number);

	if (c->used - 2u >= POOL_OBJECTS - 2) {
		ta_pool_give(p, number);
		return;
	}
	memcpy(object, &c->free, sizeof(c->free));
	ASAN_POISON_MEMORY_REGION(object, p->object);
	c->free = (number & (POOL_OBJECTS - 1)) + 1;
	c->used--;
}

#endif
