/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* HS: the opening of a connection (RFC 9293, 3.5 and 3.10.7.1 to .3). */
#include "belief.h"
#include "check.h"

/* ------------------------------------------------------------------- SYN */

/* RFC 6298, 5.5: each interval at least doubles; one half is tolerance.
 * Linux sends up to four SYNs a second apart before it backs off. */
static void
check_syn_backoff(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t d = s->time - e->t_syn;
	bool short_of,
	    linear = d >= 900 * MILLISECOND && d <= 1100 * MILLISECOND;

	if (linear && e->linear_syns < 4 &&
	    e->syn_copies == e->linear_syns + 1) {
		e->linear_syns++;
		return;
	}
	short_of = e->syn_interval != 0 && 2 * d < 3 * e->syn_interval &&
		   e->syn_interval < 60 * SECOND;
	e->syn_intervals++;
	if (short_of && e->syn_intervals >= 3)
		report(s, RULE_RX02, e, SEEN(INTERVAL, d),
		    SEEN(OLD_INTERVAL, e->syn_interval),
		    SEEN(COPIES, e->syn_copies + 1));
	e->syn_interval = d;
}

static void
check_syn_copy(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (connection_is(s->c, CONN_OPEN))
		return;
	if (connection_is(s->c, CONN_REFUSED)) {
		/* It asks again: somebody may listen by now. */
		s->c->marks &= ~(unsigned)CONN_REFUSED;
		ta_belief_prove(s, p, STATE(CLOSED), TCPAUDIT_LISTEN);
	}
	e->syn_copies += e->syn_copies < UINT8_MAX;
	e->rtx_packets++;
	report(s, RULE_RX01, e, PROOF(e->isn_packet[0]), SEEN(ISN, s->seg->seq),
	    SEEN(COPIES, e->syn_copies), SEEN(INTERVAL, s->time - e->t_syn));
	check_syn_backoff(s);
	if ((p->marks & SYNACK_GOOD) && s->time - p->t_syn > ta_reach(e) &&
	    !(p->marks & SENT_RST))
		report(s, RULE_HS26, e, PROOF(p->synack_packet),
		    SEEN(DELAY, s->time - p->t_syn), SEEN(RTT, ta_rtt(e)));
}

/* A second ISN: either may be the old one (A.11, 3). */
static void
check_second_isn(struct step *s)
{
	struct endpoint *e = s->e;
	struct finding *f;

	report(s, RULE_HS09, e, PROOF(e->isn_packet[0]), SEEN(ISN, s->seg->seq),
	    SEEN(OLD_ISN, e->iss), SEEN(INTERVAL, s->time - e->t_syn));
	if (!connection_is(s->c, CONN_CLIENT_RESET))
		return;
	/* Seen near the server, the client's newer SYN comes after the RST
	 * with which it rejected the answer to the older one. */
	f = ta_finding(s->c, RULE_HS30, s->sender);
	if (f != NULL)
		ta_revise(s->t, s->c, f, RULE_RS08, s->sender,
		    CONFIDENCE(LIKELY), PROOF(e->isn_packet[0]),
		    PROOF(e->rst_packet), SEEN(OLD_ISN, e->iss),
		    SEEN(ISN, s->seg->seq), SEEN(ACK, e->iss + e->syn_length),
		    EXPECT(ACK, s->seg->seq + 1));
	s->c->marks &= ~(unsigned)CONN_CLIENT_RESET;
	s->c->marks |= CONN_HISTORICAL;
	e->marks &= ~(unsigned)SENT_RST;
	e->reset_count = 0;
}

static void
check_syn(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (!s->new_isn) {
		check_syn_copy(s);
	} else if (e->isn_count > 0) {
		check_second_isn(s);
	} else if ((p->marks & SENT_SYN) && !(p->marks & SENT_SYNACK) &&
		   p->isn[0] != s->seg->seq) {
		/* RFC 9293, Figure 7 and MUST-10. */
		s->c->marks |= CONN_SIMULTANEOUS;
		report(s, RULE_HS14, p, PROOF(p->syn_packet),
		    SEEN(ISN, s->seg->seq), SEEN(OLD_ISN, p->iss));
	}
	if (s->n > 0 && !(s->seg->options & OPTION_FASTOPEN) && s->new_isn)
		report(s, RULE_HS16, e, SEEN(LENGTH, s->n));
}

/* --------------------------------------------------------------- SYN-ACK */

int
ta_acknowledged_syn(const struct step *s)
{
	const struct endpoint *p = s->p;

	for (int i = 0; i < p->isn_count; i++) {
		uint32_t past = s->seg->ack - p->isn[i] - 1;

		if (past < (i == 0 ? p->syn_length : 1))
			return i;
	}
	return -1;
}

bool
ta_acknowledges_former(const struct step *s)
{
	const struct tombstone *tomb = s->c->flow->tomb;
	int side = !s->sender ^ s->c->client_side;

	return tomb != NULL && (tomb->side[side].marks & TOMB_ISS) &&
	       s->seg->ack == seq_raw(tomb->side[side].iss) + 1;
}

static void
check_synack_target(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int i;

	if (!(p->marks & SENT_SYN)) {
		if (connection_is(s->c, CONN_UNSOLICITED) && e->packets == 1 &&
		    !ta_acknowledges_former(s))
			report(s, RULE_HS13, e, SEEN(ACK, s->seg->ack),
			    SEEN(ISN, s->seg->seq));
		return;
	}
	i = ta_acknowledged_syn(s);
	if (i == 0)
		return;
	if (i > 0 || ta_acknowledges_former(s)) {
		report(s, RULE_HS05, e, PROOF(i > 0 ? p->isn_packet[i] : 0),
		    PROOF(p->isn_packet[0]), SEEN(ACK, s->seg->ack),
		    EXPECT(ACK, p->isn[0] + 1),
		    SEEN(OLD_ISN, i > 0 ? p->isn[i] : s->seg->ack - 1),
		    SEEN(ISN, p->isn[0]));
		return;
	}
	/* An older SYN, sent before the capture began, looks the same unless
	 * the capture is older than any segment can be (H.2). */
	if (s->t->time - s->t->t_start >= s->t->config.msl &&
	    !connection_lossy(s->c, s->time))
		report(s, RULE_HS04, e, SEVERITY(ERROR),
		    PROOF(p->isn_packet[0]), EXPECT(ACK, p->isn[0] + 1),
		    SEEN(ACK, s->seg->ack), SEEN(ISN, p->isn[0]));
	else
		report(s, RULE_HS04, e, PROOF(p->isn_packet[0]),
		    EXPECT(ACK, p->isn[0] + 1), SEEN(ACK, s->seg->ack),
		    SEEN(ISN, p->isn[0]));
}

static void
check_synack_copy(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	e->synack_copies += e->synack_copies < UINT8_MAX;
	e->rtx_packets++;
	report(s, RULE_RX04, e, PROOF(e->synack_packet), SEEN(ISN, s->seg->seq),
	    SEEN(COPIES, e->synack_copies), SEEN(INTERVAL, s->time - e->t_syn));
	if ((p->marks & SENT_THIRD_ACK) && s->seg->seq == seq_raw(e->iss) &&
	    s->time - p->t_ack > ta_reach(e))
		report(s, RULE_HS25, e, PROOF(p->third_packet),
		    SEEN(DELAY, s->time - p->t_ack));
}

static void
check_synack_isn(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if ((p->marks & SENT_RST) || (e->marks & SENT_RST) ||
	    e->t_killed != 0 || !endpoint_knows(e, KNOWS_ACK) ||
	    seq_raw(e->ack) != s->seg->ack)
		return;
	/* One answer to each copy of the SYN: servers that keep no state, or
	 * more than one behind an address. */
	report(s, RULE_HS07, e, PROOF(e->synack_packet), EXPECT(ISN, e->iss),
	    SEEN(ISN, s->seg->seq), SEEN(ACK, s->seg->ack),
	    SEVERITY_IF(p->syn_copies > 0, WARNING, ERROR),
	    DEMOTE_IF(p->syn_copies > 0 || !(p->marks & SENT_SYN) ||
		      (endpoint_knows(e, KNOWS_TTL) && e->ttl != s->seg->ttl)));
}

/* RFC 7413: what became of the text of the SYN. */
static void
check_syn_text(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	uint32_t text = p->syn_length - 1;
	uint32_t taken = s->seg->ack - (p->isn[0] + 1);

	if (!(p->marks & SYN_FASTOPEN) || p->syn_length < 2 ||
	    !endpoint_knows(p, KNOWS_ISS) || taken > text)
		return;
	if (taken == text)
		report(s, RULE_HS17, e, PROOF(p->syn_packet),
		    SEEN(LENGTH, text), SEEN(ACK, s->seg->ack));
	else
		report(s, RULE_HS18, e, PROOF(p->syn_packet),
		    SEEN(LENGTH, text - taken), SEEN(ACK, s->seg->ack),
		    EXPECT(ACK, p->isn[0] + 1 + text));
}

/* A SYN-ACK after its own refusal of the same SYN: one of the two is not its
 * own. */
static void
check_after_refusal(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (!connection_is(s->c, CONN_REFUSED) || !(e->marks & SENT_RST) ||
	    p->syn_copies > 0 || p->t_syn > e->t_rst)
		return;
	s->c->marks &= ~(unsigned)CONN_REFUSED;
	s->c->marks |= CONN_INJECTED;
	ta_check_forged(s, 3);
	ta_belief_prove(
	    s, e, STATE(SYN_RECEIVED) | STATE(LISTEN), TCPAUDIT_SYN_RECEIVED);
	ta_belief_prove(s, p, STATE(SYN_SENT), TCPAUDIT_SYN_SENT);
}

static void
check_synack(struct step *s)
{
	struct endpoint *e = s->e;

	check_after_refusal(s);
	if (s->new_isn && connection_is(s->c, CONN_OPEN)) {
		/* RFC 9293, 3.10.7.4, fourth: dropped, whatever it is. */
		report(s, RULE_RS17, e, SEEN(ISN, s->seg->seq),
		    SEEN(SND_NXT, e->max));
		s->old_incarnation = true;
		return;
	}
	check_synack_target(s);
	if (!(e->marks & SENT_SYNACK)) {
		check_syn_text(s);
		return; /* also of a simultaneous open: its ISN again */
	}
	if (s->new_isn)
		check_synack_isn(s);
	else
		check_synack_copy(s);
}

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
		report(s, RULE_HS10, e, PROOF(p->synack_packet),
		    EXPECT(ACK, p->iss + 1), SEEN(ACK, s->seg->ack));
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
		report(s, RULE_HS11, e, PROOF(e->syn_packet),
		    EXPECT(SEQ, first), SEEN(SEQ, s->seg->seq));
	} else if (s->q > e->max && s->n == 0 && !s->fin) {
		s->c->third_bad_packet = s->t->packet;
		s->c->third_bad_seq = s->q; /* decided when it ends (H.6) */
	}
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
	report(s, RULE_HS12, e, PROOF(p->syn_packet), SEEN(ACK, s->seg->ack),
	    SEEN(SEQ, s->seg->seq), EXPECT(ACK, p->isn[0] + 1));
	if (c->owner_side == (s->sender ^ c->client_side)) {
		report(s, RULE_TW06, e, PROOF(p->syn_packet),
		    SEEN(ACK, s->seg->ack), SEEN(SEQ, s->seg->seq));
		c->done |= DONE_REUSE;
		ta_belief_prove(s, e, STATE(TIME_WAIT), TCPAUDIT_TIME_WAIT);
	} else {
		report(s, RULE_RS03, e, PROOF(p->syn_packet),
		    SEEN(ACK, s->seg->ack), SEEN(SEQ, s->seg->seq));
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
	report(s, RULE_HS12, s->e, PROOF(new->first_packet),
	    SEEN(ACK, s->seg->ack), SEEN(SEQ, s->seg->seq),
	    EXPECT(ACK, new->end[TCPAUDIT_CLIENT].isn[0] + 1));
	report(s, RULE_RS03, s->e, PROOF(new->first_packet),
	    SEEN(ACK, s->seg->ack), SEEN(SEQ, s->seg->seq));
}

void
ta_check_handshake_sent(struct step *s)
{
	check_challenge(s);
	switch (s->class) {
	case CLASS_SYN:
		check_syn(s);
		break;
	case CLASS_SYNACK:
		check_synack(s);
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

/* A connection to itself (RFC 9293, Appendix A.2): one TCB, whose packets are
 * each sent and received by it.  It is followed, not judged. */
void
ta_check_self(struct step *s)
{
	struct endpoint *e = s->e;

	e->marks |= s->syn ? SENT_SYN : 0;
	if (s->rst || s->fin) {
		ta_belief_prove(s, e, STATES_ALL, TCPAUDIT_CLOSED);
	} else if (s->class == CLASS_SYN) {
		ta_belief_prove(s, e, STATES_ALL, TCPAUDIT_SYN_SENT);
	} else if (s->class == CLASS_SYNACK) {
		ta_belief_prove(s, e, STATES_ALL, TCPAUDIT_SYN_RECEIVED);
	} else {
		ta_belief_prove(s, e, STATES_ALL, TCPAUDIT_ESTABLISHED);
		if (!connection_is(s->c, CONN_OPEN) && (e->marks & SENT_SYN))
			report(s, RULE_HS24, e, SEEN(SEQ, s->seg->seq));
		s->c->marks |= CONN_OPEN;
	}
}

/* ----------------------------------------------------------------- after */

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
		e->marks |= SENT_THIRD_ACK;
		e->third_packet = s->t->packet;
		if (p->t_synack_first != 0 && p->synack_copies == 0 &&
		    (e->rtt < 0 || s->time - p->t_synack_first < e->rtt))
			e->rtt = s->time - p->t_synack_first;
	}
	if (!connection_is(c, CONN_OPEN)) {
		c->marks |= CONN_OPEN;
		c->marks &= ~(unsigned)(CONN_CLIENT_RESET | CONN_SERVER_RESET |
					CONN_WITHDRAWN | CONN_REFUSED);
		e->marks &= ~(unsigned)(SENT_RST | RST_ACCEPTED);
		p->marks &= ~(unsigned)(SENT_RST | RST_ACCEPTED);
	}
}
