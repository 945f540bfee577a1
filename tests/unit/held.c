/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The shelf: records that wait, and the bound on their number. */
#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "shelf.h"

static int failures, tests;

static void
check(int good, const char *name)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
}

static void
add(struct shelf *s, uint64_t id, uint64_t packet, int revises, bool gone,
    const char *text)
{
	struct entry entry = { .id = id, .packet = packet, .gone = gone };
	struct buffer b = { 0 };

	buffer_add_string(&b, text);
	shelf_add(s, &entry, revises, &b);
	buffer_clear(&b);
}

/* Whether the shelf holds these texts, separated by spaces. */
static void
holds(struct shelf *s, const char *expected, const char *name)
{
	struct shelf_cursor cursor = { 0 };
	struct buffer text = { 0 }, all = { 0 };

	shelf_settle(s);
	while (shelf_next(s, &cursor, &text)) {
		if (all.length > 0)
			buffer_add_string(&all, " ");
		buffer_add(&all, text.data, text.length);
	}
	buffer_add_string(&all, "");
	check(strcmp(all.data, expected) == 0, name);
	if (strcmp(all.data, expected) != 0)
		printf("# seen: %s\n", all.data);
	buffer_clear(&text);
	buffer_clear(&all);
	shelf_close(s);
}

static void
test_order(void)
{
	struct shelf s = { 0 };

	shelf_open(&s, ENTRIES_MAX, false);
	holds(&s, "", "an empty shelf");
	memset(&s, 0, sizeof(s));
	shelf_open(&s, ENTRIES_MAX, false);
	add(&s, 1, 30, 0, false, "a");
	add(&s, 2, 20, 0, false, "b");
	add(&s, 3, 20, 0, false, "c");
	add(&s, 4, 10, 0, false, "d");
	add(&s, 2, 40, 1, false, "B");
	add(&s, 4, 10, 1, true, "never");
	add(&s, 5, 1, 0, false, "e");
	add(&s, 2, 40, 1, false, "BB");
	holds(&s, "e c a BB", "sorted by packet, as last revised");
}

static void
test_bound(void)
{
	struct shelf s = { 0 };
	char text[16];

	shelf_open(&s, 16, false);
	for (uint64_t i = 1; i <= 24; i++) {
		snprintf(text, sizeof(text), "%d", (int)i);
		add(&s, i, 100 - i, 0, false, text);
	}
	check(s.entries.refused == 8, "beyond the bound records are counted");
	add(&s, 16, 0, 1, false, "first");
	add(&s, 20, 0, 1, false, "refused before");
	add(&s, 15, 85, 1, true, "");
	holds(&s, "first 14 13 12 11 10 9 8 7 6 5 4 3 2 1",
	    "beyond the bound revisions are still taken");

	memset(&s, 0, sizeof(s));
	shelf_open(&s, 16, false);
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "%d", i);
		add(&s, (uint64_t)i % 10, (uint64_t)i % 10, i >= 10, false,
		    text);
	}
	check(s.entries.refused == 0, "former versions make room");
	holds(&s, "990 991 992 993 994 995 996 997 998 999",
	    "however often they are revised");
}

static void
test_tail(void)
{
	struct shelf s = { 0 };

	shelf_open(&s, 2, true);
	add(&s, 9, 9, 0, false, "i");
	add(&s, 7, 7, 0, false, "g");
	add(&s, 8, 8, 0, false, "h");
	add(&s, 1, 1, 0, false, "a");
	holds(&s, "g i h a", "what cannot be sorted follows in order");
	memset(&s, 0, sizeof(s));
	shelf_open(&s, 0, true);
	add(&s, 9, 9, 0, false, "i");
	add(&s, 7, 7, 0, false, "g");
	holds(&s, "i g", "nothing is sorted if that is wanted");
}

/* Records longer than any buffer inside. */
static void
test_long(void)
{
	struct shelf s = { 0 };
	struct shelf_cursor cursor = { 0 };
	struct buffer b = { 0 }, seen = { 0 };
	struct entry entry = { .id = 1 };
	int good = 1;

	for (int i = 0; i < 20000; i++)
		buffer_printf(&b, "%d,", i);
	shelf_open(&s, 10, false);
	for (entry.id = 1; entry.id <= 10; entry.id++)
		shelf_add(&s, &entry, 0, &b);
	shelf_settle(&s);
	while (shelf_next(&s, &cursor, &seen))
		good &= seen.length == b.length &&
			memcmp(seen.data, b.data, b.length) == 0;
	check(good && cursor.next == 10, "long records come back whole");
	shelf_close(&s);
	buffer_clear(&b);
	buffer_clear(&seen);
}

int
main(void)
{
	test_order();
	test_bound();
	test_tail();
	test_long();
	printf("1..%d\n", tests);
	return failures > 0;
}
