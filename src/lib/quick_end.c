/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Which ends no rule can speak of, by tests stricter than those of the rules;
 * and what the record says then. */
#include "attempt.h"

#include <string.h>

#include "check.h"
#include "clock.h"
#include "finding.h"
#include "flood.h"
#include "part.h"
#include "quick.h"
#include "verdict.h"

/* What others may call, too, is compiled in place here. */
#define ENDING_PART inline __attribute__((always_inline))

/* ------------------------------------------------- when no rule can speak */

static bool
is_of_half_open(enum quick_how how)
{
	return how == QUICK_HALF_EARLY || how == QUICK_HALF_GRACE;
}

/* What is not judged yet; RULES: nothing is owed. */
static enum rule
pending_rule(enum quick_how how)
{
	return how == QUICK_EARLY	 ? ABOUT(RULE_HS02)
	       : how == QUICK_HALF_EARLY ? ABOUT(RULE_HS01)
					 : RULES;
}

static bool
knows(const struct ending *e, int end, uint32_t what)
{
	return e->shape->end[end].known & what;
}

/* Nobody owes anything that is judged, or listed, when the capture ends: see
 * obligation.c. */
static bool
owes_nothing(const struct ending *e)
{
	const struct shape *s = e->shape;

	if (!(s->marks & CONN_OPEN) && (s->end[0].marks & SENT_SYN))
		return false;
	for (int i = 0; i < 2; i++)
		if ((knows(e, i, KNOWS_FIN) &&
			!(s->end[i].marks & FIN_ACKED)) ||
		    ((s->end[i].acked & SHAPE_ACKED_FIN) &&
			!knows(e, i, KNOWS_FIN)))
			return false;
	return true;
}

/* The one debt is that of a SYN without an answer. */
static bool
is_attempt(const struct shape *s)
{
	const uint32_t odd = CONN_OPEN | CONN_CHALLENGER | CONN_SELF |
			     CONN_REFUSED | CONN_PROBE | CONN_BAD_REFUSAL |
			     CONN_MISSING_HANDSHAKE;

	return (s->end[0].marks & (SENT_SYN | SENT_THIRD_ACK)) == SENT_SYN &&
	       !(s->end[1].marks & (SENT_SYN | SENT_SYNACK)) &&
	       !(s->marks & odd) && s->done == 0 && s->flood == FLOOD_TRIED &&
	       !((s->end[0].known | s->end[1].known) & (KNOWS_ACK | KNOWS_FIN));
}

/* It is that of a SYN-ACK. */
static bool
is_half_open(const struct shape *s)
{
	const uint32_t odd = CONN_OPEN | CONN_CHALLENGER | CONN_SELF |
			     CONN_HISTORICAL | CONN_MISSING_HANDSHAKE;

	return (s->end[0].marks & (SENT_SYN | SENT_THIRD_ACK)) == SENT_SYN &&
	       (s->end[1].marks & (SENT_SYNACK | SYNACK_GOOD | SENT_PLAIN)) ==
		   (SENT_SYNACK | SYNACK_GOOD) &&
	       !(s->marks & odd) && s->done == 0 && s->finding[0] == 0 &&
	       s->flood == (FLOOD_TRIED | FLOOD_ANSWERED | FLOOD_HALF_OPEN) &&
	       !((s->end[0].known | s->end[1].known) & KNOWS_FIN);
}

/* Nothing is due any more but that the TIME-WAITs are over, and it is: see
 * obligation.c. */
static bool
is_closed(const struct shape *s)
{
	const unsigned gone = STATE(CLOSED) | STATE(TIME_WAIT);

	return (s->marks & CONN_OPEN) &&
	       (s->end[0].known & s->end[1].known & KNOWS_FIN) &&
	       (s->end[0].marks & s->end[1].marks & FIN_ACKED) &&
	       (1u << s->end[0].nominal & gone) &&
	       (1u << s->end[1].nominal & gone);
}

/* None of its findings can be told by one over many connections any more: see
 * fold_of(). */
static bool
keeps_findings(const struct shape *s)
{
	return (s->marks & CONN_OPEN) && !(s->flood & FLOOD_ECHO);
}

/* What does not depend on its numbers. */
static bool
may_be_learned(const struct ending *e)
{
	const struct shape *s = e->shape;

	if ((s->finding[0] != 0 && !keeps_findings(s)) ||
	    ((s->end[0].marks | s->end[1].marks) & (SENT_RST | RST_ACCEPTED)))
		return false;
	if (is_of_half_open(e->how))
		return is_half_open(s);
	if (s->flood & FLOOD_HALF_OPEN)
		return false;
	if (e->how == QUICK_OVER)
		return owes_nothing(e);
	return e->how == QUICK_EXPIRED ? is_closed(s) : is_attempt(s);
}

/* OP30. */
static bool
is_stamped_well(const struct ending *e, int i)
{
	const struct calm_end *x = &e->k->end[i];
	uint64_t text = knows(e, i, KNOWS_FIN) ? e->z->end[i].t_text : x->t_max;
	uint32_t tsval;
	uint64_t last = calm_fresh(e->k, i, text, &tsval);

	return ta_is_clock(calm_time(e->k, last) - calm_time(e->k, x->t_fresh),
	    tsval - x->tsval_first);
}

/* HS32, CP02. */
static bool
is_silent(const struct ending *e)
{
	const struct calm *k = e->k;

	if (k->end[0].packets == 0 || k->end[1].packets == 0)
		return false;
	if (k->third_delay * (SECOND / 100) > T_SLOW ||
	    k->t_second > (uint64_t)T_SLOW || (k->fresh & CALM_SERVER_FIRST))
		return false;
	return !(e->shape->marks & CONN_TIMESTAMPS) ||
	       (is_stamped_well(e, 0) && is_stamped_well(e, 1));
}

ENDING_PART bool
ta_ending_is_folded(const struct ending *e)
{
	enum rule rule = e->s != NULL ? ABOUT(RULE_HS02) : ABOUT(RULE_HS01);
	struct parties who;
	struct fold fold;

	if (e->t->config.on_part != NULL)
		return false;
	fold_of(&e->t->view, rule, &fold);
	flood_parties(&e->t->view, &who);
	return ta_fold_counts(e->t, &who, &fold, rule);
}

/* ------------------------------------------------------------- the record */

static void
fill_end(struct tcpaudit_endpoint *to, const struct calm_end *x,
    const struct shape_end *s)
{
	bool fin = s->known & KNOWS_FIN;

	to->packets = x->packets;
	to->bytes = to->unique_bytes = x->max - s->syn_length - (unsigned)fin;
	to->min_rtt_ns = x->rtt == UINT32_MAX ? -1 : (int64_t)x->rtt;
	if (s->isn_count > 0)
		to->isn = x->base;
	if (fin)
		to->fin_seq = x->base + x->max - 1;
}

/* The numbers of a record of its shape. */
static void
fill(const struct ending *e, struct tcpaudit_connection *r)
{
	const struct calm_end *last;

	if (e->k == NULL) {
		r->first_packet = r->last_packet = e->s->first_packet;
		r->first_time = r->last_time = e->s->t_first - TIME_BIAS;
		r->end[TCPAUDIT_CLIENT].isn = e->s->isn;
		return;
	}
	last = &e->k->end[e->k->last_from];
	r->first_packet = e->k->first_packet;
	r->last_packet = calm_packet(e->k, last->last_packet);
	r->first_time = e->k->t_first - TIME_BIAS;
	r->last_time = calm_time(e->k, last->t_last) - TIME_BIAS;
	if (knows(e, 0, KNOWS_FIN) && knows(e, 1, KNOWS_FIN) &&
	    !(e->shape->marks & CONN_SIMULTANEOUS_CLOSE))
		r->closed_by = e->z->end[1].t_fin < e->z->end[0].t_fin;
	for (int i = 0; i < 2; i++)
		fill_end(&r->end[i], &e->k->end[i], &e->shape->end[i]);
}

/* ------------------------------------------------------------- what is known
 */

static struct quick_end *
end_of(const struct ending *e)
{
	struct quick_ends *m = &e->t->ends;
	uint32_t shape = e->k != NULL ? e->k->shape : e->s->shape;
	struct quick_end *x;

	if (m->end == NULL)
		m->end =
		    ta_allocate(&e->t->memory, QUICK_ENDS * sizeof(*m->end));
	if (m->end == NULL)
		return NULL;
	x = &m->end[(shape + e->how * (QUICK_ENDS / QUICK_HOWS)) % QUICK_ENDS];
	if (x->shape == shape && x->how == e->how)
		return x;
	x->shape = shape;
	x->how = e->how;
	x->state = QUICK_NEW;
	return x;
}

/* To be learned from how it goes the long way. */
static void
ask(const struct ending *e, struct quick_end *x)
{
	struct quick_ends *m = &e->t->ends;

	m->ask = x;
	m->findings = e->t->last_finding;
	ta_attempt_ask(e->t);
	if (e->k == NULL) {
		m->seed = *e->s;
		return;
	}
	m->calm = *e->k;
	if (e->z != NULL)
		m->close = *e->z;
}

/* Whether the quick way would have made the same record. */
static bool
is_right(const struct ending *e, struct quick_end *x,
    const struct tcpaudit_connection *r)
{
	const struct tcpaudit *t = e->t;
	struct tcpaudit_connection own = *r;
	enum rule pending = pending_rule(e->how);

	if (attempt_ends(e->how) ? !ta_attempt_learn(e, x, r)
				 : t->last_finding != t->ends.findings)
		return false;
	if (r->evicted || strcmp(r->zeek_history, e->shape->zeek_history) != 0)
		return false;
	if (r->pending_count != (pending != RULES) ||
	    (pending != RULES && r->pending[0] != &ta_rules[pending]))
		return false;
	fill(e, &own);
	return memcmp(&own, r, sizeof(own)) == 0;
}

void
ta_quick_learn_end(struct tcpaudit *t, const struct tcpaudit_connection *r)
{
	struct quick_ends *m = &t->ends;
	struct quick_end *x = m->ask;
	struct ending e = { .t = t };

	if (x == NULL)
		return;
	m->ask = NULL;
	e.how = x->how;
	e.shape = &shape_at(&t->shapes, x->shape)->shape;
	if (e.how == QUICK_EARLY || e.how == QUICK_GRACE ||
	    e.how == QUICK_UNANSWERED)
		e.s = &m->seed;
	else
		e.k = &m->calm;
	if (e.k != NULL && e.k->close != 0)
		e.z = &m->close;
	x->state = is_right(&e, x, r) ? QUICK_KNOWN : QUICK_NEVER;
	x->record = *r;
}

/* ------------------------------------------------------------------ the end */

ENDING_PART void
ta_ending_describe(struct ending *e, struct tcpaudit *t, uint32_t node)
{
	const struct node *n = node_at(&t->nodes, node);

	e->t = t;
	e->node = node;
	e->z = NULL;
	if (n->kind == NODE_SEED) {
		e->k = NULL;
		e->s = pool_at(&t->seeds, n->body);
		e->shape = &shape_at(&t->shapes, e->s->shape)->shape;
		return;
	}
	e->s = NULL;
	e->k = pool_at(&t->calms, n->body);
	e->shape = &shape_at(&t->shapes, e->k->shape)->shape;
	if (e->k->close != 0)
		e->z = pool_at(&t->closes, e->k->close);
}

ENDING_PART struct quick_end *
ta_ending_find(const struct ending *e)
{
	struct quick_end *x;

	if ((e->k != NULL && !is_silent(e)) ||
	    (e->z != NULL && e->z->slip != 0 &&
		!ta_slip_is_said(e->t, e->z->slip)))
		return NULL;
	x = end_of(e);
	if (x == NULL)
		return NULL;
	if (x->state == QUICK_NEW)
		x->state = may_be_learned(e) ? QUICK_ASKED : QUICK_NEVER;
	if (x->state == QUICK_ASKED)
		ask(e, x);
	return x->state == QUICK_KNOWN ? x : NULL;
}

ENDING_PART void
ta_ending_view(const struct ending *e)
{
	struct tcpaudit *t = e->t;
	struct connection *c = &t->view;
	const struct shape *s = e->shape;

	ta_flow_view(t, &t->view_flow, e->node);
	c->flow = &t->view_flow;
	c->client_side = s->client_side;
	c->incarnation = t->view_flow.incarnations;
	c->marks = s->marks;
	c->flood = s->flood;
	c->id = e->k != NULL ? e->k->id : e->s->id;
	c->t_first = e->k != NULL ? e->k->t_first : e->s->t_first;
}

ENDING_PART void
ta_ending_say(const struct ending *e, struct quick_end *x)
{
	const struct tcpaudit_rule *pending = &ta_rules[pending_rule(e->how)];
	struct tcpaudit *t = e->t;
	struct tcpaudit_tuple tuple;

	fill(e, &x->record);
	ta_tuple(&t->view, &tuple);
	x->record.connection = &tuple;
	x->record.pending = &pending;
	x->record.zeek_history = e->shape->zeek_history;
	t->pending += x->record.pending_count;
	ta_verdict_say(t, &t->view, &x->record, true);
	t->ends.taken++;
}

ENDING_PART void
ta_ending_free(const struct ending *e)
{
	struct node *n = node_at(&e->t->nodes, e->node);

	if (n->kind == NODE_CALM)
		ta_calm_free(e->t, n->body);
	else
		pool_give(&e->t->seeds, n->body);
	n->kind = NODE_BARE;
	n->body = 0;
}

/* Whether what was sent at `since` has been without an answer for long enough,
 * `heard` being when somebody was. */
static bool
has_waited(const struct tcpaudit *t, int64_t since, int64_t heard)
{
	return t->now >= ta_clock_overdue(t, since + T_EOF_GRACE, heard);
}

static enum quick_how
how_ended(const struct ending *e)
{
	const struct calm *k = e->k;

	if (k == NULL)
		return has_waited(e->t, e->s->t_first, e->s->t_first)
			   ? QUICK_GRACE
			   : QUICK_EARLY;
	if (!(e->shape->flood & FLOOD_HALF_OPEN))
		return QUICK_OVER;
	return has_waited(e->t, calm_time(k, k->t_second),
		   calm_time(k, k->end[k->last_from].t_last))
		   ? QUICK_HALF_GRACE
		   : QUICK_HALF_EARLY;
}

/* It is half-open no more: see flood.c. */
static void
leave(const struct ending *e)
{
	struct connection *c = &e->t->view;

	if (!is_of_half_open(e->how))
		return;
	c->end[TCPAUDIT_SERVER].t_synack_first =
	    calm_time(e->k, e->k->t_second);
	ta_flood_end(e->t, c);
}

bool
ta_quick_end(struct tcpaudit *t, uint32_t node)
{
	struct node *n = node_at(&t->nodes, node);
	struct quick_end *x;
	struct ending e;

	t->ends.ask = NULL;
	if (n->kind == NODE_BARE)
		return true;
	if (n->kind == NODE_FLOW || t->quick.doubt)
		return false;
	ta_ending_describe(&e, t, node);
	e.how = how_ended(&e);
	x = ta_ending_find(&e);
	if (x == NULL)
		return false;
	ta_ending_view(&e);
	if (e.how == QUICK_HALF_GRACE && !ta_ending_is_folded(&e))
		return false;
	t->time = t->now;
	part_phase(t, PHASE_OPEN, 0,
	    e.k != NULL ? e.k->first_packet : e.s->first_packet);
	leave(&e);
	if (attempt_ends(e.how))
		attempt_say(&e, x);
	ta_ending_say(&e, x);
	ta_ending_free(&e);
	return true;
}

void
ta_quick_clear_ends(struct tcpaudit *t)
{
	ta_release(&t->memory, t->ends.end, QUICK_ENDS * sizeof(*t->ends.end));
	t->ends.end = t->ends.ask = NULL;
}
