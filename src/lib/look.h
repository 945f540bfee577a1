/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The first stage of a packet: what it is, and what is known of its flow, which
 * is sent for.  Several packets are looked at before the first of them is
 * judged, so that all that they need is on its way from memory at once. */
#ifndef LOOK_H
#define LOOK_H

#include "decode.h"
#include "node.h"

/* As many packets as are looked at together, at most. */
#define LOOK_AHEAD 32

/* What this stage tells of a packet. */
struct look {
	struct segment seg;
	struct node_name name; /* if it is audited here */
	int side;
	uint32_t node;	 /* of that name; 0: not found, see look_node() */
	struct node *at; /* where it stands */
	enum decode_result result;
	enum tcpaudit_skip why;
	bool truncated; /* the capture cut octets that the wire had */
};

/* Looks at one packet alone.  Nothing is changed but the decoder. */
void ta_look(struct tcpaudit *, uint32_t input, int link_type,
    const struct tcpaudit_packet *, struct look *);

/* Looks at the first of `count` packets of the present input, as many as may
 * wait for each other.  Returns how many, at most LOOK_AHEAD. */
size_t ta_look_ahead(struct tcpaudit *, const struct tcpaudit_packet *,
    size_t count, struct look *);

/* The node that was found ahead; NULL: there was none, or it may be gone since.
 */
static inline struct node *
look_node(const struct node_table *table, const struct look *l)
{
	return table->freed || l->node == 0 ? NULL : l->at;
}

#endif
