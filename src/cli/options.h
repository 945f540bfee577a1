/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The command line. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "tcpaudit.h"

enum command {
	COMMAND_AUDIT,
	COMMAND_EXPLAIN,
	COMMAND_LIST_RULES,
	COMMAND_LIST_INTERFACES,
	COMMAND_VERSION,
	COMMAND_HELP
};

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

/* Strings are borrowed from the command line; what points to an array of them
 * is owned. */
struct words {
	const char **word;
	size_t count;
};

struct options {
	enum command command;
	const char *explain;

	const char *interface; /* NULL: files */
	struct words files;
	const char *filter;
	uint64_t count;	  /* of packets; 0: all */
	int64_t duration; /* ns; 0: all */
	bool separate;
	unsigned jobs;		/* workers; 0: as many as seems good */
	uint32_t shard, shards; /* 0 of 0: everything */
	bool merge;		/* the files are the NDJSON of shards */
	int snaplen;
	int buffer_kib;
	bool promiscuous;
	const char *user; /* NULL: not said */

	enum tcpaudit_stack stack;
	int64_t msl, tw_floor;	       /* ns; -1: that of the stack */
	uint32_t flood_syn, half_open; /* 0: the library's */
	uint64_t memory;	       /* bytes; 0: the library's */
	enum tcpaudit_checksum checksum;
	enum tcpaudit_flow_key flow_key;
	struct tcpaudit_address *local; /* owned */
	uint8_t *local_family;		/* owned */
	size_t local_count;

	struct words rule, no_rule;
	struct output_options output; /* its selection points to the words */
	bool quiet;
	enum when color, progress;
	enum tcpaudit_severity fail_on; /* TCPAUDIT_SEVERITIES: never */
};

/* Reads the command line and checks it.  Returns 0, or -1 after a one-line
 * error; options_clear() is due in either case. */
int options_parse(struct options *, int argc, char *argv[]);

/* Writes --help to standard output. */
void options_help(void);

/* The configuration of the engine that the options ask for, without callbacks
 * and hash key.  It borrows from the options. */
void options_config(const struct options *, struct tcpaudit_config *);

void options_clear(struct options *);

#endif
