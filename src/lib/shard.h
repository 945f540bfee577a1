/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Which of several engines a connection belongs to. */
#ifndef SHARD_H
#define SHARD_H

#include <stdint.h>

#include "segment.h"

/* The shard of `shards` that a segment belongs to: by addresses and ports, the
 * same for both directions, in every program and on every machine.  No secret
 * is in it: who knows it can give all the work to one engine, but no result
 * depends on it. */
static inline uint32_t
shard_of(const struct segment *s, uint32_t shards)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	const struct tcpaudit_address *address[2] = { &s->source,
		&s->destination };
	const uint16_t port[2] = { s->source_port, s->destination_port };
	uint64_t sum = 0, h;

	for (int i = 0; i < 2; i++) {
		h = port[i];
		for (int k = 0; k < (s->family == 6 ? 16 : 4); k += 4) {
			const uint8_t *p = address[i]->bytes + k;

			h = (h ^ ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
				     (uint32_t)p[2] << 8 | p[3])) *
			    factor;
			h ^= h >> 29;
		}
		sum += h;
	}
	sum *= factor;
	return (uint32_t)((sum >> 32) * shards >> 32);
}

#endif
