/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Whatever comes, in whatever order: the last of each id is left, by key,
 * packet and id, unless it is gone. */
#include "entries.h"

#include <stdlib.h>

#include "test.h"

enum { MOST = 3000 };

static uint64_t state = 1;

static uint64_t
any(uint64_t below)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (state >> 33) % below;
}

/* How the entries of a case come about. */
static const struct row {
	const char *what;
	uint32_t keys;
	uint64_t ids, packets; /* 0: one after the other */
} rows[] = {
	{ "in order, of one key", 1, 0, 0 },
	{ "in order, of some keys", 7, 0, 0 },
	{ "of some keys, packets in any order", 7, 0, 50 },
	{ "of many keys", 1000, 0, 50 },
	{ "revised", 5, 700, 0 },
	{ "revised, of many keys, packets in any order", 400, 700, 9 },
};

static int
order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->packet != y->packet)
		return x->packet < y->packet ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* What is to be left of them. */
static size_t
expect(const struct entry *all, size_t count, struct entry *to)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		bool last = true;

		for (size_t k = i + 1; k < count; k++)
			last &= all[k].id != all[i].id;
		if (last && !all[i].gone)
			to[n++] = all[i];
	}
	qsort(to, n, sizeof(*to), order);
	return n;
}

static void
test_row(const struct row *r, size_t count)
{
	static struct entry all[MOST], left[MOST];
	struct entries e = { .limit = ENTRIES_MAX };
	bool held = true, same;
	size_t n;

	for (size_t i = 0; i < count; i++) {
		all[i] =
		    (struct entry){ .id = r->ids == 0 ? i + 1 : 1 + any(r->ids),
			    .place = i,
			    .packet = r->packets == 0 ? i : any(r->packets),
			    .connection = any(9),
			    .key = (uint32_t)any(r->keys),
			    .gone = r->ids != 0 && any(5) == 0 };
		held &= entries_add(&e, &all[i], r->ids != 0);
	}
	n = expect(all, count, left);
	entries_settle(&e);
	same = held && e.count == n;
	for (size_t i = 0; same && i < n; i++)
		same = e.entry[i].place == left[i].place;
	test_check(same, r->what, __FILE__, __LINE__);
	entries_clear(&e);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(&rows[i], 0);
		test_row(&rows[i], 1);
		test_row(&rows[i], MOST);
	}
	return test_done();
}
