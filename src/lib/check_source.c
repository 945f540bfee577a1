/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* FL: what a source does to many hosts or ports. */
#include <string.h>

#include "window.h"

#define SCAN_TARGETS 15
#define PROBE_PORTS  5

/* What FL06, FL07 and FL09 keep of the worst window. */
enum { PORTS, HOSTS, FAILED, PORT };

/* What became of what it tried at a member. */
enum outcome { NONE, GOOD, BAD };

static uint16_t
whole(const struct window *w)
{
	return ta_tally_mask(w->from, w->last);
}

static enum outcome
attempt(const struct window *w, const struct sample_member *m)
{
	uint16_t all = whole(w);

	if (m->bits[BIT_OPENED] & all)
		return GOOD;
	if (m->bits[BIT_FAILED] & all)
		return BAD;
	return m->bits[BIT_TRIED] & w->mask ? BAD : NONE;
}

/* The same, but who asks again did not scan: perhaps all of the network is out
 * of reach. */
static enum outcome
attempt_once(const struct window *w, const struct sample_member *m)
{
	return m->bits[BIT_EXCUSED] & whole(w) ? NONE : attempt(w, m);
}

static enum outcome
connected_for_nothing(const struct window *w, const struct sample_member *m)
{
	return m->bits[BIT_EMPTY] & whole(w) ? BAD : NONE;
}

static enum outcome
probed(const struct window *w, const struct sample_member *m)
{
	return m->bits[BIT_TRIED] & whole(w) ? BAD : NONE;
}

/* Members that have the host or the port in common. */
struct group {
	unsigned size, bad;
	unsigned one; /* which of the sample is of it */
};

static bool
alike(const struct sample_member *a, const struct sample_member *b, bool host)
{
	return host ? memcmp(&a->address, &b->address, sizeof(a->address)) == 0
		    : a->port == b->port;
}

static struct group
largest_group(const struct window *w, bool host,
    enum outcome (*of)(const struct window *, const struct sample_member *))
{
	const struct sample *s = &w->y->sample;
	enum outcome outcome[SAMPLE_MEMBERS];
	struct group best = { 0, 0, 0 };

	for (unsigned i = 0; i < s->count; i++)
		outcome[i] = of(w, &s->member[i]);
	for (unsigned i = 0; i < s->count; i++) {
		struct group g = { 0, 0, i };

		if (outcome[i] != BAD)
			continue;
		for (unsigned j = 0; j < s->count; j++) {
			if (outcome[j] == NONE ||
			    !alike(&s->member[i], &s->member[j], host))
				continue;
			g.size++;
			g.bad += outcome[j] == BAD;
		}
		if (g.bad > best.bad)
			best = g;
	}
	return best;
}

/* A group is a case, if it is the largest by now. */
static void
fill(const struct window *w, struct tally_case *k, const struct group *g,
    bool host)
{
	const struct sample *s = &w->y->sample;
	const struct sample_member *one = &s->member[g->one];

	if (k == NULL)
		return;
	k->value[PORTS] = host ? (int64_t)ta_sample_estimate(s, g->size) : 0;
	k->value[HOSTS] = host ? 0 : (int64_t)ta_sample_estimate(s, g->size);
	k->value[FAILED] = (int64_t)ta_sample_estimate(s, g->bad);
	k->value[PORT] = one->port;
	k->host = (struct tcpaudit_host){ tally_key_family(&w->y->key), 0,
		one->address };
	for (unsigned i = 0; i < s->count; i++)
		if ((s->member[i].bits[BIT_TRIED] & whole(w)) &&
		    alike(&s->member[i], one, host))
			ta_case_prove(k, s->member[i].packet);
}

static bool
is_scan(const struct window *w, const struct group *g)
{
	return 10 * g->bad >= 8 * g->size &&
	       ta_sample_estimate(&w->y->sample, g->size) >= SCAN_TARGETS;
}

static void
judge_source(const struct window *w)
{
	const struct sample *s = &w->y->sample;
	struct group vertical, horizontal, empty;

	if (s->count < SCAN_TARGETS &&
	    ta_sample_estimate(s, s->count) < SCAN_TARGETS)
		return;
	vertical = largest_group(w, true, attempt);
	horizontal = largest_group(w, false, attempt_once);
	if (is_scan(w, &vertical) || is_scan(w, &horizontal)) {
		bool host = is_scan(w, &vertical) &&
			    !(is_scan(w, &horizontal) &&
				horizontal.size > vertical.size);
		const struct group *g = host ? &vertical : &horizontal;

		fill(w,
		    ta_window_case(
			w, RULE_FL06, (int64_t)ta_sample_estimate(s, g->size)),
		    g, host);
		return;
	}
	empty = largest_group(w, true, connected_for_nothing);
	if (is_scan(w, &empty))
		fill(w,
		    ta_window_case(w, RULE_FL07,
			(int64_t)ta_sample_estimate(s, empty.size)),
		    &empty, true);
}

static void
say_source(struct tcpaudit *t, const struct tally *y, struct tally_case *k)
{
	const int64_t *v = k->value;

	ta_case_report(t, y, k, SEEN(SOURCE, 0),
	    SEEN_IF(v[PORTS] > 0, TARGET, 1),
	    SEEN_IF(v[PORTS] > 0, PORTS, v[PORTS]),
	    SEEN_IF(v[HOSTS] > 0, HOSTS, v[HOSTS]),
	    SEEN_IF(v[HOSTS] > 0, PORT, v[PORT]),
	    SEEN_IF(k->rule == RULE_FL06, FAILED, v[FAILED]));
}

static void
judge_prober(const struct window *w)
{
	struct group g = largest_group(w, true, probed);

	if (ta_sample_estimate(&w->y->sample, g.size) >= PROBE_PORTS)
		fill(w,
		    ta_window_case(w, RULE_FL09,
			(int64_t)ta_sample_estimate(&w->y->sample, g.size)),
		    &g, true);
}

const struct judge ta_judge_source = { judge_source, say_source };
const struct judge ta_judge_prober = { judge_prober, say_source };
