/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The report, byte for byte, from records made by hand.  With a directory as
 * argument the reports stay there, for records.py. */
#include "output.h"

#include <sys/stat.h>

#include "expected.h"
#include "sample.h"

/* Feeds the example, and closes. */
static void
feed_example(struct output *o, const char *file)
{
	struct tcpaudit_tuple t = tuple(1);
	struct tcpaudit_finding f = third_ack(&t);
	struct tcpaudit_connection c = connection(&t);
	struct tcpaudit_transition step = { .connection = &t,
		.endpoint = TCPAUDIT_SERVER,
		.from = TCPAUDIT_LISTEN,
		.to = TCPAUDIT_SYN_RECEIVED,
		.packet = 2,
		.time = START + SECOND / 100,
		.trigger = TCPAUDIT_SENT,
		.certainty = TCPAUDIT_STATE_CERTAIN };

	open_input(o, file);
	output_transition(o, &step);
	output_finding(o, &f);
	output_connection(o, &c);
	output_input_end(o, 7, START, START + 31 * SECOND, NULL);
	check(output_count(o, TCPAUDIT_WARNING) == 1, "a warning is counted");
	check(output_close(o, &totals) == 0, "the report is closed");
}

static void
test_text(void)
{
	struct output_options options = { .format = OUTPUT_TEXT };
	char expected[4096];

	feed_example(
	    open_report("example.txt", options), "third-ack-missing.pcap");
	snprintf(
	    expected, sizeof(expected), "%s%s", example_text, example_total);
	is("the example as text", expected);
	options.verbose = true;
	feed_example(
	    open_report("verbose.txt", options), "third-ack-missing.pcap");
	snprintf(expected, sizeof(expected), "%s%s%s", example_text,
	    example_connection, example_total);
	is("the example, verbose", expected);
	options.color = true;
	feed_example(open_report("color.txt", options), "x\x1b[2J");
	has("a hostile name is escaped", "x\\x1b[2J: 7 packets", 1);
	has("colour is on the severity only",
	    "\033[33mWARNING\033[0m handshake", 1);
	has("and nowhere else", "\033", 2);
}

static void
test_json(void)
{
	struct output_options options = {
		.format = OUTPUT_NDJSON, .transitions = true, .flush = true
	};

	feed_example(open_report("example.ndjson", options), "a.pcap");
	is("the example as NDJSON",
	    CAPTURE_RECORD "\n" TRANSITION_RECORD "\n" FINDING_RECORD
			   "\n" CONNECTION_RECORD "\n" SUMMARY_RECORD "\n");
	options.format = OUTPUT_JSON;
	feed_example(open_report("example.json", options), "a.pcap");
	is("the example as one document",
	    "{\"schema\":\"tcpaudit/1\",\n\"captures\":[\n" CAPTURE_RECORD
	    "],\n\"findings\":[\n" FINDING_RECORD
	    "],\n\"connections\":[\n" CONNECTION_RECORD
	    "],\n\"transitions\":[\n" TRANSITION_RECORD
	    "],\n\"summary\":" SUMMARY_RECORD "}\n");
}

/* Packets of two inputs in one finding. */
static void
feed_inputs(struct output *o)
{
	static const tcpaudit_packet_id packets[] = { 8, 9,
		TCPAUDIT_PACKET_ID(1, 1), TCPAUDIT_PACKET_ID(1, 2),
		TCPAUDIT_PACKET_ID(1, 3) };
	struct tcpaudit_tuple t = tuple(1);
	struct tcpaudit_finding f = third_ack(&t);
	struct tcpaudit_connection c = connection(&t);

	open_input(o, "a.pcap");
	output_input_end(o, 9, START, START + SECOND, NULL);
	output_input(
	    o, &(struct output_input){ .name = "b\xff", .snaplen = 64 });
	output_input_time(o, START + 2 * SECOND);
	f.packets = packets;
	f.packet_count = 5;
	f.packet = 8;
	f.last_packet = TCPAUDIT_PACKET_ID(1, 3);
	f.time = START + 3 * SECOND;
	output_finding(o, &f);
	c.last_packet = TCPAUDIT_PACKET_ID(1, 3);
	c.last_time = START + 31 * SECOND;
	output_connection(o, &c);
	output_input_end(o, 3, START + 2 * SECOND, START + 31 * SECOND, NULL);
	output_close(o, &totals);
}

static void
test_inputs(void)
{
	feed_inputs(open_report(
	    "inputs.txt", (struct output_options){ .format = OUTPUT_TEXT }));
	has("text names the inputs of packets",
	    "packets 8, 9 of a.pcap, 1-3 of b\\xff\n", 1);
	has("each input has its line", "b\\xff: 3 packets, 0 connections,", 1);
	feed_inputs(open_report("inputs.ndjson",
	    (struct output_options){ .format = OUTPUT_NDJSON }));
	has("packets of several inputs are told apart",
	    "\"packet_inputs\":[\"a.pcap\",\"a.pcap\",\"b\\\\xff\","
	    "\"b\\\\xff\",\"b\\\\xff\"],\"time\":\"2026-11-21T10:00:03."
	    "000000000Z\",\"offset_ns\":3000000000,",
	    1);
	has("so is the last one", "\"last_packet_input\":\"b\\\\xff\"", 1);
	has("an offset is relative to its own input",
	    "\"last\":{\"packet\":3,\"time\":\"2026-11-21T10:00:31.000000000Z\""
	    ",\"offset_ns\":29000000000,\"input\":\"b\\\\xff\"}",
	    1);
}

static void
test_nothing(void)
{
	struct output_totals none = { { 0 }, 0, 0 };
	struct output *o;

	o = open_report(
	    "empty.txt", (struct output_options){ .format = OUTPUT_TEXT });
	open_input(o, "a.pcap");
	output_input_end(o, 0, 0, 0, NULL);
	output_close(o, &none);
	is("an empty capture",
	    "a.pcap: 0 packets, 0 connections\n\nThere are no packets.\n"
	    "0 errors, 0 warnings, 0 notes in 0 connections\n");
	o = open_report(
	    "udp.txt", (struct output_options){ .format = OUTPUT_TEXT });
	none.statistics.packets = 1;
	output_close(o, &none);
	is("a capture without TCP",
	    "\nNothing is TCP: there is nothing to audit.\n"
	    "0 errors, 0 warnings, 0 notes in 0 connections\n");
	o = open_report(
	    "healthy.txt", (struct output_options){ .format = OUTPUT_TEXT });
	output_close(o, &totals);
	is("a healthy capture",
	    "\nAll is well: no endpoint broke a rule.\n"
	    "0 errors, 0 warnings, 0 notes in 1 connection\n");
	o = open_report(
	    "none.json", (struct output_options){ .format = OUTPUT_JSON });
	output_close(o, &none);
	has("a document without records",
	    "\"captures\":[],\n\"findings\":[],\n\"connections\":[],\n", 1);
}

/* Findings of the same connection whose arithmetic and evidence are of all
 * kinds. */
static void
feed_arithmetic(struct output *o)
{
	static const struct tcpaudit_value limit[] = {
		{ "two_msl_ns", TCPAUDIT_VALUE_DURATION, 1, 240 * SECOND },
		{ "ack", TCPAUDIT_VALUE_SEQUENCE, 1, 7 },
		{ "ack", TCPAUDIT_VALUE_SEQUENCE, 0, 7 },
		{ "excess", TCPAUDIT_VALUE_BYTES, 0, 0 },
		{ "window", TCPAUDIT_VALUE_BYTES, 0, 0 },
	};
	static tcpaudit_packet_id many[16];
	struct tcpaudit_tuple t = tuple(1);
	struct tcpaudit_finding f = unsent(&t, 1, 9);

	open_input(o, "a.pcap");
	f.values = limit;
	f.value_count = 5;
	f.count = 1;
	output_finding(o, &f);
	for (size_t i = 0; i < 16; i++)
		many[i] = 1000 + 10 * i;
	f = unsent(&t, 2, 1000);
	f.value_count = 0;
	f.packets = many;
	f.packet_count = 16;
	f.last_packet = 123456;
	output_finding(o, &f);
	output_close(o, &totals);
}

static void
test_arithmetic(void)
{
	feed_arithmetic(open_report("arithmetic.txt",
	    (struct output_options){ .format = OUTPUT_TEXT }));
	has("a limit is not something that was not seen",
	    "\n      2 MSL is 240.0 s; ack 7, window 0                    "
	    "packet 9\n",
	    1);
	has("a time that is not that of the packet",
	    "10.0.0.2:80   decided 10:00:02.000  ESTABLISHED", 1);
	has("evidence is one line",
	    "\n      packets 1000, 1010, 1020, 1030, 1040, 1050, ...; 12 "
	    "times, last 123456\n",
	    1);
}

/* So many connections are undecided at the end. */
static void
feed_pending(struct output *o, uint64_t count)
{
	static const struct tcpaudit_rule *const pending[] = {
		&rules[THIRD_ACK], &rules[SMALL]
	};
	struct tcpaudit_tuple t = tuple(1);
	struct tcpaudit_finding f = plain(1, OPEN, 7);
	struct tcpaudit_connection c = connection(&t);

	open_input(o, "a.pcap");
	for (t.id = 1; t.id <= count; t.id++) {
		c.pending = pending;
		c.pending_count = t.id == 1 ? 2 : 1;
		output_connection(o, &c);
	}
	output_finding(o, &f);
	output_input_end(o, 7, START, START, NULL);
	output_close(o, &totals);
}

static void
test_pending(void)
{
	const struct output_options options = { .format = OUTPUT_TEXT };

	feed_pending(open_report("pending.txt", options), 1);
	is("what is undecided has a name, and all is not well",
	    "a.pcap: 7 packets, 1 connection, 2026-11-21 10:00:00 UTC, 0 ns\n"
	    "\n"
	    "CAPTURE self-audit\n"
	    "  questions were open (cap-eof-open)\n"
	    "  #1  10.0.0.1:42252 > 10.0.0.2:80   "
	    "handshake-missing-third-ack, small-thing not yet decided\n"
	    "\n"
	    "No endpoint broke a rule as far as the capture shows.\n"
	    "0 errors, 0 warnings, 0 notes in 1 connection; the capture has 1 "
	    "defect\n");
	feed_pending(open_report("pending.txt", options), 1007);
	has("of many the first are shown", " not yet decided\n", 5);
	has("and the others counted", "\n  ... and 1,002 connections more\n",
	    1);
}

static void
test_one(void)
{
	const struct output_options options = { .format = OUTPUT_TEXT,
		.verbose = true };
	struct tcpaudit_tuple t = tuple(1);
	struct tcpaudit_connection c = connection(&t);
	const struct tcpaudit_rule *pending = &rules[THIRD_ACK];
	struct output *o = open_report("one.txt", options);

	open_input(o, "a.pcap");
	c.pending = &pending;
	c.pending_count = 1;
	output_connection(o, &c);
	output_input_end(o, 1, START, START, NULL);
	output_close(o, &totals);
	has("one packet takes no time",
	    "a.pcap: 1 packet, 1 connection, 2026-11-21 10:00:00 UTC\n", 1);
	has("--verbose tells what is undecided",
	    "1,234 bytes\n      handshake-missing-third-ack not yet decided\n",
	    1);
}

static void
test_trouble(void)
{
	struct output_options options = { .format = OUTPUT_NDJSON,
		.path = "/dev/full" };
	struct output *o;
	struct stat status;

	fprintf(stderr, "# three errors are expected here\n");
	o = output_open(&options);
	if (o != NULL) {
		open_input(o, "a.pcap");
		check(output_close(o, &totals) < 0, "a full disk is noticed");
	}
	options.path = "/nowhere/at/all";
	check(output_open(&options) == NULL, "no directory, no report");
	options.path = "/tmp";
	check(output_open(&options) == NULL, "a directory is no report");
	options.format = OUTPUT_QUIET;
	o = output_open(&options);
	open_input(o, "a.pcap");
	output_finding(o,
	    &(struct tcpaudit_finding){
		.rule = &rules[UNSENT], .severity = TCPAUDIT_ERROR, .id = 1 });
	check(output_count(o, TCPAUDIT_ERROR) == 1 &&
		  output_close(o, &totals) == 0,
	    "quiet: counts only");
	snprintf(path, sizeof(path), "%s/open.txt", directory);
	options =
	    (struct output_options){ .format = OUTPUT_TEXT, .path = path };
	o = output_open(&options);
	check(stat(path, &status) != 0, "-o FILE is not there before its end");
	output_close(o, &totals);
	check(stat(path, &status) == 0, "but then it is");
}

static void
test_all(void)
{
	test_text();
	test_json();
	test_inputs();
	test_nothing();
	test_arithmetic();
	test_pending();
	test_one();
	test_trouble();
}

int
main(int argc, char **argv)
{
	return test_reports(argc, argv, test_all);
}
