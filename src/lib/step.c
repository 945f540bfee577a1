/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * The step: what the segment is (class, numbers, range, fate); then it is
 * judged, see judge.c.  Nearly all segments of a transfer are smooth, and are
 * spared most of that, see transfer.h.
 */
#include "step.h"

#include "belief.h"
#include "flood.h"
#include "incarnation.h"
#include "obligation.h"
#include "reaction.h"
#include "transfer.h"
#include "verdict.h"
#include "zeek.h"

#include <stddef.h>
#include <string.h>

/* ------------------------------------------------------ what the segment is */

static enum segment_class
class_of(const struct segment *seg)
{
	if (seg->flags & FLAG_RST)
		return CLASS_RST;
	if (seg->flags & FLAG_SYN)
		return seg->flags & FLAG_ACK ? CLASS_SYNACK : CLASS_SYN;
	if (seg->flags & FLAG_FIN)
		return CLASS_FIN;
	if (!(seg->flags & FLAG_ACK))
		return CLASS_NONE;
	return seg->length > 0 ? CLASS_DATA : CLASS_ACK;
}

static bool
new_isn(const struct step *s)
{
	if (!s->syn)
		return false;
	for (unsigned i = 0; i < s->e->isn_count; i++)
		if (s->e->isn[i] == s->seg->seq)
			return false;
	return true;
}

static int64_t
scaled_window(const struct step *s)
{
	if (s->syn)
		return s->seg->window; /* never scaled: RFC 7323, 2.2 */
	if (!connection_is(s->c, CONN_WSCALE))
		return -1;
	return (int64_t)s->seg->window << s->e->shift;
}

static void
numbers(struct step *s)
{
	const struct segment *seg = s->seg;
	struct endpoint *e = s->e, *p = s->p;

	s->new_isn = new_isn(s);
	if (endpoint_knows(e, KNOWS_SENT) && !(s->syn && s->new_isn))
		s->q = seq_unwrap(e->max, seg->seq);
	else
		s->q = seq_first(seg->seq);
	s->end = s->q + s->length;
	s->peer_max = p->max;
	if (s->has_ack) {
		s->a = endpoint_knows(p, KNOWS_SENT)
			   ? seq_unwrap(p->max, seg->ack)
			   : seq_first(seg->ack);
		s->progress = !endpoint_knows(e, KNOWS_ACK) || s->a > e->ack;
		s->ack_old = endpoint_knows(e, KNOWS_ACK) && s->a < e->ack;
	}
	s->old_ack = endpoint_knows(e, KNOWS_ACK) ? e->ack : s->a;
	s->window = scaled_window(s);
	s->window_changed = s->window >= 0 && (uint32_t)s->window != e->window;
	s->fin_copy =
	    s->fin && endpoint_knows(e, KNOWS_FIN) && s->q + s->n == e->fin;
	s->new_data = s->n > 0 && !s->rst &&
		      (!endpoint_knows(e, KNOWS_SENT) || s->end > e->max);
}

/* It left its sender before what has passed already (A.4.1): no step of the
 * sender's state, only its numbers count. */
static bool
is_stale(const struct step *s)
{
	const struct endpoint *e = s->e;

	/* A copy of its SYN or SYN-ACK, long after: the network kept it. */
	if (s->class == CLASS_SYNACK && !s->new_isn &&
	    (e->marks & SENT_SYNACK) &&
	    (!endpoint_may_be(e, STATE(SYN_RECEIVED) | STATE(ESTABLISHED)) ||
		((e->marks & SENT_DATA) && !(s->p->marks & FASTOPEN_TAKEN))))
		return true;
	if (s->class == CLASS_SYNACK && !s->new_isn &&
	    connection_is(s->c, CONN_TIMESTAMPS) &&
	    serial_less(s->seg->tsval, e->tsval_max))
		return true;
	if (s->class == CLASS_SYN && !s->new_isn &&
	    !endpoint_may_be(e, STATE(SYN_RECEIVED) | STATE(SYN_SENT)))
		return true;
	if (s->syn || s->rst || !s->has_ack)
		return false;
	if (s->ack_old)
		return true;
	if (connection_is(s->c, CONN_TIMESTAMPS) && s->length == 0 &&
	    (s->seg->options & OPTION_TIMESTAMPS) &&
	    endpoint_knows(e, KNOWS_TSVAL) &&
	    serial_less(s->seg->tsval, e->tsval_max))
		return true;
	return s->length == 0 && endpoint_knows(e, KNOWS_SENT) &&
	       s->q < e->max && s->range == RANGE_EMPTY;
}

/* The four cases of RFC 9293, Table 6, on what is known of p's window. */
static enum segment_fate
fate_of(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;
	int64_t lo = p->ack, hi, right;

	if (!endpoint_knows(p, KNOWS_ACK) || !endpoint_knows(e, KNOWS_SENT))
		return FATE_UNKNOWN;
	hi = connection_lossy(s->c, s->time) ? e->max : e->contig;
	if (connection_is(s->c, CONN_TIMESTAMPS) && !s->rst &&
	    (s->seg->options & OPTION_TIMESTAMPS) &&
	    endpoint_knows(p, KNOWS_TSVAL) && p->tsecr != 0 &&
	    serial_less(s->seg->tsval, p->tsecr) &&
	    s->time - e->t_last < T_PAWS_IDLE)
		return FATE_PAWS;
	if (s->length > 0 ? s->end <= lo : s->q < lo)
		return FATE_OLD;
	if (s->q <= hi && (s->end > lo || s->length == 0))
		return FATE_NEXT;
	if (!endpoint_knows(p, KNOWS_EDGE))
		return FATE_UNKNOWN;
	right = p->edge;
	if (s->q >= right && !(s->length == 0 && s->q == right))
		return FATE_BEYOND;
	return FATE_INSIDE;
}

/* Far from everything known: not of this connection (A.2.3), unless a second
 * one continues it. */
static bool
is_foreign(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t far = 1 << 20, off = s->q - e->max;

	if (s->syn || !endpoint_knows(e, KNOWS_SENT))
		return false;
	if (s->p->max_window > far)
		far = s->p->max_window;
	if (off < 0)
		off = endpoint_knows(e, KNOWS_ISS) && s->q >= e->iss ? 0 : -off;
	if (off <= far) {
		e->foreigns = 0;
		return false;
	}
	if (s->rst)
		return false; /* judged as a reset */
	if (e->foreigns > 0 &&
	    (uint32_t)(s->seg->seq - e->foreign_end) <= (uint32_t)far) {
		e->foreigns = 0; /* two that agree: the capture has a hole */
		return false;
	}
	e->foreigns = 1;
	e->foreign_end = seq_raw(s->end);
	return true;
}

/* -------------------------------------------------------------------- step */

static void
count(struct step *s)
{
	struct endpoint *e = s->e;
	struct connection *c = s->c;

	e->packets++;
	if (!s->rst)
		e->bytes += s->n;
	if (e->t_first == 0)
		e->t_first = s->time;
	c->t_last = s->time;
	c->last_packet = s->t->packet;
	e->last_packet = s->t->packet;
	c->completeness |= ta_verdict_completeness(s);
}

/* An ordinary segment of an open connection, sent for the first time or again:
 * what anybody may owe for it is due no earlier than silence with text
 * unacknowledged is. */
static bool
owes_nothing_soon(const struct step *s)
{
	return s->range != RANGE_KEEPALIVE && s->range != RANGE_PROBE &&
	       (s->class == CLASS_ACK || s->class == CLASS_DATA) && !s->stale &&
	       !s->foreign && s->window > 0 && s->e->t_over == 0 &&
	       connection_is(s->c, CONN_OPEN) &&
	       s->e->nominal == TCPAUDIT_ESTABLISHED &&
	       s->p->nominal == TCPAUDIT_ESTABLISHED;
}

static void
schedule(struct step *s)
{
	struct connection *c = s->c;
	int64_t next;

	if (c->deadline > s->time && c->deadline <= s->time + T_IDLE_UNACKED &&
	    owes_nothing_soon(s))
		return;
	next = ta_obligation_next(s->t, c);
	if (next >= c->deadline && c->deadline > s->time)
		return; /* found when the earlier one comes */
	c->deadline = next;
	if (next < node_at(&s->t->nodes, c->flow->node)->deadline)
		ta_timer_arm(s->t, c->flow);
}

/* Nothing in it can be believed: the receiver drops it too. */
static bool
is_garbage(const struct step *s)
{
	return (s->seg->faults & (FAULT_OFFSET_SMALL | FAULT_OFFSET_OVERRUN)) ||
	       s->damaged;
}

/* Of several SYNs, the one its sender goes on with is the real one (A.11, 3):
 * one sent again, or confirmed by the first segment after the SYN-ACK.  True:
 * the numbers are those of another SYN now. */
static bool
confirm_syn(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	uint32_t first = s->seg->seq - !s->syn;

	if (e->isn_count < 2 || connection_is(s->c, CONN_OPEN) || s->rst ||
	    (!s->syn && (!(p->marks & SENT_SYNACK) || !s->has_ack ||
			    seq_raw(p->ack) != s->seg->seq ||
			    s->seg->ack != seq_raw(p->iss) + 1)))
		return false;
	for (unsigned i = 1; i < e->isn_count; i++) {
		if (e->isn[i] != first)
			continue;
		ta_endpoint_promote(e, i);
		if (!s->syn) {
			p->marks |= SYNACK_GOOD;
			p->marks &= ~(unsigned)SYNACK_BAD;
		}
		return true;
	}
	return false;
}

/* A FIN without ACK was dropped by its receiver (3.10.7.4, fifth); who goes on
 * where it stood had not sent it.  True: so it is. */
static bool
disown_fin(struct step *s)
{
	struct endpoint *e = s->e;

	if (!(e->marks & FIN_WITHOUT_ACK) || !s->has_ack || s->rst ||
	    s->n == 0 || seq_unwrap(e->max, s->seg->seq) != e->fin)
		return false;
	e->marks &= ~(unsigned)FIN_WITHOUT_ACK;
	e->known &= ~(unsigned)KNOWS_FIN;
	e->max = e->contig = e->fin;
	ta_belief_prove(s, e, STATE(ESTABLISHED) | STATE(CLOSE_WAIT),
	    e->t_acked_fin != 0 ? TCPAUDIT_CLOSE_WAIT : TCPAUDIT_ESTABLISHED);
	return true;
}

/* Whether the segment is what its numbers say; then it is judged. */
static void
judge_numbers(struct step *s)
{
	s->foreign = is_foreign(s);
	if (!s->foreign && ta_check_unseen(s))
		numbers(s);
	ta_classify_range(s);
	s->fate = fate_of(s);
	s->stale = is_stale(s);
	if (!s->foreign) {
		if ((s->e->marks & SENT_RST) || s->p->t_rst != 0)
			ta_check_after_reset(s);
		ta_check_option_numbers(s);
	}
	if (s->foreign)
		ta_check_data_sent(s);
	else if (s->rst)
		ta_judge_rst(s);
	else
		ta_judge_segment(s);
}

/* Judges what is no copy of a frame; `on`: it goes on with the live connection.
 */
static void
judge_segment(struct step *s, bool on)
{
	struct connection *c = s->c;
	bool moved;

	numbers(s);
	count(s);
	if (on && !s->t->quick.doubt && ta_transfer_is_smooth(s)) {
		s->fate = s->e->gaps == NULL ? FATE_NEXT : fate_of(s);
		ta_judge_smooth(s);
		return;
	}
	ta_check_header(s);
	if (!is_garbage(s))
		ta_zeek_segment(s);
	if (connection_is(c, CONN_SELF))
		ta_check_self(s);
	if (is_garbage(s) || s->judged || connection_is(c, CONN_SELF))
		return;
	moved = confirm_syn(s);
	if (disown_fin(s) || moved)
		numbers(s);
	if (s->old_incarnation) {
		ta_check_timewait_sent(s);
		return;
	}
	ta_check_option(s);
	if (!s->has_ack && s->seg->ack != 0)
		ta_check_ack_field(s);
	judge_numbers(s);
}

/* Within what its sender has sent, and no other connection of the tuple is in
 * sight: it goes on with the live one. */
static bool
goes_on(const struct flow *f, int side, const struct segment *seg)
{
	const struct connection *c = f->live;
	const struct endpoint *e;
	int32_t back;

	if (c == NULL || f->challenger != NULL || f->tomb != NULL ||
	    (seg->flags & FLAG_SYN) ||
	    (c->marks & (CONN_CLIENT_RESET | CONN_OLD_SYN)))
		return false;
	e = &c->end[side != c->client_side];
	back = (int32_t)(seq_raw(e->max) - seg->seq);
	return endpoint_knows(e, KNOWS_SENT | KNOWS_ISS) && back >= 0 &&
	       back <= e->max - e->iss;
}

int
ta_step(struct tcpaudit *t, struct flow *f, int side, const struct segment *seg)
{
	const struct finding *before;
	struct connection *c;
	struct step s;
	bool on;

	/* What is not told here or by numbers(); no more, for it takes time. */
	memset((char *)&s + offsetof(struct step, range), 0,
	    sizeof(s) - offsetof(struct step, range));
	s.t = t;
	s.seg = seg;
	s.time = t->time;
	s.class = class_of(seg);
	s.n = seg->length;
	s.length = segment_length(seg);
	s.syn = seg->flags & FLAG_SYN;
	s.fin = (seg->flags & FLAG_FIN) && s.class == CLASS_FIN;
	s.rst = s.class == CLASS_RST;
	s.has_ack = seg->flags & FLAG_ACK;
	on = goes_on(f, side, seg);
	c = on ? f->live : ta_incarnation_select(t, f, side, seg, &s);
	if (c == NULL)
		return TCPAUDIT_ENOMEM;
	s.c = c;
	s.sender = side != c->client_side;
	s.e = &c->end[s.sender];
	s.p = &c->end[!s.sender];
	s.before = c->last;
	if (ta_captured_twice(&s)) {
		c->last_packet = t->packet;
		return TCPAUDIT_OK;
	}
	before = c->findings;
	if (c->awaited[s.sender].finding != NULL)
		ta_reaction_observe(&s);
	judge_segment(&s, on);
	if (c->findings != before)
		ta_reaction_expect(&s, before);
	schedule(&s);
	return TCPAUDIT_OK;
}
