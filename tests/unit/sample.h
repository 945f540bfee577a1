/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Records made by hand, and a catalogue of their own (so that the wording of
 * the real one may change). */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

#define SECOND INT64_C(1000000000)
#define START  (INT64_C(1795255200) * SECOND) /* 2026-11-21 10:00:00 */

enum { THIRD_ACK, UNSENT, MIDSTREAM, OPEN, SMALL, RULES };

static const struct tcpaudit_rule rules[RULES] = {
	[THIRD_ACK] = { .code = "HS01",
	    .name = "handshake-missing-third-ack",
	    .severity = TCPAUDIT_WARNING,
	    .rfc = { { 9293, "3.5" }, { 9293, "3.10.7.3" } },
	    .text = "SYN-ACK (seq {seq}) sent {copies} times in {waited_ns}; "
		    "the client never acknowledged it",
	    .zeek = "S1" },
	[UNSENT] = { .code = "DA01",
	    .name = "ack-unsent",
	    .severity = TCPAUDIT_ERROR,
	    .rfc = { { 9293, "3.10.7.4" }, { 5961, "5" } },
	    .text = "{endpoint} acknowledges what {peer} never sent",
	    .wireshark = "ack_lost_segment" },
	[MIDSTREAM] = { .code = "CP01",
	    .name = "cap-midstream",
	    .severity = TCPAUDIT_CAPTURE,
	    .text = "the capture began after the connection" },
	[OPEN] = { .code = "CP19",
	    .name = "cap-eof-open",
	    .severity = TCPAUDIT_CAPTURE,
	    .text = "questions were open" },
	[SMALL] = { .code = "DA99",
	    .name = "small-thing",
	    .severity = TCPAUDIT_NOTE,
	    .text = "a small thing, {count|once|# times}" },
};

size_t
tcpaudit_rule_count(void)
{
	return RULES;
}

const struct tcpaudit_rule *
tcpaudit_rule(size_t i)
{
	return &rules[i];
}

static int failures, tests;
static const char *directory;
static char path[4096];

static inline void
check(int good, const char *name)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
}

static inline char *
contents(const char *of)
{
	static char text[1 << 20];
	FILE *file = fopen(of, "r");
	size_t n = 0;

	if (file != NULL) {
		n = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
	}
	text[n] = '\0';
	return text;
}

/* Compares the report just closed with what it should be. */
static inline void
is(const char *name, const char *expected)
{
	const char *seen = contents(path);

	check(strcmp(seen, expected) == 0, name);
	if (strcmp(seen, expected) != 0)
		fprintf(stderr, "%s: expected:\n%s\nseen:\n%s\n", name,
		    expected, seen);
}

static inline void
has(const char *name, const char *part, int times)
{
	const char *p = contents(path);
	int n = 0;

	while ((p = strstr(p, part)) != NULL) {
		p++;
		n++;
	}
	check(n == times, name);
	if (n != times)
		fprintf(stderr, "%s: %d times, not %d:\n%s\n", name, n, times,
		    contents(path));
}

static inline struct output *
open_report(const char *name, struct output_options options)
{
	struct output *o;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	options.path = path;
	if (options.selection.min_severity == TCPAUDIT_CAPTURE)
		options.selection.min_severity = TCPAUDIT_NOTE;
	o = output_open(&options);
	if (o == NULL)
		exit(99);
	return o;
}

static inline void
open_input(struct output *o, const char *name)
{
	output_input(
	    o, &(struct output_input){
		   .name = name, .link_type = "EN10MB", .snaplen = 262144 });
	output_input_time(o, START);
}

static inline struct tcpaudit_tuple
tuple(uint64_t id)
{
	return (struct tcpaudit_tuple){ .id = id,
		.incarnation = 1,
		.family = 4,
		.address = { { { 10, 0, 0, 1 } }, { { 10, 0, 0, 2 } } },
		.port = { (uint16_t)(42251 + id), 80 } };
}

static const tcpaudit_packet_id proof[] = { 2, 3, 4, 5, 6, 7 };

/* The example of the manual: the third ACK is missing. */
static inline struct tcpaudit_finding
third_ack(const struct tcpaudit_tuple *t)
{
	static const struct tcpaudit_value values[] = {
		{ "ack", TCPAUDIT_VALUE_SEQUENCE, 1, 9001 },
		{ "seq", TCPAUDIT_VALUE_SEQUENCE, 0, 9000 },
		{ "copies", TCPAUDIT_VALUE_NUMBER, 0, 6 },
		{ "waited_ns", TCPAUDIT_VALUE_DURATION, 0, 31 * SECOND },
	};

	return (struct tcpaudit_finding){ .id = 1,
		.rule = &rules[THIRD_ACK],
		.severity = TCPAUDIT_WARNING,
		.confidence = TCPAUDIT_LIKELY,
		.connection = t,
		.endpoint = TCPAUDIT_CLIENT,
		.packet = 2,
		.packet_count = 6,
		.packets = proof,
		.time = START + SECOND / 100,
		.value_count = 4,
		.values = values,
		.count = 1,
		.last_packet = 2,
		.state = { TCPAUDIT_ESTABLISHED, TCPAUDIT_SYN_RECEIVED },
		.possible = {
		    1 << TCPAUDIT_ESTABLISHED | 1 << TCPAUDIT_SYN_SENT,
		    1 << TCPAUDIT_SYN_RECEIVED } };
}

static inline struct tcpaudit_finding
unsent(const struct tcpaudit_tuple *t, uint64_t id, tcpaudit_packet_id packet)
{
	static const struct tcpaudit_value values[] = {
		{ "ack", TCPAUDIT_VALUE_SEQUENCE, 1, UINT32_MAX },
		{ "ack", TCPAUDIT_VALUE_SEQUENCE, 0, 1 },
		{ "flags", TCPAUDIT_VALUE_FLAGS, 0, 0x12 },
		{ "states", TCPAUDIT_VALUE_STATES, 0, 0x18 },
		{ "old_interval_ns", TCPAUDIT_VALUE_DURATION, 0, 20100000 },
	};

	return (struct tcpaudit_finding){ .id = id,
		.rule = &rules[UNSENT],
		.severity = TCPAUDIT_ERROR,
		.confidence = TCPAUDIT_CERTAIN,
		.connection = t,
		.endpoint = TCPAUDIT_SERVER,
		.packet = packet,
		.packet_count = 0,
		.time = START + 2 * SECOND,
		.value_count = 5,
		.values = values,
		.count = 12,
		.last_packet = packet + 40,
		.state = { TCPAUDIT_ESTABLISHED, TCPAUDIT_ESTABLISHED },
		.possible = { 16, 16 } };
}

static inline struct tcpaudit_finding
plain(uint64_t id, int rule, tcpaudit_packet_id packet)
{
	return (struct tcpaudit_finding){ .id = id,
		.rule = &rules[rule],
		.severity = rules[rule].severity,
		.confidence = TCPAUDIT_CERTAIN,
		.endpoint = -1,
		.packet = packet,
		.time = START,
		.count = 1,
		.last_packet = packet };
}

/* `to` as a revision of `from`. */
static inline struct tcpaudit_finding
revise(const struct tcpaudit_finding *from, struct tcpaudit_finding to)
{
	to.id = from->id;
	to.revises = 1;
	to.was_rule = from->rule;
	to.was_severity = from->severity;
	to.was_confidence = from->confidence;
	to.was_count = from->count;
	return to;
}

static inline struct tcpaudit_connection
connection(const struct tcpaudit_tuple *t)
{
	struct tcpaudit_connection c = { .connection = t,
		.first_packet = 1,
		.last_packet = 7,
		.first_time = START,
		.last_time = START + 31 * SECOND,
		.verdict = TCPAUDIT_VERDICT_HANDSHAKE_TIMEOUT,
		.closed_by = -1,
		.confidence = TCPAUDIT_LIKELY,
		.findings = { 0, 0, 1, 0 },
		.zeek_conn_state = "S1",
		.zeek_history = "Sh",
		.wireshark_completeness = 3 };

	c.end[0] = (struct tcpaudit_endpoint){ .state = TCPAUDIT_ESTABLISHED,
		.possible = 1 << TCPAUDIT_ESTABLISHED | 1 << TCPAUDIT_SYN_SENT,
		.path_length = 2,
		.path = { TCPAUDIT_SYN_SENT, TCPAUDIT_ESTABLISHED },
		.isn_known = 1,
		.isn = 1000,
		.packets = 1,
		.mss = 1460,
		.window_scale = -1,
		.sack_permitted = 1,
		.timestamps = 0,
		.min_rtt_ns = -1 };
	c.end[1] = (struct tcpaudit_endpoint){ .state = TCPAUDIT_SYN_RECEIVED,
		.possible = 1 << TCPAUDIT_SYN_RECEIVED,
		.certain = 1,
		.path_length = 2,
		.path = { TCPAUDIT_LISTEN, TCPAUDIT_SYN_RECEIVED },
		.isn_known = 1,
		.isn = 9000,
		.packets = 6,
		.bytes = 1234,
		.mss = -1,
		.window_scale = -1,
		.sack_permitted = -1,
		.timestamps = -1,
		.min_rtt_ns = 10000000 };
	return c;
}

static const struct output_totals totals = {
	.statistics = { .packets = 7,
	    .tcp_packets = 7,
	    .connections = 1,
	    .first_time = START,
	    .last_time = START + 31 * SECOND },
};

static inline int
remove_one(const char *name, const struct stat *s, int type, struct FTW *ftw)
{
	(void)s;
	(void)type;
	(void)ftw;
	return remove(name);
}

/* Runs the tests in a directory. */
static inline int
test_reports(int argc, char **argv, void (*test_all)(void))
{
	char temporary[] = "/tmp/tcpaudit-output.XXXXXX";

	directory = argc > 1 ? argv[1] : mkdtemp(temporary);
	if (directory == NULL)
		return 99;
	test_all();
	if (argc <= 1)
		nftw(directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	printf("1..%d\n", tests);
	return failures > 0;
}

#endif
