/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Objects of one size are cut from chunks of about 64 KiB.  In front of each
 * stands a slot: the chunk it belongs to while it is in use, the next free one
 * while it is not.  Every chunk has its own free list and counts what is in
 * use, so that an empty chunk is noticed and can be returned.  Without that,
 * one flood would leave all the memory below the limit to one kind of object
 * for ever.
 *
 * Objects never handed out yet are not on the free list but behind `fresh`:
 * a new chunk is touched only as far as it is used.
 */
#include "slab.h"

#include <stdlib.h>
#include <string.h>

#include "poison.h"

#define CHUNK_BYTES 65536

union slot {
	struct slab_chunk *chunk; /* in use */
	union slot *next;	  /* free */
	uint64_t align;
};

struct slab_chunk {
	struct slab_chunk *previous, *next; /* in one of the slab's two lists */
	union slot *free;
	size_t fresh; /* objects handed out at least once */
	size_t used;
	union slot first[];
};

static void *
plain_allocate(void *argument, size_t size)
{
	(void)argument;
	return malloc(size);
}

static void
plain_release(void *argument, void *memory)
{
	(void)argument;
	free(memory);
}

void
ta_memory_init(
    struct memory *memory, const struct tcpaudit_config *config, uint64_t limit)
{
	memory->allocate = config->allocate ? config->allocate : plain_allocate;
	memory->release = config->release ? config->release : plain_release;
	memory->argument = config->argument;
	memory->used = 0;
	memory->limit = limit;
}

void *
ta_take_bytes(struct memory *memory, size_t size)
{
	void *p;

	if (memory->used > memory->limit || size > memory->limit - memory->used)
		return NULL;
	p = memory->allocate(memory->argument, size);
	if (p != NULL)
		memory->used += size;
	return p;
}

void *
ta_allocate(struct memory *memory, size_t size)
{
	void *p = ta_take_bytes(memory, size);

	if (p != NULL)
		memset(p, 0, size);
	return p;
}

void
ta_release(struct memory *memory, void *p, size_t size)
{
	if (p == NULL)
		return;
	memory->release(memory->argument, p);
	memory->used -= size;
}

static size_t
slot_size(const struct slab *slab)
{
	return sizeof(union slot) + slab->object;
}

static size_t
chunk_size(const struct slab *slab)
{
	return sizeof(struct slab_chunk) + slab->objects * slot_size(slab);
}

void
ta_slab_init(struct slab *slab, size_t object, struct memory *memory)
{
	size_t unit = sizeof(union slot);

	slab->memory = memory;
	slab->object = (object + unit - 1) / unit * unit;
	slab->objects =
	    (CHUNK_BYTES - sizeof(struct slab_chunk)) / slot_size(slab);
	if (slab->objects == 0)
		slab->objects = 1;
	slab->available = NULL;
	slab->full = NULL;
}

static void
link_chunk(struct slab_chunk **list, struct slab_chunk *chunk)
{
	chunk->previous = NULL;
	chunk->next = *list;
	if (chunk->next != NULL)
		chunk->next->previous = chunk;
	*list = chunk;
}

static void
unlink_chunk(struct slab_chunk **list, struct slab_chunk *chunk)
{
	if (chunk->previous != NULL)
		chunk->previous->next = chunk->next;
	else
		*list = chunk->next;
	if (chunk->next != NULL)
		chunk->next->previous = chunk->previous;
}

static struct slab_chunk *
new_chunk(struct slab *slab)
{
	struct slab_chunk *chunk =
	    ta_take_bytes(slab->memory, chunk_size(slab));

	if (chunk == NULL)
		return NULL;
	chunk->free = NULL;
	chunk->fresh = 0;
	chunk->used = 0;
	ASAN_POISON_MEMORY_REGION(
	    chunk->first, slab->objects * slot_size(slab));
	link_chunk(&slab->available, chunk);
	return chunk;
}

static void
release_chunk(struct slab *slab, struct slab_chunk *chunk)
{
	ASAN_UNPOISON_MEMORY_REGION(
	    chunk->first, slab->objects * slot_size(slab));
	ta_release(slab->memory, chunk, chunk_size(slab));
}

/* A free slot of a chunk that has one. */
static union slot *
take_slot(const struct slab *slab, struct slab_chunk *chunk)
{
	union slot *slot = chunk->free;

	if (slot != NULL) {
		chunk->free = slot->next;
	} else {
		slot = chunk->first +
		       slot_size(slab) / sizeof(union slot) * chunk->fresh++;
	}
	chunk->used++;
	return slot;
}

void *
ta_slab_take_unset(struct slab *slab)
{
	struct slab_chunk *chunk = slab->available;
	union slot *slot;

	if (chunk == NULL)
		chunk = new_chunk(slab);
	if (chunk == NULL)
		return NULL;
	slot = take_slot(slab, chunk);
	if (chunk->used == slab->objects) {
		unlink_chunk(&slab->available, chunk);
		link_chunk(&slab->full, chunk);
	}
	ASAN_UNPOISON_MEMORY_REGION(slot, slot_size(slab));
	slot->chunk = chunk;
	return slot + 1;
}

void *
ta_slab_take(struct slab *slab)
{
	void *object = ta_slab_take_unset(slab);

	return object == NULL ? NULL : memset(object, 0, slab->object);
}

void
ta_slab_give(struct slab *slab, void *object)
{
	struct slab_chunk *chunk;
	union slot *slot;

	if (object == NULL)
		return;
	slot = (union slot *)object - 1;
	chunk = slot->chunk;
	if (chunk->used == slab->objects) {
		unlink_chunk(&slab->full, chunk);
		link_chunk(&slab->available, chunk);
	}
	slot->next = chunk->free;
	chunk->free = slot;
	ASAN_POISON_MEMORY_REGION(object, slab->object);
	if (--chunk->used > 0)
		return;
	if (chunk->previous != NULL || chunk->next != NULL) {
		unlink_chunk(&slab->available, chunk);
		release_chunk(slab, chunk);
	}
}

static void
release_list(struct slab *slab, struct slab_chunk **list)
{
	struct slab_chunk *chunk, *next;

	for (chunk = *list; chunk != NULL; chunk = next) {
		next = chunk->next;
		release_chunk(slab, chunk);
	}
	*list = NULL;
}

void
ta_slab_clear(struct slab *slab)
{
	release_list(slab, &slab->available);
	release_list(slab, &slab->full);
}
