/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A flow as the model sees it: a tuple and its incarnations.  While nothing
 * happens to it, it rests in its node (node.h) as small as can be. */
#ifndef FLOW_H
#define FLOW_H

#include "node.h"

struct connection;
struct tombstone;

struct flow_key {
	struct tcpaudit_address address[2]; /* in the order of the node */
	uint16_t port[2];
	uint32_t family;
};

struct flow {
	uint32_t node;
	uint32_t incarnations;
	struct connection *live, *challenger;
	struct tombstone *tomb;
	uint32_t tomb_number; /* of it, in its pool */
	struct flow_key key;
};

/* The flow of a segment, made if there is none; *side is which one sent it: 0
 * or 1.  Evicts another one when the memory bound is reached.  NULL: no memory
 * even so.  Returns it open: see ta_flow_rest(). */
struct flow *ta_flow_get(struct tcpaudit *, const struct segment *, int *side);

/* The same if there is one; never makes one, and does not count as a use. */
struct flow *ta_flow_find(struct tcpaudit *, const struct segment *, int *side);

/* The node of a name, made if there is none; evicts others for that.  0: no
 * memory. */
uint32_t ta_flow_node(struct tcpaudit *, const struct node_name *);

/* Opens the flow of a node for a segment of it; evicts others for that. */
struct flow *ta_flow_take(struct tcpaudit *, uint32_t node);

/* What the flow of a node would be, for who only looks: without connections. */
void ta_flow_view(const struct tcpaudit *, struct flow *, uint32_t node);

/* The flow of a node.  NULL: no memory. */
struct flow *ta_flow_open(struct tcpaudit *, uint32_t node);

/* Nothing more is to be done with it now: it takes as little room as it can.
 * Pointers to it and to what belongs to it end here. */
void ta_flow_rest(struct tcpaudit *, struct flow *);

/* Forgets a node that holds no flow, but for a tombstone perhaps. */
void ta_flow_forget(struct tcpaudit *, uint32_t node);

/* Forgets a flow that holds no connection any more. */
void ta_flow_free(struct tcpaudit *, struct flow *);

/* Gives back what flows are made of; there is none any more. */
void ta_flow_clear(struct tcpaudit *);

/* Makes room by ending the flow that was not used for longest, about.  False:
 * there is none but that of the node `spare` (0: no matter which). */
bool ta_flow_evict(struct tcpaudit *, uint32_t spare);

/* Nodes that are to be looked at soon, one after the other, FLOW_FETCH at most:
 * what they lead to is fetched for all of them at once. */
void ta_flow_fetch(const struct tcpaudit *, const uint32_t *node, size_t count);
#define FLOW_FETCH 16

/* When the connection that rests in a node, calm or a seed, is next to be
 * looked at; INT64_MAX if none does. */
int64_t ta_flow_due(const struct tcpaudit *, uint32_t node);

/* Calls `visit` for every flow that has something due by now, as ta_flow_each()
 * does.  False: there is none, and nothing has changed. */
bool ta_flow_each_due(
    struct tcpaudit *, void (*visit)(struct tcpaudit *, struct flow *));

/* Calls `visit` for every flow, in an order that does not depend on the hash;
 * it frees the flow it is called with, or lets it rest. */
void ta_flow_each(
    struct tcpaudit *, void (*visit)(struct tcpaudit *, struct flow *));

/* The same when the capture is over: those that end the quick way are not
 * visited, see ta_quick_end(). */
void ta_flow_end_each(
    struct tcpaudit *, void (*visit)(struct tcpaudit *, struct flow *));

#endif
