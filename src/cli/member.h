/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Members of JSON objects, written as text: there are as many records as
 * connections, also where nothing is wrong, and to make objects first would
 * take longer than the audit.
 *
 * Each function adds to a buffer what stands before the value, which may be
 * anything, and the value.  A buffer that fails tells so itself.  They are
 * inline so that the length of a literal is known when it is copied. */
#ifndef MEMBER_H
#define MEMBER_H

#include "buffer.h"

/* What stands before the value of a member that is not the first one. */
#define MEMBER(name) ",\"" name "\":"

static inline void
member_integer(struct buffer *b, const char *before, int64_t number)
{
	uint64_t size = (uint64_t)number;

	buffer_add_string(b, before);
	if (number < 0) {
		buffer_add(b, "-", 1);
		size = 0 - size;
	}
	buffer_add_number(b, size, 0);
}

/* A count, as the records tell it: they have signed numbers only. */
static inline void
member_count(struct buffer *b, const char *before, uint64_t count)
{
	member_integer(b, before, (int64_t)count);
}

static inline void
member_null(struct buffer *b, const char *before)
{
	buffer_add_string(b, before);
	buffer_add_string(b, "null");
}

/* A number that is negative if it is not known: then it is null. */
static inline void
member_known(struct buffer *b, const char *before, int64_t number)
{
	if (number < 0)
		member_null(b, before);
	else
		member_integer(b, before, number);
}

static inline void
member_truth(struct buffer *b, const char *before, int truth)
{
	buffer_add_string(b, before);
	buffer_add_string(b, truth ? "true" : "false");
}

/* Likewise null if it is negative. */
static inline void
member_known_truth(struct buffer *b, const char *before, int truth)
{
	if (truth < 0)
		member_null(b, before);
	else
		member_truth(b, before, truth);
}

/* A string that needs no escape, such as a name of the library; NULL: null. */
static inline void
member_name(struct buffer *b, const char *before, const char *name)
{
	if (name == NULL) {
		member_null(b, before);
		return;
	}
	buffer_add_string(b, before);
	buffer_add(b, "\"", 1);
	buffer_add_string(b, name);
	buffer_add(b, "\"", 1);
}

/* Any other string of valid UTF-8. */
void member_string(struct buffer *b, const char *before, const char *string);

#endif
