/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* RS: resets before a connection is open (RFC 9293, 3.5, 3.5.2, 3.10.7.1 to
 * .3). */
#include "belief.h"
#include "check.h"
#include "flood.h"

bool
ta_acknowledges_a_syn(const struct step *s)
{
	return ta_acknowledged_syn(s) >= 0 || ta_acknowledges_former(s);
}

/* The abort of the former incarnation, by an end that had not seen it over. */
static bool
of_former(const struct step *s)
{
	const struct tombstone *tomb = s->c->flow->tomb;
	int side = s->sender ^ s->c->client_side;

	return (s->e->marks & CHALLENGED_SYN) ||
	       (tomb != NULL && (tomb->side[side].marks & TOMB_SENT) &&
		   s->seg->seq == seq_raw(tomb->side[side].max));
}

/* Not of the form that answers a SYN; `usable`: the client takes it, all the
 * same.  Without ACK and with a number it may abort a connection whose SYN-ACK
 * was not seen (3.10.5). */
static void
report_form(struct step *s, bool usable)
{
	struct endpoint *e = s->e, *p = s->p;

	report(s, RULE_RS06, e, PROOF(p->syn_packet),
	    CONFIDENCE_IF(usable, POSSIBLE, LIKELY),
	    SEVERITY_IF(
		usable || (!s->has_ack && s->seg->seq != 0), NOTE, ERROR),
	    EXPECT(SEQ, 0), SEEN(SEQ, s->seg->seq),
	    EXPECT(ACK, p->iss + p->syn_length),
	    SEEN(ACK, s->has_ack ? s->seg->ack : 0),
	    EXPECT(FLAGS, FLAG_RST | FLAG_ACK), SEEN(FLAGS, s->seg->flags),
	    DEMOTE_IF(!usable &&
		      (connection_lossy(s->c, s->time) ||
			  /* Perhaps an abort, and the capture lacks all since
			   * the SYN. */
			  (s->has_ack && s->seg->seq != 0 && s->a > p->max))));
}

/* The client sent more than its SYN, which is answered as well. */
static bool
spoke_early(const struct step *s)
{
	return ta_finding(s->c, RULE_HS20, !s->sender) != NULL ||
	       ta_finding(s->c, RULE_HS31, !s->sender) != NULL ||
	       ta_finding(s->c, RULE_HD07, !s->sender) != NULL;
}

/* The answer to a bare SYN (3.5.2, 1; 3.10.7.1): <SEQ=0><ACK=q+L><RST,ACK>. */
static bool
check_refusal(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct connection *c = s->c;

	if (!s->has_ack || !ta_acknowledges_a_syn(s)) {
		if (of_former(s) || spoke_early(s))
			return false; /* it answers something else */
		c->marks |= CONN_BAD_REFUSAL;
		report_form(s, false);
		return false;
	}
	/* Only CLOSED answers so (3.10.7.1). */
	if (s->seg->seq == 0)
		ta_belief_never(s, e, TCPAUDIT_CLOSED);
	c->marks |= CONN_REFUSED;
	ta_flood_reset(s->t, c, s->sender);
	report(s, RULE_HS03, e, PROOF(p->syn_packet),
	    EXPECT(ACK, p->iss + p->syn_length), SEEN(ACK, s->seg->ack));
	if (s->seg->seq != 0)
		report_form(s, true);
	return true;
}

void
ta_check_historical(struct step *s, struct finding *f)
{
	struct endpoint *e = s->e, *p = s->p;
	bool later = f != NULL, past = connection_is(s->c, CONN_OLD_SYN);
	/* The old SYN itself was not captured when it came. */
	bool unseen = past && e->t_syn_first == 0;
	int64_t isn = later ? s->seg->seq : e->iss;

	ta_revise(s->t, s->c, f, RULE_RS08, s->sender,
	    CONFIDENCE_IF(later || unseen, LIKELY, CERTAIN),
	    PROOF(later ? e->rst_packet : p->synack_packet),
	    PROOF(later ? e->isn_packet[0] : e->syn_packet),
	    PROOF(!later && e->isn_count > 1 ? e->isn_packet[1] : 0),
	    SEEN_IF(!later, SEQ, s->seg->seq), EXPECT_IF(!later, SEQ, p->ack),
	    SEEN_IF(later, OLD_ISN, e->iss), SEEN(ISN, isn),
	    SEEN(ACK, later ? e->iss + e->syn_length : p->ack),
	    EXPECT_IF(!past, ACK, isn + 1));
}

/* Of the connection that its SYN met. */
static void
check_half_open(struct step *s)
{
	struct endpoint *p = s->p;
	struct connection *c = s->c;
	uint16_t after = STATE(CLOSED);

	if (!(c->done & DONE_HALF_OPEN))
		ta_check_half_open(s->t, c, s->sender, c, -1);
	if (c->owner_side == (!s->sender ^ c->client_side)) {
		ta_check_timewait_killed(s, c->challenge_packet);
		c->owner_side = 2;
		if (c->flow->tomb != NULL)
			c->flow->tomb->side[0].t_timewait =
			    c->flow->tomb->side[1].t_timewait = 0;
		/* TIME-WAIT does well to ignore it (RFC 1337, 3, F1) */
		after |= STATE(TIME_WAIT);
	}
	p->marks &= ~(unsigned)CHALLENGED_SYN;
	/* The SYN that it challenged did not bring it to SYN-RECEIVED. */
	ta_belief_never(s, p, TCPAUDIT_LISTEN);
	ta_belief_prove(s, p, after, TCPAUDIT_LISTEN);
}

/* The server answered a SYN of the former incarnation (Figure 8).  The client
 * has no connection, and never leaves CLOSED (3.10.7.1); or it is in
 * TIME-WAIT. */
static void
report_past(struct step *s)
{
	struct endpoint *e = s->e;

	s->c->marks |= CONN_HISTORICAL;
	ta_check_historical(s, NULL);
	ta_belief_prove(s, e, STATE(CLOSED) | (e->possible & STATE(TIME_WAIT)),
	    TCPAUDIT_CLOSED);
}

/* The client rejects what answered its SYN. */
static bool
check_client_rejects(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct connection *c = s->c;

	if ((p->marks & CHALLENGED_SYN) && s->seg->seq == c->challenge_ack) {
		check_half_open(s);
		return true;
	}
	/* Its peer goes on in the old connection (3.10.7.3, first). */
	if (!(p->marks & SENT_SYNACK) && s->reply && !s->has_ack &&
	    of_former(s)) {
		c->challenge_packet = s->before.packet;
		c->challenge_ack = s->seg->seq;
		check_half_open(s);
		c->done |= DONE_HALF_OPEN;
		return true;
	}
	if (!(p->marks & SENT_SYNACK)) {
		c->marks |= CONN_WITHDRAWN;
		ta_flood_reset(s->t, c, s->sender);
		return true;
	}
	if (!(e->marks & SENT_SYN)) {
		if (s->seg->seq != seq_raw(p->ack))
			return false;
		report(s, RULE_RS11, e, PROOF(p->synack_packet),
		    SEEN(SEQ, s->seg->seq));
		return true;
	}
	if (!(p->marks & SYNACK_GOOD)) {
		c->marks |= CONN_HISTORICAL;
		ta_check_historical(s, NULL);
		return true;
	}
	if (connection_is(c, CONN_OLD_SYN) && s->q == p->ack) {
		report_past(s);
		return true;
	}
	/* It had given up before the SYN-ACK came: never ESTABLISHED. */
	ta_belief_prove(s, e, e->possible, TCPAUDIT_SYN_SENT);
	c->marks |= CONN_CLIENT_RESET;
	ta_flood_reset(s->t, c, s->sender);
	report(s, RULE_HS30, e, PROOF(p->synack_packet), SEEN(SEQ, s->seg->seq),
	    EXPECT(SEQ, e->iss + e->syn_length));
	return true;
}

/* The server resets before the handshake is over: what was wrong with the
 * third ACK? */
static bool
check_server_rejects(struct step *s)
{
	struct endpoint *e = s->e;
	struct finding *f;

	/* It answers the ACK of a TIME-WAIT, which it thereby ends (RFC 1337,
	 * 2): 3.10.7.4, fifth, in SYN-RECEIVED. */
	if ((s->p->marks & CHALLENGED_SYN) &&
	    s->seg->seq == s->c->challenge_ack) {
		s->c->marks |= CONN_HISTORICAL;
		ta_check_timewait_killed(s, s->c->challenge_packet);
		return true;
	}
	s->c->marks |= CONN_SERVER_RESET;
	ta_flood_reset(s->t, s->c, s->sender);
	/* After text that was not captured its own abort stands there as well:
	 * that carries ACK as a rule, and comes after other segments.  Nor is
	 * anything known if the capture has missed text of the client. */
	if (!s->has_ack && !(e->marks & SENT_PLAIN) && e->unseen_to != 0 &&
	    s->p->gaps == NULL && seq_raw(e->unseen_to) == s->seg->seq) {
		f = ta_finding(s->c, RULE_CP03, !s->sender);
		if (f != NULL)
			ta_check_third_number(s, f, !s->sender, e->unseen_to);
		s->c->lossy_until = 0;
	}
	return true;
}

bool
ta_check_reset_in_handshake(struct step *s, bool *accepted)
{
	struct endpoint *e = s->e, *p = s->p;
	struct connection *c = s->c;

	if ((c->marks & (CONN_OPEN | CONN_MIDSTREAM)) || (e->marks & SENT_DATA))
		return false;
	if (s->sender == TCPAUDIT_CLIENT &&
	    (e->marks & SENT_SYN || p->marks & SENT_SYNACK)) {
		*accepted = check_client_rejects(s);
		return true;
	}
	if (s->sender == TCPAUDIT_SERVER && (p->marks & SENT_SYN) &&
	    !(e->marks & (SENT_SYN | SENT_SYNACK))) {
		*accepted = check_refusal(s);
		return true;
	}
	if (s->sender == TCPAUDIT_SERVER && (e->marks & SENT_SYNACK)) {
		*accepted = check_server_rejects(s);
		return true;
	}
	return false;
}
