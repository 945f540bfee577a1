/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "base64.h"

#include "buffer.h"

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(struct buffer *to, const uint8_t *p, size_t length)
{
	char four[4];

	for (; length > 0; p += 3, length -= length < 3 ? length : 3) {
		uint32_t bits = (uint32_t)p[0] << 16;

		if (length > 1)
			bits |= (uint32_t)p[1] << 8;
		if (length > 2)
			bits |= p[2];
		for (int i = 0; i < 4; i++)
			four[i] = letters[bits >> (18 - 6 * i) & 63];
		if (length < 3)
			four[3] = '=';
		if (length < 2)
			four[2] = '=';
		buffer_add(to, four, sizeof(four));
	}
}

static int
value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

long
base64_decode(uint8_t *to, const char *text, size_t length)
{
	uint8_t *p = to;
	uint32_t bits = 0;
	int value;

	if (length % 4 != 0)
		return -1;
	while (length > 0 && text[length - 1] == '=')
		length--;
	for (size_t i = 0; i < length; i++) {
		value = value_of(text[i]);
		if (value < 0)
			return -1;
		bits = bits << 6 | (uint32_t)value;
		/* Eight bits are complete after the second, third and fourth
		 * letter. */
		if (i % 4 != 0)
			*p++ = (uint8_t)(bits >> (6 - 2 * (i % 4)));
	}
	return length % 4 == 1 ? -1 : (long)(p - to);
}
