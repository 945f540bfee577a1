/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "calendar.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool
before(const struct date *a, const struct date *b)
{
	return a->time < b->time || (a->time == b->time && a->turn < b->turn);
}

void
calendar_put(struct calendar *c, int64_t time, void *what)
{
	struct date date = { time, c->turn++, what };
	size_t i;

	if (c->count == c->room) {
		c->room = c->room == 0 ? 1024 : 2 * c->room;
		c->date = realloc(c->date, c->room * sizeof(*c->date));
		if (c->date == NULL) {
			perror("generate");
			exit(2);
		}
	}
	for (i = c->count++; i > 0; i = (i - 1) / 2) {
		if (before(&c->date[(i - 1) / 2], &date))
			break;
		c->date[i] = c->date[(i - 1) / 2];
	}
	c->date[i] = date;
}

void *
calendar_take(struct calendar *c)
{
	void *what = c->date[0].what;
	struct date last = c->date[--c->count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < c->count) {
		if (child + 1 < c->count &&
		    before(&c->date[child + 1], &c->date[child]))
			child++;
		if (before(&last, &c->date[child]))
			break;
		c->date[i] = c->date[child];
		i = child;
	}
	c->date[i] = last;
	return what;
}
