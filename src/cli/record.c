/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "record.h"

#include "format.h"

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

json_t *
record_time(struct output *o, int64_t time)
{
	json_t *string;

	format_time(&o->scratch, time);
	string = o->scratch.failed ? NULL : json_string(o->scratch.data);
	buffer_cut(&o->scratch, 0);
	return string;
}

json_t *
record_states(int64_t states)
{
	json_t *array = json_array();

	for (int i = 0; i < TCPAUDIT_STATES; i++)
		if (states >> i & 1)
			json_array_append_new(
			    array, json_string(tcpaudit_state_name(i)));
	return array;
}

json_t *
record_address(struct output *o, const struct tcpaudit_tuple *tuple, int end)
{
	json_t *object = NULL;

	format_address(&o->scratch, tuple->family, &tuple->address[end]);
	if (!o->scratch.failed)
		object = json_pack("{s:s, s:i}", "address", o->scratch.data,
		    "port", tuple->port[end]);
	buffer_cut(&o->scratch, 0);
	return object;
}

json_t *
record_end(int end)
{
	static const char *const name[] = { "client", "server", "both" };

	return end < 0 || end > 2 ? json_null() : json_string(name[end]);
}

json_t *
record_packet(tcpaudit_packet_id packet)
{
	uint64_t number = TCPAUDIT_PACKET_NUMBER(packet);

	return number == 0 ? json_null() : json_integer((json_int_t)number);
}

int64_t
record_offset(const struct output *o, tcpaudit_packet_id packet, int64_t time)
{
	return time - report_input(o, packet)->first_time;
}

json_t *
record_transition(struct output *o, const struct tcpaudit_transition *t)
{
	return json_pack("{s:s, s:s, s:I, s:o, s:s, s:s, s:o, s:o, s:I, s:s, "
			 "s:s}",
	    "type", "transition", "input", report_input(o, t->packet)->name,
	    "connection", (json_int_t)t->connection->id, "endpoint",
	    record_end(t->endpoint), "from", tcpaudit_state_name(t->from), "to",
	    tcpaudit_state_name(t->to), "packet", record_packet(t->packet),
	    "time", record_time(o, t->time), "offset_ns",
	    (json_int_t)record_offset(o, t->packet, t->time), "trigger",
	    tcpaudit_trigger_name(t->trigger), "certainty",
	    tcpaudit_certainty_name(t->certainty));
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
