/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Two engines beside each other: one takes ordinary segments the quick way
 * (quick.h), the other one takes all the long way.  They must say the same of
 * every packet, and believe the same after it. */
#ifndef PAIR_H
#define PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "tcpaudit.h"

struct pair_side {
	struct tcpaudit *engine;
	char *text; /* what it said of the packet */
	size_t used, room;
};

struct pair {
	struct pair_side quick, slow;
	uint64_t packets;  /* shown */
	uint64_t wrong;	   /* of `slow`, before the packet */
	unsigned failures; /* packets after which they differ */
	bool told;	   /* each difference is printed, not the first alone */
};

/* With this configuration, but for its callbacks; transitions are wanted if it
 * has one for them.  Ends the program if memory is short, as all of these do.
 */
void pair_begin(struct pair *, const struct tcpaudit_config *);

/* Shows both a packet, with a number of its own, of a link type.  False: they
 * differ, and it was said how, on standard output. */
bool pair_packet(struct pair *, int link_type, const struct tcpaudit_packet *);

/* The capture is over for both; packets may follow. */
bool pair_finish(struct pair *);

/* How many went the quick way, and how many could have. */
uint64_t pair_taken(const struct pair *);
uint64_t pair_harmless(const struct pair *);

void pair_clear(struct pair *);

#endif
