/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The numbers of connections, of engines that begin and end them at random;
 * what has ended takes no memory. */
#include "roll.h"

#include "test.h"

#define MANY (4 * ROLL_PAGE)

static struct memory memory;

static void
init(struct roll *r, uint64_t limit)
{
	struct tcpaudit_config config;

	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	ta_memory_init(&memory, &config, limit);
	ta_roll_init(r, &memory);
}

static void
test_order(void)
{
	struct roll r;

	init(&r, UINT64_MAX);
	CHECK(ta_roll_find(&r, 0, 1) == 0 && !ta_roll_end(&r, 0, 1));
	CHECK(ta_roll_begin(&r, 2, 1, 7) == TCPAUDIT_OK);
	CHECK(ta_roll_begin(&r, 2, 1, 8) == TCPAUDIT_EINVAL);
	CHECK(ta_roll_begin(&r, 2, 3, 8) == TCPAUDIT_EINVAL);
	CHECK(ta_roll_begin(&r, 2, 0, 8) == TCPAUDIT_EINVAL);
	CHECK(ta_roll_begin(&r, 0, 1, 9) == TCPAUDIT_OK);
	CHECK(ta_roll_find(&r, 2, 1) == 7 && ta_roll_find(&r, 0, 1) == 9);
	CHECK(ta_roll_find(&r, 1, 1) == 0 && ta_roll_find(&r, 2, 2) == 0);
	CHECK(roll_has_begun(&r, 2, 1) && !roll_has_begun(&r, 2, 2));
	CHECK(!roll_has_begun(&r, 2, 0) && !roll_has_begun(&r, 9, 1));
	CHECK(ta_roll_end(&r, 2, 1) && !ta_roll_end(&r, 2, 1));
	CHECK(roll_has_begun(&r, 2, 1) && ta_roll_find(&r, 2, 1) == 0);
	CHECK(!ta_roll_end(&r, 2, UINT64_MAX) && !ta_roll_end(&r, 2, 0));
	ta_roll_clear(&r);
	CHECK(memory.used == 0);
}

/* Those that are left are found, and pages without any are given back. */
static void
test_many(void)
{
	struct roll r;
	size_t wrong = 0;
	uint64_t most;

	init(&r, UINT64_MAX);
	for (uint64_t i = 1; i <= MANY; i++) {
		wrong += ta_roll_begin(&r, 1, i, i + 5) != TCPAUDIT_OK;
		/* All but every 512th of the second half. */
		if (i % 3 == 0 && (i < MANY / 2 || i % 512 != 0))
			wrong += !ta_roll_end(&r, 1, i);
	}
	most = memory.used;
	for (uint64_t i = MANY; i > 0; i--)
		if (i % 3 != 0 && (i < MANY / 2 || i % 512 != 0))
			wrong += !ta_roll_end(&r, 1, i);
	CHECK(memory.used < most - sizeof(struct roll_page));
	for (uint64_t i = 1; i <= MANY; i++) {
		bool there = i >= MANY / 2 && i % 512 == 0;

		wrong += ta_roll_find(&r, 1, i) != (there ? i + 5 : 0);
	}
	CHECK(wrong == 0);
	for (uint64_t i = MANY / 2; i <= MANY; i++)
		(void)ta_roll_end(&r, 1, i);
	/* The last page stays. */
	CHECK(memory.used < 2 * sizeof(struct roll_page));
	for (uint64_t i = MANY + 1; i <= MANY + 10 * ROLL_PAGE; i++) {
		wrong += ta_roll_begin(&r, 1, i, i) != TCPAUDIT_OK;
		wrong += !ta_roll_end(&r, 1, i);
	}
	CHECK(wrong == 0 && memory.used < 2 * sizeof(struct roll_page));
	ta_roll_clear(&r);
	CHECK(memory.used == 0);
}

/* Without memory a connection is as if it had ended; the next are counted. */
static void
test_memory(void)
{
	struct roll r;

	init(&r, 3 * sizeof(struct roll_page) / 2);
	for (uint64_t i = 1; i < ROLL_PAGE; i++)
		(void)ta_roll_begin(&r, 0, i, i);
	CHECK(ta_roll_begin(&r, 0, ROLL_PAGE, 1) == TCPAUDIT_ENOMEM);
	CHECK(ta_roll_find(&r, 0, ROLL_PAGE) == 0);
	CHECK(!ta_roll_end(&r, 0, ROLL_PAGE));
	for (uint64_t i = 1; i < ROLL_PAGE; i++)
		(void)ta_roll_end(&r, 0, i);
	CHECK(ta_roll_begin(&r, 0, ROLL_PAGE + 1, 5) == TCPAUDIT_OK);
	CHECK(ta_roll_find(&r, 0, ROLL_PAGE + 1) == 5);
	ta_roll_clear(&r);
	CHECK(memory.used == 0);
}

int
main(void)
{
	test_order();
	test_many();
	test_memory();
	return test_done();
}
