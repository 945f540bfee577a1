/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * RS: resets (RFC 9293, 3.5.2, 3.5.3, 3.10.7; RFC 5961).
 *
 * A reset is judged by its form (the reply of a TCP that has no connection:
 * SEQ is the ACK of what it answers; or the abort of one that has: SEQ is
 * SND.NXT), by whether its receiver can accept it, and by what it ends.  The
 * most specific rule is reported.
 */
#include "belief.h"
#include "check.h"

/* SEQ is SND.NXT: the form of an abort (RFC 9293, 3.10.5). */
static bool
is_abort_form(const struct step *s)
{
	const struct endpoint *e = s->e;

	return endpoint_knows(e, KNOWS_SENT) &&
	       (s->q == e->max || (e->probe_end != 0 && s->q == e->probe_end));
}

/* Where the reset lies in its receiver's window (RFC 9293, 3.10.7.4, second;
 * RFC 5961, 3.2). */
enum exactness { EXACT, INEXACT, OUT };

static enum exactness
exactness(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;
	int64_t lo = p->ack, right;

	if (!endpoint_knows(p, KNOWS_ACK) || !endpoint_knows(e, KNOWS_SENT))
		return EXACT; /* nothing says otherwise */
	if (s->q == lo || s->q == e->max)
		return s->q < lo ? OUT : EXACT;
	if (is_abort_form(s))
		return INEXACT; /* it counts the octet of a refused probe */
	if (s->q < lo)
		return OUT;
	if (s->q <= e->contig)
		return EXACT; /* RCV.NXT may be there */
	right = endpoint_knows(p, KNOWS_EDGE) ? p->edge : lo + SEQ_FAR;
	return s->q < (right > lo + 1 ? right : lo + 1) ? INEXACT : OUT;
}

/* It acknowledges a SYN of this tuple, of now or of the former incarnation. */
static bool
acks_a_syn(const struct step *s)
{
	return ta_acknowledged_syn(s) >= 0 || ta_acknowledges_former(s);
}

/* SEQ is, or may be, an acknowledgment number of the peer: a closed TCP
 * answers whatever reaches it, however late. */
static bool
is_reply_form(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	if (s->seg->seq == 0 && s->has_ack && acks_a_syn(s))
		return true;
	return endpoint_knows(p, KNOWS_ACK) && s->q <= p->ack &&
	       (endpoint_knows(e, KNOWS_ISS) ? s->q >= e->iss
					     : p->ack - s->q <= 65535);
}

/* It answers the segment just before it (RFC 9293, 3.5.2). */
static bool
answers_last(const struct step *s)
{
	const struct stimulus *last = &s->before;

	if (last->time == 0 || last->from == s->sender ||
	    s->time - last->time > T_REACT + ta_rtt(s->e))
		return false;
	if (last->flags & FLAG_ACK)
		return s->seg->seq == last->ack;
	return s->seg->seq == 0 && s->has_ack &&
	       s->seg->ack == seq_raw(last->end);
}

/* ------------------------------------------------------------- handshake */

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

/* The answer to a bare SYN (3.5.2, 1; 3.10.7.1): <SEQ=0><ACK=q+L><RST,ACK>. */
static bool
check_refusal(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct connection *c = s->c;

	if ((!s->has_ack || !acks_a_syn(s)) && of_former(s))
		return false;
	if (!s->has_ack || !acks_a_syn(s)) {
		c->marks |= CONN_BAD_REFUSAL;
		/* Without ACK and with a number it may abort a connection
		 * whose SYN-ACK was not seen (3.10.5). */
		report(s, RULE_RS06, e, PROOF(p->syn_packet),
		    CONFIDENCE(LIKELY),
		    SEVERITY_IF(!s->has_ack && s->seg->seq != 0, NOTE, ERROR),
		    EXPECT(SEQ, 0), SEEN(SEQ, s->seg->seq),
		    EXPECT(ACK, p->iss + p->syn_length),
		    SEEN(ACK, s->has_ack ? s->seg->ack : 0),
		    EXPECT(FLAGS, FLAG_RST | FLAG_ACK),
		    SEEN(FLAGS, s->seg->flags),
		    DEMOTE_IF(connection_lossy(c, s->time)));
		return false;
	}
	/* Only CLOSED answers so (3.10.7.1). */
	if (s->seg->seq == 0)
		ta_belief_never(s, e, TCPAUDIT_CLOSED);
	c->marks |= CONN_REFUSED;
	report(s, RULE_HS03, e, PROOF(p->syn_packet),
	    EXPECT(ACK, p->iss + p->syn_length), SEEN(ACK, s->seg->ack));
	if (s->seg->seq != 0)
		report(s, RULE_RS06, e, SEVERITY(NOTE), CONFIDENCE(POSSIBLE),
		    EXPECT(SEQ, 0), SEEN(SEQ, s->seg->seq));
	return true;
}

/* The client rejects what answered its SYN. */
static bool
check_client_rejects(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct connection *c = s->c;

	if ((p->marks & CHALLENGED_SYN) && s->seg->seq == c->challenge_ack) {
		report(s, RULE_RS09, e, PROOF(e->syn_packet),
		    PROOF(c->challenge_packet), SEEN(SEQ, s->seg->seq));
		if (c->owner_side == (!s->sender ^ c->client_side)) {
			report(s, RULE_TW10, p, PROOF(c->challenge_packet),
			    SEEN(SEQ, s->seg->seq));
			c->owner_side = 2;
			if (c->flow->tomb != NULL)
				c->flow->tomb->side[0].t_timewait =
				    c->flow->tomb->side[1].t_timewait = 0;
		}
		p->marks &= ~(unsigned)CHALLENGED_SYN;
		ta_belief_prove(s, p, STATE(CLOSED), TCPAUDIT_LISTEN);
		return true;
	}
	if (!(p->marks & SENT_SYNACK)) {
		c->marks |= CONN_WITHDRAWN;
		return true;
	}
	if (!(e->marks & SENT_SYN)) {
		if (s->seg->seq == seq_raw(p->ack))
			report(s, RULE_RS11, e, PROOF(p->synack_packet),
			    SEEN(SEQ, s->seg->seq));
		return true;
	}
	if (!(p->marks & SYNACK_GOOD)) {
		c->marks |= CONN_HISTORICAL;
		report(s, RULE_RS08, e, PROOF(p->synack_packet),
		    PROOF(e->syn_packet),
		    PROOF(e->isn_count > 1 ? e->isn_packet[1] : 0),
		    SEEN(SEQ, s->seg->seq), EXPECT(SEQ, p->ack),
		    SEEN(ISN, e->iss), SEEN(ACK, p->ack),
		    EXPECT(ACK, e->iss + 1));
		return true;
	}
	/* It had given up before the SYN-ACK came: never ESTABLISHED. */
	ta_belief_prove(s, e, e->possible, TCPAUDIT_SYN_SENT);
	c->marks |= CONN_CLIENT_RESET;
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

	s->c->marks |= CONN_SERVER_RESET;
	if (e->unseen_to != 0 && seq_raw(e->unseen_to) == s->seg->seq) {
		f = ta_finding(s->c, RULE_CP03, !s->sender);
		if (f != NULL)
			ta_revise(s->t, s->c, f, RULE_HS10, !s->sender,
			    PROOF(e->synack_packet), PROOF(e->unseen_packet),
			    EXPECT(ACK, e->iss + 1), SEEN(ACK, e->unseen_to));
		s->c->lossy_until = 0;
	}
	return true;
}

/* The reset concerns the handshake: *accepted tells whether its receiver takes
 * it. */
static bool
check_in_handshake(struct step *s, bool *accepted)
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

/* ------------------------------------------------------------- TIME-WAIT */

/* Its sender should be in TIME-WAIT, and shows that it is not (V3). */
static void
check_skipped(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t since = s->time - e->t_timewait;
	bool early;

	s->c->marks |= CONN_RST_AFTER_CLOSE;
	if (!s->reply)
		return; /* ABORT in TIME-WAIT deletes it (3.10.5) */
	/* From CLOSING an ABORT leaves no trace either: in doubt, no error. */
	early =
	    since < s->t->config.tw_floor && e->possible == STATE(TIME_WAIT);
	report(s, RULE_TW09, e, SEVERITY_IF(early, ERROR, WARNING),
	    PROOF(s->before.packet), SEEN(ELAPSED, since),
	    EXPECT(TWO_MSL, 2 * s->t->config.msl), SEEN(SEQ, s->seg->seq),
	    DEMOTE_IF(
		e->ttl != s->seg->ttl || connection_lossy(s->c, s->time)));
}

/* A TIME-WAIT ends by a RST; by the pattern of RFC 1337, Figure 1? */
static void
check_killed(struct step *s)
{
	struct connection *c = s->c;
	struct endpoint *p = s->p;

	if (c->old_packet != 0 && c->challenge_packet > c->old_packet &&
	    s->seg->seq == seq_raw(p->ack) &&
	    s->time - c->t_old < T_REACT + 2 * ta_reach(s->e))
		report(s, RULE_TW11, p, CONFIDENCE(LIKELY),
		    PROOF(c->old_packet), PROOF(c->challenge_packet),
		    SEEN(SEQ, s->seg->seq),
		    SEEN(ELAPSED, s->time - p->t_timewait));
	report(s, RULE_TW10, p, SEEN(SEQ, s->seg->seq),
	    SEEN(ELAPSED, s->time - p->t_timewait),
	    EXPECT(TWO_MSL, 2 * s->t->config.msl));
	p->marks |= ASSASSINATED;
	c->marks |= CONN_RST_AFTER_CLOSE;
}

/* ---------------------------------------------------------- synchronized */

/* A host that no longer knows the connection, or a TCP that gives up: the
 * most specific cause.  False: none applies. */
static bool
check_cause(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct connection *c = s->c;

	if (s->reply && s->before.keepalive) {
		c->marks |= CONN_HALF_OPEN;
		report(s, RULE_KA09, e, PROOF(s->before.packet),
		    SEEN(SEQ, s->seg->seq));
	} else if (e->keepalives > 1) {
		ta_check_keepalive_death(s->t, c, s->sender, false);
	} else if (e->keepalives == 1 && c->due_keepalive == 0) {
		c->marks |= CONN_KEEPALIVE_DEAD;
		report(s, RULE_KA07, e, SEEN(PROBES, 1),
		    SEEN(ELAPSED, s->time - e->t_keepalive));
	} else if (e->rtx_copies >= 3) {
		report(s, RULE_RS23, e, SEEN(COPIES, e->rtx_copies),
		    SEEN(SEQ, e->rtx_seq),
		    SEEN(ELAPSED, s->time - e->t_rtx_first));
	} else if (ta_persists(c, s->sender)) {
		report(s, RULE_WN16, e, PROOF(p->watch->zero_packet),
		    PROOF(p->last_packet), SEEN(PROBES, e->watch->answered),
		    SEEN(ELAPSED, s->time - p->t_zero));
	} else if (endpoint_knows(e, KNOWS_FIN) &&
		   ((s->reply && s->before.data) ||
		       (s->seg->seq == seq_raw(p->ack) && p->max > e->ack &&
			   !endpoint_knows(p, KNOWS_FIN)))) {
		report(s, RULE_TD10, e, PROOF(s->before.packet),
		    PROOF(e->fin_packet), SEEN(SEQ, s->seg->seq),
		    SEEN(BYTES_, p->max - e->ack));
	} else if (endpoint_knows(e, KNOWS_FIN)) {
		report(s, RULE_TD09, e, PROOF(e->fin_packet),
		    SEEN(SEQ, s->seg->seq),
		    SEEN(ELAPSED, s->time - e->t_fin_first));
	} else if (s->sender == TCPAUDIT_SERVER && p->third_packet != 0 &&
		   !((e->marks | p->marks) & SENT_DATA) &&
		   ta_finding(c, RULE_HS10, !s->sender) == NULL &&
		   ta_finding(c, RULE_HS11, !s->sender) == NULL &&
		   s->time - p->t_acked_syn <= T_REACT + ta_rtt(e)) {
		report(s, RULE_HS29, e, PROOF(p->third_packet),
		    SEEN(DELAY, s->time - p->t_acked_syn));
	} else if (s->reply && !s->has_ack && !(e->marks & SENT_RST) &&
		   !(is_abort_form(s) && e->t_last != 0 &&
		       s->time - e->t_last < 20 * MILLISECOND)) {
		c->marks |= CONN_HALF_OPEN;
		report(s, RULE_RS10, e, PROOF(s->before.packet),
		    SEEN(SEQ, s->seg->seq),
		    SEEN(IDLE,
			s->before.time -
			    (e->t_last != 0 ? e->t_last : s->c->t_first)));
	} else {
		return false;
	}
	return true;
}

static void
score_injection(struct step *s, int points)
{
	struct endpoint *e = s->e;

	if (endpoint_knows(e, KNOWS_TTL) &&
	    (s->seg->ttl > e->ttl + 2 || e->ttl > s->seg->ttl + 2))
		points += 2;
	e->injection_score = points;
	if (points < 3)
		return;
	s->c->marks |= CONN_INJECTED;
	report(s, RULE_RS12, e, SEEN(SCORE, points), SEEN(TTL, s->seg->ttl),
	    EXPECT(TTL, e->ttl), SEEN(SEQ, s->seg->seq));
}

/* Returns whether the receiver takes it; *foreign: its sender is in doubt. */
static bool
check_synchronized(struct step *s, bool *foreign)
{
	struct endpoint *e = s->e, *p = s->p;
	enum exactness x = exactness(s);
	bool legal = is_reply_form(s) || is_abort_form(s);

	*foreign = false;
	if (endpoint_is(p, STATE(SYN_SENT)))
		return false;
	if (x == OUT && endpoint_is(p, STATE(CLOSED) | STATE(LISTEN)))
		return false; /* it has no window, and ignores resets */
	if (x == OUT) {
		report(s, RULE_RS05, e, EXPECT(SEQ, p->ack),
		    SEEN(SEQ, s->seg->seq),
		    SEEN(
			EDGE, endpoint_knows(p, KNOWS_EDGE) ? p->edge : p->ack),
		    SEVERITY_IF(legal || connection_lossy(s->c, s->time), NOTE,
			WARNING));
		*foreign = !legal;
		score_injection(s, legal ? 0 : 1);
		return false;
	}
	score_injection(s, 0);
	if (e->t_killed != 0 && (p->marks & RST_ACCEPTED) && !s->has_ack)
		return false; /* the answer of a host that p's RST closed */
	if (check_cause(s))
		return x == EXACT;
	if (x == INEXACT) {
		report(s, RULE_RS02, e, EXPECT(SEQ, p->ack),
		    SEEN(SEQ, s->seg->seq),
		    SEEN_IF(endpoint_knows(p, KNOWS_EDGE), EDGE, p->edge));
		return false;
	}
	if (p->packets == 0 && e->packets == 1)
		return true; /* of a connection that nothing is known of */
	report(s, RULE_RS01, e, SEEN(SEQ, s->seg->seq),
	    EXPECT_IF(endpoint_knows(p, KNOWS_ACK), SEQ, p->ack),
	    SEEN(BYTES_, e->unique_bytes),
	    SEEN(DISTANCE,
		e->max - (endpoint_knows(p, KNOWS_ACK) ? p->ack : e->max)));
	return true;
}

/* <SEQ=0><ACK=its SEQ><RST,ACK>: nothing but the peer's reset, which had no
 * ACK, is answered so; whatever was sent in between. */
static bool
answers_bare_reset(const struct step *s)
{
	const struct endpoint *p = s->p;
	const struct reset_fact *r = &p->reset[p->reset_count > 1];

	return s->seg->seq == 0 && s->has_ack && p->reset_count > 0 &&
	       !r->has_ack && s->seg->ack == seq_raw(r->seq) &&
	       (connection_is(s->c, CONN_OPEN) || !acks_a_syn(s)) &&
	       s->time - r->time <= T_REACT + ta_rtt(s->e);
}

/* Answers to a reset are forbidden (3.5.2, 1; 3.10.7.1). */
static bool
check_reply_to_reset(struct step *s)
{
	const struct stimulus *last = &s->before;
	bool bare = answers_bare_reset(s);

	if (!bare && (!(last->flags & FLAG_RST) || last->from == s->sender ||
			 s->time - last->time > T_REACT))
		return false;
	if (is_abort_form(s) && s->seg->seq != 0)
		return false; /* aborts may cross */
	if ((s->p->marks & CHALLENGED_SYN) &&
	    s->seg->seq == s->c->challenge_ack)
		return false; /* it answers the challenge */
	if (!bare && !((last->flags & FLAG_ACK) && s->seg->seq == last->ack &&
			 s->time - s->p->t_plain > T_REACT + ta_reach(s->e)))
		return false; /* or it answers what came before the reset */
	report(s, RULE_RS15, s->e,
	    PROOF(bare ? s->p->rst_packet : last->packet),
	    SEEN(SEQ, s->seg->seq), SEEN(ACK, s->seg->ack));
	return true;
}

/* ------------------------------------------------------------------ entry */

static void
note_reset(struct step *s, bool accepted)
{
	struct endpoint *e = s->e, *p = s->p;
	struct reset_fact *r =
	    &e->reset[e->reset_count < 2 ? e->reset_count++ : 1];

	r->seq = s->q;
	r->ack = s->a;
	r->has_ack = s->has_ack;
	r->time = s->time;
	e->marks |= SENT_RST;
	e->t_rst = s->time;
	e->rst_packet = s->t->packet;
	e->reset_sure = accepted && s->q == e->max &&
			endpoint_knows(p, KNOWS_ACK) && p->ack == s->q;
	if (accepted) {
		e->marks |= RST_ACCEPTED;
		p->t_killed = s->time;
	}
}

void
ta_check_reset(struct step *s)
{
	bool accepted = false, foreign = false;

	s->reply = answers_last(s);
	if (s->n > 0)
		report(s, RULE_RS14, s->e, SEEN(LENGTH, s->n));
	if (check_reply_to_reset(s))
		return;
	if (check_in_handshake(s, &accepted)) {
		;
	} else if (ta_in_timewait(s, s->e)) {
		check_skipped(s);
		accepted = exactness(s) == EXACT;
		if (accepted && ta_in_timewait(s, s->p))
			check_killed(s);
	} else if (ta_in_timewait(s, s->p)) {
		accepted = exactness(s) == EXACT;
		if (accepted)
			check_killed(s);
	} else {
		accepted = check_synchronized(s, &foreign);
	}
	if (foreign)
		return; /* probably not its: its state does not move */
	ta_belief_sent(s);
	note_reset(s, accepted);
	ta_belief_reset(s, accepted);
	if (!endpoint_knows(s->e, KNOWS_SENT)) {
		s->e->known |= KNOWS_SENT;
		s->e->max = s->e->contig = s->q;
	}
}
