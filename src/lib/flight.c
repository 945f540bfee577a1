/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "flight.h"

#include <string.h>

static void
flight_remove(struct flight *f, unsigned i)
{
	f->count--;
	memmove(
	    &f->sent[i], &f->sent[i + 1], (f->count - i) * sizeof(f->sent[0]));
}

/* The pair of neighbours whose times are closest; those that were sent equally
 * often before others.  No branch of the loop depends on the times: nobody can
 * guess them. */
static unsigned
closest_pair(const struct flight *f)
{
	unsigned best = 0;
	int64_t closest = INT64_MAX, time = f->sent[0].time;

	for (unsigned i = 0; i + 1 < f->count; i++) {
		int64_t next = f->sent[i + 1].time;
		int64_t apart = next > time ? next - time : time - next;

		apart += (int64_t)(f->sent[i].copies != f->sent[i + 1].copies)
			 << 40;
		best = apart < closest ? i : best;
		closest = apart < closest ? apart : closest;
		time = next;
	}
	return best;
}

/* Two neighbours become one. */
static void
flight_coarsen(struct flight *f)
{
	unsigned best = closest_pair(f);
	struct transmission *a = &f->sent[best], *b = &f->sent[best + 1];

	a->holed = a->holed || b->holed || a->end != b->start;
	a->end = b->end;
	if (b->time > a->time)
		a->time = b->time;
	if (b->copies > a->copies)
		a->copies = b->copies;
	a->stored = 0;
	a->sacked = a->sacked && b->sacked;
	a->sacked_ms = 0; /* no longer known of either */
	flight_remove(f, best + 1);
}

/* A copy of what was sent before: the parts of others that it covers go. */
static void
flight_cut(struct flight *f, int64_t start, int64_t end)
{
	for (unsigned i = 0; i < f->count;) {
		struct transmission *s = &f->sent[i];

		if (s->end <= start || s->start >= end) {
			i++;
		} else if (s->start >= start && s->end <= end) {
			flight_remove(f, i);
		} else if (s->start < start && s->end > end) {
			memmove(s + 1, s, (f->count - i) * sizeof(*s));
			f->count++;
			s[0].end = start;
			s[1].start = end;
			s[0].stored = s[1].stored = 0;
			i += 2;
		} else if (s->start < start) {
			s->end = start;
			s->stored = 0;
			i++;
		} else {
			s->start = end;
			s->stored = 0;
			i++;
		}
	}
}

struct transmission *
ta_flight_append(struct flight *f)
{
	if (f->count == FLIGHT_MAX)
		flight_coarsen(f);
	return &f->sent[f->count++];
}

void
ta_flight_add(struct flight *f, const struct transmission *new)
{
	unsigned i;

	if (f->count == FLIGHT_MAX)
		flight_coarsen(f);
	flight_cut(f, new->start, new->end);
	for (i = f->count; i > 0 && f->sent[i - 1].start > new->start; i--)
		f->sent[i] = f->sent[i - 1];
	f->sent[i] = *new;
	if (++f->count > FLIGHT_MAX) /* it cut another one in two */
		flight_coarsen(f);
}

struct transmission *
ta_flight_find(struct flight *f, int64_t seq)
{
	if (ta_flight_is_below(f, seq) || seq < f->sent[0].start)
		return NULL;
	for (unsigned i = 0; i < f->count; i++)
		if (f->sent[i].start <= seq && seq < f->sent[i].end)
			return &f->sent[i];
	return NULL;
}

bool
ta_flight_acked(struct flight *f, int64_t ack, struct transmission *sample)
{
	unsigned gone = 0;
	bool found;

	while (gone < f->count && f->sent[gone].end <= ack)
		gone++;
	found = gone > 0 && f->sent[gone - 1].copies == 1;
	if (found)
		*sample = f->sent[gone - 1];
	if (gone > 0) {
		f->count -= gone;
		memmove(f->sent, f->sent + gone, f->count * sizeof(f->sent[0]));
	}
	if (f->count > 0 && f->sent[0].start < ack) {
		f->sent[0].start = ack;
		f->sent[0].stored = 0;
	}
	return found;
}

void
ta_flight_sacked(struct flight *f, int64_t left, int64_t right, uint32_t ms)
{
	for (unsigned i = 0; i < f->count; i++) {
		struct transmission *s = &f->sent[i];

		if (s->start >= right)
			break;
		if (s->start < left || s->end > right)
			continue;
		if (!s->sacked)
			s->sacked_ms = ms;
		s->sacked = true;
		s->sack_reports += s->sack_reports < UINT8_MAX;
	}
}

void
ta_flight_forget_sacks(struct flight *f)
{
	for (unsigned i = 0; i < f->count; i++)
		f->sent[i].sacked_ms = 0;
}

static void
gaps_remove(struct gaps *g, unsigned i)
{
	g->count--;
	memmove(&g->gap[i], &g->gap[i + 1], (g->count - i) * sizeof(g->gap[0]));
}

int64_t
ta_gaps_add(struct gaps *g, const struct gap *new)
{
	int64_t forgotten = 0;

	if (g->count == GAPS_MAX) {
		forgotten = g->gap[0].end;
		gaps_remove(g, 0);
	}
	g->gap[g->count++] = *new;
	return forgotten;
}

struct gap *
ta_gaps_find(struct gaps *g, int64_t start, int64_t end)
{
	for (unsigned i = 0; i < g->count; i++)
		if (start < g->gap[i].end && g->gap[i].start < end)
			return &g->gap[i];
	return NULL;
}

int64_t
ta_gaps_fill(struct gaps *g, int64_t start, int64_t end)
{
	int64_t filled = 0;

	for (unsigned i = 0; i < g->count;) {
		struct gap *h = &g->gap[i];
		int64_t from = start > h->start ? start : h->start;
		int64_t to = end < h->end ? end : h->end;

		if (from >= to) {
			i++;
			continue;
		}
		filled += to - from;
		if (from == h->start && to == h->end) {
			gaps_remove(g, i);
			continue;
		}
		if (from > h->start && to < h->end && g->count < GAPS_MAX) {
			memmove(h + 1, h, (g->count - i) * sizeof(*h));
			g->count++;
			h[1].start = to;
			h->end = from;
		} else if (from == h->start) {
			h->start = to;
		} else {
			h->end = from;
		}
		i++;
	}
	return filled;
}

int64_t
ta_gaps_acked(struct gaps *g, int64_t ack)
{
	if (g->count == 0 || g->gap[0].start >= ack)
		return 0;
	return ta_gaps_fill(g, g->gap[0].start, ack);
}
