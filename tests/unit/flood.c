/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Engines that each audit some of the connections hand on parts which, put
 * together, say what one engine says that audits all. */
#include "check_flood.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"

enum { PARTS = 20000, FOUND = 600, RAW = 101, PORT = 80 };

#define MS    INT64_C(1000000)
#define START (INT64_C(1767225600) * 1000 * MS)

/* A part with all that it points to. */
struct kept_part {
	struct tcpaudit_part part;
	struct tcpaudit_tuple tuple;
	struct tcpaudit_finding finding;
	struct tcpaudit_connection ended;
	tcpaudit_packet_id packet[TCPAUDIT_EVIDENCE_MAX];
	struct tcpaudit_value value[TCPAUDIT_VALUES_MAX];
	struct tcpaudit_host host[2];
	struct tcpaudit_count counts[TCPAUDIT_COUNTS_MAX];
};

/* One engine, what it said, and the parts it handed on. */
struct auditor {
	struct tcpaudit *engine;
	struct kept_part *part;
	size_t parts, found;
	uint64_t connections;
	char said[FOUND][400];
};

static void
on_finding(void *argument, const struct tcpaudit_finding *f)
{
	struct auditor *a = argument;
	char line[400];
	size_t n, i;

	n = (size_t)snprintf(line, sizeof(line),
	    "%s %u %" PRIu64 " %" PRIu64 " %" PRId64, f->rule->code,
	    f->connection != NULL ? 0u : f->hosts[0].address.bytes[3], f->id,
	    f->count, f->time);
	if (f->connection != NULL)
		n += (size_t)snprintf(line + n, sizeof(line) - n, " #%" PRIu64,
		    f->connection->id);
	for (i = 0; i < f->value_count; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n,
		    " %s=%" PRId64, f->values[i].name, f->values[i].value);
	for (i = 0; i < f->packet_count; i++)
		n += (size_t)snprintf(
		    line + n, sizeof(line) - n, " %" PRIu64, f->packets[i]);
	if (a->found < FOUND)
		memcpy(a->said[a->found++], line, sizeof(line));
}

static void
on_connection(void *argument, const struct tcpaudit_connection *c)
{
	struct auditor *a = argument;

	/* Whatever is told of it, in order. */
	a->connections = a->connections * 31 + c->connection->id +
			 c->findings[TCPAUDIT_WARNING] * 7 + c->verdict;
}

static void
on_part(void *argument, const struct tcpaudit_part *part)
{
	struct auditor *a = argument;
	struct kept_part *k = &a->part[a->parts];
	const struct tcpaudit_finding *f = part->finding;

	if (a->parts == PARTS)
		exit(99);
	a->parts++;
	k->part = *part;
	for (size_t i = 0; i < part->count_number; i++)
		k->counts[i] = part->counts[i];
	k->part.counts = k->counts;
	if (part->tuple != NULL) {
		k->tuple = *part->tuple;
		k->part.tuple = &k->tuple;
	}
	if (part->ended != NULL) {
		k->ended = *part->ended;
		k->part.ended = &k->ended;
	}
	if (f == NULL)
		return;
	k->finding = *f;
	k->part.finding = &k->finding;
	memcpy(k->packet, f->packets, f->packet_count * sizeof(*f->packets));
	memcpy(k->value, f->values, f->value_count * sizeof(*f->values));
	memcpy(k->host, f->hosts, sizeof(k->host));
	k->finding.packets = k->packet;
	k->finding.values = k->value;
	k->finding.hosts = k->host;
}

/* Shard `shard` of `shards`; of 1, all. */
static void
begin(struct auditor *a, uint32_t shard, uint32_t shards)
{
	struct tcpaudit_config config;

	memset(a, 0, sizeof(*a));
	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	config.checksum = TCPAUDIT_CHECKSUM_IGNORE;
	config.flood_syn = 50;
	config.half_open = 30;
	config.argument = a;
	config.on_finding = on_finding;
	config.on_connection = on_connection;
	config.shard = shard;
	config.shards = shards;
	config.silent = shard > 0;
	if (shards > 1)
		config.on_part = on_part;
	a->part = calloc(PARTS, sizeof(*a->part));
	a->engine = tcpaudit_new(&config);
	if (a->part == NULL || a->engine == NULL)
		exit(99);
	tcpaudit_input(a->engine, 0, RAW);
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
	/* Attempts at its time, but at a port or a host beside it. */
	talk(5001, 30, 1, 4000, PORT + 1, 3);
	talk(5002, 31, 17, 4000, PORT, 3);
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

/* Those of `count` engines, in order. */
static void
join(struct auditor *to, const struct auditor *from, size_t count)
{
	size_t at[8] = { 0 };

	for (;;) {
		struct kept_part *least = NULL;
		size_t whose = 0;

		for (size_t i = 0; i < count; i++) {
			struct kept_part *k = &from[i].part[at[i]];

			if (at[i] == from[i].parts ||
			    (least != NULL &&
				tcpaudit_place_compare(
				    &k->part.place, &least->part.place) >= 0))
				continue;
			least = k;
			whose = i;
		}
		if (least == NULL)
			return;
		at[whose]++;
		least->part.engine = (uint32_t)whose;
		CHECK(tcpaudit_join(to->engine, &least->part) == TCPAUDIT_OK);
	}
}

static bool
says(const struct auditor *a, const char *what)
{
	for (size_t i = 0; i < a->found; i++)
		if (strncmp(a->said[i], what, strlen(what)) == 0)
			return true;
	return false;
}

static size_t
count_of(const struct auditor *a, const char *what)
{
	size_t count = 0;

	for (size_t i = 0; i < a->found; i++)
		count += strncmp(a->said[i], what, strlen(what)) == 0;
	return count;
}

static bool
same(const struct auditor *a, const struct auditor *b)
{
	bool equal = a->found == b->found && a->connections == b->connections;

	for (size_t i = 0; i < a->found || i < b->found; i++) {
		if (strcmp(a->said[i], b->said[i]) == 0)
			continue;
		equal = false;
		printf("# %s\n# %s\n", a->said[i], b->said[i]);
	}
	return equal;
}

static void
test_shards(uint32_t shards)
{
	static struct auditor whole, shard[8], joined;

	begin(&whole, 0, 1);
	begin(&joined, 0, 1);
	for (uint32_t i = 0; i < shards; i++)
		begin(&shard[i], i, shards);
	for (size_t i = 0; i < packet_count; i++) {
		give(&whole, &packets[i], i + 1);
		for (uint32_t k = 0; k < shards; k++)
			give(&shard[k], &packets[i], i + 1);
	}
	tcpaudit_finish(whole.engine, 0);
	for (uint32_t i = 0; i < shards; i++) {
		tcpaudit_finish(shard[i].engine, 0);
		CHECK(shard[i].found == 0);
		CHECK(shard[i].parts > 100);
	}
	join(&joined, shard, shards);
	CHECK(says(&whole, "FL01 1 "));
	CHECK(says(&whole, "FL02 1 ") && says(&whole, "FL06 3 "));
	CHECK(says(&whole, "FL06 4 ") && says(&whole, "FL08 5 "));
	CHECK(!says(&whole, "FL01 2") && !says(&whole, "FL01 7"));
	CHECK(count_of(&whole, "HS02 ") == 2);
	CHECK(whole.found > 10 && same(&whole, &joined));
	end(&whole);
	end(&joined);
	for (uint32_t i = 0; i < shards; i++)
		end(&shard[i]);
}

/* What no engine says does no harm. */
static void
test_nonsense(void)
{
	static struct auditor a;
	struct tcpaudit_tuple tuple = { .family = 4 };
	struct tcpaudit_part part = { .connection = 1 };
	struct tcpaudit_count count = { .what = 0 };

	begin(&a, 0, 1);
	for (int kind = 0; kind <= TCPAUDIT_PARTS; kind++) {
		part.kind = (enum tcpaudit_part_kind)kind;
		CHECK(tcpaudit_join(a.engine, &part) == TCPAUDIT_EINVAL);
	}
	part.kind = TCPAUDIT_PART_BEGIN;
	part.tuple = &tuple;
	CHECK(tcpaudit_join(a.engine, &part) == TCPAUDIT_OK);
	CHECK(tcpaudit_join(a.engine, &part) == TCPAUDIT_EINVAL);
	part.kind = TCPAUDIT_PART_COUNT;
	count.what = 200;
	part.counts = &count;
	part.count_number = 1;
	CHECK(tcpaudit_join(a.engine, &part) == TCPAUDIT_EINVAL);
	part.kind = TCPAUDIT_PART_FINDING;
	CHECK(tcpaudit_join(a.engine, &part) == TCPAUDIT_EINVAL);
	part.kind = TCPAUDIT_PART_END;
	CHECK(tcpaudit_join(a.engine, &part) == TCPAUDIT_OK);
	CHECK(tcpaudit_join(a.engine, &part) == TCPAUDIT_EINVAL);
	part.connection = 0;
	part.kind = TCPAUDIT_PART_STAGE;
	part.number = 99;
	CHECK(tcpaudit_join(a.engine, &part) == TCPAUDIT_EINVAL);
	end(&a);
}

int
main(void)
{
	play();
	test_shards(2);
	test_shards(5);
	test_nonsense();
	return test_done();
}
