/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* OP16 to OP21: selective acknowledgments (RFC 2018; RFC 2883). */
#include "check.h"

/* The first block repeats what was received twice (RFC 2883, 4). */
static bool
is_dsack(const struct step *s, const struct sack_block *b)
{
	int64_t left = seq_unwrap(s->p->max, b->left);
	int64_t right = seq_unwrap(s->p->max, b->right);

	if (left < s->a)
		return true;
	if (s->seg->sack_count < 2)
		return false;
	return left >= seq_unwrap(s->p->max, s->seg->sack[1].left) &&
	       right <= seq_unwrap(s->p->max, s->seg->sack[1].right);
}

static void
check_dsack(struct step *s, const struct sack_block *b)
{
	report(s, RULE_OP21, s->e, SEEN(LEFT, b->left), SEEN(RIGHT, b->right),
	    SEEN(ACK, s->seg->ack));
	ta_check_received_twice(s, b);
}

static void
check_block(struct step *s, unsigned i)
{
	const struct sack_block *b = &s->seg->sack[i];
	struct endpoint *p = s->p;
	int64_t left = seq_unwrap(p->max, b->left);
	int64_t right = seq_unwrap(p->max, b->right);

	if (i == 0 && left < right && is_dsack(s, b)) {
		check_dsack(s, b);
		return;
	}
	if (left >= right || (right <= s->a && i > 0) ||
	    (right > p->max && right > s->peer_max && p->packets > 0)) {
		report(s, RULE_OP17, s->e, SEEN(LEFT, b->left),
		    SEEN(RIGHT, b->right), SEEN(ACK, s->seg->ack),
		    SEEN(SND_NXT, p->max),
		    SEVERITY_IF(left < right && right > p->max, NOTE, ERROR),
		    DEMOTE_IF(connection_lossy(s->c, s->time) || s->stale));
		return;
	}
	if (p->flight != NULL)
		ta_flight_sacked(p->flight, left, right);
}

void
ta_check_sack(struct step *s)
{
	if (!(s->seg->options & OPTION_SACK) || !s->has_ack || s->syn ||
	    s->rst || !endpoint_knows(s->p, KNOWS_SENT))
		return;
	for (unsigned i = 0; i < s->seg->sack_count; i++)
		check_block(s, i);
}
