/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The records of findings and of transitions are written as text.  Here they
 * are made of JSON objects, and have to be the same, byte for byte. */
#include "any.h"
#include "format.h"
#include "member.h"
#include "message.h"

#define RECORDS 3000

/* A buffer as a JSON string; clears it. */
static json_t *
text(struct buffer *b)
{
	json_t *string = json_stringn(b->data, b->length);

	buffer_clear(b);
	return string;
}

static json_t *
value(const struct tcpaudit_finding *f, const struct tcpaudit_value *v)
{
	struct buffer b = { 0 };

	switch (v->kind) {
	case TCPAUDIT_VALUE_ADDRESS:
		format_host(&b, &f->hosts[v->value]);
		return text(&b);
	case TCPAUDIT_VALUE_SEQUENCE:
		return json_integer((uint32_t)v->value);
	case TCPAUDIT_VALUE_STATES:
		return shown_states(v->value);
	case TCPAUDIT_VALUE_FLAGS:
	case TCPAUDIT_VALUE_REACTION:
	case TCPAUDIT_VALUE_TIME:
	case TCPAUDIT_VALUE_ECN:
		format_value(&b, v);
		return text(&b);
	default:
		return json_integer(v->value);
	}
}

static json_t *
values(const struct tcpaudit_finding *f, int expected)
{
	json_t *object = json_object();

	for (size_t i = 0; i < f->value_count; i++)
		if (f->values[i].expected == expected)
			json_object_set_new(
			    object, f->values[i].name, value(f, &f->values[i]));
	return object;
}

static json_t *
differences(const struct tcpaudit_finding *f)
{
	json_t *expected = json_object(), *object = NULL;
	const struct tcpaudit_value *v = f->values;

	for (size_t i = 0; i < f->value_count; i++)
		if (v[i].expected && v[i].kind == TCPAUDIT_VALUE_SEQUENCE)
			json_object_set_new(
			    expected, v[i].name, json_integer(v[i].value));
	for (size_t i = 0; i < f->value_count; i++) {
		const json_t *other = json_object_get(expected, v[i].name);

		if (v[i].expected || other == NULL ||
		    v[i].kind != TCPAUDIT_VALUE_SEQUENCE)
			continue;
		if (object == NULL)
			object = json_object();
		json_object_set_new(object, v[i].name,
		    json_integer(
			(int32_t)((uint32_t)v[i].value -
				  (uint32_t)json_integer_value(other))));
	}
	json_decref(expected);
	return object;
}

static json_t *
evidence(const struct tcpaudit_finding *f)
{
	json_t *array = json_array();

	for (size_t i = 0; i < f->packet_count; i++)
		json_array_append_new(array, shown_packet(f->packets[i]));
	return array;
}

/* If the evidence is not all of one input: the input of each packet. */
static json_t *
evidence_inputs(const struct tcpaudit_finding *f)
{
	json_t *array = json_array();
	bool several = false;

	for (size_t i = 0; i < f->packet_count; i++) {
		several |= f->packets[i] != 0 &&
			   f->packets[i] >> 48 != f->packet >> 48;
		json_array_append_new(
		    array, json_string(shown_input(f->packets[i])));
	}
	if (several)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *
references(const struct tcpaudit_rule *rule)
{
	json_t *array = json_array();

	for (size_t i = 0; i < 4 && rule->rfc[i].rfc != 0; i++)
		json_array_append_new(
		    array, json_pack("{s:i, s:s}", "rfc", rule->rfc[i].rfc,
			       "section", rule->rfc[i].section));
	return array;
}

static json_t *
end(const struct tcpaudit_finding *f, int which)
{
	if (f->connection == NULL)
		return json_null();
	return json_pack("{s:o, s:i, s:s, s:o}", "address",
	    shown_address(f->connection, which), "port",
	    f->connection->port[which], "state",
	    tcpaudit_state_name(f->state[which]), "possible_states",
	    shown_states(f->possible[which]));
}

static json_t *
message(const struct tcpaudit_finding *f)
{
	struct buffer b = { 0 };

	message_expand(&b, f);
	return text(&b);
}

static json_t *
shown_finding(const struct tcpaudit_finding *f)
{
	const struct tcpaudit_rule *rule = f->rule;

	return json_pack(
	    "{s:s, s:s, s:I, s:o*, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, "
	    "s:o, s:o, s:o*, s:o, s:o, s:o, s:o, s:o, s:o*, s:o, "
	    "s:{s:s*, s:s*, s:s*}, s:I, s:o, s:s*}",
	    "type", "finding", "input", shown_input(f->packet), "id",
	    (json_int_t)f->id, "revises", f->revises ? json_true() : NULL,
	    "rule", rule->name, "code", rule->code, "severity",
	    tcpaudit_severity_name(f->severity), "confidence",
	    tcpaudit_confidence_name(f->confidence), "connection",
	    f->connection != NULL ? json_integer((json_int_t)f->connection->id)
				  : json_null(),
	    "client", end(f, TCPAUDIT_CLIENT), "server",
	    end(f, TCPAUDIT_SERVER), "endpoint", shown_end(f->endpoint),
	    "packet", shown_packet(f->packet), "packets", evidence(f),
	    "packet_inputs", evidence_inputs(f), "time", shown_time(f->time),
	    "offset_ns", shown_offset(f->packet, f->time), "message",
	    message(f), "expected", values(f, 1), "observed", values(f, 0),
	    "difference", differences(f), "rfc", references(rule), "xref",
	    "wireshark", rule->wireshark, "zeek", rule->zeek, "suricata",
	    rule->suricata, "count", (json_int_t)f->count, "last_packet",
	    shown_packet(f->last_packet), "last_packet_input",
	    f->last_packet != 0 && f->last_packet >> 48 != f->packet >> 48
		? shown_input(f->last_packet)
		: NULL);
}

static json_t *
shown_transition(const struct tcpaudit_transition *t)
{
	return json_pack("{s:s, s:s, s:I, s:o, s:s, s:s, s:o, s:o, s:o, s:s, "
			 "s:s}",
	    "type", "transition", "input", shown_input(t->packet), "connection",
	    (json_int_t)t->connection->id, "endpoint", shown_end(t->endpoint),
	    "from", tcpaudit_state_name(t->from), "to",
	    tcpaudit_state_name(t->to), "packet", shown_packet(t->packet),
	    "time", shown_time(t->time), "offset_ns",
	    shown_offset(t->packet, t->time), "trigger",
	    tcpaudit_trigger_name(t->trigger), "certainty",
	    tcpaudit_certainty_name(t->certainty));
}

static const struct tcpaudit_host hosts[] = {
	{ .family = 4, .address = { { 10, 0, 0, 1 } } },
	{ .family = 6, .address = { { 32, 1, 13, 184 } }, .port = 443 },
};

/* Values of any kind; in one set no name is there twice. */
static size_t
any_values(struct tcpaudit_value *v)
{
	static const char *const names[] = { "ack", "seq", "copies", "data",
		"waited_ns" };
	size_t n = 0;

	for (int expected = 1; expected >= 0; expected--)
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
			if (below(3) == 0)
				continue;
			v[n].name = names[i];
			v[n].expected = expected;
			v[n].kind = i < 2 && below(4) != 0
					? TCPAUDIT_VALUE_SEQUENCE
					: below(TCPAUDIT_VALUE_ECN + 1);
			v[n].value = (int64_t)any_number();
			if (v[n].kind == TCPAUDIT_VALUE_ADDRESS)
				v[n].value &= 1;
			if (v[n].kind == TCPAUDIT_VALUE_REACTION)
				v[n].value = 0;
			if (below(4) == 0 &&
			    v[n].kind != TCPAUDIT_VALUE_ADDRESS &&
			    v[n].kind != TCPAUDIT_VALUE_REACTION)
				v[n].value = -v[n].value;
			n++;
		}
	return n;
}

static void
feed_finding(struct output *o, FILE *expected)
{
	static tcpaudit_packet_id packets[8];
	struct tcpaudit_value v[16];
	struct tcpaudit_tuple t = any_tuple();
	struct tcpaudit_finding f = { .id = any_number(),
		.rule = &rules[below(RULES)],
		.severity = TCPAUDIT_WARNING,
		.confidence = below(TCPAUDIT_CONFIDENCES),
		.connection = below(4) != 0 ? &t : NULL,
		.hosts = hosts,
		.endpoint = (int)any_known(4),
		.packet = any_packet(),
		.packet_count = below(8),
		.packets = packets,
		.time = (int64_t)any() / 4,
		.value_count = any_values(v),
		.values = v,
		.count = any_number(),
		.last_packet = any_packet(),
		.state = { below(TCPAUDIT_STATES), below(TCPAUDIT_STATES) },
		.possible = { (uint16_t)any(), (uint16_t)any() } };

	for (int i = 0; i < 8; i++)
		packets[i] = any_packet();
	write_expected(expected, shown_finding(&f));
	output_finding(o, &f);
}

static void
feed_transition(struct output *o, FILE *expected)
{
	struct tcpaudit_tuple tuple = any_tuple();
	struct tcpaudit_transition t = { .connection = &tuple,
		.endpoint = below(2),
		.from = below(TCPAUDIT_STATES),
		.to = below(TCPAUDIT_STATES),
		.packet = any_packet(),
		.time = (int64_t)any() / 4,
		.trigger = below(TCPAUDIT_TIMER + 1),
		.certainty = below(2) };

	write_expected(expected, shown_transition(&t));
	output_transition(o, &t);
}

/* Messages may quote what was captured. */
static void
test_string(void)
{
	static const char string[] = "\x01\b\t\n\v\f\r\x1f \"/\\\x7f\u00e4\"";
	struct buffer b = { 0 };
	json_t *object = json_string(string);
	char *expected = json_dumps(object, JSON_ENCODE_ANY);

	member_string(&b, "", string);
	check(expected != NULL && strcmp(b.data, expected) == 0,
	    "any string is written as JSON is");
	buffer_clear(&b);
	json_decref(object);
	free(expected);
}

static void
test_all(void)
{
	struct output_options options = { .format = OUTPUT_NDJSON,
		.transitions = true };
	FILE *expected = tmpfile();
	struct output *o = open_report("any.ndjson", options);

	if (expected == NULL)
		exit(99);
	test_string();
	open_inputs(o);
	for (int i = 0; i < RECORDS; i++) {
		feed_finding(o, expected);
		feed_transition(o, expected);
	}
	check(output_close(o, &totals) == 0, "the report is closed");
	compare(expected, 2 * RECORDS);
}

int
main(int argc, char **argv)
{
	return test_reports(argc, argv, test_all);
}
