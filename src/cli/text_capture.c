/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * The self-audit of the capture, ahead of all findings: each defect once, in
 * one line, with how often it was found and what it does to the rest.  What is
 * wrong with the capture as a whole says how often itself; of connections they
 * are counted.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "column.h"
#include "format.h"
#include "message.h"
#include "text.h"

/* On the shelf: the sentence, this, and the finding as any other. */
#define SPLIT "\002"

/* Connections that are named: of more, only the number is told. */
#define NAMED 4

#define INDENT 2

void
text_defect(struct output *o, const struct tcpaudit_finding *f)
{
	message_expand(&o->buffer, f);
	buffer_add_string(&o->buffer, SPLIT);
	text_finding(o, f);
}

/* Takes the sentence off a held text. */
static void
take_sentence(struct buffer *held, struct buffer *sentence)
{
	char *split = held->data != NULL ? strstr(held->data, SPLIT) : NULL;
	size_t length;

	if (split == NULL)
		return;
	length = (size_t)(split - held->data);
	buffer_add(sentence, held->data, length);
	memmove(held->data, split + 1, held->length - length);
	buffer_cut(held, held->length - length - 1);
}

static int
order(const void *a, const void *b)
{
	const uint64_t *p = a, *q = b;

	return (*p > *q) - (*p < *q);
}

/* The connections of entries, each once and in order; owned by the caller. */
static uint64_t *
connections(const struct entry *e, size_t count, size_t *different)
{
	uint64_t *id = malloc(count * sizeof(*id));

	*different = 0;
	if (id == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		id[i] = e[i].connection;
	qsort(id, count, sizeof(*id), order);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || id[i] != id[*different - 1])
			id[(*different)++] = id[i];
	return id;
}

/* "Packets were captured twice: 12 times in #1, #3"; if each connection has it
 * once, "...: 7 connections". */
static void
add_count(struct output *o, const struct tcpaudit_rule *rule,
    const struct entry *e, size_t count)
{
	struct buffer *b = &o->scratch;
	uint64_t times = o->tally.fired[tally_rule(&o->tally, rule)];
	size_t different;
	uint64_t *id = connections(e, count, &different);

	buffer_printf(b, "%s: ", rule->title);
	if (times != different) {
		format_count(b, times, "time");
		buffer_add_string(b, " in ");
	}
	if (different > NAMED)
		format_count(b, different, "connection");
	for (size_t i = 0; different <= NAMED && i < different; i++)
		buffer_printf(b, "%s#%" PRIu64, i == 0 ? "" : ", ", id[i]);
	if (id == NULL)
		b->failed = true;
	free(id);
}

void
text_defects(struct output *o, size_t first, size_t end)
{
	const struct entry *e = o->findings.entries.entry;
	const struct tcpaudit_rule *rule =
	    tcpaudit_rule(e[first].key >> 8 & 0xffff);
	struct shelf_cursor cursor = { .next = first };
	struct buffer *line = &o->scratch, *b = &o->buffer;

	if (e[first].connection != 0) {
		add_count(o, rule, &e[first], end - first);
	} else if (shelf_next(&o->findings, &cursor, b)) {
		take_sentence(b, line);
		if (end - first > 1) {
			buffer_add_string(line, ", and ");
			format_count(line, end - first - 1, "time");
			buffer_add_string(line, " more");
		}
		buffer_cut(b, 0);
	}
	if (rule->effect != NULL)
		buffer_printf(line, "; %s", rule->effect);
	buffer_printf(line, " (%s)", rule->name);
	column_wrap(b, INDENT, line->data != NULL ? line->data : "");
	buffer_add_string(b, "\n");
	buffer_cut(line, 0);
}

bool
text_defect_next(struct output *o, struct shelf_cursor *cursor)
{
	struct buffer *sentence = &o->scratch;
	bool more = shelf_next(&o->findings, cursor, &o->buffer);

	if (more)
		take_sentence(&o->buffer, sentence);
	buffer_cut(sentence, 0);
	return more;
}
