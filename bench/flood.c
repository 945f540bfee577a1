/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A SYN flood: SYNs of invented addresses to a few listeners, which answer one
 * of twenty. */
#include "workload.h"

#define LISTENERS 4

/* No two are the same: the 32 bits of a permutation are the address and the
 * thousands of the port. */
static struct flow
invented(uint64_t seed, uint32_t number)
{
	uint32_t random = crowd_shuffle(seed, number);
	uint64_t port =
	    1024 + (random & 7) * UINT64_C(8000) + chance_mix(random) % 8000;

	return (struct flow){
		.address = { 32u << 24 | random >> 3,
		    198u << 24 | 18 << 16 | (1 + number % LISTENERS) },
		.port = { (uint16_t)port, 443 },
	};
}

static void
flood_write(struct talk *t, struct chance *c, const struct amount *amount,
    uint64_t number, int64_t at)
{
	struct flow flow = invented(amount->seed, (uint32_t)number);

	/* An honest visitor now and then. */
	if (number % 5000 == 4999) {
		web_write(t, c, amount, number, at);
		return;
	}
	talk_begin(t, c, &flow, at, 2 * MILLISECOND);
	at = talk_pass(t, CLIENT, at, SYN, 0);
	if (chance_hit(c, 50000))
		talk_pass(t, SERVER, at + 40 * MICROSECOND, SYN | ACK, 0);
}

void
flood_run(const struct amount *amount, struct capture *capture)
{
	const struct crowd crowd = { 60 * SECOND, flood_write };
	struct amount one_each = *amount;

	one_each.connections = amount->packets;
	crowd_run(&crowd, &one_each, capture);
}
