/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * The quick way (quick.h) has exactly the effect of the long one, and so has
 * what is left of that for smooth segments (transfer.h): on all captures,
 * several times over, so that what was learned of the first copies is used for
 * the others; on conversations of the simulator (sim.h) likewise; and on random
 * traffic (chatter.h).
 *
 * quick [-s SEED] [-n SEEDS] [-c CONFIGURATION] [FILE...]
 */
#include <dirent.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chatter.h"
#include "engine.h"
#include "pair.h"
#include "sim.h"

enum { ROUNDS = 5, CHATTER_PACKETS = 5000 };

/* Nothing that was open is forgotten within it, in ns. */
#define BRIEFLY (INT64_C(100) * 1000000000)
#define START	(INT64_C(1795255200) * 1000000000)

struct frame {
	struct tcpaudit_packet packet; /* its data are owned */
	int64_t time;		       /* since its capture began */
	int link_type;
	unsigned capture;
};

struct options {
	uint64_t seed;
	unsigned seeds, configuration;
};

struct stream {
	struct frame *frame;
	size_t count, room;
	unsigned captures;
	int64_t most; /* what comes later after the begin is not shown */
};

/* ---------------------------------------------------------------- captures */

static void
keep(struct stream *s, int link_type, const struct tcpaudit_packet *packet)
{
	struct frame *f;
	uint8_t *copy = malloc(packet->captured + 1u);

	if (s->count == s->room) {
		s->room = 2 * s->room + 1024;
		s->frame = realloc(s->frame, s->room * sizeof(*s->frame));
	}
	if (copy == NULL || s->frame == NULL)
		abort();
	memcpy(copy, packet->data, packet->captured);
	f = &s->frame[s->count++];
	memset(f, 0, sizeof(*f));
	f->link_type = link_type;
	f->capture = s->captures;
	f->packet = *packet;
	f->packet.data = copy;
}

/* What cannot be read is no concern of this test. */
static void
read_capture(struct stream *s, const char *path)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline_with_tstamp_precision(
	    path, PCAP_TSTAMP_PRECISION_NANO, why);
	struct pcap_pkthdr *header;
	struct tcpaudit_packet p = { 0 };
	int64_t start = 0, time;
	bool first = true;

	while (pcap != NULL && pcap_next_ex(pcap, &header, &p.data) == 1) {
		time = (int64_t)header->ts.tv_sec * 1000000000 +
		       header->ts.tv_usec;
		if (first)
			start = time;
		first = false;
		p.time = time - start;
		p.captured = header->caplen;
		p.length = header->len;
		keep(s, pcap_datalink(pcap), &p);
	}
	s->captures++;
	if (pcap != NULL)
		pcap_close(pcap);
}

/* Conversations of the simulator. */
static void
simulate(struct stream *s, uint64_t seed, unsigned seeds)
{
	static const struct sim_view plain;
	static uint8_t buffer[SIM_FRAME_BYTES];

	for (unsigned i = 0; i < seeds; i++) {
		struct sim_capture *c = sim_new(seed + i, 0x1ffff);
		struct tcpaudit_packet p;

		for (size_t k = 0; c != NULL && k < c->count; k++) {
			sim_render(c, k, &plain, buffer, &p);
			p.time -= c->frame[0].time;
			keep(s, 1, &p);
		}
		s->captures++;
		sim_free(c);
	}
}

static int
is_capture(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end != NULL && strcmp(end, ".pcap") == 0;
}

static bool
read_all(struct stream *s)
{
	const char *home = getenv("srcdir");
	struct dirent **name;
	char path[4096];
	int n;

	snprintf(path, sizeof(path), "%s/pcaps", home != NULL ? home : ".");
	n = scandir(path, &name, is_capture, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/pcaps/%s",
		    home != NULL ? home : ".", name[i]->d_name);
		read_capture(s, path);
		free(name[i]);
	}
	if (n > 0)
		free(name);
	return n > 0;
}

/* ------------------------------------------------------------- other hosts */

/* Another address: what is added to one of its words is taken from the other,
 * so that all checksums stay as they are. */
static void
move_address(uint8_t *p, unsigned n)
{
	unsigned high = ((unsigned)p[0] << 8 | p[1]) + n;
	unsigned low = ((unsigned)p[2] << 8 | p[3]) + 0xffff - n % 0xffff;

	high = high % 0xffff == 0 ? 0xffff : high % 0xffff;
	low = low % 0xffff == 0 ? 0xffff : low % 0xffff;
	p[0] = (uint8_t)(high >> 8);
	p[1] = (uint8_t)high;
	p[2] = (uint8_t)(low >> 8);
	p[3] = (uint8_t)low;
}

/* Those of Ethernet, perhaps with a tag; the others keep their addresses, so
 * that the same ports are used again. */
static void
move_frame(const struct frame *f, uint8_t *data, unsigned n)
{
	size_t at = 14, size = f->packet.captured;
	unsigned type;

	if (f->link_type != 1 || size < 18)
		return;
	type = (unsigned)data[12] << 8 | data[13];
	if (type == 0x8100) {
		type = (unsigned)data[16] << 8 | data[17];
		at = 18;
	}
	if (type == 0x0800 && size >= at + 20) {
		move_address(data + at + 12, n);
		move_address(data + at + 16, n);
	} else if (type == 0x86dd && size >= at + 40) {
		move_address(data + at + 12, n);
		move_address(data + at + 28, n);
	}
}

static int
by_time(const void *a, const void *b)
{
	const struct frame *x = *(const struct frame *const *)a;
	const struct frame *y = *(const struct frame *const *)b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* One copy of all: one capture after the other, or all of them at once. */
static int64_t
show_round(struct pair *p, struct stream *s, unsigned round, int64_t start)
{
	struct frame **order = malloc((s->count + 1) * sizeof(struct frame *));
	static uint8_t data[1 << 18];
	int64_t base = start, last = start;
	bool together = round % 3 == 2;
	size_t n = 0;

	if (order == NULL)
		abort();
	for (size_t i = 0; i < s->count; i++) {
		struct frame *f = &s->frame[i];

		if (i > 0 && f->capture != s->frame[i - 1].capture && !together)
			base = last + 1000000 * (1 + f->capture % 7 * 300);
		if (together)
			base = start + f->capture % 97 * 1000003;
		f->time = base + f->packet.time;
		if (f->packet.time > s->most)
			continue;
		last = f->time > last ? f->time : last;
		order[n++] = f;
	}
	if (together)
		qsort(order, n, sizeof(struct frame *), by_time);
	for (size_t i = 0; i < n; i++) {
		struct tcpaudit_packet packet = order[i]->packet;

		if (packet.captured > sizeof(data))
			continue;
		memcpy(data, packet.data, packet.captured);
		move_frame(order[i], data,
		    (round * s->captures + order[i]->capture) * 7 % 0xfffe);
		packet.data = data;
		packet.time = order[i]->time;
		pair_packet(p, order[i]->link_type, &packet);
	}
	free(order);
	return last;
}

/* They agree, and enough went the quick way. */
static bool
judge(struct pair *p, const char *what)
{
	/* Where transitions are wanted, few can. */
	bool enough = p->quick.engine->config.on_transition != NULL ||
		      3 * pair_taken(p) > pair_harmless(p);
	bool good = p->failures == 0 && enough;

	printf("%s - %s: %" PRIu64 " packets, %" PRIu64 " of %" PRIu64
	       " the quick way, %" PRIu64 " ends, %u differ\n",
	    good ? "ok" : "not ok", what, p->packets, pair_taken(p),
	    pair_harmless(p), p->quick.engine->ends.taken, p->failures);
	pair_clear(p);
	return good;
}

static bool
try_stream(struct stream *s, const struct tcpaudit_config *config,
    const char *what, unsigned rounds)
{
	int64_t time = START;
	struct pair p;

	pair_begin(&p, config);
	for (unsigned round = 0; round < rounds; round++)
		time = show_round(&p, s, round, time) + 3000000000;
	pair_finish(&p);
	/* Many are open when this is over. */
	for (unsigned round = 0; round < rounds; round++) {
		s->most = BRIEFLY / rounds;
		time = show_round(&p, s, 3 * round + 2, time);
	}
	s->most = INT64_MAX;
	pair_finish(&p);
	return judge(&p, what);
}

static void
drop(struct stream *s)
{
	for (size_t i = 0; i < s->count; i++)
		free((void *)(uintptr_t)s->frame[i].packet.data);
	free(s->frame);
}

static void
ignore(void *argument, const struct tcpaudit_transition *r)
{
	(void)argument;
	(void)r;
}

/* One of the ways to look at it. */
static void
configure(struct tcpaudit_config *config, unsigned which)
{
	tcpaudit_defaults(
	    config, which % 4 == 3 ? TCPAUDIT_STACK_LINUX : TCPAUDIT_STACK_RFC);
	config->checksum = (enum tcpaudit_checksum)(which % 3);
	config->flow_key = (enum tcpaudit_flow_key)(which / 3 % 3);
	if (which % 5 == 4)
		config->on_transition = ignore;
}

/* Several seeds, one after the other, so that what was learned of one meets
 * the situations of the next. */
static bool
try_chatter(const struct options *o, const struct tcpaudit_config *config)
{
	struct tcpaudit_packet packet = { .time = START };
	struct pair p;
	bool good = true;

	pair_begin(&p, config);
	for (unsigned i = 0; i < o->seeds; i++) {
		struct chatter *c =
		    chatter_new(o->seed + i, packet.time + 5000000000);

		for (unsigned n = 0; c != NULL && n < CHATTER_PACKETS; n++) {
			chatter_next(c, &packet);
			if (!pair_packet(&p, 1, &packet) && good)
				printf("# seed %" PRIu64 "\n", o->seed + i);
			good = p.failures == 0;
		}
		chatter_free(c);
		if (i % 4 == 3)
			pair_finish(&p);
	}
	pair_finish(&p);
	return judge(&p, "chatter");
}

static bool
try_all(const struct options *o, struct stream *captures)
{
	struct tcpaudit_config config;
	struct stream s = { .most = INT64_MAX };
	bool good = true;

	configure(&config, o->configuration);
	if (captures->count > 0)
		good &= try_stream(captures, &config, "captures", ROUNDS);
	if (o->seeds == 0)
		return good;
	simulate(&s, o->seed, 5 * o->seeds);
	good &= try_stream(&s, &config, "simulated", ROUNDS);
	drop(&s);
	return try_chatter(o, &config) && good;
}

int
main(int argc, char **argv)
{
	struct options o = { .seed = 1, .seeds = 20 };
	struct stream s = { .most = INT64_MAX };
	bool good, chosen = false;
	int c;

	while ((c = getopt(argc, argv, "c:s:n:")) != -1) {
		if (c == 's')
			o.seed = strtoull(optarg, NULL, 0);
		else if (c == 'n')
			o.seeds = (unsigned)strtoul(optarg, NULL, 0);
		else if (c == 'c')
			o.configuration = (unsigned)strtoul(optarg, NULL, 0);
		else
			return 2;
		chosen |= c == 'c';
	}
	for (int i = optind; i < argc; i++)
		read_capture(&s, argv[i]);
	if (optind == argc && !read_all(&s))
		return 77;
	good = try_all(&o, &s);
	if (!chosen) {
		o.configuration = 4;
		good &= try_all(&o, &s);
	}
	drop(&s);
	return good ? 0 : 1;
}
