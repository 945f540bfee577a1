/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The quick way of ends that the clock brings: a TIME-WAIT is over, or a SYN
 * was not answered. */
#include "attempt.h"
#include "check.h"
#include "tombstone.h"

/* Of one that is closed: the end of its TIME-WAITs comes no later than its own,
 * as it does in obligation.c. */
static bool
is_over(const struct ending *e, int64_t now)
{
	const struct calm *k = e->k;
	uint64_t last = k->end[k->last_from].t_last;

	for (int i = 0; i < 2; i++) {
		uint64_t wait = e->z->end[i].t_timewait;

		if (e->shape->end[i].nominal == TCPAUDIT_TIME_WAIT && wait == 0)
			return false;
		last = wait > last ? wait : last;
	}
	return calm_time(k, last) + 2 * e->t->config.msl <= now;
}

/* What is remembered of an end whose numbers are `k`, see calm.c. */
static void
bury_end(const struct ending *e, const struct calm *k,
    const struct tcpaudit_endpoint *said, int i)
{
	const struct calm_end *from = &k->end[i];
	const struct shape_end *s = &e->shape->end[i];
	struct endpoint *x = &e->t->view.end[i];

	x->known = s->known;
	x->marks = s->marks;
	x->possible = said->possible;
	x->iss = s->known & KNOWS_ISS ? calm_base(from) : 0;
	x->max = s->known & KNOWS_SENT ? calm_base(from) + from->max : 0;
	x->fin = s->known & KNOWS_FIN ? x->max - 1 : 0;
	x->ack = s->known & KNOWS_ACK ? calm_base(&k->end[!i]) + from->ack : 0;
	x->t_timewait =
	    e->z != NULL ? calm_time(k, e->z->end[i].t_timewait) : 0;
	x->tsval_max = from->tsval;
	x->ttl = from->ttl;
	x->rtt = from->rtt == UINT32_MAX ? -1 : (int64_t)from->rtt;
	x->rtt_before =
	    e->t->view_flow.tomb == NULL
		? -1
		: e->t->view_flow.tomb->side[i ^ e->shape->client_side].rtt;
}

static void
bury(const struct ending *e, const struct quick_end *x, int64_t now)
{
	struct tcpaudit *t = e->t;
	struct node *n = node_at(&t->nodes, e->node);
	struct connection *c = &t->view;
	const struct calm *k = e->k;
	struct calm_sent sent;
	struct calm grown;

	c->t_last = x->record.last_time + TIME_BIAS;
	c->last_packet = x->record.last_packet;
	if (ta_tombstone_is_over(t, c->t_last, c->last_packet, now)) {
		ta_ending_free(e);
		ta_flow_forget(t, e->node);
		return;
	}
	if (k == NULL) {
		ta_seed_unpack(e->s, &grown, &sent);
		k = &grown;
	}
	for (int i = 0; i < 2; i++)
		bury_end(e, k, &x->record.end[i], i);
	ta_tombstone_make(t, c);
	n->tomb = t->view_flow.tomb_number;
	ta_ending_free(e);
	ta_timer_arm_at(t, e->node, ta_tombstone_due(t, c->t_last, t->now));
}

bool
ta_quick_expire(struct tcpaudit *t, uint32_t node, int64_t now)
{
	const struct node *n = node_at(&t->nodes, node);
	struct quick_end *x;
	struct ending e;

	t->ends.ask = NULL;
	if ((n->kind != NODE_CALM && n->kind != NODE_SEED) || t->quick.doubt ||
	    t->leap != 0 || t->config.on_transition != NULL ||
	    (n->tomb == 0 && !pool_has(&t->tombstones)))
		return false;
	ta_ending_describe(&e, t, node);
	e.how = e.s != NULL ? QUICK_UNANSWERED : QUICK_EXPIRED;
	if (e.s != NULL ? e.s->t_first + T_SYN > now
			: e.z == NULL || !is_over(&e, now))
		return false;
	x = ta_ending_find(&e);
	if (x == NULL)
		return false;
	ta_ending_view(&e);
	if (attempt_ends(e.how))
		attempt_say(&e, x);
	ta_ending_say(&e, x);
	bury(&e, x, now);
	return true;
}
