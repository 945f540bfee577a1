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

/* Keeps the last entry of each id; sorts by id. */
static void
compact(struct entries *e)
{
	size_t kept = 0;

	if (e->count == 0)
		return;
	qsort(e->entry, e->count, sizeof(*e->entry), by_id);
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
	if (kept > 0)
		qsort(e->entry, kept, sizeof(*e->entry), by_key);
}

void
entries_clear(struct entries *e)
{
	free(e->entry);
	memset(e, 0, sizeof(*e));
}
