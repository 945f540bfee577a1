/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "payload.h"

#include <string.h>

/* Offsets count from here, so that 0 is none. */
#define PAYLOAD_FIRST sizeof(struct kept)

int
ta_payload_init(struct payload_store *s, struct memory *memory, size_t size)
{
	s->end = PAYLOAD_FIRST;
	s->here = 0;
	s->size = size;
	s->ring = NULL;
	if (size == 0)
		return 0;
	/* Nothing is read that was not written; what is never used takes no
	 * memory. */
	s->ring = ta_take_bytes(memory, size);
	return s->ring == NULL ? -1 : 0;
}

void
ta_payload_clear(struct payload_store *s, struct memory *memory)
{
	ta_release(memory, s->ring, s->size);
	s->ring = NULL;
	s->size = 0;
}

/* Into the ring at an offset, or out of it. */
static void
ring_write(
    struct payload_store *s, uint64_t where, const void *from, size_t length)
{
	size_t at = where & (s->size - 1);
	size_t first = s->size - at < length ? s->size - at : length;

	memcpy(s->ring + at, from, first);
	memcpy(s->ring, (const uint8_t *)from + first, length - first);
}

static void
ring_read(
    const struct payload_store *s, uint64_t where, void *to, size_t length)
{
	size_t at = where & (s->size - 1);
	size_t first = s->size - at < length ? s->size - at : length;

	memcpy(to, s->ring + at, first);
	memcpy((uint8_t *)to + first, s->ring, length - first);
}

static bool
is_gone(const struct payload_store *s, uint64_t where)
{
	return where == 0 || s->size == 0 ||
	       where - sizeof(struct kept) + s->size < s->end;
}

void
ta_payload_keep_around(
    struct payload_store *s, const uint8_t *bytes, const struct kept *k)
{
	ring_write(s, s->here - sizeof(*k), k, sizeof(*k));
	ring_write(s, s->here, bytes, k->length);
}

bool
ta_payload_find(const struct payload_store *s, uint64_t where, struct kept *k)
{
	if (is_gone(s, where))
		return false;
	ring_read(s, where - sizeof(*k), k, sizeof(*k));
	return true;
}

static uint8_t
payload_at(const struct payload_store *s, uint64_t offset)
{
	return s->ring[offset & (s->size - 1)];
}

int64_t
ta_payload_compare(const struct payload_store *s, uint64_t where, uint32_t skip,
    const uint8_t *bytes, uint32_t length, uint64_t *was, uint64_t *is)
{
	uint64_t from = where + skip;
	uint32_t i = 0;

	if (is_gone(s, where) || from + length > s->end)
		return -1;
	while (i < length && payload_at(s, from + i) == bytes[i])
		i++;
	*was = *is = 0;
	for (uint32_t k = i; k < length && k < i + 8; k++) {
		*was = *was << 8 | payload_at(s, from + k);
		*is = *is << 8 | bytes[k];
	}
	return i;
}
