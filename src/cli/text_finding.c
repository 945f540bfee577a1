/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <inttypes.h>
#include <stdio.h>
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

/* Whether it was decided after the packet that it is about had passed: when a
 * timer ran out, or by a later packet.  Of one that fired again only the first
 * time is known. */
static bool
decided_later(const struct tcpaudit_finding *f)
{
	return f->count == 1 && f->packet != 0 && f->last_packet != f->packet;
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
	if (decided_later(f))
		buffer_add_string(b, "decided ");
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

/* "old_interval_ns" is the key of a record; here it is "old interval".  What
 * the RFC has a name for is called that. */
static void
add_name(struct buffer *b, const char *name)
{
	static const struct {
		const char *key, *name;
	} known[] = {
		{ "two_msl_ns", "2 MSL" },
		{ "rcv_nxt", "RCV.NXT" },
		{ "snd_nxt", "SND.NXT" },
		{ "old_snd_nxt", "old SND.NXT" },
	};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].key, name) == 0) {
			buffer_add_string(b, known[i].name);
			return;
		}
	}
	if (length > 3 && strcmp(name + length - 3, "_ns") == 0)
		length -= 3;
	for (size_t i = 0; i < length; i++)
		buffer_add(b, name[i] == '_' ? " " : name + i, 1);
}

/* Whether the message gives this number, observed or expected, under whatever
 * name. */
static bool
message_gives(const struct tcpaudit_finding *f, const struct tcpaudit_value *v,
    bool expected)
{
	char name[64];

	for (size_t i = 0; i < f->value_count; i++) {
		const struct tcpaudit_value *w = &f->values[i];

		if (!w->expected != !expected || w->kind != v->kind ||
		    w->value != v->value)
			continue;
		snprintf(name, sizeof(name), "%s%s",
		    expected ? "expected." : "", w->name);
		if (message_mentions(f->rule, name))
			return true;
	}
	return false;
}

/* Whether the arithmetic has nothing to say about an expected value: it is as
 * expected, or the message says it all.  Sequence numbers are compared even
 * then: their difference is the proof. */
static bool
needless(const struct tcpaudit_finding *f, const struct tcpaudit_value *v,
    const struct tcpaudit_value *seen)
{
	if (seen != NULL && seen->value == v->value)
		return true;
	return v->kind != TCPAUDIT_VALUE_SEQUENCE &&
	       message_gives(f, v, true) &&
	       (seen == NULL || message_mentions(f->rule, v->name));
}

/* "expected ack 9001, seen 9002 (difference +1)" */
static void
add_expected(struct buffer *b, const struct tcpaudit_finding *f,
    const struct tcpaudit_value *v, const struct tcpaudit_value *seen)
{
	int32_t difference;

	if (seen == NULL && v->kind != TCPAUDIT_VALUE_SEQUENCE) {
		add_name(b, v->name); /* a limit: nobody sends it */
		buffer_add_string(b, " is ");
		message_format(b, f, v);
		return;
	}
	buffer_add_string(b, "expected ");
	add_name(b, v->name);
	buffer_add_string(b, " ");
	message_format(b, f, v);
	if (seen == NULL && f->endpoint >= 0 && f->connection != NULL) {
		buffer_add_string(b, " from ");
		format_address(b, f->connection->family,
		    &f->connection->address[f->endpoint]);
	}
	buffer_add_string(b, ", seen ");
	if (seen == NULL) {
		buffer_add_string(b, "none");
		return;
	}
	message_format(b, f, seen);
	difference = (int32_t)((uint32_t)seen->value - (uint32_t)v->value);
	if (v->kind == TCPAUDIT_VALUE_SEQUENCE)
		buffer_printf(b, " (difference %+" PRId32 ")", difference);
}

/* Whether an observed value is worth its place: the message leaves it out, it
 * has not been compared, and it is not "0 bytes" (but a window of 0 is).  A
 * sequence number that the message gives under another name is not. */
static bool
worth_adding(const struct tcpaudit_finding *f, const struct tcpaudit_value *v)
{
	const struct tcpaudit_value *expected = message_value(f, 1, v->name);

	if (v->expected || v->kind == TCPAUDIT_VALUE_REACTION ||
	    message_mentions(f->rule, v->name) ||
	    (expected != NULL && expected->value != v->value))
		return false;
	if (v->kind == TCPAUDIT_VALUE_SEQUENCE)
		return !message_gives(f, v, false) &&
		       !message_gives(f, v, true);
	return v->value != 0 || v->kind != TCPAUDIT_VALUE_BYTES ||
	       strcmp(v->name, "window") == 0;
}

/* What the peer did with the segment, beside what a conforming one does. */
static void
add_reaction(
    struct buffer *b, const struct tcpaudit_finding *f, const char *separator)
{
	static const struct {
		const char *due, *did;
	} phrases[TCPAUDIT_REACTIONS] = {
		[TCPAUDIT_REACTION_NONE] = { "", "gave no answer" },
		[TCPAUDIT_REACTION_DROP] = { "silence", "ignored it" },
		[TCPAUDIT_REACTION_ACK] = { "an ACK", "answered with an ACK" },
		[TCPAUDIT_REACTION_RESET] = { "a RST", "answered with a RST" },
		[TCPAUDIT_REACTION_CLOSE] = { "silence", "fell silent" },
		[TCPAUDIT_REACTION_RETRANSMIT] = { "", "" },
		[TCPAUDIT_REACTION_IGNORE] = { "", "went on" },
	};
	const struct tcpaudit_value *must = message_value(f, 1, "reaction");
	const struct tcpaudit_value *did = message_value(f, 0, "reaction");

	if (must == NULL || did == NULL || f->endpoint < 0)
		return;
	buffer_printf(b, "%s%s %s", separator,
	    f->endpoint == TCPAUDIT_CLIENT ? "server" : "client",
	    phrases[did->value].did);
	if (must->value == did->value)
		buffer_add_string(b, ", as it must");
	else
		buffer_printf(b, " where %s was due", phrases[must->value].due);
}

/* What was expected beside what was seen, then what the message left out. */
static void
add_arithmetic(struct buffer *b, const struct tcpaudit_finding *f)
{
	const struct tcpaudit_value *v = f->values, *seen;
	const char *separator = "";

	for (size_t i = 0; i < f->value_count; i++) {
		seen = message_value(f, 0, v[i].name);
		if (!v[i].expected || v[i].kind == TCPAUDIT_VALUE_REACTION ||
		    needless(f, &v[i], seen))
			continue;
		buffer_add_string(b, separator);
		add_expected(b, f, &v[i], seen);
		separator = "; ";
	}
	for (size_t i = 0; i < f->value_count; i++) {
		if (!worth_adding(f, &v[i]))
			continue;
		buffer_add_string(b, separator);
		add_name(b, v[i].name);
		buffer_add_string(b, " ");
		message_format(b, f, &v[i]);
		separator = ", ";
	}
	add_reaction(b, f, *separator != '\0' ? "; " : "");
}

/* The inputs are named in the end if there are several. */
static void
add_input(struct output *o, struct buffer *b, tcpaudit_packet_id packet)
{
	buffer_printf(b, "%s of %s%s", TEXT_IF_INPUTS,
	    report_input(o, packet)->name, TEXT_IF_INPUTS);
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

/* Number of packets that follow one another from the first on; two are not
 * worth a dash: "2, 3". */
static size_t
run_length(const tcpaudit_packet_id *p, size_t count)
{
	size_t run = 1;

	while (run < count && p[run] == p[0] + run)
		run++;
	return run == 2 ? 1 : run;
}

/* "packets 2-7, 9", in `room` columns: records have them all. */
static void
add_packets(struct output *o, struct buffer *b, const tcpaudit_packet_id *p,
    size_t count, size_t room)
{
	size_t i, run, mark;

	buffer_add_string(b, count == 1 ? "packet " : "packets ");
	for (i = 0; i < count && !b->failed; i += run) {
		run = run_length(p + i, count - i);
		mark = b->length;
		buffer_printf(b, "%s%" PRIu64, i == 0 ? "" : ", ",
		    TCPAUDIT_PACKET_NUMBER(p[i]));
		if (run > 1)
			buffer_printf(b, "-%" PRIu64,
			    TCPAUDIT_PACKET_NUMBER(p[i + run - 1]));
		if (i > 0 && !b->failed &&
		    shown(b->data) + (i + run < count ? 5 : 0) > room) {
			buffer_cut(b, mark);
			if (TCPAUDIT_PACKET_INPUT(p[i - 1]) ==
			    TCPAUDIT_PACKET_INPUT(p[i]))
				add_input(o, b, p[i - 1]);
			buffer_add_string(b, ", ...");
			return;
		}
		if (i + run == count || TCPAUDIT_PACKET_INPUT(p[i]) !=
					    TCPAUDIT_PACKET_INPUT(p[i + run]))
			add_input(o, b, p[i]);
	}
}

/* "; 12 times, last 113" */
static void
add_times(struct output *o, struct buffer *b, const struct tcpaudit_finding *f)
{
	if (f->count < 2 || message_mentions(f->rule, "count"))
		return;
	buffer_add_string(b, "; ");
	format_count(b, f->count, "time");
	if (f->last_packet != 0) {
		buffer_printf(b, ", last %" PRIu64,
		    TCPAUDIT_PACKET_NUMBER(f->last_packet));
		add_input(o, b, f->last_packet);
	}
}

static void
add_evidence(struct output *o, const struct tcpaudit_finding *f)
{
	const tcpaudit_packet_id *packets = f->packets;
	struct buffer *b = &o->scratch;
	size_t count = f->packet_count, room = COLUMN_END - INDENT;

	if (count == 0 && f->packet != 0) {
		packets = &f->packet;
		count = 1;
	}
	if (count > 0) {
		add_times(o, b, f);
		room -= b->length > 0 ? shown(b->data) : 0;
		buffer_cut(b, 0);
		add_packets(o, b, packets, count, room);
	}
	add_times(o, b, f);
}

/* Adds o->scratch, if anything is in it, and empties it. */
static void
add_wrapped(struct output *o)
{
	if (o->scratch.length > 0)
		column_wrap(&o->buffer, INDENT, o->scratch.data);
	buffer_cut(&o->scratch, 0);
}

/* Adds the evidence beside the arithmetic, or below if there is no room: never
 * in two lines. */
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
	} else {
		if (now > 0)
			buffer_add_string(b, "\n");
		buffer_pad(b, INDENT);
		buffer_add(b, line->data, line->length);
	}
	buffer_cut(line, 0);
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
