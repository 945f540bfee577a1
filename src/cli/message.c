/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "message.h"

#include <string.h>

#include "buffer.h"
#include "format.h"

#define EXPECTED "expected."

static const struct tcpaudit_value *
find(const struct tcpaudit_finding *finding, int expected, const char *name,
    size_t length)
{
	const struct tcpaudit_value *v = finding->values;

	for (size_t i = 0; i < finding->value_count; i++, v++)
		if (!v->expected == !expected && strlen(v->name) == length &&
		    memcmp(v->name, name, length) == 0)
			return v;
	return NULL;
}

const struct tcpaudit_value *
message_value(
    const struct tcpaudit_finding *finding, int expected, const char *name)
{
	return find(finding, expected, name, strlen(name));
}

static bool
add_end(struct buffer *b, const struct tcpaudit_finding *finding, int end)
{
	if (finding->connection == NULL || end < 0 || end > 1)
		return false;
	buffer_add_string(b, end == TCPAUDIT_CLIENT ? "client " : "server ");
	format_endpoint(b, finding->connection, end);
	return true;
}

static bool
is(const char *name, size_t length, const char *word)
{
	return strlen(word) == length && memcmp(name, word, length) == 0;
}

/* Adds the value of a placeholder; false if it has none. */
static bool
add_placeholder(struct buffer *b, const struct tcpaudit_finding *finding,
    const char *name, size_t length)
{
	const struct tcpaudit_value *value;
	size_t prefix = strlen(EXPECTED);

	if (is(name, length, "endpoint"))
		return add_end(b, finding, finding->endpoint);
	if (is(name, length, "peer"))
		return add_end(b, finding,
		    finding->endpoint < 0 ? -1 : !finding->endpoint);
	if (is(name, length, "count")) {
		format_number(b, finding->count);
		return true;
	}
	if (length > prefix && memcmp(name, EXPECTED, prefix) == 0)
		value = find(finding, 1, name + prefix, length - prefix);
	else
		value = find(finding, 0, name, length);
	if (value == NULL)
		return false;
	format_value(b, value);
	return true;
}

/* Expands the text from `p` to `end`, which holds no clause.  Returns whether
 * every placeholder had a value. */
static bool
expand(struct buffer *b, const struct tcpaudit_finding *finding, const char *p,
    const char *end)
{
	bool complete = true;
	const char *open, *close;

	while (p < end) {
		open = memchr(p, '{', (size_t)(end - p));
		close = open == NULL ? NULL
				     : memchr(open, '}', (size_t)(end - open));
		if (close == NULL) {
			buffer_add(b, p, (size_t)(end - p));
			break;
		}
		buffer_add(b, p, (size_t)(open - p));
		if (!add_placeholder(
			b, finding, open + 1, (size_t)(close - open) - 1)) {
			buffer_add_string(b, "?");
			complete = false;
		}
		p = close + 1;
	}
	return complete;
}

void
message_expand(struct buffer *b, const struct tcpaudit_finding *finding)
{
	const char *p = finding->rule->text, *open, *close;
	size_t mark;

	while (*p != '\0') {
		open = strchr(p, '[');
		close = open == NULL ? NULL : strchr(open, ']');
		if (close == NULL) {
			expand(b, finding, p, p + strlen(p));
			return;
		}
		expand(b, finding, p, open);
		mark = b->length;
		if (!expand(b, finding, open + 1, close))
			buffer_cut(b, mark);
		p = close + 1;
	}
}

bool
message_mentions(const struct tcpaudit_rule *rule, const char *placeholder)
{
	size_t length = strlen(placeholder);
	const char *p = rule->text;

	while ((p = strchr(p, '{')) != NULL) {
		p++;
		if (strncmp(p, placeholder, length) == 0 && p[length] == '}')
			return true;
	}
	return false;
}
