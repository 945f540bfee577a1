/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <inttypes.h>
#include <string.h>

#include "column.h"
#include "format.h"
#include "message.h"
#include "text.h"

#define INDENT 6

void
text_tuple(struct buffer *b, const struct tcpaudit_tuple *tuple)
{
	buffer_printf(b, "  #%" PRIu64 "  ", tuple->id);
	format_endpoint(b, tuple, TCPAUDIT_CLIENT);
	buffer_add_string(b, " > ");
	format_endpoint(b, tuple, TCPAUDIT_SERVER);
	buffer_pad(b, 3);
}

void
text_state(struct buffer *b, enum tcpaudit_state state, int certain)
{
	buffer_printf(
	    b, "%s%s", tcpaudit_state_name(state), certain ? "" : "?");
}

/* Who, when, and in which states. */
static void
add_heading(struct output *o, const struct tcpaudit_finding *f)
{
	struct buffer *b = &o->buffer;

	if (f->connection != NULL)
		text_tuple(b, f->connection);
	else
		buffer_pad(b, 2);
	format_time_of_day(b, f->time, report_input(o, f->packet)->first_time);
	if (f->connection != NULL) {
		column_right(b, "");
		for (int i = 0; i < 2; i++) {
			buffer_add_string(b, i == 0 ? "" : " / ");
			text_state(b, f->state[i],
			    f->possible[i] == 1u << f->state[i]);
		}
	}
	buffer_add_string(b, "\n");
}

/* "old_interval_ns" is the key of a record; here it is "old interval". */
static void
add_name(struct buffer *b, const char *name)
{
	size_t length = strlen(name);

	if (length > 3 && strcmp(name + length - 3, "_ns") == 0)
		length -= 3;
	for (size_t i = 0; i < length; i++)
		buffer_add(b, name[i] == '_' ? " " : name + i, 1);
	buffer_add_string(b, " ");
}

/* "expected ack 9001, seen 9002 (difference +1)" */
static void
add_expected(struct buffer *b, const struct tcpaudit_finding *f,
    const struct tcpaudit_value *v)
{
	const struct tcpaudit_value *seen = message_value(f, 0, v->name);
	int32_t difference;

	buffer_add_string(b, "expected ");
	add_name(b, v->name);
	format_value(b, v);
	if (seen == NULL) {
		if (f->endpoint >= 0 && f->connection != NULL) {
			buffer_add_string(b, " from ");
			format_address(b, f->connection->family,
			    &f->connection->address[f->endpoint]);
		}
		buffer_add_string(b, ", seen none");
		return;
	}
	buffer_add_string(b, ", seen ");
	format_value(b, seen);
	difference = (int32_t)((uint32_t)seen->value - (uint32_t)v->value);
	if (v->kind == TCPAUDIT_VALUE_SEQUENCE && difference != 0)
		buffer_printf(b, " (difference %+" PRId32 ")", difference);
}

/* What was expected beside what was seen, then what the message left out. */
static void
add_arithmetic(struct buffer *b, const struct tcpaudit_finding *f)
{
	const struct tcpaudit_value *v = f->values;
	const char *separator = "";

	for (size_t i = 0; i < f->value_count; i++) {
		if (!v[i].expected)
			continue;
		buffer_add_string(b, separator);
		add_expected(b, f, &v[i]);
		separator = "; ";
	}
	for (size_t i = 0; i < f->value_count; i++) {
		if (v[i].expected || message_mentions(f->rule, v[i].name) ||
		    message_value(f, 1, v[i].name) != NULL)
			continue;
		buffer_add_string(b, separator);
		add_name(b, v[i].name);
		format_value(b, &v[i]);
		separator = ", ";
	}
}

/* The inputs are named in the end if there are several. */
static void
add_input(struct output *o, struct buffer *b, tcpaudit_packet_id packet)
{
	buffer_printf(b, "%s of %s%s", TEXT_IF_INPUTS,
	    report_input(o, packet)->name, TEXT_IF_INPUTS);
}

/* "packets 2-7, 9" */
static void
add_packets(struct output *o, struct buffer *b, const tcpaudit_packet_id *p,
    size_t count)
{
	size_t i, run;

	buffer_add_string(b, count == 1 ? "packet " : "packets ");
	for (i = 0; i < count; i += run) {
		for (run = 1; i + run < count; run++)
			if (p[i + run] != p[i] + run)
				break;
		if (run == 2)
			run = 1; /* "2, 3", not "2-3" */
		buffer_printf(b, "%s%" PRIu64, i == 0 ? "" : ", ",
		    TCPAUDIT_PACKET_NUMBER(p[i]));
		if (run > 1)
			buffer_printf(b, "-%" PRIu64,
			    TCPAUDIT_PACKET_NUMBER(p[i + run - 1]));
		if (i + run == count || TCPAUDIT_PACKET_INPUT(p[i]) !=
					    TCPAUDIT_PACKET_INPUT(p[i + run]))
			add_input(o, b, p[i]);
	}
}

static void
add_evidence(struct output *o, const struct tcpaudit_finding *f)
{
	if (f->packet_count > 0)
		add_packets(o, &o->scratch, f->packets, f->packet_count);
	else if (f->packet != 0)
		add_packets(o, &o->scratch, &f->packet, 1);
	if (f->count > 1 && !message_mentions(f->rule, "count")) {
		buffer_add_string(&o->scratch, "; ");
		format_count(&o->scratch, f->count, "time");
		if (f->last_packet != 0) {
			buffer_printf(&o->scratch, ", last %" PRIu64,
			    TCPAUDIT_PACKET_NUMBER(f->last_packet));
			add_input(o, &o->scratch, f->last_packet);
		}
	}
}

/* Adds o->scratch, if anything is in it, and empties it. */
static void
add_wrapped(struct output *o)
{
	if (o->scratch.length > 0)
		column_wrap(&o->buffer, INDENT, o->scratch.data);
	buffer_cut(&o->scratch, 0);
}

/* The length of a line in a report on one input. */
static size_t
shown(const char *line)
{
	bool visible = true;
	size_t n = 0;

	for (; *line != '\0'; line++) {
		if (*line == *TEXT_IF_INPUTS)
			visible = !visible;
		else
			n += visible;
	}
	return n;
}

/* Adds the evidence beside the arithmetic, or below if there is no room. */
static void
place_evidence(struct output *o)
{
	struct buffer *b = &o->buffer, *line = &o->scratch;
	size_t now = column_now(b);

	if (line->length == 0)
		return;
	if (now > 0 && now + 2 <= COLUMN_RIGHT &&
	    shown(line->data) <= COLUMN_MOST) {
		column_right(b, line->data);
		buffer_cut(line, 0);
		return;
	}
	if (now > 0)
		buffer_add_string(b, "\n");
	add_wrapped(o);
}

void
text_finding(struct output *o, const struct tcpaudit_finding *f)
{
	struct buffer *b = &o->buffer, *line = &o->scratch;

	add_heading(o, f);
	message_expand(line, f);
	add_wrapped(o);
	buffer_add_string(b, "\n");
	add_arithmetic(line, f);
	add_wrapped(o);
	add_evidence(o, f);
	place_evidence(o);
	if (column_now(b) > 0)
		buffer_add_string(b, "\n");
	if (b->failed || line->failed)
		o->buffer.failed = true;
}
