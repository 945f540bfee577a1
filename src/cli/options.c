/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "take.h"

#define INPUTS_MAX 65536 /* tcpaudit_input() */

/* A row with a title only begins a group; a row of a later version has no
 * help. */
struct row {
	const char *title;
	int letter;
	const char *name, *argument, *help;
	taker *take;
};

static const struct row rows[] = {
#define GROUP(text) { .title = text },
#define OPTION(id, letter, name, argument, help)                               \
	{ NULL, letter, name, argument, help, take_##id },
#define LATER(id, letter, name, argument)                                      \
	{ NULL, letter, name, argument, NULL, take_later },
#include "options.def"
#undef GROUP
#undef OPTION
#undef LATER
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* What getopt_long(3) returns for row 0, if it has no letter. */
#define FIRST 1000

static void
make_getopt(char letters[2 * ROWS + 2], struct option longs[ROWS + 1])
{
	*letters++ =
	    ':'; /* a missing argument is told from an unknown option */
	for (size_t i = 0; i < ROWS; i++) {
		const struct row *row = &rows[i];

		if (row->letter != 0) {
			*letters++ = (char)row->letter;
			if (row->argument != NULL)
				*letters++ = ':';
		}
		if (row->name == NULL)
			continue;
		longs->name = row->name;
		longs->has_arg =
		    row->argument != NULL ? required_argument : no_argument;
		longs->flag = NULL;
		longs->val = FIRST + (int)i;
		longs++;
	}
	*letters = '\0';
	memset(longs, 0, sizeof(*longs));
}

static const struct row *
find_row(int value)
{
	if (value >= FIRST && value < FIRST + (int)ROWS)
		return &rows[value - FIRST];
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].letter != 0 && rows[i].letter == value)
			return &rows[i];
	}
	return NULL;
}

static void
spell(const struct row *row, char spelling[32])
{
	if (row->name != NULL)
		(void)snprintf(spelling, 32, "--%s", row->name);
	else
		(void)snprintf(spelling, 32, "-%c", row->letter);
}

static int
refuse(int problem, char *argv[])
{
	const struct row *row = find_row(optopt);
	char spelling[32];

	if (row != NULL && problem == ':') {
		spell(row, spelling);
		log_error(spelling, "needs an argument: give %s %s", spelling,
		    row->argument);
	} else if (row != NULL) {
		spell(row, spelling);
		log_error(spelling, "takes no argument: leave it out");
	} else if (optopt != 0) {
		log_error(
		    NULL, "-%c: no such option: see tcpaudit --help", optopt);
	} else {
		log_error(argv[optind - 1],
		    "no such option, or not the only one that begins so: see "
		    "tcpaudit --help");
	}
	return -1;
}

static int
take_all(struct options *o, int argc, char *argv[])
{
	char letters[2 * ROWS + 2], spelling[32];
	struct option longs[ROWS + 1];
	int value;

	make_getopt(letters, longs);
	opterr = 0;
	while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct row *row;

		if (value == '?' || value == ':')
			return refuse(value, argv);
		row = find_row(value);
		spell(row, spelling);
		if (row->take(o, spelling, optarg) != 0)
			return -1;
	}
	for (; optind < argc; optind++) {
		if (take_file(o, argv[optind], argv[optind]) != 0)
			return -1;
	}
	return 0;
}

/* Writing the report over a capture would destroy it. */
static int
check_output(const struct options *o)
{
	struct stat output, input;

	if (o->output.path == NULL || stat(o->output.path, &output) != 0 ||
	    !S_ISREG(output.st_mode))
		return 0;
	for (size_t i = 0; i < o->files.count; i++) {
		if (stat(o->files.word[i], &input) != 0 ||
		    input.st_dev != output.st_dev ||
		    input.st_ino != output.st_ino)
			continue;
		log_error(o->output.path, "is a capture to be read, too: "
					  "choose another -o FILE");
		return -1;
	}
	return 0;
}

static int
check_audit(const struct options *o)
{
	if (o->interface == NULL && o->files.count == 0) {
		log_error(NULL, "no capture: name a FILE, or -i INTERFACE, or "
				"see tcpaudit --help");
		return -1;
	}
	if (o->interface != NULL && o->files.count > 0) {
		log_error(o->files.word[0], "an interface is named as well: "
					    "give either files or -i");
		return -1;
	}
	if (o->merge && (o->interface != NULL || o->shards > 0)) {
		log_error("--merge", "joins parts that are there: leave %s out",
		    o->shards > 0 ? "--shard" : "-i");
		return -1;
	}
	if (o->interface != NULL && o->shards > 0) {
		log_error("--shard", "is for files: leave it out");
		return -1;
	}
	if (o->files.count > INPUTS_MAX) {
		log_error(NULL, "more than %d files: join some with mergecap",
		    INPUTS_MAX);
		return -1;
	}
	if (o->output.transitions && o->output.format == OUTPUT_TEXT &&
	    !o->quiet)
		log_warning("--transitions", "not in a report of text: add "
					     "--ndjson or --json");
	return check_output(o);
}

static void
set_defaults(struct options *o)
{
	memset(o, 0, sizeof(*o));
	o->snaplen = 192;
	o->buffer_kib = 32768;
	o->promiscuous = true;
	o->msl = -1;
	o->tw_floor = -1;
	o->output.selection.min_severity = TCPAUDIT_NOTE;
	o->fail_on = TCPAUDIT_ERROR;
}

int
options_parse(struct options *o, int argc, char *argv[])
{
	struct selection *selection = &o->output.selection;

	set_defaults(o);
	if (take_all(o, argc, argv) != 0)
		return -1;
	if (o->command == COMMAND_AUDIT && check_audit(o) != 0)
		return -1;
	if (o->quiet)
		o->output.format = OUTPUT_QUIET;
	selection->rule = o->rule.word;
	selection->rule_count = o->rule.count;
	selection->no_rule = o->no_rule.word;
	selection->no_rule_count = o->no_rule.count;
	return 0;
}

void
options_config(const struct options *o, struct tcpaudit_config *config)
{
	tcpaudit_defaults(config, o->stack);
	if (o->msl >= 0)
		config->msl = o->msl;
	if (o->tw_floor >= 0)
		config->tw_floor = o->tw_floor;
	if (o->flood_syn > 0)
		config->flood_syn = o->flood_syn;
	if (o->half_open > 0)
		config->half_open = o->half_open;
	if (o->memory > 0)
		config->memory_bytes = o->memory;
	config->checksum = o->checksum;
	config->flow_key = o->flow_key;
	config->local = o->local;
	config->local_family = o->local_family;
	config->local_count = o->local_count;
}

static void
help_row(const struct row *row)
{
	char left[64], letter[8] = "   ";

	if (row->letter != 0)
		(void)snprintf(letter, sizeof(letter), "-%c%s", row->letter,
		    row->name != NULL ? "," : "");
	(void)snprintf(left, sizeof(left), "%s %s%s%s%s", letter,
	    row->name != NULL ? "--" : "", row->name != NULL ? row->name : "",
	    row->argument != NULL && row->name != NULL ? " " : "",
	    row->argument != NULL ? row->argument : "");
	(void)printf("  %-26s %s\n", left, row->help);
}

void
options_help(void)
{
	(void)puts("usage: tcpaudit [OPTIONS] FILE...       "
		   "audit captures ('-': standard input)\n"
		   "       tcpaudit [OPTIONS] -i INTERFACE  "
		   "audit live traffic until interrupted");
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].title != NULL)
			(void)printf("%s:\n", rows[i].title);
		else if (rows[i].help != NULL)
			help_row(&rows[i]);
	}
	(void)puts("Exit status: 0 nothing wrong, 1 something was, 2 trouble. "
		   " See tcpaudit(1).");
}

void
options_clear(struct options *o)
{
	free(o->files.word);
	free(o->rule.word);
	free(o->no_rule.word);
	free(o->local);
	free(o->local_family);
	memset(o, 0, sizeof(*o));
}
