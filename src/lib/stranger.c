/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Nobody forges both numbers of a segment right, and nobody needs both of them
 * wrong: a blind forger guesses SEQ, a defective end errs in one of the two, a
 * capture with a hole goes on above.  Where SEQ and ACK are both far from the
 * connection it is over, if its ends have closed it; else, if a second segment
 * agrees with the first one.
 */
#include "stranger.h"

#include "incarnation.h"
#include "tombstone.h"

/* As far as the receiver of a live connection may have moved while the capture
 * had a hole. */
#define HOLE (INT64_C(1) << 28)
/* As little as numbers differ within one connection. */
#define NEAR (INT64_C(1) << 20)

/* The number is none that x has used, nor one that it may use now: `ahead` is
 * how far that is. */
static bool
is_outside(const struct endpoint *x, uint32_t number, int64_t ahead)
{
	int64_t v = seq_unwrap(x->max, number);
	int64_t behind = NEAR;

	if (!endpoint_knows(x, KNOWS_SENT))
		return false;
	if (v > x->max)
		return v - x->max > ahead;
	if (x->max_window > behind)
		behind = x->max_window;
	if (endpoint_knows(x, KNOWS_ISS))
		return v < x->iss - (ahead == 0 ? 0 : behind);
	return x->max - v > behind;
}

/* Both numbers go on from where the first stranger stood. */
static bool
agrees(const struct stranger *first, int side, const struct segment *seg)
{
	uint32_t seq = side == first->side ? first->end : first->ack;
	uint32_t ack = side == first->side ? first->ack : first->end;

	return first->packet != 0 && (uint32_t)(seg->seq - seq) <= NEAR &&
	       (uint32_t)(seg->ack - ack + NEAR) <= 2 * NEAR;
}

/* What the first of them was blamed for is that it belongs to the other. */
static void
take_back(struct tcpaudit *t, struct connection *c)
{
	struct finding *f =
	    ta_finding(c, RULE_DA10, c->stranger.side != c->client_side);

	if (f != NULL && f->record.packet == c->stranger.packet)
		ta_check_handshake_missed(
		    t, c, -1, f, c->stranger.packet, c->stranger.flags);
}

bool
ta_stranger(struct tcpaudit *t, struct connection *c, int side,
    const struct segment *seg)
{
	int sender = side != c->client_side;
	const struct endpoint *e = &c->end[sender], *p = &c->end[!sender];
	int64_t ahead = HOLE;
	bool closed;

	/* Hardly any is outside, wherever that begins. */
	if (!is_outside(e, seg->seq, 0))
		return false;
	closed = ta_incarnation_closed(c);
	if (closed)
		ahead = NEAR;
	/* Nothing comes behind a FIN. */
	if (endpoint_knows(e, KNOWS_FIN) && endpoint_knows(p, KNOWS_FIN)) {
		closed = true;
		ahead = 0;
	}
	if ((seg->flags & (FLAG_SYN | FLAG_RST | FLAG_ACK)) != FLAG_ACK ||
	    !is_outside(e, seg->seq, ahead) ||
	    !is_outside(p, seg->ack, ahead) ||
	    ta_tombstone_fits(t, c, side, seg))
		return false;
	if (closed)
		return true;
	if (agrees(&c->stranger, side, seg)) {
		take_back(t, c);
		return true;
	}
	c->stranger = (struct stranger){ .packet = t->packet,
		.end = seg->seq + segment_length(seg),
		.ack = seg->ack,
		.flags = seg->flags,
		.side = (uint8_t)side };
	return false;
}
