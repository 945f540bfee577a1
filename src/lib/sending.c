/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "sending.h"

enum fsm_send
ta_sending_column(const struct step *s)
{
	const struct endpoint *e = s->e;

	switch (s->class) {
	case CLASS_SYN:
		return s->new_isn ? SEND_SYN : SEND_SYN_AGAIN;
	case CLASS_SYNACK:
		return SEND_SYNACK;
	case CLASS_FIN:
		return s->fin_copy ? SEND_FIN_AGAIN : SEND_FIN;
	case CLASS_RST:
		/* From SYN-SENT a RST of a valid SYN-ACK is an abort; from
		 * SYN-RECEIVED one with another number is a reply. */
		if (endpoint_may_be(e, STATE(SYN_SENT)))
			return (endpoint_knows(e, KNOWS_SENT) &&
				   s->q == e->max &&
				   (s->p->marks & SYNACK_GOOD))
				   ? SEND_RST_ABORT
				   : SEND_RST_REPLY;
		return endpoint_knows(e, KNOWS_SENT) && s->seg->seq != 0 &&
			       (s->q != e->max || e->unseen_to != 0)
			   ? SEND_RST_REPLY
			   : SEND_RST_ABORT;
	case CLASS_DATA:
		if (s->range == RANGE_KEEPALIVE || s->range == RANGE_PROBE)
			return SEND_ACK;
		return s->new_data ? SEND_DATA : SEND_DATA_AGAIN;
	case CLASS_ACK:
	case CLASS_NONE:
		break;
	}
	return SEND_ACK;
}

uint16_t
ta_sending_states(const struct step *s)
{
	const struct endpoint *p = s->p;

	if (s->rst || s->syn || !s->has_ack || !endpoint_knows(p, KNOWS_FIN))
		return STATES_ALL;
	if (s->a != p->fin + 1)
		return (uint16_t)~STATES_AFTER_FIN;
	/* Its FIN acknowledged ours in every copy: the ACK is processed
	 * before the FIN (3.10.7.4, fifth and eighth), so not CLOSING. */
	if (endpoint_knows(s->e, KNOWS_FIN) && !(p->marks & FIN_CROSSED))
		return STATES_AFTER_FIN & ~STATE(CLOSING);
	return STATES_AFTER_FIN;
}

/* Retransmitted data refutes the acknowledgment of a FIN only if it really is
 * a copy, not a late first appearance. */
static bool
is_copy(const struct step *s)
{
	return s->range != RANGE_REORDERED && s->range != RANGE_REPAIR &&
	       s->range != RANGE_UNCERTAIN && s->range != RANGE_NETWORK_COPY;
}

uint16_t
ta_sending_from(const struct step *s, uint8_t state, enum fsm_send what)
{
	if (what == SEND_DATA && state == TCPAUDIT_SYN_RECEIVED)
		/* With Fast Open a server answers before the third ACK
		 * (RFC 7413, 4.2.2). */
		return s->p->marks & FASTOPEN_TAKEN ? STATE(SYN_RECEIVED) : 0;
	if ((what == SEND_DATA_AGAIN || what == SEND_FIN_AGAIN) && !is_copy(s))
		return 1u << state;
	return ta_fsm_send(state, what);
}

uint16_t
ta_sending_set(const struct step *s, uint16_t set, enum fsm_send what)
{
	uint16_t after = 0;

	for (; set != 0; set &= set - 1)
		after |= ta_sending_from(s, ta_fsm_lowest(set), what);
	return after;
}

uint16_t
ta_sending_default(const struct step *s)
{
	switch (s->class) {
	case CLASS_SYN:
		return STATE(SYN_SENT);
	case CLASS_SYNACK:
		return STATE(SYN_RECEIVED);
	case CLASS_DATA:
		return STATE(ESTABLISHED) | STATE(CLOSE_WAIT);
	case CLASS_FIN:
		return STATE(FIN_WAIT_1) | STATE(CLOSING) | STATE(LAST_ACK);
	case CLASS_RST:
		return STATE(CLOSED);
	case CLASS_ACK:
	case CLASS_NONE:
		break;
	}
	return STATE(SYN_RECEIVED) | STATES_SYNCHRONIZED;
}

uint16_t
ta_sending_either(const struct step *s, enum fsm_send what)
{
	const struct endpoint *e = s->e;
	uint16_t set = e->possible & ta_sending_states(s);

	/* A RST before the connection is synchronized. */
	if (s->rst)
		return ta_sending_set(s,
		    set & (STATE(SYN_SENT) | STATE(SYN_RECEIVED)),
		    what == SEND_RST_ABORT ? SEND_RST_REPLY : SEND_RST_ABORT);
	/* A FIN seen for the first time below what was seen already: sent
	 * before, and late, or again. */
	if (what == SEND_FIN && endpoint_knows(e, KNOWS_SENT) &&
	    s->end <= e->max)
		return ta_sending_set(s, set, SEND_FIN_AGAIN) |
		       (set & (STATES_SYNCHRONIZED &
				  ~(STATE(ESTABLISHED) | STATE(CLOSE_WAIT))));
	return 0;
}
