/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* JSON: a line for each record as it is decided, or one document at the end. */
#include <errno.h>

#include "record.h"

static int
append(const char *bytes, size_t length, void *buffer)
{
	buffer_add(buffer, bytes, length);
	return 0;
}

/* Renders a record, and lets go of it. */
static void
render(struct output *o, json_t *record)
{
	if (record == NULL ||
	    json_dump_callback(record, append, &o->buffer, JSON_COMPACT) != 0)
		o->error = ENOMEM;
	json_decref(record);
}

static void
end_line(struct output *o)
{
	buffer_add_string(&o->buffer, "\n");
	report_write(o);
}

static void
line_input(struct output *o, const struct input *input)
{
	render(o, record_capture(input));
	end_line(o);
}

static void
line_finding(struct output *o, const struct tcpaudit_finding *f,
    enum tally_change change)
{
	(void)change; /* who read the former record has to know */
	record_finding(o, f, f->revises);
	end_line(o);
}

static void
line_connection(struct output *o, const struct tcpaudit_connection *c)
{
	record_connection(o, c);
	end_line(o);
}

static void
line_transition(struct output *o, const struct tcpaudit_transition *t)
{
	record_transition(o, t);
	end_line(o);
}

static void
line_finish(struct output *o, const struct output_totals *totals)
{
	render(o, record_summary(o, totals));
	end_line(o);
}

const struct output_writer output_ndjson = {
	.input = line_input,
	.finding = line_finding,
	.connection = line_connection,
	.transition = line_transition,
	.finish = line_finish,
};

static void
hold_finding(struct output *o, const struct tcpaudit_finding *f,
    enum tally_change change)
{
	struct entry entry = {
		.id = f->id, .packet = f->packet, .gone = change == TALLY_LEAVES
	};

	if (!entry.gone)
		record_finding(o, f, 0);
	report_hold(o, &o->findings, &entry, f->revises);
}

static void
hold_connection(struct output *o, const struct tcpaudit_connection *c)
{
	struct entry entry = { .id = c->connection->id };

	record_connection(o, c);
	report_hold(o, &o->connections, &entry, 0);
}

static void
hold_transition(struct output *o, const struct tcpaudit_transition *t)
{
	struct entry entry = { 0 };

	record_transition(o, t);
	report_hold(o, &o->transitions, &entry, 0);
}

/* Writes the records of a shelf as an array: one on each line. */
static void
write_array(struct output *o, const char *name, struct shelf *shelf)
{
	struct shelf_cursor cursor = { 0 };
	const char *separator = "\n";

	buffer_printf(&o->buffer, "],\n\"%s\":[", name);
	report_write(o);
	shelf_settle(shelf);
	while (shelf_next(shelf, &cursor, &o->buffer)) {
		sink_write(&o->sink, separator, *separator == ',' ? 2 : 1);
		separator = ",\n";
		report_write(o);
	}
}

static void
document_finish(struct output *o, const struct output_totals *totals)
{
	buffer_add_string(
	    &o->buffer, "{\"schema\":\"tcpaudit/1\",\n\"captures\":[");
	for (size_t i = 0; i < o->input_count; i++) {
		buffer_add_string(&o->buffer, i == 0 ? "\n" : ",\n");
		render(o, record_capture(&o->input[i]));
	}
	write_array(o, "findings", &o->findings);
	write_array(o, "connections", &o->connections);
	if (o->options.transitions)
		write_array(o, "transitions", &o->transitions);
	buffer_add_string(&o->buffer, "],\n\"summary\":");
	render(o, record_summary(o, totals));
	buffer_add_string(&o->buffer, "}\n");
	report_write(o);
}

const struct output_writer output_json = {
	.holds = true,
	.finding = hold_finding,
	.connection = hold_connection,
	.transition = hold_transition,
	.finish = document_finish,
};
