/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "message.h"

#include <inttypes.h>
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

/* The value that `name` stands for; false if there is none. */
static bool
look_up(const struct tcpaudit_finding *finding, const char *name, size_t length,
    struct tcpaudit_value *value)
{
	const struct tcpaudit_value *found;
	size_t prefix = strlen(EXPECTED);

	if (is(name, length, "count")) {
		*value = (struct tcpaudit_value){ "count", TCPAUDIT_VALUE_BYTES,
			0, (int64_t)finding->count };
		return true;
	}
	if (length > prefix && memcmp(name, EXPECTED, prefix) == 0)
		found = find(finding, 1, name + prefix, length - prefix);
	else
		found = find(finding, 0, name, length);
	if (found != NULL)
		*value = *found;
	return found != NULL;
}

/* Bytes that fit into 64 bits, big-endian: their number is that of the longer
 * of the two that are compared, since the first byte differs. */
static void
add_data(struct buffer *b, uint64_t data, uint64_t other)
{
	char text[8];
	int n = 1, i;
	bool printable = true;

	while (n < 8 && (data | other) >> 8 * n != 0)
		n++;
	for (i = 0; i < n; i++) {
		text[i] = (char)(data >> 8 * (n - 1 - i));
		printable &= text[i] >= ' ' && text[i] <= '~';
	}
	buffer_printf(b, "0x%0*" PRIx64, 2 * n, data);
	if (printable)
		buffer_printf(b, " (\"%.*s\")", n, text);
}

void
message_format(struct buffer *b, const struct tcpaudit_finding *finding,
    const struct tcpaudit_value *value)
{
	const struct tcpaudit_value *other;

	if (value->kind == TCPAUDIT_VALUE_ADDRESS) {
		format_host(b, &finding->hosts[value->value]);
		return;
	}
	if (value->kind == TCPAUDIT_VALUE_TIME) {
		format_date(b, value->value);
		return;
	}
	if (value->kind != TCPAUDIT_VALUE_HEX ||
	    strcmp(value->name, "data") != 0) {
		format_value(b, value);
		return;
	}
	other = message_value(finding, !value->expected, value->name);
	add_data(b, (uint64_t)value->value,
	    other != NULL ? (uint64_t)other->value : 0);
}

/* Adds the alternative of `p`, "|one|many" or "|one|many|none", that fits the
 * number. */
static void
add_alternative(struct buffer *b, const struct tcpaudit_value *value,
    const char *p, const char *end)
{
	int skip = value->value == 1 ? 0 : value->value == 0 ? 2 : 1;
	const char *bar;

	for (p++; (bar = memchr(p, '|', (size_t)(end - p))) != NULL;
	     p = bar + 1)
		if (skip-- == 0)
			break;
	if (bar != NULL)
		end = bar;
	for (; p < end; p++) {
		if (*p != '#')
			buffer_add(b, p, 1);
		else if (value->value >= 0)
			format_number(b, (uint64_t)value->value);
		else
			format_value(b, value);
	}
}

/* Adds what stands for a placeholder; false if it has no value. */
static bool
add_placeholder(struct buffer *b, const struct tcpaudit_finding *finding,
    const char *name, size_t length)
{
	const char *end = name + length, *bar = memchr(name, '|', length);
	struct tcpaudit_value value;

	if (bar != NULL)
		length = (size_t)(bar - name);
	if (is(name, length, "endpoint"))
		return add_end(b, finding, finding->endpoint);
	if (is(name, length, "peer"))
		return add_end(b, finding,
		    finding->endpoint < 0 ? -1 : !finding->endpoint);
	if (!look_up(finding, name, length, &value))
		return false;
	if (bar != NULL)
		add_alternative(b, &value, bar, end);
	else
		message_format(b, finding, &value);
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

/* Whether the text from `p` to `end` has the placeholder {PREFIX NAME}. */
static bool
contains(const char *p, const char *end, const char *prefix, const char *name)
{
	size_t before = strlen(prefix), length = strlen(name);

	while ((p = memchr(p, '{', (size_t)(end - p))) != NULL) {
		p++;
		if ((size_t)(end - p) > before + length &&
		    memcmp(p, prefix, before) == 0 &&
		    memcmp(p + before, name, length) == 0 &&
		    strchr("}|", p[before + length]) != NULL)
			return true;
	}
	return false;
}

/* Whether a clause gives an expected value that is the observed one too. */
static bool
needless(const struct tcpaudit_finding *finding, const char *p, const char *end)
{
	const struct tcpaudit_value *v = finding->values, *seen;
	size_t length;

	for (size_t i = 0; i < finding->value_count; i++, v++) {
		length = strlen(v->name);
		seen = v->expected ? find(finding, 0, v->name, length) : NULL;
		if (seen != NULL && seen->value == v->value &&
		    contains(p, end, EXPECTED, v->name))
			return true;
	}
	return false;
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
		if (!expand(b, finding, open + 1, close) ||
		    needless(finding, open + 1, close))
			buffer_cut(b, mark);
		p = close + 1;
	}
}

bool
message_mentions(const struct tcpaudit_rule *rule, const char *placeholder)
{
	const char *text = rule->text;

	return contains(text, text + strlen(text), "", placeholder);
}
