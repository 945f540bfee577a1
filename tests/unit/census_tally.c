/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Counts of seconds against the plain definition, with a ring and without; who
 * is in the sample, whatever room it has. */
#include "census_tally.h"

#include <string.h>

#include "test.h"

enum { SECONDS = 400 };

static struct memory memory;
static struct tally_store store;
static int64_t counted[SECONDS][TALLY_COUNTS];
static uint32_t state = 5;

static uint32_t
draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* Whether the tally says the same as `counted` of its last seconds. */
static bool
agrees(const struct tally *y)
{
	int64_t oldest = y->head - TALLY_SLOTS + 1, from, to, sum;

	for (int which = 0; which < TALLY_COUNTS; which++) {
		from = oldest + draw(TALLY_SLOTS);
		to = from + draw(TALLY_SLOTS);
		sum = 0;
		for (int64_t i = from; i <= to && i <= y->head; i++)
			sum += counted[i][which];
		if (ta_tally_sum(y, which, from, to) != sum)
			return false;
		sum = 0;
		for (int64_t i = 0; i <= y->head; i++)
			sum += counted[i][which];
		if (ta_tally_level(y, which, y->head) != sum)
			return false;
	}
	return true;
}

/* A tally to which something is added every `pause` seconds, at most `most`
 * times in a second, in `spread` of the seconds kept. */
static void
test_counts(uint32_t pause, uint32_t most, uint32_t spread)
{
	struct tally y = { .head = TALLY_SLOTS, .only = TALLY_SLOTS };
	bool right = true, ring = false;
	int64_t second;
	unsigned which;
	int32_t number;

	ta_sample_init(&y.sample);
	memset(counted, 0, sizeof(counted));
	while (y.head < SECONDS - 1) {
		for (uint32_t n = y.head % pause == 0 ? draw(most + 1) : 0;
		     n > 0; n--) {
			second = y.head - draw(spread);
			which = draw(TALLY_COUNTS);
			number = (int32_t)draw(3) - 1;
			ta_tally_add(&store, &y, second, which, number);
			counted[second][which] += number;
		}
		ring |= y.ring != NULL;
		right &= agrees(&y);
		tally_step(&y);
	}
	CHECK(right && "sums of seconds");
	CHECK(ring == (spread > 1 || pause < TALLY_SLOTS));
	ta_tally_empty(&store, &y);
}

/* One that is long past counts as the oldest, one that is to come as now. */
static void
test_clamped(void)
{
	struct tally y = { .head = 100, .only = 100 };

	ta_sample_init(&y.sample);
	ta_tally_add(&store, &y, 3, COUNT_TRIED, 2);
	CHECK(ta_tally_sum(&y, COUNT_TRIED, 85, 85) == 2 && y.ring == NULL);
	ta_tally_add(&store, &y, 200, COUNT_TRIED, 5);
	CHECK(ta_tally_sum(&y, COUNT_TRIED, 100, 100) == 5 && y.ring != NULL);
	CHECK(ta_tally_sum(&y, COUNT_TRIED, 0, 200) == 7);
	ta_tally_empty(&store, &y);
	CHECK(y.ring == NULL && y.sample.room == 0);
}

/* Without memory for a ring the sum is still right. */
static void
test_no_memory(void)
{
	struct tally y = { .head = 100, .only = 100 };

	ta_sample_init(&y.sample);
	ta_tally_store_clear(&store);
	memory.limit = 0;
	ta_tally_add(&store, &y, 99, COUNT_TRIED, 2);
	ta_tally_add(&store, &y, 100, COUNT_TRIED, 5);
	CHECK(ta_tally_level(&y, COUNT_TRIED, 100) == 7 && y.ring == NULL);
	memory.limit = UINT64_MAX;
}

/* As many members as there is room for, each found again. */
static void
test_members(void)
{
	struct tally y = { .head = 100, .only = 100 };
	struct tcpaudit_address a = { { 10 } };
	struct sample_member *m;
	bool right = true;

	ta_sample_init(&y.sample);
	for (unsigned i = 0; i < SAMPLE_MEMBERS; i++) {
		a.bytes[3] = (uint8_t)i;
		m = ta_tally_member(&store, &y, &a, 80, 100);
		right &= m != NULL && m->packet == 0 && y.sample.count == i + 1;
		if (m != NULL)
			m->packet = i + 1;
		if (i == 0)
			right &= y.sample.room == 1;
	}
	for (unsigned i = 0; i < SAMPLE_MEMBERS; i++) {
		a.bytes[3] = (uint8_t)i;
		m = ta_tally_member(&store, &y, &a, 80, 100);
		right &= m != NULL && m->packet == i + 1 && m->port == 80 &&
			 memcmp(&m->address, &a, sizeof(a)) == 0;
	}
	CHECK(right && y.sample.limit == UINT64_MAX);
	a.bytes[2] = 1;
	ta_tally_member(&store, &y, &a, 80, 100);
	CHECK(y.sample.limit != UINT64_MAX && y.sample.count == SAMPLE_MEMBERS);
	CHECK(ta_tally_member(&store, &y, &a, 80, 3) == NULL);
	ta_tally_empty(&store, &y);
}

/* The sample as it is defined: a list, in which the last one takes the place of
 * one that is removed. */
static struct {
	uint64_t limit;
	unsigned count;
	struct {
		uint64_t hash;
		uint16_t slots;
	} member[SAMPLE_MEMBERS];
} plain;

static void
plain_remove(unsigned i)
{
	plain.member[i] = plain.member[--plain.count];
	if (plain.count == 0)
		plain.limit = UINT64_MAX;
}

static void
plain_see(uint64_t hash, unsigned slot)
{
	unsigned i = 0, high = 0;

	while (i < plain.count && plain.member[i].hash != hash)
		i++;
	if (i == plain.count && i == SAMPLE_MEMBERS && hash < plain.limit) {
		for (unsigned j = 1; j < plain.count; j++)
			if (plain.member[j].hash > plain.member[high].hash)
				high = j;
		plain.limit = hash;
		if (hash < plain.member[high].hash) {
			plain.limit = plain.member[high].hash;
			plain_remove(high);
			i = plain.count;
		}
	}
	if (hash >= plain.limit)
		return;
	if (i == plain.count) {
		plain.member[i].hash = hash;
		plain.member[i].slots = 0;
		plain.count++;
	}
	plain.member[i].slots |= (uint16_t)(1u << slot);
}

static void
plain_forget(unsigned slot)
{
	for (unsigned i = plain.count; i-- > 0;) {
		plain.member[i].slots &= (uint16_t) ~(1u << slot);
		if (plain.member[i].slots == 0)
			plain_remove(i);
	}
}

static bool
is_plain(const struct sample *s)
{
	bool same = s->count == plain.count && s->limit == plain.limit;
	uint16_t slots;

	for (unsigned i = 0; same && i < s->count; i++) {
		slots = 0;
		for (unsigned b = 0; b < SAMPLE_BITS; b++)
			slots |= s->member[i].bits[b];
		same = s->hash[i] == plain.member[i].hash &&
		       slots == plain.member[i].slots;
	}
	return same;
}

/* Members come and go, one of `many`, about `often` in a second. */
static void
test_sample(uint32_t many, uint32_t often)
{
	struct tally y = { .head = 100, .only = 100 };
	struct tcpaudit_address a = { { 10 } };
	bool right = true, full = false;
	struct sample_member *m;

	ta_sample_init(&y.sample);
	plain.count = 0;
	plain.limit = UINT64_MAX;
	for (uint32_t i = 0; i < 40000; i++) {
		uint32_t who = draw(many);
		int64_t second = y.head - draw(3);

		memcpy(a.bytes + 1, &who, 2);
		m = ta_tally_member(&store, &y, &a, 0, second);
		if (m != NULL)
			tally_mark(&y, m, second, draw(SAMPLE_BITS));
		plain_see(ta_sample_hash(&a, 0), (unsigned)second % 16);
		full |= y.sample.limit != UINT64_MAX;
		if (draw(often) == 0) {
			tally_step(&y);
			plain_forget((unsigned)y.head % 16);
		}
		right &= is_plain(&y.sample);
	}
	CHECK(right && "the same sample");
	CHECK(full == (often > 1));
	ta_tally_empty(&store, &y);
}

int
main(void)
{
	struct tcpaudit_config config = { 0 };

	ta_memory_init(&memory, &config, UINT64_MAX);
	ta_tally_store_init(&store, &memory);
	test_counts(1, 9, TALLY_SLOTS);
	test_counts(5, 2, 3);
	test_counts(20, 9, 1);
	test_clamped();
	test_members();
	test_sample(40000, 100);
	test_sample(300, 8);
	test_sample(5, 1);
	test_no_memory();
	ta_tally_store_clear(&store);
	CHECK(memory.used == 0);
	return test_done();
}
