/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A segment is judged against what was known before; the belief moves, the
 * variables follow; and what comes of it is judged. */
#include "step.h"

#include "belief.h"
#include "flood.h"
#include "transfer.h"
#include "zeek.h"

/* What a later answer would be an answer to. */
static void
remember(struct step *s)
{
	struct stimulus *last = &s->c->last;
	struct endpoint *e = s->e;

	last->lone = s->time - last->time >= T_SILENCE &&
		     s->fate == FATE_INSIDE && s->n > 0;
	last->time = s->time;
	last->packet = s->t->packet;
	last->from = s->sender;
	last->flags = s->seg->flags;
	last->seq = s->seg->seq;
	last->ack = s->seg->ack;
	last->end = s->end;
	last->keepalive = s->range == RANGE_KEEPALIVE;
	last->data = s->n > 0;
	e->t_last = s->time;
	/* The latest: one a little below it was overtaken. */
	if (s->seg->ip_id_known && !s->stale &&
	    s->range != RANGE_NETWORK_COPY &&
	    (e->ip_id == 0 ||
		(uint16_t)(e->ip_id - (uint16_t)s->seg->ip_id) > 1024))
		e->ip_id = s->seg->ip_id;
	if (!s->rst && !s->syn) {
		if ((s->c->flood & (FLOOD_ECHO | FLOOD_STRAY)) &&
		    e->packets + s->p->packets > 1)
			ta_flood_plain(s->t, s->c);
		e->marks |= SENT_PLAIN;
	}
	if (!s->rst) {
		e->t_plain = s->time;
		e->ttl = s->seg->ttl;
		e->known |= KNOWS_TTL;
	}
}

void
ta_judge_rst(struct step *s)
{
	ta_flood_rst(s->t, s->c, s->sender, s->seg->seq);
	ta_check_icmp_abort(s);
	ta_check_reset(s);
	ta_check_capture(s);
	remember(s);
}

/* A FIN that passes behind what its sender sent later.  It was sent from
 * ESTABLISHED, unless it acknowledges the peer's (3.10.4); that may have come
 * since. */
static void
believe_late_fin(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	bool closed = endpoint_knows(p, KNOWS_FIN) && s->a > p->fin;
	bool came = e->nominal == TCPAUDIT_CLOSE_WAIT;

	if (closed && came) {
		ta_belief_prove(s, e, e->possible, TCPAUDIT_LAST_ACK);
	} else if (!closed && (came || e->nominal == TCPAUDIT_ESTABLISHED)) {
		ta_belief_prove(s, e, e->possible, TCPAUDIT_FIN_WAIT_1);
		if (came)
			ta_belief_prove(s, e, e->possible, TCPAUDIT_CLOSING);
	}
}

/* What the ACK says of the peer's flight, before that forgets. */
static void
judge_acknowledgment(struct step *s)
{
	if (!s->has_ack || s->p->flight == NULL)
		return;
	ta_check_acknowledged(s);
	ta_check_ack(s);
	ta_check_needless(s);
	ta_check_reneging(s);
}

/* Against what was known before it. */
static void
judge_sent(struct step *s, bool transfer)
{
	if (!transfer) {
		ta_check_timewait_sent(s);
		ta_check_close_sent(s);
	}
	ta_check_data_sent(s);
	judge_acknowledgment(s);
	ta_check_window(s);
	ta_check_keepalive(s);
	if (s->range != RANGE_EMPTY)
		ta_check_retransmit(s);
	ta_check_header_change(s);
}

/* What it means for the one it is on its way to. */
static void
judge_after(struct step *s, bool transfer)
{
	ta_count_duplicate_ack(s);
	if (s->seg->options & OPTION_SACK)
		ta_check_sack(s);
	ta_check_capture(s);
	if (!transfer)
		ta_check_handshake_after(s);
	ta_check_data_after(s);
	if (!transfer) {
		ta_check_close_after(s);
		ta_check_timewait_after(s);
	}
}

void
ta_judge_segment(struct step *s)
{
	bool transfer = is_transfer(s);

	if (!transfer)
		ta_check_handshake_sent(s);
	if (s->old_incarnation)
		return; /* a segment of what was before: nothing moves */
	judge_sent(s, transfer);
	if (s->unbelieved ||
	    (s->class == CLASS_NONE && !connection_is(s->c, CONN_MIDSTREAM))) {
		remember(s); /* its receiver drops it (3.10.7.4, fifth) */
		return;
	}
	if (s->refused) {
		ta_belief_sent(s);
		remember(s);
		return;
	}
	ta_check_ecn(s);
	s->was_possible = s->e->possible;
	if (!transfer)
		ta_infer_silent_close(s);
	if (!s->stale)
		ta_belief_sent(s);
	else if (s->fin && !s->fin_copy)
		believe_late_fin(s);
	ta_update(s);
	ta_belief_settle(s);
	judge_after(s, transfer);
	remember(s);
}

/* The rest of the rules keep silent, and what they would change besides is
 * changed here. */
void
ta_judge_smooth(struct step *s)
{
	struct endpoint *e = s->e;

	/* Others are merged, and have none of their own. */
	if (s->seg->checksum_status == CHECKSUM_GOOD && s->n <= s->p->mss)
		e->sums_right += e->sums_right < UINT16_MAX;
	ta_zeek_segment(s);
	e->foreigns = 0;
	e->contradictions = 0;
	s->range = s->n > 0 ? RANGE_NEW : RANGE_EMPTY;
	if (s->n > 0)
		e->rtx_copies = 0;
	ta_check_storm(s);
	judge_acknowledgment(s);
	ta_update(s);
	ta_count_duplicate_ack(s);
	if (s->seg->options & OPTION_SACK)
		ta_check_sack(s);
	if (s->holes_acked > 0)
		ta_check_capture(s);
	remember(s);
}
