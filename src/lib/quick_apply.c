/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What update.c does to the variables of both ends (RFC 9293, 3.3.1), for a
 * segment that begins where its sender stands and acknowledges what was sent:
 * the same in offsets. */
#include "check.h"
#include "quick.h"

/* RFC 6298, 2: see update.c. */
static void
sample_rtt(struct calm_end *e, uint64_t span)
{
	uint32_t rtt = span > T_IDLE ? (uint32_t)T_IDLE : (uint32_t)span, off;

	if (e->rtt == UINT32_MAX || rtt < e->rtt)
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

/* What the peer had in flight up to the acknowledgment has arrived. */
static void
land(struct quick *q)
{
	struct calm_end *e = &q->k->end[q->sender], *p = &q->k->end[!q->sender];
	uint64_t time = 0;

	while (p->flying > 0 && ta_calm_first(q->t, p)->end <= q->ack) {
		time = ta_calm_first(q->t, p)->time;
		ta_calm_land_first(q->t, p);
	}
	if (time != 0)
		sample_rtt(e, q->since - time);
}

static void
keep(struct quick *q, struct calm_sent *s, uint32_t start)
{
	struct calm_end *e = &q->k->end[q->sender];
	struct kept k = { .before = payload_where(&q->t->payload, e->kept),
		.start = calm_base(e) + start,
		.packet = q->t->packet,
		.length = q->seg->captured,
		.apart = s->apart };

	if (q->n == 0 || k.length == 0)
		return;
	s->stored = ta_payload_keep(&q->t->payload, q->seg->payload, &k);
	if (s->stored == 0)
		return;
	s->length = (uint16_t)k.length;
	e->kept = s->stored;
}

/* Something of the sender's is in flight.  There is room: see ta_quick(). */
static void
fly(struct quick *q)
{
	struct calm_end *e = &q->k->end[q->sender];
	struct calm_sent *s = ta_calm_launch(q->t, e);

	s->end = e->max + q->length;
	s->packet = q->packet;
	s->tsval = q->seg->tsval;
	s->apart = q->seg->tunnel ^ q->seg->vlan;
	s->ip_id = (uint16_t)q->seg->ip_id;
	s->time = q->since;
	keep(q, s, e->max);
}

static void
send(struct quick *q)
{
	struct calm_end *e = &q->k->end[q->sender];

	if (q->length == 0)
		return;
	fly(q);
	e->max += q->length;
	e->t_max = q->since;
	if (q->n > e->largest)
		e->largest = q->n;
}

static void
acknowledge(struct quick *q, bool knew_ack)
{
	struct calm_end *e = &q->k->end[q->sender];

	if (!knew_ack || q->progress) {
		e->ack_step = knew_ack ? q->ack - e->ack : 0;
		e->t_ack_before = knew_ack ? e->t_ack : q->since;
		e->ack = q->ack;
		e->t_ack = q->since;
		e->tsval_acked = q->seg->tsval;
		e->ack_packet = q->packet;
		land(q);
	}
}

static void
offer_window(struct quick *q, bool knew_edge)
{
	struct calm_end *e = &q->k->end[q->sender];

	if (!knew_edge || q->edge > e->edge)
		e->edge = q->edge;
	e->window = q->seg->window;
	if (q->window > e->max_window)
		e->max_window = q->window;
}

static void
stamp(struct quick *q, struct calm_close *z)
{
	const struct segment *seg = q->seg;
	struct calm_end *e = &q->k->end[q->sender];
	unsigned shift = 2 * (unsigned)q->sender;

	if (!q->stamped)
		return;
	if (!q->syn && (q->n > 0 || q->progress)) {
		/* As it is folded: an ACK may have left at the same time. */
		bool acks =
		    e->t_ack == q->since && e->tsval_acked == seg->tsval;

		q->k->fresh &= (uint8_t) ~(3u << shift);
		q->k->fresh |= (acks ? CALM_FRESH_ACK : CALM_FRESH_TEXT)
			       << shift;
		if (z != NULL)
			z->end[q->sender].t_text = q->since;
		if (e->t_fresh == 0) {
			e->t_fresh = q->since;
			e->tsval_first = seg->tsval;
		}
	}
	e->tsval = seg->tsval;
	e->tsecr = seg->tsecr;
	if (q->n > 0 || q->syn)
		e->tsval_new = seg->tsval;
}

/* Its handshake: when it passed, and how long it took. */
static void
greet(struct quick *q, const struct shape *next)
{
	struct calm *k = q->k;
	struct calm_end *e = &k->end[q->sender];
	uint64_t took = q->since - k->t_second;

	if (q->syn) {
		k->t_second = q->since;
		sample_rtt(e, q->since - 1);
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
static uint64_t
fresh_time(const struct calm *k, int end)
{
	unsigned fresh = k->fresh >> (2 * end) & 3;

	return fresh == CALM_FRESH_NONE	 ? 0
	       : fresh == CALM_FRESH_ACK ? k->end[end].t_ack
					 : k->end[end].t_max;
}

/* There is room for it: see ta_quick(). */
static struct calm_close *
begin_close(struct quick *q)
{
	struct calm_close *z;

	q->k->close = ta_pool_take(&q->t->closes);
	z = pool_at(&q->t->closes, q->k->close);
	for (int i = 0; i < 2; i++)
		z->end[i].t_text = fresh_time(q->k, i);
	return z;
}

static void
close_ends(struct quick *q, struct calm_close *z, const struct shape *next)
{
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

static void
count(struct quick *q)
{
	struct calm *k = q->k;
	struct calm_end *e = &k->end[q->sender];
	uint32_t mss = q->shape->shape.end[!q->sender].mss;

	e->packets++;
	if (q->seg->checksum_status == CHECKSUM_GOOD && e->sums < UINT16_MAX &&
	    (mss == 0 || q->n <= mss))
		e->sums++;
	if (q->n > 0)
		k->unanswered += k->unanswered < UINT8_MAX;
	else if (!q->syn && !q->fin && !q->progress &&
		 k->last_from != q->sender && q->edge == q->last_edge)
		k->unanswered--;
	k->last_from = (uint8_t)q->sender;
	k->last_flags = q->seg->flags;
	k->last_length = q->length;
	e->t_last = q->since;
	e->last_packet = q->packet;
	e->seen = q->seen;
	e->ttl = q->seg->ttl;
	if (q->seg->ip_id_known &&
	    (e->ip_id == 0 ||
		(uint16_t)(e->ip_id - (uint16_t)q->seg->ip_id) > 1024))
		e->ip_id = (uint16_t)q->seg->ip_id;
}

void
ta_quick_apply(struct quick *q, uint32_t next)
{
	const struct shape *after = &shape_at(&q->t->shapes, next)->shape;
	uint32_t known = q->shape->shape.end[q->sender].known;
	struct calm_close *z = NULL;

	if (q->k->close != 0)
		z = pool_at(&q->t->closes, q->k->close);
	else if (q->fin)
		z = begin_close(q);
	count(q);
	greet(q, after);
	send(q);
	acknowledge(q, known & KNOWS_ACK);
	offer_window(q, known & KNOWS_EDGE);
	stamp(q, z);
	if (z != NULL)
		close_ends(q, z, after);
	q->k->shape = next;
}
