/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Which segments no rule can speak of.  Each test names the rules that it keeps
 * silent; it may be stricter than they are, never more lenient.
 */
#ifndef QUICK_GUARD_H
#define QUICK_GUARD_H

#include "check.h"
#include "quick_segment.h"

/* HD, EC, OP01 to OP05: the header has nothing special. */
QUICK_PART bool
quick_is_plain(const struct quick *q)
{
	const struct segment *seg = q->seg;
	unsigned flags = seg->flags & ~(unsigned)FLAG_PSH;

	return segment_is_plain(seg) &&
	       (q->steady ||
		   (q->syn ? seg->flags == (FLAG_SYN | FLAG_ACK)
			   : flags == (FLAG_ACK | (q->fin ? FLAG_FIN : 0u))));
}

/* Of the connection, beside its numbers.  On the steady way its shape was found
 * to be so. */
QUICK_PART bool
quick_is_ordinary(const struct quick *q)
{
	unsigned bit = (q->syn ? 4u : 1u) << q->sender;

	return q->steady || ((q->shape->ordinary & bit) &&
				!(q->fin && (q->es->known & KNOWS_FIN)));
}

/* Options beside timestamps only where a SYN has them. */
QUICK_PART bool
quick_has_usual_options(const struct quick *q)
{
	bool negotiated = q->shape->shape.marks & CONN_TIMESTAMPS;

	if (q->syn)
		return !(q->seg->options & ~OPTIONS_OF_SYN);
	return q->seg->options == (negotiated ? OPTION_TIMESTAMPS : 0u);
}

/* OP22 to OP29: timestamps are as negotiated, have not gone back, and echo what
 * was seen. */
QUICK_PART bool
quick_is_stamped_well(const struct quick *q)
{
	const struct segment *seg = q->seg;
	const struct calm_end *e = q->e, *p = q->p;

	if (!q->stamped)
		return true;
	/* It is not of the former incarnation, see ta_tombstone_fits(). */
	if (q->node->tomb != 0 && !q->syn &&
	    serial_less(seg->tsval, e->tsval_syn))
		return false;
	/* A SYN echoes nothing: RFC 7323, 3.2. */
	return seg->tsval != 0 && seg->tsecr != 0 &&
	       ((q->syn && p->tsecr == 0) ||
		   !serial_less(seg->tsval, p->tsecr)) &&
	       !serial_less(p->tsval, seg->tsecr) &&
	       (q->syn || (seg->tsval >= e->tsval &&
			      !serial_less(seg->tsval, e->tsval)));
}

/* It left its sender after all that has passed of it, see ta_sent_last(). */
QUICK_PART bool
quick_is_sent_last(const struct quick *q)
{
	return (q->progress | q->text) ||
	       (q->stamped && q->seg->tsval != q->e->tsval);
}

/* WN07, WN08, WN12, WN15: the window moves as it should; and the edge of a
 * calm connection is that of its last segment. */
QUICK_PART bool
quick_is_window_well(const struct quick *q)
{
	const struct shape_end *s = q->es;
	uint32_t before = q->last_edge, unit = UINT32_C(1) << s->shift, least;
	bool known = q->steady || (s->known & KNOWS_EDGE);

	if (known && q->edge < before && !quick_is_sent_last(q))
		return false;
	if (!q->steady && !(s->marks & SCALED_EDGE))
		return s->shift == 0 || q->seg->window != q->e->window ||
		       q->window > UINT16_MAX;
	if (!known)
		return true;
	if (q->edge < before)
		return before - q->edge < unit && q->p->max <= q->edge;
	if (q->edge - before < unit)
		return true;
	least = s->mss;
	if (least == 0)
		return false;
	if (q->p->largest < least)
		least = q->p->largest;
	return q->edge - before >= least || q->window >= least ||
	       q->window >= q->e->max_window / 2;
}

/* DA06, WN09, WN13, TD07, DA11, CP11, OP09, OP10: its text fits. */
QUICK_PART bool
quick_is_text_well(const struct quick *q)
{
	const struct shape_end *es = q->es, *ps = q->ps;
	const struct calm_end *e = q->e, *p = q->p;
	uint32_t end = e->max + q->length, mss = ps->mss;

	if (!q->sends)
		return true;
	if (mss == 0 || (!q->steady && !(ps->known & KNOWS_EDGE)) ||
	    end >= p->edge || end < e->max || e->base + end < e->base + e->max)
		return false;
	if (q->n + q->seg->header_length > mss + 20u &&
	    !((es->marks | ps->marks) & OFFLOADS))
		return false;
	/* With FIN known text is TD08's; without, Nagle's. */
	if (!q->text)
		return true;
	if (!q->steady && ((es->known | ps->known) & KNOWS_FIN))
		return false;
	return q->fin || (q->seg->flags & FLAG_PSH) || p->ack >= e->max ||
	       2 * q->n >= (e->largest < mss ? e->largest : mss);
}

/* DA13 to DA18: what it acknowledges ends with a segment, was sent a moment
 * ago, and is not much.  RX07: it is no duplicate. */
QUICK_PART bool
quick_is_ack_well(struct quick *q)
{
	const struct pool *sent = &q->t->sent;
	const struct calm_end *p = q->p;
	const struct calm_sent *s;
	uint64_t before = 0;
	bool joined = false;
	unsigned n = 0;

	if (!q->progress)
		return p->max == q->ack ||
		       (p->max - q->ack < MUCH &&
			   (q->sends || q->edge != q->last_edge));
	if (p->flying == 0)
		return false;
	s = pool_at(sent, p->flight);
	do {
		s = pool_at(sent, s->next);
		if (s->end > q->ack ||
		    q->since - s->time > (uint64_t)SECOND / 2)
			return false;
		joined = joined ||
			 (n > 0 && s->time - before < (uint64_t)NOT_JOINED);
		before = s->time;
		n++;
	} while (s->end != q->ack);
	q->landed = before;
	return n < STRETCH || joined;
}

/* DA12: no loop of ACKs. */
QUICK_PART bool
quick_is_no_circle(const struct quick *q)
{
	return (q->sends | q->progress) || q->k->last_from == q->sender ||
	       q->k->unanswered > 0 || q->edge != q->last_edge;
}

/* Zeek has not yet forgotten it; and its window was not full when it closed,
 * see FILLED_WINDOW. */
QUICK_PART bool
quick_is_closing_well(struct quick *q)
{
	const struct shape_end *s = q->es;
	struct calm_close *z;

	q->z = NULL;
	if (!q->steady && (q->fin || (s->known & KNOWS_FIN)) &&
	    (s->known & KNOWS_EDGE) && q->p->max >= q->e->edge)
		return false;
	if (q->k->close == 0)
		return true;
	q->z = z = pool_at(&q->t->closes, q->k->close);
	return z->t_zeek == 0 || q->since - z->t_zeek < (uint64_t)(4 * SECOND);
}

/* A SYN-ACK that answers the SYN at once. */
QUICK_PART bool
quick_is_good_answer(const struct quick *q)
{
	const struct calm_end *client = &q->k->end[TCPAUDIT_CLIENT];
	const struct segment *seg = q->seg;

	return q->sender == TCPAUDIT_SERVER && q->e->packets == 0 &&
	       q->ps->isn_count == 1 && client->packets == 1 && q->ack == 1 &&
	       seg->length == 0 &&
	       (!q->stamped || seg->tsecr == client->tsval) &&
	       seg->seq != client->base && q->since < (uint64_t)SECOND &&
	       !ta_is_translated(q->t, seg) &&
	       (q->node->tomb == 0 ||
		   ta_quick_is_new(q->t, q->node->tomb, q->k, seg));
}

/* It begins where its sender stands, and its numbers are as they should be. */
QUICK_PART bool
quick_goes_on(struct quick *q)
{
	const struct calm_end *e = q->e;

	return e->base + e->max == q->seg->seq && e->ttl == q->seg->ttl &&
	       quick_is_window_well(q) && quick_is_text_well(q) &&
	       quick_is_ack_well(q) && quick_is_no_circle(q);
}

/* Whether no rule can have anything to say. */
QUICK_PART bool
quick_is_harmless(struct quick *q)
{
	const struct calm_end *e = q->e;

	if (!quick_is_plain(q) || !quick_is_ordinary(q) ||
	    !quick_has_usual_options(q) || !quick_is_stamped_well(q) ||
	    !quick_is_closing_well(q) || q->ack < e->ack ||
	    q->ack > q->p->max || e->flying >= FLIGHT_MAX ||
	    !(q->syn ? quick_is_good_answer(q) : quick_goes_on(q)))
		return false;
	/* CP08. */
	q->mark = ta_sight_mark(q->seg);
	return ta_sight_is_new(&q->t->sights, q->mark, q->t->time) ||
	       ta_sight_same(&q->t->sights, e->seen, q->mark, q->t->time) ==
		   NULL;
}

#endif
