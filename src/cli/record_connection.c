/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The record of a connection is written as text: there are as many as
 * connections, also where nothing is wrong, and to make JSON objects first
 * would take longer than the audit.  tests/unit/record_connection.c makes
 * them, and compares. */
#include "community_id.h"
#include "format.h"
#include "record.h"

/* What stands before the value of a member that is not the first one.  It goes
 * to inline functions, so that its length is known when it is copied. */
#define MEMBER(name) ",\"" name "\":"

static inline void
add_integer(struct buffer *b, const char *member, int64_t number)
{
	uint64_t size = (uint64_t)number;

	buffer_add_string(b, member);
	if (number < 0) {
		buffer_add(b, "-", 1);
		size = 0 - size;
	}
	buffer_add_number(b, size, 0);
}

/* A count, as the records tell it: they have signed numbers only. */
static inline void
add_count(struct buffer *b, const char *member, uint64_t count)
{
	add_integer(b, member, (int64_t)count);
}

static inline void
add_null(struct buffer *b, const char *member)
{
	buffer_add_string(b, member);
	buffer_add_string(b, "null");
}

/* A number that is negative if it is not known. */
static inline void
add_known(struct buffer *b, const char *member, int64_t number)
{
	if (number < 0)
		add_null(b, member);
	else
		add_integer(b, member, number);
}

static inline void
add_truth(struct buffer *b, const char *member, int truth)
{
	buffer_add_string(b, member);
	buffer_add_string(b, truth ? "true" : "false");
}

static inline void
add_known_truth(struct buffer *b, const char *member, int truth)
{
	if (truth < 0)
		add_null(b, member);
	else
		add_truth(b, member, truth);
}

/* The name of an input.  It is printable already, see struct input: of what
 * JSON wants to be escaped two characters are left. */
static void
add_input(struct buffer *b, const char *member, const char *name)
{
	buffer_add_string(b, member);
	buffer_add(b, "\"", 1);
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			buffer_add(b, "\\", 1);
		buffer_add(b, name, 1);
	}
	buffer_add(b, "\"", 1);
}

/* A name that needs no escape; NULL: null. */
static inline void
add_name(struct buffer *b, const char *member, const char *name)
{
	if (name == NULL) {
		add_null(b, member);
		return;
	}
	buffer_add_string(b, member);
	buffer_add(b, "\"", 1);
	buffer_add_string(b, name);
	buffer_add(b, "\"", 1);
}

static void
add_states(struct buffer *b, const struct tcpaudit_endpoint *e)
{
	const char *separator = "";

	buffer_add_string(b, MEMBER("possible_states") "[");
	for (int i = 0; i < TCPAUDIT_STATES; i++) {
		if ((e->possible >> i & 1) == 0)
			continue;
		add_name(b, separator, tcpaudit_state_name(i));
		separator = ",";
	}
	buffer_add_string(b, "]");
}

static void
add_path(struct buffer *b, const struct tcpaudit_endpoint *e)
{
	buffer_add_string(b, MEMBER("path") "[");
	for (size_t i = 0; i < e->path_length; i++)
		add_name(b, i == 0 ? "" : ",", tcpaudit_state_name(e->path[i]));
	buffer_add_string(b, "]");
}

static void
add_counts(struct buffer *b, const struct tcpaudit_endpoint *e)
{
	add_count(b, MEMBER("packets"), e->packets);
	add_count(b, MEMBER("bytes"), e->bytes);
	add_count(b, MEMBER("unique_bytes"), e->unique_bytes);
	add_count(b, MEMBER("retransmitted_packets"), e->retransmitted_packets);
	add_count(b, MEMBER("retransmitted_bytes"), e->retransmitted_bytes);
	add_count(b, MEMBER("out_of_order_packets"), e->out_of_order_packets);
	add_count(b, MEMBER("zero_windows"), e->zero_windows);
	add_count(b, MEMBER("duplicate_acks"), e->duplicate_acks);
}

static void
add_endpoint(struct buffer *b, const char *member,
    const struct tcpaudit_connection *c, int which)
{
	const struct tcpaudit_tuple *t = c->connection;
	const struct tcpaudit_endpoint *e = &c->end[which];

	buffer_add_string(b, member);
	buffer_add_string(b, "{\"address\":\"");
	format_address(b, t->family, &t->address[which]);
	add_count(b, "\"" MEMBER("port"), t->port[which]);
	add_name(b, MEMBER("state"), tcpaudit_state_name(e->state));
	add_states(b, e);
	add_name(b, MEMBER("certainty"), e->certain ? "certain" : "presumed");
	add_path(b, e);
	add_known(b, MEMBER("isn"), e->isn_known ? (int64_t)e->isn : -1);
	add_known(
	    b, MEMBER("fin_seq"), e->fin_known ? (int64_t)e->fin_seq : -1);
	add_counts(b, e);
	add_known(b, MEMBER("mss"), e->mss);
	add_known(b, MEMBER("window_scale"), e->window_scale);
	add_known_truth(b, MEMBER("sack_permitted"), e->sack_permitted);
	add_known_truth(b, MEMBER("timestamps"), e->timestamps);
	add_known(b, MEMBER("min_rtt_ns"), e->min_rtt_ns);
	buffer_add_string(b, "}");
}

/* The first or the last packet.  It names its input if that is not the one of
 * the record. */
static void
add_point(struct output *o, const struct tcpaudit_connection *c,
    tcpaudit_packet_id packet, int64_t time)
{
	struct buffer *b = &o->buffer;
	uint64_t number = TCPAUDIT_PACKET_NUMBER(packet);

	if (number == 0)
		buffer_add_string(b, "{\"packet\":null");
	else
		add_count(b, "{\"packet\":", number);
	buffer_add_string(b, MEMBER("time") "\"");
	format_time(b, time);
	add_integer(
	    b, "\"" MEMBER("offset_ns"), record_offset(o, packet, time));
	if (TCPAUDIT_PACKET_INPUT(packet) !=
	    TCPAUDIT_PACKET_INPUT(c->first_packet))
		add_input(b, MEMBER("input"), report_input(o, packet)->name);
	buffer_add_string(b, "}");
}

static void
add_pending(struct buffer *b, const struct tcpaudit_connection *c)
{
	buffer_add_string(b, MEMBER("pending") "[");
	for (size_t i = 0; i < c->pending_count; i++)
		add_name(b, i == 0 ? "" : ",", c->pending[i]->name);
	buffer_add_string(b, "]");
}

/* How it ended. */
static void
add_outcome(struct buffer *b, const struct tcpaudit_connection *c)
{
	static const char *const closer[] = { "client", "server", "both" };

	add_integer(b, MEMBER("duration_ns"), c->last_time - c->first_time);
	add_name(b, MEMBER("verdict"), tcpaudit_verdict_name(c->verdict));
	add_name(b, MEMBER("closed_by"),
	    c->closed_by >= 0 && c->closed_by <= 2 ? closer[c->closed_by]
						   : NULL);
	add_name(
	    b, MEMBER("confidence"), tcpaudit_confidence_name(c->confidence));
	add_pending(b, c);
	add_truth(b, MEMBER("lossy"), c->lossy);
	add_truth(b, MEMBER("midstream"), c->midstream);
	if (c->evicted)
		add_truth(b, MEMBER("evicted"), 1);
}

void
record_connection(struct output *o, const struct tcpaudit_connection *c)
{
	const struct tcpaudit_tuple *t = c->connection;
	const uint32_t *n = c->findings;
	struct buffer *b = &o->buffer;
	char id[COMMUNITY_ID_SIZE];

	community_id(o->community, t, id);
	add_input(b, "{\"type\":\"connection\"" MEMBER("input"),
	    report_input(o, c->first_packet)->name);
	add_count(b, MEMBER("id"), t->id);
	add_name(b, MEMBER("community_id"), *id != '\0' ? id : NULL);
	add_count(b, MEMBER("incarnation"), t->incarnation);
	add_endpoint(b, MEMBER("client"), c, TCPAUDIT_CLIENT);
	add_endpoint(b, MEMBER("server"), c, TCPAUDIT_SERVER);
	buffer_add_string(b, MEMBER("first"));
	add_point(o, c, c->first_packet, c->first_time);
	buffer_add_string(b, MEMBER("last"));
	add_point(o, c, c->last_packet, c->last_time);
	add_outcome(b, c);
	add_count(b, MEMBER("findings") "{\"error\":", n[TCPAUDIT_ERROR]);
	add_count(b, MEMBER("warning"), n[TCPAUDIT_WARNING]);
	add_count(b, MEMBER("note"), n[TCPAUDIT_NOTE]);
	add_count(b, MEMBER("capture"), n[TCPAUDIT_CAPTURE]);
	add_name(b, "}" MEMBER("zeek") "{\"conn_state\":", c->zeek_conn_state);
	add_name(b, MEMBER("history"), c->zeek_history);
	add_count(b, "}" MEMBER("wireshark") "{\"completeness\":",
	    c->wireshark_completeness);
	buffer_add_string(b, "}}");
}
