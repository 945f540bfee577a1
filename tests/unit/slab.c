/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Pools: zeroed objects, the account, its limit, an allocator that refuses. */
#include "slab.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

enum { OBJECTS = 5000, OBJECT = 100 };

/* An allocator that counts, and refuses after `allowed` calls. */
struct counter {
	size_t live, allowed;
};

static void *
counting_allocate(void *argument, size_t size)
{
	struct counter *c = argument;

	if (c->allowed == 0)
		return NULL;
	c->allowed--;
	c->live++;
	return malloc(size);
}

static void
counting_release(void *argument, void *memory)
{
	struct counter *c = argument;

	c->live--;
	free(memory);
}

static struct tcpaudit_config
counting_config(struct counter *c)
{
	return (struct tcpaudit_config){
		.argument = c,
		.allocate = counting_allocate,
		.release = counting_release,
	};
}

static int
all_zero(const void *object)
{
	static const uint8_t zero[OBJECT];

	return memcmp(object, zero, OBJECT) == 0;
}

static void
test_accounting(void)
{
	struct tcpaudit_config config = { 0 };
	struct memory memory;
	void *p;

	ta_memory_init(&memory, &config, 1000);
	p = ta_allocate(&memory, 600);
	CHECK(p != NULL && memory.used == 600);
	CHECK(all_zero(p));
	CHECK(ta_allocate(&memory, 401) == NULL && memory.used == 600);
	ta_release(&memory, p, 600);
	ta_release(&memory, NULL, 600);
	CHECK(memory.used == 0);
	p = ta_allocate(&memory, 1000);
	CHECK(p != NULL && ta_allocate(&memory, 1) == NULL);
	ta_release(&memory, p, 1000);
	CHECK(ta_allocate(&memory, SIZE_MAX) == NULL && memory.used == 0);
}

/* Takes and soils every object; true if each was zero and aligned. */
static int
fill(struct slab *slab, void **object)
{
	int good = 1;

	for (size_t i = 0; i < OBJECTS; i++) {
		object[i] = ta_slab_take(slab);
		good &= all_zero(object[i]);
		good &= (uintptr_t)object[i] % sizeof(uint64_t) == 0;
		memset(object[i], 0xa5, OBJECT);
	}
	return good;
}

static int
distinct(void *const *object)
{
	for (size_t i = 0; i < OBJECTS; i++) {
		memset(object[i], 0, OBJECT);
		memcpy(object[i], &i, sizeof(i));
	}
	for (size_t i = 0; i < OBJECTS; i++)
		if (memcmp(object[i], &i, sizeof(i)) != 0)
			return 0;
	return 1;
}

static void
test_pool(void)
{
	static void *object[OBJECTS];
	struct counter counter = { 0, SIZE_MAX };
	struct tcpaudit_config config = counting_config(&counter);
	struct memory memory;
	struct slab slab;
	size_t chunks, i;
	uint64_t used;

	ta_memory_init(&memory, &config, UINT64_MAX);
	ta_slab_init(&slab, OBJECT, &memory);
	CHECK(memory.used == 0 && "nothing is allocated before it is needed");
	CHECK(fill(&slab, object) && "zeroed and aligned");
	CHECK(distinct(object));
	chunks = counter.live;
	used = memory.used;
	CHECK(chunks > 1 && used >= OBJECTS * OBJECT);
	for (i = 0; i < OBJECTS; i += 2)
		ta_slab_give(&slab, object[i]);
	for (i = 0; i < OBJECTS; i += 2)
		object[i] = ta_slab_take(&slab);
	CHECK(memory.used == used && "what was given back is taken again");
	CHECK(all_zero(object[0]) && all_zero(object[OBJECTS - 2]));
	CHECK(distinct(object));
	for (i = 0; i < OBJECTS; i++)
		ta_slab_give(&slab, object[i]);
	ta_slab_give(&slab, NULL);
	CHECK(counter.live == 1 && "empty chunks are returned, but for one");
	CHECK(fill(&slab, object) && counter.live == chunks);
	ta_slab_clear(&slab);
	CHECK(counter.live == 0 && memory.used == 0);
	ta_slab_clear(&slab);
	CHECK(ta_slab_take(&slab) != NULL && "usable after it was cleared");
	ta_slab_clear(&slab);
}

static void
test_shortage(void)
{
	struct counter counter = { 0, 1 };
	struct tcpaudit_config config = counting_config(&counter);
	struct memory memory;
	struct slab first, second;
	void *last = NULL, *next;

	ta_memory_init(&memory, &config, 100000);
	ta_slab_init(&first, OBJECT, &memory);
	ta_slab_init(&second, OBJECT * 2, &memory);
	while ((next = ta_slab_take(&first)) != NULL)
		last = next;
	CHECK(last != NULL && counter.live == 1 && memory.used <= 100000);
	counter.allowed = SIZE_MAX;
	CHECK(ta_slab_take(&first) == NULL && "the limit refuses");
	CHECK(ta_slab_take(&second) == NULL && "to every pool");
	ta_slab_give(&first, last);
	CHECK(ta_slab_take(&first) == last && "but not what was given back");
	ta_slab_clear(&first);
	CHECK(ta_slab_take(&second) != NULL && "memory moves between pools");
	ta_slab_clear(&second);
	CHECK(memory.used == 0 && counter.live == 0);
}

/* An object larger than a chunk has a chunk of its own. */
static void
test_large(void)
{
	struct counter counter = { 0, SIZE_MAX };
	struct tcpaudit_config config = counting_config(&counter);
	struct memory memory;
	struct slab slab;
	void *a, *b;

	ta_memory_init(&memory, &config, UINT64_MAX);
	ta_slab_init(&slab, 200000, &memory);
	a = ta_slab_take(&slab);
	b = ta_slab_take(&slab);
	CHECK(a != NULL && b != NULL && counter.live == 2);
	memset(a, 1, 200000);
	memset(b, 2, 200000);
	ta_slab_give(&slab, a);
	ta_slab_give(&slab, b);
	CHECK(counter.live == 1);
	ta_slab_clear(&slab);
	CHECK(counter.live == 0 && memory.used == 0);
}

int
main(void)
{
	test_accounting();
	test_pool();
	test_shortage();
	test_large();
	return test_done();
}
