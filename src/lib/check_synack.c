/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* HS: SYN-ACKs, and which SYN they answer (RFC 9293, 3.10.7.2 and .3). */
#include "belief.h"
#include "check.h"
#include "clock.h"
#include "flood.h"

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

/* It acknowledges no SYN of its receiver.  An older SYN, sent before the
 * capture began, looks the same unless the capture is older than any segment
 * can be (RFC 9293, 3.5, Figure 8). */
static void
check_wrong_ack(struct step *s)
{
	const struct endpoint *p = s->p;
	bool sure =
	    ta_clock_covers(s->t, s->time) && !connection_lossy(s->c, s->time);

	report(s, RULE_HS04, s->e, SEVERITY_IF(sure, ERROR, WARNING),
	    CONFIDENCE_IF(sure, LIKELY, POSSIBLE), PROOF(p->isn_packet[0]),
	    EXPECT(ACK, p->isn[0] + 1), SEEN(ACK, s->seg->ack),
	    SEEN(ISN, p->isn[0]));
}

/* A retransmission acknowledges what has come meanwhile (RFC 9293, 3.10.8). */
static bool
is_current_ack(const struct step *s)
{
	const struct endpoint *p = s->p;

	return (s->e->marks & SYNACK_GOOD) && (p->marks & SENT_THIRD_ACK) &&
	       s->a > p->iss && s->a <= p->max;
}

/* The same SYN-ACK again, and only its acknowledgment is now wrong.  That of
 * another SYN would have another ISN, or acknowledge that SYN. */
static bool
check_other_ack(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (!(e->marks & SENT_SYNACK) || !(e->marks & SYNACK_GOOD) ||
	    s->new_isn || s->seg->ack == seq_raw(e->ack) ||
	    ta_acknowledged_syn(s) >= 0 || ta_acknowledges_former(s))
		return false;
	report(s, RULE_HS08, e, PROOF(e->synack_packet),
	    PROOF(p->isn_packet[0]), SEEN(ISN, s->seg->seq),
	    EXPECT(ACK, e->ack), SEEN(ACK, s->seg->ack),
	    DEMOTE_IF(connection_lossy(s->c, s->time)));
	return true;
}

/* RFC 9293, 3.10.7.3, first: a SYN-SENT that receives it sends a reset, and so
 * does a CLOSED.  But it may not have received it, or its reset may have been
 * lost before it passed. */
void
ta_check_not_reset(
    struct step *s, tcpaudit_packet_id packet, uint32_t ack, int64_t waited)
{
	struct endpoint *e = s->e;
	bool local = e->marks & IS_LOCAL;

	if (s->rst || (e->marks & SENT_SYNACK) ||
	    connection_lossy(s->c, s->time))
		return;
	report(s, RULE_HS06, e, AT(packet), PROOF(s->t->packet),
	    SEVERITY_IF(local, ERROR, WARNING),
	    CONFIDENCE_IF(local, LIKELY, POSSIBLE), EXPECT(SEQ, ack),
	    SEEN(WAITED, waited));
}

/* The client answers the SYN-ACK by a SYN-ACK.  Only who has received a SYN
 * without ACK sends one (RFC 9293, 3.10.7.3); the server sent none, so it is a
 * third segment with a wrong number and a SYN too much, which a server in
 * SYN-RECEIVED drops (3.10.7.4, first and fourth). */
static void
check_synack_to_synack(struct step *s)
{
	s->unbelieved = s->judged = true;
	if (ta_acknowledged_syn(s) < 0)
		check_wrong_ack(s);
	else
		ta_check_third_sequence(s->t, s->c, s->sender, s->t->packet,
		    s->seg->seq, false); /* its SYN may have been missed */
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
	if (i == 0 || is_current_ack(s))
		return;
	if (check_other_ack(s))
		return;
	if (i > 0 || ta_acknowledges_former(s)) {
		report(s, RULE_HS05, e, PROOF(i > 0 ? p->isn_packet[i] : 0),
		    PROOF(p->isn_packet[0]), SEEN(ACK, s->seg->ack),
		    EXPECT(ACK, p->isn[0] + 1),
		    SEEN(OLD_ISN, i > 0 ? p->isn[i] : s->seg->ack - 1),
		    SEEN(ISN, p->isn[0]));
		return;
	}
	check_wrong_ack(s);
}

/* RFC 6298, 5.5: each interval at least doubles; one half is tolerance.  Only
 * its timer is meant: what the client sent in between may have asked for it. */
static void
check_synack_backoff(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t d = s->time - e->t_syn;

	if (d < NO_TIMER)
		return; /* it answers a copy of the SYN */
	if (s->p->t_last >= e->t_syn || connection_lossy(s->c, s->time)) {
		e->syn_interval = 0;
		e->syn_intervals = 0;
		return;
	}
	e->syn_intervals += e->syn_intervals < UINT8_MAX;
	if (e->syn_intervals >= 3 && 2 * d < 3 * e->syn_interval &&
	    e->syn_interval < 60 * SECOND)
		report(s, RULE_RX05, e, SEEN(INTERVAL, d),
		    EXPECT(INTERVAL, 2 * e->syn_interval),
		    SEEN(OLD_INTERVAL, e->syn_interval),
		    SEEN(COPIES, e->synack_copies));
	/* More than twice: one of them was not captured. */
	e->syn_interval =
	    e->syn_interval != 0 && 2 * d > 5 * e->syn_interval ? 0 : d;
}

static void
check_synack_copy(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	e->synack_copies += e->synack_copies < UINT8_MAX;
	ta_flood_synack_copy(s->t, s->c, e->synack_copies);
	e->rtx_packets++;
	if (s->c->third_bad_packet != 0 && !connection_is(s->c, CONN_OPEN) &&
	    s->time - p->t_last > ta_reach(e)) {
		/* It was not taken: nobody has lost what lies before it. */
		ta_check_third_sequence(s->t, s->c, !s->sender,
		    s->c->third_bad_packet, s->c->third_bad_seq, true);
		s->c->third_bad_packet = 0;
	}
	report(s, RULE_RX04, e, PROOF(e->synack_packet), SEEN(ISN, s->seg->seq),
	    SEEN(COPIES, e->synack_copies), SEEN(INTERVAL, s->time - e->t_syn));
	if (!(e->marks & SENT_SYN))
		check_synack_backoff(s);
	if ((p->marks & SENT_THIRD_ACK) && s->seg->seq == seq_raw(e->iss) &&
	    s->time - p->t_ack > ta_reach(e)) {
		ta_flood_trouble(s->t, s->c);
		e->third_refuted += e->third_refuted < UINT8_MAX;
		report(s, RULE_HS25, e, PROOF(p->third_packet),
		    SEEN(DELAY, s->time - p->t_ack));
	}
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

static void
check_first_synack(struct step *s)
{
	check_syn_text(s);
	if (s->n > 0)
		report(s, RULE_HS33, s->e, SEEN(LENGTH, s->n));
	if (s->p->marks & SENT_SYN)
		ta_check_address(s);
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

/* After its challenge the server takes the same SYN: the reset that let it was
 * not captured (RFC 9293, 3.5.1, Figure 9). */
static void
check_after_challenge(struct step *s)
{
	struct endpoint *e = s->e;

	if (!(e->marks & CHALLENGED_SYN) || ta_acknowledged_syn(s) < 0)
		return;
	e->marks &= ~(unsigned)CHALLENGED_SYN;
	s->c->owner_side = 2;
	ta_belief_prove(
	    s, e, STATE(SYN_RECEIVED) | STATE(LISTEN), TCPAUDIT_SYN_RECEIVED);
}

void
ta_check_synack(struct step *s)
{
	struct endpoint *e = s->e;

	check_after_refusal(s);
	check_after_challenge(s);
	if (s->new_isn && connection_is(s->c, CONN_OPEN)) {
		/* RFC 9293, 3.10.7.4, fourth: dropped, whatever it is. */
		ta_check_stray(
		    s->t, s->c, s->sender, s->t->packet, s->seg->seq, false);
		s->old_incarnation = true;
		return;
	}
	if ((s->p->marks & (SENT_SYNACK | SENT_SYN)) == SENT_SYNACK &&
	    (e->marks & (SENT_SYNACK | SENT_SYN)) == SENT_SYN &&
	    !connection_is(s->c, CONN_OPEN)) {
		check_synack_to_synack(s);
		return;
	}
	check_synack_target(s);
	if (!(e->marks & SENT_SYNACK)) {
		check_first_synack(s);
		return; /* also of a simultaneous open: its ISN again */
	}
	if (s->new_isn)
		check_synack_isn(s);
	else
		check_synack_copy(s);
}
