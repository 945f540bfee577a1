/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "part.h"

#include "fold.h"

/* Where what is said now stands. */
static struct tcpaudit_place
place_now(const struct tcpaudit *t)
{
	struct tcpaudit_place place = t->place;

	if (t->packet > place.packet)
		place.packet = t->packet;
	return place;
}

/* Whether that is so of this place. */
static inline bool
stands_now(const struct tcpaudit *t, const struct tcpaudit_place *place)
{
	const struct tcpaudit_place *now = &t->place;
	tcpaudit_packet_id packet =
	    t->packet > now->packet ? t->packet : now->packet;

	return place->packet == packet && place->phase == now->phase &&
	       place->time == now->time && place->flow == now->flow;
}

void
ta_part_flush(struct tcpaudit *t)
{
	struct bundle *b = &t->bundle;

	if (b->part.connection == 0)
		return;
	t->config.on_part(t->config.argument, &b->part);
	b->part.connection = 0;
}

static void
hand_on(struct tcpaudit *t, const struct connection *c,
    enum tcpaudit_part_kind kind, struct tcpaudit_part *part)
{
	struct tcpaudit_tuple tuple;

	ta_part_flush(t);
	part->place = place_now(t);
	part->kind = kind;
	part->connection = c != NULL ? c->id : 0;
	if (part->connection != 0 && part->tuple == NULL &&
	    kind != TCPAUDIT_PART_END) {
		ta_tuple(c, &tuple);
		part->tuple = &tuple;
	}
	t->config.on_part(t->config.argument, part);
}

/* An empty bundle for a connection. */
static struct bundle *
bundle_begin(struct tcpaudit *t, const struct connection *c)
{
	struct bundle *b = &t->bundle;

	ta_part_flush(t);
	b->part.place = place_now(t);
	b->part.kind = TCPAUDIT_PART_COUNT;
	b->part.connection = c->id;
	b->part.count_number = 0;
	b->part.counts = b->counts;
	b->part.tuple = &b->tuple;
	ta_tuple(c, &b->tuple);
	return b;
}

void
ta_part_clock(struct tcpaudit *t)
{
	struct tcpaudit_part part = { .time = t->now };

	if (!t->config.silent)
		hand_on(t, NULL, TCPAUDIT_PART_CLOCK, &part);
}

void
ta_part_begin(struct tcpaudit *t, const struct connection *c)
{
	bundle_begin(t, c)->part.kind = TCPAUDIT_PART_BEGIN;
}

struct tcpaudit_count *
ta_part_count(struct tcpaudit *t, const struct connection *c)
{
	struct bundle *b = &t->bundle;

	if (b->part.connection != c->id ||
	    b->part.count_number == TCPAUDIT_COUNTS_MAX ||
	    !stands_now(t, &b->part.place))
		b = bundle_begin(t, c);
	return &b->counts[b->part.count_number++];
}

/* What has to be known to fold it. */
static void
add_fold(struct tcpaudit_part *part, const struct connection *c, enum rule rule)
{
	struct fold fold;

	fold_of(c, rule, &fold);
	part->fold = (uint8_t)fold.how;
	part->fold_second = fold.second;
}

void
ta_part_finding(struct tcpaudit *t, const struct connection *c,
    const struct tcpaudit_finding *f, bool withdraws)
{
	struct tcpaudit_part part = { .finding = f, .withdraws = withdraws };

	add_fold(&part, c, (enum rule)(f->rule - ta_rules));
	hand_on(t, c, TCPAUDIT_PART_FINDING, &part);
}

void
ta_part_again(struct tcpaudit *t, const struct connection *c, enum rule rule)
{
	struct tcpaudit_part part = { .rule = &ta_rules[rule] };

	add_fold(&part, c, rule);
	hand_on(t, c, TCPAUDIT_PART_AGAIN, &part);
}

void
ta_part_transition(struct tcpaudit *t, const struct connection *c,
    const struct tcpaudit_transition *r)
{
	struct tcpaudit_part part = { .transition = r };

	hand_on(t, c, TCPAUDIT_PART_TRANSITION, &part);
}

void
ta_part_connection(struct tcpaudit *t, const struct connection *c,
    const struct tcpaudit_connection *r, bool ends)
{
	struct tcpaudit_part part = {
		.ended = r, .ends = ends, .tuple = r->connection
	};

	hand_on(t, c, TCPAUDIT_PART_CONNECTION, &part);
}

void
ta_part_end(struct tcpaudit *t, const struct connection *c)
{
	struct tcpaudit_part part = { 0 };

	hand_on(t, c, TCPAUDIT_PART_END, &part);
}

void
ta_part_pending(struct tcpaudit *t, uint64_t number)
{
	struct tcpaudit_part part = { .number = number };

	if (number > 0)
		hand_on(t, NULL, TCPAUDIT_PART_PENDING, &part);
}

void
ta_part_stage(struct tcpaudit *t, enum stage stage)
{
	struct tcpaudit_part part = {
		.number = stage, .time = t->now, .packet = t->packet
	};

	if (!t->config.silent)
		hand_on(t, NULL, TCPAUDIT_PART_STAGE, &part);
}
