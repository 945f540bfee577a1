/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The flow table: a canonical 4-tuple leads to its incarnations. */
#ifndef FLOW_H
#define FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "segment.h"

struct connection;
struct tombstone;

/* A tuple whose lower (address, port) stands first, so that both directions
 * have one key.  No padding: it is hashed and compared as bytes. */
struct flow_key {
	struct tcpaudit_address address[2];
	uint16_t port[2];
	uint32_t apart; /* VLAN or tunnel, where they separate flows */
	uint32_t family;
	uint32_t _zero;
};

struct flow {
	struct flow *next;	      /* in its bucket */
	struct flow *younger, *older; /* in order of use, about */
	struct flow *timer_next, **timer_prev;
	uint64_t hash;
	int64_t deadline; /* where it waits in the timer wheel */
	struct connection *live, *challenger;
	struct tombstone *tomb;
	uint32_t incarnations;
	uint8_t touched; /* since the last look for a victim */
	struct flow_key key;
};

struct flow_table {
	struct flow **bucket;
	size_t buckets; /* a power of two */
	size_t count;
	struct flow *oldest, *youngest;
};

/* The key of a segment; returns which side sent it: 0 or 1. */
int ta_flow_key(
    const struct tcpaudit *, const struct segment *, struct flow_key *out);

/* The flow of a key, made if there is none.  Evicts another one when the
 * memory bound is reached.  NULL: no memory even so. */
struct flow *ta_flow_get(struct tcpaudit *, const struct flow_key *);

/* The same if there is one; never makes one, and does not count as a use. */
struct flow *ta_flow_find(struct tcpaudit *, const struct flow_key *);

/* Forgets a flow that holds no connection any more. */
void ta_flow_free(struct tcpaudit *, struct flow *);

/* Makes room by ending the flow that was not used for longest, about.  False:
 * there is none but `spare`. */
bool ta_flow_evict(struct tcpaudit *, const struct flow *spare);

/* Calls `visit` for every flow, in an order that does not depend on the hash;
 * it may free the flow it is called with. */
void ta_flow_each(
    struct tcpaudit *, void (*visit)(struct tcpaudit *, struct flow *));

void ta_flow_table_clear(struct tcpaudit *);

#endif
