/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* How far the reading is, on standard error. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool on;	/* wanted, and somebody sees it */
	int64_t start;	/* ns of the monotonic clock */
	int64_t next;	/* when the next status is due */
	uint32_t calls; /* since the clock was last asked */
};

/* `always` shows from the first moment and also where standard error is no
 * terminal; otherwise only a terminal sees it, and only if the work takes more
 * than a second. */
void progress_init(struct progress *, bool always);

/* After each packet.  `read` of `size` bytes of the input called `name` are
 * done; `size` 0: not known.  Cheap: asks the clock only now and then. */
void progress_packet(struct progress *, const char *name, uint64_t read,
    uint64_t size, uint64_t packets);

/* Erases the status: the report comes next. */
void progress_end(struct progress *);

#endif
