/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is written for every connection has numbers of a fixed length; others
 * are in groups of seven bits, the lowest first, those that may be negative
 * with the sign in the lowest bit.  A packet is told by what differs. */
#include <string.h>

#include "little.h"
#include "parcel.h"

static uint8_t *
put(uint8_t *p, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		*p++ = (uint8_t)(n | 0x80);
	*p++ = (uint8_t)n;
	return p;
}

static uint8_t *
put_signed(uint8_t *p, int64_t n)
{
	uint64_t bits = (uint64_t)n << 1;

	return put(p, n < 0 ? ~bits : bits);
}

/* What differs from the one before, small numbers both ways. */
static uint8_t *
put_step(uint8_t *p, int64_t *last, int64_t n)
{
	p = put_signed(p, (int64_t)((uint64_t)n - (uint64_t)*last));
	*last = n;
	return p;
}

/* A packet, counted back from the last one read. */
static uint8_t *
put_packet(uint8_t *p, const struct parcel_state *s, tcpaudit_packet_id packet)
{
	return put_signed(p, (int64_t)(s->place.packet - packet));
}

/* With the NUL, so that it need not be copied; NULL: length 0. */
static uint8_t *
put_string(uint8_t *p, const char *string)
{
	size_t length = string != NULL ? strlen(string) + 1 : 0;

	p = put(p, length);
	if (length > 0)
		memcpy(p, string, length);
	return p + length;
}

static uint8_t *
put_tuple(struct parcel_state *s, uint8_t *p, const struct tcpaudit_part *part)
{
	const struct tcpaudit_tuple *tuple = part->tuple;
	size_t length = tuple->family == 6 ? 16 : 4;

	*p++ = tuple->family;
	p = little_put32(p, tuple->incarnation);
	p = little_put32(p, (uint32_t)tuple->port[1] << 16 | tuple->port[0]);
	memcpy(p, tuple->address[0].bytes, length);
	memcpy(p + length, tuple->address[1].bytes, length);
	s->told = part->connection;
	s->teller = part->engine;
	return p + 2 * length;
}

static uint8_t *
put_place(
    struct parcel_state *s, uint8_t *p, const struct parcel *parcel, bool flow)
{
	const struct tcpaudit_part *part = &parcel->part;
	uint64_t step = part->place.packet - s->place.packet;

	if ((step | part->connection) > UINT32_MAX) {
		*p++ = (uint8_t)(part->place.phase | PARCEL_WIDE);
		p = little_put64(little_put64(p, step), part->connection);
	} else {
		*p++ = (uint8_t)part->place.phase;
		p = little_put32(p, (uint32_t)step);
		p = little_put32(p, (uint32_t)part->connection);
	}
	if (flow) {
		p = little_put64(p, (uint64_t)part->place.time);
		p = little_put64(p, part->place.flow);
	}
	if (part->engine != s->engine)
		p = put(p, part->engine);
	s->place = part->place;
	s->engine = part->engine;
	s->connection = part->connection;
	return p;
}

/* What it is, where it stands, and of which connection it is. */
static uint8_t *
put_head(struct parcel_state *s, uint8_t *p, const struct parcel *parcel)
{
	const struct tcpaudit_part *part = &parcel->part;
	const struct tcpaudit_place *place = &part->place;
	bool flow = place->time != 0 || place->flow != 0;
	bool other = part->engine != s->engine;
	bool same = !other && part->connection == s->connection &&
		    tcpaudit_place_compare(place, &s->place) == 0;
	bool tuple = part->connection != 0 && part->tuple != NULL &&
		     (part->connection != s->told || part->engine != s->teller);

	*p++ = (uint8_t)((unsigned)part->kind | (same ? PARCEL_SAME : 0) |
			 (other ? PARCEL_OTHER : 0) |
			 (flow && !same ? PARCEL_FLOW : 0) |
			 (tuple ? PARCEL_TUPLE : 0));
	if (!same)
		p = put_place(s, p, parcel, flow);
	return tuple ? put_tuple(s, p, part) : p;
}

/* Two octets, and the numbers that they tell of. */
static uint8_t *
put_count(struct parcel_state *s, uint8_t *p, const struct tcpaudit_count *n)
{
	bool wide = n->number < 0 || n->number > UINT32_MAX;

	*p++ = (uint8_t)(n->what | (unsigned)n->end << 3 |
			 (unsigned)n->tally << 4);
	*p++ = (uint8_t)(n->which | (wide ? PARCEL_NUMBER : 0) |
			 (n->time != 0 ? PARCEL_TIME : 0) |
			 (n->packet != 0 ? PARCEL_PACKET : 0) |
			 (n->second != s->second ? PARCEL_SECOND : 0));
	p = wide ? little_put64(p, (uint64_t)n->number)
		 : little_put32(p, (uint32_t)n->number);
	if (n->time != 0)
		p = little_put64(p, (uint64_t)n->time);
	if (n->packet != 0)
		p = little_put64(p, n->packet);
	if (n->second != s->second)
		p = little_put64(p, (uint64_t)n->second);
	s->second = n->second;
	return p;
}

static uint8_t *
put_counts(struct parcel_state *s, uint8_t *p, const struct tcpaudit_part *part)
{
	*p++ = (uint8_t)part->count_number;
	for (size_t i = 0; i < part->count_number; i++)
		p = put_count(s, p, &part->counts[i]);
	return p;
}

static uint8_t *
put_fold(uint8_t *p, const struct tcpaudit_part *part)
{
	*p++ = part->fold;
	return part->fold != 0 ? put_signed(p, part->fold_second) : p;
}

static uint8_t *
put_rule(uint8_t *p, const struct tcpaudit_rule *rule)
{
	return put(p, (uint64_t)(rule - tcpaudit_rule(0)));
}

/* Whether it says the same as the last one, but for the numbers. */
static bool
has_form(const struct parcel_form *m, const struct tcpaudit_finding *f)
{
	const struct tcpaudit_finding *x = &m->finding;

	if (f->rule != x->rule || f->severity != x->severity ||
	    f->confidence != x->confidence || f->revises || x->revises ||
	    f->endpoint != x->endpoint || f->packet_count != x->packet_count ||
	    f->value_count != x->value_count ||
	    memcmp(f->state, x->state, sizeof(f->state)) != 0 ||
	    memcmp(f->possible, x->possible, sizeof(f->possible)) != 0)
		return false;
	for (size_t i = 0; i < f->value_count; i++)
		if (f->values[i].name != m->name[i] ||
		    !f->values[i].expected != !m->expected[i])
			return false;
	return true;
}

static void
note_form(struct parcel_form *m, const struct tcpaudit_finding *f)
{
	m->finding = *f;
	for (size_t i = 0; i < f->value_count; i++) {
		m->name[i] = f->values[i].name;
		m->expected[i] = !!f->values[i].expected;
	}
}

static uint8_t *
put_form(uint8_t *p, const struct tcpaudit_finding *f)
{
	p = put_rule(p, f->rule);
	*p++ = (uint8_t)((unsigned)f->severity << 3 |
			 (unsigned)f->confidence << 1 | !!f->revises);
	if (f->revises) {
		p = put_rule(p, f->was_rule);
		*p++ = (uint8_t)f->was_severity;
		*p++ = (uint8_t)f->was_confidence;
		p = put(p, f->was_count);
	}
	*p++ = (uint8_t)(f->endpoint + 1);
	*p++ = (uint8_t)f->packet_count;
	*p++ = (uint8_t)f->value_count;
	for (size_t i = 0; i < f->value_count; i++) {
		*p++ = (uint8_t)tcpaudit_value_number(&f->values[i]);
		*p++ = !!f->values[i].expected;
	}
	for (int i = 0; i < 2; i++) {
		*p++ = (uint8_t)f->state[i];
		p = put(p, f->possible[i]);
	}
	return p;
}

static uint8_t *
put_finding(
    struct parcel_state *s, uint8_t *p, const struct tcpaudit_finding *f)
{
	bool same = has_form(&s->form, f);

	*p++ = same;
	if (!same) {
		note_form(&s->form, f);
		p = put_form(p, f);
	}
	p = little_put64(p, f->id);
	p = little_put64(p, f->packet);
	p = little_put64(p, (uint64_t)f->time);
	p = little_put64(p, f->count);
	p = little_put64(p, f->last_packet);
	for (size_t i = 0; i < f->packet_count; i++)
		p = little_put64(p, f->packets[i]);
	for (size_t i = 0; i < f->value_count; i++)
		p = little_put64(p, (uint64_t)f->values[i].value);
	return p;
}

static uint8_t *
put_transition(
    struct parcel_state *s, uint8_t *p, const struct tcpaudit_transition *t)
{
	*p++ = (uint8_t)t->endpoint;
	*p++ = (uint8_t)t->from;
	*p++ = (uint8_t)t->to;
	*p++ = (uint8_t)t->trigger;
	*p++ = (uint8_t)t->certainty;
	p = put_packet(p, s, t->packet);
	return put_step(p, &s->time, t->time);
}

static uint8_t *
put_endpoint(uint8_t *p, const struct tcpaudit_endpoint *e)
{
	*p++ = (uint8_t)e->state;
	p = put(p, e->possible);
	*p++ =
	    (uint8_t)((unsigned)!!e->certain | (unsigned)!!e->isn_known << 1 |
		      (unsigned)!!e->fin_known << 2);
	*p++ = (uint8_t)e->path_length;
	for (size_t i = 0; i < e->path_length; i++)
		*p++ = (uint8_t)e->path[i];
	p = put(p, e->isn);
	p = put(p, e->fin_seq);
	p = put(p, e->packets);
	p = put(p, e->bytes);
	p = put(p, e->unique_bytes);
	p = put(p, e->retransmitted_packets);
	p = put(p, e->retransmitted_bytes);
	p = put(p, e->out_of_order_packets);
	p = put(p, e->zero_windows);
	p = put(p, e->duplicate_acks);
	p = put_signed(p, e->mss);
	p = put_signed(p, e->window_scale);
	p = put_signed(p, e->sack_permitted);
	p = put_signed(p, e->timestamps);
	return put_signed(p, e->min_rtt_ns);
}

static uint8_t *
put_connection(
    struct parcel_state *s, uint8_t *p, const struct tcpaudit_connection *c)
{
	p = put_packet(p, s, c->first_packet);
	p = put_packet(p, s, c->last_packet);
	p = put_step(p, &s->time, c->first_time);
	p = put_step(p, &s->time, c->last_time);
	*p++ = (uint8_t)c->verdict;
	*p++ = (uint8_t)(c->closed_by + 1);
	*p++ = (uint8_t)c->confidence;
	*p++ = (uint8_t)((unsigned)!!c->lossy | (unsigned)!!c->midstream << 1 |
			 (unsigned)!!c->evicted << 2);
	p = put(p, c->pending_count);
	for (size_t i = 0; i < c->pending_count; i++)
		p = put_rule(p, c->pending[i]);
	p = put_string(p, c->zeek_conn_state);
	p = put_string(p, c->zeek_history);
	p = put(p, c->wireshark_completeness);
	p = put_endpoint(p, &c->end[0]);
	return put_endpoint(p, &c->end[1]);
}

static uint8_t *
put_input(uint8_t *p, const struct output_input *input)
{
	p = put_string(p, input->name);
	p = put_string(p, input->link_type);
	p = put_string(p, input->filter);
	p = put_signed(p, input->snaplen);
	*p++ = input->live;
	return p;
}

static uint8_t *
put_body(struct parcel_state *s, uint8_t *p, const struct parcel *parcel)
{
	const struct tcpaudit_part *part = &parcel->part;

	switch ((int)part->kind) {
	case TCPAUDIT_PART_CLOCK:
	case PARCEL_INPUT_TIME:
		return put_signed(p, part->time);
	case TCPAUDIT_PART_BEGIN:
	case TCPAUDIT_PART_COUNT:
		return put_counts(s, p, part);
	case TCPAUDIT_PART_FINDING:
		*p++ = part->withdraws;
		return put_finding(s, put_fold(p, part), part->finding);
	case TCPAUDIT_PART_AGAIN:
		return put_rule(put_fold(p, part), part->rule);
	case TCPAUDIT_PART_TRANSITION:
		return put_transition(s, p, part->transition);
	case TCPAUDIT_PART_CONNECTION:
		*p++ = part->ends;
		return put_connection(s, p, part->ended);
	case TCPAUDIT_PART_PENDING:
		return put(p, part->number);
	case TCPAUDIT_PART_STAGE:
		p = put_signed(put(p, part->number), part->time);
		return put(p, part->packet);
	case PARCEL_INPUT:
		return put_input(p, &parcel->input);
	case PARCEL_INPUT_END:
		p = put_signed(put(p, parcel->packets), parcel->first_time);
		return put_string(
		    put_signed(p, parcel->last_time), parcel->cut);
	default:
		return p;
	}
}

static size_t
length_of(const char *string)
{
	return string != NULL ? strlen(string) : 0;
}

size_t
parcel_strings(const struct parcel *parcel)
{
	const struct output_input *input = &parcel->input;

	switch ((int)parcel->part.kind) {
	case PARCEL_INPUT:
		return length_of(input->name) + length_of(input->link_type) +
		       length_of(input->filter);
	case PARCEL_INPUT_END:
		return length_of(parcel->cut);
	default:
		return 0;
	}
}

size_t
parcel_room(const struct parcel *parcel)
{
	return PARCEL_MOST + parcel_strings(parcel);
}

size_t
parcel_write(struct parcel_state *s, uint8_t *to, const struct parcel *parcel)
{
	return (size_t)(put_body(s, put_head(s, to, parcel), parcel) - to);
}
