/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A number is that of a chunk and that of an object in it.  Every chunk has its
 * own list of what was given back and counts what is in use, so that an empty
 * one is noticed; objects that were never handed out are behind `fresh`, so
 * that a chunk is touched only as far as it is used.
 */
#include "pool.h"

#include <string.h>

#define ROOM_FIRST 8
#define ROOM_MOST  (1u << (30 - POOL_SHIFT))

static size_t
chunk_size(const struct pool *p)
{
	return (size_t)p->object * POOL_OBJECTS;
}

static size_t
memory_size(const struct pool *p)
{
	return chunk_size(p) + CACHE_LINE;
}

void
ta_pool_init(struct pool *p, uint32_t object, struct memory *memory)
{
	memset(p, 0, sizeof(*p));
	p->memory = memory;
	p->object = object;
}

/* Room for twice as many chunks. */
static bool
grow(struct pool *p)
{
	uint32_t room = p->room == 0 ? ROOM_FIRST : 2 * p->room;
	struct pool_chunk *chunk;
	uint8_t **base;

	if (room > ROOM_MOST)
		return false;
	base = ta_allocate(p->memory, room * sizeof(*base));
	chunk = ta_allocate(p->memory, room * sizeof(*chunk));
	if (base == NULL || chunk == NULL) {
		ta_release(p->memory, base, room * sizeof(*base));
		ta_release(p->memory, chunk, room * sizeof(*chunk));
		return false;
	}
	if (p->room > 0) {
		memcpy(base, p->base, p->room * sizeof(*base));
		memcpy(chunk, p->chunk, p->room * sizeof(*chunk));
	}
	ta_release(p->memory, p->base, p->room * sizeof(*base));
	ta_release(p->memory, p->chunk, p->room * sizeof(*chunk));
	p->base = base;
	p->chunk = chunk;
	p->room = room;
	if (p->chunks == 0)
		p->chunks = 1;
	/* No object is there, but its address may be computed. */
	p->base[0] = (uint8_t *)p->base;
	return true;
}

void
ta_pool_open(struct pool *p, uint32_t i)
{
	struct pool_chunk *c = &p->chunk[i];

	c->previous = 0;
	c->next = p->available;
	if (c->next != 0)
		p->chunk[c->next].previous = i;
	p->available = i;
}

void
ta_pool_full(struct pool *p, uint32_t i)
{
	struct pool_chunk *c = &p->chunk[i];

	if (c->previous != 0)
		p->chunk[c->previous].next = c->next;
	else
		p->available = c->next;
	if (c->next != 0)
		p->chunk[c->next].previous = c->previous;
}

uint32_t
ta_pool_chunk(struct pool *p)
{
	uint32_t i = p->bare;
	uint8_t *base;
	void *memory;

	if (i == 0 && p->chunks == p->room && !grow(p))
		return 0;
	memory = ta_take_bytes(p->memory, memory_size(p));
	if (memory == NULL)
		return 0;
	base = memory_line(memory);
	if (i != 0)
		p->bare = p->chunk[i].next;
	else
		i = p->chunks++;
	p->base[i] = base;
	memset(&p->chunk[i], 0, sizeof(p->chunk[i]));
	p->chunk[i].memory = memory;
	ASAN_POISON_MEMORY_REGION(base, chunk_size(p));
	ta_pool_open(p, i);
	p->empty++;
	return i;
}

static void
release_chunk(struct pool *p, uint32_t i)
{
	ASAN_UNPOISON_MEMORY_REGION(p->base[i], chunk_size(p));
	ta_release(p->memory, p->chunk[i].memory, memory_size(p));
	p->base[i] = NULL;
}

void
ta_pool_empty(struct pool *p, uint32_t i)
{
	if (++p->empty <= 1 + p->chunks / 8)
		return;
	p->empty--;
	ta_pool_full(p, i);
	release_chunk(p, i);
	p->chunk[i].next = p->bare;
	p->bare = i;
}

uint32_t
ta_pool_take(struct pool *p)
{
	uint32_t number = pool_take_unset(p);

	if (number != 0)
		memset(pool_at(p, number), 0, p->object);
	return number;
}

void
ta_pool_give(struct pool *p, uint32_t number)
{
	if (number != 0)
		pool_give(p, number);
}

void
ta_pool_clear(struct pool *p)
{
	for (uint32_t i = 1; i < p->chunks; i++)
		if (p->base[i] != NULL)
			release_chunk(p, i);
	ta_release(p->memory, p->base, p->room * sizeof(*p->base));
	ta_release(p->memory, p->chunk, p->room * sizeof(*p->chunk));
	ta_pool_init(p, p->object, p->memory);
}
