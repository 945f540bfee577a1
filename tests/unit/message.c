/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Templates, and the values in them as people read them. */
#include "message.h"

#include <stdio.h>
#include <string.h>

#include "buffer.h"
#include "format.h"

static int failures, tests;

/* Compares what is in the buffer, and empties it. */
static void
is(struct buffer *b, const char *expected)
{
	const char *seen = b->data != NULL && b->length > 0 ? b->data : "";
	int good = strcmp(seen, expected) == 0;

	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, expected);
	if (!good)
		printf("# seen: %s\n", seen);
	failures += !good;
	buffer_clear(b);
}

static const struct tcpaudit_tuple tuple = {
	.id = 1,
	.incarnation = 1,
	.family = 4,
	.address = { { { 10, 0, 0, 1 } }, { { 10, 0, 0, 2 } } },
	.port = { 1234, 80 },
};

static const struct tcpaudit_value values[] = {
	{ "ack", TCPAUDIT_VALUE_SEQUENCE, 1, 9001 },
	{ "ack", TCPAUDIT_VALUE_SEQUENCE, 0, 9002 },
	{ "seq", TCPAUDIT_VALUE_SEQUENCE, 0, INT64_C(0x1ffffffff) },
	{ "length", TCPAUDIT_VALUE_BYTES, 0, 1234567 },
	{ "flags", TCPAUDIT_VALUE_FLAGS, 0, 0x12 },
	{ "waited_ns", TCPAUDIT_VALUE_DURATION, 0, INT64_C(31000000000) },
	{ "checksum", TCPAUDIT_VALUE_HEX, 0, 0xab },
	{ "copies", TCPAUDIT_VALUE_NUMBER, 0, -3 },
	{ "probes", TCPAUDIT_VALUE_NUMBER, 0, 1 },
	{ "excess", TCPAUDIT_VALUE_BYTES, 0, 0 },
	{ "window", TCPAUDIT_VALUE_BYTES, 1, 5 },
	{ "window", TCPAUDIT_VALUE_BYTES, 0, 5 },
	{ "data", TCPAUDIT_VALUE_HEX, 1, 0x0042 },
	{ "data", TCPAUDIT_VALUE_HEX, 0, 0x4142 },
};

static void
expand(const char *text, const char *expected)
{
	struct tcpaudit_rule rule = { .text = text };
	struct tcpaudit_finding finding = { .rule = &rule,
		.connection = &tuple,
		.endpoint = TCPAUDIT_SERVER,
		.values = values,
		.value_count = sizeof(values) / sizeof(values[0]),
		.count = 1500 };
	struct buffer b = { 0 };

	message_expand(&b, &finding);
	is(&b, expected);
}

static void
test_message(void)
{
	struct tcpaudit_rule rule = { .text = "{endpoint} of {peer}[ {ack}]" };
	struct tcpaudit_finding finding = { .rule = &rule, .endpoint = -1 };
	struct buffer b = { 0 };

	expand("", "");
	expand("nothing to fill in", "nothing to fill in");
	expand("ack {ack} for {expected.ack}", "ack 9002 for 9001");
	expand("{seq}", "4294967295");
	expand("{length} bytes, {flags}", "1,234,567 bytes, SYN|ACK");
	expand("{waited_ns}: {checksum} {copies}", "31.0 s: 0x00ab -3");
	expand("{endpoint} and {peer}",
	    "server 10.0.0.2:80 and client 10.0.0.1:1234");
	expand("{count} times", "1,500 times");
	expand("{mss} and {expected.seq}", "? and ?");
	expand("a[ with {mss}] b[ by {ack}] c", "a b by 9002 c");
	expand("a[ {ack} {mss}][ always]", "a always");
	expand("an open {brace and [bracket", "an open {brace and [bracket");
	expand("{} {expected.} {ac} {acks}", "? ? ? ?");
	message_expand(&b, &finding);
	is(&b, "? of ?");
}

static void
test_alternatives(void)
{
	expand("{probes|once|# times}", "once");
	expand("{copies|once|# times}", "-3 times");
	expand("{length|1 byte|# bytes}", "1,234,567 bytes");
	expand("{excess|1 byte|# bytes}", "0 bytes");
	expand("{excess|1 byte|# bytes|nothing}", "nothing");
	expand("{probes|1 byte|# bytes|nothing}", "1 byte");
	expand("{length|1 byte|# bytes|nothing}", "1,234,567 bytes");
	expand("{excess|one|}{probes|| many}.", ".");
	expand(
	    "{count|once|# times}, {expected.ack|1|#}", "1,500 times, 9,001");
	expand("a[ {mss|1|#}] b {mss|1|#}", "a b ?");
}

/* What is as expected needs no saying; bytes are compared in full. */
static void
test_comparisons(void)
{
	struct tcpaudit_rule rule = { .text = "{ack} {copies|once|# times}" };

	expand("{window}[, expected {expected.window}]", "5");
	expand("{ack}[, expected {expected.ack}]", "9002, expected 9001");
	expand("{window}, expected {expected.window}", "5, expected 5");
	expand("{data}, expected {expected.data}",
	    "0x4142 (\"AB\"), expected 0x0042");
	printf("%sok %d - what a template mentions\n",
	    message_mentions(&rule, "ack") &&
		    message_mentions(&rule, "copies") &&
		    !message_mentions(&rule, "cop") &&
		    !message_mentions(&rule, "expected.ack")
		? ""
		: (failures++, "not "),
	    ++tests);
}

static void
duration(int64_t nanoseconds, const char *expected)
{
	struct buffer b = { 0 };

	format_duration(&b, nanoseconds);
	is(&b, expected);
}

static void
test_durations(void)
{
	duration(0, "0 ns");
	duration(999, "999 ns");
	duration(1000, "1.0 us");
	duration(999940, "999.9 us");
	duration(999950, "1.0 ms");
	duration(20100000, "20.1 ms");
	duration(INT64_C(999950000), "1.0 s");
	duration(INT64_C(-30960000000), "-31.0 s");
	duration(INT64_C(240000000000), "240.0 s");
	duration(INT64_C(599949999999), "599.9 s");
	duration(INT64_C(599950000000), "10 min 0 s");
	duration(INT64_C(7200000000000), "2 h 0 min");
	duration(INT64_C(180000000000000), "2 d 2 h");
	duration(INT64_MIN, "-106751 d 23 h");
}

static void
states(int64_t set, const char *expected)
{
	struct buffer b = { 0 };

	format_states(&b, set);
	is(&b, expected);
}

static void
flags(int64_t set, const char *expected)
{
	struct buffer b = { 0 };

	format_flags(&b, set);
	is(&b, expected);
}

static void
test_sets(void)
{
	states(0, "none");
	states(1 << TCPAUDIT_TIME_WAIT, "TIME-WAIT");
	states(1 << TCPAUDIT_ESTABLISHED | 1 << TCPAUDIT_SYN_SENT,
	    "SYN-SENT or ESTABLISHED");
	states(7, "CLOSED, LISTEN or SYN-SENT");
	flags(0, "none");
	flags(0x1ff, "FIN|SYN|RST|PSH|ACK|URG|ECE|CWR|AE");
}

static void
test_times(void)
{
	const int64_t ten = INT64_C(1795255200) * 1000000000;
	struct buffer b = { 0 };

	format_time(&b, ten + 1);
	is(&b, "2026-11-21T10:00:00.000000001Z");
	format_time(&b, -1);
	is(&b, "1969-12-31T23:59:59.999999999Z");
	format_date(&b, ten);
	is(&b, "2026-11-21 10:00:00 UTC");
	format_time_of_day(&b, ten + 10999999, ten);
	is(&b, "10:00:00.010");
	format_time_of_day(&b, ten, ten - INT64_C(86400) * 1000000000);
	is(&b, "2026-11-21 10:00:00.000");
}

static void
escaped(const char *name, const char *expected)
{
	struct buffer b = { 0 };

	buffer_add_escaped(&b, name);
	is(&b, expected);
}

static void
test_escapes(void)
{
	escaped("a b.pcap", "a b.pcap");
	escaped("\x1b[31mred\n", "\\x1b[31mred\\x0a");
	escaped("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\xa7",
	    "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x90\xa7");
	escaped("\xff\xc3", "\\xff\\xc3");
	escaped("\xc0\xaf overlong", "\\xc0\\xaf overlong");
	escaped("\xed\xa0\x80 surrogate", "\\xed\\xa0\\x80 surrogate");
	escaped("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	escaped("\xe2\x80\xae"
		"fdp.exe",
	    "\\xe2\\x80\\xae"
	    "fdp.exe");
	escaped("\xc2\x9b"
		"1m",
	    "\\xc2\\x9b"
	    "1m");
	escaped("cut off \xe2\x82", "cut off \\xe2\\x82");
}

int
main(void)
{
	struct tcpaudit_tuple six = { .family = 6, .port = { 0, 443 } };
	struct buffer b = { 0 };

	test_message();
	test_alternatives();
	test_comparisons();
	test_durations();
	test_sets();
	test_times();
	test_escapes();
	six.address[1].bytes[15] = 1;
	format_endpoint(&b, &six, TCPAUDIT_SERVER);
	is(&b, "[::1]:443");
	format_number(&b, UINT64_MAX);
	is(&b, "18,446,744,073,709,551,615");
	printf("1..%d\n", tests);
	return failures > 0;
}
