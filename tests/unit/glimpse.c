/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Glimpses against a list of all that were ever made: those used last are
 * found, with what they say, and no others; whatever their hashes. */
#include "glimpse.h"

#include <string.h>

#include "test.h"

enum { ROOM = 64, KEYS = 300, STEPS = 200000 };

static struct memory memory;
static struct glimpses glimpses;
static uint32_t buckets[2 * ROOM];
static uint64_t used[KEYS]; /* the number of its last use; 0: there is none */
static int64_t when[KEYS];
static uint32_t state = 7;

static uint32_t
draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static struct tally_key
key_of(uint32_t i)
{
	struct tally_key key = { .what = tally_key_what(TALLY_SOURCE, 4, 0) };

	memcpy(key.address.bytes, &i, sizeof(i));
	return key;
}

static uint32_t *
bucket_of(uint32_t hash)
{
	return &buckets[hash % (2 * ROOM)];
}

static void
begin(void)
{
	ta_glimpses_init(&glimpses, &memory, ROOM);
	memset(buckets, 0, sizeof(buckets));
}

static struct glimpse *
make(uint32_t i, uint32_t hash, int64_t second, uint64_t *lost)
{
	struct tally_key key = key_of(i);
	struct glimpse *d = ta_glimpse_make(
	    &glimpses, bucket_of(hash), &key, hash, second, lost);

	if (d == NULL)
		return NULL;
	d->bits = 1u << BIT_TRIED;
	d->ago = 0;
	d->packet = i;
	return d;
}

/* Whether one is there that was used last as number `used` of so many. */
static bool
is_there(uint32_t i, uint64_t uses, int64_t second)
{
	return used[i] != 0 && used[i] + ROOM > uses &&
	       when[i] + SAMPLE_SLOTS > second;
}

/* Hashes are one of `hashes`; in each second there are so many steps, on
 * average. */
static void
test_found(uint32_t hashes, uint32_t steps)
{
	uint64_t uses = 0, lost = 0, expected = 0, oldest;
	int64_t second = 100;
	bool right = true;

	begin();
	memset(used, 0, sizeof(used));
	for (uint32_t step = 0; step < STEPS; step++) {
		uint32_t i = draw(KEYS), what = draw(4);
		uint32_t hash = i % hashes * UINT32_C(2654435761);
		struct tally_key key = key_of(i);
		struct glimpse *d;

		/* Now and then nothing happens for long. */
		if (draw(steps) == 0)
			second += draw(50) == 0 ? draw(40) : 1;
		d = ta_glimpse_find(
		    &glimpses, *bucket_of(hash), &key, hash, second);
		right &= (d != NULL) == is_there(i, uses, second);
		if (d != NULL)
			right &= d->packet == i &&
				 glimpse_second(d, second) == when[i];
		if (d != NULL && what == 0) {
			ta_glimpse_drop(d);
			used[i] = 0;
			continue;
		}
		if (d != NULL && (what == 1 || when[i] == second))
			continue;
		/* What the next one displaces. */
		if (d != NULL)
			used[i] = 0;
		oldest = uses + 1 - ROOM;
		for (uint32_t k = 0; k < KEYS; k++)
			expected += uses >= ROOM && used[k] == oldest &&
				    when[k] + SAMPLE_SLOTS > second;
		d = d != NULL ? ta_glimpse_use(&glimpses, bucket_of(hash), d,
				    hash, second, &lost)
			      : make(i, hash, second, &lost);
		right &= d != NULL && d->packet == i;
		used[i] = ++uses;
		when[i] = second;
		right &= d != NULL &&
			 ta_glimpse_number(&glimpses, d) == uses + 2 * ROOM - 1;
	}
	CHECK(right && "those used last are there");
	CHECK(lost == expected && (lost > 0 || steps < 8));
	ta_glimpses_clear(&glimpses);
	CHECK(memory.used == 0);
}

/* Used later, it tells how long ago it was. */
static void
test_ago(void)
{
	struct tally_key key = key_of(3);
	uint64_t lost = 0;
	struct glimpse *d;

	begin();
	d = make(3, 5, 100, &lost);
	d = ta_glimpse_use(&glimpses, bucket_of(5), d, 5, 102, &lost);
	d = ta_glimpse_use(&glimpses, bucket_of(5), d, 5, 103, &lost);
	CHECK(d->ago == 3 && glimpse_second(d, 110) == 103);
	CHECK(ta_glimpse_find(&glimpses, *bucket_of(5), &key, 5, 103) == d &&
	      lost == 0);
	ta_glimpses_clear(&glimpses);
}

static void
test_no_memory(void)
{
	uint64_t lost = 0;

	begin();
	memory.limit = ROOM * sizeof(struct glimpse) + 100;
	CHECK(make(1, 1, 100, &lost) == NULL);
	CHECK(memory.used == 0 && glimpses.glimpse == NULL);
	memory.limit = UINT64_MAX;
	CHECK(make(1, 1, 100, &lost) != NULL && lost == 0);
	ta_glimpses_clear(&glimpses);
}

int
main(void)
{
	struct tcpaudit_config config = { 0 };

	ta_memory_init(&memory, &config, UINT64_MAX);
	test_found(1, 16);
	test_found(40, 16);
	test_found(KEYS, 16);
	test_found(1, 3);
	test_found(40, 3);
	test_found(KEYS, 3);
	test_ago();
	test_no_memory();
	return test_done();
}
