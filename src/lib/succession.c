/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What follows a connection that is over, and is not begun by a SYN that was
 * seen: the next incarnation of its tuple. */
#include "incarnation.h"

#include "belief.h"
#include "tombstone.h"

/* Its client answered the SYN-ACK with a reset, which leaves neither end a
 * connection (RFC 9293, 3.10.7.3, first; 3.10.7.4, second: SYN-RECEIVED returns
 * to LISTEN).  One that had a connection after all, the reset being somebody
 * else's, would have acknowledged the SYN-ACK at once (3.10.7.3, fourth).  What
 * the client sends when that is long past belongs to none: a scanner whose
 * host has reset its handshake asks its question all the same. */
bool
ta_is_past(const struct tcpaudit *t, const struct connection *c, int side,
    const struct step *s)
{
	const struct endpoint *x = &c->end[TCPAUDIT_CLIENT];
	const struct endpoint *y = &c->end[TCPAUDIT_SERVER];

	return side == c->client_side && s->has_ack && !s->rst &&
	       connection_is(c, CONN_CLIENT_RESET) &&
	       !((x->marks | y->marks) & SENT_PLAIN) &&
	       x->nominal == TCPAUDIT_CLOSED &&
	       (STATE(LISTEN) | STATE(CLOSED)) & (1u << y->nominal) &&
	       t->time - c->t_last >= T_REBOOT;
}

/* A listener whose connection is gone takes a late copy of its SYN for a new
 * one (RFC 9293, 3.5, Figure 8, with the client in CLOSED): with a number of
 * its own that it did not use before. */
bool
ta_answers_old_syn(
    const struct connection *c, int side, const struct segment *seg)
{
	const struct endpoint *e = &c->end[TCPAUDIT_SERVER];
	const struct endpoint *p = &c->end[TCPAUDIT_CLIENT];
	const uint16_t gone = STATE(CLOSED) | STATE(TIME_WAIT);

	if (side == c->client_side || !connection_is(c, CONN_OPEN) ||
	    !(e->marks & SENT_SYNACK) || !(p->marks & SENT_SYN) ||
	    !endpoint_is(p, gone) ||
	    !endpoint_may_be(e, STATE(CLOSED) | STATE(LISTEN)))
		return false;
	for (unsigned i = 0; i < e->isn_count; i++)
		if (e->isn[i] == seg->seq)
			return false;
	return seg->ack - p->isn[0] - 1 < p->syn_length;
}

void
ta_connection_haunt(struct connection *c, const struct endpoint *x)
{
	struct endpoint *e = &c->end[TCPAUDIT_CLIENT];
	/* Since the SYN-ACK was acknowledged: this one is what the server has
	 * received.  If not, it came by another way, or was sent before. */
	bool seen = x->t_syn > x->t_acked_syn;

	c->marks &= ~(unsigned)(CONN_MIDSTREAM | CONN_UNSOLICITED);
	c->marks |= CONN_SYN_SEEN | CONN_OLD_SYN;
	if (seen) {
		c->t_first = e->t_syn_first = x->t_syn;
		c->first_packet = x->syn_packet;
	}
	e->isn[0] = x->isn[0];
	e->isn_packet[0] = e->syn_packet =
	    seen ? x->syn_packet : x->isn_packet[0];
	e->isn_count = 1;
	e->iss = seq_first(x->isn[0]);
	e->syn_length = x->syn_length;
	e->max = e->contig = e->iss + x->syn_length;
	e->known |= KNOWS_ISS | KNOWS_SENT;
	e->marks |= SENT_SYN;
	e->t_syn = x->t_syn;
	c->end[TCPAUDIT_SERVER].marks |= PASSIVE;
	ta_belief_begin(e, STATE(SYN_SENT) | (x->possible & STATE(TIME_WAIT)),
	    TCPAUDIT_CLOSED);
	ta_belief_begin(&c->end[TCPAUDIT_SERVER],
	    STATE(CLOSED) | STATE(SYN_RECEIVED), TCPAUDIT_LISTEN);
}

/* To TIME-WAIT a SYN-ACK is a segment with a wrong number, to be acknowledged
 * (RFC 9293, 3.10.7.4, first). */
bool
ta_answers_for_former(
    const struct connection *c, int side, const struct segment *seg)
{
	return connection_is(c, CONN_OLD_SYN) && !connection_is(c, CONN_OPEN) &&
	       side == c->client_side &&
	       !(seg->flags & (FLAG_SYN | FLAG_RST)) &&
	       (seg->flags & FLAG_ACK) && ta_tombstone_continues(c, side, seg);
}
