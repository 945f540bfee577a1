/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Text and acknowledgments of an open connection that go on where their sender
 * stands: nearly all segments of a long transfer, whatever was lost of it
 * before.  Of these most rules have nothing to say, and one question answers
 * for all of them.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "check.h"

/* Text or an ACK of an open connection that neither end has closed, and that
 * nothing else is in the way of: what is to be said of handshakes, closes and
 * TIME-WAIT does not concern it. */
static inline bool
is_transfer(const struct step *s)
{
	const struct connection *c = s->c;
	const struct endpoint *e = s->e, *p = s->p;
	bool opener =
	    !(p->marks & SENT_SYNACK || (c->marks & CONN_SIMULTANEOUS));

	return (s->class == CLASS_ACK || s->class == CLASS_DATA) &&
	       connection_is(c, CONN_OPEN) && !s->old_incarnation &&
	       !((e->known | p->known) & KNOWS_FIN) &&
	       !((e->marks | p->marks) & FIN_ACKED) &&
	       (e->marks & (SENT_SYN | SENT_SYNACK)) && p->isn_count > 0 &&
	       (opener || (e->marks & SENT_THIRD_ACK)) &&
	       (e->t_timewait | p->t_timewait) == 0 &&
	       (e->t_acked_fin | p->t_acked_fin) == 0 &&
	       !(c->done & DOUBTS_OWNER) && c->flow->challenger == NULL;
}

/* Whether no rule can speak of a segment whose numbers are known, but those of
 * the acknowledgment itself: check_ack.c, check_sack.c, and what judge.c asks
 * for beside them.  Then neither state moves. */
bool ta_transfer_is_smooth(const struct step *);

#endif
