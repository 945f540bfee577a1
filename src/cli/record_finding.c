/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "format.h"
#include "member.h"
#include "message.h"
#include "record.h"

/* The member of a value, behind `separator`. */
static void
add_value(struct buffer *b, const char *separator,
    const struct tcpaudit_finding *f, const struct tcpaudit_value *v)
{
	member_name(b, separator, v->name);
	switch (v->kind) {
	case TCPAUDIT_VALUE_ADDRESS:
		buffer_add_string(b, ":\"");
		format_host(b, &f->hosts[v->value]);
		buffer_add_string(b, "\"");
		break;
	case TCPAUDIT_VALUE_SEQUENCE:
		member_integer(b, ":", (uint32_t)v->value);
		break;
	case TCPAUDIT_VALUE_STATES:
		record_states(b, ":", v->value);
		break;
	case TCPAUDIT_VALUE_FLAGS:
	case TCPAUDIT_VALUE_REACTION:
	case TCPAUDIT_VALUE_TIME:
	case TCPAUDIT_VALUE_ECN:
		buffer_add_string(b, ":\"");
		format_value(b, v);
		buffer_add_string(b, "\"");
		break;
	default:
		member_integer(b, ":", v->value);
		break;
	}
}

/* The expected (1) or the observed (0) values.  Names are unique in each. */
static void
add_values(struct buffer *b, const char *before,
    const struct tcpaudit_finding *f, int expected)
{
	const char *separator = "";

	buffer_add_string(b, before);
	buffer_add_string(b, "{");
	for (size_t i = 0; i < f->value_count; i++) {
		if (!f->values[i].expected != !expected)
			continue;
		add_value(b, separator, f, &f->values[i]);
		separator = ",";
	}
	buffer_add_string(b, "}");
}

/* Observed minus expected modulo 2^32, nearest to zero, of each sequence number
 * that has both; nothing if none has. */
static void
add_differences(struct buffer *b, const struct tcpaudit_finding *f)
{
	const char *before = MEMBER("difference") "{", *after = "";
	const struct tcpaudit_value *v, *seen;

	for (size_t i = 0; i < f->value_count; i++) {
		v = &f->values[i];
		if (!v->expected || v->kind != TCPAUDIT_VALUE_SEQUENCE)
			continue;
		seen = message_value(f, 0, v->name);
		if (seen == NULL || seen->kind != TCPAUDIT_VALUE_SEQUENCE)
			continue;
		member_name(b, before, v->name);
		member_integer(b, ":",
		    (int32_t)((uint32_t)seen->value - (uint32_t)v->value));
		before = ",";
		after = "}";
	}
	buffer_add_string(b, after);
}

/* Whether a packet is of another input than that of the record. */
static bool
elsewhere(const struct tcpaudit_finding *f, tcpaudit_packet_id packet)
{
	return packet != 0 && TCPAUDIT_PACKET_INPUT(packet) !=
				  TCPAUDIT_PACKET_INPUT(f->packet);
}

/* The packets, and if they are not all of one input, the input of each. */
static void
add_evidence(struct output *o, const struct tcpaudit_finding *f)
{
	struct buffer *b = &o->buffer;
	bool several = false;

	buffer_add_string(b, MEMBER("packets") "[");
	for (size_t i = 0; i < f->packet_count; i++) {
		record_packet(b, i == 0 ? "" : ",", f->packets[i]);
		several |= elsewhere(f, f->packets[i]);
	}
	buffer_add_string(b, "]");
	if (!several)
		return;
	buffer_add_string(b, MEMBER("packet_inputs") "[");
	for (size_t i = 0; i < f->packet_count; i++)
		member_string(
		    b, i == 0 ? "" : ",", report_input(o, f->packets[i])->name);
	buffer_add_string(b, "]");
}

static void
add_references(struct buffer *b, const struct tcpaudit_rule *rule)
{
	buffer_add_string(b, MEMBER("rfc") "[");
	for (size_t i = 0; i < sizeof(rule->rfc) / sizeof(rule->rfc[0]); i++) {
		if (rule->rfc[i].rfc == 0)
			break;
		buffer_add_string(b, i == 0 ? "" : ",");
		member_integer(b, "{\"rfc\":", rule->rfc[i].rfc);
		member_name(b, MEMBER("section"), rule->rfc[i].section);
		buffer_add_string(b, "}");
	}
	buffer_add_string(b, "]");
}

/* What other programs call it. */
static void
add_names(struct buffer *b, const struct tcpaudit_rule *rule)
{
	const char *const name[] = { rule->wireshark, rule->zeek,
		rule->suricata };
	static const char *const program[] = { "wireshark", "zeek",
		"suricata" };
	const char *separator = "";

	buffer_add_string(b, MEMBER("xref") "{");
	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if (name[i] == NULL)
			continue;
		member_name(b, separator, program[i]);
		member_string(b, ":", name[i]);
		separator = ",";
	}
	buffer_add_string(b, "}");
}

/* One end of the connection: who, and in which state when it was decided. */
static void
add_end(struct buffer *b, const char *before, const struct tcpaudit_finding *f,
    int which)
{
	if (f->connection == NULL) {
		member_null(b, before);
		return;
	}
	buffer_add_string(b, before);
	record_address(b, f->connection, which);
	member_name(b, MEMBER("state"), tcpaudit_state_name(f->state[which]));
	record_states(b, MEMBER("possible_states"), f->possible[which]);
	buffer_add_string(b, "}");
}

static void
add_message(struct output *o, const struct tcpaudit_finding *f)
{
	message_expand(&o->scratch, f);
	if (o->scratch.failed)
		o->buffer.failed = true;
	member_string(&o->buffer, MEMBER("message"),
	    o->scratch.data != NULL ? o->scratch.data : "");
	buffer_cut(&o->scratch, 0);
}

/* Of which rule, and about whom. */
static void
add_subject(struct buffer *b, const struct tcpaudit_finding *f)
{
	member_name(b, MEMBER("rule"), f->rule->name);
	member_name(b, MEMBER("code"), f->rule->code);
	member_name(b, MEMBER("severity"), tcpaudit_severity_name(f->severity));
	member_name(
	    b, MEMBER("confidence"), tcpaudit_confidence_name(f->confidence));
	if (f->connection == NULL)
		member_null(b, MEMBER("connection"));
	else
		member_count(b, MEMBER("connection"), f->connection->id);
	add_end(b, MEMBER("client"), f, TCPAUDIT_CLIENT);
	add_end(b, MEMBER("server"), f, TCPAUDIT_SERVER);
	record_end(b, MEMBER("endpoint"), f->endpoint);
}

void
record_finding(struct output *o, const struct tcpaudit_finding *f, int revises)
{
	struct buffer *b = &o->buffer;

	member_string(b, "{\"type\":\"finding\"" MEMBER("input"),
	    report_input(o, f->packet)->name);
	member_count(b, MEMBER("id"), f->id);
	if (revises)
		member_truth(b, MEMBER("revises"), 1);
	add_subject(b, f);
	record_packet(b, MEMBER("packet"), f->packet);
	add_evidence(o, f);
	record_time(b, MEMBER("time"), f->time);
	member_integer(
	    b, MEMBER("offset_ns"), record_offset(o, f->packet, f->time));
	add_message(o, f);
	add_values(b, MEMBER("expected"), f, 1);
	add_values(b, MEMBER("observed"), f, 0);
	add_differences(b, f);
	add_references(b, f->rule);
	add_names(b, f->rule);
	member_count(b, MEMBER("count"), f->count);
	record_packet(b, MEMBER("last_packet"), f->last_packet);
	if (elsewhere(f, f->last_packet))
		member_string(b, MEMBER("last_packet_input"),
		    report_input(o, f->last_packet)->name);
	buffer_add_string(b, "}");
}
