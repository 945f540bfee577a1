/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The monitor of the simulator: what it captures, and what is true then. */
#include "segment.h"
#include "seq.h"
#include "sim_world.h"

/* The states in which it would be, had it not sent its FIN. */
static uint16_t
without_fin(uint16_t mask)
{
	uint16_t other = 0;

	if (mask & (1u << TCPAUDIT_FIN_WAIT_1))
		other |= 1u << TCPAUDIT_ESTABLISHED;
	if (mask & (1u << TCPAUDIT_CLOSING | 1u << TCPAUDIT_LAST_ACK))
		other |= 1u << TCPAUDIT_CLOSE_WAIT;
	return other;
}

/* The states in which the monitor must believe it when it sees the FIN only
 * after the endpoint has acknowledged the peer's. */
static uint16_t
with_late_fin(uint16_t mask)
{
	uint16_t other = 0;

	if (mask & (1u << TCPAUDIT_CLOSING))
		other |= 1u << TCPAUDIT_LAST_ACK;
	if (mask & (1u << TCPAUDIT_TIME_WAIT))
		other |= 1u << TCPAUDIT_CLOSED;
	return other;
}

/* What the monitor is entitled to find in its set of states. */
static uint16_t
truth(const struct sim *sim, const struct tcp *t)
{
	uint16_t mask = (uint16_t)((1u << t->state) | t->silent);

	uint32_t incarnation = t->incarnation;

	if (t->captured < t->sent) {
		mask = t->before[t->captured];
		incarnation = t->before_incarnation[t->captured];
	}
	/* Nobody can know of a FIN of which nothing has passed. */
	if (!t->fin_shown)
		mask |= without_fin(mask);
	else if (t->fin_late)
		mask |= with_late_fin(mask);
	if (t->listens && (mask & (1u << TCPAUDIT_CLOSED)))
		mask |= 1u << TCPAUDIT_LISTEN;
	if (incarnation < sim->incarnation)
		mask |= 1u << TCPAUDIT_CLOSED | 1u << TCPAUDIT_LISTEN;
	/* Of the next connection nothing has passed: this one is over. */
	if (incarnation > sim->incarnation)
		mask = 1u << TCPAUDIT_CLOSED | 1u << TCPAUDIT_LISTEN;
	return mask;
}

/* A captured segment may prove that its sender has sent its FIN. */
static void
show_fin(struct tcp *t, const struct sim_segment *s)
{
	int64_t end;

	if (t->fin < 0 || t->fin_shown || s->incarnation != t->incarnation)
		return;
	end = seq_unwrap(t->fin, s->seq) + s->length;
	end += !!(s->flags & FLAG_FIN);
	t->fin_shown = end > t->fin;
	t->fin_late = (s->flags & FLAG_FIN) && s->serial != t->fin_serial;
}

/* On a host that offloads, what is sent or comes as segments of one size, one
 * just behind the other, is one packet to the capture: before the network card
 * has cut it, or after it has joined it.  A smaller one, or PSH, is the last.
 */
static bool
join(struct sim *sim, struct sim_frame *f, const struct sim_segment *s)
{
	struct sim_segment *x = &f->segment;
	bool goes_on = x->end == s->end && x->incarnation == s->incarnation &&
		       x->seq + x->length == s->seq && x->ack == s->ack;
	bool alike = x->timestamps == s->timestamps && x->tsval == s->tsval &&
		     x->tsecr == s->tsecr && x->window == s->window &&
		     x->ecn == s->ecn && x->flags == FLAG_ACK;

	if (!goes_on || !alike || x->sack_count > 0 || s->sack_count > 0 ||
	    s->length == 0 || x->length == 0 || s->length > sim->joined ||
	    x->length % sim->joined != 0 ||
	    x->length + s->length + 100 > SIM_FRAME_BYTES ||
	    (s->flags & ~(FLAG_ACK | FLAG_PSH | FLAG_FIN)) ||
	    sim->now - f->time > MILLISECOND / 10 || x->defect.here ||
	    s->defect.here)
		return false;
	x->length += s->length;
	x->flags |= s->flags;
	return true;
}

void
sim_record(struct sim *sim, const struct sim_segment *s)
{
	struct tcp *t = &sim->tcp[s->end];
	struct sim_capture *c = sim->capture;
	struct sim_frame *f = &c->frame[c->count];
	bool joined = false;

	if (t->captured <= s->serial)
		t->captured = s->serial + 1;
	show_fin(t, s);
	if (sim->incarnation < s->incarnation)
		sim->incarnation = s->incarnation;
	if (sim->host >= 0 && c->count > 0)
		joined = join(sim, f - 1, s);
	if (joined) {
		f--;
	} else {
		*f = (struct sim_frame){ .time = sim->now, .segment = *s };
		sim->joined = s->length;
		c->count++;
	}
	if (s->incarnation == sim->incarnation) {
		f->truth[0] = truth(sim, &sim->tcp[0]);
		f->truth[1] = truth(sim, &sim->tcp[1]);
	}
}
