/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "look.h"

#include "engine.h"
#include "fetch.h"
#include "forecast.h"

/* Whether it is audited here. */
static inline bool
look(struct tcpaudit *t, uint32_t input, int link_type,
    const struct tcpaudit_packet *packet, struct look *l)
{
	l->node = 0;
	l->truncated = packet->captured < packet->length;
	l->result = ta_decode(t->decoder, link_type, packet,
	    TCPAUDIT_PACKET_ID(input, packet->number), &l->seg, &l->why);
	if (l->result != DECODE_SEGMENT)
		return false;
	l->side = ta_node_name(t, &l->seg, &l->name);
	return true;
}

void
ta_look(struct tcpaudit *t, uint32_t input, int link_type,
    const struct tcpaudit_packet *packet, struct look *l)
{
	look(t, input, link_type, packet, l);
}

/* Segments and nodes in their buckets, which are on their way. */
struct fetch {
	struct look *look[LOOK_AHEAD];
	const struct node *node[LOOK_AHEAD];
	size_t count;
	const struct calm *calm[LOOK_AHEAD]; /* that were found */
	size_t calms;
	struct look *of[LOOK_AHEAD]; /* which segments are of those */
};

static inline void
fetch_node(const struct node_table *table, struct fetch *f, struct look *l,
    uint32_t id)
{
	struct node *n;

	l->node = id;
	if (id == 0)
		return;
	n = node_at(table, id);
	l->at = n;
	fetch_write(n);
	f->look[f->count] = l;
	f->node[f->count++] = n;
}

/* These are there: what they lead to is wanted, or if one is not the right one,
 * the next one in its bucket. */
static inline void
fetch_bodies(const struct tcpaudit *t, struct fetch *f)
{
	size_t count = f->count;

	f->count = 0;
	for (size_t i = 0; i < count; i++) {
		struct look *l = f->look[i];
		const struct node *n = f->node[i];

		if (!node_is_named(l->node, n, &l->name)) {
			fetch_node(&t->nodes, f, l, n->next);
		} else if (n->kind == NODE_CALM) {
			f->of[f->calms] = l;
			f->calm[f->calms] = pool_at(&t->calms, n->body);
			calm_fetch(f->calm[f->calms++]);
		} else if (n->kind == NODE_SEED) {
			fetch_read(pool_at(&t->seeds, n->body));
		}
	}
}

/* What is counted of a connection that opens, or closes. */
static inline void
forecast(const struct tcpaudit *t, struct forecast *f, const struct look *l,
    const struct calm *k)
{
	const struct shape *shape;

	if (k->end[TCPAUDIT_CLIENT].own_packet == 0) {
		ta_forecast_open(t, f, &l->seg);
	} else if (k->close != 0 && l->seg.length == 0) {
		shape = &shape_at(&t->shapes, k->shape)->shape;
		ta_forecast_close(t, f, &l->seg, l->side ^ shape->client_side);
	}
}

/* What is last in flight there is wanted, and its close; and what is counted.
 */
static inline void
fetch_rest(const struct tcpaudit *t, struct forecast *f, const struct look *l,
    const struct calm *k)
{
	for (int end = 0; end < 2; end++)
		if (k->end[end].flight != 0)
			calm_fetch_sent(pool_at(&t->sent, k->end[end].flight));
	if (k->close != 0)
		calm_fetch_close(pool_at(&t->closes, k->close));
	if (t->config.on_part == NULL && !(l->seg.flags & FLAG_SYN))
		forecast(t, f, l, k);
}

/* The buckets of segments are there: the first nodes in them are wanted; then
 * what they lead to, and the rest. */
static void
fetch(struct tcpaudit *t, struct look *const *l, size_t count,
    struct forecast *forecast)
{
	struct fetch f;

	f.count = f.calms = 0;
	for (size_t i = 0; i < count; i++)
		fetch_node(
		    &t->nodes, &f, l[i], ta_node_first(&t->nodes, &l[i]->name));
	t->nodes.freed = false;
	while (f.count > 0)
		fetch_bodies(t, &f);
	for (size_t i = 0; i < f.calms; i++)
		fetch_rest(t, forecast, f.of[i], f.calm[i]);
	if (forecast->count > 0)
		ta_forecast_fetch(t, forecast);
}

size_t
ta_look_ahead(struct tcpaudit *t, const struct tcpaudit_packet *packets,
    size_t count, struct look *l)
{
	struct look *own[LOOK_AHEAD];
	struct forecast forecast;
	size_t n = 0, owns = 0;

	forecast.count = 0;
	while (n < count && n < LOOK_AHEAD) {
		struct look *one = &l[n];

		if (look(t, t->input, t->link_type, &packets[n++], one)) {
			ta_node_fetch_bucket(&t->nodes, &one->name);
			ta_sight_fetch(&t->sights, ta_sight_mark(&one->seg));
			own[owns++] = one;
			if (one->seg.flags == FLAG_SYN &&
			    t->config.on_part == NULL)
				ta_forecast_syn(t, &forecast, &one->seg);
		}
		/* Its text is in the decoder, until the next one comes. */
		if (one->seg.fragmented)
			break;
	}
	ta_sight_fetch_next(&t->sights, (uint32_t)owns);
	fetch(t, own, owns, &forecast);
	return n;
}
