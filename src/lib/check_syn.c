/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* HS: SYNs, first and repeated (RFC 9293, 3.5; RFC 6298, 5.5), and a connection
 * to itself. */
#include "belief.h"
#include "check.h"

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
		ta_check_historical(s, f);
	s->c->marks &= ~(unsigned)CONN_CLIENT_RESET;
	s->c->marks |= CONN_HISTORICAL;
	e->marks &= ~(unsigned)SENT_RST;
	e->reset_count = 0;
}

void
ta_check_syn(struct step *s)
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
