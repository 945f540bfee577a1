/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The report: records of the library go in, text, JSON or NDJSON comes out. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tcpaudit.h"

enum output_format { OUTPUT_TEXT, OUTPUT_JSON, OUTPUT_NDJSON, OUTPUT_QUIET };

/* What is reported; --rule and --no-rule are glob patterns on rule names and
 * codes, fnmatch(3). */
struct selection {
	const char *const *rule, *const *no_rule;
	size_t rule_count, no_rule_count;
	enum tcpaudit_severity
	    min_severity; /* a `capture` finding always passes */
	enum tcpaudit_confidence min_confidence;
};

struct output_options {
	enum output_format format;
	struct selection selection;
	const char *path; /* -o FILE: written beside it, renamed at the end;
			     NULL: standard output */
	bool color;	  /* already decided */
	bool verbose, transitions;
	bool flush; /* live: each NDJSON record at once */
};

/* One input, as its `capture` record describes it. */
struct output_input {
	const char *name; /* file name, "-" or interface */
	bool live;
	const char *link_type; /* "EN10MB" */
	int snaplen;
	const char *filter; /* NULL: none */
};

/* What the reader of the inputs knows beside the library. */
struct output_totals {
	struct tcpaudit_statistics statistics;
	uint64_t kernel_dropped, interface_dropped;
};

struct output;

/* Opens the report before the first packet is read (files, spool).  Returns
 * NULL after a one-line error on stderr. */
struct output *output_open(const struct output_options *);

/* A new input begins (its index counts from 0); before its first packet. */
void output_input(struct output *, const struct output_input *);

/* The first packet of the input has this time; before the library gets it:
 * times in records are relative to it. */
void output_input_time(struct output *, int64_t first_time);

/* An input has ended: its own packet and connection counts, and its time span,
 * are known.  `cut` tells that it broke off (NULL: it did not). */
void output_input_end(struct output *, uint64_t packets, int64_t first_time,
    int64_t last_time, const char *cut);

/* Callbacks of the library; `argument` is the struct output. */
void output_finding(void *argument, const struct tcpaudit_finding *);
void output_transition(void *argument, const struct tcpaudit_transition *);
void output_connection(void *argument, const struct tcpaudit_connection *);

/* Number of selected findings of a severity, as last revised. */
uint64_t output_count(const struct output *, enum tcpaudit_severity);

/* A line of NDJSON that somebody else has made; or could not make, for want of
 * memory. */
void output_line(struct output *, const char *line, size_t length);
void output_fail(struct output *);

/* Instead of output_close(): the report is no good, -o FILE is not written.
 * Frees. */
void output_abandon(struct output *);

/* Writes what is still held, the summary, and renames -o FILE into place.
 * Returns 0, or -1 after a one-line error on stderr.  Frees. */
int output_close(struct output *, const struct output_totals *);

#endif
