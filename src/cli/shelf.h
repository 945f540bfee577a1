/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Records that wait for the end of the report, and the order in which
 * they will be written. */
#ifndef SHELF_H
#define SHELF_H

#include "entries.h"
#include "spool.h"

/* Starts as all zeros; then shelf_open(). */
struct shelf {
	struct spool spool;
	struct entries entries;
	bool keep_all; /* records that cannot be sorted any more follow the
			  sorted ones in the order they came; otherwise they
			  are counted and lost */
	bool has_tail; /* there are such records, */
	uint64_t tail; /* from this place on */
};

/* Walks over a settled shelf. */
struct shelf_cursor {
	size_t next;	/* entry */
	uint64_t place; /* in the tail */
};

/* Opens the temporary file; at most `limit` records will be sorted.  Returns 0,
 * or -1 after a one-line error on stderr. */
int shelf_open(struct shelf *s, size_t limit, bool keep_all);

/* Puts a record on the shelf; entry->place is set here, and a record that is
 * `gone` has no text. */
void shelf_add(struct shelf *s, const struct entry *entry, int revises,
    const struct buffer *text);

/* Sorts; nothing is added afterwards. */
void shelf_settle(struct shelf *s);

/* Replaces the contents of `text` by the next record.  Returns whether there
 * was one.  The cursor starts as all zeros. */
bool shelf_next(
    struct shelf *s, struct shelf_cursor *cursor, struct buffer *text);

void shelf_close(struct shelf *s);

#endif
