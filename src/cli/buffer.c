/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool
buffer_reserve(struct buffer *b, size_t more)
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
buffer_add_number(struct buffer *b, uint64_t number, size_t width)
{
	enum { LONGEST = 20 }; /* digits of 2^64 */
	static const char pairs[] = "0001020304050607080910111213141516171819"
				    "2021222324252627282930313233343536373839"
				    "4041424344454647484950515253545556575859"
				    "6061626364656667686970717273747576777879"
				    "8081828384858687888990919293949596979899";
	uint64_t limit = 10;
	size_t digits = 1;
	char *to;

	if ((b->failed || LONGEST >= b->size - b->length) &&
	    !buffer_reserve(b, LONGEST))
		return;
	for (; number >= limit && digits < LONGEST - 1; limit *= 10)
		digits++;
	if (digits == LONGEST - 1 && number >= limit)
		digits++; /* the next limit would be more than 2^64 */
	if (digits < width)
		digits = width < LONGEST ? width : LONGEST;
	b->length += digits;
	to = b->data + b->length;
	*to = '\0';
	for (; digits > 1; digits -= 2) {
		to -= 2;
		memcpy(to, pairs + number % 100 * 2, 2);
		number /= 100;
	}
	if (digits > 0)
		*--to = (char)('0' + number % 10);
}

void
buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list arguments;
	int n;

	if (!buffer_reserve(b, 64)) /* most of what is printed fits */
		return;
	va_start(arguments, format);
	n = vsnprintf(
	    b->data + b->length, b->size - b->length, format, arguments);
	va_end(arguments);
	if (n < 0)
		b->failed = true;
	else if ((size_t)n >= b->size - b->length &&
		 buffer_reserve(b, (size_t)n)) {
		va_start(arguments, format);
		vsnprintf(
		    b->data + b->length, (size_t)n + 1, format, arguments);
		va_end(arguments);
	}
	if (b->failed)
		b->data[b->length] = '\0';
	else
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
