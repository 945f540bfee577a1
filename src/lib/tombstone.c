/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "tombstone.h"

#include "seq.h"
#include "timer.h"

static void
tomb_side(struct tomb_side *to, const struct endpoint *x)
{
	to->iss = x->iss;
	to->max = x->max;
	to->ack = x->ack;
	to->fin = x->fin;
	to->t_timewait = x->marks & ASSASSINATED ? 0 : x->t_timewait;
	to->rtt = x->rtt < 0 ? x->rtt_before : x->rtt;
	to->tsval = x->tsval_max;
	to->ttl = x->ttl;
	to->marks = 0;
	if (endpoint_knows(x, KNOWS_ISS))
		to->marks |= TOMB_ISS;
	if (endpoint_knows(x, KNOWS_SENT))
		to->marks |= TOMB_SENT;
	if (endpoint_knows(x, KNOWS_FIN))
		to->marks |= TOMB_FIN;
	if (endpoint_knows(x, KNOWS_TSVAL))
		to->marks |= TOMB_TSVAL;
	if (endpoint_knows(x, KNOWS_ACK))
		to->marks |= TOMB_ACK;
	if (!endpoint_may_be(
		x, STATES_ALL & ~(STATE(TIME_WAIT) | STATE(CLOSED))))
		to->marks |= TOMB_WAITS;
	if (x->marks & SENT_RST)
		to->marks |= TOMB_RST;
}

static uint8_t
tomb_how(const struct connection *c)
{
	if (!(c->marks & (CONN_OPEN | CONN_MIDSTREAM)))
		return TOMB_INCOMPLETE;
	if ((c->end[0].marks | c->end[1].marks) & SENT_RST)
		return TOMB_ABORTED;
	if ((c->end[0].known & KNOWS_FIN) && (c->end[1].known & KNOWS_FIN))
		return TOMB_ORDERLY;
	return TOMB_OTHER;
}

void
ta_tombstone_make(struct tcpaudit *t, struct connection *c)
{
	struct flow *f = c->flow;

	if (f->tomb_number == 0)
		f->tomb_number = ta_pool_take(&t->tombstones);
	if (f->tomb_number == 0)
		return; /* the next incarnation will seem the first */
	f->tomb = pool_at(&t->tombstones, f->tomb_number);
	for (int i = 0; i < 2; i++)
		tomb_side(&f->tomb->side[i], &c->end[i != c->client_side]);
	f->tomb->t_end = c->t_last;
	f->tomb->last_packet = c->last_packet;
	f->tomb->incarnation = c->incarnation;
	f->tomb->how = tomb_how(c);
	f->tomb->timestamps = connection_is(c, CONN_TIMESTAMPS);
}

/* How often it is looked at. */
static int64_t
period(const struct tcpaudit *t)
{
	int64_t two_msl = 2 * t->config.msl;

	return two_msl < T_SYN ? T_SYN : two_msl;
}

/* Packets since that one, at least: of another input they are not known. */
static uint64_t
packets_since(const struct tcpaudit *t, tcpaudit_packet_id packet)
{
	uint64_t number = TCPAUDIT_PACKET_NUMBER(t->packet);
	uint64_t last = TCPAUDIT_PACKET_NUMBER(packet);

	if (TCPAUDIT_PACKET_INPUT(t->packet) != TCPAUDIT_PACKET_INPUT(packet))
		return number;
	return number > last ? number - last : 0;
}

bool
ta_tombstone_is_over(const struct tcpaudit *t, int64_t t_end,
    tcpaudit_packet_id last_packet, int64_t now)
{
	if (now - t_end < period(t))
		return false;
	return now - t_end >= T_TOMBSTONE ||
	       packets_since(t, last_packet) > TOMBSTONE_PACKETS;
}

int64_t
ta_tombstone_due(const struct tcpaudit *t, int64_t t_end, int64_t now)
{
	int64_t each = period(t), at = t_end + each;

	if (at <= now)
		at += ((now - at) / each + 1) * each;
	return at < t_end + T_TOMBSTONE ? at : t_end + T_TOMBSTONE;
}

bool
ta_tombstone_fits(const struct tcpaudit *t, const struct connection *c,
    int side, const struct segment *seg)
{
	const struct tombstone *tomb = c->flow->tomb;
	const struct endpoint *e = &c->end[side != c->client_side];
	const struct endpoint *p = &c->end[side == c->client_side];
	const struct tomb_side *old;
	int64_t q, was;

	if (tomb == NULL || t->time - tomb->t_end > 2 * t->config.msl ||
	    (seg->flags & (FLAG_SYN | FLAG_RST)) ||
	    !endpoint_knows(e, KNOWS_ISS))
		return false;
	old = &tomb->side[side];
	if (!(old->marks & TOMB_SENT) || !(old->marks & TOMB_ISS))
		return false;
	was = seq_unwrap(old->max, seg->seq);
	if (was < old->iss || was > old->max)
		return false;
	q = seq_unwrap(e->max, seg->seq);
	if (connection_is(c, CONN_TIMESTAMPS) &&
	    (seg->options & OPTION_TIMESTAMPS) &&
	    endpoint_knows(e, KNOWS_TSVAL))
		return serial_less(seg->tsval, e->syn_tsval);
	return q < e->iss ||
	       q > e->max + (p->max_window > 1 << 20 ? p->max_window : 1 << 20);
}

bool
ta_tombstone_continues(
    const struct connection *c, int side, const struct segment *seg)
{
	const struct tombstone *tomb = c->flow->tomb;

	return tomb != NULL &&
	       (tomb->side[0].marks & tomb->side[1].marks & TOMB_SENT) &&
	       seg->seq == seq_raw(tomb->side[side].max) &&
	       seg->ack == seq_raw(tomb->side[!side].max);
}
