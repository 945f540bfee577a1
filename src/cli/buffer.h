/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A string of bytes that grows. */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Starts as all zeros.  `data` ends in a NUL that `length` does not count; it
 * is NULL as long as nothing was added.  When memory runs out what is added is
 * lost and `failed` stays set, so that only the last reader has to ask. */
struct buffer {
	char *data;
	size_t length, size;
	bool failed;
};

/* Makes room for `more` bytes and a NUL.  Returns whether there is room. */
bool buffer_reserve(struct buffer *b, size_t more);

/* The next two are inline because records are made of many short literals,
 * whose copies are then a few instructions each. */
static inline void
buffer_add(struct buffer *b, const char *bytes, size_t length)
{
	char *to;

	if ((b->failed || length >= b->size - b->length) &&
	    !buffer_reserve(b, length))
		return;
	to = b->data + b->length;
	if (length > 0)
		memcpy(to, bytes, length);
	to[length] = '\0';
	b->length += length;
}

static inline void
buffer_add_string(struct buffer *b, const char *string)
{
	buffer_add(b, string, strlen(string));
}

/* Adds a number in decimal, with leading zeros up to `width` digits (at most
 * 20); a width of 0 means as many as it takes. */
void buffer_add_number(struct buffer *b, uint64_t number, size_t width);

void buffer_printf(struct buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds `count` spaces. */
void buffer_pad(struct buffer *b, size_t count);

/* Adds a name that may be hostile, such as a file's: control characters,
 * characters that change the direction of text, and bytes that are not UTF-8
 * are written as \xNN.  What is added is always valid UTF-8. */
void buffer_add_escaped(struct buffer *b, const char *name);

/* Shortens to `length` bytes, for a caller who changed his mind. */
void buffer_cut(struct buffer *b, size_t length);

/* Frees what the buffer holds; it is then as good as new. */
void buffer_clear(struct buffer *b);

#endif
