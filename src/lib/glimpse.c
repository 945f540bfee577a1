/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A ring, written one after the other, which costs less than memory that is
 * given back and taken again; which is forgotten depends on nothing but their
 * order.  What is looked at to find one, or to forget it, is apart from what
 * it says.
 */
#include "glimpse.h"

#include <string.h>

void
ta_glimpses_init(struct glimpses *s, struct memory *memory, uint32_t room)
{
	memset(s, 0, sizeof(*s));
	s->memory = memory;
	s->room = room;
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
	uint32_t at = s->bucket != NULL ? *bucket_of(s, hash) : 0;

	for (; at != 0; at = s->mark[at - 1].next)
		if (s->mark[at - 1].hash == hash &&
		    is_of(&s->glimpse[at - 1], key))
			return &s->glimpse[at - 1];
	return NULL;
}

static void
leave_bucket(struct glimpses *s, uint32_t place)
{
	uint32_t *at = bucket_of(s, s->mark[place].hash);

	while (*at != place + 1)
		at = &s->mark[*at - 1].next;
	*at = s->mark[place].next;
}

/* How far ahead what is forgotten next is fetched. */
#define AHEAD 8

/* Whether it was used lately. */
static bool
forget_oldest(struct glimpses *s, int64_t second)
{
	uint32_t place = (uint32_t)s->gone++ & (s->room - 1);

	__builtin_prefetch(
	    bucket_of(s, s->mark[(place + AHEAD) & (s->room - 1)].hash));
	if (s->glimpse[place].bits == 0)
		return false;
	leave_bucket(s, place);
	return s->mark[place].second + SAMPLE_SLOTS > second;
}

struct glimpse *
ta_glimpse_make(struct glimpses *s, const struct tally_key *key, uint32_t hash,
    int64_t second, uint64_t *lost)
{
	uint32_t place = (uint32_t)s->made & (s->room - 1), *at;
	struct glimpse *d;

	if (!has_room(s))
		return NULL;
	d = &s->glimpse[place];
	if (s->made - s->gone == s->room)
		*lost += forget_oldest(s, second);
	at = bucket_of(s, hash);
	s->mark[place] = (struct glimpse_mark){ hash, *at, second };
	*at = place + 1;
	s->made++;
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

	ta_glimpse_drop(s, d);
	d = ta_glimpse_make(s, &key, mark.hash, second, lost);
	*d = was;
	d->ago = (uint8_t)(was.ago + second - mark.second);
	return d;
}

void
ta_glimpse_drop(struct glimpses *s, struct glimpse *d)
{
	leave_bucket(s, (uint32_t)(d - s->glimpse));
	d->bits = 0;
}
