/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* HS: SYN-ACKs, and which SYN they answer (RFC 9293, 3.10.7.2 and .3). */
#include "belief.h"
#include "check.h"

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

void
ta_check_synack(struct step *s)
{
	struct endpoint *e = s->e;

	check_after_refusal(s);
	if (s->new_isn && connection_is(s->c, CONN_OPEN)) {
		/* RFC 9293, 3.10.7.4, fourth: dropped, whatever it is. */
		ta_check_stray(
		    s->t, s->c, s->sender, s->t->packet, s->seg->seq, false);
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
