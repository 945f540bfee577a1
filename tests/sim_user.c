/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What the user of a simulated endpoint asks of it. */
#include "sim_tcp.h"

static void
set_reading(struct tcp *t, bool reading)
{
	bool was_small = t->rcv_edge - t->rcv_nxt < t->habits.mss;

	t->reading = reading;
	if (!reading || t->unread == 0)
		return;
	t->unread = 0;
	if (was_small && (t->state == TCPAUDIT_ESTABLISHED ||
			     t->state == TCPAUDIT_FIN_WAIT_1 ||
			     t->state == TCPAUDIT_FIN_WAIT_2))
		tcp_emit_ack(t);
}

static void
close_call(struct tcp *t)
{
	if (t->state == TCPAUDIT_SYN_SENT) {
		tcp_set_silently(t, TCPAUDIT_CLOSED);
		tcp_forget(t);
		return;
	}
	if (t->state != TCPAUDIT_SYN_RECEIVED &&
	    t->state != TCPAUDIT_ESTABLISHED && t->state != TCPAUDIT_CLOSE_WAIT)
		return;
	t->closing = true;
	tcp_output(t);
	/* RFC 9293, 3.10.4: the FIN waits for the text before it. */
	if (t->habits.early_close && t->state == TCPAUDIT_ESTABLISHED)
		tcp_set_silently(t, TCPAUDIT_FIN_WAIT_1);
}

static void
send_call(struct tcp *t)
{
	static const uint32_t most[] = { 10, 600, 5000, 20000 };

	if (t->state == TCPAUDIT_CLOSED || t->state == TCPAUDIT_LISTEN ||
	    t->closing)
		return;
	t->written += 1 + sim_below(t->sim, most[sim_below(t->sim, 4)]);
	tcp_output(t);
}

void
tcp_user(struct tcp *t, unsigned features, bool final)
{
	unsigned n = sim_below(t->sim, 100);

	if (final) {
		set_reading(t, true);
		if (n < 80)
			close_call(t);
	} else if (n < 60) {
		send_call(t);
	} else if (n < 72) {
		close_call(t);
	} else if (n < 88 && (features & SIM_STALLS)) {
		set_reading(t, !t->reading);
	} else if (n < 92 && (features & SIM_ABORTS)) {
		tcp_abort(t);
	} else if (n < 96 && (features & SIM_CRASHES)) {
		tcp_crash(t);
	} else {
		set_reading(t, true);
	}
}

void
tcp_habits(struct tcp *t, unsigned features)
{
	struct sim *sim = t->sim;
	struct habits *h = &t->habits;
	static const uint16_t mss[] = { 536, 1220, 1460, 8960 };

	h->timestamps = sim_chance(sim, 50);
	h->sack = sim_chance(sim, 60);
	h->synack_again = sim_chance(sim, 50);
	h->strict_open = sim_chance(sim, 50);
	h->reply_reset = sim_chance(sim, 50);
	h->reset_form_closed = sim_chance(sim, 30);
	h->keep_octet = sim_chance(sim, 30);
	h->nodelay = sim_chance(sim, 50);
	h->quick_ack = sim_chance(sim, 30);
	h->full_close = (features & SIM_ABORTS) != 0 && sim_chance(sim, 30);
	h->wscale = sim_chance(sim, 40) ? -1 : (int)sim_below(sim, 9);
	h->mss = mss[sim_below(sim, 4)];
	h->buffer =
	    h->mss * (2 + sim_below(sim, features & SIM_STALLS ? 4 : 30));
	h->congestion_window = h->mss * (2 + sim_below(sim, 9));
	h->rto = sim_between(sim, 600 * MILLISECOND, 1500 * MILLISECOND);
	h->delayed_ack = sim_between(sim, 20 * MILLISECOND, 200 * MILLISECOND);
	if (features & SIM_KEEPALIVE)
		h->keepalive = sim_between(sim, 10 * SECOND, 300 * SECOND);
	h->r2 = features & SIM_LIMITS ? 3 + sim_below(sim, 6) : 12;
	h->tsval = sim_below(sim, UINT32_MAX);
	h->early_close = h->tsval & 1;
	h->ecn = (features & SIM_ECN) != 0 && sim_chance(sim, 75);
}
