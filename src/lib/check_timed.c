/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Rules of the handshake that a timer decides, and what is decided when an
 * incarnation ends. */
#include "check.h"

#define T_SYN_LEAST (180 * SECOND) /* RFC 9293, 3.8.3, MUST-23 */

void
ta_check_no_answer(struct tcpaudit *t, struct connection *c, bool grace)
{
	struct endpoint *e = &c->end[TCPAUDIT_CLIENT];
	int64_t span = e->t_syn - e->t_syn_first;

	if (c->marks & (CONN_BAD_REFUSAL | CONN_SELF | CONN_MISSING_HANDSHAKE))
		return;
	if (c->end[TCPAUDIT_SERVER].packets > 0)
		return;
	ta_report(t, c, RULE_HS02, TCPAUDIT_CLIENT, AT(e->isn_packet[0]),
	    PROOF(e->syn_packet), PROOFS_OF(RULE_RX01, TCPAUDIT_CLIENT),
	    SEEN(COPIES, e->syn_copies + 1), SEEN(ISN, e->iss),
	    SEEN(WAITED, t->time - e->t_syn_first), DEMOTE_IF(grace));
	/* An ICMP error is reason enough (3.9.2.2). */
	if (!grace && e->syn_copies > 0 && span < T_SYN_LEAST &&
	    !ta_icmp_told(c, TCPAUDIT_CLIENT))
		ta_report(t, c, RULE_RX03, TCPAUDIT_CLIENT,
		    AT(e->isn_packet[0]), PROOF(e->syn_packet),
		    SEEN(COPIES, e->syn_copies + 1), SEEN(ELAPSED, span),
		    EXPECT(ELAPSED, T_SYN_LEAST));
}

/* Who waits, for what, and how long (H.1: the client owes nothing for a
 * SYN-ACK that was lost on its way). */
void
ta_check_no_third_ack(struct tcpaudit *t, struct connection *c, bool grace)
{
	struct endpoint *client = &c->end[TCPAUDIT_CLIENT];
	struct endpoint *server = &c->end[TCPAUDIT_SERVER];
	bool syn_again =
	    client->syn_copies > 0 &&
	    client->t_syn > server->t_synack_first + ta_reach(client);

	if (!(client->marks & SENT_SYN) || !(server->marks & SYNACK_GOOD) ||
	    (c->marks & CONN_HISTORICAL))
		return;
	if (!grace)
		c->marks |= CONN_HS_TIMEOUT;
	if (c->third_bad_packet != 0 ||
	    ta_finding(c, RULE_HS11, TCPAUDIT_CLIENT) != NULL)
		return; /* it came, and was of no use */
	/* At the end of a capture, a server that has asked again and again
	 * proves more than one that has just asked. */
	ta_report(t, c, RULE_HS01, TCPAUDIT_CLIENT, AT(server->synack_packet),
	    PROOF(client->syn_packet), PROOF(server->last_packet),
	    PROOFS_OF(RULE_RX04, TCPAUDIT_SERVER), EXPECT(ACK, server->iss + 1),
	    SEEN(ISN, server->iss),
	    SEEN_IF(
		server->synack_copies > 0, COPIES, server->synack_copies + 1),
	    SEEN_IF(server->synack_copies > 0, ELAPSED,
		server->t_syn - server->t_synack_first),
	    SEEN(WAITED, t->time - server->t_synack_first),
	    SEVERITY_IF((client->marks & IS_LOCAL) && !grace, ERROR, WARNING),
	    DEMOTE_IF(syn_again || connection_lossy(c, t->time) ||
		      (grace && server->synack_copies < 3)));
}

/* What is known of the round trips at the end tells the path from the host. */
void
ta_check_slow(struct tcpaudit *t, struct connection *c)
{
	const struct endpoint *client = &c->end[TCPAUDIT_CLIENT];
	const struct endpoint *server = &c->end[TCPAUDIT_SERVER];
	const tcpaudit_packet_id at[2] = { client->third_packet,
		server->synack_packet };
	int64_t took[2] = { c->third_delay * (SECOND / 100), 0 };

	if (!connection_is(c, CONN_OPEN) || !(client->marks & SENT_SYN) ||
	    !(server->marks & SENT_SYNACK) || client->rtt < 0 ||
	    server->rtt < 0 || connection_is(c, CONN_SIMULTANEOUS) ||
	    t->t_step_back != 0 || connection_lossy(c, t->time))
		return;
	if (client->syn_copies == 0)
		took[TCPAUDIT_SERVER] =
		    server->t_synack_first - client->t_syn_first;
	for (int i = 0; i < 2; i++) {
		int64_t slow = took[i] - ta_rtt(&c->end[i]);

		if (slow > T_SLOW && at[i] != 0)
			ta_report(t, c, RULE_HS32, i, AT(at[i]),
			    PROOF(
				i ? client->syn_packet : server->synack_packet),
			    SEEN(DELAY, slow), SEEN(RTT, ta_rtt(&c->end[i])));
	}
}

void
ta_check_end(struct tcpaudit *t, struct connection *c, bool at_eof)
{
	const struct endpoint *client = &c->end[TCPAUDIT_CLIENT];
	const struct endpoint *server = &c->end[TCPAUDIT_SERVER];

	for (int i = 0; i < 2; i++) {
		struct endpoint *x = &c->end[i];

		ta_check_retransmit_end(t, c, i);
		ta_check_timestamp_clock(t, c, i);
		if (x->notes.t_inexact != 0)
			ta_check_inexact_end(t, c, i);
		if (x->doubt_end != 0)
			ta_check_doubt(t, c, i);
		if (x->over_end != 0 && !connection_lossy(c, t->time))
			ta_check_over_window(t, c, i, false);
		if (x->keepalives >= 2 && !at_eof &&
		    !(c->end[!i].marks & SENT_RST) && !(x->marks & SENT_RST))
			ta_check_keepalive_death(t, c, i, true);
	}
	/* What is lost before the monitor comes again, if its sender lives. */
	if (c->third_bad_packet != 0 && !at_eof &&
	    !connection_lossy(c, t->time) && !(c->marks & CONN_HALF_OPEN) &&
	    !((c->end[0].marks | c->end[1].marks) & SENT_RST) &&
	    client->contig < c->third_bad_seq)
		ta_check_third_sequence(t, c, TCPAUDIT_CLIENT,
		    c->third_bad_packet, c->third_bad_seq,
		    client->t_last - server->t_syn > 3 * SECOND);
	ta_check_slow(t, c);
	ta_check_capture_end(t, c);
}
