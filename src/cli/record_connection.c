/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "community_id.h"
#include "member.h"
#include "record.h"

static void
add_path(struct buffer *b, const struct tcpaudit_endpoint *e)
{
	buffer_add_string(b, MEMBER("path") "[");
	for (size_t i = 0; i < e->path_length; i++)
		member_name(
		    b, i == 0 ? "" : ",", tcpaudit_state_name(e->path[i]));
	buffer_add_string(b, "]");
}

static void
add_counts(struct buffer *b, const struct tcpaudit_endpoint *e)
{
	member_count(b, MEMBER("packets"), e->packets);
	member_count(b, MEMBER("bytes"), e->bytes);
	member_count(b, MEMBER("unique_bytes"), e->unique_bytes);
	member_count(
	    b, MEMBER("retransmitted_packets"), e->retransmitted_packets);
	member_count(b, MEMBER("retransmitted_bytes"), e->retransmitted_bytes);
	member_count(
	    b, MEMBER("out_of_order_packets"), e->out_of_order_packets);
	member_count(b, MEMBER("zero_windows"), e->zero_windows);
	member_count(b, MEMBER("duplicate_acks"), e->duplicate_acks);
}

static void
add_endpoint(struct buffer *b, const char *member,
    const struct tcpaudit_connection *c, int which)
{
	const struct tcpaudit_endpoint *e = &c->end[which];

	buffer_add_string(b, member);
	record_address(b, c->connection, which);
	member_name(b, MEMBER("state"), tcpaudit_state_name(e->state));
	record_states(b, MEMBER("possible_states"), e->possible);
	member_name(
	    b, MEMBER("certainty"), e->certain ? "certain" : "presumed");
	add_path(b, e);
	member_known(b, MEMBER("isn"), e->isn_known ? (int64_t)e->isn : -1);
	member_known(
	    b, MEMBER("fin_seq"), e->fin_known ? (int64_t)e->fin_seq : -1);
	add_counts(b, e);
	member_known(b, MEMBER("mss"), e->mss);
	member_known(b, MEMBER("window_scale"), e->window_scale);
	member_known_truth(b, MEMBER("sack_permitted"), e->sack_permitted);
	member_known_truth(b, MEMBER("timestamps"), e->timestamps);
	member_known(b, MEMBER("min_rtt_ns"), e->min_rtt_ns);
	buffer_add_string(b, "}");
}

/* The first or the last packet.  It names its input if that is not the one of
 * the record. */
static void
add_point(struct output *o, const struct tcpaudit_connection *c,
    tcpaudit_packet_id packet, int64_t time)
{
	struct buffer *b = &o->buffer;

	record_packet(b, "{\"packet\":", packet);
	record_time(b, MEMBER("time"), time);
	member_integer(b, MEMBER("offset_ns"), record_offset(o, packet, time));
	if (TCPAUDIT_PACKET_INPUT(packet) !=
	    TCPAUDIT_PACKET_INPUT(c->first_packet))
		member_string(
		    b, MEMBER("input"), report_input(o, packet)->name);
	buffer_add_string(b, "}");
}

static void
add_pending(struct buffer *b, const struct tcpaudit_connection *c)
{
	buffer_add_string(b, MEMBER("pending") "[");
	for (size_t i = 0; i < c->pending_count; i++)
		member_name(b, i == 0 ? "" : ",", c->pending[i]->name);
	buffer_add_string(b, "]");
}

/* How it ended. */
static void
add_outcome(struct buffer *b, const struct tcpaudit_connection *c)
{
	member_integer(b, MEMBER("duration_ns"), c->last_time - c->first_time);
	member_name(b, MEMBER("verdict"), tcpaudit_verdict_name(c->verdict));
	record_end(b, MEMBER("closed_by"), c->closed_by);
	member_name(
	    b, MEMBER("confidence"), tcpaudit_confidence_name(c->confidence));
	add_pending(b, c);
	member_truth(b, MEMBER("lossy"), c->lossy);
	member_truth(b, MEMBER("midstream"), c->midstream);
	if (c->evicted)
		member_truth(b, MEMBER("evicted"), 1);
}

void
record_connection(struct output *o, const struct tcpaudit_connection *c)
{
	const struct tcpaudit_tuple *t = c->connection;
	const uint32_t *n = c->findings;
	struct buffer *b = &o->buffer;
	char id[COMMUNITY_ID_SIZE];

	community_id(o->community, t, id);
	member_string(b, "{\"type\":\"connection\"" MEMBER("input"),
	    report_input(o, c->first_packet)->name);
	member_count(b, MEMBER("id"), t->id);
	member_name(b, MEMBER("community_id"), *id != '\0' ? id : NULL);
	member_count(b, MEMBER("incarnation"), t->incarnation);
	add_endpoint(b, MEMBER("client"), c, TCPAUDIT_CLIENT);
	add_endpoint(b, MEMBER("server"), c, TCPAUDIT_SERVER);
	buffer_add_string(b, MEMBER("first"));
	add_point(o, c, c->first_packet, c->first_time);
	buffer_add_string(b, MEMBER("last"));
	add_point(o, c, c->last_packet, c->last_time);
	add_outcome(b, c);
	member_count(b, MEMBER("findings") "{\"error\":", n[TCPAUDIT_ERROR]);
	member_count(b, MEMBER("warning"), n[TCPAUDIT_WARNING]);
	member_count(b, MEMBER("note"), n[TCPAUDIT_NOTE]);
	member_count(b, MEMBER("capture"), n[TCPAUDIT_CAPTURE]);
	member_name(
	    b, "}" MEMBER("zeek") "{\"conn_state\":", c->zeek_conn_state);
	member_name(b, MEMBER("history"), c->zeek_history);
	member_count(b, "}" MEMBER("wireshark") "{\"completeness\":",
	    c->wireshark_completeness);
	buffer_add_string(b, "}}");
}
