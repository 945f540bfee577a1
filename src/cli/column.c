/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "column.h"

#include <stdbool.h>
#include <string.h>

#include "buffer.h"

/* UTF-8: octets that continue a character do not count. */
static size_t
width(const char *text, size_t length)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

size_t
column_now(const struct buffer *b)
{
	size_t start = b->length;

	while (start > 0 && b->data[start - 1] != '\n')
		start--;
	return b->length == 0 ? 0 : width(b->data + start, b->length - start);
}

/* Whether the word is the unit of a duration. */
static bool
is_unit(const char *word)
{
	static const char *const unit[] = { "ns", "us", "ms", "s", "min", "h",
		"d" };
	size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz");

	for (size_t i = 0; i < sizeof(unit) / sizeof(unit[0]); i++)
		if (strlen(unit[i]) == length &&
		    memcmp(unit[i], word, length) == 0)
			return true;
	return false;
}

/* Length of what stands on one line: a word, and a unit behind a number. */
static size_t
unbroken(const char *text)
{
	size_t length = strcspn(text, " ");

	while (length > 0 && text[length] == ' ' && text[length - 1] >= '0' &&
	       text[length - 1] <= '9' && is_unit(text + length + 1))
		length += 1 + strcspn(text + length + 1, " ");
	return length;
}

void
column_wrap(struct buffer *b, size_t indent, const char *text)
{
	size_t at = 0, length, wide;

	while (*text != '\0') {
		length = unbroken(text);
		wide = width(text, length);
		if (at > 0 && at + 1 + wide > COLUMN_END) {
			buffer_add_string(b, "\n");
			at = 0;
		}
		buffer_pad(b, at == 0 ? indent : 1);
		buffer_add(b, text, length);
		at += (at == 0 ? indent : 1) + wide;
		text += length;
		text += strspn(text, " ");
	}
}

void
column_right(struct buffer *b, const char *text)
{
	size_t now = column_now(b);

	buffer_pad(b, now + 2 <= COLUMN_RIGHT ? COLUMN_RIGHT - now : 2);
	buffer_add_string(b, text);
}
