/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Some long transfers at once. */
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>

#include "calendar.h"
#include "elephant.h"

static void
write_until(struct calendar *seen, struct capture *capture, int64_t time)
{
	while (seen->count > 0 && seen->date[0].time < time) {
		struct sighting *s = calendar_take(seen);

		capture_write(capture, s->flow, &s->segment, &s->sack);
		free(s);
	}
}

/* Which has something to do first. */
static struct elephant *
next_of(struct elephant **e, uint64_t count)
{
	struct elephant *next = e[0];
	uint64_t i;

	for (i = 1; i < count; i++)
		if (elephant_next(e[i]) < elephant_next(next))
			next = e[i];
	return next;
}

void
elephants_run(const struct amount *amount, struct capture *capture)
{
	uint64_t count = amount->connections, i;
	struct elephant **e = calloc(count, sizeof(*e)), *next;
	struct calendar seen = { 0 };

	if (e == NULL) {
		perror("generate");
		exit(2);
	}
	for (i = 0; i < count; i++)
		e[i] = elephant_new(amount, i,
		    (amount->packets + count - 1 - i) / count, &seen);
	while (elephant_next(next = next_of(e, count)) != INT64_MAX) {
		write_until(&seen, capture, elephant_next(next));
		elephant_step(next);
	}
	write_until(&seen, capture, INT64_MAX);
	for (i = 0; i < count; i++)
		elephant_free(e[i]);
	free(e);
	free(seen.date);
}
