/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "audit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "filter.h"
#include "interrupt.h"
#include "jobs.h"
#include "link_type.h"
#include "live.h"
#include "log.h"
#include "memory.h"
#include "merge_files.h"

/* So many packets at most are read before those who wait for what a worker
 * says are told how far it is. */
#define PACKETS_UNTOLD 4096

/* ----------------------------------------------------------- the worker */

/* What it puts in its lane about the inputs. */
static void
put(struct audit *a, int kind, const struct tcpaudit_place *place)
{
	a->parcel.part.kind = (enum tcpaudit_part_kind)kind;
	a->parcel.part.place = *place;
	a->parcel.part.connection = 0;
	if (!lane_put_input(a->lane, &a->parcel))
		a->enough = true;
	memset(&a->parcel, 0, sizeof(a->parcel));
}

static void
pass_part(void *argument, const struct tcpaudit_part *part)
{
	struct audit *a = argument;

	if (!lane_put(a->lane, part))
		a->enough = true; /* nobody listens */
}

/* What comes later is of this packet, or of those after it. */
static void
tell_progress(struct audit *a, uint64_t number)
{
	struct tcpaudit_place place = { .packet = TCPAUDIT_PACKET_ID(
					    a->inputs - 1, number) };

	if (a->lane->place.packet >= place.packet)
		place = a->lane->place;
	if (!lane_pass(a->lane, &place))
		a->enough = true;
}

static struct tcpaudit_place
place_of_input(uint32_t index)
{
	return (
	    struct tcpaudit_place){ .packet = TCPAUDIT_PACKET_ID(index, 0) };
}

static void
tell_input(struct audit *a, const struct output_input *input)
{
	struct tcpaudit_place place = place_of_input(a->inputs);

	if (a->lane == NULL) {
		output_input(a->output, input);
	} else if (!a->silent) {
		a->parcel.input = *input;
		put(a, PARCEL_INPUT, &place);
	}
}

static void
tell_time(struct audit *a, int64_t time)
{
	struct tcpaudit_place place = place_of_input(a->inputs - 1);

	if (a->lane == NULL) {
		output_input_time(a->output, time);
	} else if (!a->silent) {
		a->parcel.part.time = time;
		put(a, PARCEL_INPUT_TIME, &place);
	}
}

static void
tell_end(struct audit *a, const char *cut)
{
	if (a->lane == NULL) {
		output_input_end(a->output, a->input_packets, a->first_time,
		    a->last_time, cut);
	} else if (!a->silent) {
		a->parcel.packets = a->input_packets;
		a->parcel.first_time = a->first_time;
		a->parcel.last_time = a->last_time;
		a->parcel.cut = cut;
		put(a, PARCEL_INPUT_END, &a->lane->place);
	}
}

/* ------------------------------------------------------------ one input */

void
audit_warn_link(const char *name, int number)
{
	char spare[16];

	if (!tcpaudit_link_type_known(number))
		log_warning(name,
		    "link type %s is not decoded: its "
		    "packets are only counted",
		    link_type_name(link_type_dlt(number), spare));
}

int
audit_begin(struct audit *a, const struct output_input *input, int dlt)
{
	int number = link_type_number(dlt);

	if (a->output == NULL && a->lane == NULL) {
		a->output = output_open(&a->options->output);
		if (a->output == NULL)
			return -1;
	}
	tell_input(a, input);
	if (tcpaudit_input(a->engine, a->inputs, number) != TCPAUDIT_OK) {
		log_error(input->name, "more inputs than can be told apart: "
				       "join some with mergecap");
		return -1;
	}
	a->inputs++;
	a->input_packets = 0;
	a->first_time = a->last_time = 0;
	a->warned = false;
	a->link = number;
	audit_warn_link(input->name, number);
	return 0;
}

static void
note_time(struct audit *a, int64_t time)
{
	if (a->input_packets == 1) {
		a->first_time = a->last_time = time;
		tell_time(a, time);
	}
	if (time > a->last_time)
		a->last_time = time;
	if (!a->started)
		a->start = time;
	a->started = true;
}

/* `count` packets go to the library. */
static void
pass_packets(
    struct audit *a, const struct tcpaudit_packet *packets, size_t count)
{
	if (tcpaudit_packets(a->engine, packets, count) != TCPAUDIT_ENOMEM ||
	    a->exhausted)
		return;
	log_error(NULL, "out of memory: some packets are not audited, give a "
			"smaller --memory");
	a->exhausted = true;
	a->trouble = true;
}

void
audit_flush(struct audit *a)
{
	struct batch *b = &a->batch;

	if (b->count > 0)
		pass_packets(a, b->packet, b->count);
	b->count = b->used = 0;
}

static void
hold_packet(struct audit *a, const struct tcpaudit_packet *packet)
{
	struct batch *b = &a->batch;
	size_t length = packet->captured;
	struct tcpaudit_packet *copy;

	if (length > sizeof(b->bytes) - b->used)
		audit_flush(a);
	if (length > sizeof(b->bytes)) {
		pass_packets(a, packet, 1);
		return;
	}
	copy = &b->packet[b->count++];
	*copy = *packet;
	copy->data = b->bytes + b->used;
	memcpy(b->bytes + b->used, packet->data, length);
	b->used += length;
	if (b->count == AUDIT_BATCH)
		audit_flush(a);
}

/* Those who wait for what a worker says are told how far it is. */
static void
tell_now_and_then(struct audit *a, uint64_t number)
{
	if (a->lane == NULL || a->packets < a->next_word)
		return;
	a->next_word = a->packets + PACKETS_UNTOLD;
	audit_flush(a);
	tell_progress(a, number);
}

void
audit_batch(struct audit *a, size_t count)
{
	struct batch *b = &a->batch;

	for (size_t i = 0; i < count; i++)
		if (b->packet[i].time > a->last_time)
			a->last_time = b->packet[i].time;
	a->packets += count;
	a->input_packets += count;
	b->count = count;
	audit_flush(a);
	tell_now_and_then(a, b->packet[count - 1].number);
}

void
audit_packet(struct audit *a, const struct tcpaudit_packet *packet)
{
	const struct options *o = a->options;

	/* On a wire it is the clock of the wall that counts, see live.c. */
	if (o->duration > 0 && o->interface == NULL && a->started &&
	    packet->time - a->start > o->duration) {
		a->enough = true;
		return;
	}
	a->packets++;
	a->input_packets++;
	note_time(a, packet->time);
	hold_packet(a, packet);
	/* Somebody waits at the other end of the pipe. */
	if (o->output.flush && o->interface == NULL)
		audit_flush(a);
	tell_now_and_then(a, packet->number);
	if (o->count > 0 && a->packets >= o->count)
		a->enough = true;
}

void
audit_end(struct audit *a, const char *cut, uint64_t position)
{
	audit_flush(a);
	if (cut != NULL) {
		tcpaudit_input_cut(a->engine, position);
		a->trouble = true;
	}
	tell_end(a, cut);
}

/* ------------------------------------------------------------------ run */

static bool
wants_color(const struct options *o)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (o->color != WHEN_AUTO)
		return o->color == WHEN_ALWAYS;
	return (no == NULL || *no == '\0') && o->output.path == NULL &&
	       isatty(STDOUT_FILENO) &&
	       (terminal == NULL || strcmp(terminal, "dumb") != 0);
}

static void
pass_finding(void *argument, const struct tcpaudit_finding *finding)
{
	struct audit *a = argument;

	output_finding(a->output, finding);
}

static void
pass_transition(void *argument, const struct tcpaudit_transition *transition)
{
	struct audit *a = argument;

	output_transition(a->output, transition);
}

static void
pass_connection(void *argument, const struct tcpaudit_connection *connection)
{
	struct audit *a = argument;

	output_connection(a->output, connection);
}

int
audit_engine(struct audit *a, struct tcpaudit_config *config)
{
	const struct options *o = a->options;

	if (getentropy(config->hash_key, sizeof(config->hash_key)) != 0) {
		log_error(NULL, "no random numbers to be had: check the "
				"system");
		return -1;
	}
	config->argument = a;
	config->allocate = memory_take;
	config->release = memory_give;
	config->on_finding = pass_finding;
	config->on_connection = pass_connection;
	if (o->output.transitions)
		config->on_transition = pass_transition;
	if (a->lane != NULL)
		config->on_part = pass_part;
	a->engine = tcpaudit_new(config);
	if (a->engine != NULL)
		return 0;
	log_error(NULL, "out of memory: give a smaller --memory");
	return -1;
}

/* From the counts of the findings that are reported. */
static bool
must_fail(const struct audit *a)
{
	for (int i = (int)a->options->fail_on; i < TCPAUDIT_SEVERITIES; i++) {
		if (output_count(a->output, (enum tcpaudit_severity)i) > 0)
			return true;
	}
	return false;
}

static uint64_t
new_drops(struct audit *a)
{
	uint64_t all = a->kernel_dropped + a->interface_dropped;
	uint64_t drops = all - a->told_drops;

	a->told_drops = all;
	return drops;
}

void
audit_finish(struct audit *a)
{
	tcpaudit_finish(a->engine, new_drops(a));
}

int
audit_close(struct audit *a, const struct tcpaudit_statistics *statistics)
{
	struct output_totals totals;
	bool fail;

	if (a->output == NULL)
		return 2; /* not one input could be read */
	memset(&totals, 0, sizeof(totals));
	totals.kernel_dropped = a->kernel_dropped;
	totals.interface_dropped = a->interface_dropped;
	totals.statistics = *statistics;
	fail = must_fail(a);
	if (output_close(a->output, &totals) != 0)
		a->trouble = true;
	a->output = NULL;
	if (a->trouble)
		return 2;
	return fail ? 1 : 0;
}

/* One engine, in this thread, which says everything at once. */
static int
audit_alone(const struct options *o)
{
	struct tcpaudit_statistics statistics;
	struct tcpaudit_config config;
	struct audit a;
	int status;

	memset(&a, 0, sizeof(a));
	a.options = o;
	options_config(o, &config);
	if (audit_engine(&a, &config) != 0)
		return 2;
	progress_init(&a.progress, o->progress == WHEN_ALWAYS);
	if (o->progress == WHEN_NEVER)
		a.progress.on = false;
	if (o->interface != NULL)
		live_run(&a);
	else
		audit_files(&a);
	if (a.output != NULL)
		audit_finish(&a);
	tcpaudit_statistics(a.engine, &statistics);
	status = audit_close(&a, &statistics);
	tcpaudit_free(a.engine);
	return status;
}

int
audit_run(const struct options *o)
{
	struct options mine = *o;
	unsigned jobs;

	mine.output.color = wants_color(o);
	/* Somebody may be waiting for the records of what is not ended. */
	mine.output.flush = o->interface != NULL;
	for (size_t i = 0; i < o->files.count; i++)
		mine.output.flush |= strcmp(o->files.word[i], "-") == 0;
	if (o->filter != NULL && filter_check(o->filter) != 0)
		return 2;
	interrupt_catch();
	if (o->merge)
		return merge_files(&mine);
	jobs = jobs_count(&mine);
	return jobs > 1 || o->shards > 0 ? jobs_run(&mine, jobs)
					 : audit_alone(&mine);
}
