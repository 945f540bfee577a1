/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* FL: what is done to a listener (RFC 4987). */
#include "window.h"

/* What FL01 and FL04 keep of the worst window. */
enum { SYNS, OPENED, SOURCES, SINGLE, HALF };

#define OVERFLOWS 5

/* A member of the sample that tried in the window and did not get through. */
static bool
is_unfinished(const struct window *w, const struct sample_member *m)
{
	return (m->bits[BIT_TRIED] & w->mask) &&
	       !(m->bits[BIT_OPENED] & w->mask);
}

static bool
is_single(const struct window *w, const struct sample_member *m)
{
	unsigned tried = m->bits[BIT_TRIED] & w->mask;

	return (tried & (tried - 1)) == 0 && !(m->bits[BIT_AGAIN] & w->mask);
}

/* How many of the sample sent the same SYN: TTL, window, options. */
static unsigned
count_alike(const struct window *w)
{
	const struct sample *s = &w->y->sample;
	unsigned most = 0;

	for (unsigned i = 0; i < s->count; i++) {
		unsigned same = 0;

		if (!is_unfinished(w, &s->member[i]))
			continue;
		for (unsigned j = 0; j < s->count; j++)
			same += is_unfinished(w, &s->member[j]) &&
				s->member[j].print == s->member[i].print;
		most = same > most ? same : most;
	}
	return most;
}

static void
prove_unfinished(const struct window *w, struct tally_case *k)
{
	const struct sample *s = &w->y->sample;

	for (unsigned i = 0; i < s->count; i++)
		if (is_unfinished(w, &s->member[i]))
			ta_case_prove(k, s->member[i].packet);
}

static int64_t
estimate(const struct sample *s, unsigned count, int64_t most)
{
	int64_t about = (int64_t)ta_sample_estimate(s, count);

	return about < most ? about : most;
}

static void
fill_flood(
    const struct window *w, struct tally_case *k, int64_t syns, int64_t opened)
{
	const struct sample *s = &w->y->sample;
	unsigned sources = 0, single = 0;

	for (unsigned i = 0; i < s->count; i++) {
		sources += (s->member[i].bits[BIT_TRIED] & w->mask) != 0;
		single += is_unfinished(w, &s->member[i]) &&
			  is_single(w, &s->member[i]);
	}
	k->value[SYNS] = syns;
	k->value[OPENED] = opened;
	k->value[SOURCES] = estimate(s, sources, syns);
	k->value[SINGLE] = estimate(s, single, k->value[SOURCES]);
	prove_unfinished(w, k);
}

/* Nine of ten sources sent one SYN, and nine of ten the same one. */
static bool
is_spoofed(const struct window *w)
{
	const struct sample *s = &w->y->sample;
	unsigned all = 0, single = 0;

	for (unsigned i = 0; i < s->count; i++) {
		all += is_unfinished(w, &s->member[i]);
		single += is_unfinished(w, &s->member[i]) &&
			  is_single(w, &s->member[i]);
	}
	return all >= 16 && 10 * single >= 9 * all &&
	       10 * count_alike(w) >= 9 * all;
}

/* During that, honest clients fail. */
static void
judge_overflow(const struct window *w, int64_t half)
{
	int64_t trouble = ta_window_sum(w, COUNT_TROUBLE);
	const struct sample *s = &w->y->sample;
	struct tally_case *k = NULL;

	if (trouble >= OVERFLOWS)
		k = ta_window_case(w, RULE_FL03, trouble);
	if (k == NULL)
		return;
	k->value[HALF] = half;
	for (unsigned i = 0; i < s->count; i++)
		if (s->member[i].bits[BIT_EXCUSED] & w->mask)
			ta_case_prove(k, s->member[i].packet);
}

/* Most listeners have been asked by too few, in all seconds that are kept.  One
 * that was excused and is not any more was opened; what is half-open was
 * answered, not before. */
static bool
is_idle(const struct tcpaudit *t, const struct tally *y)
{
	const int32_t *n = y->recent;

	return (int64_t)n[COUNT_TRIED] + n[COUNT_OPENED] <
		   t->config.flood_syn &&
	       y->total[COUNT_HALF_OPEN] + n[COUNT_ANSWERED] <
		   t->config.half_open;
}

static void
judge_listener(const struct window *w)
{
	const struct tcpaudit_config *config = &w->t->config;
	int64_t syns, opened, half;
	struct tally_case *k;

	if (is_idle(w->t, w->y))
		return;
	syns = ta_window_sum(w, COUNT_TRIED) - ta_window_sum(w, COUNT_EXCUSED);
	opened = ta_window_sum(w, COUNT_OPENED);
	half = ta_tally_level(w->y, COUNT_HALF_OPEN, w->settled);
	if (syns >= config->flood_syn && 5 * opened < syns) {
		k = ta_window_case(w, RULE_FL01, syns);
		if (k != NULL)
			fill_flood(w, k, syns, opened);
		k = is_spoofed(w) ? ta_window_case(w, RULE_FL04, syns) : NULL;
		if (k != NULL)
			fill_flood(w, k, syns, opened);
	}
	/* Some of very many clients always vanish. */
	if (half >= config->half_open && 10 * half >= opened) {
		k = ta_window_case(w, RULE_FL02, half);
		if (k != NULL)
			prove_unfinished(w, k);
		judge_overflow(w, half);
	}
}

/* Of a listener that never answers there may be no answers in the capture; and
 * if there is nothing but SYNs in it, as with a filter, none has an end; only
 * SYN-ACKs that are sent again show then that they are half-open. */
static bool
can_tell(const struct tcpaudit *t, const struct tally *y)
{
	int64_t answers = ta_tally_level(y, COUNT_ANSWERED, y->head);

	return answers > 0 &&
	       (t->flood.plain ||
		   2 * ta_tally_level(y, COUNT_COPIES, y->head) >= answers);
}

static void
say_listener(struct tcpaudit *t, const struct tally *y, struct tally_case *k)
{
	const int64_t *v = k->value;

	if (k->finding == NULL && !can_tell(t, y))
		return;
	if (k->rule == RULE_FL01)
		ta_case_report(t, y, k, SEEN(LISTENER, 0), SEEN(SYNS, v[SYNS]),
		    EXPECT(SYNS, t->config.flood_syn),
		    SEEN(COMPLETED, v[OPENED]),
		    SEEN(COMPLETION, 100 * v[OPENED] / v[SYNS]),
		    SEEN(SOURCES, v[SOURCES]));
	else if (k->rule == RULE_FL02)
		ta_case_report(t, y, k, SEEN(LISTENER, 0),
		    SEEN(HALF_OPEN, k->peak),
		    EXPECT(HALF_OPEN, t->config.half_open));
	else if (k->rule == RULE_FL03)
		ta_case_report(t, y, k, SEEN(LISTENER, 0),
		    SEEN(COPIES, k->peak), SEEN(HALF_OPEN, v[HALF]));
	else if (k->rule == RULE_FL04)
		ta_case_report(t, y, k, SEEN(LISTENER, 0), SEEN(SYNS, v[SYNS]),
		    SEEN(SOURCES, v[SOURCES]), SEEN(SINGLE, v[SINGLE]));
}

const struct judge ta_judge_listener = { judge_listener, say_listener };
