/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* KA: keepalives (RFC 9293, 3.8.4).  The form of one is found in
 * check_retransmit.c; here is what becomes of it. */
#include "check.h"

#define KEEPALIVE_IDLE (7200 * SECOND) /* MUST-28 */
/* The sender measures it from the arrival of what passed here earlier, with a
 * clock of its own: a second less, seen here, is not early. */

#define HASTY_INTERVAL (10 * SECOND)
#define HASTY_TOTAL    (60 * SECOND)

static void
remember_interval(struct step *s)
{
	struct endpoint *e = s->e;
	struct watch *w = ta_watch(s->t, e);

	if (w == NULL)
		return;
	if (e->keepalives == 0) {
		w->t_keepalive_first = s->time;
		w->keepalive_longest = 0;
	} else if (e->keepalive_interval > w->keepalive_longest) {
		w->keepalive_longest = e->keepalive_interval;
	}
}

/* MUST-26: none while text is unacknowledged.  In its form, with a number that
 * never was the edge of a segment, so it is no ACK sent earlier; but the ACK
 * of that text may have been missed here.  That it is sent again later proves
 * that its sender had none. */
static void
remember_early(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	const struct transmission *x;
	struct watch *w;

	if (s->class != CLASS_ACK || s->q != e->max - 1 || s->ack_old ||
	    p->ack >= e->max || e->flight == NULL || e->gaps != NULL ||
	    (p->marks & ZERO_WINDOW) || endpoint_knows(e, KNOWS_FIN) ||
	    !endpoint_knows(p, KNOWS_ACK) || s->time - e->t_max < SECOND ||
	    !connection_is(s->c, CONN_OPEN) ||
	    (connection_is(s->c, CONN_TIMESTAMPS) &&
		(!(s->seg->options & OPTION_TIMESTAMPS) ||
		    serial_less(s->seg->tsval, e->tsval_max))))
		return;
	x = ta_flight_find(e->flight, s->q);
	if (x == NULL || x->stored == 0 || x->start == s->q)
		return;
	w = ta_watch(s->t, e);
	if (w == NULL)
		return;
	w->early_keepalive = e->max;
	w->early_keepalive_ack = p->ack;
	w->early_keepalive_packet = s->t->packet;
}

static void
check_early(struct step *s)
{
	struct endpoint *e = s->e;
	struct watch *w = e->watch;

	if (s->range < RANGE_NETWORK_COPY || s->range == RANGE_NETWORK_COPY ||
	    s->n < 2 || s->q < w->early_keepalive_ack ||
	    s->q >= w->early_keepalive)
		return;
	report(s, RULE_KA04, e, AT(w->early_keepalive_packet),
	    PROOF(s->t->packet), SEEN(SEQ, w->early_keepalive - 1),
	    SEEN(BYTES_, w->early_keepalive - w->early_keepalive_ack),
	    DEMOTE_IF(connection_lossy(s->c, s->time)));
	w->early_keepalive = 0;
}

static void
check_probe(struct step *s)
{
	struct endpoint *e = s->e;
	struct connection *c = s->c;
	int64_t idle = s->time - c->last.time;

	report(s, RULE_KA01, e, SEEN(SEQ, s->seg->seq), EXPECT(SEQ, e->max - 1),
	    SEEN(IDLE, idle));
	if (s->n == 1)
		report(s, RULE_KA02, e, SEEN(LENGTH, 1));
	if (e->keepalives == 0 && idle < KEEPALIVE_IDLE - SECOND)
		report(s, RULE_KA03, e, SEEN(IDLE, idle),
		    EXPECT(IDLE, KEEPALIVE_IDLE));
	e->keepalive_interval =
	    e->keepalives > 0 ? s->time - e->t_keepalive : T_KEEPALIVE;
	remember_interval(s);
	e->t_keepalive = s->time;
	e->keepalives += e->keepalives < UINT8_MAX;
	c->due_keepalive = s->time + (e->keepalive_interval < T_KEEPALIVE
					     ? e->keepalive_interval
					     : T_KEEPALIVE);
	c->due_keepalive_end = s->sender;
	c->due_keepalive_packet = s->t->packet;
}

void
ta_check_keepalive(struct step *s)
{
	struct endpoint *p = s->p;

	/* Anything from the peer is an answer. */
	if (p->keepalives > 0 && !s->stale) {
		p->keepalives = 0;
		if (s->c->due_keepalive_end != s->sender)
			s->c->due_keepalive = 0;
	}
	if (s->e->keepalives > 0 && s->range != RANGE_KEEPALIVE && s->new_data)
		s->e->keepalives = 0;
	if (s->range == RANGE_KEEPALIVE)
		check_probe(s);
	else if (s->q == s->e->max - 1 && s->length == 0)
		remember_early(s);
	else if (s->e->watch != NULL && s->e->watch->early_keepalive != 0)
		check_early(s);
}

void
ta_check_keepalive_unanswered(struct tcpaudit *t, struct connection *c)
{
	int end = c->due_keepalive_end;
	struct endpoint *x = &c->end[end];

	c->due_keepalive = 0;
	if (x->keepalives == 0 || ta_one_sided(c) ||
	    connection_lossy(c, t->time))
		return;
	ta_report(t, c, RULE_KA05, end, AT(c->due_keepalive_packet),
	    SEEN(PROBES, x->keepalives), SEEN(WAITED, t->time - x->t_keepalive),
	    SEEN(SEQ, x->max - 1));
}

/* A reset within a minute, by keepalives sent in quick succession, outlasts no
 * congestion (RFC 2525, 2.9). */
static void
check_hasty(struct tcpaudit *t, struct connection *c, int end)
{
	const struct endpoint *x = &c->end[end];
	const struct watch *w = x->watch;
	int64_t total = t->time - w->t_keepalive_first;

	if (w->t_keepalive_first == 0 ||
	    w->keepalive_longest >= HASTY_INTERVAL ||
	    t->time - x->t_keepalive >= HASTY_INTERVAL || total >= HASTY_TOTAL)
		return;
	ta_report(t, c, RULE_KA08, end, SEEN(PROBES, x->keepalives),
	    SEEN(INTERVAL, w->keepalive_longest), SEEN(ELAPSED, total),
	    EXPECT(ELAPSED, HASTY_TOTAL));
}

/* Given up: by a reset, or (`silent`) in silence. */
void
ta_check_keepalive_death(
    struct tcpaudit *t, struct connection *c, int end, bool silent)
{
	const struct endpoint *x = &c->end[end];

	c->marks |= CONN_KEEPALIVE_DEAD;
	ta_report(t, c, RULE_KA06, end, AT(silent ? x->last_packet : t->packet),
	    SEEN(PROBES, x->keepalives), SEEN(INTERVAL, x->keepalive_interval),
	    SEEN(ELAPSED, t->time - c->end[!end].t_last));
	if (!silent && x->watch != NULL)
		check_hasty(t, c, end);
}
