/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Time runs on the stamps of the packets, and it cannot run back: what a timer
 * has decided stays decided.  A stamp in the past is therefore clipped to the
 * clock.  A stamp in the future would end every connection that is open, so a
 * packet that lies far ahead of the clock waits, one at a time, for the next
 * one: if that lies there as well, nothing was captured in between, and both
 * are believed; if it does not, the stamp was wrong, and the packet is judged
 * at the time of those around it.
 */
#include "clock.h"

#include <string.h>

#include "finding.h"

/* Further ahead than this, a packet is not believed alone. */
#define FAR_AHEAD (3600 * SECOND)
/* The last packet of a capture has none behind it: this far it is believed,
 * captures end with a single packet after a silence. */
#define LAST_AHEAD (24 * 3600 * SECOND)
/* For that long a capture is seldom without any packet: it was interrupted, or
 * its clock has stepped, and what was due meanwhile may still be on time. */
#define LEAP (600 * SECOND)
/* So long without any packet, it is not known that the clock ran evenly. */
#define UNWATCHED (60 * SECOND)
/* The first one has none before it: 2100-01-01 and later is no time at all. */
#define NO_TIME (INT64_C(4102444800) * SECOND + TIME_BIAS)

/* The packet's own time is clipped to the clock, and the rules of delay judge
 * no interval over the step. */
static void
step_back(struct tcpaudit *t, int64_t time)
{
	t->t_step_back = t->t_watched = t->now;
	ta_report_capture(t, RULE_CP09, MOST(ELAPSED, t->now - time));
}

static void
step_ahead(struct tcpaudit *t, int64_t time)
{
	if (time - t->now >= UNWATCHED)
		t->t_watched = time;
	if (time - t->now < LEAP)
		return;
	t->t_leap = t->now;
	t->leap = time - t->now;
}

void
ta_clock_set(struct tcpaudit *t, int64_t time)
{
	if (t->t_start == 0) {
		t->t_start = t->now = t->t_watched = time;
		t->statistics.first_time = time;
		t->timers.cursor = time / TIMER_SLOT_NS - 1;
	}
	if (time < t->now - MILLISECOND)
		step_back(t, time);
	step_ahead(t, time);
	if (time > t->now)
		t->now = time;
	t->time = t->now;
	t->statistics.last_time = t->now;
}

void
ta_clock_rest(struct tcpaudit *t)
{
	int64_t due = ta_timer_next(t);

	/* That is less than a second away, and so neither a leap nor a time
	 * that is doubted. */
	t->undisturbed = t->flood.due < due ? t->flood.due : due;
}

bool
ta_clock_doubts(const struct tcpaudit *t, int64_t time)
{
	if (t->t_start == 0)
		return time >= NO_TIME;
	return time > t->now + FAR_AHEAD;
}

bool
ta_clock_hold(struct tcpaudit *t, const struct tcpaudit_packet *packet)
{
	struct early *e = &t->early;
	uint8_t *data = ta_allocate(&t->memory, packet->captured + 1u);

	if (data == NULL)
		return false;
	if (packet->captured > 0)
		memcpy(data, packet->data, packet->captured);
	t->undisturbed = 0; /* the next one decides about it */
	e->packet = *packet;
	e->packet.data = e->data = data;
	e->input = t->input;
	e->link_type = t->link_type;
	return true;
}

bool
ta_clock_held(const struct tcpaudit *t, struct tcpaudit_packet *out)
{
	if (t->early.data == NULL)
		return false;
	*out = t->early.packet;
	return true;
}

bool
ta_clock_confirms(const struct tcpaudit *t, int64_t next)
{
	return next >= clock_inside(t->early.packet.time) - FAR_AHEAD;
}

bool
ta_clock_believes_last(const struct tcpaudit *t)
{
	return t->t_start == 0 ||
	       clock_inside(t->early.packet.time) <= t->now + LAST_AHEAD;
}

void
ta_clock_refute(struct tcpaudit *t, int64_t next)
{
	struct early *e = &t->early;
	int64_t time = t->t_start != 0 ? t->now : next;

	t->packet = TCPAUDIT_PACKET_ID(e->input, e->packet.number);
	t->time = time;
	ta_report_capture(
	    t, RULE_CP10, MOST(ELAPSED, clock_inside(e->packet.time) - time));
	t->t_step_back = time;
	e->packet.time = time - TIME_BIAS;
}

void
ta_clock_drop(struct tcpaudit *t)
{
	struct early *e = &t->early;

	ta_release(&t->memory, e->data, e->packet.captured + 1u);
	e->data = NULL;
}

bool
ta_clock_covers(const struct tcpaudit *t, int64_t time)
{
	return time - t->t_watched >= t->config.msl;
}

int64_t
ta_clock_overdue(const struct tcpaudit *t, int64_t due, int64_t heard)
{
	if (due <= t->t_leap || due > t->t_leap + t->leap ||
	    (t->silent && heard <= t->t_leap))
		return due;
	return due + t->leap;
}

void
ta_clock_end(struct tcpaudit *t)
{
	t->silent = t->now == t->t_leap + t->leap;
}
