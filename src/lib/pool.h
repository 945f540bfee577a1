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

/* For those below.  A chunk with room; 0: memory is short. */
uint32_t ta_pool_chunk(struct pool *);
/* A chunk has no room any more, has room again, is empty now. */
void ta_pool_full(struct pool *, uint32_t chunk);
void ta_pool_open(struct pool *, uint32_t chunk);
void ta_pool_empty(struct pool *, uint32_t chunk);

/* Whether the next one will be given. */
static inline __attribute__((always_inline)) bool
pool_has(struct pool *p)
{
	return p->available != 0 || ta_pool_chunk(p) != 0;
}

/* As ta_pool_take(), but not zeroed. */
static inline __attribute__((always_inline)) uint32_t
pool_take_unset(struct pool *p)
{
	uint32_t i = p->available != 0 ? p->available : ta_pool_chunk(p), at;
	struct pool_chunk *c;
	uint8_t *object;

	if (i == 0)
		return 0;
	c = &p->chunk[i];
	at = c->free != 0 ? c->free - 1 : c->fresh;
	object = p->base[i] + (size_t)at * p->object;
	ASAN_UNPOISON_MEMORY_REGION(object, p->object);
	if (c->free != 0)
		memcpy(&c->free, object, sizeof(c->free));
	else
		c->fresh++;
	p->empty -= c->used == 0;
	if (++c->used == POOL_OBJECTS)
		ta_pool_full(p, i);
	return i << POOL_SHIFT | at;
}

/* As ta_pool_give(), but none of 0. */
static inline __attribute__((always_inline)) void
pool_give(struct pool *p, uint32_t number)
{
	uint32_t i = number >> POOL_SHIFT;
	struct pool_chunk *c = &p->chunk[i];
	void *object = pool_at(p, number);

	memcpy(object, &c->free, sizeof(c->free));
	ASAN_POISON_MEMORY_REGION(object, p->object);
	c->free = (number & (POOL_OBJECTS - 1)) + 1;
	if (c->used-- == POOL_OBJECTS)
		ta_pool_open(p, i);
	if (c->used == 0)
		ta_pool_empty(p, i);
}

#endif
