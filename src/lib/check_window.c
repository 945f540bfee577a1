/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* WN: the window (RFC 9293, 3.8.6; RFC 7323, 2).  Windows of SYNs are never
 * scaled, those of RSTs mean nothing, and a buffer that is torn down shrinks:
 * nothing is judged once either end has closed. */
#include "check.h"
#include "zeek.h"

#define MSS_DEFAULT_4 536 /* RFC 9293, 3.7.1, MUST-15 */
#define MSS_DEFAULT_6 1220

int64_t
ta_largest_segment(const struct connection *c, const struct endpoint *e)
{
	const struct endpoint *p = &c->end[!connection_end(c, e)];
	int64_t mss = p->mss;

	if (mss == 0)
		mss = c->flow->key.family == 6 ? MSS_DEFAULT_6 : MSS_DEFAULT_4;
	return e->largest < mss ? e->largest : mss;
}

/* ------------------------------------------------------------------- SYNs */

static void
check_syn(struct step *s)
{
	if (s->rst || s->seg->window != 0)
		return;
	report(s, RULE_WN14, s->e, SEEN(FLAGS, s->seg->flags), SEEN(WINDOW, 0));
}

/* The first window after the SYN has the same field and is now scaled, though
 * the SYN had room for the larger number: it was scaled there too (RFC 7323,
 * 2.2, forbids it). */
static void
check_syn_scaled(struct step *s)
{
	struct endpoint *e = s->e;

	if (e->shift == 0 || s->seg->window == 0 ||
	    s->seg->window != e->window || s->window > UINT16_MAX ||
	    !connection_is(s->c, CONN_WSCALE))
		return;
	report(s, RULE_WN15, e, PROOF(e->isn_packet[0]),
	    SEEN(WINDOW, s->seg->window), EXPECT(WINDOW, s->window),
	    SEEN(SHIFT, e->shift));
}

/* --------------------------------------------------------------- receiver */

static void
check_zero(struct step *s)
{
	struct endpoint *e = s->e;
	struct watch *w;

	if (s->window != 0 || (e->marks & ZERO_WINDOW))
		return;
	e->zero_windows++;
	ta_zeek_count(s->c, s->sender, 'W', e->zero_windows);
	report(s, RULE_WN01, e, SEEN(ACK, s->seg->ack), SEEN(WINDOW, 0));
	w = ta_watch(s->t, e);
	if (w == NULL)
		return;
	w->window_before = e->window;
	w->zero_packet = s->t->packet;
	w->told_closed = false;
}

/* It left its sender after all that has passed of it, and was not merely
 * overtaken: its number, its clock or its identification says so, or nothing
 * lies between its sender and the monitor. */
bool
ta_sent_last(const struct step *s)
{
	const struct endpoint *e = s->e;
	uint16_t id_step = (uint16_t)(s->seg->ip_id - e->ip_id);

	return s->progress || s->new_data || (e->marks & IS_LOCAL) ||
	       (connection_is(s->c, CONN_TIMESTAMPS) &&
		   (s->seg->options & OPTION_TIMESTAMPS) &&
		   endpoint_knows(e, KNOWS_TSVAL) &&
		   serial_less(e->tsval_max, s->seg->tsval)) ||
	       (s->seg->ip_id_known && s->seg->ip_id != 0 && e->ip_id != 0 &&
		   id_step >= 1 && id_step <= 1024);
}

/* The right edge moves left (SHLD-14); by less than the unit of the scale it
 * is rounding (RFC 7323, 2.4 and Appendix F). */
static void
check_shrink(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t edge = s->a + s->window, back = e->edge_last - edge;
	struct watch *w;

	if (back <= 0 || !endpoint_knows(e, KNOWS_EDGE) || s->ack_old ||
	    s->q < e->max || !(e->marks & SCALED_EDGE) || !ta_sent_last(s))
		return;
	if (back < INT64_C(1) << e->shift) {
		/* Of stacks that round down, most segments do: it matters
		 * where text is already on its way to what was taken back. */
		if (p->max <= edge)
			return;
		report(s, RULE_WN08, e, PROOF(e->last_packet), SEEN(EDGE, edge),
		    SEEN(OLD_EDGE, e->edge_last), SEEN(DISTANCE, back),
		    SEEN(SHIFT, e->shift), SEEN(BYTES_, p->max - edge));
		return;
	}
	report(s, RULE_WN07, e, PROOF(e->last_packet), SEEN(EDGE, edge),
	    SEEN(OLD_EDGE, e->edge_last), EXPECT(EDGE, e->edge_last),
	    SEEN(BYTES_, p->max > edge ? p->max - edge : 0),
	    SEEN(WINDOW, s->window));
	w = ta_watch(s->t, e);
	if (w == NULL || w->t_shrunk != 0)
		return;
	w->t_shrunk = s->time;
	w->tsval_shrunk = s->seg->tsval;
	w->shrink_packet = s->t->packet;
}

/* MUST-39: the edge moves on by a segment or half the buffer at once, so that
 * a sender never finds a small window. */
static void
check_small_steps(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t step = s->a + s->window - e->edge_last, least;
	struct watch *w;

	if (step < INT64_C(1) << e->shift || !endpoint_knows(e, KNOWS_EDGE) ||
	    s->ack_old || !(e->marks & SCALED_EDGE))
		return; /* it stands still, or rounding moves it */
	least = ta_largest_segment(s->c, s->p);
	if (least > e->max_window / 2)
		least = e->max_window / 2;
	if (step >= least || s->window >= least) {
		if (e->watch != NULL)
			e->watch->small_steps = 0;
		return;
	}
	w = ta_watch(s->t, e);
	if (w == NULL)
		return;
	w->small_steps += w->small_steps < UINT8_MAX;
	if (w->small_steps == 3)
		report(s, RULE_WN12, e, SEEN(BYTES_, step),
		    EXPECT(BYTES_, least), SEEN(WINDOW, s->window),
		    SEEN(EDGE, s->a + s->window));
}

static void
check_update(struct step *s)
{
	struct endpoint *e = s->e;

	if (s->class != CLASS_ACK || s->progress || s->ack_old ||
	    !(e->marks & ZERO_WINDOW) || s->window <= 0)
		return;
	report(s, RULE_WN10, e, SEEN(WINDOW, s->window),
	    SEEN(ELAPSED, s->time - e->t_zero));
}

/* ----------------------------------------------------------------- sender */

/* Its sender has filled the window that was open to it. */
static void
check_full(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (s->n == 0 || s->range != RANGE_NEW ||
	    !endpoint_knows(p, KNOWS_EDGE) || s->end != p->edge || s->fin)
		return;
	report(s, RULE_WN09, e, SEEN(EDGE, p->edge), SEEN(WINDOW, p->window));
}

/* The sender has seen the edge go back: it echoes a later timestamp, or was
 * silent for a timeout, which no queue on the way outlasts. */
static bool
knows_of_shrinking(const struct step *s, const struct watch *w)
{
	if (connection_is(s->c, CONN_TIMESTAMPS) &&
	    (s->seg->options & OPTION_TIMESTAMPS))
		return serial_less(w->tsval_shrunk, s->seg->tsecr);
	return s->time - w->t_shrunk > ta_rto(s->e, s->p);
}

/* SHLD-15: no new text beyond an edge that has moved back. */
static void
check_beyond_shrunk(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct watch *w = p->watch;

	if (w == NULL || w->t_shrunk == 0 || s->n == 0)
		return;
	if (p->edge_last + (INT64_C(1) << p->shift) > p->edge) {
		w->t_shrunk = 0; /* it has come back */
		return;
	}
	if (s->range != RANGE_NEW || s->end <= p->edge_last ||
	    s->end > p->edge || s->time - w->t_shrunk <= ta_reach(e) ||
	    !knows_of_shrinking(s, w))
		return;
	report(s, RULE_DA07, e, PROOF(w->shrink_packet), SEEN(SEQ_END, s->end),
	    EXPECT(SEQ_END, p->edge_last), SEEN(OLD_EDGE, p->edge),
	    SEEN(EXCESS, s->end - p->edge_last),
	    DEMOTE_IF(connection_lossy(s->c, s->time)));
}

/* MUST-38, and SHLD-7 (Nagle): small segments though there is room for a large
 * one, text is on its way, and nothing is pushed. */
static void
check_small_segments(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct watch *w = e->watch;
	int64_t large;

	if (s->class != CLASS_DATA || s->range != RANGE_NEW)
		return;
	large = ta_largest_segment(s->c, e);
	if (2 * (int64_t)s->n >= large ||
	    (s->seg->flags & (FLAG_PSH | FLAG_URG)) || p->ack >= e->max ||
	    !endpoint_knows(p, KNOWS_EDGE) || p->edge_last - s->q < large) {
		if (w != NULL)
			w->small_segments = 0;
		return;
	}
	w = ta_watch(s->t, e);
	if (w == NULL)
		return;
	w->small_segments += w->small_segments < UINT8_MAX;
	if (w->small_segments == 10)
		report(s, RULE_WN13, e, SEEN(COPIES, 10), SEEN(LENGTH, s->n),
		    EXPECT(LENGTH, large), SEEN(BYTES_, e->max - p->ack),
		    SEEN(WINDOW, p->edge_last - s->q));
}

void
ta_check_window(struct step *s)
{
	if (s->syn)
		check_syn(s);
	if (s->syn || s->rst || s->window < 0 || s->stale || !s->has_ack)
		return;
	if (s->range == RANGE_PROBE || s->e->watch != NULL ||
	    s->p->watch != NULL)
		ta_check_probe(s);
	if (!(s->e->marks & SCALED_EDGE))
		check_syn_scaled(s);
	if (endpoint_knows(s->e, KNOWS_FIN) ||
	    endpoint_knows(s->p, KNOWS_FIN) || s->fin ||
	    !connection_is(s->c, CONN_OPEN | CONN_WSCALE)) {
		s->e->marks |= SCALED_EDGE;
		return;
	}
	check_zero(s);
	check_shrink(s);
	check_small_steps(s);
	check_update(s);
	check_full(s);
	check_beyond_shrunk(s);
	check_small_segments(s);
	s->e->marks |= SCALED_EDGE;
}
