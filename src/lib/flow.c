/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Memory is bounded by the engine's account: when that is used up, a flow that
 * was not used lately is ended and counted (CLOCK: a use costs one byte, in a
 * line that is touched anyway).
 */
#include "flow.h"

#include <string.h>

#include "engine.h"
#include "fetch.h"
#include "incarnation.h"

static inline __attribute__((always_inline)) void
key_of(struct flow_key *key, const struct node *n, unsigned family)
{
	size_t length = family == 6 ? 16 : 4;

	key->family = family;
	for (int side = 0; side < 2; side++) {
		struct tcpaudit_address a = { { 0 } };

		memcpy(a.bytes, n->key.address + side * length, length);
		key->address[side] = a;
		key->port[side] = n->key.port[side];
	}
}

void
ta_flow_view(const struct tcpaudit *t, struct flow *f, uint32_t node)
{
	const struct node *n = node_at(&t->nodes, node);

	f->node = node;
	f->incarnations = n->incarnations;
	f->tomb_number = n->tomb;
	f->tomb = n->tomb == 0 ? NULL : pool_at(&t->tombstones, n->tomb);
	if (node_family(node) == 6)
		key_of(&f->key, n, 6);
	else
		key_of(&f->key, n, 4);
}

struct flow *
ta_flow_open(struct tcpaudit *t, uint32_t node)
{
	struct node *n = node_at(&t->nodes, node);
	struct flow *f;
	uint32_t body;

	if (n->kind == NODE_FLOW)
		return pool_at(&t->flows, n->body);
	body = ta_pool_take(&t->flows);
	if (body == 0)
		return NULL;
	f = pool_at(&t->flows, body);
	ta_flow_view(t, f, node);
	if ((n->kind == NODE_CALM && !ta_calm_unfold(t, f, n->body)) ||
	    (n->kind == NODE_SEED && !ta_seed_unfold(t, f, n->body))) {
		ta_pool_give(&t->flows, body);
		return NULL;
	}
	n->kind = NODE_FLOW;
	n->body = body;
	return f;
}

/* So that a flow can be opened to be ended, memory for one is put aside as
 * long as there is some. */
static void
put_aside(struct tcpaudit *t)
{
	struct reserve *r = &t->reserve;

	if (r->connection != NULL)
		return;
	r->connection = ta_slab_take(&t->connections);
	r->flight[0] = ta_slab_take(&t->flights);
	r->flight[1] = ta_slab_take(&t->flights);
	for (int i = 0; i < SHAPE_FINDINGS; i++)
		r->finding[i] = ta_slab_take(&t->findings);
	r->flow = ta_pool_take(&t->flows);
}

static void
spend(struct tcpaudit *t)
{
	struct reserve *r = &t->reserve;

	ta_slab_give(&t->connections, r->connection);
	ta_slab_give(&t->flights, r->flight[0]);
	ta_slab_give(&t->flights, r->flight[1]);
	for (int i = 0; i < SHAPE_FINDINGS; i++)
		ta_slab_give(&t->findings, r->finding[i]);
	ta_pool_give(&t->flows, r->flow);
	memset(r, 0, sizeof(*r));
}

/* To be ended, or to rest again at once. */
static struct flow *
open_for_once(struct tcpaudit *t, uint32_t node)
{
	struct flow *f = ta_flow_open(t, node);

	if (f != NULL)
		return f;
	spend(t);
	return ta_flow_open(t, node);
}

void
ta_flow_forget(struct tcpaudit *t, uint32_t node)
{
	struct node *n = node_at(&t->nodes, node);

	if (t->last_node == node)
		t->last_node = 0;
	ta_pool_give(&t->tombstones, n->tomb);
	ta_timer_disarm(t, node);
	ta_node_free(&t->nodes, node);
}

/* The same, whoever has to go for it. */
static struct flow *
open_flow(struct tcpaudit *t, uint32_t node)
{
	struct flow *f = ta_flow_open(t, node);

	while (f == NULL && ta_flow_evict(t, node))
		f = ta_flow_open(t, node);
	put_aside(t);
	return f;
}

struct flow *
ta_flow_find(struct tcpaudit *t, const struct segment *seg, int *side)
{
	struct node_name name;
	uint32_t node;

	*side = ta_node_name(t, seg, &name);
	node = ta_node_find(&t->nodes, &name);
	return node == 0 ? NULL : open_flow(t, node);
}

uint32_t
ta_flow_node(struct tcpaudit *t, const struct node_name *name)
{
	uint32_t node = ta_node_find(&t->nodes, name);

	if (node != 0)
		node_at(&t->nodes, node)->touched = 1;
	else
		node = ta_node_make(&t->nodes, name);
	while (node == 0 && ta_flow_evict(t, 0))
		node = ta_node_make(&t->nodes, name);
	return node;
}

struct flow *
ta_flow_take(struct tcpaudit *t, uint32_t node)
{
	struct flow *f = open_flow(t, node);

	if (f == NULL && node_at(&t->nodes, node)->kind == NODE_BARE &&
	    node_at(&t->nodes, node)->tomb == 0)
		ta_flow_forget(t, node);
	return f;
}

struct flow *
ta_flow_get(struct tcpaudit *t, const struct segment *seg, int *side)
{
	struct node_name name;
	uint32_t node;

	*side = ta_node_name(t, seg, &name);
	node = ta_flow_node(t, &name);
	return node == 0 ? NULL : ta_flow_take(t, node);
}

void
ta_flow_rest(struct tcpaudit *t, struct flow *f)
{
	struct node *n = node_at(&t->nodes, f->node);
	enum node_kind kind = NODE_BARE;
	uint32_t body = 0;

	if (f->live != NULL) {
		kind = ta_calm_fold(t, f, &body);
		if (kind == NODE_FLOW)
			return;
	}
	if (f->challenger != NULL)
		return;
	n->tomb = f->tomb_number;
	n->incarnations = f->incarnations;
	ta_pool_give(&t->flows, n->body);
	n->kind = kind;
	n->body = body;
}

void
ta_flow_free(struct tcpaudit *t, struct flow *f)
{
	uint32_t node = f->node;
	struct node *n = node_at(&t->nodes, node);

	n->tomb = f->tomb_number;
	ta_pool_give(&t->flows, n->body);
	if (!t->ending)
		ta_flow_forget(t, node); /* else all are cleared at once */
}

bool
ta_flow_evict(struct tcpaudit *t, uint32_t spare)
{
	/* Twice round: the first time may only clear the marks. */
	for (size_t i = 0; i < 2 * t->nodes.count; i++) {
		uint32_t id = t->nodes.oldest;
		struct node *n = node_at(&t->nodes, id);
		struct flow *f;

		if (id != spare && !n->touched) {
			f = open_for_once(t, id);
			if (f != NULL)
				ta_incarnation_evict(t, f);
			put_aside(t);
			return f != NULL;
		}
		n->touched = 0;
		ta_node_renew(&t->nodes, id);
	}
	return false;
}

void
ta_flow_clear(struct tcpaudit *t)
{
	spend(t);
	ta_quick_clear(t);
	ta_quick_clear_ends(t);
	ta_pool_clear(&t->flows);
	ta_pool_clear(&t->tombstones);
	ta_pool_clear(&t->calms);
	ta_pool_clear(&t->seeds);
	ta_pool_clear(&t->closes);
	ta_pool_clear(&t->slips);
	ta_pool_clear(&t->sent);
	ta_shapes_clear(&t->shapes);
}

static void
visit_node(struct tcpaudit *t, uint32_t id,
    void (*visit)(struct tcpaudit *, struct flow *))
{
	struct flow *f = open_for_once(t, id);

	if (f != NULL)
		visit(t, f);
	else
		ta_flow_forget(t, id);
	put_aside(t);
}

/* A node is there: what rests in it is wanted. */
static inline void
fetch_body(const struct tcpaudit *t, uint32_t node)
{
	const struct node *n = node_at(&t->nodes, node);

	if (n->kind == NODE_CALM)
		calm_fetch(pool_at(&t->calms, n->body));
	else if (n->kind == NODE_SEED)
		fetch_read(pool_at(&t->seeds, n->body));
}

/* That is there: what it leads to. */
static inline void
fetch_close(const struct tcpaudit *t, uint32_t node)
{
	const struct node *n = node_at(&t->nodes, node);
	const struct calm *k;

	if (n->kind != NODE_CALM)
		return;
	k = pool_at(&t->calms, n->body);
	if (k->close != 0)
		calm_fetch_close(pool_at(&t->closes, k->close));
}

void
ta_flow_fetch(const struct tcpaudit *t, const uint32_t *node, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fetch_body(t, node[i]);
	for (size_t i = 0; i < count; i++)
		fetch_close(t, node[i]);
}

int64_t
ta_flow_due(const struct tcpaudit *t, uint32_t node)
{
	const struct node *n = node_at(&t->nodes, node);

	if (n->kind == NODE_CALM)
		return ta_calm_due(t, pool_at(&t->calms, n->body));
	if (n->kind == NODE_SEED)
		return ta_seed_due(t, pool_at(&t->seeds, n->body));
	return INT64_MAX;
}

/* What rests says so without being opened; and before its deadline nothing is
 * due, unless the clock has leapt. */
static inline bool
is_not_due(struct tcpaudit *t, uint32_t id)
{
	const struct node *n = node_at(&t->nodes, id);

	if (n->kind == NODE_FLOW)
		return false;
	return (n->deadline > t->now && t->leap == 0) ||
	       ta_flow_due(t, id) > t->now;
}

/* Flows on their way through memory: what rests in them is sent for when they
 * come in, what that leads to half way, and then it is their turn. */
struct train {
	uint32_t node[2 * FLOW_FETCH];
	uint32_t next;	      /* the first that is not in it; 0: none */
	size_t in, half, out; /* how many have come there */
};

/* As far as there is room.  False: none is left in it. */
static inline __attribute__((always_inline)) bool
train_fill(const struct tcpaudit *t, struct train *w, bool fetch)
{
	while (w->next != 0 && w->in - w->out < 2 * FLOW_FETCH) {
		if (fetch)
			fetch_body(t, w->next);
		w->node[w->in++ % (2 * FLOW_FETCH)] = w->next;
		w->next = node_at(&t->nodes, w->next)->younger;
	}
	while (w->half < w->in && w->half - w->out < FLOW_FETCH) {
		if (fetch)
			fetch_close(t, w->node[w->half % (2 * FLOW_FETCH)]);
		w->half++;
	}
	return w->out < w->in;
}

/* For those of which `skip` (NULL: none) does not say that it is needless.
 * Returns whether there are any. */
static inline __attribute__((always_inline)) bool
each(struct tcpaudit *t, bool (*skip)(struct tcpaudit *, uint32_t),
    void (*visit)(struct tcpaudit *, struct flow *))
{
	struct train w = { .next = t->nodes.oldest };
	bool visited = false;

	/* Most that are not due are told by their nodes. */
	while (train_fill(t, &w, skip != is_not_due)) {
		uint32_t id = w.node[w.out++ % (2 * FLOW_FETCH)];

		if (skip != NULL && skip(t, id))
			continue;
		visit_node(t, id, visit);
		visited = true;
	}
	return visited;
}

bool
ta_flow_each_due(
    struct tcpaudit *t, void (*visit)(struct tcpaudit *, struct flow *))
{
	return each(t, is_not_due, visit);
}

void
ta_flow_each(
    struct tcpaudit *t, void (*visit)(struct tcpaudit *, struct flow *))
{
	each(t, NULL, visit);
}

void
ta_flow_end_each(
    struct tcpaudit *t, void (*visit)(struct tcpaudit *, struct flow *))
{
	each(t, ta_quick_end, visit);
}
