/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* DA: when and how often is acknowledged (RFC 5681, 4.2; RFC 9293, 3.8.6.3).
 * What a receiver has got, and when, only its own segments prove. */
#include "check.h"

#define OUT_OF_ORDER_DELAY (200 * MILLISECOND)

void
ta_check_ack_field(struct step *s)
{
	report(s, RULE_DA05, s->e, SEEN(ACK, s->seg->ack),
	    SEEN(FLAGS, s->seg->flags), EXPECT(ACK, 0));
}

/* One segment of p, acknowledged in pieces: RFC 5681, 4.2, allows one ACK for
 * each.  What the sender's own card or a coarse memory has joined is none. */
static void
check_division(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	const struct transmission *whole = ta_flight_find(p->flight, s->a);
	struct watch *w = e->watch;

	if (whole == NULL || whole->start >= s->a || whole->copies != 1 ||
	    ((p->marks | e->marks) & OFFLOADS) || ta_may_be_here(p) ||
	    ta_may_be_here(e))
		return;
	if (w != NULL && w->divided_end == whole->end) {
		w->divisions += w->divisions < UINT8_MAX;
		if (w->divisions == 3)
			report(s, RULE_DA15, e, PROOF(whole->packet),
			    SEEN(ACK, s->seg->ack), SEEN(SEQ_END, whole->end),
			    SEEN(COPIES, 3));
		return;
	}
	if (whole->stored == 0 || e->mss == 0 ||
	    whole->end - whole->start > e->mss ||
	    !endpoint_knows(e, KNOWS_EDGE) || e->edge_last < whole->end)
		return;
	w = ta_watch(s->t, e);
	if (w == NULL)
		return;
	w->divided_end = whole->end;
	w->divisions = 1;
}

/* Many full-sized segments, so far apart that no card or driver has joined
 * them, in one ACK (SHLD-19: one for at least every second): ten times, it is a
 * habit.  While the application does not read, or the path delivers in bursts,
 * fewer ACKs are good manners. */
static void
check_stretch(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	const struct transmission *x = p->flight->sent;
	int64_t full = ta_largest_segment(s->c, p);
	unsigned n = 0;
	struct watch *w;

	for (; n < p->flight->count && x[n].end <= s->a; n++)
		if (x[n].copies != 1 || x[n].end - x[n].start < full ||
		    (n > 0 && x[n].time_first - x[n - 1].time < NOT_JOINED))
			return;
	if (n < STRETCH || p->gaps != NULL || e->dup_acks > 0 || e->rtt < 0 ||
	    s->window < e->window || e->srtt + 4 * e->rttvar > SECOND / 4 ||
	    connection_lossy(s->c, s->time))
		return;
	w = ta_watch(s->t, e);
	if (w == NULL)
		return;
	w->stretched += w->stretched < UINT8_MAX;
	if (w->stretched == 10)
		report(s, RULE_DA13, e, PROOF(x[0].packet), SEEN(COPIES, 10),
		    SEEN(PACKETS, n), EXPECT(PACKETS, 2),
		    SEEN(BYTES_, s->a - x[0].start), SEEN(ACK, s->seg->ack));
}

/* Out of order, and reported by SACK much later than the path explains; in
 * between its receiver said nothing at all (RFC 5681, 4.2: acknowledge it
 * immediately).  That each ACK was lost on its way here cannot be excluded,
 * unless it was captured where it is sent. */
static void
check_late_sack(struct step *s, const struct sack_block *b)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t left = seq_unwrap(p->max, b->left);
	int64_t right = seq_unwrap(p->max, b->right);

	for (unsigned i = 0; i < p->flight->count; i++) {
		const struct transmission *x = &p->flight->sent[i];
		int64_t delay = s->time - x->time - e->rtt;

		if (x->sacked || x->copies != 1 || x->start < left ||
		    x->end > right || x->start <= s->a || e->t_last > x->time ||
		    delay <= OUT_OF_ORDER_DELAY + ta_slack(e))
			continue;
		report(s, RULE_DA16, e, PROOF(x->packet), SEEN(SEQ, x->start),
		    SEEN(DELAY, delay), EXPECT(DELAY, OUT_OF_ORDER_DELAY),
		    SEEN(RTT, e->rtt),
		    SEVERITY_IF(e->marks & IS_LOCAL, WARNING, NOTE),
		    CONFIDENCE_IF(e->marks & IS_LOCAL, LIKELY, POSSIBLE));
		return;
	}
}

static void
check_out_of_order(struct step *s)
{
	const struct endpoint *e = s->e;

	/* A path whose delay varies as much says nothing of the endpoint. */
	if (e->rtt < 0 || e->srtt + 4 * e->rttvar > SECOND / 4 ||
	    connection_lossy(s->c, s->time) ||
	    (s->t->t_step_back != 0 && s->t->t_step_back >= e->t_last))
		return;
	/* It was not silent for as long as would be late. */
	if (s->time - e->t_last <= e->rtt + OUT_OF_ORDER_DELAY + ta_slack(e))
		return;
	for (unsigned i = 0; i < s->seg->sack_count; i++)
		check_late_sack(s, &s->seg->sack[i]);
}

/* It sends, but does not acknowledge: what it is sent does not arrive, or what
 * it acknowledges goes another way. */
static void
check_unacked(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t long_ago = s->time - 8 * ta_rto(p, e);

	if (p->flight->sent[0].time_first >= long_ago || e->t_ack >= long_ago ||
	    s->a != e->ack)
		return;
	report(s, RULE_DA18, e, SEEN(ACK, s->seg->ack),
	    SEEN(BYTES_, p->max - s->a), PROOF(p->flight->sent[0].packet),
	    SEEN(ELAPSED, s->time - e->t_ack));
}

void
ta_check_ack(struct step *s)
{
	const struct endpoint *p = s->p;

	if (!s->has_ack || s->syn || s->stale || p->flight == NULL ||
	    p->flight->count == 0 || !endpoint_knows(s->e, KNOWS_ACK) ||
	    s->absurd_ack)
		return;
	if (s->progress) {
		check_division(s);
		if (p->flight->count >= STRETCH)
			check_stretch(s);
	} else if (p->max - s->a >= MUCH && s->seg->sack_count == 0) {
		check_unacked(s);
	}
	if (s->seg->sack_count > 0)
		check_out_of_order(s);
}
