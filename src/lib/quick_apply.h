/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What update.c does to the variables of both ends (RFC 9293, 3.3.1), for a
 * segment that begins where its sender stands and acknowledges what was sent:
 * the same in offsets. */
#ifndef QUICK_APPLY_H
#define QUICK_APPLY_H

#include "check.h"
#include "quick_segment.h"

/* RFC 6298, 2: see update.c.  It is a second at most: see quick_guard.h. */
QUICK_PART void
quick_sample_rtt(struct calm_end *e, uint64_t span)
{
	uint32_t rtt = (uint32_t)span, off;

	/* Unknown is the largest. */
	if (rtt < e->rtt)
		e->rtt = rtt;
	if (e->srtt == 0) {
		e->srtt = rtt;
		e->rttvar = rtt / 2;
		return;
	}
	off = e->srtt > rtt ? e->srtt - rtt : rtt - e->srtt;
	e->rttvar = (uint32_t)((3 * (uint64_t)e->rttvar + off) / 4);
	e->srtt = (uint32_t)((7 * (uint64_t)e->srtt + rtt) / 8);
}

QUICK_PART void
quick_keep(struct quick *q, struct calm_sent *s)
{
	struct payload_store *store = &q->t->payload;
	struct calm_end *e = q->e;
	struct kept k = { .before = payload_where(store, e->kept),
		.start = calm_base(e) + e->max,
		.packet = q->t->packet,
		.length = q->seg->captured,
		.apart = s->apart };

	s->length = 0;
	s->stored = 0;
	if (!q->text || k.length == 0)
		return;
	s->stored = ta_payload_keep(store, q->seg->payload, &k);
	if (s->stored == 0)
		return;
	s->length = (uint16_t)k.length;
	e->kept = s->stored;
}

/* Something of the sender's is in flight.  There is room: see quick.c. */
QUICK_PART void
quick_send(struct quick *q)
{
	struct calm_end *e = q->e;
	struct calm_sent *s;

	if (!q->sends)
		return;
	s = calm_launch(&q->t->sent, e);
	s->end = e->max + q->length;
	s->packet = q->packet;
	s->tsval = q->seg->tsval;
	s->apart = q->seg->tunnel ^ q->seg->vlan;
	s->ip_id = (uint16_t)q->seg->ip_id;
	s->time = q->since;
	quick_keep(q, s);
	e->max += q->length;
	e->largest = q->n > e->largest ? q->n : e->largest;
	e->t_max = q->since;
}

QUICK_PART void
quick_acknowledge(struct quick *q)
{
	struct calm_end *e = q->e;
	bool known = q->steady || (q->es->known & KNOWS_ACK);
	uint64_t sent;

	if (!q->progress)
		return;
	e->ack_step = known ? q->ack - e->ack : 0;
	e->t_ack_before = known ? e->t_ack : q->since;
	e->ack = q->ack;
	e->t_ack = q->since;
	e->tsval_acked = q->seg->tsval;
	e->ack_packet = q->packet;
	sent = calm_land(&q->t->sent, q->p, q->ack);
	if (sent != 0)
		quick_sample_rtt(e, q->since - sent);
}

QUICK_PART void
quick_offer_window(struct quick *q)
{
	struct calm_end *e = q->e;

	if (q->edge > e->edge || (!q->steady && !(q->es->known & KNOWS_EDGE)))
		e->edge = q->edge;
	if (q->window > e->max_window)
		e->max_window = q->window;
}

/* Returns what `fresh` is then. */
QUICK_PART unsigned
quick_stamp(struct quick *q)
{
	const struct segment *seg = q->seg;
	struct calm_end *e = q->e;
	unsigned shift = 2 * (unsigned)q->sender, fresh = q->k->fresh;

	if (!q->stamped)
		return fresh;
	if (!q->syn && (q->text | q->progress)) {
		/* As it is folded: an ACK may have left at the same time. */
		bool acks =
		    e->t_ack == q->since && e->tsval_acked == seg->tsval;

		fresh &= ~(3u << shift);
		fresh |= (acks ? CALM_FRESH_ACK : CALM_FRESH_TEXT) << shift;
		if (q->z != NULL)
			q->z->end[q->sender].t_text = q->since;
		if (e->t_fresh == 0) {
			e->t_fresh = q->since;
			e->tsval_first = seg->tsval;
		}
	}
	e->tsval = seg->tsval;
	e->tsecr = seg->tsecr;
	if (q->text | q->syn)
		e->tsval_new = seg->tsval;
	return fresh;
}

/* Its handshake: when it passed, and how long it took. */
QUICK_PART void
quick_greet(struct quick *q, const struct shape *next)
{
	struct calm *k = q->k;
	struct calm_end *e = q->e;
	uint64_t took = q->since - k->t_second;

	if (q->syn) {
		k->t_second = q->since;
		quick_sample_rtt(e, q->since - 1);
		e->base = q->seg->seq;
		e->max = 0;
		e->own_packet = q->packet;
		e->tsval_syn = q->seg->tsval;
		return;
	}
	if (!(next->end[q->sender].marks & SENT_THIRD_ACK) ||
	    e->own_packet != 0 || q->sender != TCPAUDIT_CLIENT)
		return;
	k->third_delay = ta_hundredths((int64_t)took);
	e->own_packet = q->packet;
	if (e->rtt == UINT32_MAX || took < e->rtt)
		e->rtt = (uint32_t)took;
}

/* When the latest fresh timestamp was sent, before there was a FIN. */
static inline uint64_t
quick_fresh_time(const struct calm *k, int end)
{
	unsigned fresh = k->fresh >> (2 * end) & 3;

	return fresh == CALM_FRESH_NONE	 ? 0
	       : fresh == CALM_FRESH_ACK ? k->end[end].t_ack
					 : k->end[end].t_max;
}

/* There is room: see quick.c. */
QUICK_PART void
quick_begin_close(struct quick *q)
{
	if (q->z != NULL || !q->fin)
		return;
	q->k->close = ta_pool_take(&q->t->closes);
	q->z = pool_at(&q->t->closes, q->k->close);
	for (int i = 0; i < 2; i++)
		q->z->end[i].t_text = quick_fresh_time(q->k, i);
}

QUICK_PART void
quick_close_ends(struct quick *q, const struct shape *next)
{
	struct calm_close *z = q->z;
	struct calm_close_end *e = &z->end[q->sender];

	if (q->fin) {
		e->t_fin = q->since;
		e->fin_packet = q->packet;
	}
	if ((next->end[q->sender].acked & SHAPE_ACKED_FIN) && e->t_acked == 0)
		e->t_acked = q->since;
	for (int i = 0; i < 2; i++)
		if (z->end[i].t_timewait == 0 && z->end[i].t_acked != 0 &&
		    next->end[i].nominal == TCPAUDIT_TIME_WAIT)
			z->end[i].t_timewait = q->since;
	if (z->t_zeek == 0 &&
	    (next->end[0].zeek_seen & next->end[1].zeek_seen & ZEEK_SEEN_FIN))
		z->t_zeek = q->since;
}

QUICK_PART void
quick_count(struct quick *q)
{
	const struct segment *seg = q->seg;
	struct calm *k = q->k;
	struct calm_end *e = q->e;
	uint32_t mss = q->ps->mss;
	uint16_t id = (uint16_t)seg->ip_id;

	e->packets++;
	if (seg->checksum_status == CHECKSUM_GOOD && e->sums < UINT16_MAX &&
	    (mss == 0 || q->n <= mss))
		e->sums++;
	if (q->text)
		k->unanswered += k->unanswered < UINT8_MAX;
	else if (!(q->syn | q->fin | q->progress) &&
		 k->last_from != q->sender && q->edge == q->last_edge)
		k->unanswered--;
	k->last_length = q->length;
	e->window = seg->window;
	e->t_last = q->since;
	e->last_packet = q->packet;
	e->seen = q->seen;
	if (q->syn)
		e->ttl = seg->ttl; /* of others it is the same */
	if (seg->ip_id_known &&
	    (e->ip_id == 0 || (uint16_t)(e->ip_id - id) > 1024))
		e->ip_id = id;
}

/* Moves the numbers; `next` is the shape that follows, and `number` that of it,
 * but on the steady way. */
QUICK_PART void
quick_apply(struct quick *q, const struct shape *next, uint32_t number)
{
	struct calm *k = q->k;
	unsigned fresh;

	quick_begin_close(q);
	if (!q->steady)
		quick_greet(q, next);
	/* Times are read and written before what stands in a word with them:
	 * a processor waits where a part of what it reads was just written. */
	quick_acknowledge(q);
	fresh = quick_stamp(q);
	quick_count(q);
	quick_send(q);
	quick_offer_window(q);
	/* Written as one. */
	k->last_flags = q->seg->flags;
	k->last_from = (unsigned)q->sender;
	k->fresh = fresh;
	k->_spare = 0;
	if (q->steady)
		return;
	if (q->z != NULL)
		quick_close_ends(q, next);
	k->shape = number;
}

#endif
