/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Pools: every number leads to memory of its own, which comes back. */
#include "pool.h"

#include <string.h>

#include "test.h"

enum { OBJECT = 24, MANY = 5000 };

static struct memory memory;
static struct pool pool;
static uint32_t number[MANY];

static void
pool_open(uint64_t limit)
{
	struct tcpaudit_config config = { 0 };

	ta_memory_init(&memory, &config, limit);
	ta_pool_init(&pool, OBJECT, &memory);
}

static void
take_all(void)
{
	size_t wrong = 0;

	for (uint32_t i = 0; i < MANY; i++) {
		uint8_t zero[OBJECT] = { 0 };

		number[i] = ta_pool_take(&pool);
		wrong += number[i] == 0 ||
			 memcmp(pool_at(&pool, number[i]), zero, OBJECT) != 0;
		memset(pool_at(&pool, number[i]), (int)(i % 251) + 1, OBJECT);
	}
	CHECK(wrong == 0);
}

static size_t
damaged(uint32_t from, uint32_t step)
{
	size_t wrong = 0;

	for (uint32_t i = from; i < MANY; i += step) {
		const uint8_t *p = pool_at(&pool, number[i]);

		for (unsigned k = 0; k < OBJECT; k++)
			wrong += p[k] != i % 251 + 1;
	}
	return wrong;
}

static void
test_apart(void)
{
	uint64_t full;

	pool_open(UINT64_MAX);
	take_all();
	CHECK(damaged(0, 1) == 0);
	full = memory.used;
	for (uint32_t i = 0; i < MANY; i += 2)
		ta_pool_give(&pool, number[i]);
	CHECK(damaged(1, 2) == 0 && memory.used == full);
	for (uint32_t i = 0; i < MANY; i += 2) {
		number[i] = ta_pool_take(&pool);
		memset(pool_at(&pool, number[i]), (int)(i % 251) + 1, OBJECT);
	}
	CHECK(damaged(0, 1) == 0 && memory.used == full && "room is reused");
	for (uint32_t i = 0; i < MANY; i++)
		ta_pool_give(&pool, number[i]);
	CHECK(memory.used < full / 2 && "empty chunks go back");
	take_all();
	CHECK(damaged(0, 1) == 0 && memory.used == full);
	ta_pool_give(&pool, 0);
	ta_pool_clear(&pool);
	CHECK(memory.used == 0);
}

static void
test_bound(void)
{
	uint32_t n = 0;

	pool_open(100000);
	while (ta_pool_take(&pool) != 0)
		n++;
	CHECK(n > 1000 && n * OBJECT < 100000 && memory.used <= 100000);
	ta_pool_clear(&pool);
	CHECK(memory.used == 0);
	pool_open(10);
	CHECK(ta_pool_take(&pool) == 0);
	ta_pool_clear(&pool);
}

int
main(void)
{
	test_apart();
	test_bound();
	return test_done();
}
