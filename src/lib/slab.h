/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Memory: the configured allocator with one account for all that an engine
 * holds, and pools of objects of one size above it. */
#ifndef SLAB_H
#define SLAB_H

#include <stddef.h>
#include <stdint.h>

#include "tcpaudit.h"

/* The account.  Embedded in its owner, not to be copied once a slab uses it. */
struct memory {
	void *(*allocate)(void *argument, size_t size);
	void (*release)(void *argument, void *memory);
	void *argument;
	uint64_t used;	/* bytes got from the allocator and not yet returned */
	uint64_t limit; /* `used` never exceeds it */
};

/* Takes the allocator of `config`, malloc() and free() where it names none.
 * `limit` is in bytes; UINT64_MAX is no limit. */
void ta_memory_init(struct memory *memory, const struct tcpaudit_config *config,
    uint64_t limit);

/* `size` zeroed bytes, owned by the caller, who returns them with
 * ta_release().  NULL if the limit or the allocator refuses. */
void *ta_allocate(struct memory *memory, size_t size);

/* The same, not zeroed. */
void *ta_take_bytes(struct memory *memory, size_t size);

/* Returns what ta_allocate() gave for `size`.  `p` may be NULL. */
void ta_release(struct memory *memory, void *p, size_t size);

#define CACHE_LINE 64

/* Where the next cache line begins: of memory that is to be aligned, one more
 * is taken than is needed. */
static inline void *
memory_line(void *p)
{
	return (char *)p + CACHE_LINE - (uintptr_t)p % CACHE_LINE;
}

struct slab_chunk;

/* A pool.  All its fields are private. */
struct slab {
	struct memory *memory;
	size_t object;		      /* bytes of an object, rounded up */
	size_t objects;		      /* in one chunk */
	struct slab_chunk *available; /* chunks with a free object */
	struct slab_chunk *full;      /* the others */
};

/* An empty pool of objects of `object` bytes (at least 1); allocates nothing.
 * `memory` is borrowed until ta_slab_clear(). */
void ta_slab_init(struct slab *slab, size_t object, struct memory *memory);

/* A zeroed object, aligned for pointers and 64-bit integers, or NULL if memory
 * is short.  Owned by the slab; give it back or clear the slab. */
void *ta_slab_take(struct slab *slab);

/* The same, not zeroed. */
void *ta_slab_take_unset(struct slab *slab);

/* Gives an object back; NULL is fine.  A chunk in which nothing is in use goes
 * back to the allocator, but for one that is kept. */
void ta_slab_give(struct slab *slab, void *object);

/* Returns every chunk, with whatever is still in use.  The slab is as after
 * ta_slab_init().  Also fine on one that is all zero. */
void ta_slab_clear(struct slab *slab);

#endif
