/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A string of bytes that grows. */
#ifndef BUFFER_H
#define BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Starts as all zeros.  `data` ends in a NUL that `length` does not count; it
 * is NULL as long as nothing was added.  When memory runs out what is added is
 * lost and `failed` stays set, so that only the last reader has to ask. */
struct buffer {
	char *data;
	size_t length, size;
	bool failed;
};

void buffer_add(struct buffer *b, const char *bytes, size_t length);
void buffer_add_string(struct buffer *b, const char *string);
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
