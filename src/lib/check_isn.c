/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* HS28: whether a host's initial sequence numbers can be guessed (RFC 9293,
 * 3.4.1; RFC 6528).  They are to differ from tuple to tuple by what nobody
 * knows; numbers that are all equal, or grow by a step or with the time, do
 * not. */
#include "window.h"

#define NUMBERS_LEAST 8
/* Chance makes a random number go up by so little once in 16 times: seven
 * times in a row, never. */
#define STEP_MOST (UINT32_C(1) << 28)

enum { COUNT, EQUAL, STEP, RATE };

struct series {
	unsigned count;
	const struct sample_member *in[SAMPLE_MEMBERS]; /* by time */
};

/* The first two of the series, by time: most hosts show in their step that
 * there is nothing to see. */
static bool
may_be_guessed(const struct window *w)
{
	const struct sample *s = &w->y->sample;
	const struct sample_member *first = NULL, *second = NULL, *m;
	uint16_t mask = ta_tally_mask(w->from, w->last);

	for (m = s->member; m < s->member + s->count; m++) {
		if (!(m->bits[BIT_TRIED] & mask))
			continue;
		if (first == NULL || m->packet < first->packet) {
			second = first;
			first = m;
		} else if (second == NULL || m->packet < second->packet) {
			second = m;
		}
	}
	return second != NULL && second->number - first->number < STEP_MOST;
}

static void
collect(const struct window *w, struct series *r)
{
	const struct sample *s = &w->y->sample;
	uint16_t mask = ta_tally_mask(w->from, w->last);

	r->count = 0;
	for (unsigned i = 0; i < s->count; i++) {
		const struct sample_member *m = &s->member[i];
		unsigned at = r->count;

		if (!(m->bits[BIT_TRIED] & mask))
			continue;
		for (; at > 0 && r->in[at - 1]->packet > m->packet; at--)
			r->in[at] = r->in[at - 1];
		r->in[at] = m;
		r->count++;
	}
}

static uint32_t
step(const struct series *r, unsigned i)
{
	return r->in[i]->number - r->in[i - 1]->number;
}

/* All steps are within one of the first. */
static bool
is_constant(const struct series *r)
{
	for (unsigned i = 2; i < r->count; i++)
		if (step(r, i) - step(r, 1) + 1 > 2)
			return false;
	return true;
}

static bool
is_small(const struct series *r)
{
	for (unsigned i = 1; i < r->count; i++)
		if (step(r, i) == 0 || step(r, i) >= STEP_MOST)
			return false;
	return true;
}

/* The numbers per second if they lie on a line over time (R^2 > 0.999), or
 * 0. */
static int64_t
rate(const struct series *r)
{
	double t = 0, y = 0, st = 0, sy = 0, stt = 0, syy = 0, sty = 0;
	double n = r->count, vt, vy, c;

	for (unsigned i = 0; i < r->count; i++) {
		t = (double)(r->in[i]->time - r->in[0]->time) / 1e9;
		y += i > 0 ? step(r, i) : 0;
		st += t;
		sy += y;
		stt += t * t;
		syy += y * y;
		sty += t * y;
	}
	vt = n * stt - st * st;
	vy = n * syy - sy * sy;
	c = n * sty - st * sy;
	if (t < 0.001 || c <= 0 || vt <= 0 || vy <= 0 ||
	    c * c <= 0.999 * vt * vy)
		return 0;
	return (int64_t)(c / vt);
}

static void
judge_numbers(const struct window *w)
{
	int64_t value[4] = { 0 };
	struct tally_case *k;
	struct series r;

	if (w->y->sample.count < NUMBERS_LEAST || !may_be_guessed(w))
		return;
	collect(w, &r);
	if (r.count < NUMBERS_LEAST)
		return;
	value[COUNT] = r.count;
	if (step(&r, 1) == 0 && is_constant(&r))
		value[EQUAL] = 1;
	else if (is_small(&r) && w->y->sample.limit == UINT64_MAX &&
		 is_constant(&r))
		value[STEP] = step(&r, 1);
	else if (is_small(&r))
		value[RATE] = rate(&r);
	if (value[EQUAL] + value[STEP] + value[RATE] == 0)
		return;
	k = ta_window_case(w, RULE_HS28, r.count);
	if (k == NULL)
		return;
	for (int i = 0; i < 4; i++)
		k->value[i] = value[i];
	k->value[4] = r.in[0]->number;
	for (unsigned i = 0; i < r.count; i++)
		ta_case_prove(k, r.in[i]->packet);
}

static void
say_numbers(struct tcpaudit *t, const struct tally *y, struct tally_case *k)
{
	const int64_t *v = k->value;

	ta_case_report(t, y, k, SEEN(SOURCE, 0), SEEN(COPIES, v[COUNT]),
	    SEEN_IF(v[EQUAL] != 0, ISN, v[4]),
	    SEEN_IF(v[STEP] != 0, DISTANCE, v[STEP]),
	    SEEN_IF(v[RATE] != 0, ISN_RATE, v[RATE]));
}

const struct judge ta_judge_numbers = { judge_numbers, say_numbers };
