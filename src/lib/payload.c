/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "payload.h"

#include <string.h>

int
ta_payload_init(struct payload_store *s, struct memory *memory, size_t size)
{
	s->end = 1;
	s->size = size;
	s->ring = NULL;
	if (size == 0)
		return 0;
	s->ring = ta_allocate(memory, size);
	return s->ring == NULL ? -1 : 0;
}

void
ta_payload_clear(struct payload_store *s, struct memory *memory)
{
	ta_release(memory, s->ring, s->size);
	s->ring = NULL;
	s->size = 0;
}

uint64_t
ta_payload_keep(struct payload_store *s, const uint8_t *bytes, uint32_t length)
{
	uint64_t where = s->end;
	size_t at, first;

	if (length == 0 || length > s->size / 2)
		return 0;
	at = where & (s->size - 1);
	first = s->size - at < length ? s->size - at : length;
	memcpy(s->ring + at, bytes, first);
	memcpy(s->ring, bytes + first, length - first);
	s->end += length;
	return where;
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

	if (where == 0 || s->size == 0 || where + s->size < s->end ||
	    from + length > s->end)
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
