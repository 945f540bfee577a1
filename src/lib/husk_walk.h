/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Every number is guessed from those before it, and from the connection that
 * was the first on its reel; what it differs by is written, if it does, in
 * groups of seven bits.  Which numbers do stands in front, in masks: of them,
 * the octets in which they differ from those of the first one.
 *
 * One walk over all numbers writes and reads: a guess sees the same in both,
 * as it may look only at what comes before it.
 */
#ifndef HUSK_WALK_H
#define HUSK_WALK_H

#include "husk_number.h"

HUSK_PART void
walk_head(struct husk_walk *w)
{
	const struct calm *f = &w->head->first;
	struct calm *k = w->k;

	/* In microseconds, as the first one. */
	k->t_first = (int64_t)moment(w, WRONG, (uint64_t)k->t_first,
	    (uint64_t)f->t_first + (k->first_packet - f->first_packet) *
				       w->head->period / 1000 * 1000);
	k->id = number(w, WRONG, k->id, f->id);
	k->last_flags = number(w, RIGHT, k->last_flags, f->last_flags);
	k->last_from = number(w, RIGHT, k->last_from, f->last_from);
	k->fresh = number(w, RIGHT, k->fresh, f->fresh);
	k->unanswered = number(w, RIGHT, k->unanswered, f->unanswered);
	k->last_length = number(w, RIGHT, k->last_length, f->last_length);
	k->t_second = moment(w, WRONG, k->t_second, 1);
	w->closer = (int)number(w, RIGHT, (uint64_t)w->closer, 0) & 1;
	w->z->slip = (uint32_t)small(w, RIGHT, w->z->slip);
}

/* Until the first FIN. */
HUSK_PART void
walk_talk(struct husk_walk *w)
{
	struct calm *k = w->k;
	struct calm_end *c = &k->end[0], *s = &k->end[1];
	uint64_t third;

	s->rtt = (uint32_t)moment(w, WRONG, s->rtt, k->t_second - 1);
	c->t_fresh = moment(w, WRONG, c->t_fresh, k->t_second);
	third = c->t_fresh - k->t_second;
	c->rtt = (uint32_t)moment(w, WRONG, c->rtt, (uint32_t)third);
	k->third_delay = (uint16_t)number(
	    w, RIGHT, k->third_delay, (uint16_t)(third / (SECOND / 100)));
	s->t_fresh = moment(w, WRONG, s->t_fresh, c->t_fresh + s->rtt);
	s->t_ack_before = moment(w, RIGHT, s->t_ack_before, s->t_fresh);
	c->t_ack_before =
	    moment(w, WRONG, c->t_ack_before, s->t_fresh + c->rtt);
}

/* `a` closes first, then `b`. */
HUSK_PART void
walk_close(struct husk_walk *w)
{
	const struct calm_end *e = w->k->end;
	struct calm_close *z = w->z;
	int first = w->closer;
	struct calm_close_end *a = &z->end[first], *b = &z->end[!first];

	a->t_fin =
	    moment(w, WRONG, a->t_fin, e[0].t_ack_before + e[0].rtt + e[1].rtt);
	b->t_acked = moment(w, WRONG, b->t_acked, a->t_fin + e[!first].rtt);
	b->t_fin = moment(w, WRONG, b->t_fin, b->t_acked);
	a->t_acked = moment(w, WRONG, a->t_acked, b->t_fin + e[first].rtt);
	z->t_zeek = moment(w, RIGHT, z->t_zeek, b->t_fin);
}

HUSK_PART void
walk_wait(struct husk_walk *w, int i)
{
	struct calm_close_end *x = &w->z->end[i];
	bool waits = w->shape->end[i].nominal == TCPAUDIT_TIME_WAIT;

	x->t_timewait = moment(w, RIGHT, x->t_timewait, waits ? x->t_acked : 0);
	x->t_text = moment(w, RIGHT, x->t_text, x->t_acked);
}

/* The later one. */
HUSK_PART uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

HUSK_PART void
walk_last(struct husk_walk *w, int i)
{
	const struct calm_close_end *x = &w->z->end[i];
	struct calm_end *e = &w->k->end[i];

	e->t_last = moment(w, RIGHT, e->t_last, later(x->t_fin, x->t_acked));
}

HUSK_PART void
walk_packets(struct husk_walk *w)
{
	struct calm_close *z = w->z;
	struct calm *k = w->k;
	int first = w->closer;
	struct calm_end *c = &k->end[0], *s = &k->end[1];
	struct calm_end *ea = &k->end[first], *eb = &k->end[!first];
	struct calm_close_end *a = &z->end[first], *b = &z->end[!first];

	s->own_packet = (uint32_t)number(w, WRONG, s->own_packet,
	    (uint32_t)(1 + packets_in(w, 1, k->t_second)));
	c->own_packet = (uint32_t)number(w, WRONG, c->own_packet,
	    (uint32_t)(s->own_packet + packets_in(w, k->t_second, c->t_fresh)));
	a->fin_packet = (uint32_t)number(w, WRONG, a->fin_packet,
	    (uint32_t)(c->own_packet + packets_in(w, c->t_fresh, a->t_fin)));
	eb->ack_packet = (uint32_t)number(w, WRONG, eb->ack_packet,
	    (uint32_t)(a->fin_packet + packets_in(w, a->t_fin, b->t_acked)));
	b->fin_packet = (uint32_t)number(w, WRONG, b->fin_packet,
	    (uint32_t)(eb->ack_packet + packets_in(w, b->t_acked, b->t_fin)));
	ea->ack_packet = (uint32_t)number(w, WRONG, ea->ack_packet,
	    (uint32_t)(b->fin_packet + packets_in(w, b->t_fin, a->t_acked)));
}

HUSK_PART void
walk_end(struct husk_walk *w, int i)
{
	const struct calm_end *f = &w->head->first.end[i];
	const struct calm_close_end *x = &w->z->end[i];
	struct calm_end *e = &w->k->end[i];

	e->base = (uint32_t)chance(w, e->base, 4);
	e->max = (uint32_t)small(w, WRONG, e->max);
	e->largest = number(w, RIGHT, e->largest, (uint16_t)(e->max - 2));
	e->packets = (uint32_t)number(w, RIGHT, e->packets, f->packets);
	e->sums = number(w, RIGHT, e->sums, f->sums);
	e->window = number(w, RIGHT, e->window, f->window);
	e->ttl = number(w, WRONG, e->ttl, f->ttl);
	e->ip_id = chance(w, e->ip_id, 2);
	e->seen = (uint32_t)number(w, RIGHT, e->seen, 0);
	e->max_window = (uint32_t)number(w, RIGHT, e->max_window,
	    (uint32_t)e->window << (w->shape->end[i].shift & 15));
	e->ack_step = number(w, RIGHT, e->ack_step, 1);
	e->t_max = moment(w, RIGHT, e->t_max, x->t_fin);
	e->t_ack = moment(w, RIGHT, e->t_ack, x->t_acked);
	e->last_packet = (uint32_t)number(
	    w, RIGHT, e->last_packet, later(x->fin_packet, e->ack_packet));
}

/* What is about its peer, too. */
HUSK_PART void
walk_peers(struct husk_walk *w, int i)
{
	struct calm_end *e = &w->k->end[i];
	const struct calm_end *p = &w->k->end[!i];

	e->ack = (uint32_t)number(w, RIGHT, e->ack, p->max);
	e->edge = (uint32_t)number(w, RIGHT, e->edge,
	    e->ack + ((uint32_t)e->window << (w->shape->end[i].shift & 15)));
}

HUSK_PART void
walk_kept(struct husk_walk *w)
{
	struct calm_end *c = &w->k->end[0], *s = &w->k->end[1];

	s->kept = number(w, WRONG, s->kept, w->head->first.end[1].kept);
	c->kept = number(w, WRONG, c->kept, s->kept);
}

/* A clock of milliseconds. */
HUSK_PART void
walk_stamps(struct husk_walk *w, int i)
{
	const struct calm_close_end *x = &w->z->end[i];
	struct calm_end *e = &w->k->end[i];
	uint64_t syn = i == 0 ? 1 : w->k->t_second;
	uint64_t text = w->k->end[!i].t_ack_before - w->k->end[!i].rtt;

	if (differs(w, WRONG, e->tsval != 0))
		e->tsval = (uint32_t)chance(w, e->tsval, 4);
	e->tsval_syn =
	    close_to(w, e->tsval_syn, e->tsval - ticks_in(syn, e->t_last));
	e->tsval_first = close_to(
	    w, e->tsval_first, e->tsval_syn + ticks_in(syn, e->t_fresh));
	e->tsval_new = close_to(
	    w, e->tsval_new, e->tsval_first + ticks_in(e->t_fresh, text));
	e->tsval_acked = close_to(
	    w, e->tsval_acked, e->tsval - ticks_in(x->t_acked, e->t_last));
}

HUSK_PART void
walk_echoes(struct husk_walk *w)
{
	struct calm_end *a = &w->k->end[w->closer];
	struct calm_end *b = &w->k->end[!w->closer];

	a->tsecr = (uint32_t)number(w, RIGHT, a->tsecr, b->tsval);
	b->tsecr =
	    close_to(w, b->tsecr, a->tsval - ticks_in(a->t_max, a->t_last));
}

/* ------------------------------------------------------------- round trips */

struct smooth {
	uint64_t srtt, rttvar;
};

/* RFC 6298, 2: see update.c. */
HUSK_PART void
sample(struct smooth *s, uint64_t rtt)
{
	uint64_t off = s->srtt > rtt ? s->srtt - rtt : rtt - s->srtt;

	s->rttvar = (3 * s->rttvar + off) / 4;
	s->srtt = (7 * s->srtt + rtt) / 8;
}

/* The SYN-ACK of the server is one twice: it answers the SYN. */
HUSK_PART struct smooth
smooth(int end, uint64_t first, uint64_t middle, uint64_t last)
{
	struct smooth s = { first, first / 2 };

	if (end == TCPAUDIT_SERVER)
		sample(&s, first);
	sample(&s, middle);
	sample(&s, last);
	return s;
}

/* In a short connection three were measured: of the handshake, of its text, and
 * of its FIN.  The one in between is known no more, but what came of it. */
HUSK_PART uint64_t
middle_of(const struct calm_end *e, int end, uint64_t first, uint64_t last)
{
	uint64_t before = (8 * (uint64_t)e->srtt - last + 6) / 7;
	uint64_t middle = 8 * before - 7 * first;
	struct smooth s;

	/* In microseconds, as the first one. */
	middle += (first % 1000 + 1000 - middle % 1000) % 1000;
	s = smooth(end, first, middle, last);
	if (middle > UINT32_MAX || s.srtt != e->srtt || s.rttvar != e->rttvar)
		return e->rtt;
	return middle;
}

HUSK_PART void
walk_round_trips(struct husk_walk *w, int i)
{
	const struct calm *k = w->k;
	struct calm_end *e = &w->k->end[i];
	uint64_t last = w->z->end[i].t_acked - w->z->end[!i].t_fin;
	uint64_t first =
	    i == 0 ? k->end[0].t_fresh - k->t_second : k->t_second - 1;
	uint64_t middle = w->reads ? 0 : middle_of(e, i, first, last);
	struct smooth s;

	middle = moment(w, WRONG, middle, e->rtt);
	s = smooth(i, first, middle, last);
	e->srtt = (uint32_t)number(w, RIGHT, e->srtt, (uint32_t)s.srtt);
	e->rttvar = (uint32_t)number(w, RIGHT, e->rttvar, (uint32_t)s.rttvar);
}

/* ----------------------------------------------------------- all of it */

/* As much as says when it is due. */
HUSK_PART void
walk_times(struct husk_walk *w, const struct tcpaudit *t)
{
	const struct calm *f = &w->head->first;

	w->k->first_packet =
	    number(w, WRONG, w->k->first_packet, f->first_packet);
	w->k->shape = number(w, RIGHT, w->k->shape, f->shape);
	w->shape = &shape_at(&t->shapes, w->k->shape)->shape;
	walk_head(w);
	walk_talk(w);
	walk_close(w);
	walk_wait(w, 0);
	walk_wait(w, 1);
	walk_last(w, 0);
	walk_last(w, 1);
}

HUSK_PART void
walk(struct husk_walk *w, const struct tcpaudit *t)
{
	walk_times(w, t);
	walk_packets(w);
	walk_end(w, 0);
	walk_end(w, 1);
	walk_peers(w, 0);
	walk_peers(w, 1);
	walk_stamps(w, 0);
	walk_stamps(w, 1);
	walk_round_trips(w, 0);
	walk_round_trips(w, 1);
	walk_kept(w);
	walk_echoes(w);
}

#endif
