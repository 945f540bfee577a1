/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "buffer.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
reserve(struct buffer *b, size_t more)
{
	size_t size = b->size != 0 ? b->size : 256;
	char *data;

	if (b->failed)
		return false;
	if (more < b->size - b->length)
		return true;
	while (size - b->length <= more && size <= SIZE_MAX / 2)
		size *= 2;
	data = size - b->length > more ? realloc(b->data, size) : NULL;
	if (data == NULL) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->size = size;
	return true;
}

void
buffer_add(struct buffer *b, const char *bytes, size_t length)
{
	if (!reserve(b, length))
		return;
	if (length > 0)
		memcpy(b->data + b->length, bytes, length);
	b->length += length;
	b->data[b->length] = '\0';
}

void
buffer_add_string(struct buffer *b, const char *string)
{
	buffer_add(b, string, strlen(string));
}

void
buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (n < 0 || !reserve(b, (size_t)n)) {
		b->failed = true;
		return;
	}
	va_start(arguments, format);
	vsnprintf(b->data + b->length, (size_t)n + 1, format, arguments);
	va_end(arguments);
	b->length += (size_t)n;
}

void
buffer_pad(struct buffer *b, size_t count)
{
	while (count-- > 0)
		buffer_add(b, " ", 1);
}

/* Reads one UTF-8 character, RFC 3629, section 4: returns its length, or 0 if
 * it is not well-formed (too long, a surrogate, cut off, beyond U+10FFFF). */
static size_t
read_character(const unsigned char *s, uint32_t *character)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length, i;

	if (s[0] < 0x80) {
		*character = s[0];
		return 1;
	}
	length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	*character = s[0] & (0x7fu >> length);
	for (i = 1; i < length; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (s[i] & 0x3fu);
	}
	if (*character < least[length] || *character > 0x10ffff ||
	    (*character >= 0xd800 && *character <= 0xdfff))
		return 0;
	return length;
}

/* Whether a character could move the cursor, hide or reorder what follows:
 * C0 and C1 controls, line separators, bidirectional marks and overrides. */
static bool
harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xfffe ||
	       c == 0xffff || (c >= 0xfff9 && c <= 0xfffb);
}

void
buffer_add_escaped(struct buffer *b, const char *name)
{
	const unsigned char *s = (const unsigned char *)name;
	uint32_t character;
	size_t length, i;

	while (*s != '\0') {
		length = read_character(s, &character);
		if (length > 0 && !harmful(character)) {
			buffer_add(b, (const char *)s, length);
			s += length;
			continue;
		}
		if (length == 0)
			length = 1;
		for (i = 0; i < length; i++)
			buffer_printf(b, "\\x%02x", s[i]);
		s += length;
	}
}

void
buffer_cut(struct buffer *b, size_t length)
{
	if (length >= b->length)
		return;
	b->length = length;
	b->data[length] = '\0';
}

void
buffer_clear(struct buffer *b)
{
	free(b->data);
	memset(b, 0, sizeof(*b));
}
