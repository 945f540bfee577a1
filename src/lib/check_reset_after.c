/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* RS: what became of a reset, or of a SYN inside a connection, shown by what
 * either end did later (RFC 5961; RFC 9293, 3.5.1, Figure 9). */
#include "belief.h"
#include "check.h"

/* --------------------------------------------------- what came of a reset */

/* What was said of the RST in `packet` as its sender's own: no longer true once
 * it is shown to be forged. */
static struct finding *
judged(const struct step *s, int end, tcpaudit_packet_id packet)
{
	static const enum rule own[] = { RULE_RS01, RULE_RS10, RULE_TD09 };
	struct finding *f;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		f = ta_finding(s->c, own[i], end);
		if (f != NULL && f->record.count == 1 &&
		    f->record.packet == packet)
			return f;
	}
	return NULL;
}

void
ta_check_forged(struct step *s, unsigned score)
{
	const struct endpoint *e = s->e;
	const struct reset_fact *last = &e->reset[e->reset_count > 1];
	const struct fact facts[] = { AT(e->rst_packet), SEEN(SCORE, score),
		SEEN(ELAPSED, s->time - e->t_rst),
		SEEN_IF(e->reset_count > 0, SEQ, last->seq) };
	size_t count = sizeof(facts) / sizeof(facts[0]);
	struct finding *f = judged(s, s->sender, e->rst_packet);

	if (f != NULL)
		ta_revise_facts(
		    s->t, s->c, f, RULE_RS12, s->sender, facts, count);
	else
		ta_report_facts(s->t, s->c, RULE_RS12, s->sender, facts, count);
}

/* It carries what was not sent before: not a copy that the network kept. */
static bool
says_new(const struct step *s)
{
	return s->new_data || s->progress || (s->fin && s->end > s->e->max);
}

/* The sender of a RST goes on: sent before it and late, or not its RST. */
static void
check_sender_goes_on(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t late = 2 * (ta_rtt(e) + ta_rtt(p));

	if (!(e->marks & SENT_RST) || !endpoint_is(e, STATE(CLOSED)) ||
	    s->syn || s->rst)
		return;
	if (s->time - e->t_rst <= late || !says_new(s)) {
		s->stale = true;
		return;
	}
	e->injection_score += 3;
	s->c->marks |= CONN_INJECTED;
	s->c->marks &= ~(unsigned)CONN_HALF_OPEN;
	ta_check_forged(s, e->injection_score);
	ta_belief_restore(s);
	e->marks &= ~(unsigned)(SENT_RST | RST_ACCEPTED);
}

/* A reset that looked exact here was not, there: the receiver challenges it
 * (RFC 5961, 3.2). */
static void
challenge(struct step *s)
{
	static const enum rule ends[] = { RULE_RS01, RULE_TD09, RULE_HS29 };
	struct endpoint *e = s->e, *p = s->p;
	struct finding *f = NULL;

	for (size_t i = 0; f == NULL && i < sizeof(ends) / sizeof(ends[0]); i++)
		f = ta_finding(s->c, ends[i], !s->sender);
	if (f != NULL && e->t_killed != 0)
		ta_revise(s->t, s->c, f, RULE_RS02, !s->sender,
		    PROOF(p->rst_packet), EXPECT(SEQ, s->seg->ack),
		    SEEN(SEQ, p->reset[p->reset_count - 1].seq));
	report(s, RULE_RS03, e, PROOF(p->rst_packet), SEEN(ACK, s->seg->ack),
	    SEEN(SEQ, s->seg->seq));
	p->marks &= ~(unsigned)RST_ACCEPTED;
	e->t_killed = 0;
}

static void
check_receiver_goes_on(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t since = s->time - p->t_rst;

	if (p->t_rst == 0 || s->syn || s->rst || (e->marks & SENT_RST))
		return;
	if (s->class == CLASS_ACK && !s->progress && !s->ack_old &&
	    s->q == e->max && since <= ta_reach(e) + T_REACT &&
	    s->range == RANGE_EMPTY && s->before.packet == p->rst_packet &&
	    s->seg->sack_count == 0 &&
	    s->a != p->reset[p->reset_count > 0 ? p->reset_count - 1 : 0].seq &&
	    p->reset_count > 0 && !(s->c->marks & CONN_HISTORICAL)) {
		challenge(s);
		return;
	}
	if (e->t_killed == 0)
		return;
	if (since <= ta_rtt(e) + 2 * ta_slack(e)) {
		s->doomed = true; /* sent before the reset arrived */
		return;
	}
	if (!says_new(s))
		return;
	if (p->reset_sure)
		report(s, RULE_RS16, e, PROOF(p->rst_packet),
		    SEEN(ELAPSED, since), SEEN(SEQ, s->seg->seq),
		    SEEN(RTT, ta_rtt(e)),
		    /* The first may have been lost on its way. */
		    SEVERITY_IF(e->resets_ignored++ > 0, WARNING, NOTE));
	p->marks &= ~(unsigned)RST_ACCEPTED;
	e->t_killed = 0;
}

void
ta_check_after_reset(struct step *s)
{
	check_sender_goes_on(s);
	check_receiver_goes_on(s);
}

void
ta_check_replaced(struct tcpaudit *t, struct flow *f, bool accepted)
{
	struct connection *old = f->live, *new = f->challenger;
	struct endpoint *x = &new->end[TCPAUDIT_CLIENT];
	int end = new->client_side != old->client_side; /* of the SYN */
	int64_t idle =
	    new->t_first > old->t_last ? new->t_first - old->t_last : 0;
	/* Its end may have passed unseen. */
	bool gone = connection_lossy(old, t->time) ||
		    !connection_is(old, CONN_OPEN) ||
		    endpoint_may_be(&old->end[!end],
			STATE(CLOSED) | STATE(LISTEN) | STATE(TIME_WAIT) |
			    STATE(SYN_RECEIVED));

	old->marks |= CONN_HALF_OPEN;
	if (!accepted)
		ta_report(t, old, RULE_RS09, end, PROOF(x->syn_packet),
		    PROOF(new->challenge_packet), SEEN(IDLE, idle),
		    SEEN(SEQ, new->challenge_ack));
	else if (gone)
		ta_report(t, old, RULE_RS19, !end, SEVERITY(NOTE),
		    CONFIDENCE(POSSIBLE), PROOF(x->syn_packet),
		    SEEN(IDLE, idle), SEEN(ISN, x->iss));
	else
		ta_report(t, old, RULE_RS19, !end, PROOF(x->syn_packet),
		    SEEN(IDLE, idle), SEEN(ISN, x->iss));
}

void
ta_check_stray_syn(
    struct tcpaudit *t, struct connection *challenger, bool at_eof)
{
	struct connection *c = challenger->flow->live;
	struct endpoint *x = &challenger->end[TCPAUDIT_CLIENT];
	int end = challenger->client_side != c->client_side;

	ta_report(t, c, RULE_RS17, end, AT(x->syn_packet), SEEN(ISN, x->iss),
	    SEEN(SND_NXT, c->end[end].max), DEMOTE_IF(at_eof));
}
