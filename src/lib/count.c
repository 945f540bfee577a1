/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "count.h"

#include <string.h>

/* ----------------------------------------------------------------- tallies */

/* Fills in a key.  Inline, with place_of(): the kind is mostly known. */
static inline __attribute__((always_inline)) void
key_of(const struct parties *p, enum tally_kind kind, int end,
    struct tally_key *key)
{
	bool port = kind == TALLY_LISTENER || kind == TALLY_STRAY ||
		    kind == TALLY_RESET || kind == TALLY_PAIR;

	key->address = *p->address[end];
	key->what = tally_key_what(kind, p->family, port ? p->port[end] : 0);
	if (kind == TALLY_PAIR)
		key->peer = *p->address[!end];
	else
		memset(&key->peer, 0, sizeof(key->peer));
}

/* Fills in the key of `place`, and has it fetched. */
static inline __attribute__((always_inline)) void
place_of(const struct tcpaudit *t, const struct parties *p,
    enum tally_kind kind, int end, struct tally_place *place)
{
	key_of(p, kind, end, &place->key);
	census_place(&t->flood.census, place);
}

struct tally *
ta_count_find(
    struct tcpaudit *t, const struct parties *p, enum tally_kind kind, int end)
{
	struct tally_place place;

	key_of(p, kind, end, &place.key);
	place.hash = tally_key_hash(&t->flood.census.secret, &place.key);
	return ta_census_find(&t->flood.census, &place);
}

/* Inline, so that what is known of `which` needs not be looked at. */
static inline __attribute__((always_inline)) const struct tally_place *
place_at(struct counting *k, unsigned which)
{
	struct tally_place *place = &k->place[which];
	enum tally_kind kind = which == PLACE_LISTENER ? TALLY_LISTENER
			       : which == PLACE_SOURCE ? TALLY_SOURCE
						       : TALLY_NUMBERS;
	int end = which == PLACE_LISTENER || which == PLACE_NUMBERS + 1
		      ? TCPAUDIT_SERVER
		      : TCPAUDIT_CLIENT;

	if (!(k->placed & 1u << which))
		place_of(k->t, k->who, kind, end, place);
	k->placed |= 1u << which;
	return place;
}

/* --------------------------------------------------------------- listeners */

/* The tally that was found there, brought up to the second; NULL: it is not
 * known, or may have been given up. */
static struct tally *
listener_known(const struct counting *k)
{
	return k->given == k->t->flood.census.given ? k->tally : NULL;
}

static struct tally *
listener_found(struct counting *k, struct tally *y)
{
	k->tally = y;
	k->given = k->t->flood.census.given;
	return y;
}

/* Its tally; with `want`, there is one unless memory is short. */
static struct tally *
listener(struct counting *k, bool want)
{
	struct tally *y = listener_known(k);

	if (y != NULL)
		return y;
	return listener_found(
	    k, ta_census_tally(&k->t->flood.census, place_at(k, PLACE_LISTENER),
		   k->second, want));
}

/* A glimpse is not judged: what if one attempt is enough, or none? */
static bool
one_is_many(const struct tcpaudit *t)
{
	return t->config.flood_syn <= 1 || t->config.half_open == 0;
}

static void
enter_listener(struct counting *k, const struct tally_event *e)
{
	struct census *s = &k->t->flood.census;
	struct tally *y = listener_known(k);

	if (one_is_many(k->t))
		y = listener(k, e->begins);
	if (y != NULL)
		ta_census_apply(s, y, e);
	else
		listener_found(
		    k, ta_census_enter(
			   s, place_at(k, PLACE_LISTENER), k->second, e));
}

/* ------------------------------------------------------------------ events */

void
ta_count_event(struct counting *k, enum tally_kind kind, int end,
    const struct tally_event *e)
{
	const struct tally_place *place;
	struct tally_place other;

	if (kind == TALLY_NUMBERS) {
		place = place_at(k, PLACE_NUMBERS + (unsigned)end);
	} else {
		place_of(k->t, k->who, kind, end, &other);
		place = &other;
	}
	(void)ta_census_enter(&k->t->flood.census, place, k->second, e);
}

void
ta_count_attempt(struct counting *k, struct tally_event *e, bool source)
{
	/* One is fetched while the other is at work. */
	(void)place_at(k, PLACE_LISTENER);
	if (source)
		(void)place_at(k, PLACE_SOURCE);
	e->address = k->who->address[TCPAUDIT_CLIENT];
	enter_listener(k, e);
	if (!source)
		return;
	e->address = k->who->address[TCPAUDIT_SERVER];
	e->port = k->who->port[TCPAUDIT_SERVER];
	(void)ta_census_enter(
	    &k->t->flood.census, place_at(k, PLACE_SOURCE), k->second, e);
}

void
ta_count_add(struct counting *k, enum tally_kind kind, int end, int64_t second,
    enum tally_count which, int32_t number)
{
	struct census *s = &k->t->flood.census;
	struct tally_place place;
	struct tally *y;

	if (kind == TALLY_LISTENER && end == TCPAUDIT_SERVER) {
		y = listener(k, false);
	} else {
		place_of(k->t, k->who, kind, end, &place);
		y = ta_census_tally(s, &place, k->second, false);
	}
	if (y != NULL)
		tally_add(&s->store, y, second, which, number);
}

void
ta_count(struct counting *k, const struct tcpaudit_count *n)
{
	count_now(k, n);
}
