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
	    client->gaps != NULL && client->contig < c->third_bad_seq)
		ta_report(t, c, RULE_HS11, TCPAUDIT_CLIENT,
		    AT(c->third_bad_packet), SEEN(SEQ, c->third_bad_seq),
		    EXPECT(SEQ, client->iss + 1),
		    SEVERITY_IF(client->t_last - server->t_syn > 3 * SECOND,
			ERROR, WARNING));
	ta_check_capture_end(t, c);
}
