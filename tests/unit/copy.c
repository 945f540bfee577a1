/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The segments of the last milliseconds. */
#include "copy.h"

#include "test.h"
#include "timer.h"

static struct memory memory;
static struct sights sights;

static uint32_t
see(uint32_t mark, uint32_t before, int64_t ms)
{
	return ta_sight_add(
	    &sights, &memory, mark, before, SECOND + ms * MILLISECOND);
}

static const struct sight *
find(uint32_t number, int64_t ms)
{
	return ta_sight_find(&sights, number, SECOND + ms * MILLISECOND);
}

/* What may have been seen lately is never taken for new; what was seen long
 * ago is in the end. */
static void
test_new(void)
{
	const int64_t ms = MILLISECOND;

	CHECK(ta_sight_is_new(&sights, 11, SECOND));
	see(11, 0, 0);
	CHECK(!ta_sight_is_new(&sights, 11, SECOND + 5 * ms));
	CHECK(ta_sight_is_new(&sights, 11, SECOND + 6 * ms));
	CHECK(ta_sight_is_new(&sights, 12, SECOND));
	/* Neither when the clock goes back, nor when the ring grows. */
	see(11, 0, -20);
	CHECK(!ta_sight_is_new(&sights, 11, SECOND + 5 * ms));
	CHECK(!ta_sight_is_new(&sights, 11, SECOND - 20 * ms));
	see(13, 0, 1);
	for (uint32_t i = 0; i < 20000; i++)
		see(1 << 20 | i << 21, 0, 1);
	CHECK(!ta_sight_is_new(&sights, 11, SECOND + 5 * ms));
	CHECK(!ta_sight_is_new(&sights, 13, SECOND + 6 * ms));
	ta_sights_clear(&sights, &memory);
	CHECK(memory.used == 0);
}

int
main(void)
{
	struct tcpaudit_config config = { 0 };
	uint32_t first, second, last = 0;

	ta_memory_init(&memory, &config, 2 << 20);
	test_new();
	CHECK(find(0, 0) == NULL && find(1, 0) == NULL);
	first = see(11, 0, 0);
	second = see(22, first, 1);
	CHECK(first != 0 && second != 0 && first != second);
	CHECK(find(second, 2)->mark == 22 && find(second, 2)->before == first);
	CHECK(find(first, 5)->mark == 11 && find(first, 6) == NULL);
	/* It grows while what it holds is young, and loses nothing then. */
	for (uint32_t i = 0; i < 20000; i++)
		last = see(i, last, 3);
	CHECK(find(second, 4)->mark == 22 && find(last, 4)->mark == 19999);
	CHECK(sights.size < 65536);
	/* Not beyond what memory allows. */
	for (uint32_t i = 0; i < 200000; i++)
		last = see(i, last, 4);
	CHECK(memory.used <= 2 << 20 && find(last, 4)->mark == 199999);
	CHECK(find(second, 5) == NULL);
	ta_sights_clear(&sights, &memory);
	CHECK(memory.used == 0);

	ta_memory_init(&memory, &config, 100);
	CHECK(see(1, 0, 0) == 0 && find(1, 0) == NULL);
	return test_done();
}
