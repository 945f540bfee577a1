/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "take.h"

#include <arpa/inet.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "options.h"
#include "value.h"

#define MEMORY_LEAST (UINT64_C(1) << 20)

static int
no_memory(const char *name)
{
	log_error(name, "out of memory: give the machine more");
	return -1;
}

static int
add_word(struct words *words, const char *name, const char *word)
{
	const char **grown =
	    realloc(words->word, (words->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return no_memory(name);
	words->word = grown;
	words->word[words->count++] = word;
	return 0;
}

/* Value i of a list of words is i of an enumeration. */
static int
take_choice(const char *name, const char *value, const char *const *words,
    unsigned *choice)
{
	int i;

	if (value_choice(name, value, words, &i) != 0)
		return -1;
	*choice = (unsigned)i;
	return 0;
}

int
take_interface(struct options *o, const char *name, const char *value)
{
	if (o->interface != NULL) {
		log_error(name,
		    "only one interface can be captured: give 'any' "
		    "and a filter");
		return -1;
	}
	o->interface = value;
	return 0;
}

int
take_file(struct options *o, const char *name, const char *value)
{
	return add_word(&o->files, name, value);
}

int
take_filter(struct options *o, const char *name, const char *value)
{
	(void)name;
	o->filter = value;
	return 0;
}

int
take_count(struct options *o, const char *name, const char *value)
{
	return value_number(name, value, 1, UINT64_MAX, &o->count);
}

int
take_duration(struct options *o, const char *name, const char *value)
{
	return value_seconds(name, value, 1, &o->duration);
}

int
take_separate(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->separate = true;
	return 0;
}

int
take_snaplen(struct options *o, const char *name, const char *value)
{
	uint64_t bytes;

	if (value_number(name, value, 0, 262144, &bytes) != 0)
		return -1;
	o->snaplen = bytes > 0 ? (int)bytes : 262144; /* as tcpdump does */
	return 0;
}

int
take_buffer_size(struct options *o, const char *name, const char *value)
{
	uint64_t kib;

	if (value_number(name, value, 1, INT32_MAX / 1024, &kib) != 0)
		return -1;
	o->buffer_kib = (int)kib;
	return 0;
}

int
take_no_promiscuous(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->promiscuous = false;
	return 0;
}

int
take_user(struct options *o, const char *name, const char *value)
{
	(void)name;
	o->user = value;
	return 0;
}

int
take_stack(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = { "rfc", "linux", "bsd", "macos",
		"windows", NULL };
	unsigned choice;

	if (take_choice(name, value, words, &choice) != 0)
		return -1;
	o->stack = (enum tcpaudit_stack)choice;
	return 0;
}

int
take_msl(struct options *o, const char *name, const char *value)
{
	return value_seconds(name, value, 1000000, &o->msl);
}

int
take_tw_floor(struct options *o, const char *name, const char *value)
{
	return value_seconds(name, value, 0, &o->tw_floor);
}

int
take_local(struct options *o, const char *name, const char *value)
{
	struct tcpaudit_address address, *addresses;
	uint8_t family = 4, *families;

	memset(&address, 0, sizeof(address));
	if (inet_pton(AF_INET, value, address.bytes) != 1) {
		family = 6;
		if (inet_pton(AF_INET6, value, address.bytes) != 1) {
			log_error(name,
			    "'%s' is not an IP address: give for "
			    "example %s 192.0.2.1",
			    value, name);
			return -1;
		}
	}
	addresses =
	    realloc(o->local, (o->local_count + 1) * sizeof(*addresses));
	if (addresses == NULL)
		return no_memory(name);
	o->local = addresses;
	families = realloc(o->local_family, o->local_count + 1);
	if (families == NULL)
		return no_memory(name);
	o->local_family = families;
	addresses[o->local_count] = address;
	families[o->local_count++] = family;
	return 0;
}

static int
take_threshold(const char *name, const char *value, uint32_t *threshold)
{
	uint64_t number;

	if (value_number(name, value, 1, UINT32_MAX, &number) != 0)
		return -1;
	*threshold = (uint32_t)number;
	return 0;
}

int
take_flood_syn(struct options *o, const char *name, const char *value)
{
	return take_threshold(name, value, &o->flood_syn);
}

int
take_half_open(struct options *o, const char *name, const char *value)
{
	return take_threshold(name, value, &o->half_open);
}

int
take_checksum(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = { "auto", "verify", "ignore", NULL };
	unsigned choice;

	if (take_choice(name, value, words, &choice) != 0)
		return -1;
	o->checksum = (enum tcpaudit_checksum)choice;
	return 0;
}

int
take_flow_key(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = { "tuple", "tuple+vlan",
		"tuple+tunnel", NULL };
	unsigned choice;

	if (take_choice(name, value, words, &choice) != 0)
		return -1;
	o->flow_key = (enum tcpaudit_flow_key)choice;
	return 0;
}

int
take_memory(struct options *o, const char *name, const char *value)
{
	if (value_size(name, value, &o->memory) != 0)
		return -1;
	if (o->memory >= MEMORY_LEAST)
		return 0;
	log_error(name, "'%s' is too little: give at least 1M", value);
	return -1;
}

/* A pattern with a slip of the pen would report nothing and look healthy. */
static int
take_glob(struct words *words, const char *name, const char *glob)
{
	for (size_t i = 0; i < tcpaudit_rule_count(); i++) {
		const struct tcpaudit_rule *rule = tcpaudit_rule(i);

		if (fnmatch(glob, rule->name, FNM_CASEFOLD) == 0 ||
		    fnmatch(glob, rule->code, FNM_CASEFOLD) == 0)
			return add_word(words, name, glob);
	}
	log_error(
	    name, "'%s' matches no rule: see tcpaudit --list-rules", glob);
	return -1;
}

int
take_rule(struct options *o, const char *name, const char *value)
{
	return take_glob(&o->rule, name, value);
}

int
take_no_rule(struct options *o, const char *name, const char *value)
{
	return take_glob(&o->no_rule, name, value);
}

int
take_min_severity(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = { "note", "warning", "error", NULL };
	unsigned choice;

	if (take_choice(name, value, words, &choice) != 0)
		return -1;
	o->output.selection.min_severity = TCPAUDIT_NOTE + choice;
	return 0;
}

int
take_min_confidence(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = { "possible", "likely", "certain",
		NULL };
	unsigned choice;

	if (take_choice(name, value, words, &choice) != 0)
		return -1;
	o->output.selection.min_confidence = (enum tcpaudit_confidence)choice;
	return 0;
}

int
take_fail_on(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = { "note", "warning", "error",
		"never", NULL };
	unsigned choice;

	if (take_choice(name, value, words, &choice) != 0)
		return -1;
	o->fail_on = TCPAUDIT_NOTE + choice;
	return 0;
}

int
take_output(struct options *o, const char *name, const char *value)
{
	(void)name;
	o->output.path = value;
	return 0;
}

int
take_format(struct options *o, const char *name, const char *value)
{
	static const char *const words[] = { "text", "json", "ndjson", NULL };
	static const char *const later[] = { "html", "junit", "sarif" };
	unsigned choice;

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (strcmp(value, later[i]) != 0)
			continue;
		log_error(name,
		    "%s: not yet in this version: give text, json "
		    "or ndjson",
		    value);
		return -1;
	}
	if (take_choice(name, value, words, &choice) != 0)
		return -1;
	o->output.format = (enum output_format)choice;
	return 0;
}

int
take_json(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->output.format = OUTPUT_JSON;
	return 0;
}

int
take_ndjson(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->output.format = OUTPUT_NDJSON;
	return 0;
}

int
take_verbose(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->output.verbose = true;
	return 0;
}

int
take_transitions(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->output.transitions = true;
	return 0;
}

int
take_quiet(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->quiet = true;
	return 0;
}

static int
take_when(const char *name, const char *value, enum when *when)
{
	static const char *const words[] = { "auto", "always", "never", NULL };
	unsigned choice;

	if (take_choice(name, value, words, &choice) != 0)
		return -1;
	*when = (enum when)choice;
	return 0;
}

int
take_color(struct options *o, const char *name, const char *value)
{
	return take_when(name, value, &o->color);
}

int
take_progress(struct options *o, const char *name, const char *value)
{
	return take_when(name, value, &o->progress);
}

int
take_explain(struct options *o, const char *name, const char *value)
{
	(void)name;
	o->command = COMMAND_EXPLAIN;
	o->explain = value;
	return 0;
}

int
take_list_rules(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->command = COMMAND_LIST_RULES;
	return 0;
}

int
take_list_interfaces(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->command = COMMAND_LIST_INTERFACES;
	return 0;
}

int
take_version(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->command = COMMAND_VERSION;
	return 0;
}

int
take_help(struct options *o, const char *name, const char *value)
{
	(void)name;
	(void)value;
	o->command = COMMAND_HELP;
	return 0;
}

int
take_later(struct options *o, const char *name, const char *value)
{
	(void)o;
	(void)value;
	log_error(name, "not yet in this version");
	return -1;
}
