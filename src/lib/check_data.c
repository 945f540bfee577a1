/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* DA: sequence and acknowledgment arithmetic (RFC 9293, 3.4 and 3.10.7.4).
 * The acknowledgment of text is SEQ + length: nothing is added but for SYN and
 * FIN. */
#include "check.h"

/* Octets that a capture may have missed: at most, in the first round trip. */
#define ROOM_UNSEEN	  (INT64_C(1) << 20)
#define ROOM_UNSEEN_FIRST (INT64_C(1) << 16)

/* ---------------------------------------------------------- what was sent */

/* So old that its receiver must discard it (RFC 5961, 5.2: it acknowledges
 * less than SND.UNA - MAX.SND.WND); no ACK of this connection is on its way
 * for that long. */
static bool
is_too_old(const struct step *s)
{
	const struct endpoint *e = s->e;

	return connection_is(s->c, CONN_OPEN | CONN_WSCALE) &&
	       !connection_is(s->c, CONN_MIDSTREAM) && e->max_window > 0 &&
	       s->a < e->ack - e->max_window;
}

/* An ACK lower than one before it, on a segment that was sent later.  Order is
 * proved by the timestamp or the IP identification; without either it may
 * simply have been overtaken. */
static void
check_ack_regress(struct step *s)
{
	struct endpoint *e = s->e;
	uint16_t id_step = (uint16_t)(s->seg->ip_id - e->ip_id);
	bool stamped = connection_is(s->c, CONN_TIMESTAMPS) &&
		       (s->seg->options & OPTION_TIMESTAMPS);
	bool newer, older;

	if (!s->ack_old || s->rst || (e->marks & SYNACK_BAD) ||
	    s->range == RANGE_KEEPALIVE || s->range == RANGE_NETWORK_COPY ||
	    s->range == RANGE_REORDERED)
		return;
	if (stamped) {
		newer = serial_less(e->tsval_acked, s->seg->tsval);
		older = serial_less(s->seg->tsval, e->tsval_acked);
	} else {
		newer = s->seg->ip_id_known && s->seg->ip_id != 0 &&
			e->ip_id != 0 && id_step >= 1 && id_step <= 64 &&
			s->time - e->t_ack > 50 * MILLISECOND;
		older = s->seg->ip_id_known && s->seg->ip_id != 0 &&
			e->ip_id != 0 && (int16_t)id_step <= 0;
	}
	if (!newer) {
		if (!older && is_too_old(s))
			report(s, RULE_DA03, e, PROOF(e->ack_packet),
			    SEEN(ACK, s->seg->ack),
			    EXPECT(ACK, e->ack - e->max_window),
			    SEEN(DISTANCE, e->ack - s->a),
			    DEMOTE_IF(connection_lossy(s->c, s->time)));
		return;
	}
	report(s, RULE_DA02, e, PROOF(e->ack_packet), EXPECT(ACK, e->ack),
	    SEEN(ACK, s->seg->ack), SEEN_IF(stamped, TSVAL, s->seg->tsval),
	    SEEN_IF(stamped, OLD_TSVAL, e->tsval_acked),
	    SEVERITY_IF(stamped, ERROR, WARNING));
}

static void
check_foreign(struct step *s)
{
	struct endpoint *e = s->e;

	report(s, RULE_DA10, e, SEEN(SEQ, s->seg->seq), EXPECT(SEQ, e->max),
	    SEEN(DISTANCE, s->q > e->max ? s->q - e->max : e->max - s->q),
	    DEMOTE_IF(connection_is(s->c, CONN_MIDSTREAM)));
}

void
ta_check_storm(struct step *s)
{
	struct connection *c = s->c;

	if (s->class != CLASS_ACK || s->seg->sack_count > 0 ||
	    (s->progress && s->a <= s->p->max) || s->range != RANGE_EMPTY ||
	    s->before.from == s->sender ||
	    (endpoint_knows(s->e, KNOWS_EDGE) && s->window >= 0 &&
		s->a + s->window != s->e->edge_last)) {
		if (s->n > 0 || (s->progress && s->a <= s->p->max))
			c->acks_in_circle = 0;
		if (s->n > 0 && c->unanswered_texts < UINT8_MAX)
			c->unanswered_texts++;
		return;
	}
	/* What came out of order is answered one by one, however late. */
	if (c->unanswered_texts > 0) {
		c->unanswered_texts--;
		return;
	}
	if (c->acks_in_circle == 0)
		c->t_storm = s->time;
	if (s->time - c->t_storm > 2 * SECOND) {
		c->acks_in_circle = 0;
		return;
	}
	if (++c->acks_in_circle == 20)
		report(s, RULE_DA12, s->e, SEEN(SEQ, s->seg->seq),
		    SEEN(ACK, s->seg->ack), SEEN(SND_NXT, s->p->max),
		    SEEN(COPIES, 20));
}

/* An ACK of what was never sent: in place of `f` (what was first said of it),
 * or new.  `closed`: its sender took it for the acknowledgment of a FIN. */
#define report_unsent(s, f, end, closed, ...)                                  \
	ta_revise((s)->t, (s)->c, f, (closed) ? RULE_TD16 : RULE_DA01, end,    \
	    __VA_ARGS__)

/* How much text of the server's may have been missed before an ACK.  One of the
 * SYN-ACK has to reach it, and the text to come back: none within a round trip,
 * as the SYN took it; then ever more (slow start, RFC 5681, 3.1). */
static int64_t
room_unseen(const struct step *s)
{
	int64_t began = s->p->t_synack_first, gone = s->time - began;
	int64_t trip = began - s->e->t_syn_first, room = ROOM_UNSEEN_FIRST;

	if (s->sender == TCPAUDIT_SERVER || s->e->t_syn_first == 0 || trip <= 0)
		return ROOM_UNSEEN;
	if (gone <= trip)
		return 0;
	while ((gone -= trip) > trip && room < ROOM_UNSEEN)
		room *= 2;
	return room;
}

/* An ACK above all that was sent, and that its sender ever had room for: no
 * loss of the capture explains it (RFC 9293, 3.10.7.4, fifth). */
static void
check_absurd_ack(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t room;

	if (!s->has_ack || s->syn || s->a <= p->max || p->packets == 0 ||
	    s->stale || connection_is(s->c, CONN_MIDSTREAM))
		return;
	if (endpoint_knows(e, KNOWS_EDGE))
		room = e->edge;
	else if (endpoint_knows(p, KNOWS_ISS) && e->max_window > 0)
		room = p->iss + 1 + e->max_window;
	else
		return;
	/* Missed: text that opened the window, or another SYN-ACK. */
	if (!connection_is(s->c, CONN_OPEN) && room < p->max + room_unseen(s))
		room = p->max + room_unseen(s);
	if (s->a <= room + 1 ||
	    (s->before.from != s->sender && s->before.end == s->a))
		return;
	s->absurd_ack = true;
	if (connection_is(s->c, CONN_OPEN) || s->sender == TCPAUDIT_SERVER)
		report_unsent(s, NULL, s->sender, false, SEVERITY(WARNING),
		    /* Text and the edge that let it go may lack both. */
		    CONFIDENCE_IF(
			s->a - p->max <= e->max_window, POSSIBLE, LIKELY),
		    EXPECT(ACK, p->max), SEEN(ACK, s->seg->ack),
		    SEEN(EXCESS, s->a - p->max));
	else
		ta_check_third_number(s, NULL, s->sender, s->seg->ack);
}

void
ta_check_data_sent(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (s->foreign) {
		check_foreign(s);
		return;
	}
	if (s->syn)
		return;
	check_absurd_ack(s);
	check_ack_regress(s);
	if (s->class == CLASS_NONE && connection_is(s->c, CONN_OPEN)) {
		s->judged = true;
		report(s, RULE_DA04, e, SEEN(FLAGS, s->seg->flags),
		    EXPECT(FLAGS, s->seg->flags | FLAG_ACK),
		    SEEN(SEQ, s->seg->seq), SEEN(LENGTH, s->n));
	}
	/* Beyond every edge that was ever advertised (RFC 9293, 3.8.6; RFC
	 * 7323, 2.4, 3); judged when the peer has answered (H.9). */
	if (s->n > 0 && endpoint_knows(p, KNOWS_EDGE) &&
	    s->q + s->n > p->edge && s->range != RANGE_PROBE &&
	    /* What closed the window may not have been captured. */
	    !(s->n == 1 && (p->marks & ZERO_WINDOW || s->q == p->edge)) &&
	    e->over_end == 0 && !connection_lossy(s->c, s->time)) {
		e->over_end = s->q + s->n;
		e->over_edge = p->edge;
		e->over_limit = p->ack + p->max_window;
		e->t_over = s->time;
		e->over_packet = s->t->packet;
	}
	if (endpoint_knows(e, KNOWS_SENT | KNOWS_ISS) &&
	    e->max >> 32 != s->end >> 32 && s->end > e->max)
		report(s, RULE_DA11, e, SEEN(SEQ, s->seg->seq),
		    SEEN(SEQ_END, s->end));
	if (s->n > 0)
		ta_check_conflict(s);
	ta_check_storm(s);
}

/* --------------------------------------------------- what it acknowledges */

/* p acknowledged what e had not been seen to send; now e shows that it never
 * was: it begins there, or answers from there (H.3). */
static void
prove_unsent(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t excess = e->unseen_to - e->unseen_from;
	struct finding *f = ta_finding(s->c, RULE_CP03, !s->sender);
	bool sure, off_by_one, closed;

	p->unsent_acked += p->unsent_acked < UINT8_MAX;
	/* Either answer after a full round trip, or a habit. */
	sure = p->unsent_acked > 1 ||
	       (s->n == 0 && s->time - e->t_unseen > ta_reach(e));
	off_by_one = excess == 1 && p->unsent_acked > 1;
	/* As if a FIN had come, which perhaps passed beyond the monitor. */
	closed = excess == 1 && p->unsent_acked == 1 &&
		 endpoint_knows(p, KNOWS_FIN) && p->t_fin_first >= e->t_unseen;
	if (f == NULL)
		f = ta_finding(s->c, RULE_DA01, !s->sender);
	else
		s->c->loss_events -= s->c->loss_events > 0;
	if (f == NULL)
		return;
	report_unsent(s, f, !s->sender, closed, AT(e->unseen_packet),
	    EXPECT(ACK, e->unseen_from), SEEN(ACK, e->unseen_to),
	    SEEN(EXCESS, excess), SEEN(OFF_BY_ONE, off_by_one),
	    SEEN(COPIES, p->unsent_acked), REACTED_IF(s->n == 0, ACK),
	    SEVERITY_IF(sure && !closed, ERROR, WARNING), CONFIDENCE(LIKELY));
	s->c->lossy_until = 0;
	if (p->ack == e->unseen_to)
		p->ack = p->ack_before;
	/* SND.NXT is what was sent, not what was acknowledged. */
	if (e->max == e->unseen_to)
		e->max = e->contig = e->unseen_from;
	if (e->gaps != NULL)
		ta_gaps_fill(e->gaps, e->unseen_from, e->unseen_to);
}

/* Just what had been acknowledged comes now: the capture has swapped the text
 * and its ACK. */
static void
captured_late(struct step *s)
{
	struct endpoint *e = s->e;
	struct finding *f = ta_finding(s->c, RULE_CP03, !s->sender);

	if (f != NULL) {
		ta_check_swapped(s, f, e->t_unseen, e->unseen_packet);
		s->c->loss_events -= s->c->loss_events > 0;
		s->c->lossy_until = 0;
	}
	s->late_capture = true;
	e->unique_bytes += s->n;
	if (s->q == e->unseen_from)
		e->unseen_from = s->end;
	if (e->unseen_from >= e->unseen_to)
		e->unseen_to = 0;
}

/* Nothing came from its peer that it could answer. */
static bool
is_unprovoked(const struct step *s)
{
	return s->time - s->p->t_last > SECOND / 5 &&
	       s->time - s->p->t_last > 2 * ta_reach(s->e);
}

bool
ta_check_unseen(struct step *s)
{
	struct endpoint *e = s->e;
	bool proved, keepalive;

	if (e->unseen_to == 0 || s->ack_old || s->rst || s->syn)
		return false;
	if (s->n > 0 && s->q >= e->unseen_from && s->end <= e->unseen_to &&
	    s->time - e->t_unseen <= 50 * MILLISECOND) {
		captured_late(s);
		return true;
	}
	/* Keepalives, and probes of a shut window, lie one octet below SND.NXT
	 * (3.8.4): what the octet was is not known if the capture begins with
	 * them, or lost it. */
	keepalive = e->unseen_to - e->unseen_from == 1 &&
		    ((connection_is(s->c, CONN_MIDSTREAM) && e->bytes == 0) ||
			(s->n == 0 && (s->time - e->t_last > SECOND ||
					  (s->p->marks & ZERO_WINDOW) ||
					  is_unprovoked(s))));
	/* What ends just where it was acknowledged is that text or FIN again,
	 * whose first copy was not captured. */
	proved = s->q == e->unseen_from && s->q < e->unseen_to && s->has_ack &&
		 s->end != e->unseen_to && !keepalive &&
		 s->time - e->t_unseen > MILLISECOND;
	if (proved)
		prove_unsent(s);
	if (proved || s->q > e->unseen_from || s->time - e->t_unseen > T_REACT)
		e->unseen_to = 0;
	return proved;
}

/* The delay of an acknowledgment (RFC 9293, 3.8.6.3, MUST-40). */
static void
check_delay(struct step *s)
{
	const struct transmission *first;
	struct endpoint *e = s->e, *p = s->p;
	int64_t delay;

	if (p->flight == NULL || s->stale || p->gaps != NULL ||
	    p->flight->count != 1 || e->rtt < 0 || s->syn ||
	    (e->marks & ZERO_WINDOW) || connection_lossy(s->c, s->time) ||
	    (s->t->t_step_back != 0 &&
		s->t->t_step_back >= p->flight->sent[0].time))
		return;
	first = &p->flight->sent[0];
	if (first->copies != 1 || first->end > s->a || first->start != e->ack ||
	    (endpoint_knows(p, KNOWS_FIN) && first->end > p->fin) ||
	    endpoint_knows(e, KNOWS_FIN))
		return;
	delay = s->time - first->time_first - e->rtt;
	/* A path whose delay varies as much says nothing of the endpoint. */
	if (delay <= SECOND / 2 || delay > ta_rto(p, e) + SECOND ||
	    e->srtt + 4 * e->rttvar > SECOND / 4)
		return;
	report(s, RULE_DA14, e, PROOF(first->packet), SEEN(DELAY, delay),
	    EXPECT(DELAY, SECOND / 2), SEEN(RTT, e->rtt),
	    SEEN(ACK, s->seg->ack),
	    SEVERITY_IF(e->marks & IS_LOCAL, ERROR, WARNING),
	    CONFIDENCE_IF(e->marks & IS_LOCAL, LIKELY, POSSIBLE));
}

void
ta_check_over_window(
    struct tcpaudit *t, struct connection *c, int end, bool answered)
{
	const struct endpoint *x = &c->end[end];

	/* A sender that keeps an older, larger window while SND.UNA advances
	 * (3.10.7.4, fifth) may go as far as the limit. */
	ta_report(t, c, RULE_DA06, end, AT(x->over_packet),
	    EXPECT(SEQ_END, x->over_edge), SEEN(SEQ_END, x->over_end),
	    SEEN(EDGE, x->over_edge), SEEN(EXCESS, x->over_end - x->over_edge),
	    SEVERITY_IF(
		answered && x->over_end > x->over_limit, ERROR, WARNING),
	    CONFIDENCE_IF(answered, LIKELY, POSSIBLE));
}

/* It stays at the edge, or takes just what lies below it.  Further down text
 * is missing, and a new edge may have been told before, uncaptured; certainly
 * so if there is room for the text by now. */
static bool
refuses(const struct step *s)
{
	const struct endpoint *p = s->p;
	const struct transmission *x;

	if (s->a != p->over_edge || s->time - p->t_over < ta_rtt(s->e) ||
	    s->a + s->window >= p->over_end)
		return false;
	if (!s->progress)
		return true;
	x = p->flight != NULL ? ta_flight_find(p->flight, s->a) : NULL;
	return x != NULL && x->start < s->a;
}

/* The peer has answered text beyond its window: refused it, or had opened the
 * window by an update that was not captured (CP16). */
static void
check_over_window(struct step *s)
{
	struct endpoint *p = s->p;

	if (p->over_end == 0 || !s->has_ack || s->stale)
		return;
	if (s->a >= p->over_end || s->time - p->t_over > 10 * SECOND ||
	    connection_lossy(s->c, s->time)) {
		if (s->a >= p->over_end)
			ta_check_update_missed(s);
		p->over_end = 0;
		return;
	}
	if (!refuses(s))
		return;
	ta_check_over_window(s->t, s->c, !s->sender, true);
	p->over_end = 0;
}

void
ta_check_acknowledged(struct step *s)
{
	if (s->has_ack && !s->rst)
		check_delay(s);
}

void
ta_check_data_after(struct step *s)
{
	struct endpoint *e = s->e;

	check_over_window(s);
	/* A listener takes the SYN of a SYN,FIN (3.10.7.2, third); what its
	 * sender is from then on, such a probe does not say. */
	if (s->contradiction && !s->judged &&
	    ta_finding(s->c, RULE_HD09, s->sender) == NULL)
		report(s, RULE_DA17, e, SEEN(STATES, s->was_possible),
		    SEEN(FLAGS, s->seg->flags), SEEN(SEQ, s->seg->seq),
		    DEMOTE_IF(connection_lossy(s->c, s->time) ||
			      (e->marks & HAD_GAP)));
}
