/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* TD: the close (RFC 9293, 3.6 and 3.10.7.4, eighth).  A FIN consumes one
 * sequence number, after the text of its segment: it is acknowledged by
 * fin + 1 and by nothing less. */
#include "check.h"

/* Text beyond the FIN at `fin`: of text that ends at `end`. */
static void
report_beyond_fin(
    struct step *s, tcpaudit_packet_id packet, int64_t fin, int64_t end)
{
	report(s, RULE_TD05, s->e, PROOF(packet), SEEN(FIN_SEQ, fin),
	    SEEN(SEQ_END, end), EXPECT(SEQ_END, fin), SEEN(EXCESS, end - fin),
	    SEVERITY_IF(s->fin, WARNING, ERROR), CONFIDENCE(LIKELY),
	    DEMOTE_IF(!s->fin &&
		      (connection_lossy(s->c, s->time) || s->q > fin + 1)));
}

/* Where its receiver cannot take it (3.10.7.4, first): on an octet that it has
 * acknowledged as text, or right of the window.  So little speaks for it that
 * it is not believed. */
static bool
is_outside(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	if (!endpoint_knows(e, KNOWS_SENT) || !endpoint_knows(p, KNOWS_ACK) ||
	    connection_is(s->c, CONN_MIDSTREAM) ||
	    connection_lossy(s->c, s->time) || e->gaps_forgotten != 0 ||
	    e->unseen_to != 0)
		return false;
	if (s->end <= p->ack)
		return s->end < e->max &&
		       (e->gaps == NULL ||
			   ta_gaps_find(e->gaps, s->q, s->end) == NULL);
	return s->fate == FATE_BEYOND && s->q > p->edge && s->q > e->max;
}

static void
check_outside(struct step *s)
{
	const struct endpoint *p = s->p;

	s->judged = s->unbelieved = true;
	/* The window may have grown by an ACK that was not captured. */
	report(s, RULE_TD13, s->e,
	    CONFIDENCE_IF(s->end <= p->ack, LIKELY, POSSIBLE),
	    SEEN(FIN_SEQ, s->q + s->n), EXPECT(SEQ, p->ack),
	    SEEN_IF(endpoint_knows(p, KNOWS_EDGE), EDGE, p->edge));
}

/* More than any timer sends (RFC 6298, 5.5). */
static void
check_storm(struct step *s)
{
	struct endpoint *e = s->e;

	if (e->fins == 0 || s->time - e->t_fins > SECOND) {
		e->fins = 0;
		e->t_fins = s->time;
	}
	e->fins += e->fins < UINT8_MAX;
	if (e->fins >= 10 && !(e->marks & OFFLOADS))
		report(s, RULE_TD15, e, SEEN(PACKETS, e->fins),
		    SEEN(FIN_SEQ, s->q + s->n));
}

static void
check_fin(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	check_storm(s);
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
	if (is_outside(s)) {
		check_outside(s);
		return;
	}
	if (endpoint_knows(e, KNOWS_SENT) && s->q + s->n + 1 < e->max &&
	    (e->gaps == NULL || ta_gaps_find(e->gaps, s->q, s->end) == NULL)) {
		/* Text that was seen before lies beyond this FIN. */
		s->judged = true;
		report_beyond_fin(s, 0, s->q + s->n, e->max);
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

/* LAST-ACK ended with the ACK of its FIN; had that been lost, it would repeat
 * its FIN, or answer what still comes: nothing has. */
static void
check_after_close(struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;
	int64_t quiet = T_REACT + ta_reach(e);

	if (s->class == CLASS_ACK && (e->marks & FIN_ACKED) && !s->stale &&
	    endpoint_is(e, STATE(CLOSED)) && e->t_timewait == 0 &&
	    e->t_acked_fin != 0 && endpoint_knows(p, KNOWS_FIN) &&
	    s->time - p->t_last > quiet && s->time - p->t_acked_fin > quiet &&
	    !((e->marks | p->marks) & SENT_RST) && s->q >= e->fin &&
	    !connection_is(s->c, CONN_MIDSTREAM))
		report(s, RULE_TD14, e, PROOF(e->fin_packet),
		    PROOF(p->last_packet), SEEN(SEQ, s->seg->seq),
		    SEEN(ELAPSED, s->time - p->t_acked_fin),
		    DEMOTE_IF(connection_lossy(s->c, s->time)));
}

void
ta_check_close_sent(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (s->syn)
		return;
	if (s->e->marks & FIN_ACKED)
		check_after_close(s);
	if (s->fin) {
		check_fin(s);
	} else if (s->n > 0 && endpoint_knows(e, KNOWS_FIN) &&
		   s->end > e->fin && s->range != RANGE_KEEPALIVE) {
		s->judged = true;
		report_beyond_fin(s, e->fin_packet, e->fin, s->end);
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
