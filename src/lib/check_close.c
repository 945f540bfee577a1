/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* TD: the close (RFC 9293, 3.6 and 3.10.7.4, eighth).  A FIN consumes one
 * sequence number, after the text of its segment: it is acknowledged by
 * fin + 1 and by nothing less. */
#include "check.h"

static void
check_fin(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (!s->has_ack &&
	    (endpoint_knows(e, KNOWS_ACK) || endpoint_knows(p, KNOWS_ACK)))
		report(s, RULE_TD01, e, SEEN(FLAGS, s->seg->flags),
		    EXPECT(FLAGS, s->seg->flags | FLAG_ACK),
		    SEEN(SEQ, s->seg->seq));
	if (endpoint_knows(e, KNOWS_FIN) && !s->fin_copy) {
		s->judged = true;
		report(s, RULE_TD06, e, PROOF(e->fin_packet),
		    EXPECT(FIN_SEQ, e->fin), SEEN(FIN_SEQ, s->q + s->n),
		    CONFIDENCE(LIKELY),
		    DEMOTE_IF(connection_lossy(s->c, s->time) ||
			      s->q > e->max || e->gaps != NULL));
		return;
	}
	if (s->fin_copy)
		return;
	if (endpoint_knows(e, KNOWS_SENT) && s->q + s->n + 1 < e->max &&
	    (e->gaps == NULL || ta_gaps_find(e->gaps, s->q, s->end) == NULL)) {
		/* Text that was seen before lies beyond this FIN. */
		s->judged = true;
		report(s, RULE_TD05, e, SEEN(FIN_SEQ, s->q + s->n),
		    SEEN(SEQ_END, e->max), EXPECT(SEQ_END, s->q + s->n),
		    SEEN(EXCESS, e->max - (s->q + s->n)), SEVERITY(WARNING),
		    CONFIDENCE(LIKELY));
	}
	if (endpoint_knows(p, KNOWS_EDGE) && s->q + s->n >= p->edge)
		report(s, RULE_TD07, e, SEEN(FIN_SEQ, s->q + s->n),
		    SEEN(EDGE, p->edge));
	/* Figure 13: neither FIN acknowledges the other. */
	if (s->has_ack && endpoint_knows(p, KNOWS_FIN) && s->a <= p->fin &&
	    !s->stale) {
		s->c->marks |= CONN_SIMULTANEOUS_CLOSE;
		report(s, RULE_TD11, p, PROOF(p->fin_packet),
		    SEEN(FIN_SEQ, s->q + s->n), SEEN(ACK, s->seg->ack),
		    EXPECT(ACK, p->fin + 1));
	}
}

void
ta_check_close_sent(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (s->syn)
		return;
	if (s->fin) {
		check_fin(s);
	} else if (s->n > 0 && endpoint_knows(e, KNOWS_FIN) &&
		   s->end > e->fin && s->range != RANGE_KEEPALIVE) {
		s->judged = true;
		report(s, RULE_TD05, e, PROOF(e->fin_packet),
		    SEEN(FIN_SEQ, e->fin), SEEN(SEQ_END, s->end),
		    EXPECT(SEQ_END, e->fin), SEEN(EXCESS, s->end - e->fin),
		    CONFIDENCE(LIKELY),
		    DEMOTE_IF(
			connection_lossy(s->c, s->time) || s->q > e->max));
	}
	/* CLOSE-WAIT may go on sending without limit (3.6, Case 2). */
	if (s->n > 0 && s->new_data && endpoint_knows(p, KNOWS_FIN) &&
	    e->t_acked_fin != 0 && s->has_ack && s->a == p->fin + 1 &&
	    !endpoint_knows(e, KNOWS_FIN)) {
		report(s, RULE_TD08, e, PROOF(p->fin_packet),
		    SEEN(LENGTH, s->n),
		    SEEN(ELAPSED, s->time - e->t_acked_fin_first));
	}
}

void
ta_check_close_after(struct step *s)
{
	if (s->fin_copy) {
		s->e->fin_copies += s->e->fin_copies < UINT8_MAX;
		s->c->done &= ~(unsigned)(DONE_FIN << s->sender);
	}
}

/* Whether y was heard after x's FIN could have reached it. */
static bool
alive_after(const struct endpoint *y, int64_t time)
{
	return y->t_last > time + ta_reach(y);
}

static void
report_last_ack(struct tcpaudit *t, struct connection *c, int end, bool grace)
{
	struct endpoint *x = &c->end[end];
	bool lossy = connection_lossy(c, t->time);

	ta_report(t, c, RULE_TD04, !end, AT(x->fin_packet),
	    PROOFS_OF(RULE_RX06, end), SEEN(FIN_SEQ, x->fin),
	    EXPECT(ACK, x->fin + 1), SEEN(ACK, c->end[!end].ack),
	    SEEN(COPIES, x->fin_copies + 1),
	    SEEN(WAITED, t->time - x->t_fin_first),
	    SEVERITY_IF(x->fin_copies == 0 || lossy || grace, NOTE, WARNING),
	    DEMOTE_IF(grace));
}

void
ta_check_fin_unacked(
    struct tcpaudit *t, struct connection *c, int end, bool grace)
{
	struct endpoint *x = &c->end[end], *y = &c->end[!end];

	c->done |= DONE_FIN << end;
	if (ta_one_sided(c) || x->contig < x->fin)
		return; /* not seen whole: perhaps never received in order */
	if (endpoint_knows(y, KNOWS_FIN) && (y->marks & FIN_ACKED)) {
		report_last_ack(t, c, end, grace);
	} else if (!alive_after(y, x->t_fin_first)) {
		ta_report(t, c, RULE_TD03, !end, AT(x->fin_packet),
		    PROOFS_OF(RULE_RX06, end), SEEN(FIN_SEQ, x->fin),
		    EXPECT(ACK, x->fin + 1), SEEN(COPIES, x->fin_copies + 1),
		    SEEN(WAITED, t->time - x->t_fin_first),
		    PROOF(y->last_packet), DEMOTE_IF(grace));
	} else if (!connection_lossy(c, t->time) && !grace) {
		ta_report(t, c, RULE_TD02, !end, AT(x->fin_packet),
		    PROOFS_OF(RULE_RX06, end), PROOF(y->last_packet),
		    SEEN(FIN_SEQ, x->fin), EXPECT(ACK, x->fin + 1),
		    SEEN(ACK, y->ack), SEEN(COPIES, x->fin_copies + 1),
		    SEEN(WAITED, t->time - x->t_fin_first),
		    SEVERITY_IF(y->marks & IS_LOCAL, ERROR, WARNING));
	}
}

void
ta_check_close_wait(struct tcpaudit *t, struct connection *c, int end)
{
	struct endpoint *x = &c->end[end];

	c->done |= DONE_CLOSE_WAIT << end;
	ta_report(t, c, RULE_TD12, end, AT(c->end[!end].fin_packet),
	    SEEN(WAITED, t->time - x->t_acked_fin_first),
	    SEEN(FIN_SEQ, c->end[!end].fin));
}
