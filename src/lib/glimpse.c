/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A ring, written one after the other, which costs less than memory that is
 * given back and taken again; which is forgotten depends on nothing but their
 * order.  What is looked at to find one is apart from what it says.
 *
 * A bucket names the youngest one with a hash of it, and each names the next
 * older one.  Nothing is ever taken out: a name that is too old ends the list,
 * as does one that is not older than the last, since the place of a forgotten
 * one is another's by then.
 */
#include "glimpse.h"

#include <string.h>

/* A name: the number of a glimpse as far as there is room for it; a part of its
 * hash; whether it has a next one.  Most that are asked for are not there, and
 * the name says so. */
#define NAME_NUMBER ((UINT32_C(1) << 24) - 1)
#define NAME_HASH   (UINT32_C(127) << 24)
#define NAME_NEXT   (UINT32_C(1) << 31)

static uint32_t
name_hash(uint32_t hash)
{
	return (hash >> 1) & NAME_HASH;
}

/* How many are younger than the one of a name, and itself; 0, or more than
 * there is room for: it is gone. */
static uint32_t
age(const struct glimpses *s, uint32_t name)
{
	return ((uint32_t)s->made - name) & NAME_NUMBER;
}

static bool
is_there(const struct glimpses *s, uint32_t age)
{
	return age - 1 < s->room;
}

void
ta_glimpses_init(struct glimpses *s, struct memory *memory, uint32_t room)
{
	memset(s, 0, sizeof(*s));
	s->memory = memory;
	s->room = room < GLIMPSES_MOST ? room : GLIMPSES_MOST;
	/* What no bucket names yet is gone. */
	s->made = 2 * s->room;
}

void
ta_glimpses_clear(struct glimpses *s)
{
	ta_release(s->memory, s->glimpse, s->room * sizeof(*s->glimpse));
	ta_release(s->memory, s->mark, s->room * sizeof(*s->mark));
	ta_release(s->memory, s->bucket, 2 * s->room * sizeof(*s->bucket));
	ta_glimpses_init(s, s->memory, s->room);
}

/* All or nothing. */
static bool
has_room(struct glimpses *s)
{
	if (s->bucket != NULL)
		return true;
	s->glimpse = ta_take_bytes(s->memory, s->room * sizeof(*s->glimpse));
	s->mark = ta_take_bytes(s->memory, s->room * sizeof(*s->mark));
	if (s->glimpse != NULL && s->mark != NULL)
		s->bucket =
		    ta_allocate(s->memory, 2 * s->room * sizeof(*s->bucket));
	if (s->bucket == NULL)
		ta_glimpses_clear(s);
	return s->bucket != NULL;
}

static uint32_t *
bucket_of(const struct glimpses *s, uint32_t hash)
{
	return &s->bucket[hash & (2 * s->room - 1)];
}

static bool
is_of(const struct glimpse *d, const struct tally_key *key)
{
	uint64_t differ = d->what ^ key->what;

	for (size_t at = 0; at < sizeof(d->address.bytes); at += 8) {
		differ |= tally_key_half(&d->address, at) ^
			  tally_key_half(&key->address, at);
		if (tally_key_kind(key) == TALLY_PAIR)
			differ |= tally_key_half(&d->other, at) ^
				  tally_key_half(&key->peer, at);
	}
	return differ == 0;
}

struct glimpse *
ta_glimpse_find(
    const struct glimpses *s, const struct tally_key *key, uint32_t hash)
{
	uint32_t name, place, was = 0, now;

	if (s->bucket == NULL)
		return NULL;
	for (name = *bucket_of(s, hash);; name = s->mark[place].next) {
		now = age(s, name);
		if (!is_there(s, now) || now <= was)
			return NULL;
		was = now;
		place = (name & NAME_NUMBER) & (s->room - 1);
		if ((name & NAME_HASH) == name_hash(hash) &&
		    s->mark[place].hash == hash &&
		    s->glimpse[place].bits != 0 &&
		    is_of(&s->glimpse[place], key))
			return &s->glimpse[place];
		if (!(name & NAME_NEXT))
			return NULL;
	}
}

struct glimpse *
ta_glimpse_make(struct glimpses *s, const struct tally_key *key, uint32_t hash,
    int64_t second, uint64_t *lost)
{
	uint32_t place = (uint32_t)s->made & (s->room - 1), *at, name;
	struct glimpse *d;

	if (!has_room(s))
		return NULL;
	d = &s->glimpse[place];
	if (s->made >= 3 * (uint64_t)s->room && d->bits != 0 &&
	    s->mark[place].second + SAMPLE_SLOTS > second)
		++*lost;
	at = bucket_of(s, hash);
	name = ((uint32_t)s->made & NAME_NUMBER) | name_hash(hash);
	s->made++;
	if (is_there(s, age(s, *at)))
		name |= NAME_NEXT;
	s->mark[place] = (struct glimpse_mark){ hash, *at, second };
	*at = name;
	d->address = key->address;
	d->what = key->what;
	return d;
}

int64_t
ta_glimpse_second(const struct glimpses *s, const struct glimpse *d)
{
	return s->mark[d - s->glimpse].second;
}

uint64_t
ta_glimpse_number(const struct glimpses *s, const struct glimpse *d)
{
	uint64_t place = (uint64_t)(d - s->glimpse);

	/* The last one made that has this place. */
	return s->made - 1 - ((s->made - 1 - place) & (s->room - 1));
}

struct glimpse *
ta_glimpse_use(
    struct glimpses *s, struct glimpse *d, int64_t second, uint64_t *lost)
{
	const struct glimpse was = *d;
	const struct glimpse_mark mark = s->mark[d - s->glimpse];
	const struct tally_key key = { was.address, was.what, was.other };

	ta_glimpse_drop(d);
	d = ta_glimpse_make(s, &key, mark.hash, second, lost);
	*d = was;
	d->ago = (uint8_t)(was.ago + second - mark.second);
	return d;
}

void
ta_glimpse_drop(struct glimpse *d)
{
	d->bits = 0;
}
