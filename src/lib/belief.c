/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * The belief about an endpoint is the set of states that explain the trace
 * (`possible`) and, for display, the one that holds if everything that passed
 * the monitor was delivered at once (`nominal`).
 *
 * Each segment does two things.  Its sender must have been in a state that can
 * send it: the others are struck out (a reception that had been possible may
 * be proved or refuted by this).  Its receiver may now have received it, or
 * may not: states are added.  Receptions that are still possible are kept as
 * facts in the peer's record (SYN, SYN-ACK, ACK of SYN, FIN, ACK of FIN, RST)
 * and applied again after every step until nothing changes, because a segment
 * in flight stays receivable whatever else happens.
 *
 * The nominal state uses the same facts while they are fresh.  When the
 * endpoint shows that a fact had not reached it, the fact counts as lost for
 * the nominal state until a new copy of it passes.
 *
 * RCV.NXT at the moment of sending is SEG.ACK (RFC 9293, 3.10.7.4, seventh).
 * So a segment that acknowledges the peer's FIN comes from a state after that
 * FIN, and one that does not comes from a state before it.
 */
#include "belief.h"

#include "fact.h"
#include "fsm.h"
#include "part.h"
#include "path.h"
#include "sending.h"

static unsigned
states_in(uint16_t set)
{
	unsigned n = 0;

	for (; set != 0; set &= set - 1)
		n++;
	return n;
}

static uint8_t
highest(uint16_t set)
{
	return (uint8_t)(31 - __builtin_clz(set));
}

/* --------------------------------------------------------- the one writer */

static void
belief_write(struct tcpaudit *t, struct connection *c, struct endpoint *x,
    uint16_t possible, uint8_t nominal, enum tcpaudit_trigger trigger)
{
	struct tcpaudit_transition r;
	struct tcpaudit_tuple tuple;
	bool retracted;

	x->possible = possible;
	if (nominal == x->nominal)
		return;
	r.from = x->nominal;
	x->nominal = nominal;
	retracted = ta_path_go(x, nominal);
	if (t->config.on_transition == NULL ||
	    connection_is(c, CONN_CHALLENGER))
		return;
	ta_tuple(c, &tuple);
	r.connection = &tuple;
	r.endpoint = connection_end(c, x);
	r.to = nominal;
	r.packet = t->packet;
	r.time = t->time - TIME_BIAS;
	r.trigger = trigger;
	r.certainty = retracted			 ? TCPAUDIT_STATE_RETRACTED
		      : states_in(possible) == 1 ? TCPAUDIT_STATE_CERTAIN
						 : TCPAUDIT_STATE_PRESUMED;
	if (t->config.on_part != NULL)
		ta_part_transition(t, c, &r);
	else
		t->config.on_transition(t->config.argument, &r);
}

void
ta_belief_begin(
    struct endpoint *x, uint16_t possible, enum tcpaudit_state nominal)
{
	x->possible = possible | (1u << nominal);
	x->nominal = nominal;
	x->path_length = 0;
	ta_path_push(x, nominal);
}

/* ---------------------------------------------------------------- sending */

/* The ladder (A.4.1): can something that the monitor has missed explain it? */
static uint16_t
explain(struct step *s, enum fsm_send what)
{
	static const unsigned unseen[] = {
		RECEIVE_SYN | RECEIVE_SYNACK | RECEIVE_ACK_OF_SYN,
		RECEIVE_SYN | RECEIVE_SYNACK | RECEIVE_ACK_OF_SYN |
		    RECEIVE_FIN | RECEIVE_ACK_OF_FIN | RECEIVE_FIN_WITH_ACK,
	};
	uint16_t set, missed;

	/* The least that must have been missed: of the handshake, then of
	 * the close. */
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
		set = ta_fsm_closure(s->e->possible, unseen[i]);
		missed = ta_sending_set(s, set & ta_sending_states(s), what);
		if (missed != 0) {
			s->explained_by_loss = true;
			return missed;
		}
	}
	if (what == SEND_SYNACK &&
	    (s->e->possible & (STATE(CLOSED) | STATE(LISTEN)))) {
		s->explained_by_loss = true; /* its SYN was missed */
		return STATE(SYN_RECEIVED);
	}
	s->contradiction = true;
	return 0;
}

static uint8_t
send_nominal(const struct step *s, uint16_t set, enum fsm_send what)
{
	const struct endpoint *e = s->e;
	uint8_t old = e->nominal;
	uint16_t to = 0;

	/* A SYN sent again without ACK: the peer's, if any, did not arrive. */
	if (what == SEND_SYN_AGAIN && (set & STATE(SYN_SENT)))
		return TCPAUDIT_SYN_SENT;
	if (ta_sending_states(s) & (1u << old))
		to = ta_sending_from(s, old, what) & set;
	if (to != 0)
		return to & (1u << old) ? old : ta_fsm_lowest(to);
	/* What had led here did not arrive: back to the state before. */
	if (e->path_length > 1 &&
	    (set & (1u << ta_path_at(e, e->path_length - 2))))
		return ta_path_at(e, e->path_length - 2);
	return s->rst ? ta_fsm_lowest(set) : highest(set);
}

/* A TCP acknowledges a SYN-ACK and a FIN before it sends anything else
 * (3.10.7.3, fourth; 3.10.7.4, eighth): one that resets without having done so
 * had not processed them. */
static void
unlearn(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	uint16_t never = 0;
	unsigned i = e->path_length;

	if ((p->marks & SENT_SYNACK) && (e->marks & SENT_SYN) &&
	    !(e->marks & SENT_SYNACK) && !endpoint_knows(e, KNOWS_ACK) &&
	    !s->has_ack)
		never |= STATES_SYNCHRONIZED;
	if (endpoint_knows(p, KNOWS_FIN) &&
	    (!endpoint_knows(e, KNOWS_ACK) || e->ack <= p->fin) &&
	    !(s->has_ack && s->a == p->fin + 1))
		never |= STATES_AFTER_FIN;
	while (i > 0 && ((1u << ta_path_at(e, i - 1)) & never))
		i--;
	if (i > 0 && i < e->path_length)
		belief_write(s->t, s->c, e, e->possible, ta_path_at(e, i - 1),
		    TCPAUDIT_SENT);
}

/* What is still on its way leads back at once to the nominal state that the
 * segment seems to refute: it was merely sent before. */
static bool
returns(const struct step *s, uint16_t set, uint8_t nominal)
{
	struct endpoint *e = s->e;
	uint16_t possible = e->possible;
	uint8_t before = e->nominal;
	bool leads_back;

	if (s->rst || s->syn || nominal == before)
		return false;
	e->possible = set;
	e->possible = ta_fact_closure(e, s->p);
	e->nominal = nominal;
	for (int i = 0; i < TCPAUDIT_STATES && e->nominal != before; i++)
		e->nominal = ta_fact_nominal(s, e, s->p);
	leads_back = e->nominal == before;
	e->possible = possible;
	e->nominal = before;
	return leads_back;
}

/* Text, or an ACK at SND.NXT: behind one ahead of it a FIN may be missing.
 * Where SYNs crossed, what is sent again may say more. */
static bool
is_ordinary(const struct step *s)
{
	if (s->q <= s->e->max &&
	    (s->range == RANGE_EMPTY || s->range == RANGE_NEW))
		return true;
	return (s->n > 0 || s->q <= s->e->max) &&
	       !connection_is(s->c, CONN_SIMULTANEOUS);
}

/* Both ends are certain to be in ESTABLISHED, and nothing has passed that could
 * lead them out of it: text and its acknowledgments do not. */
static bool
stays_open(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	return e->possible == STATE(ESTABLISHED) &&
	       p->possible == STATE(ESTABLISHED) &&
	       e->nominal == TCPAUDIT_ESTABLISHED &&
	       p->nominal == TCPAUDIT_ESTABLISHED &&
	       (s->class == CLASS_ACK || s->class == CLASS_DATA) &&
	       !s->doomed && is_ordinary(s) &&
	       !((e->known | p->known) & KNOWS_FIN) && e->reset_count == 0 &&
	       p->reset_count == 0;
}

/* SYNs crossed, and its first segment after its own is the ACK of a SYN-ACK:
 * from SYN-RECEIVED it would have been a SYN-ACK (3.10.7.3, fourth).  The
 * peer's SYN did not reach it, or not in time; unless a SACK says that the
 * SYN-ACK brought it for the second time (RFC 2883, 4). */
static bool
skipped_syn_received(const struct step *s)
{
	const struct endpoint *e = s->e;
	const uint16_t open = STATE(SYN_RECEIVED) | STATE(ESTABLISHED);

	return connection_is(s->c, CONN_SIMULTANEOUS) && !s->syn && !s->rst &&
	       s->has_ack && (s->p->marks & SYNACK_GOOD) &&
	       (e->marks & (SENT_SYN | SENT_SYNACK | SENT_THIRD_ACK)) ==
		   SENT_SYN &&
	       endpoint_is(e, open) && endpoint_may_be(e, STATE(ESTABLISHED)) &&
	       s->a == s->p->iss + 1 && s->seg->sack_count == 0;
}

void
ta_belief_sent(struct step *s)
{
	enum fsm_send what = ta_sending_column(s);
	struct endpoint *e = s->e;
	uint16_t set;
	uint8_t nominal;

	s->settled = stays_open(s);
	if (s->settled) {
		e->contradictions = s->contradiction ? e->contradictions : 0;
		return;
	}
	if (s->rst && !(e->marks & SENT_RST)) {
		e->possible_before_reset = e->possible;
		e->nominal_before_reset = e->nominal;
	}
	if (skipped_syn_received(s))
		belief_write(s->t, s->c, e, e->possible, TCPAUDIT_SYN_SENT,
		    TCPAUDIT_SENT);
	set = ta_sending_set(s, e->possible & ta_sending_states(s), what) |
	      ta_sending_either(s, what);
	if (set == 0)
		set = explain(s, what);
	if (set == 0) {
		/* An illegal segment proves nothing about the state; but two
		 * in a row say that the belief itself is wrong. */
		if (++e->contradictions < 2)
			return;
		set = ta_sending_default(s);
	}
	e->contradictions = s->contradiction ? e->contradictions : 0;
	if (s->rst)
		unlearn(s);
	set = ta_fact_fin(s, set);
	if (s->doomed) {
		/* A RST is on its way to it: it went on until that arrives. */
		belief_write(s->t, s->c, e,
		    set | STATE(CLOSED) | (1u << e->nominal),
		    s->fin ? send_nominal(s, set, what) : e->nominal,
		    TCPAUDIT_SENT);
		return;
	}
	if (ta_fact_fins_crossed(s)) {
		belief_write(s->t, s->c, e, e->possible, TCPAUDIT_CLOSING,
		    TCPAUDIT_RECEIVED);
		belief_write(s->t, s->c, e, e->possible, TCPAUDIT_TIME_WAIT,
		    TCPAUDIT_RECEIVED);
	}
	nominal = send_nominal(s, set, what);
	if (s->unproved)
		set |= e->possible;
	if (returns(s, set, nominal)) {
		nominal = e->nominal;
		set |= 1u << nominal;
	}
	belief_write(s->t, s->c, e, set, nominal, TCPAUDIT_SENT);
}

/* -------------------------------------------------------------- receiving */

static void
settle(struct step *s, struct endpoint *x, struct endpoint *p)
{
	uint8_t nominal;

	x->possible = ta_fact_closure(x, p);
	while ((nominal = ta_fact_nominal(s, x, p)) != x->nominal)
		belief_write(s->t, s->c, x, x->possible, nominal,
		    x == s->e ? TCPAUDIT_SENT : TCPAUDIT_RECEIVED);
}

void
ta_belief_settle(struct step *s)
{
	if (s->settled || stays_open(s))
		return;
	settle(s, s->e, s->p);
	settle(s, s->p, s->e);
}

void
ta_belief_reset(struct step *s, bool accepted)
{
	struct endpoint *p = s->p;
	uint8_t nominal = p->nominal;
	uint16_t set = ta_fact_closure(p, s->e);

	if (accepted && nominal == TCPAUDIT_SYN_RECEIVED &&
	    (p->marks & PASSIVE))
		nominal = TCPAUDIT_LISTEN;
	else if (accepted && nominal != TCPAUDIT_LISTEN)
		nominal = TCPAUDIT_CLOSED;
	belief_write(
	    s->t, s->c, p, set | (1u << nominal), nominal, TCPAUDIT_RECEIVED);
}

void
ta_belief_restore(struct step *s)
{
	struct endpoint *e = s->e;
	uint16_t set = e->possible_before_reset, fin = 0;
	uint8_t nominal = e->nominal_before_reset;

	/* What it sent since was not believed then; of that, a FIN moves. */
	if (endpoint_knows(e, KNOWS_FIN) && e->t_fin_first >= e->t_rst) {
		for (uint8_t i = 0; i < TCPAUDIT_STATES; i++)
			if (set & (1u << i))
				fin |= ta_fsm_send(i, SEND_FIN);
		if (ta_fsm_send(nominal, SEND_FIN) != 0)
			nominal = ta_fsm_lowest(ta_fsm_send(nominal, SEND_FIN));
	}
	belief_write(s->t, s->c, e, set | fin, nominal, TCPAUDIT_SENT);
	settle(s, e, s->p);
}

void
ta_belief_timer(struct tcpaudit *t, struct connection *c, struct endpoint *x,
    enum tcpaudit_state state)
{
	belief_write(
	    t, c, x, x->possible | (1u << state), state, TCPAUDIT_TIMER);
}

void
ta_belief_may_close(struct endpoint *x)
{
	x->possible |= STATE(CLOSED);
}

void
ta_belief_prove(struct step *s, struct endpoint *x, uint16_t possible,
    enum tcpaudit_state nominal)
{
	s->settled = false;
	belief_write(s->t, s->c, x, possible | (1u << nominal), nominal,
	    x == s->e ? TCPAUDIT_SENT : TCPAUDIT_RECEIVED);
}

void
ta_belief_never(struct step *s, struct endpoint *x, enum tcpaudit_state state)
{
	ta_belief_prove(s, x, 1u << state, state);
	x->path_length = 0;
	ta_path_push(x, state);
}
