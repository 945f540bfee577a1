/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "entries.h"

#include <stdlib.h>
#include <string.h>

static int
order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int
by_id(const void *a, const void *b)
{
	const struct entry *p = a, *q = b;
	int r = order(p->id, q->id);

	return r != 0 ? r : order(p->place, q->place);
}

static int
by_key(const void *a, const void *b)
{
	const struct entry *p = a, *q = b;
	int r = order(p->key, q->key);

	if (r == 0)
		r = order(p->packet, q->packet);
	return r != 0 ? r : order(p->id, q->id);
}

/* Most entries come in order. */
static void
sort(struct entry *e, size_t count, int (*compare)(const void *, const void *))
{
	for (size_t i = 1; i < count; i++) {
		if (compare(&e[i - 1], &e[i]) > 0) {
			qsort(e, count, sizeof(*e), compare);
			return;
		}
	}
}

/* Entries of one key. */
struct group {
	uint32_t key;
	size_t count, end;
};

#define GROUPS 256

/* The groups, by key; false: there are too many. */
static bool
find_groups(const struct entries *e, struct group *group, size_t *count)
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < e->count; i++) {
		uint32_t key = e->entry[i].key;

		if (at >= n || group[at].key != key)
			for (at = 0; at < n && group[at].key < key; at++)
				;
		if (at == n || group[at].key != key) {
			if (n == GROUPS)
				return false;
			memmove(&group[at + 1], &group[at],
			    (n++ - at) * sizeof(*group));
			group[at] = (struct group){ .key = key };
		}
		group[at].count++;
	}
	*count = n;
	return true;
}

/* Puts the entries of each key together, in the order they are in. */
static void
scatter(const struct entries *e, struct group *group, struct entry *to)
{
	size_t at = 0, place = 0;

	for (size_t n = 0; place < e->count; n++) {
		group[n].end = place;
		place += group[n].count;
	}
	for (size_t i = 0; i < e->count; i++) {
		if (group[at].key != e->entry[i].key)
			for (at = 0; group[at].key != e->entry[i].key; at++)
				;
		to[group[at].end++] = e->entry[i];
	}
}

/* There are few keys, and within each most entries are in order. */
static void
sort_by_key(struct entries *e)
{
	struct group group[GROUPS];
	struct entry *to = NULL;
	size_t groups = 0;

	if (find_groups(e, group, &groups) && groups > 1)
		to = malloc(e->count * sizeof(*to));
	if (to == NULL) {
		sort(e->entry, e->count, by_key);
		return;
	}
	scatter(e, group, to);
	free(e->entry);
	e->entry = to;
	e->size = e->count;
	for (size_t n = 0; n < groups; n++)
		sort(
		    to + group[n].end - group[n].count, group[n].count, by_key);
}

/* Keeps the last entry of each id; sorts by id. */
static void
compact(struct entries *e)
{
	size_t kept = 0;

	if (e->count == 0)
		return;
	sort(e->entry, e->count, by_id);
	for (size_t i = 0; i < e->count; i++)
		if (i + 1 == e->count || e->entry[i].id != e->entry[i + 1].id)
			e->entry[kept++] = e->entry[i];
	e->count = kept;
}

/* Makes room for one more.  What memory there is not is a limit too. */
static void
make_room(struct entries *e)
{
	size_t size = e->size == 0 ? 1024 : e->size * 2;
	struct entry *entry = NULL;

	if (size > e->limit)
		size = e->limit;
	if (size > e->size)
		entry = realloc(e->entry, size * sizeof(*entry));
	if (entry != NULL) {
		e->entry = entry;
		e->size = size;
		return;
	}
	/* Former versions go first; sorting again for little room would make
	 * it quadratic. */
	compact(e);
	e->full = e->count >= e->size - e->size / 8;
}

static struct entry *
find(struct entries *e, uint64_t id)
{
	size_t low = 0, high = e->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (e->entry[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < e->count && e->entry[low].id == id ? &e->entry[low] : NULL;
}

bool
entries_add(struct entries *e, const struct entry *entry, int revises)
{
	struct entry *held;

	if (!e->full && e->count == e->size)
		make_room(e);
	if (!e->full) {
		e->entry[e->count++] = *entry;
		return true;
	}
	held = revises ? find(e, entry->id) : NULL;
	if (held == NULL) {
		e->refused++;
		return false;
	}
	*held = *entry;
	return true;
}

void
entries_settle(struct entries *e)
{
	size_t kept = 0;

	compact(e);
	for (size_t i = 0; i < e->count; i++)
		if (!e->entry[i].gone)
			e->entry[kept++] = e->entry[i];
	e->count = kept;
	sort_by_key(e);
}

void
entries_clear(struct entries *e)
{
	free(e->entry);
	memset(e, 0, sizeof(*e));
}
