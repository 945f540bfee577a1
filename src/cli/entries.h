/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The order in which spooled records are written: which of them count, sorted.
 * The text is on disk; here is only what sorting needs. */
#ifndef ENTRIES_H
#define ENTRIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTRIES_MAX (UINT32_C(4) << 20)

struct entry {
	uint64_t id;	     /* of the record; the last entry of an id counts */
	uint64_t place;	     /* in the spool: grows from entry to entry */
	uint64_t packet;     /* sorts within a key */
	uint64_t connection; /* 0: none; for whoever counts */
	uint32_t key;	     /* sorts first */
	bool gone;	     /* the record is withdrawn */
};

/* Starts as all zeros but for `limit`, at most ENTRIES_MAX. */
struct entries {
	struct entry *entry;
	size_t count, size, limit;
	bool full;	  /* only revisions of what is held are taken */
	uint64_t refused; /* number of records that were not taken */
};

/* Takes an entry.  `revises` tells that its id was seen before.  Returns
 * whether the record is held (false: the bound is reached, or memory). */
bool entries_add(struct entries *e, const struct entry *entry, int revises);

/* Leaves one entry for each id that is not withdrawn, sorted by key, packet,
 * id.  Nothing can be added after that. */
void entries_settle(struct entries *e);

void entries_clear(struct entries *e);

#endif
