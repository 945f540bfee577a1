/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "log.h"

#define SECOND	 INT64_C(1000000000)
#define INTERVAL (SECOND / 5)
#define CALLS	 1024 /* packets between two looks at the clock */

static int64_t
monotonic_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

void
progress_init(struct progress *p, bool always)
{
	memset(p, 0, sizeof(*p));
	p->on = always || isatty(STDERR_FILENO);
	if (!p->on)
		return;
	p->start = monotonic_now();
	p->next = always ? p->start : p->start + SECOND;
	p->calls = always ? CALLS - 1 : 0;
}

static void
show(const struct progress *p, const char *name, uint64_t read, uint64_t size,
    uint64_t packets, int64_t now)
{
	struct buffer line = { 0 };
	double seconds = (double)(now - p->start) / (double)SECOND;

	buffer_add_escaped(&line, name);
	buffer_printf(&line, ": ");
	if (size > 0)
		buffer_printf(&line, "%" PRIu64 "%%, ",
		    (uint64_t)(100.0 * (double)read / (double)size));
	else
		buffer_printf(&line, "%.1f MB, ", (double)read / 1e6);
	buffer_printf(&line, "packet %" PRIu64 ", %.0f s", packets, seconds);
	if (!line.failed)
		log_status(line.data);
	buffer_clear(&line);
}

void
progress_packet(struct progress *p, const char *name, uint64_t read,
    uint64_t size, uint64_t packets)
{
	int64_t now;

	if (!p->on || ++p->calls < CALLS)
		return;
	p->calls = 0;
	now = monotonic_now();
	if (now < p->next)
		return;
	p->next = now + (isatty(STDERR_FILENO) ? INTERVAL : SECOND);
	show(p, name, read, size, packets, now);
}

void
progress_end(struct progress *p)
{
	if (p->on)
		log_status(NULL);
}
