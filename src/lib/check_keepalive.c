/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* KA: keepalives (RFC 9293, 3.8.4).  The form of one is found in
 * check_retransmit.c; here is what becomes of it. */
#include "check.h"

#define KEEPALIVE_IDLE (7200 * SECOND) /* MUST-28 */
/* The sender measures it from the arrival of what passed here earlier, with a
 * clock of its own: a second less, seen here, is not early. */

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
}
