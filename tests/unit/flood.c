/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Counts over many connections: those of two engines that each audit some of
 * the connections, put together, say what one engine says that audits all. */
#include "check_flood.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum { PARTS = 4000, FOUND = 64, RAW = 101, PORT = 80 };

#define MS    INT64_C(1000000)
#define START (INT64_C(1767225600) * 1000 * MS)

/* One engine, what it said of many connections, and the parts it handed on. */
struct auditor {
	struct tcpaudit *engine;
	struct tally_part *part;
	size_t parts, found;
	char said[FOUND][400];
};

static void
on_finding(void *argument, const struct tcpaudit_finding *f)
{
	struct auditor *a = argument;
	char line[400];
	size_t n, i;

	if (f->connection != NULL || f->hosts[0].family == 0)
		return;
	n = (size_t)snprintf(line, sizeof(line), "%s %u %" PRIu64 " %" PRId64,
	    f->rule->code, f->hosts[0].address.bytes[3], f->count, f->time);
	for (i = 0; i < f->value_count; i++)
		if (strcmp(f->values[i].name, "folded") != 0)
			n += (size_t)snprintf(line + n, sizeof(line) - n,
			    " %s=%" PRId64, f->values[i].name,
			    f->values[i].value);
	for (i = 0; i < f->packet_count; i++)
		n += (size_t)snprintf(
		    line + n, sizeof(line) - n, " %" PRIu64, f->packets[i]);
	/* The last record of a rule and host counts. */
	for (i = 0; i < a->found; i++)
		if (strncmp(a->said[i], line, 6) == 0)
			break;
	if (i < FOUND)
		memcpy(a->said[i], line, sizeof(line));
	a->found += i == a->found && i < FOUND;
}

static void
on_part(void *argument, const struct tally_part *part)
{
	const struct tcpaudit *t = argument;
	struct auditor *a = t->config.argument;

	if (a->parts < PARTS)
		a->part[a->parts++] = *part;
}

static void
begin(struct auditor *a, bool share)
{
	struct tcpaudit_config config;

	memset(a, 0, sizeof(*a));
	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	config.checksum = TCPAUDIT_CHECKSUM_IGNORE;
	config.flood_syn = 50;
	config.half_open = 30;
	config.argument = a;
	config.on_finding = on_finding;
	a->part = calloc(PARTS, sizeof(*a->part));
	a->engine = tcpaudit_new(&config);
	if (a->part == NULL || a->engine == NULL)
		exit(99);
	tcpaudit_input(a->engine, 0, RAW);
	if (share)
		ta_flood_share(a->engine, on_part);
}

static void
end(struct auditor *a)
{
	tcpaudit_free(a->engine);
	free(a->part);
}

/* ----------------------------------------------------------------- packets */

/* Hosts are 10.0.0.N. */
struct packet {
	int64_t time; /* ms */
	uint8_t source, destination;
	uint16_t source_port, destination_port;
	uint32_t seq, ack;
	uint8_t flags;
};

static void
put32(uint8_t *p, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(n >> (24 - 8 * i));
}

static void
frame(uint8_t data[40], const struct packet *p)
{
	memset(data, 0, 40);
	data[0] = 0x45;
	data[3] = 40;
	data[8] = 64;
	data[9] = 6;
	put32(data + 12, 0x0a000000u | p->source);
	put32(data + 16, 0x0a000000u | p->destination);
	put32(data + 20, (uint32_t)p->source_port << 16 | p->destination_port);
	put32(data + 24, p->seq);
	put32(data + 28, p->ack);
	data[32] = 0x50;
	data[33] = p->flags;
	data[34] = 0x40;
}

static void
give(struct auditor *a, const struct packet *p, uint64_t number)
{
	uint8_t data[40];
	struct tcpaudit_packet packet = { data, 40, 40, START + p->time * MS,
		number };

	frame(data, p);
	tcpaudit_packet(a->engine, &packet);
}

static struct packet packets[20000];
static size_t packet_count;

static void
add(int64_t time, const struct packet *like, bool back, uint8_t flags,
    uint32_t seq, uint32_t ack)
{
	struct packet *p = &packets[packet_count++];

	*p = *like;
	p->time = time;
	p->flags = flags;
	p->seq = seq;
	p->ack = ack;
	if (!back)
		return;
	p->source = like->destination;
	p->destination = like->source;
	p->source_port = like->destination_port;
	p->destination_port = like->source_port;
}

enum { SYN = 2, RST = 4, ACK = 16 };

/* A connection of a kind: 0 completes, 1 is refused, 2 stays half-open, 3 gets
 * no answer, 4 is answered though it was not begun. */
static void
talk(int64_t time, uint8_t from, uint8_t to, uint16_t port, uint16_t service,
    int kind)
{
	struct packet like = { 0, from, to, port, service, 0, 0, 0 };

	if (kind != 4)
		add(time, &like, false, SYN, 1000u + port, 0);
	if (kind == 0 || kind == 2 || kind == 4)
		add(time + 20, &like, true, SYN | ACK, 5000, 1001u + port);
	if (kind == 2 || kind == 4)
		add(time + 1020, &like, true, SYN | ACK, 5000, 1001u + port);
	if (kind == 1)
		add(time + 20, &like, true, RST | ACK, 0, 1001u + port);
	if (kind == 0)
		add(time + 21, &like, false, ACK, 1001u + port, 5001);
}

static int
by_time(const void *x, const void *y)
{
	const struct packet *p = x, *q = y;

	if (p->time != q->time)
		return p->time < q->time ? -1 : 1;
	return memcmp(p, q, sizeof(*p));
}

static void
play(void)
{
	/* A flood at 10.0.0.1 twice, with honest clients. */
	for (int i = 0; i < 300; i++)
		talk((i < 150 ? 3000 : 63000) + 37 * i, (uint8_t)(20 + i % 60),
		    1, (uint16_t)(3000 + i), PORT,
		    i % 9 == 0	 ? 0
		    : i % 3 == 0 ? 2
				 : 3);
	/* A scan of 10.0.0.2 by 10.0.0.3, and of many by 10.0.0.4. */
	for (int i = 0; i < 40; i++) {
		talk(20000 + 90 * i, 3, 2, (uint16_t)(4000 + i),
		    (uint16_t)(1 + i), i % 8 == 0 ? 0 : 1);
		talk(30000 + 90 * i, 4, (uint8_t)(100 + i),
		    (uint16_t)(5000 + i), 22, 3);
	}
	/* Backscatter of 10.0.0.5; and traffic with nothing odd. */
	for (int i = 0; i < 40; i++) {
		talk(40000 + 50 * i, (uint8_t)(100 + i), 5,
		    (uint16_t)(6000 + i), PORT, 4);
		talk(45000 + 400 * i, 6, 7, (uint16_t)(7000 + i), PORT, 0);
	}
	qsort(packets, packet_count, sizeof(*packets), by_time);
}

/* ------------------------------------------------------------------- tests */

static int
by_second(const void *x, const void *y)
{
	const struct tally_part *p = x, *q = y;

	return (p->second > q->second) - (p->second < q->second);
}

static void
merge(struct auditor *to, const struct auditor *from, size_t count, int64_t now)
{
	struct tally_part *all = calloc(2 * PARTS, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		memcpy(all + n, from[i].part, from[i].parts * sizeof(*all));
		n += from[i].parts;
	}
	qsort(all, n, sizeof(*all), by_second);
	for (size_t i = 0; i < n; i++)
		ta_flood_merge(to->engine, &all[i], true);
	tcpaudit_advance(to->engine, now);
	tcpaudit_finish(to->engine, 0);
	free(all);
}

static int
by_text(const void *x, const void *y)
{
	return strcmp(x, y);
}

static bool
says(const struct auditor *a, const char *what)
{
	for (size_t i = 0; i < a->found; i++)
		if (strncmp(a->said[i], what, strlen(what)) == 0)
			return true;
	return false;
}

static bool
same(struct auditor *a, struct auditor *b)
{
	bool equal = a->found == b->found;

	qsort(a->said, a->found, sizeof(a->said[0]), by_text);
	qsort(b->said, b->found, sizeof(b->said[0]), by_text);
	for (size_t i = 0; i < a->found || i < b->found; i++) {
		if (strcmp(a->said[i], b->said[i]) == 0)
			continue;
		equal = false;
		printf("# %s\n# %s\n", a->said[i], b->said[i]);
	}
	return equal;
}

static void
test_shards(void)
{
	static struct auditor whole, shard[2], joined;
	int64_t last;

	begin(&whole, false);
	begin(&shard[0], true);
	begin(&shard[1], true);
	begin(&joined, false);
	for (size_t i = 0; i < packet_count; i++) {
		const struct packet *p = &packets[i];
		unsigned which = (p->source_port ^ p->destination_port ^
				     p->source ^ p->destination) &
				 1;

		give(&whole, p, i + 1);
		for (unsigned s = 0; s < 2; s++)
			if (s == which)
				give(&shard[s], p, i + 1);
			else
				tcpaudit_advance(
				    shard[s].engine, START + p->time * MS);
	}
	last = START + packets[packet_count - 1].time * MS + 30000 * MS;
	tcpaudit_advance(whole.engine, last);
	tcpaudit_finish(whole.engine, 0);
	for (int s = 0; s < 2; s++) {
		tcpaudit_advance(shard[s].engine, last);
		tcpaudit_finish(shard[s].engine, 0);
		CHECK(shard[s].found == 0);
		CHECK(shard[s].parts > 100 && shard[s].parts < PARTS);
	}
	merge(&joined, shard, 2, last);
	CHECK(says(&whole, "FL01 1 2 "));
	CHECK(says(&whole, "FL02 1 ") && says(&whole, "FL06 3 "));
	CHECK(says(&whole, "FL06 4 ") && says(&whole, "FL08 5 "));
	CHECK(!says(&whole, "FL01 2") && !says(&whole, "FL01 7"));
	CHECK(same(&whole, &joined));
	end(&whole);
	end(&shard[0]);
	end(&shard[1]);
	end(&joined);
}

/* One shard alone is half of it: the flood is not seen in either. */
static void
test_half(void)
{
	static struct auditor half, joined;

	begin(&half, true);
	begin(&joined, false);
	for (size_t i = 0; i < packet_count; i++) {
		const struct packet *p = &packets[i];

		if (((p->source_port + p->destination_port) & 7) == 0)
			give(&half, p, i + 1);
	}
	tcpaudit_finish(half.engine, 0);
	merge(&joined, &half, 1, START + packets[packet_count - 1].time * MS);
	CHECK(!says(&joined, "FL01"));
	end(&half);
	end(&joined);
}

int
main(void)
{
	play();
	test_shards();
	test_half();
	return test_done();
}
