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

/* How many are younger than the one of a name, and itself; 0, or more than
 * there is room for: it is gone. */
static uint32_t
age(const struct glimpses *s, uint32_t name)
{
	return ((uint32_t)s->made - name) & NAME_NUMBER;
}

/* The number of the first one that was used no longer ago than SAMPLE_SLOTS
 * seconds. */
static uint64_t
first_kept(const struct glimpses *s, int64_t second)
{
	int64_t oldest = second - (SAMPLE_SLOTS - 1);

	return oldest <= s->newest ? s->began[oldest & (SAMPLE_SLOTS - 1)]
				   : s->made;
}

void
ta_glimpses_init(struct glimpses *s, struct memory *memory, uint32_t room)
{
	memset(s, 0, sizeof(*s));
	s->memory = memory;
	s->room = room < GLIMPSES_MOST ? room : GLIMPSES_MOST;
	/* What no bucket names yet is gone. */
	s->made = 2 * s->room;
	s->newest = INT64_MIN;
}

static size_t
bytes(const struct glimpses *s)
{
	return (s->room + 1) * sizeof(*s->glimpse);
}

void
ta_glimpses_clear(struct glimpses *s)
{
	ta_release(s->memory, s->raw, bytes(s));
	ta_release(s->memory, s->next, s->room * sizeof(*s->next));
	ta_glimpses_init(s, s->memory, s->room);
}

/* All or nothing. */
static bool
has_room(struct glimpses *s)
{
	if (s->glimpse != NULL)
		return true;
	s->raw = ta_take_bytes(s->memory, bytes(s));
	if (s->raw == NULL)
		return false;
	s->next = ta_take_bytes(s->memory, s->room * sizeof(*s->next));
	if (s->next == NULL) {
		ta_glimpses_clear(s);
		return false;
	}
	s->glimpse = memory_line(s->raw);
	return true;
}

_Static_assert(sizeof(struct glimpse) == CACHE_LINE, "a cache line");

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
ta_glimpse_find(const struct glimpses *s, uint32_t bucket,
    const struct tally_key *key, uint32_t hash, int64_t second)
{
	uint64_t kept = s->made - first_kept(s, second);
	uint32_t name = bucket, was = 0, now, place;
	struct glimpse *d;

	if (kept > s->room)
		kept = s->room;
	for (;; name = s->next[place]) {
		now = age(s, name);
		if (now > kept || now <= was)
			return NULL;
		was = now;
		place = name & (s->room - 1);
		d = &s->glimpse[place];
		if (glimpse_name_is_of(name, hash) && d->bits != 0 &&
		    is_of(d, key))
			return d;
		if (!(name & NAME_NEXT))
			return NULL;
	}
}

/* The next one is made in this second. */
static void
begin_second(struct glimpses *s, int64_t second)
{
	int64_t i = second - (SAMPLE_SLOTS - 1);

	if (i <= s->newest)
		i = s->newest + 1;
	for (; i <= second; i++)
		s->began[i & (SAMPLE_SLOTS - 1)] = s->made;
	if (second > s->newest)
		s->newest = second;
}

struct glimpse *
ta_glimpse_make(struct glimpses *s, uint32_t *bucket,
    const struct tally_key *key, uint32_t hash, int64_t second, uint64_t *lost)
{
	uint32_t place = (uint32_t)s->made & (s->room - 1), name;
	struct glimpse *d;

	if (!has_room(s))
		return NULL;
	begin_second(s, second);
	d = &s->glimpse[place];
	if (s->made >= 3 * (uint64_t)s->room && d->bits != 0 &&
	    s->made - s->room >= first_kept(s, second))
		++*lost;
	name = ((uint32_t)s->made & NAME_NUMBER) | glimpse_name_hash(hash);
	if (age(s, *bucket) - 1 < s->room - 1)
		name |= NAME_NEXT;
	s->made++;
	/* The one after the next. */
	fetch_write(&s->glimpse[(place + 2) & (s->room - 1)]);
	d->address = key->address;
	d->what = key->what;
	s->next[place] = *bucket;
	d->slot = second & (SAMPLE_SLOTS - 1);
	*bucket = name;
	return d;
}

uint64_t
ta_glimpse_number(const struct glimpses *s, const struct glimpse *d)
{
	uint64_t place = (uint64_t)(d - s->glimpse);

	/* The last one made that has this place. */
	return s->made - 1 - ((s->made - 1 - place) & (s->room - 1));
}

struct glimpse *
ta_glimpse_use(struct glimpses *s, uint32_t *bucket, struct glimpse *d,
    uint32_t hash, int64_t second, uint64_t *lost)
{
	const struct glimpse was = *d;
	const struct tally_key key = { was.address, was.what, was.other };

	ta_glimpse_drop(d);
	d = ta_glimpse_make(s, bucket, &key, hash, second, lost);
	*d = was;
	d->slot = second & (SAMPLE_SLOTS - 1);
	d->ago = (uint8_t)(was.ago + second - glimpse_second(&was, second));
	return d;
}

void
ta_glimpse_drop(struct glimpse *d)
{
	d->bits = 0;
}
