/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Reassembly: in any order, copies, overlaps, time, a full table. */
#include "fragment.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

#define SECOND (INT64_C(1000000000))

static struct fragment_table *table;
static uint8_t octets[4096];

/* Adds octets [begin, end) of datagram `id`, of which `captured` were. */
static enum fragment_result
add_cut(uint32_t id, uint32_t begin, uint32_t end, bool more, int64_t time,
    uint32_t captured, struct fragment_whole *whole)
{
	struct fragment f = {
		.key = { .id = id, .family = 4, .protocol = 6 },
		.time = time,
		.offset = begin,
		.length = end - begin,
		.captured = captured,
		.more = more,
		.protocol = begin == 0 ? 6 : 99,
	};
	uint8_t *copy = malloc(captured + 1);
	enum fragment_result result;

	if (captured > 0)
		memcpy(copy, octets + begin, captured);
	f.data = copy;
	result = ta_fragment_add(table, &f, whole);
	free(copy);
	return result;
}

static enum fragment_result
add(uint32_t id, uint32_t begin, uint32_t end, bool more,
    struct fragment_whole *whole)
{
	return add_cut(id, begin, end, more, SECOND, end - begin, whole);
}

static void
table_clear(void)
{
	memset(table, 0, sizeof(*table));
}

/* Whether the whole is the first octets of what was sent. */
static bool
whole_right(const struct fragment_whole *w, uint32_t length)
{
	uint32_t kept = length < FRAGMENT_KEPT ? length : FRAGMENT_KEPT;

	return w->length == length && w->captured == kept && !w->cut &&
	       w->protocol == 6 && memcmp(w->data, octets, kept) == 0;
}

static void
test_order(void)
{
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	static const uint32_t cuts[4] = { 0, 104, 200, 333 };
	struct fragment_whole w;
	int wrong = 0, part;

	for (uint32_t i = 0; i < 6; i++) {
		for (int k = 0; k < 3; k++) {
			part = orders[i][k];
			wrong +=
			    add(i, cuts[part], cuts[part + 1], part < 2, &w) !=
			    (k < 2 ? FRAGMENT_WAITING : FRAGMENT_WHOLE);
		}
		wrong += !whole_right(&w, 333);
	}
	CHECK(wrong == 0 && "three fragments in every order");
	CHECK(add(7, 0, 8, true, &w) == FRAGMENT_WAITING);
	CHECK(add(7, 8, 9, false, &w) == FRAGMENT_WHOLE && whole_right(&w, 9));
	CHECK(add(7, 8, 9, false, &w) == FRAGMENT_WAITING && "a new datagram");
}

/* More ranges than are held, unless they touch. */
static void
test_pieces(void)
{
	struct fragment_whole w;
	uint32_t n = FRAGMENT_PIECES, i;
	int wrong = 0;

	for (i = 0; i < n; i++)
		wrong += add(1, 16 * i + 8, 16 * i + 16, true, &w) !=
			 FRAGMENT_WAITING;
	for (i = n - 1; i > 0; i--)
		wrong +=
		    add(1, 16 * i, 16 * i + 8, true, &w) != FRAGMENT_WAITING;
	CHECK(wrong == 0 && add(1, 0, 8, true, &w) == FRAGMENT_WAITING);
	CHECK(add(1, 16 * n, 16 * n + 5, false, &w) == FRAGMENT_WHOLE);
	CHECK(whole_right(&w, 16 * n + 5));
	for (i = 0; i < n; i++)
		add(2, 16 * i + 8, 16 * i + 16, true, &w);
	CHECK(add(2, 16 * n + 8, 16 * n + 16, true, &w) == FRAGMENT_REFUSED);
}

static void
test_overlap(void)
{
	struct fragment_whole w;

	CHECK(add(1, 0, 104, true, &w) == FRAGMENT_WAITING);
	CHECK(add(1, 0, 104, true, &w) == FRAGMENT_WAITING && "a copy");
	CHECK(add(1, 96, 200, false, &w) == FRAGMENT_REFUSED);
	CHECK(add(1, 104, 200, false, &w) == FRAGMENT_REFUSED && "for good");

	CHECK(add(2, 0, 104, true, &w) == FRAGMENT_WAITING);
	octets[50] ^= 1;
	CHECK(add(2, 0, 104, true, &w) == FRAGMENT_REFUSED && "changed");
	octets[50] ^= 1;

	CHECK(add(3, 104, 200, false, &w) == FRAGMENT_WAITING);
	CHECK(add(3, 200, 208, true, &w) == FRAGMENT_REFUSED && "past the end");
	CHECK(add(4, 104, 200, true, &w) == FRAGMENT_WAITING);
	CHECK(add(4, 0, 100, false, &w) == FRAGMENT_REFUSED && "shorter");
	CHECK(add(5, 104, 200, false, &w) == FRAGMENT_WAITING);
	CHECK(add(5, 104, 196, false, &w) == FRAGMENT_REFUSED && "two ends");
}

static void
test_nonsense(void)
{
	struct fragment_whole w;

	CHECK(add(1, 0, 0, true, &w) == FRAGMENT_REFUSED);
	CHECK(add(1, 0, 7, true, &w) == FRAGMENT_REFUSED);
	CHECK(add_cut(1, 65528, 65536, false, 0, 0, &w) == FRAGMENT_REFUSED);
	CHECK(add_cut(1, 8, 0, false, 0, 0, &w) == FRAGMENT_REFUSED);
	CHECK(add_cut(1, 65528, 65535, false, 0, 0, &w) == FRAGMENT_WAITING);
}

/* What the capture cut is missing, what is not kept is not. */
static void
test_cut(void)
{
	struct fragment_whole w;

	CHECK(add_cut(1, 0, 104, true, 0, 60, &w) == FRAGMENT_WAITING);
	CHECK(add_cut(1, 104, 200, false, 0, 96, &w) == FRAGMENT_WHOLE);
	CHECK(w.cut && w.captured == 60 && w.length == 200);
	CHECK(memcmp(w.data, octets, 60) == 0);
	CHECK(add_cut(2, 0, 1480, true, 0, 1480, &w) == FRAGMENT_WAITING);
	CHECK(add_cut(2, 1480, 2000, false, 0, 10, &w) == FRAGMENT_WHOLE);
	CHECK(whole_right(&w, 2000));
}

static void
test_time(void)
{
	struct fragment_whole w;
	int64_t late = SECOND + FRAGMENT_LIFETIME;

	CHECK(add(1, 0, 104, true, &w) == FRAGMENT_WAITING);
	CHECK(add_cut(1, 104, 200, false, late, 96, &w) == FRAGMENT_WHOLE);
	CHECK(add(2, 0, 104, true, &w) == FRAGMENT_WAITING);
	CHECK(
	    add_cut(2, 104, 200, false, late + 1, 96, &w) == FRAGMENT_WAITING);
	CHECK(add_cut(2, 0, 104, true, late + 2, 104, &w) == FRAGMENT_WHOLE &&
	      "the late one began a new datagram");
	CHECK(add(3, 0, 104, true, &w) == FRAGMENT_WAITING);
	CHECK(add_cut(3, 104, 200, false, -late, 96, &w) == FRAGMENT_WAITING &&
	      "a clock that went back");
	CHECK(add_cut(4, 0, 8, true, INT64_MIN, 8, &w) == FRAGMENT_WAITING);
	CHECK(add_cut(4, 0, 8, true, INT64_MAX, 8, &w) == FRAGMENT_WAITING);
}

/* Memory is fixed; the newest datagrams are the ones remembered. */
static void
test_full(void)
{
	struct fragment_whole w;
	int wrong = 0;

	for (uint32_t id = 0; id < 10000; id++)
		wrong +=
		    add_cut(id, 0, 104, true, id, 104, &w) != FRAGMENT_WAITING;
	CHECK(wrong == 0);
	CHECK(add_cut(9999, 104, 200, false, 10000, 96, &w) == FRAGMENT_WHOLE);
	CHECK(add_cut(1, 104, 200, false, 10000, 96, &w) == FRAGMENT_WAITING);
}

int
main(void)
{
	static void (*const tests[])(void) = { test_order, test_pieces,
		test_overlap, test_nonsense, test_cut, test_time, test_full };

	table = malloc(sizeof(*table));
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 31 + (i >> 8));
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		table_clear();
		tests[i]();
	}
	free(table);
	return test_done();
}
