/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* RX: what is sent again, why, and what was lost where (rules B.8). */
#include "belief.h"
#include "check.h"
#include "zeek.h"

#define MINIMUM_REORDER (3 * MILLISECOND)
#define MAXIMUM_REORDER (50 * MILLISECOND)

/* RFC 9293, 3.8.4: SEQ = SND.NXT - 1, no octet or a garbage one, when all is
 * acknowledged. */
static bool
is_keepalive(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	if (s->ack_old || (connection_is(s->c, CONN_TIMESTAMPS) &&
			      (s->seg->options & OPTION_TIMESTAMPS) &&
			      serial_less(s->seg->tsval, e->tsval_max)))
		return false; /* an old ACK, late */
	return !s->syn && !s->fin && !s->rst && s->n <= 1 && s->has_ack &&
	       endpoint_knows(e, KNOWS_SENT) && s->q == e->max - 1 &&
	       endpoint_knows(p, KNOWS_ACK) && p->ack == e->max &&
	       s->time - e->t_max >= SECOND;
}

/* RFC 9293, 3.8.6.1: an octet at the edge of a closed window, or (Linux) none
 * below it. */
static bool
is_window_probe(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	if (s->syn || s->fin || !s->has_ack ||
	    (!(p->marks & ZERO_WINDOW) && !ta_probes_open_window(s)))
		return false;
	if (s->n == 0)
		return s->q == p->ack - 1;
	return s->n == 1 && (s->q == p->ack || s->q == e->max);
}

static int64_t
reorder_time(const struct step *s)
{
	int64_t rtt = (ta_rtt(s->e) + ta_rtt(s->p)) / 2;

	return rtt < MINIMUM_REORDER   ? MINIMUM_REORDER
	       : rtt < MAXIMUM_REORDER ? rtt
				       : MAXIMUM_REORDER;
}

/* A hole is filled: late by reordering, or sent again? */
static enum segment_range
fill(const struct step *s, const struct gap *gap)
{
	const struct segment *seg = s->seg;
	int64_t late = s->time - gap->time;
	bool id = gap->ip_id_known && seg->ip_id_known && seg->ip_id != 0;
	int16_t id_step = (int16_t)((uint16_t)seg->ip_id - gap->ip_id);

	/* What left before that which opened the hole is no answer to it,
	 * however late it comes. */
	if ((seg->options & OPTION_TIMESTAMPS) &&
	    connection_is(s->c, CONN_TIMESTAMPS) && seg->tsval != gap->tsval)
		return serial_less(gap->tsval, seg->tsval) ? RANGE_REPAIR
							   : RANGE_REORDERED;
	if (id && id_step < 0 && id_step > -256)
		return RANGE_REORDERED;
	if (late > reorder_time(s) || gap->dup_acks >= 3 || (id && id_step > 0))
		return RANGE_REPAIR;
	return RANGE_REORDERED;
}

/* Acknowledged here before it was sent again: the ACK was lost on its way, or
 * crossed it. */
static enum segment_range
needless(const struct step *s)
{
	const struct endpoint *p = s->p;
	int64_t acked = s->end > p->ack_before ? p->t_ack : p->t_ack_before;

	return s->time - acked >= ta_reach(s->e) ? RANGE_ACK_LOST
						 : RANGE_SPURIOUS;
}

static enum segment_range
cause(const struct step *s, const struct transmission *old)
{
	const struct endpoint *e = s->e, *p = s->p;
	int64_t idle = s->time - (old != NULL ? old->time : e->t_max);
	int64_t srtt =
	    (p->srtt > 0 ? p->srtt : ta_rtt(p)) + (e->rtt > 0 ? e->rtt : 0);
	bool sacked_above = e->flight != NULL && e->flight->count > 0 &&
			    e->flight->sent[e->flight->count - 1].sacked;

	if ((p->dup_acks >= 3 && s->q <= p->ack) || sacked_above) {
		if (idle < ta_rto(e, p))
			return RANGE_FAST;
	}
	if (s->end == e->max && p->dup_acks == 0 && old != NULL &&
	    old->copies == 1 && 2 * idle >= 3 * srtt && idle < ta_rto(e, p))
		return RANGE_TAIL_PROBE;
	/* Just after an ACK that moved on: recovery, not the timer. */
	if (idle >= ta_rto(e, p) && s->time - p->t_ack > MILLISECOND)
		return RANGE_TIMEOUT;
	/* Nothing came from the peer since the last copy but one: what else
	 * but the timer, however short it is? */
	if (old != NULL && old->copies >= 2 && idle >= SECOND / 5 &&
	    p->t_last < old->time)
		return RANGE_TIMEOUT;
	return RANGE_OTHER_COPY;
}

/* Made by the network, not by its sender: what is sent again has a timestamp
 * and an IP identification of its own. */
static bool
is_network_copy(const struct step *s, const struct transmission *old)
{
	const struct segment *seg = s->seg;
	const struct endpoint *e = s->e;
	bool id = seg->ip_id_known && seg->ip_id != 0;

	if (old != NULL && id && old->ip_id == (uint16_t)seg->ip_id &&
	    old->start == s->q &&
	    (!(seg->options & OPTION_TIMESTAMPS) || old->tsval == seg->tsval))
		return true;
	if (old != NULL)
		return false;
	if (connection_is(s->c, CONN_TIMESTAMPS))
		return (seg->options & OPTION_TIMESTAMPS) &&
		       serial_less(seg->tsval, e->tsval_max);
	return id && e->ip_id != 0 &&
	       (uint16_t)(e->ip_id - (uint16_t)seg->ip_id) < 2048;
}

/* SYN data that the server did not take are sent again as data. */
static bool
is_refused_text(const struct step *s)
{
	return endpoint_knows(s->e, KNOWS_ISS) && s->e->syn_length > 1 &&
	       s->q == s->e->iss + 1 && !(s->e->marks & SENT_DATA);
}

void
ta_classify_range(struct step *s)
{
	struct endpoint *e = s->e;
	struct transmission *old = NULL;
	struct gap *gap = NULL;

	s->range = RANGE_EMPTY;
	if (s->rst || s->old_incarnation || s->late_capture)
		return;
	if (s->syn) {
		s->range = s->new_isn ? RANGE_NEW : RANGE_SYN_COPY;
	} else if (s->n <= 1 && is_window_probe(s)) {
		s->range = RANGE_PROBE;
	} else if (s->n <= 1 && is_keepalive(s)) {
		s->range = RANGE_KEEPALIVE;
	} else if (s->length == 0) {
		return;
	} else if (!endpoint_knows(e, KNOWS_SENT) || s->q == e->max) {
		s->range = is_refused_text(s) ? RANGE_REFUSED : RANGE_NEW;
	} else if (s->q > e->max) {
		s->range = RANGE_AHEAD;
	} else if (s->fin_copy) {
		s->range = RANGE_FIN_COPY;
	} else {
		if (e->gaps != NULL)
			gap = ta_gaps_find(e->gaps, s->q, s->end);
		if (e->flight != NULL)
			old = ta_flight_find(e->flight, s->q);
		if (gap != NULL)
			s->range = fill(s, gap);
		else if (s->q < e->gaps_forgotten)
			s->range = RANGE_UNCERTAIN;
		else if (is_refused_text(s))
			s->range = RANGE_REFUSED;
		else if (s->mended)
			s->range = RANGE_MENDED;
		else if (is_network_copy(s, old))
			s->range = RANGE_NETWORK_COPY;
		else if (endpoint_knows(s->p, KNOWS_ACK) && s->end <= s->p->ack)
			s->range = needless(s);
		else
			s->range = cause(s, old);
	}
}

/* ----------------------------------------------------------------- report */

/* A stream of so few segments that some stacks, if asked to, leave its timer
 * as it is (linear timeouts of thin streams). */
static bool
is_thin(const struct endpoint *e)
{
	return e->flight == NULL || e->flight->count < 4;
}

/* RFC 6298, 5.5: the timer doubles; half of that is tolerance.  The first
 * interval is left out: a tail probe or a fast retransmission may be in it.  An
 * ICMP error may undo the back-off (RFC 6069): an error is told only where one
 * would have been captured. */
static void
check_backoff(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t d = s->time - e->t_rtx;

	if (e->rtx_copies == 0 || e->rtx_seq != s->q) {
		e->rtx_seq = s->q;
		e->rtx_copies = 1;
		e->rtx_no_backoff = 0;
		e->rtx_interval = 0;
		e->t_rtx_first = e->t_rtx = s->time;
		return;
	}
	e->rtx_copies += e->rtx_copies < UINT8_MAX;
	if (e->rtx_interval != 0 && 2 * d < 3 * e->rtx_interval &&
	    e->rtx_interval < 60 * SECOND)
		e->rtx_no_backoff += e->rtx_no_backoff < UINT8_MAX;
	else
		e->rtx_no_backoff = 0;
	if (e->rtx_no_backoff == 2)
		report(s, RULE_RX13, e, SEEN(SEQ, s->q), SEEN(INTERVAL, d),
		    EXPECT(INTERVAL, 2 * e->rtx_interval),
		    SEEN(OLD_INTERVAL, e->rtx_interval),
		    SEEN(COPIES, e->rtx_copies),
		    SEVERITY_IF(
			ta_icmp_silent(s) && !is_thin(e), ERROR, WARNING),
		    DEMOTE_IF(connection_lossy(s->c, s->time)));
	e->rtx_interval = d;
	e->t_rtx = s->time;
	if (e->rtx_copies == 11)
		report(s, RULE_RX16, e, SEEN(SEQ, s->q),
		    SEEN(COPIES, e->rtx_copies),
		    SEEN(ELAPSED, s->time - e->t_rtx_first));
}

static void
report_copy(struct step *s, enum rule rule)
{
	const struct endpoint *e = s->e;
	const struct transmission *old =
	    e->flight != NULL ? ta_flight_find(s->e->flight, s->q) : NULL;

	report(s, rule, e, PROOF(old != NULL ? old->packet : 0),
	    SEEN(SEQ, s->seg->seq), SEEN(LENGTH, s->length),
	    SEEN_IF(old != NULL || e->t_max != 0, INTERVAL,
		s->time - (old != NULL ? old->time : e->t_max)),
	    SEEN_IF(endpoint_knows(s->p, KNOWS_ACK), ACK, s->p->ack));
}

static void
count_copy(struct step *s)
{
	s->e->rtx_packets++;
	s->e->rtx_bytes += s->n;
	if (s->n > 0)
		ta_zeek_count(s->c, s->sender, 'T', s->e->rtx_packets);
}

/* Lost after the monitor, unless its receiver says otherwise. */
static void
note_lost(struct step *s)
{
	if (s->e->lost_after++ == 0)
		s->e->lost_packet = s->t->packet;
}

static void
check_resent(struct step *s, enum rule rule)
{
	count_copy(s);
	if (connection_is(s->c, CONN_SELF))
		return;
	report_copy(s, rule);
	note_lost(s);
	if (s->range == RANGE_TIMEOUT)
		check_backoff(s);
}

static void
check_filled(struct step *s)
{
	const struct gap *gap = ta_gaps_find(s->e->gaps, s->q, s->end);
	int64_t late = s->time - gap->time;

	if (s->range == RANGE_REORDERED) {
		s->e->out_of_order++;
		report(s, RULE_RX20, s->e, SEEN(SEQ, s->seg->seq),
		    SEEN(DELAY, late));
		return;
	}
	count_copy(s);
	report(s, RULE_RX21, s->e, SEEN(SEQ, s->seg->seq),
	    SEEN(LENGTH, s->length), SEEN(DELAY, late));
}

/* Received before: the order of packets, a timestamp, or its receiver says. */
#define report_needless(s, x, ...) report(s, RULE_RX10, x, __VA_ARGS__)

void
ta_check_retransmit(struct step *s)
{
	if (s->judged)
		return;
	if (s->range >= RANGE_FAST || s->range == RANGE_REPAIR)
		ta_check_resend(s);
	switch (s->range) {
	case RANGE_FIN_COPY:
		count_copy(s);
		report(s, RULE_RX06, s->e, PROOF(s->e->fin_packet),
		    SEEN(FIN_SEQ, s->e->fin),
		    SEEN(COPIES, s->e->fin_copies + 1),
		    SEEN(INTERVAL, s->time - s->e->t_fin));
		break;
	case RANGE_REORDERED:
	case RANGE_REPAIR:
		check_filled(s);
		break;
	case RANGE_NETWORK_COPY:
		report_copy(s, RULE_RX19);
		break;
	case RANGE_ACK_LOST:
		count_copy(s);
		report_copy(s, RULE_RX11);
		break;
	case RANGE_SPURIOUS:
		count_copy(s);
		report_needless(s, s->e, SEEN(SEQ, s->seg->seq),
		    SEEN(LENGTH, s->length), SEEN(ACK, s->p->ack));
		break;
	case RANGE_FAST:
		check_resent(s, RULE_RX07);
		break;
	case RANGE_TIMEOUT:
		check_resent(s, RULE_RX08);
		break;
	case RANGE_TAIL_PROBE:
		check_resent(s, RULE_RX09);
		break;
	case RANGE_MENDED:
		count_copy(s);
		break;
	case RANGE_OTHER_COPY:
		count_copy(s);
		note_lost(s);
		break;
	default:
		break;
	}
	if (s->range == RANGE_NEW && s->n > 0)
		s->e->rtx_copies = 0;
}

/* --------------------------------------------------------- acknowledgments */

/* RFC 5681, 2: a duplicate acknowledgment. */
void
ta_count_duplicate_ack(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (!s->has_ack || s->syn || s->rst)
		return;
	if (s->progress) {
		e->dup_acks = 0;
		p->rtx_copies = 0;
		return;
	}
	if (s->class != CLASS_ACK || s->stale || s->a != s->old_ack ||
	    p->max <= s->a || s->range != RANGE_EMPTY || s->window_changed)
		return;
	e->duplicate_acks++;
	e->dup_acks += e->dup_acks < UINT8_MAX;
	if (e->dup_acks == 3)
		e->t_dup_acks = s->time;
	if (p->gaps != NULL)
		for (unsigned i = 0; i < p->gaps->count; i++)
			p->gaps->gap[i].dup_acks +=
			    p->gaps->gap[i].dup_acks < UINT8_MAX;
}

/* The Eifel test: an ACK that echoes the timestamp of the original, not of the
 * copy, says that the copy was needless. */
void
ta_check_needless(struct step *s)
{
	struct endpoint *p = s->p;
	const struct transmission *first;

	if (p->flight == NULL || p->lost_after == 0 || !s->has_ack ||
	    s->stale || !connection_is(s->c, CONN_TIMESTAMPS) ||
	    !(s->seg->options & OPTION_TIMESTAMPS))
		return;
	first = &p->flight->sent[0];
	if (p->flight->count == 0 || first->copies < 2 || first->end > s->a ||
	    !serial_less(s->seg->tsecr, first->tsval))
		return;
	p->lost_after--;
	report_needless(s, p, PROOF(first->packet), SEEN(SEQ, first->start),
	    SEEN(TSECR, s->seg->tsecr), SEEN(TSVAL, first->tsval));
}

/* The peer received octets twice: one of the copies was needless. */
void
ta_check_received_twice(struct step *s, const struct sack_block *b)
{
	struct endpoint *p = s->p;

	if (p->lost_after == 0)
		return;
	p->lost_after--;
	report_needless(s, p, SEEN(LEFT, b->left), SEEN(RIGHT, b->right),
	    SEEN(SEQ, b->left));
}

/* -------------------------------------------------------------- at the end */

/* Silence since the last retransmission: the path or the peer is dead. */
void
ta_check_unacked_silence(struct tcpaudit *t, struct connection *c)
{
	for (int i = 0; i < 2; i++) {
		struct endpoint *x = &c->end[i], *y = &c->end[!i];

		if (x->rtx_copies < 3 || !endpoint_knows(y, KNOWS_ACK) ||
		    x->max <= y->ack)
			continue;
		c->marks |= CONN_TIMED_OUT;
		ta_report(t, c, RULE_RX18, i, AT(x->last_packet),
		    SEEN(COPIES, x->rtx_copies), SEEN(SEQ, x->rtx_seq),
		    SEEN(BYTES_, x->max - y->ack),
		    SEEN(IDLE, t->time - c->t_last));
		ta_belief_may_close(x);
	}
}

void
ta_check_retransmit_end(struct tcpaudit *t, struct connection *c, int end)
{
	struct endpoint *x = &c->end[end], *y = &c->end[!end];
	int64_t span = x->t_rtx - x->t_rtx_first;
	bool over = (x->marks & SENT_RST) || (c->marks & CONN_TIMED_OUT);

	if (x->lost_after > 0)
		ta_report(t, c, RULE_RX22, end, AT(x->lost_packet),
		    SEEN(COPIES, x->lost_after));
	if (x->rtx_copies < 3 || !over || !endpoint_knows(y, KNOWS_ACK) ||
	    x->max <= y->ack)
		return;
	/* From the first transmission to the last retransmission. */
	span += x->flight != NULL && x->flight->count > 0
		    ? x->t_rtx_first - x->flight->sent[0].time_first
		    : 0;
	if (span < 100 * SECOND)
		ta_report(t, c, RULE_RX17, end, AT(x->last_packet),
		    SEEN(COPIES, x->rtx_copies), SEEN(ELAPSED, span),
		    EXPECT(ELAPSED, 100 * SECOND), SEEN(SEQ, x->rtx_seq));
}
