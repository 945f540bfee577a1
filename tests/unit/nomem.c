/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Memory runs out: at each call of the allocator in turn, once or for good, and
 * at each size of the bound.  The engine says so and goes on; it loses no
 * memory and counts every packet. */
#include "tcpaudit.h"

#include "talk.h"
#include "test.h"

/* Holes, copies, text kept, a port used again, findings on both ends. */
#define SCRIPT                                                                 \
	TALK_HANDSHAKE                                                         \
	"1 c P. 1 1 100;1 c P. 101 1 100;1 c P. 301 1 100;2 s . 1 201 0;"      \
	"300 c P. 201 1 100 t1;5 s . 1 401 0;1 c . 401 9999 0;"                \
	"1 c S 0 0 0 p41000;5 s R. 0 1 0 p41000;"                              \
	"1 s P. 1 401 70;500 s P. 1 401 70 t9;1 c . 401 71 0;"                 \
	"1 c F. 401 71 0;5 s F. 71 402 0;0 c . 402 72 0;"                      \
	"2000 c S 500000 0 0;10 s S. 600000 500001 0;"                         \
	"0 c . 500001 600001 0;1 c . 402 72 0;5 c R. 500001 600001 0;"         \
	"1 c S 0 0 0 p41001;1 s P. 1 1 10 p41002;3600000 c . 9 9 0 p41003"

struct chaos {
	struct talk talk;
	size_t calls, released, fail_at;
	bool once; /* only that call fails, else all from it on */
};

static void *
allocate(void *argument, size_t size)
{
	struct chaos *c = argument;

	c->calls++;
	if (c->once ? c->calls == c->fail_at : c->calls >= c->fail_at)
		return NULL;
	return malloc(size);
}

static void
release(void *argument, void *memory)
{
	struct chaos *c = argument;

	if (memory == NULL)
		abort();
	c->released++;
	free(memory);
}

static void
chaos_begin(struct chaos *c, size_t fail_at, bool once, uint64_t bytes)
{
	talk_defaults(&c->talk);
	c->talk.config.argument = c;
	c->talk.config.memory_bytes = bytes;
	c->talk.config.allocate = allocate;
	c->talk.config.release = release;
	c->calls = c->released = 0;
	c->fail_at = fail_at;
	c->once = once;
}

/* Calls of the allocator that gave memory. */
static size_t
given(const struct chaos *c)
{
	if (c->calls < c->fail_at)
		return c->calls;
	return c->once ? c->calls - 1 : c->fail_at - 1;
}

/* One run.  Returns whether everything was as it should be, and in *began
 * whether there was an engine at all. */
static bool
run(struct chaos *c, bool *began)
{
	struct talk *k = &c->talk;
	struct tcpaudit_statistics s = { 0 };
	bool good = true;

	k->log = open_memstream(&k->text, &k->size);
	k->engine = tcpaudit_new(&k->config);
	*began = k->engine != NULL;
	if (*began) {
		tcpaudit_input(k->engine, 0, 1);
		talk(k, SCRIPT);
		talk_finish(k);
		tcpaudit_statistics(k->engine, &s);
		good = s.packets == k->number && s.tcp_packets == k->number &&
		       s.connections == k->connections && s.open_flows == 0;
		good &=
		    k->result == TCPAUDIT_OK || k->result == TCPAUDIT_ENOMEM;
	}
	talk_clear(k);
	return good && given(c) == c->released;
}

/* The callbacks have `struct talk` for an argument: it stands first. */
_Static_assert(offsetof(struct chaos, talk) == 0, "talk is not first");

static void
test_refusals(bool once)
{
	static struct chaos c;
	size_t n, bad = 0, without = 0, short_of = 0, calls;
	bool began;

	chaos_begin(&c, SIZE_MAX, once, UINT64_C(1) << 30);
	CHECK(run(&c, &began) && began && c.talk.result == TCPAUDIT_OK);
	CHECK(c.talk.connections == 6);
	CHECK(c.talk.findings > 5);
	calls = c.calls;
	CHECK(calls > 8 && "there is something to fail");
	for (n = 1; n <= calls; n++) {
		chaos_begin(&c, n, once, UINT64_C(1) << 30);
		bad += !run(&c, &began);
		without += !began;
		short_of += began && c.talk.result == TCPAUDIT_ENOMEM;
	}
	CHECK(bad == 0);
	CHECK(without == 3 && "the engine, its decoder, the store of text");
	CHECK(short_of > 0 && "a packet that finds no memory says so");
}

static void
test_bounds(void)
{
	static struct chaos c;
	size_t bad = 0;
	bool began;

	for (uint64_t bytes = 1 << 20; bytes < 3 << 20; bytes += 4097) {
		chaos_begin(&c, SIZE_MAX, false, bytes);
		bad += !run(&c, &began) || !began;
	}
	CHECK(bad == 0);
}

static bool
is_accusation(const struct talk_finding *f)
{
	return f->last.severity == TCPAUDIT_ERROR &&
	       f->last.confidence == TCPAUDIT_CERTAIN;
}

/* Whether `k` accuses somebody for certain of what `all` does not know. */
static bool
invents(const struct talk *k, const struct talk *all)
{
	const struct talk_finding *f, *g;

	for (size_t i = 0; i < k->findings; i++) {
		f = &k->finding[i];
		g = talk_found(all, f->last.rule->code);
		if (is_accusation(f) && (g == NULL || !is_accusation(g)))
			return true;
	}
	return false;
}

/* What is not remembered for want of memory is no proof. */
static void
test_no_inventions(void)
{
	static struct chaos all, c;
	size_t invented = 0, n;
	bool began;

	chaos_begin(&all, SIZE_MAX, false, UINT64_C(1) << 30);
	run(&all, &began);
	for (n = 4; n <= all.calls; n++) {
		chaos_begin(&c, n, false, UINT64_C(1) << 30);
		run(&c, &began);
		invented += invents(&c.talk, &all.talk);
	}
	CHECK(n > 8 && invented == 0);
}

int
main(void)
{
	test_refusals(true);
	test_refusals(false);
	test_bounds();
	test_no_inventions();
	return test_done();
}
