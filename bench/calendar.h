/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A queue of things by their time: the earliest is next (a binary heap). */
#ifndef CALENDAR_H
#define CALENDAR_H

#include <stddef.h>
#include <stdint.h>

struct date {
	int64_t time;
	uint64_t turn; /* who was put in first is first at one time */
	void *what;
};

struct calendar {
	struct date *date; /* date[0] is the next one, if count > 0 */
	size_t count, room;
	uint64_t turn;
};

/* Puts it in; `what` is the caller's.  Ends the program if there is no
 * memory.  A calendar of zeros is an empty one; free(date) ends it. */
void calendar_put(struct calendar *, int64_t time, void *what);

/* Takes the next one out; there must be one. */
void *calendar_take(struct calendar *);

#endif
