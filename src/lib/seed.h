/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A connection of which one SYN has passed and nothing else: what a flood is
 * made of.  All that a calm one (calm.h) would hold follows from it. */
#ifndef SEED_H
#define SEED_H

#include "calm.h"

struct seed {
	int64_t t_first;
	uint64_t first_packet;
	uint64_t id : 48, ip_id : 16;
	uint32_t isn, tsval;
	uint32_t seen;
	uint32_t shape;
	uint32_t apart;
	uint16_t window;
	uint8_t ttl;
	uint8_t sums; /* 1: its checksum was right */
};

/* The calm connection that it is, all but the number of what is in flight,
 * which is `sent`. */
void ta_seed_unpack(
    const struct seed *, struct calm *k, struct calm_sent *sent);

/* The other way; false: there is more to it. */
bool ta_seed_pack(
    const struct calm *, const struct calm_sent *sent, struct seed *);

/* When it is next to be looked at: see ta_calm_due(). */
int64_t ta_seed_due(const struct tcpaudit *, const struct seed *);

/* The number of a calm connection that is the same as the seed, which is given
 * back; 0: memory is short, and nothing has changed. */
uint32_t ta_seed_grow(struct tcpaudit *, uint32_t seed);

#endif
