/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What captures are made of, and how much of it. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "talk.h"

struct amount {
	uint64_t seed;
	uint64_t connections;
	uint64_t packets; /* of a flood: SYNs; of elephants: full segments */
	unsigned loss;	  /* of elephants: of a million segments */
};

/* Many connections at once, each of them written by a function of its number
 * and of the time at which it begins, into a talk that is not yet begun. */
struct crowd {
	int64_t duration; /* over which they begin */
	void (*write)(struct talk *, struct chance *, const struct amount *,
	    uint64_t number, int64_t at);
};

void crowd_run(const struct crowd *, const struct amount *, struct capture *);

/* Addresses and ports that no other number below 2^32 has; servers are a few
 * hundred. */
struct flow crowd_flow(uint64_t seed, uint64_t number);

/* A permutation of the numbers of 32 bits. */
uint32_t crowd_shuffle(uint64_t seed, uint32_t number);

/* The workloads.  Each appends its packets to the capture. */
void web_run(const struct amount *, struct capture *);
void flood_run(const struct amount *, struct capture *);
void elephants_run(const struct amount *, struct capture *);
void many_run(const struct amount *, struct capture *);
void brief_run(const struct amount *, struct capture *);
void sick_run(const struct amount *, struct capture *);

/* Prints the names of the rules that the defects of `sick` break. */
void sick_rules(void);

/* A connection of `web`, which `sick` spoils. */
void web_write(struct talk *, struct chance *, const struct amount *,
    uint64_t number, int64_t at);

/* So many a second, at least 50 ms for all: how long they take to begin. */
int64_t crowd_duration(uint64_t count, unsigned rate);

#endif
