/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Packets that are looked at together come out as one after the other: where
 * memory is short, too, so that what was found ahead is gone when its packet is
 * judged, or has become another one. */
#include "tcpaudit.h"

#include "talk.h"
#include "test.h"

enum { PACKETS = 60000, TOGETHER = 100, BOUND = 1 << 20, LENGTH = 54 };

/* What the callbacks have said, all of it in one number. */
struct said {
	uint64_t records, evicted, sum;
};

static void
add(struct said *s, uint64_t n)
{
	s->sum = (s->sum ^ n) * UINT64_C(0x9e3779b97f4a7c15);
	s->sum ^= s->sum >> 29;
}

static void
on_connection(void *argument, const struct tcpaudit_connection *c)
{
	struct said *s = argument;

	s->records++;
	s->evicted += !!c->evicted;
	add(s, c->connection->id);
	add(s, c->first_packet);
	add(s, c->last_packet);
	add(s, c->verdict);
	add(s, c->end[0].packets << 32 | c->end[1].packets);
}

static struct tcpaudit *
engine_new(struct said *said, uint64_t bytes)
{
	struct tcpaudit_config config;
	struct tcpaudit *t;

	memset(said, 0, sizeof(*said));
	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	config.memory_bytes = bytes;
	config.argument = said;
	config.on_connection = on_connection;
	config.hash_key[0] = 12345;
	t = tcpaudit_new(&config);
	if (t == NULL)
		abort();
	tcpaudit_input(t, 0, 1);
	return t;
}

/* Packet number `i` of a capture in which every second one begins a connection,
 * and the others belong to any of the last 4096. */
static void
packet_fill(struct tcpaudit_packet *packet, uint8_t *frame, uint32_t i)
{
	uint32_t back = (i * 2654435761u >> 8) % 4096, which = i / 2;
	char line[] = "0 c S 0 0 0", answer[] = "0 s S. 0 1 0",
	     rest[] = "0 c . 1 1 0";
	struct talk_line l;

	if (i % 2 == 0)
		talk_parse(&l, line);
	else
		talk_parse(&l, i % 4 == 1 ? answer : rest);
	talk_frame(frame, &l);
	if (i % 2 != 0)
		which = which > back ? which - back : 0;
	talk_put(frame + (i % 4 == 1 ? 30 : 26), 0x0b000000 + which, 4);
	talk_put(frame + 50, 0, 2);
	*packet = (struct tcpaudit_packet){ .data = frame,
		.captured = LENGTH,
		.length = LENGTH,
		.time = TALK_START + i * TALK_MS,
		.number = i + 1 };
}

static struct said
run(uint64_t bytes, size_t together)
{
	static uint8_t frame[TOGETHER][TALK_FRAME];
	struct tcpaudit_packet packet[TOGETHER];
	struct said said;
	struct tcpaudit *t = engine_new(&said, bytes);
	size_t n = 0;

	for (uint32_t i = 0; i < PACKETS; i++) {
		packet_fill(&packet[n], frame[n], i);
		if (++n < together && i + 1 < PACKETS)
			continue;
		tcpaudit_packets(t, packet, n);
		n = 0;
	}
	tcpaudit_finish(t, 0);
	tcpaudit_free(t);
	return said;
}

static void
test_together(uint64_t bytes, bool evicts)
{
	struct said alone = run(bytes, 1);

	CHECK((alone.evicted > PACKETS / 4) == evicts);
	for (size_t n = 2; n <= TOGETHER; n += 7) {
		struct said said = run(bytes, n);

		CHECK(said.records == alone.records && said.sum == alone.sum);
	}
}

int
main(void)
{
	test_together(BOUND, true);
	test_together(UINT64_C(1) << 30, false);
	return test_done();
}
