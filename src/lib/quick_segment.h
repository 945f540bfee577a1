/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* One segment of a calm connection, as the quick way sees it. */
#ifndef QUICK_SEGMENT_H
#define QUICK_SEGMENT_H

#include "engine.h"

struct quick {
	struct tcpaudit *t;
	const struct segment *seg;
	const struct node *node;
	struct calm *k;
	const struct shape_entry *shape; /* before it */
	int sender;
	bool steady; /* it goes the steady way, see quick.c */
	bool syn, fin;
	bool text;			 /* it has text, and is no SYN */
	struct calm_end *e, *p;		 /* its sender and the peer */
	const struct shape_end *es, *ps; /* the same of the shape */
	struct calm_close *z;		 /* NULL: none; see quick_guard.h */
	uint64_t since;			 /* its time, as in struct calm */
	uint32_t n, length;
	uint32_t ack; /* SEG.ACK, in the peer's space */
	uint32_t edge, last_edge, window;
	uint64_t landed;     /* when the newest that it acknowledges was sent */
	uint32_t packet;     /* as in struct calm */
	uint32_t mark, seen; /* see copy.h */
	bool sends, progress, stamped;
};

/* What follows is compiled for each way on its own, so that the steady way has
 * nothing but what can happen on it.  Flags are joined bit by bit: compilers
 * that compare neighbours at once would keep all of them in memory. */
#define QUICK_PART static inline __attribute__((always_inline))

/* Fills in the rest of what is known of a segment, from `e` on.  False: it is
 * none for the quick way. */
QUICK_PART bool
quick_describe(struct quick *q)
{
	const struct tcpaudit *t = q->t;
	const struct segment *seg = q->seg;
	uint64_t passed = (uint64_t)(t->time - q->k->t_first);
	uint64_t packets = t->packet - q->k->first_packet;

	q->e = &q->k->end[q->sender];
	q->p = &q->k->end[!q->sender];
	q->es = &q->shape->shape.end[q->sender];
	q->ps = &q->shape->shape.end[!q->sender];
	q->n = q->text ? seg->length : 0;
	q->length = q->n + q->syn + q->fin;
	q->sends = q->text | q->syn | q->fin;
	q->since = passed + 1;
	q->packet = (uint32_t)packets + 1;
	q->ack = seg->ack - q->p->base;
	q->progress =
	    q->ack > q->e->ack || (!q->steady && !(q->es->known & KNOWS_ACK));
	q->stamped = seg->options & OPTION_TIMESTAMPS;
	q->window = (uint32_t)seg->window << (q->syn ? 0 : q->es->shift);
	q->edge = q->ack + q->window;
	q->last_edge =
	    q->e->ack +
	    ((uint32_t)q->e->window
		<< (q->steady || (q->es->marks & SCALED_EDGE) ? q->es->shift
							      : 0));
	q->landed = 0;
	/* A time before the first is a large one. */
	return passed < (UINT64_C(1) << 48) - 1 && packets < UINT32_MAX - 1 &&
	       ((q->steady | q->syn) ||
		   (q->shape->shape.marks & CONN_WSCALE)) &&
	       t->flood.plain;
}

#endif
