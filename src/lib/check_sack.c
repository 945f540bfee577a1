/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* OP17 to OP21: selective acknowledgments (RFC 2018; RFC 2883). */
#include "check.h"

/* An ACK of what comes behind a hole is sent at once (RFC 5681, 4.2). */
#define AT_ONCE (100 * MILLISECOND)

static bool
is_in_second_block(const struct step *s, const struct sack_block *b)
{
	const struct sack_block *second = &s->seg->sack[1];

	return s->seg->sack_count > 1 && !serial_less(b->left, second->left) &&
	       !serial_less(second->right, b->right);
}

/* The first block repeats what was received twice (RFC 2883, 4). */
static bool
is_dsack(const struct step *s, const struct sack_block *b)
{
	return seq_unwrap(s->p->max, b->left) < s->a ||
	       is_in_second_block(s, b);
}

/* The ACK was made while what the block tells of was being taken from behind
 * the hole: Linux does so when a FIN comes last, and then lists all that it
 * had.  As a first block only one that was told of before, for others repeat
 * what came twice. */
static bool
is_out_of_date(const struct step *s, unsigned i, const struct sack_block *b)
{
	const struct endpoint *p = s->p;
	int64_t right = seq_unwrap(p->max, b->right);

	if (right > s->a || (i == 0 && (b->left != s->e->sack_left ||
					   is_in_second_block(s, b))))
		return false;
	return (right == s->a && s->progress) ||
	       (endpoint_knows(p, KNOWS_FIN) && s->a == p->fin + 1);
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

	if (left < right && is_out_of_date(s, i, b))
		return;
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
		    DEMOTE_IF(connection_lossy(s->c, s->time) || s->stale ||
			      connection_is(s->c, CONN_MIDSTREAM)));
		return;
	}
	/* RFC 2018, 3: isolated, what lies just below it is missing. */
	if (left <= s->a)
		report(s, RULE_OP18, s->e, SEEN(LEFT, b->left),
		    SEEN(RIGHT, b->right), SEEN(ACK, s->seg->ack),
		    EXPECT(ACK, b->right));
	if (p->flight != NULL)
		ta_flight_sacked(
		    p->flight, left, right, (uint32_t)(s->time / MILLISECOND));
}

/* RFC 2018, 4: the first block contains what triggered the ACK.  That is
 * certain only of a segment that was alone, and that the capturing host itself
 * received; even so it may have dropped it for want of memory. */
static void
check_first_block(struct step *s)
{
	const struct stimulus *trigger = &s->before;
	const struct sack_block *b = &s->seg->sack[0];
	int64_t q = seq_unwrap(s->p->max, trigger->seq);

	if (!trigger->lone || trigger->from == s->sender ||
	    !(s->e->marks & IS_LOCAL) || s->class != CLASS_ACK || s->stale ||
	    s->progress || s->window_changed || q <= s->a ||
	    s->time - trigger->time > AT_ONCE ||
	    (seq_unwrap(s->p->max, b->left) < trigger->end &&
		seq_unwrap(s->p->max, b->right) > q))
		return;
	report(s, RULE_OP19, s->e, PROOF(trigger->packet), SEEN(LEFT, b->left),
	    SEEN(RIGHT, b->right), EXPECT(LEFT, trigger->seq),
	    EXPECT(RIGHT, trigger->end));
}

/* RFC 2018, 8: an acknowledgment that has moved on to octets that were
 * selectively acknowledged, and not beyond: they have been thrown away. */
void
ta_check_reneging(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	const struct transmission *sent;

	if (!(e->options.used & OPTION_SACK) || !s->progress || s->stale ||
	    s->syn || p->flight == NULL || s->seg->header_cut)
		return;
	sent = ta_flight_find(p->flight, s->a);
	if (sent == NULL || !sent->sacked || sent->holed)
		return;
	for (unsigned i = 0; i < s->seg->sack_count; i++)
		if (s->seg->sack[i].left == s->seg->ack)
			return; /* OP18: it still has them */
	report(s, RULE_OP20, e, PROOF(sent->packet), SEEN(ACK, s->seg->ack),
	    SEEN(LEFT, s->a), SEEN(RIGHT, sent->end), EXPECT(ACK, sent->end));
	/* Its sender must no longer trust any of the reports. */
	ta_flight_forget_sacks(p->flight);
}

void
ta_check_sack(struct step *s)
{
	unsigned told;

	if (!(s->seg->options & OPTION_SACK) || !s->has_ack || s->syn ||
	    s->rst || !endpoint_knows(s->p, KNOWS_SENT))
		return;
	for (unsigned i = 0; i < s->seg->sack_count; i++)
		check_block(s, i);
	check_first_block(s);
	told = s->seg->sack_count > 1 && is_dsack(s, s->seg->sack);
	s->e->sack_left = s->seg->sack[told].left;
}
