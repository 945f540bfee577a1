/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "count.h"

#include <string.h>

/* ----------------------------------------------------------------- tallies */

/* Fills in the key of `place`, and has it fetched. */
static void
place_of(struct tcpaudit *t, const struct parties *p, enum tally_kind kind,
    int end, struct tally_place *place)
{
	bool port = kind == TALLY_LISTENER || kind == TALLY_STRAY ||
		    kind == TALLY_RESET || kind == TALLY_PAIR;

	place->key.address = *p->address[end];
	place->key.what =
	    tally_key_what(kind, p->family, port ? p->port[end] : 0);
	if (kind == TALLY_PAIR)
		place->key.peer = *p->address[!end];
	else
		memset(&place->key.peer, 0, sizeof(place->key.peer));
	ta_census_place(&t->flood.census, place);
}

struct tally *
ta_count_find(
    struct tcpaudit *t, const struct parties *p, enum tally_kind kind, int end)
{
	struct tally_place place;

	place_of(t, p, kind, end, &place);
	return ta_census_find(&t->flood.census, &place);
}

/* The same to count with; with `want`, there is one unless memory is short. */
static struct tally *
tally_at(struct tcpaudit *t, const struct tally_place *place, bool want)
{
	return ta_census_tally(
	    &t->flood.census, place, (t->now - TIME_BIAS) / TALLY_SECOND, want);
}

static struct tally *
tally_of(struct tcpaudit *t, const struct parties *p, enum tally_kind kind,
    int end, bool want)
{
	struct tally_place place;

	place_of(t, p, kind, end, &place);
	return tally_at(t, &place, want);
}

/* Both tallies of an attempt, asked for at once, so that one is fetched while
 * the other is at work. */
static void
place_both(
    struct tcpaudit *t, const struct parties *p, struct tally_place place[2])
{
	place_of(t, p, TALLY_LISTENER, TCPAUDIT_SERVER, &place[0]);
	place_of(t, p, TALLY_SOURCE, TCPAUDIT_CLIENT, &place[1]);
}

static struct sample_member *
member_of(struct tcpaudit *t, struct tally *y, const struct parties *p, int end,
    bool port, int64_t second)
{
	return ta_tally_member(&t->flood.census.store, y, p->address[end],
	    port ? p->port[end] : 0, second);
}

/* Something of a connection that counts for `y`, and for its member. */
static void
begin(struct tcpaudit *t, struct tally *y, struct sample_member *m,
    const struct tcpaudit_count *n, uint16_t print)
{
	ta_tally_add(&t->flood.census.store, y, n->second, COUNT_TRIED, 1);
	if (m == NULL)
		return;
	if (m->packet == 0) {
		m->packet = n->packet;
		m->print = print;
	}
	ta_tally_mark(y, m, n->second, BIT_TRIED);
}

/* ------------------------------------------------------------------ events */

static void
count_syn(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	uint16_t print = (uint16_t)n->number;
	struct tally_place place[2];
	struct tally *y;

	place_both(t, p, place);
	y = tally_at(t, &place[0], true);
	if (y != NULL)
		begin(t, y,
		    member_of(t, y, p, TCPAUDIT_CLIENT, false, n->second), n,
		    print);
	y = tally_at(t, &place[1], true);
	if (y != NULL)
		begin(t, y,
		    member_of(t, y, p, TCPAUDIT_SERVER, true, n->second), n,
		    print);
}

/* What the attempt turned out to be, for the listener's record of its source,
 * and the source's of its target. */
static void
count_mark(struct tcpaudit *t, const struct parties *p,
    const struct tcpaudit_count *n, enum sample_bit bit, bool source)
{
	struct tally_place place[2];
	struct tally *y;

	place_both(t, p, place);
	y = tally_at(t, &place[0], false);
	if (y != NULL)
		ta_tally_mark(y,
		    member_of(t, y, p, TCPAUDIT_CLIENT, false, n->second),
		    n->second, bit);
	if (!source)
		return;
	y = tally_at(t, &place[1], false);
	if (y != NULL)
		ta_tally_mark(y,
		    member_of(t, y, p, TCPAUDIT_SERVER, true, n->second),
		    n->second, bit);
}

static void
count_add(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	struct tally *y =
	    tally_of(t, p, (enum tally_kind)n->tally, n->end, false);

	if (y != NULL)
		ta_tally_add(&t->flood.census.store, y, n->second,
		    (enum tally_count)n->which, (int32_t)n->number);
}

static void
count_numbers(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	struct tally *y = tally_of(t, p, TALLY_NUMBERS, n->end, true);
	struct sample_member *m;

	if (y == NULL)
		return;
	m = ta_tally_member(&t->flood.census.store, y, p->address[!n->end],
	    p->port[TCPAUDIT_CLIENT], n->second);
	if (m != NULL && m->packet == 0) {
		m->number = (uint32_t)n->number;
		m->time = n->time;
	}
	begin(t, y, m, n, 0);
}

/* For the tally of `end`, its peer was reached. */
static void
count_reach(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	struct tally *y =
	    tally_of(t, p, (enum tally_kind)n->tally, n->end, true);

	if (y != NULL)
		begin(t, y,
		    member_of(t, y, p, !n->end, n->which != 0, n->second), n,
		    0);
}

static void
count_plain(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	struct tally *y = tally_of(t, p, TALLY_ECHO, TCPAUDIT_SERVER, false);

	if (y != NULL)
		ta_tally_mark(y,
		    member_of(t, y, p, TCPAUDIT_CLIENT, true, n->second),
		    n->second, BIT_EXCUSED);
}

void
ta_count(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	switch ((enum count_what)n->what) {
	case WHAT_ADD:
		count_add(t, p, n);
		break;
	case WHAT_SYN:
		count_syn(t, p, n);
		break;
	case WHAT_MARK:
		count_mark(t, p, n, (enum sample_bit)n->which, true);
		break;
	case WHAT_TROUBLE:
		count_mark(t, p, n, BIT_EXCUSED, false);
		break;
	case WHAT_NUMBERS:
		count_numbers(t, p, n);
		break;
	case WHAT_REACH:
		count_reach(t, p, n);
		break;
	case WHAT_PLAIN:
		count_plain(t, p, n);
		break;
	case WHAT_TRAFFIC:
		t->flood.plain = true;
		break;
	case WHATS:
		break;
	}
}

bool
ta_count_valid(const struct tcpaudit_count *n)
{
	const int64_t before = -TIME_BIAS / TALLY_SECOND - 1;
	const int64_t latest = INT64_MAX / 2;

	if (n->what >= WHATS || n->tally >= TALLY_KINDS || n->end > 1 ||
	    n->second < before || n->second > latest / TALLY_SECOND ||
	    n->time < 0 || n->time > latest + TIME_BIAS)
		return false;
	if (n->what == WHAT_ADD)
		return n->which < TALLY_COUNTS && n->number >= -UINT8_MAX &&
		       n->number <= UINT8_MAX;
	return n->which < SAMPLE_BITS && n->number >= 0 &&
	       n->number <= UINT32_MAX;
}
