/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The two columns of the text report, and lines that are not too long. */
#ifndef COLUMN_H
#define COLUMN_H

#include <stddef.h>

struct buffer;

/* Where the column on the right begins, and where lines end. */
#define COLUMN_RIGHT 59
#define COLUMN_END   80

/* What the column on the right may hold before it is too much. */
#define COLUMN_MOST 41

/* Characters since the last line feed. */
size_t column_now(const struct buffer *b);

/* Adds `text` from `indent` on, in as many lines as it needs; the last one is
 * left open.  `b` stands at the start of a line. */
void column_wrap(struct buffer *b, size_t indent, const char *text);

/* Adds `text` in the column on the right; if the left one is too long for that,
 * after two spaces. */
void column_right(struct buffer *b, const char *text);

#endif
