/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The capture clock: the latest time of a packet that is believed.  It never
 * goes back (rules D.1), and one packet alone does not move it far ahead. */
#ifndef CLOCK_H
#define CLOCK_H

#include "engine.h"

/* Inside, 0 is no time: what happened then is as if it never did.  So times of
 * packets are moved away from 0 when they come in, and back in records. */
static inline int64_t
clock_inside(int64_t time)
{
	if (time < 0)
		time = 0;
	else if (time > INT64_MAX / 2)
		time = INT64_MAX / 2; /* year 2116: room for every timer */
	return time + TIME_BIAS;
}

/* A packet of this time (inside) is judged now. */
void ta_clock_set(struct tcpaudit *, int64_t time);

/* Everything due by now has been seen to: until when nothing else is, unless
 * the clock goes back. */
void ta_clock_rest(struct tcpaudit *);

/* The same as ta_clock_set() and what is due then, if the clock just goes on a
 * little and nothing is due: most packets need no more.  False: they do. */
static inline bool
clock_goes_on(struct tcpaudit *t, int64_t time)
{
	if (time < t->now || time >= t->undisturbed)
		return false;
	t->now = t->time = t->statistics.last_time = time;
	return true;
}

/* Whether a packet is stamped so far ahead that another one has to confirm it
 * before timers run up to it. */
bool ta_clock_doubts(const struct tcpaudit *, int64_t time);

/* Keeps a copy of a doubtful packet, one at a time, until the next one comes.
 * False: no memory, it has to be believed. */
bool ta_clock_hold(struct tcpaudit *, const struct tcpaudit_packet *);

/* The packet that is held; its data is borrowed until ta_clock_drop(). */
bool ta_clock_held(const struct tcpaudit *, struct tcpaudit_packet *);

/* What comes after the held packet has the time `next` (inside): whether that
 * packet may be believed. */
bool ta_clock_confirms(const struct tcpaudit *, int64_t next);

/* Nothing comes after it. */
bool ta_clock_believes_last(const struct tcpaudit *);

/* The time of the held packet is wrong (CP10): it is judged as if it were of
 * the time `next`, or of now. */
void ta_clock_refute(struct tcpaudit *, int64_t next);

void ta_clock_drop(struct tcpaudit *);

/* Whether what passed in the MSL before `time` would have been captured, as
 * far as the clock tells: an older segment cannot arrive any more. */
bool ta_clock_covers(const struct tcpaudit *, int64_t time);

/* When what is due at `due` may be called overdue: later than that, if the
 * clock has leapt over it.  `heard`: when those it concerns were heard last. */
int64_t ta_clock_overdue(const struct tcpaudit *, int64_t due, int64_t heard);

/* Nothing comes any more: a leap to the last packet was silence for those who
 * have not sent it. */
void ta_clock_end(struct tcpaudit *);

#endif
