/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <string.h>

#include "base64.h"
#include "format.h"
#include "partial.h"

#define RECORD_BYTES 24576

static json_t *
local_addresses(const struct tcpaudit_config *c)
{
	json_t *array = json_array();
	struct buffer b = { 0 };

	for (size_t i = 0; i < c->local_count; i++) {
		format_address(&b, c->local_family[i], &c->local[i]);
		if (b.data != NULL)
			json_array_append_new(array, json_string(b.data));
		buffer_cut(&b, 0);
	}
	buffer_clear(&b);
	return array;
}

/* Whatever two shards of one capture must have in common. */
static json_t *
how_made(const struct options *o)
{
	struct tcpaudit_config c;

	options_config(o, &c);
	return json_pack("{s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:i, s:i, "
			 "s:o, s:s?, s:I, s:I, s:b, s:b}",
	    "version", TCPAUDIT_VERSION, "parcels", PARCEL_VERSION, "stack",
	    (int)c.stack, "msl_ns", (json_int_t)c.msl, "tw_floor_ns",
	    (json_int_t)c.tw_floor, "memory_bytes", (json_int_t)c.memory_bytes,
	    "flood_syn", (json_int_t)c.flood_syn, "half_open",
	    (json_int_t)c.half_open, "checksum", (int)c.checksum, "flow_key",
	    (int)c.flow_key, "local", local_addresses(&c), "filter", o->filter,
	    "count", (json_int_t)o->count, "duration_ns",
	    (json_int_t)o->duration, "separate", o->separate, "transitions",
	    o->output.transitions);
}

static int
append(const char *bytes, size_t length, void *buffer)
{
	buffer_add(buffer, bytes, length);
	return 0;
}

static void
add_json(struct buffer *line, const char *name, json_t *json)
{
	if (json == NULL) {
		line->failed = true;
		return;
	}
	buffer_printf(line, ",\"%s\":", name);
	if (json_dump_callback(json, append, line, JSON_COMPACT) != 0)
		line->failed = true;
	json_decref(json);
}

/* Writes what was put in; `end` may be NULL. */
static void
write_record(struct partial_writer *w, json_t *end)
{
	struct buffer line = { 0 };

	buffer_printf(&line,
	    "{\"type\":\"partial\",\"shard\":%u,\"shards\":%u,\"number\":%llu",
	    w->options->shard, w->options->shards,
	    (unsigned long long)w->count);
	if (w->count == 0) {
		buffer_printf(&line, ",\"engines\":%u", w->engines);
		add_json(&line, "audit", how_made(w->options));
	}
	buffer_add_string(&line, ",\"parcels\":\"");
	base64_encode(&line, (const uint8_t *)w->bytes.data, w->bytes.length);
	buffer_add_string(&line, "\"");
	if (end != NULL)
		add_json(&line, "end", end);
	buffer_add_string(&line, "}\n");
	if (line.failed || w->bytes.failed)
		output_fail(*w->output);
	else
		output_line(*w->output, line.data, line.length);
	buffer_clear(&line);
	buffer_cut(&w->bytes, 0);
	w->count++;
}

void
partial_put(void *writer, const struct parcel *parcel)
{
	struct partial_writer *w = writer;
	size_t was = w->bytes.length;

	buffer_reserve(&w->bytes, parcel_room(parcel));
	if (w->bytes.failed)
		return;
	w->bytes.length +=
	    parcel_write(&w->state, (uint8_t *)w->bytes.data + was, parcel);
	if (w->bytes.length >= RECORD_BYTES)
		write_record(w, NULL);
}

static json_t *
skipped(const struct tcpaudit_statistics *s)
{
	json_t *array = json_array();

	for (int i = 0; i < TCPAUDIT_SKIPS; i++)
		json_array_append_new(
		    array, json_integer((json_int_t)s->skipped[i]));
	return array;
}

void
partial_end(struct partial_writer *w, const struct partial_totals *t)
{
	const struct tcpaudit_statistics *s = &t->statistics;

	write_record(w,
	    json_pack("{s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
		      "s:b}",
		"packets", (json_int_t)s->packets, "tcp_packets",
		(json_int_t)s->tcp_packets, "truncated",
		(json_int_t)s->truncated, "skipped", skipped(s), "connections",
		(json_int_t)s->connections, "evicted_flows",
		(json_int_t)s->evicted_flows, "uncounted_findings",
		(json_int_t)s->uncounted_findings, "first_time_ns",
		(json_int_t)s->first_time, "last_time_ns",
		(json_int_t)s->last_time, "kernel_dropped",
		(json_int_t)t->kernel_dropped, "interface_dropped",
		(json_int_t)t->interface_dropped, "trouble", t->trouble));
	buffer_clear(&w->bytes);
}
