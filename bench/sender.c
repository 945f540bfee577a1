/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "sender.h"

static struct flying *
flying(struct sender *s, uint64_t number)
{
	return &s->flying[number % MOST_FLYING];
}

static void
arrived(struct sender *s, struct flying *f)
{
	if (f->sacked)
		return;
	s->pipe -= !f->lost;
	f->sacked = true;
	f->lost = false;
	if (f->sent > s->newest)
		s->newest = f->sent;
}

/* About once in a round trip at most, as CUBIC does (RFC 9438, 4.6). */
static void
slow_down(struct sender *s)
{
	if (s->recovering)
		return;
	s->recovering = true;
	s->recovery = s->next;
	s->threshold = s->window * 0.7;
	if (s->threshold < MOST_WINDOW / 2)
		s->threshold = MOST_WINDOW / 2;
	if (s->window > s->threshold)
		s->window = s->threshold;
}

/* Lost is what was sent three segments before one that arrived. */
static void
find_lost(struct sender *s)
{
	uint64_t i;

	for (i = s->first; i < s->next; i++) {
		struct flying *f = flying(s, i);

		if (f->sacked || f->lost || f->sent + 3 * LINK_TIME > s->newest)
			continue;
		f->lost = true;
		s->pipe--;
		slow_down(s);
	}
}

void
sender_take(
    struct sender *s, uint64_t first, const struct run *run, unsigned count)
{
	double fresh = 0;
	unsigned i;
	uint64_t n;

	for (; s->first < first; s->first++, fresh++)
		arrived(s, flying(s, s->first));
	for (i = 0; i < count; i++)
		for (n = run[i].left; n < run[i].right; n++)
			arrived(s, flying(s, n));
	if (s->recovering && s->first >= s->recovery)
		s->recovering = false;
	if (!s->recovering)
		s->window +=
		    s->window < s->threshold ? fresh : 4 * fresh / s->window;
	if (s->window > MOST_WINDOW)
		s->window = MOST_WINDOW;
	find_lost(s);
}

void
sender_expire(struct sender *s)
{
	struct flying *f = flying(s, s->first);

	if (s->first < s->next && !f->lost) {
		f->lost = true;
		s->pipe--;
	}
}

bool
sender_choose(const struct sender *s, uint64_t *number)
{
	uint64_t i;

	if (s->pipe >= (unsigned)s->window)
		return false;
	for (i = s->first; s->recovering && i < s->next; i++)
		if (s->flying[i % MOST_FLYING].lost)
			break;
	if (!s->recovering)
		i = s->next;
	*number = i;
	return i < s->total && i - s->first < MOST_FLYING;
}

void
sender_put(struct sender *s, uint64_t number, int64_t at)
{
	struct flying *f = flying(s, number);

	f->sent = at;
	f->sacked = f->lost = false;
	s->pipe++;
	if (number == s->next)
		s->next++;
}
