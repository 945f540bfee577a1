/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Which number in the report each connection has that an engine began and has
 * not ended.  An engine numbers its connections from 1, one after another, so
 * that a number is a place in a list: nothing is searched. */
#ifndef ROLL_H
#define ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slab.h"

#define ROLL_PAGE 1024

/* Connections of consecutive numbers; there while one of them is. */
struct roll_page {
	uint32_t here;
	uint64_t id[ROLL_PAGE]; /* 0: it has ended */
};

struct roll_engine {
	uint64_t begun; /* the last number */
	size_t pages;
	struct roll_page **page; /* an entry is NULL where it is not there */
};

struct roll {
	struct memory *memory;
	size_t engines;
	struct roll_engine *engine;
};

/* Memory is of `memory`, borrowed. */
void ta_roll_init(struct roll *, struct memory *memory);

/* Forgets all. */
void ta_roll_clear(struct roll *);

/* The next connection of an engine begins, with the number `id` in the report,
 * not 0.  Returns TCPAUDIT_OK, TCPAUDIT_EINVAL if it is not the next one, or
 * TCPAUDIT_ENOMEM: it is as if it had ended. */
int ta_roll_begin(struct roll *, uint32_t engine, uint64_t number, uint64_t id);

/* Its number in the report; 0: there is no such connection. */
uint64_t ta_roll_find(const struct roll *, uint32_t engine, uint64_t number);

/* Whether it has begun; it may have ended. */
static inline bool
roll_has_begun(const struct roll *r, uint32_t engine, uint64_t number)
{
	return engine < r->engines && number > 0 &&
	       number <= r->engine[engine].begun;
}

/* It ends.  False: there is no such connection. */
bool ta_roll_end(struct roll *, uint32_t engine, uint64_t number);

#endif
