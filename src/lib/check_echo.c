/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* FL, RS: segments that belong to no connection, or that end very many. */
#include "window.h"

#define ECHO_SEGMENTS  20
#define ECHO_TARGETS   10
#define MIRROR_SERVERS 10
#define STORM_RESETS   50 /* in a second */
#define STORM_TARGETS  10
#define FLOOD_RESETS   200
#define STRAY_ACKS     1000
#define CHURN	       100 /* in a second */

/* What a case keeps of the worst window. */
enum { PACKETS, MEMBERS };

/* Members that did something in the seconds of `mask`, and were not excused;
 * *excused is how many were. */
static unsigned
members(const struct window *w, uint16_t mask, unsigned *excused)
{
	const struct sample *s = &w->y->sample;
	unsigned n = 0, not = 0;

	for (unsigned i = 0; i < s->count; i++) {
		if (!(s->member[i].bits[BIT_TRIED] & mask))
			continue;
		if (s->member[i].bits[BIT_EXCUSED])
			not ++;
		else
			n++;
	}
	if (excused != NULL)
		*excused = not ;
	return n;
}

static void
fill(const struct window *w, struct tally_case *k, uint16_t mask, int64_t n)
{
	const struct sample *s = &w->y->sample;

	if (k == NULL)
		return;
	k->value[PACKETS] = n;
	k->value[MEMBERS] =
	    (int64_t)ta_sample_estimate(s, members(w, mask, NULL));
	for (unsigned i = 0; i < s->count; i++)
		if ((s->member[i].bits[BIT_TRIED] & mask) &&
		    !s->member[i].bits[BIT_EXCUSED])
			ta_case_prove(k, s->member[i].packet);
}

/* ------------------------------------------------------------- backscatter */

/* Where much of it goes on as a connection, the other direction is missing. */
static void
judge_echo(const struct window *w)
{
	int64_t n = ta_window_sum(w, COUNT_TRIED);
	unsigned excused, targets = members(w, w->mask, &excused);

	if (n >= ECHO_SEGMENTS && 5 * excused <= targets &&
	    ta_sample_estimate(&w->y->sample, targets) >= ECHO_TARGETS)
		fill(w, ta_window_case(w, RULE_FL08, n), w->mask, n);
}

static void
say_echo(struct tcpaudit *t, const struct tally *y, struct tally_case *k)
{
	ta_case_report(t, y, k, SEEN(SOURCE, 0),
	    SEEN(PACKETS, k->value[PACKETS]), SEEN(TARGETS, k->value[MEMBERS]));
}

static void
judge_mirror(const struct window *w)
{
	unsigned n = members(w, w->mask, NULL);
	int64_t servers = (int64_t)ta_sample_estimate(&w->y->sample, n);

	if (servers >= MIRROR_SERVERS)
		fill(w, ta_window_case(w, RULE_FL13, servers), w->mask,
		    ta_window_sum(w, COUNT_TRIED));
}

static void
say_mirror(struct tcpaudit *t, const struct tally *y, struct tally_case *k)
{
	ta_case_report(
	    t, y, k, SEEN(TARGET, 0), SEEN(SOURCES, k->value[MEMBERS]));
}

/* ------------------------------------------------------------------ resets */

static void
judge_resetter(const struct window *w)
{
	int64_t n = ta_tally_sum(w->y, COUNT_TRIED, w->last, w->last);
	uint16_t mask = ta_tally_mask(w->last, w->last);

	if (n >= STORM_RESETS && ta_sample_estimate(&w->y->sample,
				     members(w, mask, NULL)) >= STORM_TARGETS)
		fill(w, ta_window_case(w, RULE_RS22, n), mask, n);
}

static void
judge_reset(const struct window *w)
{
	int64_t n = ta_tally_sum(w->y, COUNT_TRIED, w->from, w->last);

	if (n >= FLOOD_RESETS)
		fill(w, ta_window_case(w, RULE_FL10, n),
		    ta_tally_mask(w->from, w->last), n);
}

static void
say_reset(struct tcpaudit *t, const struct tally *y, struct tally_case *k)
{
	ta_case_report(
	    t, y, k, SEEN(TARGET, 0), SEEN(PACKETS, k->value[PACKETS]));
}

/* -------------------------------------------------------------------- ACKs */

/* That the target answers at all shows that its direction is captured. */
static void
judge_stray(const struct window *w)
{
	int64_t n =
	    ta_window_sum(w, COUNT_TRIED) - ta_window_sum(w, COUNT_EXCUSED);

	if (n >= STRAY_ACKS && ta_window_sum(w, COUNT_ANSWERED) > 0)
		fill(w, ta_window_case(w, RULE_FL11, n), w->mask, n);
}

static void
say_stray(struct tcpaudit *t, const struct tally *y, struct tally_case *k)
{
	ta_case_report(t, y, k, SEEN(TARGET, 0),
	    SEEN(PACKETS, k->value[PACKETS]), SEEN(SOURCES, k->value[MEMBERS]));
}

/* ------------------------------------------------------------------- churn */

static void
judge_pair(const struct window *w)
{
	int64_t n = ta_tally_sum(w->y, COUNT_TRIED, w->last, w->last);
	struct tally_case *k;

	if (n <= CHURN)
		return;
	k = ta_window_case(w, RULE_FL12, n);
	fill(w, k, ta_tally_mask(w->last, w->last), n);
	if (k != NULL)
		k->host = (struct tcpaudit_host){ tally_key_family(&w->y->key),
			0, w->y->key.peer };
}

static void
say_pair(struct tcpaudit *t, const struct tally *y, struct tally_case *k)
{
	ta_case_report(t, y, k, SEEN(LISTENER, 0), SEEN(SOURCE, 1),
	    SEEN(COMPLETED, k->value[PACKETS]));
}

const struct judge ta_judge_echo = { judge_echo, say_echo };
const struct judge ta_judge_mirror = { judge_mirror, say_mirror };
const struct judge ta_judge_resetter = { judge_resetter, say_echo };
const struct judge ta_judge_reset = { judge_reset, say_reset };
const struct judge ta_judge_stray = { judge_stray, say_stray };
const struct judge ta_judge_pair = { judge_pair, say_pair };
