/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "member.h"

/* The length of what needs no escape at the beginning of a string. */
static size_t
plain(const char *s)
{
	size_t n = 0;

	while ((unsigned char)s[n] >= ' ' && s[n] != '"' && s[n] != '\\')
		n++;
	return n;
}

void
member_string(struct buffer *b, const char *before, const char *string)
{
	static const char letters[] = "btn\0fr"; /* of 8 to 13 */
	const char *s = string;
	size_t n;

	buffer_add_string(b, before);
	buffer_add(b, "\"", 1);
	for (n = plain(s); s[n] != '\0'; n = plain(s)) {
		buffer_add(b, s, n);
		s += n;
		if ((unsigned char)*s >= ' ')
			buffer_printf(b, "\\%c", *s);
		else if (*s >= 8 && *s <= 13 && letters[*s - 8] != '\0')
			buffer_printf(b, "\\%c", letters[*s - 8]);
		else
			buffer_printf(b, "\\u%04X", (unsigned)*s);
		s++;
	}
	buffer_add(b, s, n);
	buffer_add(b, "\"", 1);
}
