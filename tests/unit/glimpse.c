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

static struct glimpse *
make(uint32_t i, uint32_t hash, int64_t second, uint64_t *lost)
{
	struct tally_key key = key_of(i);
	struct glimpse *d =
	    ta_glimpse_make(&glimpses, &key, hash, second, lost);

	if (d == NULL)
		return NULL;
	d->bits = 1u << BIT_TRIED;
	d->ago = 0;
	d->packet = i;
	return d;
}

/* Hashes are one of `hashes`. */
static void
test_found(uint32_t hashes)
{
	uint64_t uses = 0, lost = 0, expected = 0, oldest;
	bool right = true;

	ta_glimpses_init(&glimpses, &memory, ROOM);
	memset(used, 0, sizeof(used));
	for (uint32_t step = 0; step < STEPS; step++) {
		int64_t second = 100 + step / 16;
		uint32_t i = draw(KEYS), what = draw(4);
		uint32_t hash = i % hashes * UINT32_C(2654435761);
		struct tally_key key = key_of(i);
		struct glimpse *d = ta_glimpse_find(&glimpses, &key, hash);
		bool there = used[i] != 0 && used[i] + ROOM > uses;

		right &= (d != NULL) == there;
		if (d != NULL)
			right &= d->packet == i &&
				 ta_glimpse_second(&glimpses, d) == when[i];
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
		d = d != NULL ? ta_glimpse_use(&glimpses, d, second, &lost)
			      : make(i, hash, second, &lost);
		right &= d != NULL && d->packet == i;
		used[i] = ++uses;
		when[i] = second;
		right &= d != NULL &&
			 ta_glimpse_number(&glimpses, d) == uses + 2 * ROOM - 1;
	}
	CHECK(right && "those used last are there");
	CHECK(lost == expected && lost > 0);
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

	ta_glimpses_init(&glimpses, &memory, ROOM);
	d = make(3, 5, 100, &lost);
	d = ta_glimpse_use(&glimpses, d, 102, &lost);
	d = ta_glimpse_use(&glimpses, d, 103, &lost);
	CHECK(d->ago == 3 && ta_glimpse_second(&glimpses, d) == 103);
	CHECK(ta_glimpse_find(&glimpses, &key, 5) == d && lost == 0);
	ta_glimpses_clear(&glimpses);
}

static void
test_no_memory(void)
{
	uint64_t lost = 0;

	ta_glimpses_init(&glimpses, &memory, ROOM);
	memory.limit = ROOM * sizeof(struct glimpse) + 100;
	CHECK(make(1, 1, 100, &lost) == NULL);
	CHECK(memory.used == 0 && glimpses.bucket == NULL);
	memory.limit = UINT64_MAX;
	CHECK(make(1, 1, 100, &lost) != NULL && lost == 0);
	ta_glimpses_clear(&glimpses);
}

int
main(void)
{
	struct tcpaudit_config config = { 0 };

	ta_memory_init(&memory, &config, UINT64_MAX);
	test_found(1);
	test_found(40);
	test_found(KEYS);
	test_ago();
	test_no_memory();
	return test_done();
}
