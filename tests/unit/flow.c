/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The flow table: one key for both directions, one flow for a key, room made
 * when the bound is reached. */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "test.h"

enum { FLOWS = 20000 };

static struct tcpaudit *
engine_with(uint64_t bytes, enum tcpaudit_flow_key by)
{
	struct tcpaudit_config config;
	struct tcpaudit *t;

	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	config.memory_bytes = bytes;
	config.flow_key = by;
	t = tcpaudit_new(&config);
	if (t == NULL)
		abort();
	return t;
}

static struct segment
segment(uint8_t from, uint16_t from_port, uint8_t to, uint16_t to_port)
{
	struct segment s = { .family = 4,
		.source_port = from_port,
		.destination_port = to_port };

	s.source.bytes[3] = from;
	s.destination.bytes[3] = to;
	return s;
}

/* --------------------------------------------------------------------- key */

static bool
same_key(const struct flow_key *a, const struct flow_key *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void
test_both_ways(void)
{
	static const struct {
		uint8_t from, to;
		uint16_t from_port, to_port;
	} row[] = { { 1, 2, 80, 90 }, { 2, 1, 80, 90 }, { 1, 1, 80, 90 },
		{ 255, 0, 1, 65535 }, { 1, 2, 7, 7 } };
	struct tcpaudit *t = engine_with(1 << 20, TCPAUDIT_KEY_TUPLE);
	struct flow_key there, back;
	struct segment s;
	int side, other;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		s = segment(
		    row[i].from, row[i].from_port, row[i].to, row[i].to_port);
		memset(&there, 0xa5, sizeof(there));
		side = ta_flow_key(t, &s, &there);
		s = segment(
		    row[i].to, row[i].to_port, row[i].from, row[i].from_port);
		memset(&back, 0x5a, sizeof(back));
		other = ta_flow_key(t, &s, &back);
		CHECK(same_key(&there, &back) && "no octet is left as it was");
		CHECK(side == !other);
		CHECK(there.address[other].bytes[3] == row[i].to);
		CHECK(there.port[side] == row[i].from_port);
	}
	s = segment(9, 80, 9, 80);
	CHECK(ta_flow_key(t, &s, &there) == ta_flow_key(t, &s, &back) &&
	      "connected to itself: one side");
	tcpaudit_free(t);
}

/* Whether two segments are of one flow. */
static bool
same_flow(
    enum tcpaudit_flow_key by, const struct segment *a, const struct segment *b)
{
	struct tcpaudit *t = engine_with(1 << 20, by);
	struct flow_key x, y;

	ta_flow_key(t, a, &x);
	ta_flow_key(t, b, &y);
	tcpaudit_free(t);
	return same_key(&x, &y);
}

static void
test_apart(void)
{
	struct segment a = segment(1, 80, 2, 90), b = a;

	b.seq = 1;
	b.ttl = 9;
	b.flags = FLAG_FIN;
	CHECK(same_flow(TCPAUDIT_KEY_TUPLE, &a, &b));
	b = a;
	b.vlan = 5;
	CHECK(same_flow(TCPAUDIT_KEY_TUPLE, &a, &b));
	CHECK(same_flow(TCPAUDIT_KEY_TUPLE_TUNNEL, &a, &b));
	CHECK(!same_flow(TCPAUDIT_KEY_TUPLE_VLAN, &a, &b));
	b = a;
	b.tunnel = 5;
	CHECK(same_flow(TCPAUDIT_KEY_TUPLE, &a, &b));
	CHECK(same_flow(TCPAUDIT_KEY_TUPLE_VLAN, &a, &b));
	CHECK(!same_flow(TCPAUDIT_KEY_TUPLE_TUNNEL, &a, &b));
	b = a;
	b.family = 6;
	CHECK(!same_flow(TCPAUDIT_KEY_TUPLE, &a, &b));
	b = a;
	b.source_port++;
	CHECK(!same_flow(TCPAUDIT_KEY_TUPLE, &a, &b));
	b = a;
	b.destination.bytes[15] = 1;
	CHECK(!same_flow(TCPAUDIT_KEY_TUPLE, &a, &b));
	/* Each port at the other address. */
	b = segment(1, 90, 2, 80);
	CHECK(!same_flow(TCPAUDIT_KEY_TUPLE, &a, &b));
}

/* ------------------------------------------------------------------- table */

static void
key_number(struct flow_key *key, uint32_t i)
{
	memset(key, 0, sizeof(*key));
	memcpy(&key->address[0], &i, sizeof(i));
	key->family = 4;
}

static size_t visited;

static void
visit_free(struct tcpaudit *t, struct flow *f)
{
	visited++;
	ta_flow_free(t, f);
}

static void
visit_odd(struct tcpaudit *t, struct flow *f)
{
	visited++;
	if (f->key.address[0].bytes[0] & 1)
		ta_flow_free(t, f);
}

static void
test_many(void)
{
	static struct flow *flow[FLOWS];
	struct tcpaudit *t = engine_with(1 << 28, TCPAUDIT_KEY_TUPLE);
	struct flow_key key;
	size_t lost = 0, longest = 0;

	for (uint32_t i = 0; i < FLOWS; i++) {
		key_number(&key, i);
		flow[i] = ta_flow_get(t, &key);
	}
	CHECK(t->table.count == FLOWS);
	CHECK(t->table.buckets >= FLOWS && "it grows with its contents");
	CHECK((t->table.buckets & (t->table.buckets - 1)) == 0);
	for (uint32_t i = 0; i < FLOWS; i++) {
		key_number(&key, i);
		lost += ta_flow_get(t, &key) != flow[i] ||
			!same_key(&flow[i]->key, &key);
	}
	CHECK(lost == 0 && t->table.count == FLOWS);
	for (size_t i = 0; i < t->table.buckets; i++) {
		size_t n = 0;

		for (struct flow *f = t->table.bucket[i]; f; f = f->next)
			n++;
		longest = n > longest ? n : longest;
	}
	CHECK(longest < 16 && "no chain is long");
	visited = 0;
	ta_flow_each(t, visit_odd);
	CHECK(visited == FLOWS && t->table.count == FLOWS / 2);
	for (uint32_t i = 0; i < FLOWS; i += 2) {
		key_number(&key, i);
		lost += ta_flow_get(t, &key) != flow[i];
	}
	CHECK(lost == 0);
	visited = 0;
	ta_flow_each(t, visit_free);
	CHECK(visited == FLOWS / 2 && t->table.count == 0);
	tcpaudit_free(t);
}

/* An empty flow is evicted as another; the one that is in use is not. */
static void
test_evict(void)
{
	struct tcpaudit *t = engine_with(1 << 20, TCPAUDIT_KEY_TUPLE);
	struct flow_key key;
	struct flow *spare;

	CHECK(!ta_flow_evict(t, NULL) && "there is none");
	key_number(&key, 1);
	spare = ta_flow_get(t, &key);
	CHECK(!ta_flow_evict(t, spare) && t->table.count == 1);
	key_number(&key, 2);
	CHECK(ta_flow_get(t, &key) != NULL && t->table.count == 2);
	CHECK(ta_flow_evict(t, spare) && t->table.count == 1);
	CHECK(t->statistics.evicted_flows == 1);
	key_number(&key, 1);
	CHECK(ta_flow_get(t, &key) == spare && "not that one");
	CHECK(ta_flow_evict(t, NULL) && t->table.count == 0);
	tcpaudit_free(t);
}

static void
test_full(void)
{
	struct tcpaudit *t = engine_with(1 << 20, TCPAUDIT_KEY_TUPLE);
	struct flow_key key;
	size_t refused = 0, over = 0;

	for (uint32_t i = 0; i < FLOWS; i++) {
		key_number(&key, i);
		refused += ta_flow_get(t, &key) == NULL;
		over += t->memory.used > 1 << 20;
	}
	CHECK(refused == 0 && over == 0);
	CHECK(t->statistics.evicted_flows + t->table.count == FLOWS);
	CHECK(t->table.count > 1000);
	tcpaudit_free(t);
}

int
main(void)
{
	test_both_ways();
	test_apart();
	test_many();
	test_evict();
	test_full();
	return test_done();
}
