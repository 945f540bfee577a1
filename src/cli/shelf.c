/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "shelf.h"

#include "buffer.h"

int
shelf_open(struct shelf *s, size_t limit, bool keep_all)
{
	s->entries.limit = limit;
	s->keep_all = keep_all;
	return spool_open(&s->spool);
}

void
shelf_add(struct shelf *s, const struct entry *entry, int revises,
    const struct buffer *text)
{
	struct entry placed = *entry;

	placed.place = s->spool.length;
	if (!entries_add(&s->entries, &placed, revises)) {
		if (!s->keep_all)
			return;
		if (!s->has_tail)
			s->tail = placed.place;
		s->has_tail = true;
	}
	if (!entry->gone)
		spool_append(&s->spool, text->data != NULL ? text->data : "",
		    text->length);
}

void
shelf_settle(struct shelf *s)
{
	entries_settle(&s->entries);
}

bool
shelf_next(struct shelf *s, struct shelf_cursor *cursor, struct buffer *text)
{
	if (cursor->next < s->entries.count)
		return spool_read(&s->spool,
			   s->entries.entry[cursor->next++].place, text) != 0;
	if (!s->has_tail)
		return false;
	if (cursor->place == 0)
		cursor->place = s->tail;
	cursor->place = spool_read(&s->spool, cursor->place, text);
	return cursor->place != 0;
}

void
shelf_close(struct shelf *s)
{
	spool_close(&s->spool);
	entries_clear(&s->entries);
}
