/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Bytes in a JSON string (RFC 4648, 4). */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>
#include <stdint.h>

struct buffer;

void base64_encode(struct buffer *to, const uint8_t *bytes, size_t length);

/* Room that `length` characters need at most. */
static inline size_t
base64_room(size_t length)
{
	return length / 4 * 3 + 3;
}

/* Decodes `text`; returns the number of bytes, or -1 if it is not base64. */
long base64_decode(uint8_t *to, const char *text, size_t length);

#endif
