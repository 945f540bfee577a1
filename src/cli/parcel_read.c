/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <string.h>

#include "parcel_number.h"

#define STATES	   ((1u << TCPAUDIT_STATES) - 1)
#define PHASES	   16
#define FLAGS_MOST 1023 /* TCP flags, with the reserved bits */
#define COUNT_MOST 34	/* octets of a count */

/* Points into the bytes; NULL: there is none. */
static const char *
get_string(struct parcel_reader *r)
{
	uint64_t length = get(r);
	const uint8_t *string = r->p;

	if (r->failed || length == 0)
		return NULL;
	if (length > (size_t)(r->end - r->p) ||
	    memchr(string, 0, length) != string + length - 1) {
		r->failed = true;
		return NULL;
	}
	r->p += length;
	return (const char *)string;
}

/* A word of ours, of letters, digits and a few signs; never NULL. */
static const char *
get_word(struct parcel_reader *r, size_t most)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyz0123456789_"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ^";
	const char *word = get_string(r);

	if (word != NULL && strlen(word) <= most &&
	    word[strspn(word, fine)] == '\0')
		return word;
	r->failed = true;
	return "";
}

static const struct tcpaudit_rule *
get_rule(struct parcel_reader *r)
{
	return tcpaudit_rule((size_t)get_most(r, tcpaudit_rule_count() - 1));
}

/* --------------------------------------------------------------- records */

static void
get_tuple(struct parcel_reader *r)
{
	struct tcpaudit_tuple *tuple = &r->state.tuple;
	uint32_t ports;
	size_t length;

	memset(tuple, 0, sizeof(*tuple));
	tuple->family = get_byte(r, 6);
	if (tuple->family != 4 && tuple->family != 6)
		r->failed = true;
	length = tuple->family == 6 ? 16 : 4;
	tuple->incarnation = get32(r);
	ports = get32(r);
	tuple->port[0] = (uint16_t)ports;
	tuple->port[1] = (uint16_t)(ports >> 16);
	get_bytes(r, tuple->address[0].bytes, length);
	get_bytes(r, tuple->address[1].bytes, length);
}

static void
get_place(struct parcel_reader *r, uint8_t head)
{
	struct tcpaudit_place *place = &r->state.place;
	uint8_t phase = get_byte(r, UINT8_MAX);

	if (phase & PARCEL_WIDE) {
		place->packet += get64(r);
		r->state.connection = get64(r);
	} else {
		place->packet += get32(r);
		r->state.connection = get32(r);
	}
	place->phase = phase & ~(unsigned)PARCEL_WIDE;
	r->failed |= place->phase >= PHASES;
	place->time = head & PARCEL_FLOW ? (int64_t)get64(r) : 0;
	place->flow = head & PARCEL_FLOW ? get64(r) : 0;
	if (head & PARCEL_OTHER)
		r->state.engine = (uint32_t)get_most(r, UINT16_MAX);
}

static void
get_head(struct parcel_reader *r, struct tcpaudit_part *part)
{
	uint8_t head = get_byte(r, UINT8_MAX);

	part->kind = (enum tcpaudit_part_kind)(head & PARCEL_KIND);
	if (!(head & PARCEL_SAME))
		get_place(r, head);
	part->place = r->state.place;
	part->engine = r->state.engine;
	part->connection = r->state.connection;
	if (head & PARCEL_TUPLE)
		get_tuple(r);
	if (part->kind >= TCPAUDIT_PARTS || part->connection == 0 ||
	    part->kind == TCPAUDIT_PART_END)
		return;
	part->tuple = &r->state.tuple;
	r->failed |= part->tuple->family == 0;
}

/* If `has` it, else 0. */
static inline uint64_t
take64(const uint8_t **p, unsigned has)
{
	const uint8_t *from = *p;

	if (!has)
		return 0;
	*p = from + 8;
	return little_get64(from);
}

/* From `p`, where there are COUNT_MOST octets; *second is of the last one.
 * Returns where the next one begins. */
static inline const uint8_t *
read_count(const uint8_t *p, struct tcpaudit_count *n, int64_t *second)
{
	unsigned what = p[0], has = p[1];

	p += 2;
	if (has & PARCEL_NUMBER) {
		n->number = (int64_t)take64(&p, true);
	} else {
		n->number = little_get32(p);
		p += 4;
	}
	n->time = (int64_t)take64(&p, has & PARCEL_TIME);
	n->packet = take64(&p, has & PARCEL_PACKET);
	if (has & PARCEL_SECOND)
		*second = (int64_t)take64(&p, true);
	n->second = *second;
	n->what = what & 7;
	n->end = what >> 3 & 1;
	n->tally = (uint8_t)(what >> 4);
	n->which = has & 15;
	return p;
}

/* The last one of the bytes: what would be behind them is 0. */
static void
get_count(struct parcel_reader *r, struct tcpaudit_count *n)
{
	uint8_t bytes[COUNT_MOST] = { 0 };
	size_t left = (size_t)(r->end - r->p), length;

	memcpy(bytes, r->p, left < COUNT_MOST ? left : COUNT_MOST);
	length = (size_t)(read_count(bytes, n, &r->state.second) - bytes);
	r->failed |= length > left;
	r->p = length > left ? r->end : r->p + length;
}

static void
get_counts(struct parcel_reader *r, struct tcpaudit_part *part)
{
	size_t i = 0, number = get_byte(r, TCPAUDIT_COUNTS_MAX);
	const uint8_t *p = r->p, *end = r->end;
	int64_t second = r->state.second;

	for (; i < number && end - p >= COUNT_MOST; i++)
		p = read_count(p, &r->counts[i], &second);
	r->p = p;
	r->state.second = second;
	for (; i < number; i++)
		get_count(r, &r->counts[i]);
	part->count_number = number;
	part->counts = r->counts;
}

static void
get_fold(struct parcel_reader *r, struct tcpaudit_part *part)
{
	part->fold = get_byte(r, UINT8_MAX);
	part->fold_second = part->fold != 0 ? get_signed(r) : 0;
}

/* Whether a value may be written as what it is. */
static bool
is_sane(const struct tcpaudit_value *v)
{
	switch (v->kind) {
	case TCPAUDIT_VALUE_SEQUENCE:
		return v->value >= 0 && v->value <= UINT32_MAX;
	case TCPAUDIT_VALUE_FLAGS:
		return v->value >= 0 && v->value <= FLAGS_MOST;
	case TCPAUDIT_VALUE_STATES:
		return v->value >= 0 && v->value <= STATES;
	case TCPAUDIT_VALUE_REACTION:
		return v->value >= 0 && v->value < TCPAUDIT_REACTIONS;
	case TCPAUDIT_VALUE_ECN:
		return v->value >= 0 && v->value <= 3;
	case TCPAUDIT_VALUE_NUMBER:
	case TCPAUDIT_VALUE_BYTES:
	case TCPAUDIT_VALUE_DURATION:
	case TCPAUDIT_VALUE_HEX:
	case TCPAUDIT_VALUE_TIME:
		return true;
	default:
		return false; /* hosts are of findings that are joined */
	}
}

static void
get_was(struct parcel_reader *r, struct tcpaudit_finding *f)
{
	f->was_rule = get_rule(r);
	f->was_severity =
	    (enum tcpaudit_severity)get_byte(r, TCPAUDIT_SEVERITIES - 1);
	f->was_confidence =
	    (enum tcpaudit_confidence)get_byte(r, TCPAUDIT_CONFIDENCES - 1);
	f->was_count = get(r);
}

/* All of it but the numbers. */
static void
get_form(struct parcel_reader *r)
{
	struct tcpaudit_finding *f = &r->finding;
	uint8_t how;

	memset(f, 0, sizeof(*f));
	f->rule = get_rule(r);
	how = get_byte(r, (TCPAUDIT_SEVERITIES << 3) - 1);
	f->severity = (enum tcpaudit_severity)(how >> 3);
	f->confidence = (enum tcpaudit_confidence)(how >> 1 & 3);
	r->failed |= f->confidence >= TCPAUDIT_CONFIDENCES;
	f->revises = how & 1;
	if (f->revises)
		get_was(r, f);
	f->endpoint = get_byte(r, 2) - 1;
	f->packet_count = get_byte(r, TCPAUDIT_EVIDENCE_MAX);
	f->packets = r->packet;
	f->value_count = get_byte(r, TCPAUDIT_VALUES_MAX);
	for (size_t i = 0; i < f->value_count; i++) {
		r->failed |= tcpaudit_value_name(get_byte(r, UINT8_MAX),
				 &r->value[i]) != TCPAUDIT_OK;
		r->value[i].expected = get_byte(r, 1);
	}
	f->values = r->value;
	f->hosts = r->host;
	for (int i = 0; i < 2; i++) {
		f->state[i] =
		    (enum tcpaudit_state)get_byte(r, TCPAUDIT_STATES - 1);
		f->possible[i] = (uint16_t)get_most(r, STATES);
	}
}

/* Its numbers, of which there are enough. */
static void
get_numbers(struct parcel_reader *r, struct tcpaudit_finding *f)
{
	const uint8_t *p = r->p;

	f->id = take64(&p, true);
	f->packet = take64(&p, true);
	f->time = (int64_t)take64(&p, true);
	f->count = take64(&p, true);
	f->last_packet = take64(&p, true);
	for (size_t i = 0; i < f->packet_count; i++)
		r->packet[i] = take64(&p, true);
	for (size_t i = 0; i < f->value_count; i++) {
		r->value[i].value = (int64_t)take64(&p, true);
		r->failed |= !is_sane(&r->value[i]);
	}
	r->p = p;
}

static const struct tcpaudit_finding *
get_finding(struct parcel_reader *r)
{
	struct tcpaudit_finding *f = &r->finding;
	size_t length;

	if (get_byte(r, 1) == 0)
		get_form(r);
	length = 8 * (5 + f->packet_count + f->value_count);
	r->failed |= f->rule == NULL || (size_t)(r->end - r->p) < length;
	if (!r->failed)
		get_numbers(r, f);
	return f;
}

static const struct tcpaudit_transition *
get_transition(struct parcel_reader *r)
{
	struct tcpaudit_transition *t = &r->transition;

	t->endpoint = (enum tcpaudit_end)get_byte(r, 1);
	t->from = (enum tcpaudit_state)get_byte(r, TCPAUDIT_STATES - 1);
	t->to = (enum tcpaudit_state)get_byte(r, TCPAUDIT_STATES - 1);
	t->trigger = (enum tcpaudit_trigger)get_byte(r, TCPAUDIT_TIMER);
	t->certainty =
	    (enum tcpaudit_certainty)get_byte(r, TCPAUDIT_STATE_RETRACTED);
	t->packet = get_packet(r);
	t->time = get_step(r, &r->state.time);
	return t;
}

static void
get_endpoint(struct parcel_reader *r, struct tcpaudit_endpoint *e)
{
	uint8_t marks;

	e->state = (enum tcpaudit_state)get_byte(r, TCPAUDIT_STATES - 1);
	e->possible = (uint16_t)get_most(r, STATES);
	marks = get_byte(r, 7);
	e->certain = marks & 1;
	e->isn_known = marks >> 1 & 1;
	e->fin_known = marks >> 2;
	e->path_length = get_byte(r, sizeof(e->path) / sizeof(e->path[0]));
	for (size_t i = 0; i < e->path_length; i++)
		e->path[i] =
		    (enum tcpaudit_state)get_byte(r, TCPAUDIT_STATES - 1);
	e->isn = (uint32_t)get_most(r, UINT32_MAX);
	e->fin_seq = (uint32_t)get_most(r, UINT32_MAX);
	e->packets = get(r);
	e->bytes = get(r);
	e->unique_bytes = get(r);
	e->retransmitted_packets = get(r);
	e->retransmitted_bytes = get(r);
	e->out_of_order_packets = get(r);
	e->zero_windows = get(r);
	e->duplicate_acks = get(r);
	e->mss = get_int(r, -1, UINT16_MAX);
	e->window_scale = get_int(r, -1, UINT8_MAX);
	e->sack_permitted = get_int(r, -1, 1);
	e->timestamps = get_int(r, -1, 1);
	e->min_rtt_ns = get_signed(r);
}

static const struct tcpaudit_connection *
get_connection(struct parcel_reader *r)
{
	struct tcpaudit_connection *c = &r->ended;
	uint8_t marks;

	memset(c, 0, sizeof(*c));
	c->first_packet = get_packet(r);
	c->last_packet = get_packet(r);
	c->first_time = get_step(r, &r->state.time);
	c->last_time = get_step(r, &r->state.time);
	c->verdict = (enum tcpaudit_verdict)get_byte(r, TCPAUDIT_VERDICTS - 1);
	c->closed_by = get_byte(r, 3) - 1;
	c->confidence =
	    (enum tcpaudit_confidence)get_byte(r, TCPAUDIT_CONFIDENCES - 1);
	marks = get_byte(r, 7);
	c->lossy = marks & 1;
	c->midstream = marks >> 1 & 1;
	c->evicted = marks >> 2;
	c->pending_count =
	    (size_t)get_most(r, sizeof(r->pending) / sizeof(r->pending[0]));
	for (size_t i = 0; i < c->pending_count; i++)
		r->pending[i] = get_rule(r);
	c->pending = r->pending;
	c->zeek_conn_state = get_word(r, 8);
	c->zeek_history = get_word(r, 64);
	c->wireshark_completeness = (unsigned)get_most(r, UINT8_MAX);
	get_endpoint(r, &c->end[0]);
	get_endpoint(r, &c->end[1]);
	return c;
}

static void
get_input(struct parcel_reader *r, struct output_input *input)
{
	input->name = get_string(r);
	input->link_type = get_string(r);
	input->filter = get_string(r);
	input->snaplen = get_int(r, 0, INT32_MAX);
	input->live = get_byte(r, 1);
	r->failed |= input->name == NULL;
}

static void
get_body(struct parcel_reader *r, struct parcel *out)
{
	struct tcpaudit_part *part = &out->part;

	switch ((int)part->kind) {
	case TCPAUDIT_PART_CLOCK:
	case PARCEL_INPUT_TIME:
		part->time = get_signed(r);
		break;
	case TCPAUDIT_PART_BEGIN:
	case TCPAUDIT_PART_COUNT:
		get_counts(r, part);
		break;
	case TCPAUDIT_PART_FINDING:
		part->withdraws = get_byte(r, 1);
		get_fold(r, part);
		part->finding = get_finding(r);
		break;
	case TCPAUDIT_PART_AGAIN:
		get_fold(r, part);
		part->rule = get_rule(r);
		break;
	case TCPAUDIT_PART_TRANSITION:
		part->transition = get_transition(r);
		break;
	case TCPAUDIT_PART_CONNECTION:
		part->ends = get_byte(r, 1);
		part->ended = get_connection(r);
		break;
	case TCPAUDIT_PART_PENDING:
		part->number = get(r);
		break;
	case TCPAUDIT_PART_STAGE:
		part->number = get(r);
		part->time = get_signed(r);
		part->packet = get(r);
		break;
	case PARCEL_INPUT:
		memset(&out->input, 0, sizeof(out->input));
		get_input(r, &out->input);
		break;
	case PARCEL_INPUT_END:
		out->packets = get(r);
		out->first_time = get_signed(r);
		out->last_time = get_signed(r);
		out->cut = get_string(r);
		break;
	case TCPAUDIT_PART_END:
	case PARCEL_NOTHING:
		break;
	default:
		r->failed = true;
	}
}

bool
parcel_read(struct parcel_reader *r, struct parcel *out)
{
	if (r->failed || r->p == r->end)
		return false;
	memset(&out->part, 0, sizeof(out->part));
	get_head(r, &out->part);
	get_body(r, out);
	return !r->failed;
}
