/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The picture of a connection: one row for each segment, the client on the
 * left, the server on the right. */
#ifndef LADDER_H
#define LADDER_H

#include <stdint.h>

#include "buffer.h"
#include "tcpaudit.h"

enum {
	LADDER_LOST = 1,   /* passed the capture, did not arrive */
	LADDER_MISSED = 2, /* is not in the capture */
	LADDER_MARKED = 4, /* what a finding is about */
	LADDER_REST = 8	   /* stands for several: the label says how many */
};

struct ladder_row {
	int64_t time; /* ns since the first packet */
	enum tcpaudit_end sender;
	unsigned marks;	   /* LADDER_* */
	const char *label; /* "SYN seq 1000"; NULL ends a list */
};

/* Draws the rows in lines of at most 78 characters. */
void ladder_draw(struct buffer *b, const struct ladder_row *rows);

#endif
