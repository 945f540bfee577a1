/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "record.h"

#include "format.h"
#include "member.h"

json_t *
record_capture(const struct input *input)
{
	return json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:s, s:s?, s:i, s:s?}}",
	    "type", "capture", "schema", "tcpaudit/1", "tool", "name",
	    "tcpaudit", "version", TCPAUDIT_VERSION, "input",
	    input->live ? "interface" : "file", input->name, "link_type",
	    input->link_type, "snaplen", input->snaplen, "filter",
	    input->filter);
}

void
record_time(struct buffer *b, const char *before, int64_t time)
{
	buffer_add_string(b, before);
	buffer_add_string(b, "\"");
	format_time(b, time);
	buffer_add_string(b, "\"");
}

void
record_states(struct buffer *b, const char *before, int64_t states)
{
	const char *separator = "";

	buffer_add_string(b, before);
	buffer_add_string(b, "[");
	for (int i = 0; i < TCPAUDIT_STATES; i++) {
		if ((states >> i & 1) == 0)
			continue;
		member_name(b, separator, tcpaudit_state_name(i));
		separator = ",";
	}
	buffer_add_string(b, "]");
}

void
record_packet(struct buffer *b, const char *before, tcpaudit_packet_id packet)
{
	uint64_t number = TCPAUDIT_PACKET_NUMBER(packet);

	if (number == 0)
		member_null(b, before);
	else
		member_count(b, before, number);
}

void
record_end(struct buffer *b, const char *before, int end)
{
	static const char *const name[] = { "client", "server", "both" };

	member_name(b, before, end < 0 || end > 2 ? NULL : name[end]);
}

void
record_address(struct buffer *b, const struct tcpaudit_tuple *tuple, int end)
{
	buffer_add_string(b, "{\"address\":\"");
	format_address(b, tuple->family, &tuple->address[end]);
	member_count(b, "\"" MEMBER("port"), tuple->port[end]);
}

int64_t
record_offset(const struct output *o, tcpaudit_packet_id packet, int64_t time)
{
	return time - report_input(o, packet)->first_time;
}

void
record_transition(struct output *o, const struct tcpaudit_transition *t)
{
	struct buffer *b = &o->buffer;

	member_string(b, "{\"type\":\"transition\"" MEMBER("input"),
	    report_input(o, t->packet)->name);
	member_count(b, MEMBER("connection"), t->connection->id);
	record_end(b, MEMBER("endpoint"), (int)t->endpoint);
	member_name(b, MEMBER("from"), tcpaudit_state_name(t->from));
	member_name(b, MEMBER("to"), tcpaudit_state_name(t->to));
	record_packet(b, MEMBER("packet"), t->packet);
	record_time(b, MEMBER("time"), t->time);
	member_integer(
	    b, MEMBER("offset_ns"), record_offset(o, t->packet, t->time));
	member_name(b, MEMBER("trigger"), tcpaudit_trigger_name(t->trigger));
	member_name(
	    b, MEMBER("certainty"), tcpaudit_certainty_name(t->certainty));
	buffer_add_string(b, "}");
}

static void
count(json_t *object, const char *name, uint64_t number)
{
	if (number > 0)
		json_object_set_new(
		    object, name, json_integer((json_int_t)number));
}

static json_t *
skipped(const struct tcpaudit_statistics *s)
{
	json_t *object = json_object();

	for (int i = 0; i < TCPAUDIT_SKIPS; i++)
		count(object, tcpaudit_skip_name(i), s->skipped[i]);
	return object;
}

static json_t *
verdicts(const struct tally *t)
{
	json_t *object = json_object();

	for (int i = 0; i < TCPAUDIT_VERDICTS; i++)
		count(object, tcpaudit_verdict_name(i), t->verdict[i]);
	return object;
}

static json_t *
findings(const struct tally *t)
{
	static const enum tcpaudit_severity order[] = { TCPAUDIT_ERROR,
		TCPAUDIT_WARNING, TCPAUDIT_NOTE, TCPAUDIT_CAPTURE };
	json_t *object = json_object(), *rules;

	for (int i = 0; i < TCPAUDIT_SEVERITIES; i++) {
		rules = json_object();
		for (size_t r = 0; r < t->rules; r++)
			count(rules, tcpaudit_rule(r)->name,
			    t->finding[r][order[i]]);
		json_object_set_new(
		    object, tcpaudit_severity_name(order[i]), rules);
	}
	return object;
}

json_t *
record_summary(const struct output *o, const struct output_totals *totals)
{
	const struct tcpaudit_statistics *s = &totals->statistics;
	json_t *record;

	record = json_pack(
	    "{s:s, s:I, s:I, s:o, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:I}",
	    "type", "summary", "packets", (json_int_t)s->packets, "tcp_packets",
	    (json_int_t)s->tcp_packets, "skipped", skipped(s), "truncated",
	    (json_int_t)s->truncated, "connections", (json_int_t)s->connections,
	    "verdicts", verdicts(&o->tally), "findings", findings(&o->tally),
	    "kernel_dropped", (json_int_t)totals->kernel_dropped,
	    "interface_dropped", (json_int_t)totals->interface_dropped,
	    "evicted_flows", (json_int_t)s->evicted_flows, "duration_ns",
	    (json_int_t)(s->last_time - s->first_time), "uncounted_findings",
	    (json_int_t)s->uncounted_findings);
	if (record != NULL)
		count(record, "unlisted_findings", o->findings.entries.refused);
	if (record != NULL)
		count(record, "summarised_hosts", s->summarised);
	return record;
}
