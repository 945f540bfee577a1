/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "crate.h"

#include <stdlib.h>
#include <string.h>

/* How the octets of a parcel begin.  What follows is a multiple of 8 long. */
struct item {
	uint64_t packet, connection;
	uint32_t length; /* of all of it */
	uint8_t kind, phase, marks, counts;
};

enum {
	ITEM_FLOW = 1,	/* a time and a flow follow, */
	ITEM_TUPLE = 2, /* and a tuple */
	ITEM_NAMED = 4, /* the last tuple is its own */
	ITEM_BRIEF = 8,
	ITEM_ENDS = 16,
	ITEM_WITHDRAWS = 32
};

/* Of a rule that fires. */
struct item_fold {
	uint64_t fold;
	int64_t second;
};

struct item_stage {
	uint64_t number;
	int64_t time;
	tcpaudit_packet_id packet;
};

struct item_end {
	uint64_t packets;
	int64_t first_time, last_time;
	const char *cut;
};

static size_t
rounded(size_t length)
{
	return (length + 7) & ~(size_t)7;
}

struct crate *
crate_new(size_t size)
{
	struct crate *c = malloc(sizeof(*c) + size);

	if (c == NULL)
		return NULL;
	c->length = 0;
	c->size = size;
	c->told = 0;
	return c;
}

size_t
crate_room(const struct parcel *parcel)
{
	/* Of what has strings, little else is in it: they may be rounded. */
	return CRATE_PART + parcel_strings(parcel);
}

/* ---------------------------------------------------------------- putting */

/* Each returns where the next thing goes. */
static inline uint8_t *
add(uint8_t *p, const void *from, size_t length)
{
	memcpy(p, from, length);
	return p + rounded(length);
}

/* *string is its copy from now on, if there is one. */
static uint8_t *
add_string(uint8_t *p, const char **string)
{
	const char *from = *string;

	if (from == NULL)
		return p;
	*string = (const char *)p;
	return add(p, from, strlen(from) + 1);
}

static uint8_t *
add_fold(uint8_t *p, const struct tcpaudit_part *part)
{
	struct item_fold fold = { part->fold, part->fold_second };

	return add(p, &fold, sizeof(fold));
}

static uint8_t *
add_finding(uint8_t *p, const struct tcpaudit_finding *from)
{
	struct tcpaudit_finding f = *from;
	uint8_t *to = p;

	p += rounded(sizeof(f));
	f.packets = (const void *)p;
	p = add(p, from->packets, f.packet_count * sizeof(*f.packets));
	f.values = (const void *)p;
	p = add(p, from->values, f.value_count * sizeof(*f.values));
	memcpy(to, &f, sizeof(f));
	return p;
}

static uint8_t *
add_connection(uint8_t *p, const struct tcpaudit_connection *from)
{
	struct tcpaudit_connection c = *from;
	uint8_t *to = p;

	p += rounded(sizeof(c));
	c.pending = (const void *)p;
	p = add(p, from->pending, c.pending_count * sizeof(*c.pending));
	p = add_string(p, &c.zeek_conn_state);
	p = add_string(p, &c.zeek_history);
	memcpy(to, &c, sizeof(c));
	return p;
}

static uint8_t *
add_brief(uint8_t *p, const struct tcpaudit_connection *c)
{
	uint64_t brief[2] = { (uint64_t)c->verdict, c->first_packet };

	return add(p, brief, sizeof(brief));
}

/* What is seldom said. */
static uint8_t *
add_other(uint8_t *p, const struct tcpaudit_part *part)
{
	struct item_stage stage = { part->number, part->time, part->packet };

	switch (part->kind) {
	case TCPAUDIT_PART_FINDING:
		return add_finding(add_fold(p, part), part->finding);
	case TCPAUDIT_PART_AGAIN:
		return add(add_fold(p, part), &part->rule, sizeof(part->rule));
	case TCPAUDIT_PART_TRANSITION:
		return add(p, part->transition, sizeof(*part->transition));
	case TCPAUDIT_PART_CLOCK:
	case TCPAUDIT_PART_PENDING:
	case TCPAUDIT_PART_STAGE:
		return add(p, &stage, sizeof(stage));
	default:
		return p;
	}
}

static inline uint8_t *
add_body(struct item *head, uint8_t *p, const struct tcpaudit_part *part)
{
	switch (part->kind) {
	case TCPAUDIT_PART_BEGIN:
	case TCPAUDIT_PART_COUNT:
		head->counts = (uint8_t)part->count_number;
		return add(p, part->counts,
		    part->count_number * sizeof(*part->counts));
	case TCPAUDIT_PART_CONNECTION:
		return head->marks & ITEM_BRIEF
			   ? add_brief(p, part->ended)
			   : add_connection(p, part->ended);
	default:
		return add_other(p, part);
	}
}

/* Where it stands, and of whom it is. */
static inline uint8_t *
add_place(struct crate *c, struct item *head, uint8_t *p,
    const struct tcpaudit_part *part)
{
	if ((part->place.time | (int64_t)part->place.flow) != 0) {
		head->marks |= ITEM_FLOW;
		memcpy(p, &part->place.time, 8);
		memcpy(p + 8, &part->place.flow, 8);
		p += 16;
	}
	if (part->tuple == NULL || (head->marks & ITEM_BRIEF))
		return p;
	head->marks |= ITEM_NAMED;
	if (c->told == part->connection)
		return p;
	head->marks |= ITEM_TUPLE;
	c->told = part->connection;
	return add(p, part->tuple, sizeof(*part->tuple));
}

/* What was put in ends at `end`. */
static inline void
seal(struct crate *c, struct item *head, const uint8_t *end)
{
	uint8_t *from = c->bytes + c->length;

	head->length = (uint32_t)(end - from);
	memcpy(from, head, sizeof(*head));
	c->length += head->length;
}

void
crate_put(struct crate *c, const struct tcpaudit_part *part, bool brief)
{
	uint8_t *p = c->bytes + c->length + sizeof(struct item);
	struct item head = { .packet = part->place.packet,
		.connection = part->connection,
		.kind = (uint8_t)part->kind,
		.phase = (uint8_t)part->place.phase };

	if (part->ends)
		head.marks |= ITEM_ENDS;
	if (part->withdraws)
		head.marks |= ITEM_WITHDRAWS;
	if (brief && part->kind == TCPAUDIT_PART_CONNECTION &&
	    part->ended->pending_count == 0)
		head.marks |= ITEM_BRIEF;
	p = add_body(&head, add_place(c, &head, p, part), part);
	seal(c, &head, p);
}

void
crate_put_input(struct crate *c, const struct parcel *parcel)
{
	const struct tcpaudit_part *part = &parcel->part;
	uint8_t *body, *p = c->bytes + c->length + sizeof(struct item);
	struct item head = { .packet = part->place.packet,
		.kind = (uint8_t)part->kind,
		.phase = (uint8_t)part->place.phase };
	struct output_input input = parcel->input;
	struct item_end end = { parcel->packets, parcel->first_time,
		parcel->last_time, parcel->cut };

	p = add_place(c, &head, p, part);
	body = p;
	switch ((int)part->kind) {
	case PARCEL_INPUT:
		p += rounded(sizeof(input));
		p = add_string(p, &input.name);
		p = add_string(p, &input.link_type);
		p = add_string(p, &input.filter);
		memcpy(body, &input, sizeof(input));
		break;
	case PARCEL_INPUT_TIME:
		p = add(p, &part->time, sizeof(part->time));
		break;
	case PARCEL_INPUT_END:
		p = add_string(p + rounded(sizeof(end)), &end.cut);
		memcpy(body, &end, sizeof(end));
		break;
	default:
		break;
	}
	seal(c, &head, p);
}

/* ---------------------------------------------------------------- reading */

void
crate_read(struct crate_reader *r, const struct crate *c)
{
	r->p = c->bytes;
	r->end = c->bytes + c->length;
	r->tuple = NULL;
}

static const uint8_t *
read_fold(const uint8_t *p, struct tcpaudit_part *part)
{
	const struct item_fold *fold = (const void *)p;

	part->fold = (uint8_t)fold->fold;
	part->fold_second = fold->second;
	return p + sizeof(*fold);
}

/* What the reader of the inputs said. */
static void
read_input(const uint8_t *p, struct parcel *out)
{
	const struct item_end *end = (const void *)p;

	switch ((int)out->part.kind) {
	case PARCEL_INPUT:
		memcpy(&out->input, p, sizeof(out->input));
		break;
	case PARCEL_INPUT_TIME:
		memcpy(&out->part.time, p, sizeof(out->part.time));
		break;
	case PARCEL_INPUT_END:
		out->packets = end->packets;
		out->first_time = end->first_time;
		out->last_time = end->last_time;
		out->cut = end->cut;
		break;
	default:
		break;
	}
}

static void
read_other(const uint8_t *p, struct parcel *out)
{
	struct tcpaudit_part *part = &out->part;
	const struct item_stage *stage = (const void *)p;

	switch (part->kind) {
	case TCPAUDIT_PART_FINDING:
		part->finding = (const void *)read_fold(p, part);
		break;
	case TCPAUDIT_PART_AGAIN:
		memcpy(&part->rule, read_fold(p, part), sizeof(part->rule));
		break;
	case TCPAUDIT_PART_TRANSITION:
		part->transition = (const void *)p;
		break;
	case TCPAUDIT_PART_CLOCK:
	case TCPAUDIT_PART_PENDING:
	case TCPAUDIT_PART_STAGE:
		part->number = stage->number;
		part->time = stage->time;
		part->packet = stage->packet;
		break;
	default:
		read_input(p, out);
	}
}

static const struct tcpaudit_connection *
read_brief(struct crate_reader *r, const uint8_t *p)
{
	uint64_t brief[2];

	memcpy(brief, p, sizeof(brief));
	r->brief.verdict = (enum tcpaudit_verdict)brief[0];
	r->brief.first_packet = brief[1];
	return &r->brief;
}

static inline const uint8_t *
read_place(struct crate_reader *r, const struct item *head, const uint8_t *p,
    struct tcpaudit_part *part)
{
	part->place.packet = head->packet;
	part->place.phase = head->phase;
	part->place.time = 0;
	part->place.flow = 0;
	if (head->marks & ITEM_FLOW) {
		memcpy(&part->place.time, p, 8);
		memcpy(&part->place.flow, p + 8, 8);
		p += 16;
	}
	if (head->marks & ITEM_TUPLE) {
		r->tuple = (const void *)p;
		p += rounded(sizeof(*r->tuple));
	}
	part->tuple = head->marks & ITEM_NAMED ? r->tuple : NULL;
	return p;
}

/* Octets ahead, and how many: about those of a parcel. */
enum { FETCH_AHEAD = 2048, FETCH_OCTETS = 192, LINE = 64 };

/* They were written by another processor, and are sent for early enough. */
static inline void
send_for_more(const struct crate_reader *r)
{
	if (r->end - r->p < FETCH_AHEAD + FETCH_OCTETS)
		return;
	for (size_t i = 0; i < FETCH_OCTETS; i += LINE)
		__builtin_prefetch(r->p + FETCH_AHEAD + i);
}

bool
crate_next(struct crate_reader *r, struct parcel *out)
{
	const struct item *head = (const void *)r->p;
	struct tcpaudit_part *part = &out->part;
	const uint8_t *p;

	if (r->p == r->end)
		return false;
	send_for_more(r);
	r->p += head->length;
	p = read_place(r, head, (const uint8_t *)(head + 1), part);
	part->kind = (enum tcpaudit_part_kind)head->kind;
	part->engine = 0;
	part->connection = head->connection;
	part->ends = !!(head->marks & ITEM_ENDS);
	part->withdraws = !!(head->marks & ITEM_WITHDRAWS);
	switch (part->kind) {
	case TCPAUDIT_PART_BEGIN:
	case TCPAUDIT_PART_COUNT:
		part->count_number = head->counts;
		part->counts = (const void *)p;
		break;
	case TCPAUDIT_PART_CONNECTION:
		part->ended = head->marks & ITEM_BRIEF ? read_brief(r, p)
						       : (const void *)p;
		break;
	default:
		read_other(p, out);
	}
	return true;
}
