/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What kind of segment it is, and in what situation: all that decides which
 * shape follows, beside the shape before it. */
#ifndef QUICK_KIND_H
#define QUICK_KIND_H

#include "check.h"
#include "flood.h"
#include "quick_segment.h"
#include "tombstone.h"

/* Of one who has none: see ta_reach_guessed().  Compilers do not take this in
 * place, and a struct quick that others see would stand in memory. */
static inline uint64_t
quick_guessed_rtt(const struct tcpaudit *t, uint32_t number, int side)
{
	const struct tombstone *tomb;

	if (number == 0)
		return RTT_UNKNOWN;
	tomb = pool_at(&t->tombstones, number);
	return tomb->side[side].rtt >= 0 ? (uint64_t)tomb->side[side].rtt
					 : RTT_UNKNOWN;
}

/* How far back what passed may still be on its way: see ta_reach(). */
QUICK_PART uint64_t
quick_reach(uint64_t rtt)
{
	return rtt + (uint64_t)rtt_slack((int64_t)rtt);
}

/* Which of what an end sent may be on its way: bits.  `rtt` is the peer's. */
QUICK_PART uint64_t
quick_fresh_facts(
    const struct quick *q, const struct calm_close *z, int end, uint64_t rtt)
{
	const struct calm *k = q->k;
	uint64_t back = quick_reach(rtt) + 1;
	uint64_t since = q->since > back ? q->since - back : 0;
	uint64_t syn = end == TCPAUDIT_CLIENT ? 1 : k->t_second;
	uint64_t bits = (syn > since) | (k->end[end].t_last > since) << 1;

	if (z != NULL)
		bits |= (uint64_t)(z->end[end].t_fin > since) << 2;
	return bits;
}

/* RFC 9293, 3.10.4: whether its FIN may have waited for text, see fact.c. */
QUICK_PART bool
quick_may_have_waited(const struct quick *q, const struct calm_close *z)
{
	const struct calm_end *e = q->e;
	/* See ta_reach(): no guess. */
	uint64_t rtt = e->rtt == UINT32_MAX ? RTT_UNKNOWN : e->rtt;

	return z != NULL && z->end[!q->sender].t_fin != 0 &&
	       e->t_max >= z->end[!q->sender].t_fin &&
	       q->since - e->t_max <= quick_reach(rtt);
}

/* In what order FINs and their acknowledgments passed. */
QUICK_PART uint64_t
quick_order_of(const struct quick *q, const struct calm_close *z)
{
	uint64_t bits = 0;

	if (z == NULL)
		return 0;
	for (int i = 0; i < 2; i++) {
		uint64_t acked = z->end[i].t_acked;

		bits |= (uint64_t)(z->end[i].t_fin < acked) << 2 * i;
		bits |= (uint64_t)(acked == q->since) << (2 * i + 1);
	}
	return bits;
}

enum {
	MOVE_SENDER = 1,
	MOVE_SYN = 2,
	MOVE_FIN = 4,
	MOVE_TEXT = 8,
	MOVE_PROGRESS = 16,
	MOVE_ALL = 32, /* acknowledges all that was sent */
	MOVE_STAMPED = 64,
	MOVE_WAITED = 128,
	MOVE_SOON = 256, /* of its SYN, see flood.c */
	MOVE_STEADY = 512,
	MOVE_TIMELESS = 1024
};

/* All that the model asks of the numbers and times of a harmless segment. */
QUICK_PART uint64_t
quick_kind_of(const struct quick *q)
{
	const struct calm_close *z = q->z;
	const int64_t soon = TALLY_DELAY * TALLY_SECOND;
	uint64_t kind = q->sender ? MOVE_SENDER : 0;
	uint64_t rtt = q->e->rtt, other = q->p->rtt, fresh;
	uint64_t took = q->since - q->landed;
	int side = q->sender ^ q->shape->shape.client_side;

	kind |= q->text ? MOVE_TEXT : 0;
	kind |= q->stamped ? MOVE_STAMPED : 0;
	if (q->shape->steady && !q->fin)
		return kind | MOVE_STEADY;
	kind |= q->syn ? MOVE_SYN : 0;
	kind |= q->fin ? MOVE_FIN : 0;
	kind |= q->progress ? MOVE_PROGRESS : 0;
	kind |= q->ack == q->p->max ? MOVE_ALL : 0;
	kind |= q->since <= (uint64_t)soon ? MOVE_SOON : 0;
	if (q->shape->timeless && !q->fin)
		return kind | MOVE_TIMELESS;
	kind |= quick_may_have_waited(q, z) ? MOVE_WAITED : 0;
	if (rtt == UINT32_MAX)
		rtt = quick_guessed_rtt(q->t, q->node->tomb, side);
	if (other == UINT32_MAX)
		other = quick_guessed_rtt(q->t, q->node->tomb, !side);
	kind |= quick_fresh_facts(q, z, q->sender, other) << 16;
	fresh = quick_fresh_facts(q, z, !q->sender, rtt);
	kind |= fresh << 20;
	/* The segment itself may tell a shorter round trip. */
	if (q->landed != 0 && took < q->e->rtt)
		fresh = quick_fresh_facts(q, z, !q->sender, took);
	return kind | fresh << 24 | quick_order_of(q, z) << 28;
}

#endif
