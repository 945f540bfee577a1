/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The record of a connection is written as text.  Here it is made of JSON
 * objects, and has to be the same, byte for byte. */
#include "any.h"
#include "community_id.h"

#define CONNECTIONS 3000

static struct community_id *maker;

static json_t *
known_truth(int truth)
{
	return truth < 0 ? json_null() : json_boolean(truth);
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
endpoint(const struct tcpaudit_connection *c, int which)
{
	const struct tcpaudit_endpoint *e = &c->end[which];

	return json_pack(
	    "{s:o, s:i, s:s, s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, "
	    "s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}",
	    "address", shown_address(c->connection, which), "port",
	    c->connection->port[which], "state", tcpaudit_state_name(e->state),
	    "possible_states", shown_states(e->possible), "certainty",
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
	return json_pack("{s:o, s:o, s:o, s:s*}", "packet",
	    shown_packet(packet), "time", shown_time(time), "offset_ns",
	    shown_offset(packet, time), "input",
	    packet >> 48 != c->first_packet >> 48 ? shown_input(packet) : NULL);
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
	const struct tcpaudit_tuple *tuple = c->connection;
	const uint32_t *n = c->findings;
	char id[COMMUNITY_ID_SIZE];

	community_id(maker, tuple, id);
	return json_pack(
	    "{s:s, s:s, s:I, s:s, s:I, s:o, s:o, s:o, s:o, s:I, s:s, s:o, s:s,"
	    "s:o, s:b, s:b, s:o*, s:{s:I, s:I, s:I, s:I}, s:{s:s?, s:s?}, "
	    "s:{s:I}}",
	    "type", "connection", "input", shown_input(c->first_packet), "id",
	    (json_int_t)tuple->id, "community_id", id, "incarnation",
	    (json_int_t)tuple->incarnation, "client",
	    endpoint(c, TCPAUDIT_CLIENT), "server",
	    endpoint(c, TCPAUDIT_SERVER), "first",
	    point(c, c->first_packet, c->first_time), "last",
	    point(c, c->last_packet, c->last_time), "duration_ns",
	    (json_int_t)(c->last_time - c->first_time), "verdict",
	    tcpaudit_verdict_name(c->verdict), "closed_by",
	    shown_end(c->closed_by), "confidence",
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

static struct tcpaudit_connection
any_connection(const struct tcpaudit_tuple *t)
{
	static const struct tcpaudit_rule *const undecided[] = {
		&rules[THIRD_ACK], &rules[SMALL]
	};
	struct tcpaudit_connection c = { .connection = t,
		.first_packet = any_packet(),
		.last_packet = any_packet(),
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

static void
test_all(void)
{
	struct output_options options = { .format = OUTPUT_NDJSON };
	FILE *expected = tmpfile();
	struct output *o = open_report("any.ndjson", options);
	struct tcpaudit_connection c;
	struct tcpaudit_tuple t;

	maker = community_id_new();
	if (expected == NULL || maker == NULL)
		exit(99);
	open_inputs(o);
	for (int i = 0; i < CONNECTIONS; i++) {
		t = any_tuple();
		c = any_connection(&t);
		write_expected(expected, record(&c));
		output_connection(o, &c);
	}
	check(output_close(o, &totals) == 0, "the report is closed");
	compare(expected, CONNECTIONS);
	community_id_free(maker);
}

int
main(int argc, char **argv)
{
	return test_reports(argc, argv, test_all);
}
