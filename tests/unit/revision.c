/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Findings that are revised, and those that are not selected.  With a directory
 * as argument the reports stay there, for records.py. */
#include "output.h"

#include "expected.h"
#include "sample.h"

/* Many findings, some revised: what counts is the last record. */
static void
feed_revisions(struct output *o)
{
	struct tcpaudit_tuple t = tuple(1), u = tuple(2);
	struct tcpaudit_finding f[12], last;
	struct tcpaudit_connection c = connection(&t), d = connection(&u);
	struct output_totals sum = totals;

	open_input(o, "a.pcap");
	for (uint64_t i = 0; i < 6; i++) {
		f[i] = unsent(&u, i + 1, 60 - 10 * i);
		output_finding(o, &f[i]);
	}
	f[6] = third_ack(&t);
	f[6].id = 7;
	output_finding(o, &f[6]);
	f[7] = plain(8, MIDSTREAM, 5);
	output_finding(o, &f[7]);
	f[8] = plain(9, MIDSTREAM, 4);
	output_finding(o, &f[8]);
	/* 9 turns out to be an error, 1 a note, 2 is repeated. */
	last = revise(&f[8], unsent(&u, 0, 4));
	output_finding(o, &last);
	last = revise(&f[0], plain(0, SMALL, 60));
	last.count = 1500;
	output_finding(o, &last);
	last = revise(&f[1], f[1]);
	output_finding(o, &last);
	output_connection(o, &d);
	output_connection(o, &c);
	output_input_end(o, 100, START, START + SECOND, NULL);
	check(output_count(o, TCPAUDIT_ERROR) == 6 &&
		  output_count(o, TCPAUDIT_WARNING) == 1 &&
		  output_count(o, TCPAUDIT_NOTE) == 1 &&
		  output_count(o, TCPAUDIT_CAPTURE) == 1,
	    "a revised finding is counted once, as last written");
	sum.statistics.connections = 2;
	sum.statistics.skipped[TCPAUDIT_SKIP_UDP] = 1200;
	sum.statistics.skipped[TCPAUDIT_SKIP_NOT_IP] = 3;
	sum.statistics.truncated = 1;
	sum.kernel_dropped = 2;
	check(output_close(o, &sum) == 0, "the report is closed");
}

static const char unsent_text[] =
    "      server 10.0.0.2:80 acknowledges what client 10.0.0.1:42253 never "
    "sent\n"
    "      expected ack 4294967295, seen 1 (difference +2); flags SYN|ACK, "
    "states\n"
    "      SYN-RECEIVED or ESTABLISHED, old interval 20.1 ms    ";

static void
test_revisions(void)
{
	static char expected[8192];
	static const char head[] =
	    "  #2  10.0.0.1:42253 > 10.0.0.2:80   10:00:02.000          "
	    "ESTABLISHED / ESTABLISHED\n";

	feed_revisions(open_report("revised.ndjson",
	    (struct output_options){ .format = OUTPUT_NDJSON }));
	has("revisions say so", "\"revises\":true", 3);
	has("with signed differences modulo 2^32", "\"difference\":{\"ack\":2}",
	    8);
	has("sets of states are arrays",
	    "\"states\":[\"SYN-RECEIVED\",\"ESTABLISHED\"]", 8);
	feed_revisions(open_report(
	    "revised.json", (struct output_options){ .format = OUTPUT_JSON }));
	has("a document has no revisions", "\"revises\"", 0);
	has("only final findings", "\"type\":\"finding\"", 9);
	feed_revisions(open_report(
	    "revised.txt", (struct output_options){ .format = OUTPUT_TEXT }));
	snprintf(expected, sizeof(expected),
	    "a.pcap: 100 packets, 2 connections, 2026-11-21 10:00:00 UTC, "
	    "1.0 s\n"
	    "  skipped: 3 not IP (ARP, LLDP, ...), 1,200 UDP\n"
	    "  1 packet cut short by the capture (snap length)\n"
	    "  2 packets lost by the kernel: what is reported may be due to "
	    "that\n"
	    "\n"
	    "CAPTURE self-audit\n"
	    "  the capture began after the connection (cap-midstream)\n"
	    "\n"
	    "ERROR ack-unsent (certain)                                 "
	    "RFC 9293 3.10.7.4; RFC 5961 5\n"
	    "%s%spacket 4; 12 times, last 44\n"
	    "%s%spacket 10; 12 times, last 50\n"
	    "%s%spacket 20; 12 times, last 60\n"
	    "  ... and 3 more, of #2\n"
	    "\n"
	    "%s"
	    "NOTE small-thing (certain)\n"
	    "  10:00:00.000\n"
	    "      a small thing, 1,500 times\n"
	    "      packet 60\n"
	    "\n"
	    "Verdicts: 2 handshake-timeout\n"
	    "6 errors, 1 warning, 1 note in 2 connections; the capture has 1 "
	    "defect\n",
	    head, unsent_text, head, unsent_text, head, unsent_text,
	    strstr(example_text, "WARNING"));
	is("revised findings as text", expected);
}

/* A note on each of many connections, on both ends of some, and an error. */
static void
feed_many(struct output *o)
{
	struct tcpaudit_tuple t;
	struct tcpaudit_finding f;

	open_input(o, "a.pcap");
	for (uint64_t i = 1; i <= 7000; i++) {
		t = tuple(1 + i % 5000);
		f = plain(i, SMALL, i);
		f.connection = &t;
		output_finding(o, &f);
	}
	for (uint64_t i = 1; i <= 5; i++) {
		t = tuple(i);
		f = unsent(&t, 7000 + i, i);
		output_finding(o, &f);
	}
	output_close(o, &totals);
}

static void
test_folding(void)
{
	struct output_options options = { .format = OUTPUT_TEXT };

	feed_many(open_report("many.txt", options));
	has("a rule is one entry that counts its connections",
	    "\nNOTE small-thing (certain) in 5,000 connections\n  #2  10.0.0.1:"
	    "42253 > 10.0.0.2:80   10:00:00.000          CLOSED? / CLOSED?\n"
	    "      a small thing, once\n"
	    "      packet 1\n"
	    "  ... and 6,999 more, of #3, #4, #5, #6, #7, #8, #9, #10, ...\n",
	    1);
	has("an error has three examples", "\n      server ", 3);
	has("and a rest",
	    "\nERROR ack-unsent (certain) in 5 connections            "
	    "    RFC 9293 3.10.7.4; RFC 5961 5\n",
	    1);
	has("that is named", "\n  ... and 2 more, of #4, #5\n", 1);
	options.verbose = true;
	feed_many(open_report("many.txt", options));
	has("more with --verbose", "a small thing", 50);
}

static void
test_selection(void)
{
	static const char *const glob[] = { "da*", "CP??" };
	struct output_options options = { .format = OUTPUT_NDJSON,
		.selection = { .rule = glob, .rule_count = 2 } };
	struct tcpaudit_tuple t = tuple(1);
	struct tcpaudit_finding f, g;
	struct output *o = open_report("selected.ndjson", options);

	open_input(o, "a.pcap");
	f = third_ack(&t);
	output_finding(o, &f);
	f = plain(2, MIDSTREAM, 1);
	output_finding(o, &f);
	g = revise(&f, third_ack(&t)); /* leaves the selection */
	output_finding(o, &g);
	check(output_count(o, TCPAUDIT_WARNING) == 0 &&
		  output_count(o, TCPAUDIT_CAPTURE) == 0,
	    "what is not selected is not counted");
	f = revise(&g, unsent(&t, 0, 3)); /* and comes back */
	output_finding(o, &f);
	check(output_count(o, TCPAUDIT_ERROR) == 1, "codes select too");
	output_close(o, &totals);
	has("a record that leaves the selection is written",
	    "\"type\":\"finding\",\"input\":\"a.pcap\",\"id\":2", 3);
	has("one that never was in it is not", "\"id\":1,\"rule\"", 0);

	options.format = OUTPUT_TEXT;
	options.selection = (struct selection){ .no_rule = glob,
		.no_rule_count = 1,
		.min_severity = TCPAUDIT_ERROR,
		.min_confidence = TCPAUDIT_LIKELY };
	o = open_report("selected.txt", options);
	open_input(o, "a.pcap");
	f = plain(1, MIDSTREAM, 1);
	output_finding(o, &f);
	f = third_ack(&t);
	f.id = 2;
	output_finding(o, &f);
	f = unsent(&t, 3, 1);
	output_finding(o, &f);
	output_input_end(o, 7, START, START, "cut off\nin a packet");
	output_close(o, &totals);
	is("a finding about the capture passes every severity",
	    "a.pcap: 7 packets, 0 connections, 2026-11-21 10:00:00 UTC, 0 ns\n"
	    "  broke off: cut off\\x0ain a packet\n"
	    "\n"
	    "CAPTURE self-audit\n"
	    "  the capture began after the connection (cap-midstream)\n"
	    "\n"
	    "None of the selected rules found anything.\n"
	    "0 errors, 0 warnings, 0 notes in 1 connection; the capture has 1 "
	    "defect\n");
}

static void
test_all(void)
{
	test_revisions();
	test_folding();
	test_selection();
}

int
main(int argc, char **argv)
{
	return test_reports(argc, argv, test_all);
}
