/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "fact.h"

#include "fsm.h"

/* What of p may have reached x: all of it, or only what passed since
 * `since`. */
static unsigned
facts(const struct endpoint *x, const struct endpoint *p, int64_t since)
{
	unsigned what = 0;

	if ((p->marks & SENT_SYN) && p->t_syn > since)
		what |= RECEIVE_SYN;
	if ((p->marks & SYNACK_GOOD) && p->t_syn > since)
		what |= RECEIVE_SYNACK;
	if (p->t_acked_syn > since)
		what |= RECEIVE_ACK_OF_SYN;
	if (endpoint_knows(p, KNOWS_FIN) && !(p->marks & FIN_WITHOUT_ACK) &&
	    p->t_fin > since)
		what |= RECEIVE_FIN;
	if (endpoint_knows(x, KNOWS_FIN) && p->t_acked_fin > since)
		what |= RECEIVE_ACK_OF_FIN;
	return what;
}

/* A RST of p is not certain to miss x's window. */
static unsigned
reset_facts(const struct endpoint *x, const struct endpoint *p)
{
	unsigned what = 0;

	for (unsigned i = 0; i < p->reset_count; i++) {
		const struct reset_fact *r = &p->reset[i];
		int64_t right =
		    endpoint_knows(x, KNOWS_EDGE) ? x->edge : r->seq + 1;

		if (r->has_ack && endpoint_knows(x, KNOWS_SENT) &&
		    r->ack <= x->max && r->ack > x->max - x->syn_length)
			what |= RECEIVE_RST_OF_SYN;
		if (!endpoint_knows(x, KNOWS_ACK) ||
		    (r->seq >= x->ack &&
			(r->seq == x->ack || r->seq <= right + 65535)))
			what |= RECEIVE_RST;
	}
	return what;
}

uint16_t
ta_fact_closure(const struct endpoint *x, const struct endpoint *p)
{
	return ta_fsm_closure(x->possible, facts(x, p, 0) | reset_facts(x, p));
}

static bool
fin_in_order(const struct endpoint *p)
{
	return p->contig >= p->fin;
}

/* What did not arrive twice is not presumed to arrive the third time. */
#define REFUTED 2

uint8_t
ta_fact_nominal(
    const struct step *s, const struct endpoint *x, const struct endpoint *p)
{
	uint8_t state = x->nominal;
	unsigned what, hears = ta_fsm_hears(state);
	uint16_t next;

	if (hears == 0 || !(hears & facts(x, p, INT64_MIN)))
		return state; /* whenever it passed */
	what = facts(x, p, s->time - ta_reach_guessed(x) - 1);
	if (what & RECEIVE_SYNACK)
		what &= ~(unsigned)RECEIVE_SYN;
	if ((what & RECEIVE_FIN) && !fin_in_order(p))
		what &= ~(unsigned)RECEIVE_FIN;
	if (x->third_refuted >= REFUTED)
		what &= ~(unsigned)RECEIVE_ACK_OF_SYN;
	/* FIN and the ACK of ours in one segment: FIN-WAIT-1 straight to
	 * TIME-WAIT (3.10.7.4, eighth). */
	if (state == TCPAUDIT_FIN_WAIT_1 && (what & RECEIVE_FIN) &&
	    (what & RECEIVE_ACK_OF_FIN) && p == s->e && s->fin &&
	    p->t_acked_fin_first == s->time)
		return TCPAUDIT_TIME_WAIT;
	next = ta_fsm_receive(state, what) & x->possible;
	return next != 0 ? ta_fsm_lowest(next) : state;
}

bool
ta_fact_fins_crossed(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	return e->nominal == TCPAUDIT_FIN_WAIT_2 && !s->rst && s->has_ack &&
	       endpoint_knows(p, KNOWS_FIN) && s->a == p->fin + 1 &&
	       p->t_fin == p->t_fin_first && p->t_rtx < p->t_fin &&
	       p->t_fin < p->t_acked_fin_first && !(p->marks & HAD_GAP);
}

/* ------------------------------------------------------------------- FIN */

/* The segment begins above all that was seen: a FIN may be the last of what
 * was not, unless text follows. */
static uint16_t
with_unseen_fin(const struct step *s, uint16_t set)
{
	const struct endpoint *e = s->e;

	if (endpoint_knows(e, KNOWS_FIN) || s->syn || s->rst || s->n > 0 ||
	    !endpoint_knows(e, KNOWS_SENT) || s->q <= e->max)
		return set;
	if (set & (STATE(ESTABLISHED) | STATE(SYN_RECEIVED)))
		set |= STATE(FIN_WAIT_1) | STATE(FIN_WAIT_2);
	if (set & STATE(CLOSE_WAIT))
		set |= STATE(LAST_ACK) | STATE(CLOSING) | STATE(TIME_WAIT);
	if ((set & STATE(FIN_WAIT_1)) && endpoint_knows(s->p, KNOWS_FIN))
		set |= STATE(CLOSING) | STATE(TIME_WAIT);
	return set;
}

/* CLOSE enters FIN-WAIT-1 at once, though the FIN waits for the text before it
 * (RFC 9293, 3.10.4).  Who receives the peer's FIN meanwhile is in CLOSING, and
 * its own FIN acknowledges it all the same; but then it goes with text, or
 * right behind it, unless the window was full. */
static bool
may_have_waited(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	if (!endpoint_knows(p, KNOWS_FIN) || s->a != p->fin + 1)
		return false;
	return s->n > 0 || (e->marks & FILLED_WINDOW) ||
	       (endpoint_knows(p, KNOWS_EDGE) && s->q >= p->edge) ||
	       (e->t_max >= p->t_fin_first &&
		   s->time - e->t_max <= ta_reach(e));
}

uint16_t
ta_fact_fin(const struct step *s, uint16_t set)
{
	set = with_unseen_fin(s, set);
	if (s->fin && !s->fin_copy && (set & STATE(LAST_ACK)) &&
	    may_have_waited(s))
		set |= STATE(CLOSING);
	return set;
}
