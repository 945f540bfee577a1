/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The inside of struct output, for the files that write a format.  Everybody
 * else includes output.h. */
#ifndef REPORT_H
#define REPORT_H

#include "buffer.h"
#include "output.h"
#include "shelf.h"
#include "sink.h"
#include "tally.h"

/* Strings are owned, and escaped: they come from outside. */
struct input {
	char *name, *filter, *cut; /* the last two may be NULL */
	char *link_type;	   /* or NULL */
	bool live;
	int snaplen;
	bool timed; /* first_time is known */
	int64_t first_time, last_time;
	uint64_t packets, connections;
};

/* Connections about which something was undecided at the end: how many, and
 * the first of them as text. */
#define PENDING_SHOWN 5

struct pending {
	uint64_t count;
	struct buffer text;
};

struct output {
	struct output_options options;
	const struct output_writer *writer;
	struct sink sink;
	struct tally tally;
	struct input *input;
	size_t input_count;
	struct shelf findings, connections, transitions;
	struct pending pending;
	struct community_id *community; /* NULL: there are none */
	struct buffer buffer, scratch;	/* for whoever renders, both empty
					   between calls */
	int error; /* errno of what could not be rendered or held */
};

/* One format.  A member that is NULL is not called. */
struct output_writer {
	bool holds; /* findings and connections are kept in the shelves */
	void (*input)(struct output *o, const struct input *input);
	/* Called if the finding is selected, or was until revised. */
	void (*finding)(struct output *o, const struct tcpaudit_finding *f,
	    enum tally_change change);
	void (*connection)(
	    struct output *o, const struct tcpaudit_connection *c);
	void (*transition)(
	    struct output *o, const struct tcpaudit_transition *t);
	void (*finish)(struct output *o, const struct output_totals *totals);
};

extern const struct output_writer output_text, output_json, output_ndjson;

/* The input of a packet; never NULL. */
const struct input *report_input(
    const struct output *o, tcpaudit_packet_id packet);

/* Puts the contents of o->buffer on a shelf, see shelf_add(); empties the
 * buffer. */
void report_hold(struct output *o, struct shelf *shelf,
    const struct entry *entry, int revises);

/* Writes the contents of o->buffer to the report; empties the buffer. */
void report_write(struct output *o);

#endif
