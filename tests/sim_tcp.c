/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What a simulated endpoint sends: user calls and timers, RFC 9293, 3.10. */
#include "sim_tcp.h"

#include <string.h>

#include "seq.h"

#define BIT(state) ((uint16_t)(1u << (state)))

void
tcp_begin(struct tcp *t)
{
	t->observable = BIT(t->state) | t->silent;
	t->observable_incarnation = t->incarnation;
}

void
tcp_set(struct tcp *t, enum tcpaudit_state state)
{
	t->state = state;
}

/* The monitor cannot know of it before the next segment. */
void
tcp_set_silently(struct tcp *t, enum tcpaudit_state state)
{
	t->silent |= BIT(t->state);
	t->state = state;
}

static void
emit(struct tcp *t, struct sim_segment *s)
{
	s->end = t->end;
	if (s->incarnation == 0)
		s->incarnation = t->incarnation;
	s->ip_id = t->ip_id++;
	if (t->sent < SERIALS) {
		t->before[t->sent] = t->observable;
		t->before_incarnation[t->sent] = t->observable_incarnation;
		s->serial = t->sent++;
		sim_send(t->sim, t, s);
	}
	/* A reset in reply does not show that there is no TCB any more. */
	if (!(s->flags & FLAG_RST))
		t->silent = 0;
	t->observable = BIT(t->state) | t->silent;
	t->observable_incarnation = t->incarnation;
}

/* RFC 9293, 3.8.6.2.2: the edge moves by steps worth while, and never back. */
static uint16_t
window(struct tcp *t, bool syn)
{
	uint32_t most = t->habits.buffer / 2;
	uint8_t shift = syn ? 0 : t->rcv_shift;
	int64_t edge = t->rcv_nxt + t->habits.buffer - t->unread, n;

	if (most > t->habits.mss)
		most = t->habits.mss;
	if (edge > t->rcv_nxt + (INT64_C(65535) << shift))
		edge = t->rcv_nxt + (INT64_C(65535) << shift);
	if (edge - t->rcv_edge >= most)
		t->rcv_edge = edge;
	n = (t->rcv_edge - t->rcv_nxt) >> shift;
	return (uint16_t)(n < 0 ? 0 : n > 65535 ? 65535 : n);
}

static void
add_sack(struct tcp *t, struct sim_segment *s)
{
	unsigned i, first = 0, most = 3;

	if (!t->sack_on || (s->flags & FLAG_SYN))
		return;
	for (i = 0; i < t->received.count; i++) {
		if (t->received.span[i].start <= t->received_last &&
		    t->received_last < t->received.span[i].end)
			first = i;
	}
	for (i = 0; i < t->received.count && i < most; i++) {
		unsigned from = (first + i) % t->received.count;

		s->sack[i][0] = seq_raw(t->received.span[from].start);
		s->sack[i][1] = seq_raw(t->received.span[from].end);
		s->sack_count = i + 1;
	}
}

static struct sim_segment
segment(struct tcp *t, uint16_t flags, int64_t seq)
{
	struct sim_segment s = { 0 };

	s.flags = flags;
	s.seq = seq_raw(seq);
	s.isn = seq_raw(t->iss);
	s.wscale = -1;
	if (flags & FLAG_RST)
		return s;
	if (flags & FLAG_ACK) {
		s.ack = seq_raw(t->rcv_nxt);
		t->last_ack_sent = t->rcv_nxt;
		t->unacked = 0;
		sim_disarm(t, TIMER_ACK);
		s.window = window(t, flags & FLAG_SYN);
		add_sack(t, &s);
	}
	if (t->ts_on || ((flags & FLAG_SYN) && !(flags & FLAG_ACK) &&
			    t->habits.timestamps)) {
		s.timestamps = true;
		s.tsval =
		    t->habits.tsval + (uint32_t)(sim_now(t->sim) / MILLISECOND);
		s.tsecr = (flags & FLAG_ACK) ? t->ts_recent : 0;
	}
	return s;
}

void
tcp_emit_syn(struct tcp *t, bool first)
{
	bool answer = t->state == TCPAUDIT_SYN_RECEIVED;
	struct sim_segment s =
	    segment(t, answer ? FLAG_SYN | FLAG_ACK : FLAG_SYN, t->iss);

	s.mss = t->habits.mss;
	s.wscale = t->habits.wscale;
	s.sack_permitted = t->habits.sack;
	if (answer && t->snd_shift == 255)
		s.wscale = -1;
	if (answer && !t->sack_on)
		s.sack_permitted = false;
	if (!answer)
		s.window = t->habits.buffer > 65535
			       ? 65535
			       : (uint16_t)t->habits.buffer;
	tcp_ecn_mark(t, &s, false);
	emit(t, &s);
	if (first)
		t->backoff = 0;
	if (first || !t->armed[TIMER_RTO])
		sim_arm(t, TIMER_RTO,
		    t->flaws & FLAW_NO_BACKOFF ? SECOND / 2
					       : SECOND << t->backoff);
}

void
tcp_emit_ack(struct tcp *t)
{
	struct sim_segment s = segment(t, FLAG_ACK, t->snd_nxt);

	tcp_ecn_mark(t, &s, false);
	emit(t, &s);
}

/* RFC 9293, 3.10.7.1 and 3.5.2, groups 1 and 2: the RST that a segment calls
 * for, with the numbers of that segment. */
void
tcp_reset_reply(struct tcp *t, const struct sim_segment *s)
{
	struct sim_segment r = { 0 };

	r.wscale = -1;
	r.flags = FLAG_RST;
	r.incarnation = s->incarnation;
	if (s->flags & FLAG_ACK) {
		r.seq = s->ack;
	} else {
		r.flags |= FLAG_ACK;
		r.seq_is_zero = true;
		r.ack = s->seq + s->length + !!(s->flags & FLAG_SYN) +
			!!(s->flags & FLAG_FIN);
	}
	emit(t, &r);
}

void
tcp_forget(struct tcp *t)
{
	int i;

	for (i = 0; i < TIMERS; i++)
		sim_disarm(t, i);
	t->units = 0;
	t->closing = false;
	t->written = t->snd_nxt;
	t->received.count = 0;
	t->unread = 0;
}

void
tcp_open(struct tcp *t)
{
	tcp_set(t, TCPAUDIT_SYN_SENT);
	t->snd_una = t->iss;
	t->snd_nxt = t->written = t->iss + 1;
	t->passive = false;
	tcp_emit_syn(t, true);
}

/* RFC 9293, 3.10.5. */
void
tcp_abort(struct tcp *t)
{
	struct sim_segment s;

	switch (t->state) {
	case TCPAUDIT_CLOSED:
	case TCPAUDIT_LISTEN:
	case TCPAUDIT_TIME_WAIT: /* nobody is left to abort it */
		return;
	case TCPAUDIT_SYN_SENT:
	case TCPAUDIT_CLOSING:
	case TCPAUDIT_LAST_ACK:
		tcp_set_silently(t, TCPAUDIT_CLOSED);
		break;
	default:
		s = segment(t, FLAG_RST, t->snd_nxt);
		if (!t->habits.reset_form_closed) {
			/* Deployed stacks set ACK as well. */
			s.flags |= FLAG_ACK;
			s.ack = seq_raw(t->rcv_nxt);
		}
		tcp_set(t, TCPAUDIT_CLOSED);
		emit(t, &s);
	}
	tcp_forget(t);
}

/* The host reboots.  RFC 9293, 3.4.3: then it keeps quiet for an MSL; resets
 * are no use of sequence numbers of its own. */
void
tcp_crash(struct tcp *t)
{
	if (t->state == TCPAUDIT_CLOSED || t->state == TCPAUDIT_LISTEN)
		return;
	if (sim_captures_at(t->sim, t->end))
		return; /* it would end the capture */
	tcp_set_silently(t, TCPAUDIT_CLOSED);
	tcp_forget(t);
	t->listens = false;
	t->crashed = sim_now(t->sim);
}

/* Sends a unit, again or for the first time. */
static void
emit_unit(struct tcp *t, struct unit *u)
{
	struct sim_segment s = segment(t, FLAG_ACK, u->seq);

	s.length = u->length;
	if (u->length > 0 && u->seq + u->length >= t->written)
		s.flags |= FLAG_PSH; /* RFC 9293, 3.10.2: nothing is left */
	if (u->fin)
		s.flags |= FLAG_FIN;
	tcp_ecn_mark(t, &s, u->copies == 0 && u->length > 0 && !u->probe);
	u->copies++;
	emit(t, &s);
}

static void
add_unit(struct tcp *t, uint32_t length, bool fin, bool probe)
{
	struct unit *u = &t->unit[t->units++];

	*u = (struct unit){
		.seq = t->snd_nxt, .length = length, .fin = fin, .probe = probe
	};
	t->snd_nxt += length + fin;
	if (fin) {
		t->fin = t->snd_nxt - 1;
		t->fin_serial = t->sent;
		if (t->state == TCPAUDIT_CLOSE_WAIT)
			tcp_set(t, TCPAUDIT_LAST_ACK);
		else if (t->state == TCPAUDIT_ESTABLISHED)
			tcp_set(t, TCPAUDIT_FIN_WAIT_1);
	}
	emit_unit(t, u);
}

static uint32_t
text_most(const struct tcp *t)
{
	/* RFC 6691: options come out of the MSS. */
	return t->snd_mss - (t->ts_on ? 12u : 0u) - (t->sack_on ? 28u : 0u);
}

/* How much may be sent now; *blocked: something waits for the window. */
static uint32_t
sendable(const struct tcp *t, bool *blocked)
{
	int64_t edge = t->snd_una + t->snd_wnd, room = edge - t->snd_nxt;
	int64_t cwnd = t->snd_una + t->habits.congestion_window - t->snd_nxt;
	int64_t wanted = t->written - t->snd_nxt, n = wanted;

	if (t->flaws & FLAW_IGNORES_WINDOW)
		room = 65535;
	if (n > text_most(t))
		n = text_most(t);
	if (n > room)
		n = room;
	*blocked = wanted > 0 && n < 1 && t->units == 0;
	if (n > 0 && n < wanted && n < text_most(t) && n < t->max_snd_wnd / 2) {
		*blocked = t->units == 0; /* RFC 9293, 3.8.6.2.1 */
		return 0;
	}
	if (n > cwnd || n < 1)
		return 0;
	if (n < text_most(t) && t->units > 0 && !t->habits.nodelay)
		return 0; /* Nagle */
	return (uint32_t)n;
}

bool
tcp_may_send(const struct tcp *t)
{
	return t->state == TCPAUDIT_ESTABLISHED ||
	       t->state == TCPAUDIT_CLOSE_WAIT ||
	       ((t->state == TCPAUDIT_FIN_WAIT_1 ||
		    t->state == TCPAUDIT_CLOSING) &&
		   t->fin < 0);
}

void
tcp_output(struct tcp *t)
{
	bool blocked = false, fin, window_open;
	uint32_t n;

	if (!tcp_may_send(t))
		return;
	while (t->units < UNITS) {
		n = sendable(t, &blocked);
		window_open = t->snd_nxt + n < t->snd_una + (int64_t)t->snd_wnd;
		fin = t->closing && t->snd_nxt + n == t->written && window_open;
		if (n == 0 && !fin) {
			blocked |= t->closing && t->units == 0 &&
				   t->snd_nxt == t->written;
			break;
		}
		add_unit(t, n, fin, false);
		if (fin)
			break;
	}
	if (t->units > 0 && !t->unit[0].probe && !t->armed[TIMER_RTO])
		sim_arm(t, TIMER_RTO, t->habits.rto << t->backoff);
	if (blocked && !t->armed[TIMER_PERSIST])
		sim_arm(t, TIMER_PERSIST, t->habits.rto);
}

void
tcp_retransmit(struct tcp *t)
{
	struct unit *u = &t->unit[0];

	/* The window opened over a probe: go on from its octet. */
	if (u->probe && t->units == 1 && t->snd_wnd > 1 && t->fin < 0) {
		int64_t most = t->written - u->seq;

		if (most > text_most(t))
			most = text_most(t);
		if (most > t->snd_wnd)
			most = t->snd_wnd;
		if (most > u->length)
			u->length = (uint32_t)most;
		u->probe = false;
		t->snd_nxt = u->seq + u->length + u->fin;
	}
	emit_unit(t, u);
}

/* Retransmission, RFC 6298, 5; giving up, RFC 9293, 3.8.3. */
static void
retransmission_timeout(struct tcp *t)
{
	bool syn =
	    t->state == TCPAUDIT_SYN_SENT || t->state == TCPAUDIT_SYN_RECEIVED;
	unsigned i;

	if (!syn && t->units == 0)
		return;
	if (t->backoff >= (syn ? 5 : t->habits.r2)) {
		if (syn && t->passive) {
			tcp_set_silently(t, TCPAUDIT_CLOSED);
			tcp_forget(t);
		} else if (syn || sim_chance(t->sim, 50)) {
			tcp_set_silently(t, TCPAUDIT_CLOSED);
			tcp_forget(t);
		} else {
			tcp_abort(t);
		}
		return;
	}
	t->backoff++;
	if (syn) {
		tcp_emit_syn(t, false);
		return;
	}
	for (i = 0; i < t->units; i++)
		t->unit[i].sacked = false; /* RFC 2018, 8 */
	t->recover = t->snd_nxt;
	t->dup_acks = 0;
	tcp_retransmit(t);
	sim_arm(t, TIMER_RTO,
	    t->flaws & FLAW_NO_BACKOFF ? t->habits.rto
				       : t->habits.rto << t->backoff);
}

/* RFC 9293, 3.8.6.1: a probe of one octet; 3.8.6.2.1: the override. */
static void
persist_timeout(struct tcp *t)
{
	int64_t wanted = t->written - t->snd_nxt;
	unsigned times = t->backoff < 7 ? t->backoff : 7;
	int64_t wait;

	if (!tcp_may_send(t))
		return;
	if (t->units == 0 && wanted > 0 && t->snd_wnd > 0) {
		add_unit(t, wanted < t->snd_wnd ? (uint32_t)wanted : t->snd_wnd,
		    false, false);
		sim_arm(t, TIMER_RTO, t->habits.rto);
		return;
	}
	if (t->units == 0 && wanted > 0)
		add_unit(t, 1, false, true);
	else if (t->units > 0 && t->unit[0].probe)
		tcp_retransmit(t);
	else if (t->units > 0 || !t->closing)
		return;
	if (t->units == 0) {
		/* Only the FIN waits: accepted practice sends it as probe. */
		add_unit(t, 0, true, false);
		sim_arm(t, TIMER_RTO, t->habits.rto);
		return;
	}
	t->backoff++;
	wait = t->habits.rto << times;
	if (wait > 60 * SECOND)
		wait = 60 * SECOND;
	sim_arm(t, TIMER_PERSIST, wait);
}

/* RFC 9293, 3.8.4. */
static void
keepalive_timeout(struct tcp *t)
{
	struct sim_segment s;

	if (t->state != TCPAUDIT_ESTABLISHED || t->units > 0)
		return;
	if (t->keep_probes == 9) {
		tcp_abort(t);
		return;
	}
	t->keep_probes++;
	s = segment(t, FLAG_ACK, t->snd_nxt - 1);
	s.length = t->habits.keep_octet;
	s.garbage = true;
	tcp_ecn_mark(t, &s, false);
	emit(t, &s);
	sim_arm(t, TIMER_KEEP,
	    t->flaws & FLAW_HASTY_KEEPALIVE ? 4 * SECOND : 75 * SECOND);
}

void
tcp_timer(struct tcp *t, enum timer timer)
{
	switch (timer) {
	case TIMER_RTO:
		retransmission_timeout(t);
		break;
	case TIMER_PERSIST:
		persist_timeout(t);
		break;
	case TIMER_ACK:
		tcp_emit_ack(t);
		break;
	case TIMER_2MSL:
		tcp_set_silently(t, TCPAUDIT_CLOSED);
		tcp_forget(t);
		break;
	case TIMER_KEEP:
		keepalive_timeout(t);
		break;
	case TIMERS:
		break;
	}
}
