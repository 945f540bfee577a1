/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The variables of both ends follow a segment that was judged (rules A.2,
 * A.12 step 10): those of the sender from what it sent; those of the peer's
 * send side from what the sender acknowledges. */
#include "step.h"

#include "flood.h"
#include "incarnation.h"

static void
sample_rtt(struct endpoint *x, int64_t rtt)
{
	int64_t off;

	if (rtt < 0)
		return;
	if (rtt > T_IDLE)
		rtt = T_IDLE; /* no round trip, and no overflow */
	if (x->rtt < 0 || rtt < x->rtt)
		x->rtt = rtt;
	/* RFC 6298, 2.2 and 2.3. */
	if (x->srtt == 0) {
		x->srtt = rtt;
		x->rttvar = rtt / 2;
		return;
	}
	off = x->srtt > rtt ? x->srtt - rtt : rtt - x->srtt;
	x->rttvar = (3 * x->rttvar + off) / 4;
	x->srtt = (7 * x->srtt + rtt) / 8;
}

/* ------------------------------------------------------------------ SYNs */

static void
learn_syn_options(struct step *s)
{
	struct endpoint *e = s->e;
	const struct segment *seg = s->seg;

	if (s->new_isn)
		e->options = (struct options_seen){ 0 };
	else if (e->options.syn_last != (uint16_t)seg->options)
		e->options.marks |= OPTIONS_VARY;
	e->options.syn |= (uint16_t)seg->options;
	e->options.syn_last = (uint16_t)seg->options;
	if (seg->header_cut || (seg->faults & FAULTS_UNREADABLE))
		e->options.marks |= OPTIONS_UNREADABLE;
	if (seg->header_cut)
		return;
	/* A copy may leave options out (RFC 7413, 4.2.2; RFC 3168, 6.1.1.1):
	 * whichever copy arrives, they were offered. */
	e->known |= KNOWS_SYN_OPTIONS;
	if (s->new_isn)
		e->mss = 0;
	if (s->new_isn)
		e->marks &= ~(unsigned)(OFFERED_WSCALE | OFFERED_SACK |
					OFFERED_TIMESTAMPS | SYN_FASTOPEN);
	if ((seg->options & OPTION_MSS) && seg->mss > e->mss)
		e->mss = seg->mss;
	if (seg->options & OPTION_WSCALE) {
		e->marks |= OFFERED_WSCALE;
		e->wscale = seg->window_scale;
	}
	if (seg->options & OPTION_SACK_PERMITTED)
		e->marks |= OFFERED_SACK;
	if (seg->options & OPTION_TIMESTAMPS)
		e->marks |= OFFERED_TIMESTAMPS;
	if (seg->options & OPTION_FASTOPEN)
		e->marks |= SYN_FASTOPEN;
}

/* Both SYNs are known: what was negotiated (RFC 7323, 1.3 and 2.2: only what
 * both offered, a shift of more than 14 counts as 14). */
static void
negotiate(struct connection *c)
{
	struct endpoint *x = &c->end[0], *y = &c->end[1];

	if (!(x->known & y->known & KNOWS_SYN_OPTIONS))
		return;
	c->marks |= CONN_WSCALE;
	x->shift = y->shift = 0;
	if (x->marks & y->marks & OFFERED_WSCALE) {
		x->shift = x->wscale > 14 ? 14 : x->wscale;
		y->shift = y->wscale > 14 ? 14 : y->wscale;
	}
	c->marks &= ~(unsigned)CONN_TIMESTAMPS;
	if (x->marks & y->marks & OFFERED_TIMESTAMPS)
		c->marks |= CONN_TIMESTAMPS;
}

static void
update_syn(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (s->new_isn) {
		ta_endpoint_isn(e, s->seg, s->time);
		/* What the peer acknowledged was another number's space. */
		p->known &= ~(unsigned)(KNOWS_ACK | KNOWS_EDGE);
		s->q = e->iss;
		s->end = s->q + s->length;
	}
	if (s->class == CLASS_SYN) {
		if (!(e->marks & SENT_SYN))
			e->t_syn_first = s->time;
		e->marks |= SENT_SYN;
		e->syn_packet = s->t->packet;
		s->c->marks |= CONN_SYN_SEEN;
		if (s->new_isn)
			e->syn_copies = e->linear_syns = e->syn_intervals = 0;
		if (s->new_isn)
			e->syn_interval = 0;
		if (s->new_isn || s->length > e->syn_length)
			e->syn_length = s->length;
	} else {
		if (!(e->marks & SENT_SYNACK) || s->new_isn) {
			e->t_synack_first = s->time;
			e->synack_copies = 0;
			e->synack_packet = s->t->packet;
		}
		e->marks |= SENT_SYNACK;
		s->c->marks |= CONN_SYNACK_SEEN;
		if (!s->new_isn && e->synack_copies == 0 &&
		    p->t_syn_first != 0 && e->t_synack_first == s->time)
			e->synack_packet = s->t->packet;
	}
	/* A handshake of its own again: what it reset before is over; but not
	 * by a late copy of the SYN. */
	if (!(s->stale && connection_is(s->c, CONN_OPEN))) {
		e->marks &= ~(unsigned)(SENT_RST | RST_ACCEPTED);
		e->reset_count = 0;
		e->t_killed = 0;
	}
	e->t_syn = s->time;
	e->syn_tsval = s->seg->tsval;
	learn_syn_options(s);
	negotiate(s->c);
}

/* Whether the SYN-ACK answers the newest SYN of its receiver. */
static void
update_synack(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	bool good = !endpoint_knows(p, KNOWS_ISS) ||
		    (s->a > p->iss && s->a <= p->iss + p->syn_length);

	if (good) {
		e->marks |= SYNACK_GOOD;
		e->marks &= ~(unsigned)SYNACK_BAD;
		ta_flood_synack(s->t, s->c);
		if (p->t_syn_first != 0 && p->syn_copies == 0 &&
		    e->synack_copies == 0)
			sample_rtt(e, s->time - p->t_syn_first);
		/* A server that took the text of the SYN (RFC 7413, 4.2.2). */
		if (endpoint_knows(p, KNOWS_ISS) && p->syn_length > 1 &&
		    s->a == p->iss + p->syn_length)
			p->marks |= FASTOPEN_TAKEN;
	} else {
		e->marks |= SYNACK_BAD;
		e->marks &= ~(unsigned)SYNACK_GOOD;
	}
	/* Refused text is sent again from the ISN on: SND.NXT goes back. */
	if (good && endpoint_knows(p, KNOWS_ISS) && p->syn_length > 1 &&
	    s->a < p->iss + p->syn_length && !(p->marks & SENT_THIRD_ACK))
		p->max = p->contig = s->a;
}

/* ------------------------------------------------------------- send side */

static void
remember_gap(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t forgotten;
	struct gap gap = { .start = e->max,
		.end = s->q,
		.time = s->time,
		.tsval = s->seg->tsval,
		.ip_id = (uint16_t)s->seg->ip_id,
		.ip_id_known = s->seg->ip_id_known && s->seg->ip_id != 0 };

	e->marks |= HAD_GAP;
	if (e->gaps == NULL)
		e->gaps = ta_slab_take(&s->t->gaps);
	if (e->gaps == NULL) {
		s->c->marks |= CONN_LOSSY_FOR_EVER;
		return;
	}
	forgotten = ta_gaps_add(e->gaps, &gap);
	if (forgotten != 0) {
		e->gaps_forgotten = forgotten;
		s->c->lossy_until = s->time + 10 * ta_rto(e, s->p);
	}
}

static void
forget_empty(struct step *s, struct endpoint *x)
{
	if (x->gaps != NULL && x->gaps->count == 0) {
		ta_slab_give(&s->t->gaps, x->gaps);
		x->gaps = NULL;
	}
	if (x->flight != NULL && x->flight->count == 0) {
		ta_slab_give(&s->t->flights, x->flight);
		x->flight = NULL;
	}
	x->contig = x->gaps != NULL ? x->gaps->gap[0].start : x->max;
}

static void
update_fin(struct step *s)
{
	struct endpoint *e = s->e;

	if (!endpoint_knows(e, KNOWS_FIN)) {
		e->fin = s->q + s->n;
		e->known |= KNOWS_FIN;
		e->t_fin_first = s->time;
		e->fin_packet = s->t->packet;
		if (!s->has_ack)
			e->marks |= FIN_WITHOUT_ACK;
	} else if (s->has_ack) {
		e->marks &= ~(unsigned)FIN_WITHOUT_ACK;
	}
	e->t_fin = s->time;
	if (!s->has_ack || !endpoint_knows(s->p, KNOWS_FIN) ||
	    s->a <= s->p->fin)
		e->marks |= FIN_CROSSED;
}

static void
update_sent(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t filled = 0;

	if (!endpoint_knows(e, KNOWS_SENT)) {
		e->known |= KNOWS_SENT;
		e->max = e->contig = s->q;
	}
	if (s->range == RANGE_KEEPALIVE)
		return;
	if (s->range == RANGE_PROBE && s->end > e->max) {
		e->probe_end = s->end; /* taken only if acknowledged */
		return;
	}
	/* A bare ACK ahead of all: what lies between was not seen either. */
	if (s->q > e->max)
		remember_gap(s);
	else if (e->gaps != NULL && s->length > 0)
		filled = ta_gaps_fill(e->gaps, s->q, s->end);
	if (s->n > 0) {
		if (!s->syn)
			e->marks |= SENT_DATA;
		if (s->n > e->largest)
			e->largest = s->n;
		e->unique_bytes += s->end - s->fin > e->max
				       ? s->end - s->fin - s->syn -
					     (s->q > e->max ? s->q : e->max)
				       : filled;
	}
	ta_remember_sent(s);
	if (s->end > e->max) {
		e->max = s->end;
		e->t_max = s->time;
	}
	if (s->fin)
		update_fin(s);
	forget_empty(s, e);
}

/* ---------------------------------------------------------- receive side */

/* What e's acknowledgment says of p's sequence space. */
static void
update_acked(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct transmission sample;

	if (!endpoint_knows(p, KNOWS_SENT)) {
		p->known |= KNOWS_SENT;
		p->max = p->contig = s->peer_max = s->a;
	}
	if (p->probe_end != 0 && s->a >= p->probe_end &&
	    p->probe_end > p->max) {
		p->max = p->probe_end;
		p->unique_bytes++;
	}
	if (p->probe_end != 0 && s->a >= p->probe_end)
		p->probe_end = 0;
	if (s->a >= p->doubt_end)
		p->doubt_end = 0; /* it was right on the wire */
	if (p->flight != NULL && ta_flight_acked(p->flight, s->a, &sample) &&
	    !s->stale)
		sample_rtt(e, s->time - sample.time);
	if (p->gaps != NULL) {
		s->hole_start = p->gaps->gap[0].start;
		s->holes_acked = ta_gaps_acked(p->gaps, s->a);
	}
	if (endpoint_knows(p, KNOWS_ISS) && s->a > p->iss &&
	    s->a <= s->peer_max)
		e->t_acked_syn = s->time;
	/* More would be an acknowledgment of what was never sent. */
	if (endpoint_knows(p, KNOWS_FIN) && s->a == p->fin + 1) {
		if (e->t_acked_fin == 0)
			e->t_acked_fin_first = s->time;
		e->t_acked_fin = s->time;
		p->marks |= FIN_ACKED;
	}
	forget_empty(s, p);
}

static void
update_ack(struct step *s)
{
	struct endpoint *e = s->e;

	if (!endpoint_knows(e, KNOWS_ACK) || (s->syn && !s->stale)) {
		e->known |= KNOWS_ACK;
		e->ack = e->ack_before = s->a;
		e->t_ack = e->t_ack_before = s->time;
		e->tsval_acked = s->seg->tsval;
		e->ack_packet = s->t->packet;
	} else if (s->a > e->ack) {
		e->ack_before = e->ack;
		e->t_ack_before = e->t_ack;
		e->ack = s->a;
		e->t_ack = s->time;
		e->tsval_acked = s->seg->tsval;
		e->ack_packet = s->t->packet;
	}
	update_acked(s);
}

static void
update_window(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t edge;

	if (s->stale)
		return;
	if (s->window < 0) {
		/* Closed is closed by any scale. */
		e->marks &= ~(unsigned)ZERO_WINDOW;
		e->marks |= s->seg->window == 0 ? ZERO_WINDOW : 0;
		return;
	}
	edge = s->a + s->window;
	if (endpoint_knows(e, KNOWS_FIN | KNOWS_EDGE) && s->p->max >= e->edge)
		s->p->marks |= FILLED_WINDOW;
	if (!endpoint_knows(e, KNOWS_EDGE) || edge > e->edge)
		e->edge = edge;
	/* Of two that may have changed places, the one that left last is not
	 * known: an edge moves back only where it is proved. */
	if (!endpoint_knows(e, KNOWS_EDGE) || edge >= e->edge_last ||
	    ta_sent_last(s))
		e->edge_last = edge;
	e->window = (uint32_t)s->window;
	if (e->window > e->max_window)
		e->max_window = e->window;
	e->known |= KNOWS_EDGE;
	if (s->window == 0) {
		if (!(e->marks & ZERO_WINDOW))
			e->t_zero = s->time;
		e->marks |= ZERO_WINDOW;
	} else {
		e->marks &= ~(unsigned)ZERO_WINDOW;
	}
}

/* What is above all before has just left its sender. */
static void
update_clock(struct step *s)
{
	struct options_seen *seen = &s->e->options;

	seen->tsval_last = s->seg->tsval;
	seen->t_last = s->time;
	if (seen->t_first != 0)
		return;
	seen->tsval_first = seen->tsval_last;
	seen->t_first = seen->t_last;
}

static void
update_timestamps(struct step *s)
{
	struct endpoint *e = s->e;

	if (!(s->seg->options & OPTION_TIMESTAMPS))
		return;
	/* With a wrap, 0 may have been among those that were not seen. */
	if (s->seg->tsval == 0 || (s->seg->tsval < e->tsval_max &&
				      serial_less(e->tsval_max, s->seg->tsval)))
		e->options.marks |= OPTIONS_TSVAL_ZERO;
	if (!s->syn && (s->new_data || s->progress))
		update_clock(s);
	e->tsval = s->seg->tsval;
	if (!endpoint_knows(e, KNOWS_TSVAL) || s->new_isn ||
	    !serial_less(s->seg->tsval, e->tsval_max))
		e->tsval_max = s->seg->tsval;
	if (!endpoint_knows(e, KNOWS_TSVAL) || s->syn ||
	    (s->range == RANGE_NEW && s->n > 0))
		e->tsval_new = s->seg->tsval;
	e->known |= KNOWS_TSVAL;
	if (s->has_ack && !s->stale)
		e->tsecr = s->seg->tsecr;
}

void
ta_update(struct step *s)
{
	struct endpoint *e = s->e;

	if (s->syn)
		update_syn(s);
	else if (!s->rst)
		e->third_refuted = 0;
	e->options.used |= (uint16_t)s->seg->options;
	update_sent(s);
	if (s->class == CLASS_SYNACK)
		update_synack(s);
	if (s->has_ack && !s->absurd_ack) {
		update_ack(s);
		update_window(s);
	} else if (s->class == CLASS_SYN) {
		e->window = s->seg->window;
		if (e->window > e->max_window)
			e->max_window = e->window;
	}
	update_timestamps(s);
}
