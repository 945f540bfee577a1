/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The record of a connection is written as text.  Here it is made of JSON
 * objects, with times and addresses from the C library, and has to be the
 * same, byte for byte. */
#include <arpa/inet.h>
#include <jansson.h>
#include <time.h>

#include "community_id.h"
#include "sample.h"

#define CONNECTIONS 3000

static struct community_id *maker;

/* Names as the report writes them. */
static const char *const shown_names[] = { "a\\x09\"b\"\\c/\\x7f.pcap",
	"\u00e4\U0001f600.pcap" };

/* A number that is negative if it is not known. */
static json_t *
known(int64_t number)
{
	return number < 0 ? json_null() : json_integer(number);
}

static json_t *
known_truth(int truth)
{
	return truth < 0 ? json_null() : json_boolean(truth);
}

static json_t *
states(unsigned possible)
{
	json_t *array = json_array();

	for (int i = 0; i < TCPAUDIT_STATES; i++)
		if (possible >> i & 1)
			json_array_append_new(
			    array, json_string(tcpaudit_state_name(i)));
	return array;
}

static json_t *
way(const struct tcpaudit_endpoint *e)
{
	json_t *array = json_array();

	for (size_t i = 0; i < e->path_length; i++)
		json_array_append_new(
		    array, json_string(tcpaudit_state_name(e->path[i])));
	return array;
}

static json_t *
address(const struct tcpaudit_tuple *t, int which)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(t->family == 4 ? AF_INET : AF_INET6, t->address[which].bytes,
	    text, sizeof(text));
	return json_string(text);
}

static json_t *
endpoint(const struct tcpaudit_connection *c, int which)
{
	const struct tcpaudit_endpoint *e = &c->end[which];

	return json_pack(
	    "{s:o, s:i, s:s, s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, "
	    "s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}",
	    "address", address(c->connection, which), "port",
	    c->connection->port[which], "state", tcpaudit_state_name(e->state),
	    "possible_states", states(e->possible), "certainty",
	    e->certain ? "certain" : "presumed", "path", way(e), "isn",
	    known(e->isn_known ? (int64_t)e->isn : -1), "fin_seq",
	    known(e->fin_known ? (int64_t)e->fin_seq : -1), "packets",
	    (json_int_t)e->packets, "bytes", (json_int_t)e->bytes,
	    "unique_bytes", (json_int_t)e->unique_bytes,
	    "retransmitted_packets", (json_int_t)e->retransmitted_packets,
	    "retransmitted_bytes", (json_int_t)e->retransmitted_bytes,
	    "out_of_order_packets", (json_int_t)e->out_of_order_packets,
	    "zero_windows", (json_int_t)e->zero_windows, "duplicate_acks",
	    (json_int_t)e->duplicate_acks, "mss", known(e->mss), "window_scale",
	    known(e->window_scale), "sack_permitted",
	    known_truth(e->sack_permitted), "timestamps",
	    known_truth(e->timestamps), "min_rtt_ns", known(e->min_rtt_ns));
}

static json_t *
point(const struct tcpaudit_connection *c, tcpaudit_packet_id packet,
    int64_t time)
{
	time_t seconds = (time_t)(time / SECOND) - (time % SECOND < 0);
	int input = TCPAUDIT_PACKET_INPUT(packet);
	int64_t number = (int64_t)TCPAUDIT_PACKET_NUMBER(packet);
	char text[64], day[32];

	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", gmtime(&seconds));
	snprintf(text, sizeof(text), "%s.%09dZ", day,
	    (int)((time % SECOND + SECOND) % SECOND));
	return json_pack("{s:o, s:s, s:I, s:s*}", "packet",
	    known(number > 0 ? number : -1), "time", text, "offset_ns",
	    (json_int_t)(time - START - input * SECOND), "input",
	    packet >> 48 != c->first_packet >> 48 ? shown_names[input] : NULL);
}

static json_t *
pending(const struct tcpaudit_connection *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->pending_count; i++)
		json_array_append_new(array, json_string(c->pending[i]->name));
	return array;
}

static json_t *
record(const struct tcpaudit_connection *c)
{
	static const char *const closer[] = { NULL, "client", "server",
		"both" };
	const struct tcpaudit_tuple *tuple = c->connection;
	const uint32_t *n = c->findings;
	char id[COMMUNITY_ID_SIZE];

	community_id(maker, tuple, id);
	return json_pack(
	    "{s:s, s:s, s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:I, s:s, s:s?, s:s,"
	    "s:o, s:b, s:b, s:o*, s:{s:I, s:I, s:I, s:I}, s:{s:s?, s:s?}, "
	    "s:{s:I}}",
	    "type", "connection", "input",
	    shown_names[TCPAUDIT_PACKET_INPUT(c->first_packet)], "id",
	    (json_int_t)tuple->id, "community_id", id, "incarnation",
	    (json_int_t)tuple->incarnation, "client",
	    endpoint(c, TCPAUDIT_CLIENT), "server",
	    endpoint(c, TCPAUDIT_SERVER), "first",
	    point(c, c->first_packet, c->first_time), "last",
	    point(c, c->last_packet, c->last_time), "duration_ns",
	    (json_int_t)(c->last_time - c->first_time), "verdict",
	    tcpaudit_verdict_name(c->verdict), "closed_by",
	    closer[c->closed_by + 1], "confidence",
	    tcpaudit_confidence_name(c->confidence), "pending", pending(c),
	    "lossy", c->lossy, "midstream", c->midstream, "evicted",
	    c->evicted ? json_true() : NULL, "findings", "error",
	    (json_int_t)n[TCPAUDIT_ERROR], "warning",
	    (json_int_t)n[TCPAUDIT_WARNING], "note",
	    (json_int_t)n[TCPAUDIT_NOTE], "capture",
	    (json_int_t)n[TCPAUDIT_CAPTURE], "zeek", "conn_state",
	    c->zeek_conn_state, "history", c->zeek_history, "wireshark",
	    "completeness", (json_int_t)c->wireshark_completeness);
}

/* ----------------------------------------------------- any connection */

static uint64_t
any(void)
{
	static uint64_t x = 88172645463325252; /* xorshift */

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static uint64_t
below(uint64_t limit)
{
	return any() % limit;
}

/* A number of any length: all have the same chance. */
static uint64_t
any_number(void)
{
	uint64_t least = 1;

	for (uint64_t digits = below(20); digits > 0; digits--)
		least *= 10;
	return below(4) == 0 ? least - below(2) : any() % least;
}

static int64_t
any_known(int64_t limit)
{
	return (int64_t)below((uint64_t)limit) - 1;
}

static struct tcpaudit_endpoint
any_endpoint(void)
{
	struct tcpaudit_endpoint e = { .state = below(TCPAUDIT_STATES),
		.possible = (uint16_t)below(1 << TCPAUDIT_STATES),
		.certain = below(2),
		.path_length = below(17),
		.isn_known = below(2),
		.fin_known = below(2),
		.isn = (uint32_t)any_number(),
		.fin_seq = (uint32_t)any_number(),
		.packets = any_number(),
		.bytes = any_number(),
		.unique_bytes = any_number(),
		.retransmitted_packets = any_number(),
		.retransmitted_bytes = any_number(),
		.out_of_order_packets = any_number(),
		.zero_windows = any_number(),
		.duplicate_acks = any_number(),
		.mss = any_known(65537),
		.window_scale = any_known(256),
		.sack_permitted = any_known(3),
		.timestamps = any_known(3),
		.min_rtt_ns = any_known(INT64_C(1) << 40) };

	for (size_t i = 0; i < e.path_length; i++)
		e.path[i] = below(TCPAUDIT_STATES);
	return e;
}

/* Also of those that are written in a way of their own: zeros, IPv4 inside. */
static struct tcpaudit_tuple
any_tuple(void)
{
	struct tcpaudit_tuple t = { .id = any_number(),
		.incarnation = (uint32_t)below(9),
		.family = below(2) ? 4 : 6,
		.port = { (uint16_t)any_number(), (uint16_t)any_number() } };

	for (int end = 0; end < 2; end++) {
		unsigned char *bytes = t.address[end].bytes;
		uint64_t kind = below(4), zeros = any();

		for (int i = 0; i < 16; i++)
			if (kind != 0 && (zeros >> i / 2 * 2 & 2) == 0)
				bytes[i] = (unsigned char)any_number();
		if (kind == 3 && t.family == 6)
			memset(bytes, 0, 12);
		if (kind == 3 && t.family == 6 && below(2))
			bytes[10] = bytes[11] = 255;
	}
	return t;
}

static struct tcpaudit_connection
any_connection(const struct tcpaudit_tuple *t)
{
	static const struct tcpaudit_rule *const undecided[] = {
		&rules[THIRD_ACK], &rules[SMALL]
	};
	struct tcpaudit_connection c = { .connection = t,
		.first_packet = TCPAUDIT_PACKET_ID(below(2), below(1 << 20)),
		.last_packet = TCPAUDIT_PACKET_ID(below(2), below(3)),
		.first_time = (int64_t)any() / 4,
		.verdict = below(TCPAUDIT_VERDICTS),
		.closed_by = (int)any_known(4),
		.confidence = below(TCPAUDIT_CONFIDENCES),
		.pending_count = below(3),
		.pending = undecided,
		.lossy = below(2),
		.midstream = below(2),
		.evicted = below(2),
		.zeek_conn_state = below(2) ? "SF" : NULL,
		.zeek_history = below(2) ? "ShADadFf^" : NULL,
		.wireshark_completeness = (unsigned)below(64),
		.end = { any_endpoint(), any_endpoint() } };

	c.last_time = c.first_time + any_known(INT64_C(1) << 40);
	for (int i = 0; i < TCPAUDIT_SEVERITIES; i++)
		c.findings[i] = (uint32_t)any_number();
	return c;
}

/* Feeds any connections.  What is expected is written beside the report. */
static void
feed(struct output *o, FILE *expected)
{
	static const char *const names[] = { "a\t\"b\"\\c/\x7f.pcap",
		"\u00e4\U0001f600.pcap" };
	struct tcpaudit_connection c;
	struct tcpaudit_tuple t;
	json_t *object;

	for (int i = 0; i < 2; i++) {
		output_input(o, &(struct output_input){ .name = names[i] });
		output_input_time(o, START + i * SECOND);
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		t = any_tuple();
		c = any_connection(&t);
		output_connection(o, &c);
		object = record(&c);
		json_dumpf(object, expected, JSON_COMPACT);
		putc('\n', expected);
		json_decref(object);
	}
	check(output_close(o, &totals) == 0, "the report is closed");
}

/* Compares all lines that are connections. */
static void
compare(FILE *expected)
{
	static char seen[16384], line[16384];
	FILE *report = fopen(path, "r");
	int same = 0;

	while (report != NULL && fgets(seen, sizeof(seen), report) != NULL) {
		if (strstr(seen, "{\"type\":\"connection\"") != seen)
			continue;
		if (fgets(line, sizeof(line), expected) == NULL)
			break;
		if (strcmp(seen, line) != 0) {
			fprintf(stderr, "expected:\n%sseen:\n%s", line, seen);
			break;
		}
		same++;
	}
	if (report != NULL)
		fclose(report);
	check(same == CONNECTIONS, "any connection is written as JSON is");
}

static void
test_all(void)
{
	FILE *expected = tmpfile();
	struct output_options options = { .format = OUTPUT_NDJSON };

	maker = community_id_new();
	if (expected == NULL || maker == NULL)
		exit(99);
	feed(open_report("any.ndjson", options), expected);
	rewind(expected);
	compare(expected);
	fclose(expected);
	community_id_free(maker);
}

int
main(int argc, char **argv)
{
	return test_reports(argc, argv, test_all);
}
