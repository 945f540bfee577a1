/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Which of several engines a connection belongs to. */
#ifndef SHARD_H
#define SHARD_H

#include <stdint.h>

#include "bytes.h"
#include "segment.h"

#define SHARD_FACTOR UINT64_C(0x9e3779b97f4a7c15)

/* One end of a segment, mixed; the address has 4 or 16 octets. */
static inline uint64_t
shard_end(unsigned family, const uint8_t *address, uint16_t port)
{
	uint64_t h = bytes_load32(address);

	if (family == 6)
		for (int i = 4; i < 16; i += 4)
			h = (h * SHARD_FACTOR) ^ bytes_load32(address + i);
	h = (h << 16 ^ port) * SHARD_FACTOR;
	return h ^ h >> 29;
}

/* The sum of both ends of a segment. */
static inline uint64_t
shard_ends(const struct segment *s)
{
	return shard_end(s->family, s->source.bytes, s->source_port) +
	       shard_end(s->family, s->destination.bytes, s->destination_port);
}

/* The shard of `shards` that such a sum leads to: by addresses and ports, the
 * same for both directions, in every program and on every machine.  No secret
 * is in it: who knows it can give all the work to one engine, but no result
 * depends on it. */
static inline uint32_t
shard_at(uint64_t ends, uint32_t shards)
{
	return (uint32_t)((ends * SHARD_FACTOR >> 32) * shards >> 32);
}

#endif
