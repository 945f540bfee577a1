/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "community_id.h"
#include "log.h"
#include "report.h"

/* For --quiet: only the tally is kept. */
static const struct output_writer output_quiet;

static const struct output_writer *const writers[] = {
	[OUTPUT_TEXT] = &output_text,
	[OUTPUT_JSON] = &output_json,
	[OUTPUT_NDJSON] = &output_ndjson,
	[OUTPUT_QUIET] = &output_quiet,
};

static void
output_free(struct output *o)
{
	struct shelf *shelf[] = { &o->findings, &o->connections,
		&o->transitions };

	for (size_t i = 0; i < sizeof(shelf) / sizeof(shelf[0]); i++)
		shelf_close(shelf[i]);
	for (size_t i = 0; i < o->input_count; i++) {
		free(o->input[i].name);
		free(o->input[i].filter);
		free(o->input[i].cut);
		free(o->input[i].link_type);
	}
	free(o->input);
	tally_clear(&o->tally);
	community_id_free(o->community);
	buffer_clear(&o->buffer);
	buffer_clear(&o->scratch);
	buffer_clear(&o->pending.text);
	free(o);
}

static int
open_shelves(struct output *o)
{
	if (!o->writer->holds)
		return 0;
	if (shelf_open(&o->findings, ENTRIES_MAX, false) != 0 ||
	    shelf_open(&o->connections, ENTRIES_MAX, true) != 0)
		return -1;
	/* Transitions stand in the order they were made: none is sorted. */
	return o->options.transitions ? shelf_open(&o->transitions, 0, true)
				      : 0;
}

struct output *
output_open(const struct output_options *options)
{
	struct output *o = calloc(1, sizeof(*o));

	if (o == NULL || tally_init(&o->tally, &options->selection) != 0) {
		log_error(NULL, "out of memory");
		free(o);
		return NULL;
	}
	o->options = *options;
	o->writer = writers[options->format];
	if (options->format == OUTPUT_JSON || options->format == OUTPUT_NDJSON)
		o->community = community_id_new();
	if (open_shelves(o) != 0 ||
	    (options->format != OUTPUT_QUIET &&
		sink_open(&o->sink, options->path) != 0)) {
		output_free(o);
		return NULL;
	}
	return o;
}

/* A copy that is safe to print; NULL if there is nothing to copy. */
static char *
copy_escaped(struct output *o, const char *from)
{
	char *copy;

	if (from == NULL)
		return NULL;
	buffer_add_escaped(&o->scratch, from);
	copy = strdup(o->scratch.length > 0 ? o->scratch.data : "");
	buffer_cut(&o->scratch, 0);
	if (copy == NULL)
		o->error = ENOMEM;
	return copy;
}

void
output_input(struct output *o, const struct output_input *from)
{
	struct input *grown, *input;

	grown = realloc(o->input, (o->input_count + 1) * sizeof(*grown));
	if (grown == NULL) {
		o->error = ENOMEM;
		return;
	}
	o->input = grown;
	input = &grown[o->input_count++];
	memset(input, 0, sizeof(*input));
	input->name = copy_escaped(o, from->name);
	input->filter = copy_escaped(o, from->filter);
	input->link_type = copy_escaped(o, from->link_type);
	input->live = from->live;
	input->snaplen = from->snaplen;
	if (o->writer->input != NULL)
		o->writer->input(o, input);
}

void
output_input_time(struct output *o, int64_t first_time)
{
	if (o->input_count == 0)
		return;
	o->input[o->input_count - 1].first_time = first_time;
	o->input[o->input_count - 1].timed = true;
}

void
output_input_end(struct output *o, uint64_t packets, int64_t first_time,
    int64_t last_time, const char *cut)
{
	struct input *input;

	if (o->input_count == 0)
		return;
	input = &o->input[o->input_count - 1];
	input->packets = packets;
	input->last_time = last_time;
	if (!input->timed)
		output_input_time(o, first_time);
	input->cut = copy_escaped(o, cut);
}

void
output_finding(void *argument, const struct tcpaudit_finding *f)
{
	struct output *o = argument;
	enum tally_change change = tally_finding(&o->tally, f);

	if (change != TALLY_NOTHING && o->writer->finding != NULL)
		o->writer->finding(o, f, change);
}

void
output_transition(void *argument, const struct tcpaudit_transition *t)
{
	struct output *o = argument;

	if (o->options.transitions && o->writer->transition != NULL)
		o->writer->transition(o, t);
}

void
output_connection(void *argument, const struct tcpaudit_connection *c)
{
	struct output *o = argument;
	size_t i = TCPAUDIT_PACKET_INPUT(c->first_packet);

	tally_connection(&o->tally, c);
	if (i < o->input_count)
		o->input[i].connections++;
	if (o->writer->connection != NULL)
		o->writer->connection(o, c);
}

uint64_t
output_count(const struct output *o, enum tcpaudit_severity severity)
{
	return o->tally.severity[severity];
}

static int
first_error(const struct output *o)
{
	if (o->error != 0)
		return o->error;
	if (o->findings.spool.error != 0)
		return o->findings.spool.error;
	if (o->connections.spool.error != 0)
		return o->connections.spool.error;
	return o->transitions.spool.error;
}

int
output_close(struct output *o, const struct output_totals *totals)
{
	int result = 0;

	if (o->writer->finish != NULL)
		o->writer->finish(o, totals);
	if (o->options.format != OUTPUT_QUIET)
		result = sink_close(&o->sink, first_error(o));
	output_free(o);
	return result;
}

void
output_line(struct output *o, const char *line, size_t length)
{
	buffer_add(&o->buffer, line, length);
	report_write(o);
}

void
output_fail(struct output *o)
{
	o->error = ENOMEM;
}

void
output_abandon(struct output *o)
{
	if (o->options.format != OUTPUT_QUIET)
		sink_abandon(&o->sink);
	output_free(o);
}

const struct input *
report_input(const struct output *o, tcpaudit_packet_id packet)
{
	static char unknown[] = "?";
	static const struct input nowhere = { .name = unknown };
	size_t i = TCPAUDIT_PACKET_INPUT(packet);

	return i < o->input_count && o->input[i].name != NULL ? &o->input[i]
							      : &nowhere;
}

void
report_hold(struct output *o, struct shelf *shelf, const struct entry *entry,
    int revises)
{
	if (o->buffer.failed)
		o->error = ENOMEM;
	shelf_add(shelf, entry, revises, &o->buffer);
	buffer_cut(&o->buffer, 0);
}

void
report_write(struct output *o)
{
	if (o->buffer.failed)
		o->error = ENOMEM;
	else if (o->buffer.length > 0)
		sink_write(&o->sink, o->buffer.data, o->buffer.length);
	buffer_cut(&o->buffer, 0);
	if (o->options.flush)
		sink_flush(&o->sink);
}
