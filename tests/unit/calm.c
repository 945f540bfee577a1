/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A calm connection, folded: what fits, what does not, that unfolding it gives
 * what it was, and that nothing changes where memory is short. */
#include "calm.h"

#include "engine.h"
#include "obligation.h"
#include "talk.h"
#include "test.h"

#define HS   TALK_HANDSHAKE
#define TS   "x020405b40402080a000000010000000001030307"
#define OPEN "0 c S 0 0 0 " TS ";10 s S. 0 1 0 " TS ";"

static const struct row {
	bool fits;
	const char *what, *script;
} rows[] = {
	{ true, "a SYN", "0 c S 0 0 0" },
	{ true, "a SYN-ACK", "0 c S 0 0 0;10 s S. 0 1 0" },
	{ true, "a handshake", HS },
	{ true, "options", OPEN },
	{ true, "text in flight", HS "1 c P. 1 1 100;1 c P. 101 1 50" },
	{ true, "text both ways", HS "1 c P. 1 1 9;1 s P. 1 1 8" },
	{ true, "acknowledged", HS "1 c P. 1 1 100;9 s . 1 101 0" },
	{ true, "a FIN", HS "1 c F. 1 1 0" },
	{ true, "a FIN that was taken", HS "1 c F. 1 1 0;1 s . 1 2 0" },
	{ true, "closed", HS "1 c F. 1 1 0;1 s F. 1 2 0;1 c . 2 2 0" },
	{ true, "a wrap", HS "1 s P. 1 1 900;1 c . 1 901 0" },
	{ true, "half of a segment", HS "1 c P. 1 1 100;1 s . 1 51 0" },
	{ true, "the middle", "0 c . 7 7 0" },
	{ false, "a hole", HS "1 c P. 101 1 100" },
	{ false, "a copy", HS "1 c P. 1 1 100;1000 c P. 1 1 100" },
	{ false, "a reset", HS "1 c R. 1 1 0" },
	{ false, "a duplicate ACK",
	    HS "1 c P. 1 1 100;1 s . 1 1 0;1 s . 1 1 0" },
	{ false, "an early ACK", HS "1 c . 1 101 0" },
	{ false, "a closed window", HS "1 s . 1 1 0 w0" },
	{ false, "a keepalive",
	    HS "1 c P. 1 1 9;1 s . 1 10 0;900000 c . 9 1 0" },
	{ false, "another SYN", HS "1 c S 5000 0 0" },
	{ false, "a wrong checksum", HS "1 c P. 1 1 9;1 c P. 10 1 9 e" },
};

static struct node *
only_node(const struct talk *k)
{
	return node_at(&k->engine->nodes, k->engine->last_node);
}

/* The same, but for where it stands in memory. */
static bool
is_same(const struct connection *x, const struct connection *y)
{
	struct connection a = *x, b = *y;

	for (int i = 0; i < 2; i++) {
		const struct flight *f = a.end[i].flight, *g = b.end[i].flight;

		if ((f == NULL) != (g == NULL))
			return false;
		for (unsigned n = 0; f != NULL && n < f->count; n++)
			if (f->count != g->count ||
			    memcmp(&f->sent[n], &g->sent[n],
				sizeof(f->sent[n])) != 0)
				return false;
		a.end[i].flight = b.end[i].flight = NULL;
	}
	a.flow = b.flow = NULL;
	return memcmp(&a, &b, sizeof(a)) == 0;
}

static void
test_round(const struct row *r)
{
	static struct connection before;
	static struct flight flight[2];
	struct talk k;
	struct flow *f;

	talk_begin(&k);
	talk(&k, r->script);
	test_check((only_node(&k)->kind != NODE_FLOW) == r->fits, r->what,
	    __FILE__, __LINE__);
	f = ta_flow_open(k.engine, k.engine->last_node);
	before = *f->live;
	for (int i = 0; i < 2 && r->fits; i++) {
		if (before.end[i].flight == NULL)
			continue;
		flight[i] = *before.end[i].flight;
		before.end[i].flight = &flight[i];
	}
	ta_flow_rest(k.engine, f);
	if (!r->fits) {
		CHECK(only_node(&k)->kind == NODE_FLOW);
	} else {
		CHECK(only_node(&k)->kind != NODE_FLOW);
		f = ta_flow_open(k.engine, k.engine->last_node);
		CHECK(is_same(&before, f->live));
		ta_flow_rest(k.engine, f);
	}
	talk_finish(&k);
	talk_clear(&k);
}

/* What obligation.c says of it is no earlier. */
static void
test_due(const struct row *r)
{
	struct talk k;
	struct flow *f;
	int64_t due;

	if (!r->fits)
		return;
	talk_begin(&k);
	talk(&k, r->script);
	due = only_node(&k)->kind == NODE_SEED
		  ? ta_seed_due(k.engine,
			pool_at(&k.engine->seeds, only_node(&k)->body))
		  : ta_calm_due(k.engine,
			pool_at(&k.engine->calms, only_node(&k)->body));
	f = ta_flow_open(k.engine, k.engine->last_node);
	test_check(due <= ta_obligation_next(k.engine, f->live), r->what,
	    __FILE__, __LINE__);
	CHECK(due > k.engine->now);
	ta_flow_rest(k.engine, f);
	talk_finish(&k);
	talk_clear(&k);
}

/* Of so many connections the last ones are too far from the first. */
static void
test_number(void)
{
	const uint64_t most = (UINT64_C(1) << 40) - 1;
	struct talk k;
	struct flow *f;

	talk_begin(&k);
	talk(&k, TALK_HANDSHAKE);
	f = ta_flow_open(k.engine, k.engine->last_node);
	f->live->id = most;
	ta_flow_rest(k.engine, f);
	CHECK(only_node(&k)->kind == NODE_CALM);
	f = ta_flow_open(k.engine, k.engine->last_node);
	CHECK(f->live->id == most);
	f->live->id++;
	ta_flow_rest(k.engine, f);
	CHECK(only_node(&k)->kind == NODE_FLOW);
	f = ta_flow_open(k.engine, k.engine->last_node);
	CHECK(f->live->id == most + 1);
	ta_flow_rest(k.engine, f);
	talk_finish(&k);
	talk_clear(&k);
}

/* All that is left of it: as when memory is short. */
static void
use_up_pool(struct tcpaudit *t, struct pool *p)
{
	t->memory.limit = t->memory.used;
	while (ta_pool_take(p) != 0)
		;
}

static void
use_up_slab(struct tcpaudit *t, struct slab *s)
{
	t->memory.limit = t->memory.used;
	while (ta_slab_take(s) != NULL)
		;
}

#define CLOSING HS "1 c P. 1 1 100;1 c P. 101 1 50;1 s P. 1 1 8;1 c F. 151 1 0"

/* Which pool has no room: folding it leaves the connection as it is. */
static void
test_fold_short(size_t pool)
{
	static struct connection before;
	uint32_t body;
	struct talk k;
	struct flow *f;

	talk_begin(&k);
	talk(&k, CLOSING);
	f = ta_flow_open(k.engine, k.engine->last_node);
	before = *f->live;
	use_up_pool(k.engine, (struct pool *)((char *)k.engine + pool));
	/* What unfolding gave back is there again. */
	CHECK(ta_calm_fold(k.engine, f, &body) == NODE_FLOW);
	CHECK(f->live != NULL && f->live->fold_wait > 0);
	before.fold_wait = f->live->fold_wait;
	CHECK(memcmp(&before, f->live, sizeof(before)) == 0);
	k.engine->memory.limit = UINT64_MAX;
	talk(&k, "1 s . 9 152 0");
	talk_finish(&k);
	CHECK(k.connections == 1);
	talk_clear(&k);
}

static void
test_unfold_short(size_t slab)
{
	struct talk k;
	struct calm before, *now;
	struct node *n;

	talk_begin(&k);
	talk(&k, CLOSING);
	n = only_node(&k);
	CHECK(n->kind == NODE_CALM);
	now = pool_at(&k.engine->calms, n->body);
	before = *now;
	use_up_slab(k.engine, (struct slab *)((char *)k.engine + slab));
	CHECK(ta_flow_open(k.engine, k.engine->last_node) == NULL);
	CHECK(n->kind == NODE_CALM);
	CHECK(memcmp(&before, now, sizeof(before)) == 0);
	k.engine->memory.limit = UINT64_MAX;
	CHECK(ta_flow_open(k.engine, k.engine->last_node) != NULL);
	talk_finish(&k);
	CHECK(k.connections == 1);
	talk_clear(&k);
}

/* Another one like it has a flight and a close of its own. */
static void
test_clone(void)
{
	struct talk k;
	struct calm *a, *b;
	uint32_t id;

	talk_begin(&k);
	talk(&k, CLOSING);
	a = pool_at(&k.engine->calms, only_node(&k)->body);
	id = ta_calm_clone(k.engine, a);
	CHECK(id != 0 && id != only_node(&k)->body);
	a = pool_at(&k.engine->calms, only_node(&k)->body);
	b = pool_at(&k.engine->calms, id);
	CHECK(a->end[0].flying == 3);
	CHECK(ta_calm_flies_alike(k.engine, &a->end[0], &b->end[0]));
	CHECK(a->end[0].flight != b->end[0].flight && a->close != b->close);
	ta_calm_land(k.engine, &b->end[0]);
	CHECK(!ta_calm_flies_alike(k.engine, &a->end[0], &b->end[0]));
	CHECK(a->end[0].flying == 3);
	ta_calm_free(k.engine, id);
	use_up_pool(k.engine, &k.engine->sent);
	CHECK(ta_calm_clone(k.engine, a) == 0);
	k.engine->memory.limit = UINT64_MAX;
	talk_finish(&k);
	talk_clear(&k);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_round(&rows[i]);
		test_due(&rows[i]);
	}
	test_fold_short(offsetof(struct tcpaudit, calms));
	test_fold_short(offsetof(struct tcpaudit, closes));
	test_fold_short(offsetof(struct tcpaudit, sent));
	test_unfold_short(offsetof(struct tcpaudit, connections));
	test_unfold_short(offsetof(struct tcpaudit, flights));
	test_clone();
	test_number();
	return test_done();
}
