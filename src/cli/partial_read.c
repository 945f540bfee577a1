/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "log.h"
#include "partial.h"

/* No record that tcpaudit writes is so long. */
#define LINE_MOST (UINT64_C(1) << 26)

static const char again[] = "make it again with --shard K/N --ndjson";

void
partial_refuse(struct partial_reader *r, const char *what)
{
	if (!r->failed)
		log_error(
		    r->name, "line %" PRIu64 ": %s: %s", r->line, what, again);
	r->failed = true;
}

/* The next line, without its end.  False: there is none, or `failed`. */
static bool
read_line(struct partial_reader *r)
{
	char piece[65536];
	size_t length;

	buffer_cut(&r->text, 0);
	r->line++;
	while (fgets(piece, sizeof(piece), r->file) != NULL) {
		length = strlen(piece);
		buffer_add(&r->text, piece, length);
		if (length > 0 && piece[length - 1] == '\n')
			break;
		if (r->text.length > LINE_MOST) {
			partial_refuse(r, "is too long for a record");
			return false;
		}
	}
	if (ferror((FILE *)r->file))
		partial_refuse(r, strerror(errno));
	else if (r->text.failed)
		partial_refuse(r, "out of memory");
	else if (r->text.length > 0 && r->text.data[r->text.length - 1] != '\n')
		partial_refuse(r, "breaks off");
	return !r->failed && r->text.length > 0;
}

/* The next partial record; NULL: there is none, or `failed`. */
static json_t *
read_record(struct partial_reader *r)
{
	static const char any[] = "{\"type\":\"";
	static const char mine[] = "{\"type\":\"partial\"";
	json_error_t error;
	json_t *record;

	for (;;) {
		if (!read_line(r))
			return NULL;
		if (strncmp(r->text.data, any, sizeof(any) - 1) != 0) {
			partial_refuse(r, "is no record of tcpaudit");
			return NULL;
		}
		if (strncmp(r->text.data, mine, sizeof(mine) - 1) == 0)
			break;
	}
	record = json_loadb(
	    r->text.data, r->text.length, JSON_REJECT_DUPLICATES, &error);
	if (record == NULL && !r->failed) {
		log_error(r->name, "line %" PRIu64 ": is no JSON (%s): %s",
		    r->line, error.text, again);
		r->failed = true;
	}
	return record;
}

/* A number of a record from 0 to `most`. */
static uint64_t
number(struct partial_reader *r, const json_t *record, const char *name,
    uint64_t most)
{
	const json_t *n = json_object_get(record, name);

	if (json_is_integer(n) && json_integer_value(n) >= 0 &&
	    (uint64_t)json_integer_value(n) <= most)
		return (uint64_t)json_integer_value(n);
	if (!r->failed)
		log_error(r->name,
		    "line %" PRIu64 ": '%s' is not a number as it should be: "
		    "%s",
		    r->line, name, again);
	r->failed = true;
	return 0;
}

static void
read_parcels(struct partial_reader *r, const json_t *record)
{
	const json_t *text = json_object_get(record, "parcels");
	long length;

	free(r->bytes);
	r->bytes = NULL;
	r->parcels.p = r->parcels.end = NULL;
	if (!json_is_string(text)) {
		partial_refuse(r, "has no parcels");
		return;
	}
	r->bytes = malloc(base64_room(json_string_length(text)));
	if (r->bytes == NULL) {
		partial_refuse(r, "out of memory");
		return;
	}
	length = base64_decode(
	    r->bytes, json_string_value(text), json_string_length(text));
	if (length < 0) {
		partial_refuse(r, "holds parcels that are not base64");
		return;
	}
	r->parcels.p = r->bytes;
	r->parcels.end = r->bytes + length;
}

static void
read_skipped(struct partial_reader *r, const json_t *end)
{
	const json_t *array = json_object_get(end, "skipped"), *n;
	struct tcpaudit_statistics *s = &r->totals.statistics;

	if (json_array_size(array) != TCPAUDIT_SKIPS) {
		partial_refuse(r, "'skipped' is not a list as it should be");
		return;
	}
	for (size_t i = 0; i < TCPAUDIT_SKIPS; i++) {
		n = json_array_get(array, i);
		s->skipped[i] = (uint64_t)json_integer_value(n);
		if (!json_is_integer(n) || json_integer_value(n) < 0)
			partial_refuse(r, "'skipped' holds no number");
	}
}

static void
read_end(struct partial_reader *r, const json_t *end)
{
	struct tcpaudit_statistics *s = &r->totals.statistics;
	const uint64_t most = INT64_MAX / 4;

	s->packets = number(r, end, "packets", most);
	s->tcp_packets = number(r, end, "tcp_packets", most);
	s->truncated = number(r, end, "truncated", most);
	s->connections = number(r, end, "connections", most);
	s->evicted_flows = number(r, end, "evicted_flows", most);
	s->uncounted_findings = number(r, end, "uncounted_findings", most);
	s->first_time =
	    json_integer_value(json_object_get(end, "first_time_ns"));
	s->last_time = json_integer_value(json_object_get(end, "last_time_ns"));
	if (s->last_time < s->first_time || s->first_time < -INT64_MAX / 2 ||
	    s->last_time > INT64_MAX / 2)
		partial_refuse(r, "ends before it begins");
	r->totals.kernel_dropped = number(r, end, "kernel_dropped", most);
	r->totals.interface_dropped = number(r, end, "interface_dropped", most);
	r->totals.trouble = json_is_true(json_object_get(end, "trouble"));
	read_skipped(r, end);
	r->ended = true;
}

/* What all partial records have. */
static void
read_common(struct partial_reader *r, const json_t *record)
{
	const json_t *end = json_object_get(record, "end");
	struct shard shard;

	shard.number = (uint32_t)number(r, record, "shard", UINT16_MAX);
	shard.of = (uint32_t)number(r, record, "shards", UINT16_MAX + 1u);
	if (number(r, record, "number", UINT64_MAX / 2) != r->count++)
		partial_refuse(r, "is not the record that comes next");
	if (r->count == 1)
		r->shard = shard;
	if (!r->failed &&
	    (shard.number != r->shard.number || shard.of != r->shard.of))
		partial_refuse(r, "is of another shard than the first one");
	if (!r->failed)
		read_parcels(r, record);
	if (!r->failed && end != NULL)
		read_end(r, end);
}

static void
read_audit(struct partial_reader *r, const json_t *record)
{
	json_t *made = json_object_get(record, "audit");
	const char *version =
	    json_string_value(json_object_get(made, "version"));
	struct partial_audit *a = &r->audit;

	if (version == NULL || strcmp(version, TCPAUDIT_VERSION) != 0 ||
	    number(r, made, "parcels", 1 << 20) != PARCEL_VERSION) {
		if (!r->failed)
			log_error(r->name,
			    "line %" PRIu64 ": of version %.20s, this is %s: "
			    "use one version for all",
			    r->line, version != NULL ? version : "?",
			    TCPAUDIT_VERSION);
		r->failed = true;
		return;
	}
	r->made = json_incref(made);
	r->engines = (uint32_t)number(r, record, "engines", UINT8_MAX + 1);
	a->memory = number(r, made, "memory_bytes", INT64_MAX);
	a->flood_syn = number(r, made, "flood_syn", UINT32_MAX);
	a->half_open = number(r, made, "half_open", UINT32_MAX);
	a->msl = (int64_t)number(r, made, "msl_ns", INT64_MAX);
	a->tw_floor = (int64_t)number(r, made, "tw_floor_ns", INT64_MAX);
	a->transitions = json_is_true(json_object_get(made, "transitions"));
	if (r->shard.number >= r->shard.of || r->engines == 0)
		partial_refuse(r, "is of a shard that cannot be");
}

int
partial_open(struct partial_reader *r, const char *name)
{
	json_t *record;

	memset(r, 0, sizeof(*r));
	r->name = name;
	r->file = strcmp(name, "-") == 0 ? stdin : fopen(name, "r");
	if (r->file == NULL) {
		log_error(name, "cannot be opened: %s: check the name",
		    strerror(errno));
		r->failed = true;
		return -1;
	}
	record = read_record(r);
	if (record != NULL) {
		read_common(r, record);
		if (!r->failed)
			read_audit(r, record);
		json_decref(record);
	} else if (!r->failed) {
		log_error(name, "holds no shard: %s", again);
		r->failed = true;
	}
	return r->failed ? -1 : 0;
}

bool
partial_take(struct partial_reader *r, struct parcel *out)
{
	json_t *record;

	while (!r->failed && !parcel_read(&r->parcels, out)) {
		if (r->parcels.failed) {
			partial_refuse(r, "holds parcels that are damaged");
			break;
		}
		if (r->ended)
			return false;
		record = read_record(r);
		if (record == NULL) {
			partial_refuse(r, "the last record is missing");
			break;
		}
		read_common(r, record);
		json_decref(record);
	}
	if (!r->failed && out->part.engine >= r->engines)
		partial_refuse(r, "names an engine that there is not");
	return !r->failed;
}

void
partial_close(struct partial_reader *r)
{
	if (r->file != NULL && r->file != stdin)
		(void)fclose(r->file);
	json_decref(r->made);
	buffer_clear(&r->text);
	free(r->bytes);
	r->file = NULL;
	r->made = NULL;
	r->bytes = NULL;
}
