/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "timer.h"

#include "engine.h"
#include "incarnation.h"
#include "obligation.h"
#include "order.h"
#include "part.h"
#include "tombstone.h"

static int64_t
slot_of(int64_t time)
{
	return time / TIMER_SLOT_NS;
}

/* The earliest deadline of a flow's connections, or of its tombstone. */
static int64_t
flow_deadline(const struct tcpaudit *t, const struct flow *f, int64_t now)
{
	int64_t at = INT64_MAX;

	if (f->live != NULL && f->live->deadline < at)
		at = f->live->deadline;
	if (f->challenger != NULL && f->challenger->deadline < at)
		at = f->challenger->deadline;
	if (f->live == NULL && f->challenger == NULL && f->tomb != NULL)
		at = ta_tombstone_due(t, f->tomb->t_end, now);
	return at;
}

/* What stands before the first node of a slot, in its timer_prev. */
#define SLOT_MARK (UINT32_C(1) << 30)

/* What points to a node in the wheel. */
static uint32_t *
pointer_to(struct tcpaudit *t, const struct node *n)
{
	return n->timer_prev & SLOT_MARK
		   ? &t->timers.slot[n->timer_prev & (TIMER_SLOTS - 1)]
		   : &node_at(&t->nodes, n->timer_prev)->timer_next;
}

void
ta_timer_disarm(struct tcpaudit *t, uint32_t node)
{
	struct node *n = node_at(&t->nodes, node);

	if (n->timer_prev == 0)
		return;
	*pointer_to(t, n) = n->timer_next;
	if (n->timer_next != 0)
		node_at(&t->nodes, n->timer_next)->timer_prev = n->timer_prev;
	n->timer_prev = n->timer_next = 0;
}

void
ta_timer_arm_at(struct tcpaudit *t, uint32_t node, int64_t at)
{
	struct timer_wheel *w = &t->timers;
	struct node *n = node_at(&t->nodes, node);
	uint32_t *head;
	int64_t slot;

	if (n->timer_prev != 0)
		ta_timer_disarm(t, node);
	n->deadline = at;
	if (at == INT64_MAX)
		return;
	slot = slot_of(at);
	if (slot <= w->cursor)
		slot = w->cursor + 1;
	if (slot >= w->cursor + TIMER_SLOTS)
		slot = w->cursor + TIMER_SLOTS - 1; /* looked at again then */
	slot &= TIMER_SLOTS - 1;
	head = &w->slot[slot];
	n->timer_next = *head;
	n->timer_prev = (uint32_t)slot | SLOT_MARK;
	if (*head != 0)
		node_at(&t->nodes, *head)->timer_prev = node;
	*head = node;
}

void
ta_timer_arm(struct tcpaudit *t, struct flow *f)
{
	ta_timer_arm_at(t, f->node, flow_deadline(t, f, t->now));
}

/* Runs one connection's timers up to `now`; false when it ended. */
static bool
run_connection(struct tcpaudit *t, struct connection *c, int64_t now)
{
	while (c->deadline <= now) {
		t->time = c->deadline;
		if (!ta_obligation_run(t, c, c->deadline))
			return false;
		c->deadline = ta_obligation_next(t, c);
	}
	return true;
}

int
ta_timer_run(struct tcpaudit *t, struct flow *f, int64_t now)
{
	int64_t was = t->time;

	if (f->live != NULL)
		run_connection(t, f->live, now);
	if (f->challenger != NULL)
		run_connection(t, f->challenger, now);
	t->time = was;
	if (f->live == NULL && f->challenger == NULL &&
	    (f->tomb == NULL || ta_tombstone_is_over(t, f->tomb->t_end,
				    f->tomb->last_packet, now))) {
		ta_flow_free(t, f);
		return 0;
	}
	ta_timer_arm(t, f);
	return 1;
}

/* The deadline of a flow has come: when it really is due, if that is later than
 * `now`, of what need not be opened for that. */
static int64_t
due_after(const struct tcpaudit *t, uint32_t node, int64_t now)
{
	const struct node *n = node_at(&t->nodes, node);
	int64_t due;

	if (n->kind == NODE_FLOW)
		return flow_deadline(t, pool_at(&t->flows, n->body), now);
	if (n->kind == NODE_BARE || n->deadline > now || t->quick.doubt)
		return n->deadline;
	due = ta_flow_due(t, node);
	return due > now ? due : n->deadline;
}

/* Flows whose deadline has moved later wait for that. */
static void
weed_slot(struct tcpaudit *t, int64_t slot, int64_t now)
{
	uint32_t some[FLOW_FETCH], next = t->timers.slot[slot % TIMER_SLOTS];

	while (next != 0) {
		size_t count = 0;

		for (; count < FLOW_FETCH && next != 0;
		     next = node_at(&t->nodes, next)->timer_next)
			some[count++] = next;
		ta_flow_fetch(t, some, count);
		for (size_t i = 0; i < count; i++) {
			struct node *n = node_at(&t->nodes, some[i]);

			n->deadline = due_after(t, some[i], now);
			if (n->deadline > now)
				ta_timer_arm_at(t, some[i], n->deadline);
		}
	}
}

int64_t
ta_timer_due(const struct tcpaudit *t, uint32_t node)
{
	int64_t due = node_at(&t->nodes, node)->deadline;

	return due < t->timers.start ? t->timers.start : due;
}

static void
sort_slot(struct tcpaudit *t, int64_t slot)
{
	uint32_t *head = &t->timers.slot[slot % TIMER_SLOTS];
	uint32_t before = (uint32_t)(slot % TIMER_SLOTS) | SLOT_MARK;

	*head = ta_order_timers(t, *head);
	for (uint32_t id = *head; id != 0;) {
		struct node *n = node_at(&t->nodes, id);

		/* Most of them end now, and leave the table. */
		ta_node_fetch_around(&t->nodes, n);
		n->timer_prev = before;
		before = id;
		id = n->timer_next;
	}
}

static void
run_slot(struct tcpaudit *t, int64_t slot, int64_t now)
{
	uint32_t next;

	t->timers.start = slot * TIMER_SLOT_NS;
	weed_slot(t, slot, now);
	sort_slot(t, slot);
	for (uint32_t id = t->timers.slot[slot % TIMER_SLOTS]; id != 0;
	     id = next) {
		struct flow *f;

		next = node_at(&t->nodes, id)->timer_next;
		part_phase(
		    t, PHASE_TIMER, ta_timer_due(t, id), ta_order_first(t, id));
		if (ta_quick_expire(t, id, now))
			continue;
		f = ta_flow_open(t, id);
		if (f != NULL && ta_timer_run(t, f, now))
			ta_flow_rest(t, f);
	}
}

void
ta_timer_advance(struct tcpaudit *t, int64_t now)
{
	struct timer_wheel *w = &t->timers;
	int64_t target = slot_of(now) - 1; /* whole slots only */
	int64_t steps = target - w->cursor;

	if (steps <= 0)
		return;
	if (steps > TIMER_SLOTS)
		w->cursor = target - TIMER_SLOTS;
	while (w->cursor < target) {
		w->cursor++;
		run_slot(t, w->cursor, (w->cursor + 1) * TIMER_SLOT_NS);
	}
}

int64_t
ta_timer_next(const struct tcpaudit *t)
{
	return (t->timers.cursor + 2) * TIMER_SLOT_NS;
}
