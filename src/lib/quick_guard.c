/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Which segments no rule can speak of.  Each test names the rules that it keeps
 * silent; it may be stricter than they are, never more lenient.
 */
#include "check.h"
#include "flood.h"
#include "quick.h"

#define ORDINARY_FLAGS (FLAG_FIN | FLAG_SYN | FLAG_PSH | FLAG_ACK)

/* HD, EC, OP01 to OP05: the header has nothing special. */
static bool
is_plain(const struct segment *seg)
{
	return !(seg->flags & ~ORDINARY_FLAGS) && (seg->flags & FLAG_ACK) &&
	       (seg->flags & (FLAG_SYN | FLAG_FIN)) != (FLAG_SYN | FLAG_FIN) &&
	       !(seg->flags & FLAG_SYN && seg->flags & FLAG_PSH) &&
	       seg->reserved == 0 && seg->faults == 0 && seg->urgent == 0 &&
	       seg->ecn == 0 && !seg->header_cut && !seg->fragmented &&
	       seg->window != 0 && seg->header_length < 60 &&
	       (seg->checksum_status == CHECKSUM_GOOD ||
		   seg->checksum_status == CHECKSUM_UNKNOWN);
}

/* OP22 to OP29: timestamps are as negotiated, have not gone back, and echo what
 * was seen. */
static bool
is_stamped_well(const struct quick *q)
{
	const struct segment *seg = q->seg;
	const struct calm_end *e = &q->k->end[q->sender];
	const struct calm_end *p = &q->k->end[!q->sender];

	if (!q->stamped)
		return true;
	/* It is not of the former incarnation, see ta_tombstone_fits(). */
	if (node_at(&q->t->nodes, q->node)->tomb != 0 && !q->syn &&
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

/* Options beside timestamps only where a SYN has them. */
static bool
has_usual_options(const struct quick *q)
{
	const uint32_t usual = OPTION_MSS | OPTION_WSCALE |
			       OPTION_SACK_PERMITTED | OPTION_TIMESTAMPS;
	bool negotiated = q->shape->shape.marks & CONN_TIMESTAMPS;

	if (q->syn)
		return !(q->seg->options & ~usual);
	return q->seg->options == (negotiated ? OPTION_TIMESTAMPS : 0u);
}

/* It left its sender after all that has passed of it, see ta_sent_last(). */
static bool
is_sent_last(const struct quick *q)
{
	return q->progress || q->n > 0 ||
	       (q->stamped && q->seg->tsval != q->k->end[q->sender].tsval);
}

/* WN07, WN08, WN12, WN15: the window moves as it should; and the edge of a
 * calm connection is that of its last segment. */
static bool
is_window_well(const struct quick *q)
{
	const struct shape_end *s = &q->shape->shape.end[q->sender];
	const struct calm_end *e = &q->k->end[q->sender];
	const struct calm_end *p = &q->k->end[!q->sender];
	uint32_t before = q->last_edge, least;

	if ((s->known & KNOWS_EDGE) && q->edge < before && !is_sent_last(q))
		return false;
	if (!(s->marks & SCALED_EDGE))
		return s->shift == 0 || q->seg->window != e->window ||
		       q->window > UINT16_MAX;
	if (!(s->known & KNOWS_EDGE))
		return true;
	if (q->edge < before)
		return before - q->edge < UINT32_C(1) << s->shift &&
		       p->max <= q->edge;
	if (q->edge - before < UINT32_C(1) << s->shift)
		return true;
	least = s->mss;
	if (least == 0)
		return false;
	if (p->largest < least)
		least = p->largest;
	return q->edge - before >= least || q->window >= least ||
	       q->window >= e->max_window / 2;
}

/* DA06, WN09, WN13, TD07, DA11, CP11, OP09, OP10: its text fits. */
static bool
is_text_well(const struct quick *q)
{
	const struct shape_end *es = &q->shape->shape.end[q->sender];
	const struct shape_end *ps = &q->shape->shape.end[!q->sender];
	const struct calm_end *e = &q->k->end[q->sender];
	const struct calm_end *p = &q->k->end[!q->sender];
	uint32_t end = e->max + q->length, mss = ps->mss;

	if (q->length == 0)
		return true;
	if (mss == 0 || !(ps->known & KNOWS_EDGE) || end >= p->edge ||
	    end < e->max || e->base + end < e->base + e->max)
		return false;
	if (!((es->marks | ps->marks) & OFFLOADS) &&
	    q->n + q->seg->header_length > mss + 20u)
		return false;
	/* With FIN known text is TD08's; without, Nagle's. */
	if (q->n == 0)
		return true;
	if ((q->shape->shape.end[0].known | q->shape->shape.end[1].known) &
	    KNOWS_FIN)
		return false;
	return q->fin || 2 * q->n >= (e->largest < mss ? e->largest : mss) ||
	       (q->seg->flags & FLAG_PSH) || p->ack >= e->max;
}

/* DA13 to DA18: what it acknowledges ends with a segment, was sent a moment
 * ago, and is not much.  RX07: it is no duplicate. */
static bool
is_ack_well(struct quick *q)
{
	const struct calm_end *p = &q->k->end[!q->sender];
	const struct calm_sent *s;
	uint64_t before = 0;
	bool joined = false;
	unsigned n = 0;

	if (!q->progress)
		return p->max == q->ack ||
		       (p->max - q->ack < MUCH &&
			   (q->length > 0 || q->edge != q->last_edge));
	if (p->flying == 0)
		return false;
	s = pool_at(&q->t->sent, p->flight);
	do {
		s = pool_at(&q->t->sent, s->next);
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
static bool
is_no_circle(const struct quick *q)
{
	return q->length > 0 || q->progress || q->k->last_from == q->sender ||
	       q->k->unanswered > 0 || q->edge != q->last_edge;
}

/* Zeek has not yet forgotten it; and its window was not full when it closed,
 * see FILLED_WINDOW. */
static bool
is_closing_well(const struct quick *q)
{
	const struct shape_end *s = &q->shape->shape.end[q->sender];
	const struct calm_close *z;

	if ((q->fin || (s->known & KNOWS_FIN)) && (s->known & KNOWS_EDGE) &&
	    q->k->end[!q->sender].max >= q->k->end[q->sender].edge)
		return false;
	if (q->k->close == 0)
		return true;
	z = pool_at(&q->t->closes, q->k->close);
	return z->t_zeek == 0 || q->since - z->t_zeek < (uint64_t)(4 * SECOND);
}

/* Of the connection, beside its numbers. */
static bool
is_ordinary(const struct quick *q)
{
	const struct shape *s = &q->shape->shape;
	const uint32_t odd = CONN_MIDSTREAM | CONN_SELF | CONN_LOSSY_FOR_EVER |
			     CONN_UNSOLICITED | CONN_PROBE | CONN_SIMULTANEOUS |
			     CONN_DUPLICATES | CONN_OLD_SYN |
			     CONN_MISSING_HANDSHAKE | CONN_ONE_SIDED;
	const struct shape_end *e = &s->end[q->sender];
	const struct shape_end *p = &s->end[!q->sender];

	return q->shape->quiet && !(s->marks & odd) &&
	       (e->known & KNOWS_SENT || q->syn) && (p->known & KNOWS_SENT) &&
	       !((e->marks | p->marks) & ZERO_WINDOW) &&
	       /* TD14: it answers where it should be CLOSED. */
	       !((e->marks & FIN_ACKED) && e->nominal == TCPAUDIT_CLOSED) &&
	       !(s->flood & (FLOOD_ECHO | FLOOD_STRAY)) &&
	       !(q->fin && (e->known & KNOWS_FIN));
}

/* A SYN-ACK that answers the SYN at once. */
static bool
is_good_answer(const struct quick *q)
{
	const struct shape *s = &q->shape->shape;
	const struct segment *seg = q->seg;

	return q->sender == TCPAUDIT_SERVER && q->k->end[1].packets == 0 &&
	       s->end[0].isn_count == 1 && q->k->end[0].packets == 1 &&
	       q->ack == 1 && q->n == 0 &&
	       (!q->stamped || seg->tsecr == q->k->end[0].tsval) &&
	       seg->seq != q->k->end[0].base && q->since < (uint64_t)SECOND &&
	       !ta_is_translated(q->t, seg) &&
	       node_at(&q->t->nodes, q->node)->tomb == 0;
}

bool
ta_quick_harmless(struct quick *q)
{
	struct calm_end *e = &q->k->end[q->sender];
	const struct calm_end *p = &q->k->end[!q->sender];

	if (!is_plain(q->seg) || !is_ordinary(q) || !has_usual_options(q) ||
	    !is_stamped_well(q) || !is_closing_well(q))
		return false;
	if (q->ack < e->ack || q->ack > p->max || e->flying >= FLIGHT_MAX)
		return false;
	if (q->syn) {
		if (!is_good_answer(q))
			return false;
	} else if (e->base + e->max != q->seg->seq || e->ttl != q->seg->ttl ||
		   !is_window_well(q) || !is_text_well(q) || !is_ack_well(q) ||
		   !is_no_circle(q)) {
		return false;
	}
	/* CP08. */
	return ta_sight_same(&q->t->sights, e->seen, ta_sight_mark(q->seg),
		   q->time) == NULL;
}
