/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The memory bound: under a flood connections are ended early, and counted;
 * none is lost, and the engine never holds more than it may. */
#include "tcpaudit.h"

#include "talk.h"
#include "test.h"

enum { FLOOD = 200000, BOUND = 4 << 20, SAMPLE = 1000 };

/* What the callbacks have seen, and what the allocator has given. */
struct flood {
	uint64_t records, evicted, no_answer, early, ids[2], held, most;
};

static void
on_connection(void *argument, const struct tcpaudit_connection *c)
{
	struct flood *f = argument;

	f->records++;
	f->evicted += !!c->evicted;
	f->no_answer += c->verdict == TCPAUDIT_VERDICT_NO_ANSWER;
	f->early += c->evicted && c->confidence != TCPAUDIT_POSSIBLE;
	/* Each id once: sums and sums of squares, modulo 2^64. */
	f->ids[0] += c->connection->id;
	f->ids[1] += c->connection->id * c->connection->id;
}

static void *
allocate(void *argument, size_t size)
{
	struct flood *f = argument;
	size_t *p = malloc(size + 16);

	if (p == NULL)
		return NULL;
	*p = size;
	f->held += size;
	if (f->held > f->most)
		f->most = f->held;
	return (char *)p + 16;
}

static void
release(void *argument, void *memory)
{
	struct flood *f = argument;
	char *p = memory;
	size_t size;

	memcpy(&size, p - 16, sizeof(size));
	f->held -= size;
	free(p - 16);
}

static struct tcpaudit *
flood_new(struct flood *f, uint64_t bytes)
{
	struct tcpaudit_config config;
	struct tcpaudit *t;

	memset(f, 0, sizeof(*f));
	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	config.memory_bytes = bytes;
	config.argument = f;
	config.on_connection = on_connection;
	config.allocate = allocate;
	config.release = release;
	config.hash_key[0] = 12345;
	t = tcpaudit_new(&config);
	if (t == NULL)
		abort();
	tcpaudit_input(t, 0, 1);
	return t;
}

/* SYN number `i`, each from an address of its own. */
static int
flood_syn(struct tcpaudit *t, uint32_t i, int64_t time)
{
	struct talk_line l;
	char line[] = "0 c S 0 0 0";
	uint8_t frame[TALK_FRAME];
	struct tcpaudit_packet packet = {
		.data = frame, .time = time, .number = i + 1
	};

	talk_parse(&l, line);
	talk_frame(frame, &l);
	talk_put(frame + 26, 0x0b000000 + i, 4);
	talk_put(frame + 50, 0, 2);
	talk_put(frame + 50, talk_checksum(frame + 34, 20), 2);
	packet.captured = packet.length = 54;
	return tcpaudit_packet(t, &packet);
}

/* A millisecond apart, so that none is unanswered for long enough yet when
 * the table is full. */
static void
test_flood(void)
{
	struct tcpaudit_statistics s;
	struct flood f;
	struct tcpaudit *t = flood_new(&f, BOUND);
	uint64_t fixed = f.held, over = 0, refused = 0;

	tcpaudit_statistics(t, &s);
	fixed -= s.memory_bytes; /* of the decoder: not of the flow table */
	for (uint32_t i = 0; i < FLOOD; i++) {
		refused +=
		    flood_syn(t, i, TALK_START + i * TALK_MS) != TCPAUDIT_OK;
		if (i % SAMPLE == 0) {
			tcpaudit_statistics(t, &s);
			over += s.memory_bytes > BOUND;
		}
	}
	tcpaudit_statistics(t, &s);
	CHECK(refused == 0);
	CHECK(s.packets == FLOOD && s.tcp_packets == FLOOD);
	CHECK(s.connections == FLOOD);
	CHECK(over == 0 && s.memory_bytes <= BOUND);
	CHECK(f.most - fixed <= BOUND && "at no moment did it hold more");
	CHECK(s.memory_bytes == f.held - fixed && "it says what it holds");
	CHECK(s.evicted_flows > 0 && f.evicted == s.evicted_flows &&
	      "each has its record");
	CHECK(s.open_flows > 500 && "the bound is made use of");
	CHECK(f.records + s.open_flows == FLOOD && "none is lost");
	CHECK(f.early == 0 && "what was ended early is only possible");
	tcpaudit_finish(t, 0);
	tcpaudit_statistics(t, &s);
	CHECK(s.open_flows == 0 && f.records == s.connections);
	CHECK(f.evicted == s.evicted_flows && "the end evicts none");
	CHECK(f.ids[0] == (uint64_t)FLOOD * (FLOOD + 1) / 2 &&
	      f.ids[1] == (uint64_t)FLOOD * (FLOOD + 1) *
			      (2 * (uint64_t)FLOOD + 1) / 6);
	tcpaudit_free(t);
	CHECK(f.held == 0);
}

/* With time between them the timers keep the table small: none is evicted. */
static void
test_slow(void)
{
	struct tcpaudit_statistics s;
	struct flood f;
	struct tcpaudit *t = flood_new(&f, BOUND);
	uint64_t most = 0;

	for (uint32_t i = 0; i < 20000; i++) {
		flood_syn(t, i, TALK_START + i * 1000 * TALK_MS);
		tcpaudit_statistics(t, &s);
		if (s.open_flows > most)
			most = s.open_flows;
	}
	tcpaudit_finish(t, 0);
	tcpaudit_statistics(t, &s);
	CHECK(f.records == 20000 && f.no_answer >= 19900);
	CHECK(most > 75);
	tcpaudit_free(t);
	CHECK(f.held == 0);
}

/* A connection that speaks all the time is rarely chosen to be ended. */
static void
test_busy(void)
{
	static const char *const segment[] = { "0 c P. 1 1 10",
		"0 s . 1 11 0" };
	struct tcpaudit_statistics s;
	struct talk k;

	talk_defaults(&k);
	k.config.memory_bytes = BOUND;
	talk_open(&k);
	talk(&k, TALK_HANDSHAKE);
	for (uint32_t i = 0; i < 100000; i++) {
		flood_syn(k.engine, i, k.time);
		if (i % 100 == 0)
			talk(&k, segment[i / 100 % 2]);
	}
	talk(&k, "1 c F. 11 1 0;10 s F. 1 12 0;0 c . 12 2 0");
	tcpaudit_statistics(k.engine, &s);
	CHECK(s.evicted_flows > 50000);
	CHECK(s.connections == 100001 && "it is among the last to go");
	talk_finish(&k);
	talk_clear(&k);
}

int
main(void)
{
	test_flood();
	test_slow();
	test_busy();
	return test_done();
}
