/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "ladder.h"

#include <string.h>

#define WIDTH  58 /* between the two ends */
#define MARGIN 12 /* left of them: the time */
#define STUB   3  /* of the arrow beside its label, at least */

static void
repeat(struct buffer *b, char c, size_t count)
{
	for (; count > 0; count--)
		buffer_add(b, &c, 1);
}

/* "--- SYN seq 1000 ------->", or "--- SYN seq 1000 ---x   " if it was lost on
 * its way. */
static void
draw_right(struct buffer *b, const char *label, size_t length, bool lost)
{
	size_t rest = WIDTH - 1 - STUB - 2 - length;
	size_t gap = lost ? rest / 2 : 0;

	repeat(b, '-', STUB);
	buffer_printf(b, " %.*s ", (int)length, label);
	repeat(b, '-', rest - gap);
	buffer_add_string(b, lost ? "x" : ">");
	repeat(b, ' ', gap);
}

static void
draw_left(struct buffer *b, const char *label, size_t length, bool lost)
{
	size_t rest = WIDTH - 1 - STUB - 2 - length;
	size_t gap = lost ? rest / 2 : 0;

	repeat(b, ' ', gap);
	buffer_add_string(b, lost ? "x" : "<");
	repeat(b, '-', rest - gap);
	buffer_printf(b, " %.*s ", (int)length, label);
	repeat(b, '-', STUB);
}

static void
draw_row(struct buffer *b, const struct ladder_row *row)
{
	size_t length = strlen(row->label), most = WIDTH - 2 * STUB - 3;

	if (row->marks & LADDER_REST) {
		repeat(b, ' ', MARGIN);
		buffer_printf(b, ":   %-*s:\n", WIDTH - 3, row->label);
		return;
	}
	if (length > most)
		length = most;
	buffer_printf(b, "%*.3f  |", MARGIN - 2, (double)row->time / 1e9);
	if (row->sender == TCPAUDIT_CLIENT)
		draw_right(b, row->label, length, row->marks & LADDER_LOST);
	else
		draw_left(b, row->label, length, row->marks & LADDER_LOST);
	buffer_printf(b, "|%s%s\n", row->marks & LADDER_MARKED ? " <" : "",
	    row->marks & LADDER_MISSED ? " ?" : "");
}

void
ladder_draw(struct buffer *b, const struct ladder_row *rows)
{
	bool missed = false;

	buffer_printf(
	    b, "%*s%-*s%s\n", MARGIN - 3, "s", WIDTH - 2, "  client", "server");
	for (; rows->label != NULL; rows++) {
		draw_row(b, rows);
		missed |= (rows->marks & LADDER_MISSED) != 0;
	}
	if (missed)
		buffer_printf(b, "%*s? is not in the capture\n", MARGIN, "");
}
