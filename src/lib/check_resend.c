/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * RX: what a sender should not send again, or not yet (RFC 6298, 5; RFC 5681,
 * 3.2; RFC 2018, 5).
 *
 * Why a copy was sent is known to its sender only.  What it could not know is
 * known here: nothing that passes can come back to it faster than the least
 * round trip.  So a copy is judged by what had passed in time to reach it.
 */
#include "check.h"

/* The least round trip of the sender; -1: unknown. */
static int64_t
least_rtt(const struct step *s)
{
	if (s->e->rtt < 0 || s->p->rtt < 0)
		return -1;
	return s->e->rtt + s->p->rtt;
}

/* A timeout makes a sender forget what was reported, because the receiver may
 * have dropped it (RFC 2018, 5 and 8). */
static void
forget_sacks(struct step *s, const struct transmission *old)
{
	const struct endpoint *e = s->e;
	int64_t since = old != NULL ? old->time : e->t_max;

	if (e->flight != NULL && s->time - since >= ta_rto(e, s->p))
		ta_flight_forget_sacks(e->flight);
}

/* Reported twice, in time to reach the sender: one report may be lost. */
static void
check_sacked(struct step *s, const struct transmission *old)
{
	uint32_t ago;

	if (!old->sacked || old->holed || old->sacked_ms == 0 ||
	    old->sack_reports < 2 || s->end > old->end ||
	    s->range == RANGE_TAIL_PROBE)
		return;
	ago = (uint32_t)(s->time / MILLISECOND) - old->sacked_ms;
	if ((int64_t)ago * MILLISECOND <= ta_reach(s->e) + MILLISECOND ||
	    (int64_t)ago * MILLISECOND >= ta_rto(s->e, s->p))
		return;
	report(s, RULE_RX12, s->e, PROOF(old->packet), SEEN(SEQ, s->seg->seq),
	    SEEN(LENGTH, s->length), SEEN(ELAPSED, ago * MILLISECOND),
	    SEEN(PACKETS, old->sack_reports));
}

/* Sent anew, as its clock or its identification tells: no copy of the network,
 * and no smaller part of it, as a router that needs fragments asks for. */
static bool
is_sent_anew(const struct step *s, const struct transmission *old)
{
	const struct segment *seg = s->seg;

	if (old->start != s->q || old->end != s->end || old->holed)
		return false;
	return (seg->ip_id_known && seg->ip_id != 0 && old->ip_id != 0 &&
		   (int16_t)((uint16_t)seg->ip_id - old->ip_id) > 0) ||
	       (connection_is(s->c, CONN_TIMESTAMPS) &&
		   (seg->options & OPTION_TIMESTAMPS) &&
		   serial_less(old->tsval, seg->tsval));
}

/* Nothing of it is sent again yet, nothing reported received. */
static bool
is_fresh(const struct flight *f)
{
	for (unsigned i = 0; i < f->count; i++)
		if (f->sent[i].sacked || f->sent[i].copies > 1)
			return false;
	return true;
}

/* Before any answer could have come: no timer is that short, for the RTO is
 * never below the round trip (RFC 6298, 2). */
static void
check_early(struct step *s, const struct transmission *old)
{
	const struct endpoint *e = s->e, *p = s->p;
	int64_t rtt = least_rtt(s), idle = s->time - old->time;

	/* A round trip of a second may hold a copy that was lost before the
	 * monitor, and the timer that sent it. */
	if (s->range != RANGE_OTHER_COPY || rtt < 0 || p->srtt == 0 ||
	    idle >= rtt || rtt > 9 * SECOND / 10 || !is_sent_anew(s, old) ||
	    p->dup_acks > 0 || p->t_last >= old->time - ta_reach(e) ||
	    e->gaps != NULL || s->c->icmp != NULL || !is_fresh(e->flight))
		return;
	/* A probe of the tail comes when the timer of what is oldest is due,
	 * however young the tail is (RFC 8985, 7.2). */
	if (s->end == e->max && s->q > p->ack)
		return;
	report(s, RULE_RX14, e, PROOF(old->packet), SEEN(SEQ, s->seg->seq),
	    SEEN(LENGTH, s->length), SEEN(INTERVAL, idle), SEEN(RTT, rtt));
}

/* The second segment of one timeout: no answer to the first can have come, nor
 * anything else lately, and together they are more than one segment (RFC 6298,
 * 5.4; RFC 5681, 3.1: the loss window). */
static void
check_multi(struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;
	int64_t rtt = least_rtt(s);
	int64_t mss = ta_largest_segment(s->c, e);

	if (e->rtx_copies == 0 || s->q <= e->rtx_seq || rtt < 0 ||
	    e->rtx_seq != p->ack || s->time - e->t_rtx >= rtt ||
	    /* 5.3: an ACK that moves on starts the timer again. */
	    e->t_rtx - p->t_last < ta_rto(e, p) || mss == 0 ||
	    s->end - e->rtx_seq <= mss || s->n > mss)
		return;
	report(s, RULE_RX23, e, SEEN(SEQ, s->seg->seq),
	    SEEN(OLD_SEQ, e->rtx_seq), SEEN(INTERVAL, s->time - e->t_rtx),
	    SEEN(BYTES_, s->end - e->rtx_seq), SEEN(MSS, mss));
}

/* It could have known for long (RFC 5681, 3.2).  A sender that has seen its
 * packets reordered, or has learnt that it was hasty, may wait for more. */
static void
check_not_fast(struct step *s, const struct transmission *old)
{
	const struct endpoint *e = s->e, *p = s->p;
	int64_t since = s->time - p->t_dup_acks;
	int64_t srtt = p->srtt + (e->rtt > 0 ? e->rtt : 0);

	if (p->dup_acks < 3 || s->q != p->ack || old->copies != 1 ||
	    p->srtt == 0 || since <= 2 * srtt + ta_reach(e) ||
	    e->out_of_order > 0 || e->gaps != NULL ||
	    ta_finding(s->c, RULE_RX10, s->sender) != NULL)
		return;
	report(s, RULE_RX24, e, PROOF(old->packet), SEEN(SEQ, s->seg->seq),
	    SEEN(INTERVAL, s->time - old->time), SEEN(PACKETS, p->dup_acks),
	    SEEN(DELAY, since));
}

void
ta_check_resend(struct step *s)
{
	struct endpoint *e = s->e;
	const struct transmission *old =
	    e->flight != NULL ? ta_flight_find(e->flight, s->q) : NULL;

	if (s->range == RANGE_TIMEOUT || s->range == RANGE_REPAIR ||
	    s->range == RANGE_OTHER_COPY)
		forget_sacks(s, old);
	if (old == NULL || connection_lossy(s->c, s->time) ||
	    connection_is(s->c, CONN_SELF) || (e->marks & OFFLOADS))
		return;
	if (s->range == RANGE_TIMEOUT) {
		check_multi(s);
		check_not_fast(s, old);
	} else if (s->range != RANGE_REPAIR) {
		check_sacked(s, old);
		check_early(s, old);
	}
}
