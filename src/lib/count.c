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

/* ------------------------------------------------------------------ events */

static void
enter(struct tcpaudit *t, const struct tally_place *place,
    const struct tally_event *e)
{
	ta_census_enter(
	    &t->flood.census, place, (t->now - TIME_BIAS) / TALLY_SECOND, e);
}

/* A glimpse is not judged: what if one attempt is enough, or none? */
static bool
one_is_many(const struct tcpaudit *t)
{
	return t->config.flood_syn <= 1 || t->config.half_open == 0;
}

/* An attempt, or what became of it: for the listener's record of its source,
 * and the source's of its target. */
static void
enter_both(struct tcpaudit *t, const struct parties *p, struct tally_event *e)
{
	struct tally_place place[2];

	place_both(t, p, place);
	e->address = p->address[TCPAUDIT_CLIENT];
	if (one_is_many(t))
		(void)tally_at(t, &place[0], e->begins);
	enter(t, &place[0], e);
	e->address = p->address[TCPAUDIT_SERVER];
	e->port = p->port[TCPAUDIT_SERVER];
	enter(t, &place[1], e);
}

static void
count_syn(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	struct tally_event e = { .bit = BIT_TRIED,
		.begins = true,
		.print = (uint16_t)n->number,
		.second = n->second,
		.packet = n->packet };

	enter_both(t, p, &e);
}

static void
count_mark(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	struct tally_event e = { .bit = (enum sample_bit)n->which,
		.second = n->second };

	enter_both(t, p, &e);
}

/* What the attempt turned out to be, for the listener only. */
static void
count_trouble(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	struct tally_event e = { .address = p->address[TCPAUDIT_CLIENT],
		.bit = BIT_EXCUSED,
		.second = n->second };
	struct tally_place place;

	place_of(t, p, TALLY_LISTENER, TCPAUDIT_SERVER, &place);
	enter(t, &place, &e);
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
	struct tally_event e = { .address = p->address[!n->end],
		.port = p->port[TCPAUDIT_CLIENT],
		.bit = BIT_TRIED,
		.begins = true,
		.number = (uint32_t)n->number,
		.second = n->second,
		.time = n->time,
		.packet = n->packet };
	struct tally_place place;

	place_of(t, p, TALLY_NUMBERS, n->end, &place);
	enter(t, &place, &e);
}

/* For the tally of `end`, its peer was reached. */
static void
count_reach(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	struct tally_event e = { .address = p->address[!n->end],
		.port = n->which != 0 ? p->port[!n->end] : 0,
		.bit = BIT_TRIED,
		.begins = true,
		.second = n->second,
		.packet = n->packet };
	struct tally_place place;

	place_of(t, p, (enum tally_kind)n->tally, n->end, &place);
	enter(t, &place, &e);
}

static void
count_plain(
    struct tcpaudit *t, const struct parties *p, const struct tcpaudit_count *n)
{
	struct tally_event e = { .address = p->address[TCPAUDIT_CLIENT],
		.port = p->port[TCPAUDIT_CLIENT],
		.bit = BIT_EXCUSED,
		.second = n->second };
	struct tally_place place;

	place_of(t, p, TALLY_ECHO, TCPAUDIT_SERVER, &place);
	enter(t, &place, &e);
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
		count_mark(t, p, n);
		break;
	case WHAT_TROUBLE:
		count_trouble(t, p, n);
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
