/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The receiver of a long transfer: what it has of the numbered segments, and
 * the blocks that tell of it (RFC 2018, 4). */
#ifndef RECEIVER_H
#define RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#define MOST_HOLES 32

/* Segments from left up to, but without, right. */
struct run {
	uint64_t left, right;
};

struct receiver {
	uint64_t next; /* all before it are there */
	unsigned unacked;
	/* Behind a hole, the one that grew last first. */
	unsigned count;
	struct run run[MOST_HOLES];
};

/* A segment arrives; returns whether it is acknowledged at once. */
bool receiver_take(struct receiver *, uint64_t number);

#endif
