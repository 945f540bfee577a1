/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A SYN flood: SYNs of invented addresses to a few listeners, which answer one
 * of twenty. */
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

#define DURATION  (60 * SECOND)
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

void
flood_run(const struct amount *amount, struct capture *capture)
{
	const int64_t slot = DURATION / (int64_t)(amount->packets + 1);
	struct talk *talk = malloc(sizeof(*talk));
	uint64_t i;

	if (talk == NULL) {
		perror("generate");
		exit(2);
	}
	for (i = 0; i < amount->packets; i++) {
		struct chance c = chance_of(amount->seed, i);
		struct flow flow = invented(amount->seed, (uint32_t)i);
		int64_t at = (int64_t)i * slot;

		talk_begin(talk, &c, &flow, at, 0);
		talk_pass(talk, CLIENT, at, SYN, 0);
		capture_write(capture, &talk->flow, &talk->segment[0], NULL);
		if (!chance_hit(&c, 50000))
			continue;
		talk_pass(talk, SERVER, at + slot / 2, SYN | ACK, 0);
		capture_write(capture, &talk->flow, &talk->segment[1], NULL);
	}
	free(talk);
}
