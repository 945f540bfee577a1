/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* HS: SYNs, first and repeated (RFC 9293, 3.5; RFC 6298, 5.5), and a connection
 * to itself. */
#include "belief.h"
#include "check.h"
#include "flood.h"

#include <string.h>

/* ------------------------------------------------------------- addresses */

/* The host itself, whatever the network (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3).
 */
static bool
is_loopback(const struct segment *seg)
{
	static const struct tcpaudit_address one = { { [15] = 1 } };

	if (seg->family == 4)
		return seg->source.bytes[0] == 127;
	return memcmp(&seg->source, &one, sizeof(one)) == 0;
}

/* Multicast, limited broadcast, unspecified: no one host.  The broadcast of a
 * subnet looks like any address. */
static bool
is_no_host(const struct segment *seg, const struct tcpaudit_address *x)
{
	static const struct tcpaudit_address none;

	if (memcmp(x, &none, sizeof(none)) == 0)
		return true;
	if (seg->family == 4)
		return x->bytes[0] >> 4 == 14 ||
		       memcmp(x->bytes, "\xff\xff\xff\xff", 4) == 0;
	return x->bytes[0] == 0xff;
}

/* RFC 9293, 3.9.2.3, MUST-57 and MUST-63: such a SYN is silently discarded. */
void
ta_check_address(struct step *s)
{
	const struct segment *seg = s->seg;
	bool answered = s->class == CLASS_SYNACK;

	if (is_no_host(seg, &seg->source) || is_no_host(seg, &seg->destination))
		report(s, RULE_HS22, s->e,
		    PROOF(answered ? s->p->syn_packet : 0),
		    SEVERITY_IF(answered, ERROR, NOTE),
		    SEEN(FLAGS, seg->flags));
}

/* ---------------------------------------------------------------- copies */

/* RFC 6298, 5.5: each interval at least doubles; one half is tolerance.
 * Linux sends up to four SYNs a second apart before it backs off. */
static void
check_syn_backoff(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t d = s->time - e->t_syn;
	bool short_of,
	    linear = d >= 900 * MILLISECOND && d <= 1100 * MILLISECOND;

	if (d < NO_TIMER)
		return; /* the network's copy */
	if (linear && e->linear_syns < 4) {
		e->linear_syns++;
		return;
	}
	short_of = e->syn_interval != 0 && 2 * d < 3 * e->syn_interval &&
		   e->syn_interval < 60 * SECOND;
	e->syn_intervals += e->syn_intervals < UINT8_MAX;
	if (short_of && e->syn_intervals >= 3)
		report(s, RULE_RX02, e, SEEN(INTERVAL, d),
		    EXPECT(INTERVAL, 2 * e->syn_interval),
		    SEEN(OLD_INTERVAL, e->syn_interval),
		    SEEN(COPIES, e->syn_copies + 1));
	/* More than twice: one of them was not captured. */
	e->syn_interval =
	    e->syn_interval != 0 && 2 * d > 5 * e->syn_interval ? 0 : d;
}

/* Its sender has acknowledged the SYN-ACK and sends no SYN any more: the
 * network has kept this one, or somebody else has sent it. */
static void
check_syn_late(struct step *s)
{
	struct endpoint *e = s->e;

	if (endpoint_may_be(e, STATE(CLOSED) | STATE(TIME_WAIT)) ||
	    endpoint_knows(e, KNOWS_FIN) ||
	    (s->c->marks & (CONN_SIMULTANEOUS | CONN_DUPLICATES)))
		return;
	report(s, RULE_HS27, e, PROOF(e->syn_packet), SEEN(SEQ, s->seg->seq),
	    SEEN(ELAPSED, s->time - e->t_syn));
}

/* RFC 7413, 4.2.2: without the text or the option, for what drops such. */
static void
check_fallback(struct step *s)
{
	struct endpoint *e = s->e;

	if (!(e->marks & SYN_FASTOPEN) || s->seg->header_cut)
		return;
	if (!(s->seg->options & OPTION_FASTOPEN) || s->length < e->syn_length)
		report(s, RULE_HS19, e, PROOF(e->isn_packet[0]),
		    SEEN(LENGTH, e->syn_length - s->length),
		    SEEN(COPIES, e->syn_copies));
}

static void
check_syn_copy(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (connection_is(s->c, CONN_OPEN)) {
		check_syn_late(s);
		return;
	}
	if (connection_is(s->c, CONN_REFUSED)) {
		/* It asks again: somebody may listen by now. */
		s->c->marks &= ~(unsigned)CONN_REFUSED;
		ta_belief_prove(s, p, STATE(CLOSED), TCPAUDIT_LISTEN);
	}
	e->syn_copies += e->syn_copies < UINT8_MAX;
	if (e->syn_copies == 1)
		ta_flood_repeat(s->t, s->c);
	e->rtx_packets++;
	report(s, RULE_RX01, e, PROOF(e->isn_packet[0]), SEEN(ISN, s->seg->seq),
	    SEEN(COPIES, e->syn_copies), SEEN(INTERVAL, s->time - e->t_syn));
	check_syn_backoff(s);
	check_fallback(s);
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
	if (s->new_isn)
		ta_check_address(s);
}

/* ---------------------------------------------------------------- itself */

/* A connection to itself (RFC 9293, Appendix A.2): one TCB, whose packets are
 * each sent and received by it.  It is followed, not judged. */
void
ta_check_self(struct step *s)
{
	struct endpoint *e = s->e;
	bool on_a_network = s->seg->link_address && !is_loopback(s->seg);

	e->marks |= s->syn ? SENT_SYN : 0;
	if (s->rst || s->fin) {
		ta_belief_prove(s, e, STATES_ALL, TCPAUDIT_CLOSED);
	} else if (s->class == CLASS_SYN) {
		ta_belief_prove(s, e, STATES_ALL, TCPAUDIT_SYN_SENT);
		if (on_a_network)
			report(s, RULE_HS23, e, SEEN(SEQ, s->seg->seq));
	} else if (s->class == CLASS_SYNACK) {
		ta_belief_prove(s, e, STATES_ALL, TCPAUDIT_SYN_RECEIVED);
	} else {
		ta_belief_prove(s, e, STATES_ALL, TCPAUDIT_ESTABLISHED);
		if (!connection_is(s->c, CONN_OPEN) && (e->marks & SENT_SYN) &&
		    !on_a_network)
			report(s, RULE_HS24, e, SEEN(SEQ, s->seg->seq));
		s->c->marks |= CONN_OPEN;
	}
}
