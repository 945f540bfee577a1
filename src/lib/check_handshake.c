/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* HS: what completes the opening of a connection (RFC 9293, 3.5, 3.10.7.3). */
#include "belief.h"
#include "check.h"
#include "flood.h"
#include "tombstone.h"

/* ------------------------------------------------------------- third ACK */

/* The ISN of the server, among those that it sent, which the client's ACK
 * confirms; the others were old, or of another host. */
static bool
confirm_isn(struct step *s)
{
	struct endpoint *p = s->p;

	for (int i = 1; i < p->isn_count; i++) {
		if (s->seg->ack - p->isn[i] - 1 == 0) {
			p->iss = seq_first(p->isn[i]);
			p->max = p->contig = p->iss + 1;
			s->a = s->peer_max = s->old_ack = p->max;
			s->progress = true;
			return true;
		}
	}
	return false;
}

void
ta_check_third_number(struct step *s, struct finding *f, int end, int64_t ack)
{
	const struct endpoint *y = &s->c->end[!end];
	const struct fact facts[] = { PROOF(y->synack_packet),
		PROOF(f != NULL ? y->unseen_packet : 0),
		EXPECT(ACK, y->iss + 1), SEEN(ACK, ack),
		REACTED_IF(s->rst, RESET) };
	const enum rule rule = RULE_HS10;
	size_t count = sizeof(facts) / sizeof(facts[0]);

	if (f != NULL)
		ta_revise_facts(s->t, s->c, f, rule, end, facts, count);
	else
		ta_report_facts(s->t, s->c, rule, end, facts, count);
}

void
ta_check_third_sequence(struct tcpaudit *t, struct connection *c, int end,
    tcpaudit_packet_id packet, int64_t seq, bool sure)
{
	const struct endpoint *x = &c->end[end];

	ta_report(t, c, RULE_HS11, end, AT(packet), PROOF(x->syn_packet),
	    SEVERITY_IF(sure, ERROR, WARNING),
	    CONFIDENCE_IF(sure, LIKELY, POSSIBLE), EXPECT(SEQ, x->iss + 1),
	    SEEN(SEQ, seq));
}

/* The first segment of the client after a valid SYN-ACK: expected is
 * SEQ = ISS + 1 (or what the SYN carried), ACK = IRS + 1 (RFC 9293, 3.5). */
static void
check_third_ack(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t first = e->iss + 1;

	if (!s->has_ack || connection_is(s->c, CONN_OPEN) ||
	    !(p->marks & SYNACK_GOOD) || !endpoint_knows(p, KNOWS_ISS))
		return;
	if (s->a <= p->iss && !confirm_isn(s)) {
		/* An old duplicate (RFC 1337, H3) does not fit so well. */
		if (s->fate == FATE_OLD ||
		    (s->time - s->c->t_first > T_REACT &&
			(s->q != first || s->a != p->iss)))
			return;
		/* Where the former connection ended its sender is, perhaps in
		 * TIME-WAIT, and answers so (3.10.7.4, first). */
		if (ta_tombstone_continues(
			s->c, s->sender ^ s->c->client_side, s->seg)) {
			s->unproved = true;
			return;
		}
		/* It acknowledges no SYN of the peer.  When it goes on like
		 * that, it is its own notion of the number that is wrong. */
		s->unproved = s->class == CLASS_ACK &&
			      ta_finding(s->c, RULE_HS10, s->sender) == NULL;
		ta_check_third_number(s, NULL, s->sender, s->seg->ack);
		return;
	}
	if (s->a > p->max)
		confirm_isn(s);
	if (!endpoint_knows(e, KNOWS_ISS))
		return;
	for (unsigned i = 0; i < e->isn_count; i++)
		if (s->seg->seq - e->isn[i] == 1)
			return;
	if (s->q < first && s->range != RANGE_KEEPALIVE &&
	    s->range != RANGE_REFUSED && s->range != RANGE_SYN_COPY) {
		s->judged = true;
		s->refused = s->fate == FATE_OLD;
		ta_check_third_sequence(
		    s->t, s->c, s->sender, s->t->packet, s->q, true);
	} else if (s->q > e->max && s->n == 0 && !s->fin &&
		   s->a <= p->iss + 1) {
		/* Decided when it ends (H.6), or when the SYN-ACK comes
		 * again. */
		s->c->third_bad_packet = s->t->packet;
		s->c->third_bad_seq = s->q;
		s->refused = s->fate == FATE_BEYOND;
	}
}

static void
report_bare_ack(struct step *s, tcpaudit_packet_id syn, uint32_t isn)
{
	report(s, RULE_HS12, s->e, PROOF(syn), SEEN(ACK, s->seg->ack),
	    SEEN(SEQ, s->seg->seq), EXPECT(ACK, isn + 1));
}

/* The bare ACK is again the one that TIME-WAIT answered a SYN with before, and
 * was reset for: it ignores RSTs (RFC 1337, 3, F1). */
static bool
outlives_reset(const struct step *s)
{
	const struct connection *c = s->c;
	const struct tombstone *tomb = c->flow->tomb;
	const struct tomb_side *own;

	if (tomb == NULL || c->challenge_packet == 0 || c->owner_side != 2)
		return false;
	own = &tomb->side[s->sender ^ c->client_side];
	return (own->marks & TOMB_WAITS) && s->seg->ack == c->challenge_ack &&
	       s->seg->ack == seq_raw(own->ack) &&
	       s->seg->seq == seq_raw(own->max);
}

/* The server answers a SYN by a bare ACK: it holds an older connection, or is
 * a stray (RFC 9293, Figure 9; RFC 5961, 4.2). */
static void
check_ack_to_syn(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct connection *c = s->c;
	uint32_t past = s->seg->ack - p->isn[0] - 1;

	if (s->class != CLASS_ACK || (e->marks & (SENT_SYN | SENT_SYNACK)) ||
	    !(p->marks & SENT_SYN) || connection_is(c, CONN_MIDSTREAM) ||
	    (p->marks & SENT_THIRD_ACK) || endpoint_knows(p, KNOWS_ACK) ||
	    past < p->syn_length)
		return;
	report_bare_ack(s, p->syn_packet, p->isn[0]);
	if (outlives_reset(s)) {
		c->owner_side = s->sender ^ c->client_side;
		c->flow->tomb->side[c->owner_side].t_timewait =
		    c->flow->tomb->t_end;
	}
	if (c->owner_side == (s->sender ^ c->client_side)) {
		report(s, RULE_TW06, e, PROOF(p->syn_packet),
		    SEEN(ACK, s->seg->ack), SEEN(SEQ, s->seg->seq));
		c->done |= DONE_REUSE;
		ta_belief_prove(s, e, STATE(TIME_WAIT), TCPAUDIT_TIME_WAIT);
	} else {
		ta_check_challenge(s, p->syn_packet);
	}
	e->marks |= CHALLENGED_SYN;
	c->challenge_ack = s->seg->ack;
	c->challenge_packet = s->t->packet;
	s->old_incarnation = true; /* its numbers are not of this one */
}

/* The same, while the old connection is in the capture (a challenger). */
static void
check_challenge(struct step *s)
{
	struct connection *new = s->c->flow->challenger;

	if (new == NULL || s->class != CLASS_ACK ||
	    s->sender == (new->client_side != s->c->client_side))
		return;
	new->end[TCPAUDIT_SERVER].marks |= CHALLENGED_SYN;
	new->challenge_ack = s->seg->ack;
	new->challenge_packet = s->t->packet;
	/* One that acknowledges more may be no challenge; the SYN's sender
	 * will tell. */
	if (s->progress || ta_finding(s->c, RULE_HS12, s->sender) != NULL)
		return;
	report_bare_ack(s, new->first_packet, new->end[TCPAUDIT_CLIENT].isn[0]);
	ta_check_challenge(s, new->first_packet);
}

/* In SYN-SENT text is queued, and CLOSE sends nothing (RFC 9293, 3.10.2 and
 * 3.10.4); once an answer has come, all but a reset carries ACK (3.1).  Other
 * numbers are those of a probe. */
bool
ta_check_unanswered(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if ((s->seg->flags & FLAG_URG) ||
	    (e->marks & (SENT_SYN | SENT_SYNACK | SENT_RST)) != SENT_SYN ||
	    p->packets > 0 || s->q < e->iss || s->q > e->max)
		return false;
	if (s->seg->flags & FLAG_FIN)
		report(s, RULE_HS31, e, PROOF(e->syn_packet),
		    SEEN(SEQ, s->seg->seq), SEEN(FLAGS, s->seg->flags));
	else if (s->n > 0)
		report(s, RULE_HS20, e, PROOF(e->syn_packet),
		    SEEN(SEQ, s->seg->seq), SEEN(LENGTH, s->n),
		    SEEN(FLAGS, s->seg->flags));
	else
		return false;
	s->judged = true;
	return true;
}

void
ta_check_handshake_sent(struct step *s)
{
	check_challenge(s);
	switch (s->class) {
	case CLASS_SYN:
		ta_check_syn(s);
		break;
	case CLASS_SYNACK:
		ta_check_synack(s);
		break;
	case CLASS_ACK:
	case CLASS_DATA:
	case CLASS_FIN:
		check_third_ack(s);
		check_ack_to_syn(s);
		break;
	case CLASS_RST:
	case CLASS_NONE:
		break;
	}
}

/* ----------------------------------------------------------------- after */

/* Only one of two crossing SYNs was answered by a SYN-ACK, and the other end
 * completes as if it had received that alone.  A SACK would say that it has the
 * SYN for the second time, and that its own SYN-ACK was not captured. */
static void
check_split(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (connection_is(s->c, CONN_SIMULTANEOUS) &&
	    (p->marks & SENT_SYNACK) && !(e->marks & SENT_SYNACK) &&
	    s->seg->sack_count == 0 && !connection_lossy(s->c, s->time))
		report(s, RULE_HS15, e, PROOF(e->syn_packet),
		    PROOF(p->synack_packet), SEEN(ISN, e->iss),
		    SEEN(ACK, s->seg->ack));
}

/* What the server sent before this ACK, which acknowledges the SYN-ACK and no
 * more, was sent in SYN-RECEIVED, where text waits (RFC 9293, 3.10.2).  Until
 * then the ACK seemed to have been missed.  The two may be captured in the
 * wrong order, by less than a millisecond. */
static void
check_early_text(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct finding *f = ta_finding(s->c, RULE_CP05, !s->sender);

	if (!(p->marks & SENT_DATA) || s->class != CLASS_ACK ||
	    s->a != p->iss + 1 || s->q != e->iss + 1 ||
	    (e->marks & FASTOPEN_TAKEN) || e->syn_length > 1 ||
	    p->synack_copies > 0 || s->seg->sack_count > 0 || f == NULL ||
	    connection_lossy(s->c, s->time) || s->time - p->t_max < MILLISECOND)
		return;
	ta_revise(s->t, s->c, f, RULE_HS21, !s->sender,
	    SEEN(BYTES_, p->unique_bytes), SEEN(DELAY, s->time - p->t_max),
	    EXPECT(SEQ_END, p->iss + 1), SEEN(SEQ_END, p->max));
}

uint16_t
ta_hundredths(int64_t time)
{
	time /= SECOND / 100;
	return time > UINT16_MAX ? UINT16_MAX : (uint16_t)time;
}

/* A SYN-ACK that nobody captured is proved by the client's ACK: what it must
 * have been is put in its place (CP05, reported when the server is heard). */
static void
infer_synack(struct step *s)
{
	struct endpoint *p = s->p;

	p->iss = s->a - 1;
	p->isn[0] = seq_raw(p->iss);
	p->isn_count = 1;
	p->syn_length = 1;
	p->known |= KNOWS_ISS;
	p->marks |= SENT_SYNACK | SYNACK_GOOD;
	p->t_syn = s->time;
	s->e->t_acked_syn = s->time;
	s->c->marks |= CONN_MISSING_HANDSHAKE;
	ta_belief_prove(s, p, STATE(SYN_RECEIVED), TCPAUDIT_SYN_RECEIVED);
	ta_belief_settle(s);
}

void
ta_check_handshake_after(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct connection *c = s->c;

	if (s->syn || s->rst || !s->has_ack)
		return;
	if ((e->marks & SENT_SYN) && p->isn_count == 0 &&
	    !(p->marks & SENT_SYNACK) && !connection_is(c, CONN_MIDSTREAM))
		infer_synack(s);
	/* The acknowledgment of a SYN-ACK; where SYNs crossed, of a SYN. */
	if (!((p->marks & SENT_SYNACK) ||
		connection_is(c, CONN_SIMULTANEOUS)) ||
	    !endpoint_knows(p, KNOWS_ISS) || s->a <= p->iss ||
	    s->a > s->peer_max)
		return;
	if (!(e->marks & SENT_THIRD_ACK)) {
		check_split(s);
		check_early_text(s);
		c->third_delay = ta_hundredths(s->time - p->t_syn);
		e->marks |= SENT_THIRD_ACK;
		e->third_packet = s->t->packet;
		if (p->t_synack_first != 0 && p->synack_copies == 0 &&
		    (e->rtt < 0 || s->time - p->t_synack_first < e->rtt))
			e->rtt = s->time - p->t_synack_first;
	}
	if (!connection_is(c, CONN_OPEN)) {
		ta_flood_open(s->t, c);
		c->marks |= CONN_OPEN;
		c->marks &= ~(unsigned)(CONN_CLIENT_RESET | CONN_SERVER_RESET |
					CONN_WITHDRAWN | CONN_REFUSED);
		e->marks &= ~(unsigned)(SENT_RST | RST_ACCEPTED);
		p->marks &= ~(unsigned)(SENT_RST | RST_ACCEPTED);
	}
}
