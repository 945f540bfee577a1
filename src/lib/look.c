/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "look.h"

#include "engine.h"

/* Cache lines of a calm connection. */
#define CALM_LINES ((sizeof(struct calm) + 63) / 64)

static inline void
look(struct tcpaudit *t, uint32_t input, int link_type,
    const struct tcpaudit_packet *packet, struct look *l)
{
	l->node = 0;
	l->truncated = packet->captured < packet->length;
	l->result = ta_decode(t->decoder, link_type, packet,
	    TCPAUDIT_PACKET_ID(input, packet->number), &l->seg, &l->why);
	if (l->result == DECODE_SEGMENT)
		l->side = ta_node_name(t, &l->seg, &l->name);
}

void
ta_look(struct tcpaudit *t, uint32_t input, int link_type,
    const struct tcpaudit_packet *packet, struct look *l)
{
	look(t, input, link_type, packet, l);
}

/* A calm connection is wanted. */
static inline void
fetch_calm(const struct calm *k)
{
	for (size_t i = 0; i < CALM_LINES; i++)
		__builtin_prefetch((const char *)k + 64 * i, 1);
}

/* Nodes of segments that are there: what they lead to is wanted, of those that
 * are the right ones; and then what is last in flight there. */
static inline void
fetch_bodies(const struct tcpaudit *t, struct look *const *l,
    const struct node *const *node, size_t count)
{
	const struct calm *calm[LOOK_AHEAD];
	size_t calms = 0;

	for (size_t i = 0; i < count; i++) {
		const struct node *n = node[i];

		if (!node_is_named(l[i]->node, n, &l[i]->name)) {
			l[i]->node = 0;
		} else if (n->kind == NODE_CALM) {
			calm[calms] = pool_at(&t->calms, n->body);
			fetch_calm(calm[calms++]);
		} else if (n->kind == NODE_SEED) {
			__builtin_prefetch(pool_at(&t->seeds, n->body));
		}
	}
	for (size_t i = 0; i < calms; i++)
		for (int end = 0; end < 2; end++)
			if (calm[i]->end[end].flight != 0)
				__builtin_prefetch(
				    pool_at(&t->sent, calm[i]->end[end].flight),
				    1);
}

/* The first nodes in buckets that are there are wanted; then what they lead to.
 */
static void
fetch(struct tcpaudit *t, struct look *const *l, size_t count)
{
	const struct node_table *table = &t->nodes;
	struct look *found[LOOK_AHEAD];
	const struct node *node[LOOK_AHEAD];
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t id = ta_node_first(table, &l[i]->name);

		if (id == 0)
			continue;
		l[i]->node = id;
		found[n] = l[i];
		node[n] = node_at(table, id);
		__builtin_prefetch(node[n++], 1);
	}
	t->nodes.freed = false;
	fetch_bodies(t, found, node, n);
}

size_t
ta_look_ahead(struct tcpaudit *t, const struct tcpaudit_packet *packets,
    size_t count, struct look *l)
{
	struct look *own[LOOK_AHEAD];
	size_t n = 0, owns = 0;

	while (n < count && n < LOOK_AHEAD) {
		struct look *one = &l[n];

		look(t, t->input, t->link_type, &packets[n++], one);
		if (one->result == DECODE_SEGMENT) {
			ta_node_fetch_bucket(&t->nodes, &one->name);
			own[owns++] = one;
		}
		/* Its text is in the decoder, until the next one comes. */
		if (one->seg.fragmented)
			break;
	}
	fetch(t, own, owns);
	return n;
}
