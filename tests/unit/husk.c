/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A husk is exactly what it was made of, whatever the numbers are. */
#include "husk.h"

#include "engine.h"
#include "talk.h"
#include "test.h"

#define CLOSED                                                                 \
	TALK_HANDSHAKE                                                         \
	"1 c P. 1 1 100;9 s . 1 101 0;5 s P. 1 101 600;1 c . 101 601 0;"       \
	"7 c F. 101 601 0;9 s . 601 102 0;1 s F. 601 102 0;1 c . 102 602 0"

/* Long enough for it to become a husk, and not for anything else. */
#define REST ";70000 c S 9 0 0 p9;70000 c S 9 0 0 p8"

static uint64_t state = 1;

static uint64_t
any(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return state >> (state >> 58);
}

/* So that it has something to do with it, or nothing. */
static uint64_t
other(uint64_t than)
{
	switch (any() % 4) {
	case 0:
		return any();
	case 1:
		return than + any() % 5 - 2;
	case 2:
		return than + 1000 * (any() % 5 - 2);
	default:
		return 0;
	}
}

#define CHANGE(n, field)                                                       \
	case n:                                                                \
		(field) = other(field);                                        \
		break

static void
change_end(struct calm_end *e, unsigned which)
{
	switch (which) {
		CHANGE(0, e->base);
		CHANGE(1, e->max);
		CHANGE(2, e->ack);
		CHANGE(3, e->edge);
		CHANGE(4, e->max_window);
		CHANGE(5, e->tsval);
		CHANGE(6, e->tsecr);
		CHANGE(7, e->tsval_syn);
		CHANGE(8, e->tsval_acked);
		CHANGE(9, e->tsval_new);
		CHANGE(10, e->tsval_first);
		CHANGE(11, e->last_packet);
		CHANGE(12, e->ack_packet);
		CHANGE(13, e->own_packet);
		CHANGE(14, e->rtt);
		CHANGE(15, e->srtt);
		CHANGE(16, e->rttvar);
		CHANGE(17, e->packets);
		CHANGE(18, e->window);
		CHANGE(19, e->t_last);
		CHANGE(20, e->largest);
		CHANGE(21, e->t_max);
		CHANGE(22, e->ip_id);
		CHANGE(23, e->t_ack);
		CHANGE(24, e->sums);
		CHANGE(25, e->t_ack_before);
		CHANGE(26, e->ttl);
		CHANGE(27, e->t_fresh);
		CHANGE(28, e->ack_step);
		CHANGE(29, e->kept);
	}
}

enum { CHANGES = 30 + 18 };

static void
change(struct calm *k, struct calm_close *z, unsigned which, int i)
{
	switch (which) {
		CHANGE(30, k->first_packet);
		CHANGE(31, k->third_delay);
		CHANGE(32, k->unanswered);
		CHANGE(33, k->id);
		CHANGE(34, k->last_flags);
		CHANGE(35, k->last_from);
		CHANGE(36, k->fresh);
		CHANGE(37, k->t_second);
		CHANGE(38, k->last_length);
		CHANGE(39, z->slip);
		CHANGE(40, z->t_zeek);
		CHANGE(41, z->end[i].t_fin);
		CHANGE(42, z->end[i].t_acked);
		CHANGE(43, z->end[i].t_timewait);
		CHANGE(44, z->end[i].t_text);
		CHANGE(45, z->end[i].fin_packet);
	case 46:
		k->t_first += (int64_t)(any() % 2000) - 1000;
		break;
	case 47:
		k->t_first = (int64_t)(any() << 3);
		break;
	default:
		change_end(&k->end[i], which);
	}
}

static unsigned wrong;

/* Makes a husk of it.  Returns whether one came of it. */
static bool
round_trip(struct talk *t, uint32_t node, const struct calm *k,
    const struct calm_close *z)
{
	struct tcpaudit *e = t->engine;
	struct node *n = node_at(&e->nodes, node);
	uint32_t close = ((struct calm *)pool_at(&e->calms, n->body))->close;
	struct calm was = *k, is;
	struct calm_close is_closed;

	*(struct calm *)pool_at(&e->calms, n->body) = was;
	((struct calm *)pool_at(&e->calms, n->body))->close = close;
	*(struct calm_close *)pool_at(&e->closes, close) = *z;
	ta_husk_make(e, node);
	if (n->kind != NODE_HUSK)
		return false;
	was.close = 0;
	ta_husk_unpack(e, n->body, &is, &is_closed);
	wrong += memcmp(&was, &is, sizeof(is)) != 0 ||
		 memcmp(z, &is_closed, sizeof(is_closed)) != 0 ||
		 ta_husk_first(e, n->body) != k->first_packet ||
		 ta_husk_due(e, n->body) != ta_calm_due_closing(e, k, z) ||
		 !ta_flow_wake(e, n);
	return true;
}

static void
begin(struct talk *k, uint32_t *node)
{
	talk_begin(k);
	talk(k, CLOSED);
	*node = k->engine->last_node;
	CHECK(node_at(&k->engine->nodes, *node)->kind == NODE_CALM);
}

static void
test_numbers(void)
{
	unsigned husks[2] = { 0, 0 };
	struct calm_close z, from_z;
	struct calm c, from;
	struct talk k;
	uint32_t node;

	begin(&k, &node);
	talk(&k, REST);
	CHECK(node_at(&k.engine->nodes, node)->kind == NODE_HUSK);
	ta_husk_unpack(
	    k.engine, node_at(&k.engine->nodes, node)->body, &from, &from_z);
	CHECK(ta_flow_wake(k.engine, node_at(&k.engine->nodes, node)));
	for (unsigned i = 0; i < 40000; i++) {
		unsigned changes = any() % 12;

		c = from;
		z = from_z;
		for (unsigned n = 0; n < changes; n++)
			change(&c, &z, any() % CHANGES, any() & 1);
		husks[round_trip(&k, node, &c, &z)]++;
	}
	CHECK(wrong == 0);
	CHECK(husks[1] > 30000);
	CHECK(husks[0] > 0);
	CHECK(round_trip(&k, node, &from, &from_z));
	talk_finish(&k);
	CHECK(k.connections == 3);
	talk_clear(&k);
}

/* What comes to a husk finds what would have been there. */
static void
test_stray(const char *stray)
{
	struct talk a, b;
	const char *said;
	uint32_t node;

	begin(&a, &node);
	talk(&a, REST);
	CHECK(node_at(&a.engine->nodes, node)->kind == NODE_HUSK);
	begin(&b, &node);
	b.engine->quick.doubt = true;
	talk(&b, REST);
	CHECK(node_at(&b.engine->nodes, node)->kind == NODE_CALM);
	talk(&a, stray);
	talk(&b, stray);
	talk_finish(&a);
	talk_finish(&b);
	said = talk_text(&a);
	CHECK(strcmp(said, talk_text(&b)) == 0);
	talk_clear(&a);
	talk_clear(&b);
}

/* One stays calm where there is no memory, and a husk where there is none. */
static void
test_short(void)
{
	struct talk k;
	uint32_t node;

	begin(&k, &node);
	k.engine->memory.limit = k.engine->memory.used;
	ta_husk_make(k.engine, node);
	CHECK(node_at(&k.engine->nodes, node)->kind == NODE_CALM);
	k.engine->memory.limit = UINT64_MAX;
	ta_husk_make(k.engine, node);
	CHECK(node_at(&k.engine->nodes, node)->kind == NODE_HUSK);
	k.engine->memory.limit = k.engine->memory.used;
	while (ta_pool_take(&k.engine->calms) != 0)
		;
	CHECK(!ta_flow_wake(k.engine, node_at(&k.engine->nodes, node)));
	CHECK(node_at(&k.engine->nodes, node)->kind == NODE_HUSK);
	talk_finish(&k);
	CHECK(k.connections == 1);
	talk_clear(&k);
}

static struct memory memory;

/* Records stay what they are, and reels come back. */
static void
test_tape(void)
{
	enum { MANY = 4000 };
	static uint32_t number[MANY];
	struct tcpaudit_config config = { 0 };
	struct tape tape;

	ta_memory_init(&memory, &config, UINT64_MAX);
	ta_tape_init(&tape, &memory);
	for (unsigned i = 0; i < MANY; i++) {
		uint8_t *to = ta_tape_room(&tape, 200);

		if (tape_begins(&tape))
			memset(tape_head(&tape), 0xaa, TAPE_HEAD);
		memset(to, (int)(i % 251), 40 + i % 100);
		number[i] = ta_tape_keep(&tape, 40 + i % 100);
	}
	for (unsigned i = 0; i < MANY; i++) {
		const uint8_t *at = tape_at(&tape, number[i]);
		const uint8_t *head = tape_head_of(&tape, number[i]);

		wrong += at[0] != i % 251 || at[39 + i % 100] != i % 251 ||
			 head[TAPE_HEAD - 1] != 0xaa;
	}
	CHECK(wrong == 0);
	CHECK(memory.used > 8 * TAPE_REEL);
	for (unsigned i = 0; i < MANY; i++)
		ta_tape_give(&tape, number[i]);
	CHECK(memory.used < 2 * TAPE_REEL);
	ta_tape_clear(&tape);
	CHECK(memory.used == 0);
}

int
main(void)
{
	test_numbers();
	test_stray("1 s F. 601 102 0");
	test_stray("1 c P. 1 1 100");
	test_stray("1 c P. 1 1 100 t7");
	test_stray("1 c R 102 0 0");
	test_stray("1 s R 602 0 0");
	test_stray("1 c S 500000 0 0");
	test_stray("70000 c S 500000 0 0;9 s S. 900000 500001 0");
	test_stray("1 c . 102 602 0;300000 c S 500000 0 0");
	test_short();
	test_tape();
	return test_done();
}
