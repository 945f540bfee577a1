/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "community_id.h"
#include "record.h"

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
sequence(int is_known, uint32_t number)
{
	return is_known ? json_integer(number) : json_null();
}

static json_t *
path(const struct tcpaudit_endpoint *e)
{
	json_t *array = json_array();

	for (size_t i = 0; i < e->path_length; i++)
		json_array_append_new(
		    array, json_string(tcpaudit_state_name(e->path[i])));
	return array;
}

static json_t *
endpoint(struct output *o, const struct tcpaudit_connection *c, int which)
{
	const struct tcpaudit_endpoint *e = &c->end[which];
	json_t *object = record_address(o, c->connection, which), *rest;

	rest = json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, "
			 "s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}",
	    "state", tcpaudit_state_name(e->state), "possible_states",
	    record_states(e->possible), "certainty",
	    e->certain ? "certain" : "presumed", "path", path(e), "isn",
	    sequence(e->isn_known, e->isn), "fin_seq",
	    sequence(e->fin_known, e->fin_seq), "packets",
	    (json_int_t)e->packets, "bytes", (json_int_t)e->bytes,
	    "unique_bytes", (json_int_t)e->unique_bytes,
	    "retransmitted_packets", (json_int_t)e->retransmitted_packets,
	    "retransmitted_bytes", (json_int_t)e->retransmitted_bytes,
	    "out_of_order_packets", (json_int_t)e->out_of_order_packets,
	    "zero_windows", (json_int_t)e->zero_windows, "duplicate_acks",
	    (json_int_t)e->duplicate_acks, "mss", known(e->mss),
	    "window_scale", known(e->window_scale), "sack_permitted",
	    known_truth(e->sack_permitted), "timestamps",
	    known_truth(e->timestamps), "min_rtt_ns", known(e->min_rtt_ns));
	if (json_object_update(object, rest) != 0) {
		json_decref(object);
		object = NULL;
	}
	json_decref(rest);
	return object;
}

/* The first or the last packet.  It names its input if that is not the one of
 * the record. */
static json_t *
point(struct output *o, const struct tcpaudit_connection *c,
    tcpaudit_packet_id packet, int64_t time)
{
	const char *input = NULL;

	if (TCPAUDIT_PACKET_INPUT(packet) !=
	    TCPAUDIT_PACKET_INPUT(c->first_packet))
		input = report_input(o, packet)->name;
	return json_pack("{s:o, s:o, s:I, s:s*}", "packet",
	    record_packet(packet), "time", record_time(o, time), "offset_ns",
	    (json_int_t)record_offset(o, packet, time), "input", input);
}

static json_t *
pending(const struct tcpaudit_connection *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->pending_count; i++)
		json_array_append_new(array, json_string(c->pending[i]->name));
	return array;
}

json_t *
record_connection(struct output *o, const struct tcpaudit_connection *c)
{
	const struct tcpaudit_tuple *tuple = c->connection;
	const uint32_t *n = c->findings;
	char id[COMMUNITY_ID_SIZE];

	community_id(tuple, id);
	return json_pack(
	    "{s:s, s:s, s:I, s:s?, s:I, s:o, s:o, s:o, s:o, s:I, s:s, s:o, s:s,"
	    "s:o, s:b, s:b, s:o*, s:{s:I, s:I, s:I, s:I}, s:{s:s?, s:s?}, "
	    "s:{s:I}}",
	    "type", "connection", "input",
	    report_input(o, c->first_packet)->name, "id", (json_int_t)tuple->id,
	    "community_id", *id != '\0' ? id : NULL, "incarnation",
	    (json_int_t)tuple->incarnation, "client",
	    endpoint(o, c, TCPAUDIT_CLIENT), "server",
	    endpoint(o, c, TCPAUDIT_SERVER), "first",
	    point(o, c, c->first_packet, c->first_time), "last",
	    point(o, c, c->last_packet, c->last_time), "duration_ns",
	    (json_int_t)(c->last_time - c->first_time), "verdict",
	    tcpaudit_verdict_name(c->verdict), "closed_by",
	    record_end(c->closed_by), "confidence",
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
