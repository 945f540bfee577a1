/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "check_flood.h"

#include <string.h>

#include "part.h"
#include "window.h"

/* Of the bound on memory, this part is for counting, so that a flood cannot
 * take it; and at least this much. */
#define MEMORY_PART  32
#define MEMORY_LEAST (UINT64_C(7) << 16)

/* ----------------------------------------------------------------- windows */

int64_t
ta_window_sum(const struct window *w, enum tally_count which)
{
	return ta_tally_sum(w->y, which, w->from, w->settled);
}

/* The first second of the window in which there was an attempt. */
static int64_t
first_second(const struct window *w)
{
	int64_t second = w->from;

	while (second < w->last &&
	       ta_tally_sum(w->y, COUNT_TRIED, second, second) == 0)
		second++;
	return second;
}

struct tally_case *
ta_window_case(const struct window *w, enum rule rule, int64_t peak)
{
	struct tally_case *k = ta_case_get(w->t, w->y, rule);

	if (k == NULL)
		return NULL;
	ta_case_extend(k, w->from, w->last);
	if (peak <= k->peak)
		return NULL;
	k->peak = peak;
	k->from = first_second(w);
	k->decided = w->last + 1;
	k->packets = 0;
	k->changed = true;
	return k;
}

/* The first of them, in order. */
void
ta_case_prove(struct tally_case *k, tcpaudit_packet_id packet)
{
	unsigned i = k->packets;

	if (packet == 0)
		return;
	if (i == TCPAUDIT_EVIDENCE_MAX && k->packet[--i] <= packet)
		return;
	for (; i > 0 && k->packet[i - 1] > packet; i--)
		k->packet[i] = k->packet[i - 1];
	k->packet[i] = packet;
	k->packets += k->packets < TCPAUDIT_EVIDENCE_MAX;
}

/* ------------------------------------------------------------------ report */

void
ta_case_report_facts(struct tcpaudit *t, const struct tally *y,
    struct tally_case *k, const struct fact *fact, size_t count)
{
	struct fact all[TCPAUDIT_VALUES_MAX + TCPAUDIT_EVIDENCE_MAX + 4];
	struct tcpaudit_host hosts[2] = { { tally_key_family(&y->key),
					      tally_key_port(&y->key),
					      y->key.address },
		k->host };
	size_t n = count;

	memcpy(all, fact, count * sizeof(*fact));
	all[n++] = SEEN(WINDOW_START, k->from * TALLY_SECOND);
	all[n++] = SEEN_IF(k->folded > 0, FOLDED, k->folded);
	all[n++] = WHEN(k->decided * TALLY_SECOND + TIME_BIAS);
	all[n++] = AT(k->packets > 0 ? k->packet[0] : 0);
	for (unsigned i = 0; i < k->packets; i++)
		all[n++] = PROOF(k->packet[i]);
	ta_report_many(t, &k->finding, k->rule, hosts, k->spans, all, n);
	k->changed = false;
}

/* --------------------------------------------------------------- judgement */

static const struct judge *const judges[TALLY_KINDS] = {
	[TALLY_LISTENER] = &ta_judge_listener,
	[TALLY_SOURCE] = &ta_judge_source,
	[TALLY_PROBER] = &ta_judge_prober,
	[TALLY_ECHO] = &ta_judge_echo,
	[TALLY_RESETTER] = &ta_judge_resetter,
	[TALLY_RESET] = &ta_judge_reset,
	[TALLY_STRAY] = &ta_judge_stray,
	[TALLY_PAIR] = &ta_judge_pair,
	[TALLY_MIRROR] = &ta_judge_mirror,
	[TALLY_NUMBERS] = &ta_judge_numbers,
};

static void
say(struct tcpaudit *t, const struct tally *y, struct tally_case *k)
{
	if (k->changed)
		judges[tally_key_kind(&y->key)]->say(t, y, k);
}

static void
judge(void *argument, struct tally *y, int64_t last, int64_t settled)
{
	struct window w = { argument, y, last - TALLY_WINDOW + 1, last, settled,
		0 };

	w.mask = ta_tally_mask(w.from, w.settled);
	judges[tally_key_kind(&y->key)]->judge(&w);
	for (struct tally_case *k = y->cases; k != NULL; k = k->next)
		if (k->finding == NULL)
			say(w.t, y, k);
}

/* The tally is given up. */
static void
close_cases(void *argument, struct tally *y)
{
	struct tcpaudit *t = argument;
	struct tally_case *k, *next;

	for (k = y->cases; k != NULL; k = next) {
		next = k->next;
		if (k->finding != NULL)
			say(t, y, k);
		ta_many_close(t, k->finding);
		ta_slab_give(&t->flood.cases, k);
	}
	y->cases = NULL;
}

void
ta_flood_init(struct tcpaudit *t)
{
	struct flood *f = &t->flood;
	uint64_t part = t->config.memory_bytes / MEMORY_PART;

	if (part < MEMORY_LEAST)
		part = MEMORY_LEAST;
	if (t->config.sharers > 1)
		t->memory.limit -= part / t->config.sharers;
	else
		t->memory.limit -= part;
	if (t->config.on_part != NULL)
		return; /* whoever is told the parts counts */
	ta_memory_init(&f->memory, &t->config, part);
	ta_census_init(&f->census, &f->memory, t->config.hash_key, part / 2);
	ta_slab_init(&f->cases, sizeof(struct tally_case), &f->memory);
	ta_slab_init(&f->findings, sizeof(struct finding), &f->memory);
	/* What is found has its room before the counts take all. */
	ta_slab_give(&f->cases, ta_slab_take(&f->cases));
	ta_slab_give(&f->findings, ta_slab_take(&f->findings));
	f->census.argument = t;
	f->census.judge = judge;
	f->census.end = close_cases;
}

void
ta_flood_advance(struct tcpaudit *t)
{
	int64_t second = flood_second(t->now);

	if (t->now < t->flood.due)
		return;
	t->flood.due = (second + 1) * TALLY_SECOND + TIME_BIAS;
	if (t->config.on_part != NULL)
		ta_part_clock(t);
	else
		ta_census_expire(&t->flood.census, second);
}

void
ta_flood_finish(struct tcpaudit *t)
{
	ta_census_finish(&t->flood.census, flood_second(t->now));
}

void
ta_flood_clear(struct tcpaudit *t)
{
	t->statistics.summarised += t->flood.census.summarised;
	ta_census_clear(&t->flood.census);
	t->flood.census.summarised = 0;
	t->flood.due = 0;
	t->flood.plain = false;
}
