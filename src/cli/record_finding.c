/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "message.h"
#include "record.h"

static json_t *
value(const struct tcpaudit_finding *f, const struct tcpaudit_value *v)
{
	json_t *string;
	struct buffer b = { 0 };

	switch (v->kind) {
	case TCPAUDIT_VALUE_ADDRESS:
		format_host(&b, &f->hosts[v->value]);
		string = b.failed ? NULL : json_string(b.data);
		buffer_clear(&b);
		return string;
	case TCPAUDIT_VALUE_SEQUENCE:
		return json_integer((uint32_t)v->value);
	case TCPAUDIT_VALUE_STATES:
		return record_states(v->value);
	case TCPAUDIT_VALUE_FLAGS:
	case TCPAUDIT_VALUE_REACTION:
	case TCPAUDIT_VALUE_TIME:
	case TCPAUDIT_VALUE_ECN:
		format_value(&b, v);
		string = b.failed ? NULL : json_string(b.data);
		buffer_clear(&b);
		return string;
	default:
		return json_integer(v->value);
	}
}

/* The expected (1) or the observed (0) values.  Names are unique in each. */
static json_t *
values(const struct tcpaudit_finding *f, int expected)
{
	json_t *object = json_object();

	for (size_t i = 0; i < f->value_count; i++)
		if (!f->values[i].expected == !expected)
			json_object_set_new(
			    object, f->values[i].name, value(f, &f->values[i]));
	return object;
}

/* Observed minus expected modulo 2^32, nearest to zero, of each sequence number
 * that has both; NULL if none has. */
static json_t *
differences(const struct tcpaudit_finding *f)
{
	const struct tcpaudit_value *v, *seen;
	json_t *object = NULL;

	for (size_t i = 0; i < f->value_count; i++) {
		v = &f->values[i];
		if (!v->expected || v->kind != TCPAUDIT_VALUE_SEQUENCE)
			continue;
		seen = message_value(f, 0, v->name);
		if (seen == NULL || seen->kind != TCPAUDIT_VALUE_SEQUENCE)
			continue;
		if (object == NULL)
			object = json_object();
		json_object_set_new(object, v->name,
		    json_integer(
			(int32_t)((uint32_t)seen->value - (uint32_t)v->value)));
	}
	return object;
}

static json_t *
evidence(const struct tcpaudit_finding *f)
{
	json_t *array = json_array();

	for (size_t i = 0; i < f->packet_count; i++)
		json_array_append_new(array, record_packet(f->packets[i]));
	return array;
}

/* The name of the input of a packet if it is another than that of the record,
 * or NULL. */
static const char *
other_input(const struct output *o, const struct tcpaudit_finding *f,
    tcpaudit_packet_id packet)
{
	if (packet == 0 ||
	    TCPAUDIT_PACKET_INPUT(packet) == TCPAUDIT_PACKET_INPUT(f->packet))
		return NULL;
	return report_input(o, packet)->name;
}

/* If the evidence is not all of one input: the input of each packet. */
static json_t *
evidence_inputs(const struct output *o, const struct tcpaudit_finding *f)
{
	json_t *array;
	size_t i;

	for (i = 0; i < f->packet_count; i++)
		if (other_input(o, f, f->packets[i]) != NULL)
			break;
	if (i == f->packet_count)
		return NULL;
	array = json_array();
	for (i = 0; i < f->packet_count; i++)
		json_array_append_new(
		    array, json_string(report_input(o, f->packets[i])->name));
	return array;
}

static json_t *
references(const struct tcpaudit_rule *rule)
{
	json_t *array = json_array();

	for (size_t i = 0; i < sizeof(rule->rfc) / sizeof(rule->rfc[0]); i++) {
		if (rule->rfc[i].rfc == 0)
			break;
		json_array_append_new(
		    array, json_pack("{s:i, s:s}", "rfc", rule->rfc[i].rfc,
			       "section", rule->rfc[i].section));
	}
	return array;
}

/* One end of the connection: who, and in which state when it was decided. */
static json_t *
end(struct output *o, const struct tcpaudit_finding *f, int which)
{
	json_t *object;

	if (f->connection == NULL)
		return json_null();
	object = record_address(o, f->connection, which);
	if (object == NULL)
		return NULL;
	json_object_set_new(
	    object, "state", json_string(tcpaudit_state_name(f->state[which])));
	json_object_set_new(
	    object, "possible_states", record_states(f->possible[which]));
	return object;
}

static json_t *
message(struct output *o, const struct tcpaudit_finding *f)
{
	json_t *string;

	message_expand(&o->scratch, f);
	string =
	    o->scratch.failed
		? NULL
		: json_stringn(o->scratch.data != NULL ? o->scratch.data : "",
		      o->scratch.length);
	buffer_cut(&o->scratch, 0);
	return string;
}

static json_t *
connection(const struct tcpaudit_finding *f)
{
	if (f->connection == NULL)
		return json_null();
	return json_integer((json_int_t)f->connection->id);
}

json_t *
record_finding(struct output *o, const struct tcpaudit_finding *f, int revises)
{
	const struct tcpaudit_rule *rule = f->rule;

	return json_pack(
	    "{s:s, s:s, s:I, s:o*, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, "
	    "s:o, s:o, s:o*, s:o, s:I, s:o, s:o, s:o, s:o*, s:o, "
	    "s:{s:s*, s:s*, s:s*}, s:I, s:o, s:s*}",
	    "type", "finding", "input", report_input(o, f->packet)->name, "id",
	    (json_int_t)f->id, "revises", revises ? json_true() : NULL, "rule",
	    rule->name, "code", rule->code, "severity",
	    tcpaudit_severity_name(f->severity), "confidence",
	    tcpaudit_confidence_name(f->confidence), "connection",
	    connection(f), "client", end(o, f, TCPAUDIT_CLIENT), "server",
	    end(o, f, TCPAUDIT_SERVER), "endpoint", record_end(f->endpoint),
	    "packet", record_packet(f->packet), "packets", evidence(f),
	    "packet_inputs", evidence_inputs(o, f), "time",
	    record_time(o, f->time), "offset_ns",
	    (json_int_t)record_offset(o, f->packet, f->time), "message",
	    message(o, f), "expected", values(f, 1), "observed", values(f, 0),
	    "difference", differences(f), "rfc", references(rule), "xref",
	    "wireshark", rule->wireshark, "zeek", rule->zeek, "suricata",
	    rule->suricata, "count", (json_int_t)f->count, "last_packet",
	    record_packet(f->last_packet), "last_packet_input",
	    other_input(o, f, f->last_packet));
}
