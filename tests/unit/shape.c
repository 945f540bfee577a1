/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Each shape is kept once, as long as there is room. */
#include "shape.h"

#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "rules.h"
#include "test.h"

static const uint64_t key[2] = { 1, 2 };

/* Two ends in ESTABLISHED, of which all is known. */
static struct shape
open_shape(void)
{
	struct shape s = { .marks = CONN_OPEN | CONN_WSCALE };

	for (int i = 0; i < 2; i++) {
		s.end[i].possible = STATE(ESTABLISHED);
		s.end[i].nominal = TCPAUDIT_ESTABLISHED;
		s.end[i].known = KNOWS_SENT | KNOWS_ISS | KNOWS_ACK |
				 KNOWS_EDGE | KNOWS_TTL | KNOWS_SYN_OPTIONS;
	}
	return s;
}

static void
test_once(struct shapes *x)
{
	struct shape a = open_shape(), b = open_shape(), c = open_shape();
	uint32_t first = ta_shape_number(x, &a);

	b.end[1].mss = 1460;
	c.finding[3] = 1;
	CHECK(first != 0);
	CHECK(ta_shape_number(x, &a) == first);
	CHECK(ta_shape_number(x, &b) != first);
	CHECK(ta_shape_number(x, &c) != first);
	CHECK(ta_shape_number(x, &b) == ta_shape_number(x, &b));
	CHECK(x->count == 3);
	CHECK(memcmp(&shape_at(x, ta_shape_number(x, &b))->shape, &b,
		  sizeof(b)) == 0);
}

static bool
is_steady(struct shapes *x, const struct shape *s)
{
	return shape_at(x, ta_shape_number(x, s))->steady;
}

/* What may lead an end out of ESTABLISHED is not steady. */
static void
test_steady(struct shapes *x)
{
	struct shape s = open_shape();

	CHECK(is_steady(x, &s));
	s.marks &= ~(uint32_t)CONN_OPEN;
	CHECK(!is_steady(x, &s));
	s = open_shape();
	s.marks &= ~(uint32_t)CONN_WSCALE;
	CHECK(!is_steady(x, &s));
	for (int i = 0; i < 2; i++) {
		s = open_shape();
		s.end[i].possible |= STATE(FIN_WAIT_1);
		CHECK(!is_steady(x, &s));
		s = open_shape();
		s.end[i].nominal = TCPAUDIT_SYN_RECEIVED;
		CHECK(!is_steady(x, &s));
		s = open_shape();
		s.end[i].known |= KNOWS_FIN;
		CHECK(!is_steady(x, &s));
		s = open_shape();
		s.end[i].known &= ~(uint32_t)KNOWS_ACK;
		CHECK(!is_steady(x, &s));
	}
}

static unsigned
ordinary(struct shapes *x, const struct shape *s)
{
	return shape_at(x, ta_shape_number(x, s))->ordinary;
}

static bool
is_quiet(struct shapes *x, int rule, int end)
{
	struct shape s = open_shape();

	s.finding[0] = (uint16_t)(rule | (end + 2) << SHAPE_RULE_BITS);
	return ordinary(x, &s) != 0;
}

static void
test_quiet(struct shapes *x)
{
	struct shape s = open_shape();

	CHECK(ordinary(x, &s) == 15);
	CHECK(is_quiet(x, RULE_OP07, 0));
	CHECK(is_quiet(x, RULE_DA11, 1));
	CHECK(!is_quiet(x, RULE_DA01, 0));
	CHECK(!is_quiet(x, RULE_CP03, 1));
	/* The first rule of all is none that is quiet. */
	CHECK(!is_quiet(x, 0, -1));
}

/* Of whom only a SYN may come next, or nothing. */
static void
test_ordinary(struct shapes *x)
{
	struct shape s = open_shape();

	s.end[1].known = 0;
	CHECK(ordinary(x, &s) == 4 << 1);
	s = open_shape();
	s.end[0].marks = ZERO_WINDOW;
	CHECK(ordinary(x, &s) == 0);
	s = open_shape();
	s.marks |= CONN_DUPLICATES;
	CHECK(ordinary(x, &s) == 0);
	s = open_shape();
	s.end[0].marks = FIN_ACKED;
	s.end[0].nominal = TCPAUDIT_CLOSED;
	CHECK(ordinary(x, &s) == (1 | 4) << 1);
}

/* Only what is steady can stay, of an end whose window is scaled. */
static void
test_stays(struct shapes *x)
{
	struct shape s = open_shape();
	uint32_t id;

	s.end[1].marks = SCALED_EDGE;
	id = ta_shape_number(x, &s);
	ta_shape_stays(x, id, 0, true);
	CHECK(shape_at(x, id)->stays == 0);
	ta_shape_stays(x, id, 1, true);
	CHECK(shape_at(x, id)->stays == shape_way(1, true));
	s.end[0].known |= KNOWS_FIN;
	id = ta_shape_number(x, &s);
	ta_shape_stays(x, id, 1, true);
	CHECK(shape_at(x, id)->stays == 0);
}

static void
test_full(struct memory *memory)
{
	struct shape s = open_shape(), one = open_shape();
	struct shapes x;
	bool all = true;

	ta_shapes_init(&x, memory, key);
	for (uint32_t i = 1; i <= SHAPES_MOST; i++) {
		s.end[0].path = i;
		all = all && ta_shape_number(&x, &s) != 0;
	}
	CHECK(all && "as many as there may be");
	CHECK(ta_shape_number(&x, &one) == 0 && "and no more");
	CHECK(ta_shape_number(&x, &s) != 0 && "those are still found");
	ta_shapes_clear(&x);
	CHECK(memory->used == 0);
	CHECK(ta_shape_number(&x, &one) != 0 && "and there is room again");
	ta_shapes_clear(&x);
}

static void
test_short(struct memory *memory)
{
	struct shape s = open_shape();
	uint64_t limit = memory->limit;
	struct shapes x;

	ta_shapes_init(&x, memory, key);
	memory->limit = 0;
	CHECK(ta_shape_number(&x, &s) == 0);
	memory->limit = SHAPE_BUCKETS * sizeof(uint32_t) + 64;
	CHECK(ta_shape_number(&x, &s) == 0 && "buckets and nothing in them");
	CHECK(x.count == 0);
	memory->limit = limit;
	CHECK(ta_shape_number(&x, &s) != 0);
	ta_shapes_clear(&x);
	CHECK(memory->used == 0);
}

int
main(void)
{
	struct tcpaudit_config config;
	struct memory memory;
	struct shapes x;

	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	ta_memory_init(&memory, &config, UINT64_C(1) << 30);
	ta_shapes_init(&x, &memory, key);
	test_once(&x);
	test_steady(&x);
	test_quiet(&x);
	test_ordinary(&x);
	test_stays(&x);
	ta_shapes_clear(&x);
	CHECK(memory.used == 0);
	test_full(&memory);
	test_short(&memory);
	return test_done();
}
