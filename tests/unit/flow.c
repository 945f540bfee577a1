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
same_key(const struct node_name *a, const struct node_name *b)
{
	return a->family == b->family && a->hash == b->hash &&
	       memcmp(&a->key, &b->key, node_key_size(a->family)) == 0;
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
	struct node_name there, back;
	struct segment s;
	int side, other;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		s = segment(
		    row[i].from, row[i].from_port, row[i].to, row[i].to_port);
		memset(&there, 0xa5, sizeof(there));
		side = ta_node_name(t, &s, &there);
		s = segment(
		    row[i].to, row[i].to_port, row[i].from, row[i].from_port);
		memset(&back, 0x5a, sizeof(back));
		other = ta_node_name(t, &s, &back);
		CHECK(same_key(&there, &back) && "no octet is left as it was");
		CHECK(side == !other);
		CHECK(there.key.address[4 * other + 3] == row[i].to);
		CHECK(there.key.port[side] == row[i].from_port);
	}
	s = segment(9, 80, 9, 80);
	CHECK(ta_node_name(t, &s, &there) == ta_node_name(t, &s, &back) &&
	      "connected to itself: one side");
	tcpaudit_free(t);
}

/* Whether two segments are of one flow. */
static bool
same_flow(
    enum tcpaudit_flow_key by, const struct segment *a, const struct segment *b)
{
	struct tcpaudit *t = engine_with(1 << 20, by);
	struct node_name x, y;

	ta_node_name(t, a, &x);
	ta_node_name(t, b, &y);
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
	b.destination.bytes[2] = 1;
	CHECK(!same_flow(TCPAUDIT_KEY_TUPLE, &a, &b));
	/* Each port at the other address. */
	b = segment(1, 90, 2, 80);
	CHECK(!same_flow(TCPAUDIT_KEY_TUPLE, &a, &b));
}

/* ------------------------------------------------------------------- table */

static struct segment
numbered(uint32_t i)
{
	struct segment s = segment(1, 2, 3, 4);

	memcpy(s.source.bytes, &i, sizeof(i));
	return s;
}

static struct flow *
get(struct tcpaudit *t, uint32_t i)
{
	struct segment s = numbered(i);
	int side;

	return ta_flow_get(t, &s, &side);
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
	if (visited & 1)
		ta_flow_free(t, f);
}

static size_t
longest_chain(const struct node_table *table)
{
	size_t longest = 0;

	for (size_t i = 0; i < table->buckets; i++) {
		size_t n = 0;

		for (uint32_t id = table->bucket[i]; id != 0;
		     id = node_at(table, id)->next)
			n++;
		longest = n > longest ? n : longest;
	}
	return longest;
}

static void
test_many(void)
{
	static struct flow *flow[FLOWS];
	struct tcpaudit *t = engine_with(1 << 28, TCPAUDIT_KEY_TUPLE);
	const struct node_table *table = &t->nodes;
	size_t lost = 0;

	for (uint32_t i = 0; i < FLOWS; i++)
		flow[i] = get(t, i);
	CHECK(table->count == FLOWS);
	CHECK(table->buckets >= FLOWS && "it grows with its contents");
	CHECK((table->buckets & (table->buckets - 1)) == 0);
	for (uint32_t i = 0; i < FLOWS; i++)
		lost += get(t, i) != flow[i];
	CHECK(lost == 0 && table->count == FLOWS);
	CHECK(longest_chain(table) < 16 && "no chain is long");
	visited = 0;
	ta_flow_each(t, visit_odd);
	CHECK(visited == FLOWS && table->count == FLOWS / 2);
	for (uint32_t i = 1; i < FLOWS; i += 2)
		lost += get(t, i) != flow[i];
	CHECK(lost == 0 && "in order of age every other one is gone");
	visited = 0;
	ta_flow_each(t, visit_free);
	CHECK(visited == FLOWS / 2 && table->count == 0);
	tcpaudit_free(t);
}

/* What rests is found again, as it was. */
static void
test_rest(void)
{
	struct tcpaudit *t = engine_with(1 << 20, TCPAUDIT_KEY_TUPLE);
	struct flow *f = get(t, 5);
	struct segment s = numbered(5), six = s;
	uint32_t node = f->node;
	int side;

	f->incarnations = 7;
	ta_flow_rest(t, f);
	CHECK(node_at(&t->nodes, node)->kind == NODE_BARE);
	f = ta_flow_find(t, &s, &side);
	CHECK(f != NULL && f->node == node && f->incarnations == 7);
	CHECK(f->key.port[side] == 2 && f->key.family == 4 &&
	      memcmp(&f->key.address[side], &s.source, sizeof(s.source)) == 0);
	six.family = 6;
	six.destination.bytes[15] = 9;
	CHECK(ta_flow_find(t, &six, &side) == NULL);
	f = ta_flow_get(t, &six, &side);
	CHECK(f->key.family == 6 && f->key.address[!side].bytes[15] == 9);
	tcpaudit_free(t);
}

/* An empty flow is evicted as another; the one that is in use is not. */
static void
test_evict(void)
{
	struct tcpaudit *t = engine_with(1 << 20, TCPAUDIT_KEY_TUPLE);
	struct flow *spare;

	CHECK(!ta_flow_evict(t, 0) && "there is none");
	spare = get(t, 1);
	CHECK(!ta_flow_evict(t, spare->node) && t->nodes.count == 1);
	CHECK(get(t, 2) != NULL && t->nodes.count == 2);
	CHECK(ta_flow_evict(t, spare->node) && t->nodes.count == 1);
	CHECK(t->statistics.evicted_flows == 1);
	CHECK(get(t, 1) == spare && "not that one");
	CHECK(ta_flow_evict(t, 0) && t->nodes.count == 0);
	tcpaudit_free(t);
}

static void
test_full(void)
{
	struct tcpaudit *t = engine_with(1 << 20, TCPAUDIT_KEY_TUPLE);
	size_t refused = 0, over = 0;

	for (uint32_t i = 0; i < FLOWS; i++) {
		refused += get(t, i) == NULL;
		over += t->memory.used > 1 << 20;
	}
	CHECK(refused == 0 && over == 0);
	CHECK(t->statistics.evicted_flows + t->nodes.count == FLOWS);
	CHECK(t->nodes.count > 1000);
	tcpaudit_free(t);
}

int
main(void)
{
	test_both_ways();
	test_apart();
	test_many();
	test_rest();
	test_evict();
	test_full();
	return test_done();
}
