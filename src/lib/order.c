/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "order.h"

#include "fetch.h"
#include "flow.h"

/* No list has as many runs as a stack of this height can hold. */
#define RUNS 64

struct order {
	const struct tcpaudit *t;
	bool timers; /* else by age */
};

/* Each of the two orders is compiled for itself. */
#define ORDER_PART static inline __attribute__((always_inline))

static inline tcpaudit_packet_id
first_of(const struct tcpaudit *t, uint32_t node)
{
	const struct node *n = node_at(&t->nodes, node);
	const struct flow *f;

	if (n->kind == NODE_SEED)
		return ((const struct seed *)pool_at(&t->seeds, n->body))
		    ->first_packet;
	if (n->kind == NODE_CALM)
		return ((const struct calm *)pool_at(&t->calms, n->body))
		    ->first_packet;
	if (n->kind != NODE_FLOW)
		return 0;
	f = pool_at(&t->flows, n->body);
	return f->live != NULL ? f->live->first_packet : 0;
}

tcpaudit_packet_id
ta_order_first(const struct tcpaudit *t, uint32_t node)
{
	return first_of(t, node);
}

ORDER_PART uint32_t *
next_of(const struct order *o, uint32_t id)
{
	struct node *n = node_at(&o->t->nodes, id);

	return o->timers ? &n->timer_next : &n->younger;
}

/* Where a node belongs. */
struct rank {
	int64_t due;		  /* of all flows: the same */
	uint32_t id;		  /* 0: it is known what is first in it */
	tcpaudit_packet_id first; /* looked at where `due` is the same */
};

ORDER_PART struct rank
rank_of(const struct order *o, uint32_t id)
{
	if (o->timers)
		return (struct rank){ ta_timer_due(o->t, id), id, 0 };
	return (struct rank){ 0, 0, first_of(o->t, id) };
}

static inline bool
comes_before(const struct order *o, const struct rank *a, const struct rank *b)
{
	if (a->due != b->due)
		return a->due < b->due;
	if (a->id == 0)
		return a->first < b->first;
	return first_of(o->t, a->id) < first_of(o->t, b->id);
}

/* What is first in some nodes of a list, of all flows, is wanted soon.  Returns
 * the one after them. */
static inline uint32_t
fetch(const struct order *o, uint32_t id, unsigned count)
{
	if (o->timers)
		return 0;
	for (; id != 0 && count > 0; count--) {
		const struct node *n = node_at(&o->t->nodes, id);

		if (n->kind == NODE_CALM)
			fetch_read(pool_at(&o->t->calms, n->body));
		id = n->younger;
	}
	return id;
}

ORDER_PART uint32_t
merge(const struct order *o, uint32_t a, uint32_t b)
{
	uint32_t first = 0, *end = &first;
	struct rank x, y;

	if (a != 0 && b != 0) {
		x = rank_of(o, a);
		y = rank_of(o, b);
	}
	while (a != 0 && b != 0) {
		bool second = comes_before(o, &y, &x);
		uint32_t *least = second ? &b : &a;

		*end = *least;
		end = next_of(o, *least);
		*least = *end;
		if (*least != 0)
			*(second ? &y : &x) = rank_of(o, *least);
	}
	*end = a != 0 ? a : b;
	return first;
}

/* Takes what is sorted already off the front of a list. */
ORDER_PART uint32_t
take_run(const struct order *o, uint32_t *list)
{
	uint32_t first = *list, last = first, next;
	uint32_t ahead = fetch(o, first, FLOW_FETCH);
	struct rank x = rank_of(o, first), y;

	while ((next = *next_of(o, last)) != 0) {
		ahead = fetch(o, ahead, 1);
		y = rank_of(o, next);
		if (comes_before(o, &y, &x))
			break;
		last = next;
		x = y;
	}
	*next_of(o, last) = 0;
	*list = next;
	return first;
}

/* Merges runs as they come: stack[i] is of 2^i of them, or empty.  True: some
 * were out of order. */
ORDER_PART bool
sort(const struct order *o, uint32_t *list)
{
	uint32_t stack[RUNS] = { 0 }, rest = *list;
	int i, top = 0;

	if (rest == 0)
		return false;
	*list = take_run(o, &rest);
	if (rest == 0)
		return false;
	stack[0] = *list;
	while (rest != 0) {
		uint32_t run = take_run(o, &rest);

		for (i = 0; stack[i] != 0; i++) {
			run = merge(o, stack[i], run);
			stack[i] = 0;
		}
		stack[i] = run;
		top = i > top ? i : top;
	}
	*list = 0;
	for (i = 0; i <= top; i++)
		*list = merge(o, stack[i], *list);
	return true;
}

uint32_t
ta_order_timers(const struct tcpaudit *t, uint32_t list)
{
	const struct order o = { t, true };

	sort(&o, &list);
	return list;
}

void
ta_order_flows(struct tcpaudit *t)
{
	const struct order o = { t, false };
	uint32_t before = 0;

	if (!sort(&o, &t->nodes.oldest))
		return;
	for (uint32_t id = t->nodes.oldest; id != 0;
	     id = node_at(&t->nodes, id)->younger) {
		node_at(&t->nodes, id)->older = before;
		before = id;
	}
	t->nodes.youngest = before;
}
