/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What a simulated endpoint does with a segment: SEGMENT ARRIVES, RFC 9293,
 * 3.10.7, in the order of that section, with RFC 5961 and RFC 7323. */
#include "sim_tcp.h"

#include "seq.h"

/* A segment in the unwrapped numbers of its receiver. */
struct arrival {
	const struct sim_segment *s;
	int64_t seq, end, ack;
	uint32_t window;
};

static void
learn_options(struct tcp *t, const struct sim_segment *s)
{
	bool scaled = s->wscale >= 0 && t->habits.wscale >= 0;
	uint8_t shift = s->wscale > 14 ? 14 : (uint8_t)s->wscale;

	t->irs = seq_first(s->seq);
	t->rcv_nxt = t->rcv_edge = t->irs + 1;
	t->peer_fin = -1;
	t->snd_mss =
	    s->mss != 0 && s->mss < t->habits.mss ? s->mss : t->habits.mss;
	t->ts_on = s->timestamps && t->habits.timestamps;
	t->sack_on = s->sack_permitted && t->habits.sack;
	t->ts_recent = s->tsval;
	tcp_ecn_learn(t, s);
	/* 255: not offered to us, so not to be offered in the answer. */
	t->snd_shift = scaled ? shift : 255;
	t->rcv_shift = scaled ? (uint8_t)t->habits.wscale : 0;
}

/* The handshake is over: windows count. */
static void
establish(struct tcp *t, const struct arrival *a)
{
	tcp_set(t, TCPAUDIT_ESTABLISHED);
	sim_disarm(t, TIMER_RTO);
	if (t->snd_shift == 255)
		t->snd_shift = 0;
	t->backoff = 0;
	t->units = 0;
	t->snd_una = a->ack;
	t->snd_wnd = t->max_snd_wnd =
	    a->s->flags & FLAG_SYN ? a->s->window
				   : (uint32_t)a->s->window << t->snd_shift;
	t->snd_wl1 = a->seq;
	t->snd_wl2 = a->ack;
}

static void
in_listen(struct tcp *t, const struct sim_segment *s)
{
	if (s->flags & FLAG_RST)
		return;
	if (s->flags & FLAG_ACK) {
		tcp_reset_reply(t, s);
		return;
	}
	if (!(s->flags & FLAG_SYN))
		return;
	learn_options(t, s);
	t->passive = true;
	t->snd_una = t->iss;
	t->snd_nxt = t->written = t->iss + 1;
	t->fin = -1;
	t->fin_shown = t->fin_late = false;
	tcp_set(t, TCPAUDIT_SYN_RECEIVED);
	tcp_emit_syn(t, true);
}

static void
in_syn_sent(struct tcp *t, const struct sim_segment *s)
{
	struct arrival a = { .s = s,
		.seq = seq_first(s->seq),
		.ack = seq_unwrap(t->snd_nxt, s->ack) };
	bool ack = s->flags & FLAG_ACK;

	if (ack && (a.ack <= t->iss || a.ack > t->snd_nxt)) {
		if (!(s->flags & FLAG_RST))
			tcp_reset_reply(t, s);
		return;
	}
	if (s->flags & FLAG_RST) {
		if (ack) {
			tcp_set(t, TCPAUDIT_CLOSED);
			tcp_forget(t);
		}
		return;
	}
	if (!(s->flags & FLAG_SYN))
		return;
	learn_options(t, s);
	if (!ack) {
		tcp_set(t, TCPAUDIT_SYN_RECEIVED);
		tcp_emit_syn(t, true);
		return;
	}
	establish(t, &a);
	tcp_output(t);
	if (t->last_ack_sent != t->rcv_nxt)
		tcp_emit_ack(t);
}

/* RFC 9293, 3.10.7.4, first: the four cases.  A window of 0 still lets valid
 * acknowledgments in. */
static bool
acceptable(const struct tcp *t, const struct arrival *a)
{
	int64_t edge = t->rcv_edge;

	if (a->end == a->seq)
		return a->seq == t->rcv_nxt ||
		       (a->seq >= t->rcv_nxt && a->seq <= edge);
	return a->end > t->rcv_nxt && a->seq < edge;
}

static bool
old_timestamp(const struct tcp *t, const struct arrival *a)
{
	return t->ts_on && a->s->timestamps && !(a->s->flags & FLAG_RST) &&
	       serial_less(a->s->tsval, t->ts_recent);
}

static void
not_acceptable(struct tcp *t, const struct arrival *a)
{
	uint16_t flags = a->s->flags;

	if (flags & FLAG_RST)
		return;
	if (t->state == TCPAUDIT_SYN_RECEIVED && (flags & FLAG_SYN) &&
	    a->seq == t->irs && !(flags & FLAG_ACK) && t->habits.synack_again)
		tcp_emit_syn(t, false);
	else
		tcp_emit_ack(t);
	if (t->state == TCPAUDIT_TIME_WAIT && (flags & FLAG_FIN))
		sim_arm(t, TIMER_2MSL, 2 * SIM_MSL);
}

static void
second_reset(struct tcp *t, const struct arrival *a)
{
	if (a->seq != t->rcv_nxt) {
		tcp_emit_ack(t); /* RFC 5961, 3.2 */
		return;
	}
	if (t->flaws & FLAW_IGNORES_RST)
		return;
	if (t->state == TCPAUDIT_SYN_RECEIVED && t->passive) {
		tcp_forget(t);
		tcp_set(t, TCPAUDIT_LISTEN);
		t->iss += 1 + sim_below(t->sim, 1u << 30);
		return;
	}
	tcp_set(t, TCPAUDIT_CLOSED);
	tcp_forget(t);
	if (t->flaws & FLAW_RESETS_RST)
		tcp_reset_reply(t, a->s);
}

static void
drop_acknowledged(struct tcp *t)
{
	unsigned gone = 0, i;

	while (gone < t->units &&
	       t->unit[gone].seq + t->unit[gone].length + t->unit[gone].fin <=
		   t->snd_una)
		gone++;
	for (i = gone; i < t->units; i++)
		t->unit[i - gone] = t->unit[i];
	t->units -= gone;
	if (t->units > 0 && t->unit[0].seq < t->snd_una) {
		t->unit[0].length -= (uint32_t)(t->snd_una - t->unit[0].seq);
		t->unit[0].seq = t->snd_una;
	}
}

/* RFC 5681, 2 and 3.2. */
static void
count_duplicate(struct tcp *t, const struct arrival *a)
{
	if (t->units == 0 || a->end != a->seq || a->ack != t->snd_una ||
	    a->s->window << t->snd_shift != (int64_t)t->snd_wnd)
		return;
	if (++t->dup_acks == 3 && t->snd_una >= t->recover) {
		t->recover = t->snd_nxt;
		tcp_retransmit(t);
	}
}

static void
update_window(struct tcp *t, const struct arrival *a)
{
	bool shut = t->snd_wnd == 0;

	if (a->seq < t->snd_wl1 ||
	    (a->seq == t->snd_wl1 && a->ack < t->snd_wl2))
		return;
	t->snd_wnd = a->window;
	if (t->max_snd_wnd < a->window)
		t->max_snd_wnd = a->window;
	t->snd_wl1 = a->seq;
	t->snd_wl2 = a->ack;
	if (shut && t->snd_wnd > 0) {
		t->backoff = 0;
		sim_disarm(t, TIMER_PERSIST);
		if (t->units > 0 && t->unit[0].probe) {
			tcp_retransmit(t);
			t->unit[0].probe = false;
			sim_arm(t, TIMER_RTO, t->habits.rto);
		}
	}
}

static void
acknowledge(struct tcp *t, const struct arrival *a)
{
	if (a->ack > t->snd_una) {
		/* The edge stays where it was until the segment moves it. */
		t->snd_wnd = a->ack - t->snd_una < t->snd_wnd
				 ? t->snd_wnd - (uint32_t)(a->ack - t->snd_una)
				 : 0;
		t->snd_una = a->ack;
		t->backoff = 0;
		t->dup_acks = 0;
		drop_acknowledged(t);
		sim_disarm(t, TIMER_RTO);
		if (t->units > 0) {
			if (t->snd_una < t->recover)
				tcp_retransmit(t);
			sim_arm(t, TIMER_RTO, t->habits.rto);
		}
	} else {
		count_duplicate(t, a);
	}
	if (a->ack >= t->snd_una)
		update_window(t, a);
}

static void
enter_time_wait(struct tcp *t)
{
	tcp_set(t, TCPAUDIT_TIME_WAIT);
	sim_arm(t, TIMER_2MSL,
	    t->flaws & FLAW_NO_TIME_WAIT ? MILLISECOND : 2 * SIM_MSL);
}

/* Fifth; false if the segment goes no further. */
static bool
fifth_ack(struct tcp *t, struct arrival *a)
{
	if (t->state == TCPAUDIT_SYN_RECEIVED) {
		if (a->ack <= t->snd_una || a->ack > t->snd_nxt) {
			tcp_reset_reply(t, a->s);
			return false;
		}
		establish(t, a);
		a->window = t->snd_wnd;
	}
	if (a->ack > t->snd_nxt || a->ack < t->snd_una - t->max_snd_wnd) {
		tcp_emit_ack(t); /* RFC 5961, 5.2 */
		return false;
	}
	acknowledge(t, a);
	if (t->fin < 0 || t->snd_una <= t->fin)
		return true;
	if (t->state == TCPAUDIT_FIN_WAIT_1) {
		tcp_set(t, TCPAUDIT_FIN_WAIT_2);
	} else if (t->state == TCPAUDIT_CLOSING) {
		enter_time_wait(t);
	} else if (t->state == TCPAUDIT_LAST_ACK) {
		tcp_set(t, TCPAUDIT_CLOSED);
		tcp_forget(t);
		return false;
	}
	return true;
}

/* Eighth: all before the FIN has been received. */
static void
eighth_fin(struct tcp *t)
{
	t->rcv_nxt = t->peer_fin + 1;
	if (t->rcv_edge < t->rcv_nxt)
		t->rcv_edge = t->rcv_nxt;
	if (t->state == TCPAUDIT_ESTABLISHED) {
		tcp_set(t, TCPAUDIT_CLOSE_WAIT);
	} else if (t->state == TCPAUDIT_FIN_WAIT_1) {
		tcp_set(t, TCPAUDIT_CLOSING);
	} else if (t->state == TCPAUDIT_FIN_WAIT_2) {
		enter_time_wait(t);
	}
}

/* Takes what is in order; returns how many octets. */
static uint32_t
take(struct tcp *t)
{
	const struct span *first = ta_spans_first(&t->received);
	uint32_t n;

	if (first == NULL || first->start > t->rcv_nxt)
		return 0;
	n = (uint32_t)(first->end - t->rcv_nxt);
	t->rcv_nxt = first->end;
	ta_spans_trim_below(&t->received, t->rcv_nxt);
	if (!t->reading)
		t->unread += n;
	return n;
}

/* Seventh and eighth: text, FIN, and the ACK they call for. */
static void
seventh_text(struct tcp *t, const struct arrival *a)
{
	int64_t from = a->seq > t->rcv_nxt ? a->seq : t->rcv_nxt;
	int64_t to = a->seq + a->s->length;
	bool fin = a->s->flags & FLAG_FIN, hole, filled;
	uint32_t n;

	if (to >= t->rcv_edge)
		fin = false; /* the FIN is outside, and perhaps some text */
	if (to > t->rcv_edge)
		to = t->rcv_edge;
	filled = t->received.count > 0;
	t->received_last = from;
	if (!ta_spans_add(&t->received, from, to))
		fin = false;
	else if (fin)
		t->peer_fin = to;
	n = take(t);
	hole = t->received.count > 0;
	if (t->peer_fin >= 0 && t->rcv_nxt == t->peer_fin) {
		eighth_fin(t);
		hole = true;
	}
	t->unacked += n > 0;
	if (hole || filled || n == 0 || t->unacked >= 2 || t->habits.quick_ack)
		tcp_emit_ack(t);
	else if (!t->armed[TIMER_ACK])
		sim_arm(t, TIMER_ACK, t->habits.delayed_ack);
}

/* RFC 9293, 3.6.1: text for a user who has closed for good. */
static bool
text_after_close(struct tcp *t, const struct arrival *a)
{
	bool after =
	    t->state == TCPAUDIT_FIN_WAIT_1 || t->state == TCPAUDIT_FIN_WAIT_2;

	if (!t->habits.full_close || !after || a->s->length == 0 ||
	    a->seq + a->s->length <= t->rcv_nxt)
		return false;
	if (t->habits.reply_reset) {
		tcp_set(t, TCPAUDIT_CLOSED);
		tcp_reset_reply(t, a->s);
		tcp_forget(t);
	} else {
		tcp_abort(t);
	}
	return true;
}

/* TIME-WAIT and a SYN: RFC 6191, 2.  True if a new connection began. */
static bool
syn_in_timewait(struct tcp *t, const struct sim_segment *s)
{
	int64_t last = t->rcv_nxt - 1;
	bool later = seq_unwrap(last, s->seq) > last;
	bool stamped = s->timestamps && t->habits.timestamps;

	if (t->ts_on && stamped)
		later = serial_less(t->ts_recent, s->tsval) ||
			(t->ts_recent == s->tsval && later);
	else if (!t->ts_on && stamped)
		later = true;
	if (!later || !t->listens)
		return false;
	tcp_forget(t);
	t->incarnation++;
	t->iss = t->snd_nxt + 1 + sim_below(t->sim, 1 << 20);
	t->silent = 0;
	t->unread = 0;
	in_listen(t, s);
	return true;
}

static void
otherwise(struct tcp *t, const struct sim_segment *s)
{
	struct arrival a = { .s = s,
		.seq = seq_unwrap(t->rcv_nxt, s->seq),
		.ack = seq_unwrap(t->snd_una, s->ack) };
	uint16_t flags = s->flags;

	a.end = a.seq + s->length + !!(flags & FLAG_SYN) + !!(flags & FLAG_FIN);
	a.window = t->snd_shift == 255 ? s->window
				       : (uint32_t)s->window << t->snd_shift;
	if (t->state == TCPAUDIT_TIME_WAIT &&
	    (flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN) {
		if (!syn_in_timewait(t, s))
			tcp_emit_ack(t);
		return;
	}
	/* RFC 9293, Figure 7: the SYN-ACK of a simultaneous open. */
	if (t->state == TCPAUDIT_SYN_RECEIVED && (flags & FLAG_SYN) &&
	    (flags & FLAG_ACK) && !t->habits.strict_open && !t->passive &&
	    a.ack == t->iss + 1 && a.seq == t->irs) {
		establish(t, &a);
		tcp_emit_ack(t);
		return;
	}
	if (old_timestamp(t, &a) || !acceptable(t, &a)) {
		not_acceptable(t, &a);
		return;
	}
	if (s->timestamps && t->ts_on && a.seq <= t->last_ack_sent)
		t->ts_recent = s->tsval;
	if (flags & FLAG_RST) {
		second_reset(t, &a);
		return;
	}
	if (flags & FLAG_SYN) {
		tcp_emit_ack(t); /* RFC 5961, 4.2 */
		return;
	}
	tcp_ecn_arrives(t, s);
	if (!(flags & FLAG_ACK) || !fifth_ack(t, &a))
		return;
	if (text_after_close(t, &a))
		return;
	if (a.end > a.seq && t->peer_fin >= 0 && t->rcv_nxt > t->peer_fin)
		tcp_emit_ack(t); /* nothing follows a FIN */
	else if (a.end > a.seq)
		seventh_text(t, &a);
	tcp_output(t);
}

void
tcp_arrives(struct tcp *t, const struct sim_segment *s)
{
	t->keep_probes = 0;
	switch (t->state) {
	case TCPAUDIT_CLOSED:
		if (!(s->flags & FLAG_RST))
			tcp_reset_reply(t, s);
		break;
	case TCPAUDIT_LISTEN:
		in_listen(t, s);
		break;
	case TCPAUDIT_SYN_SENT:
		in_syn_sent(t, s);
		break;
	default:
		otherwise(t, s);
	}
	if (t->state == TCPAUDIT_ESTABLISHED && t->habits.keepalive != 0)
		sim_arm(t, TIMER_KEEP, t->habits.keepalive);
}
