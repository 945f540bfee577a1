/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Packets come out of a file as libpcap reads them, whoever reads them. */
#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "packet.h"
#include "test.h"

#define NANO  0xa1b23c4d
#define MICRO 0xa1b2c3d4
#define MOST  400 /* records of a file, or so */

static uint32_t state = 1;

static uint32_t
chance(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* What of a file is uncommon. */
struct oddity {
	uint32_t magic, snaplen, link;
	uint32_t records;
	uint32_t longest;	  /* octets of most packets */
	int late;		  /* one record has an impossible fraction */
	int oversized;		  /* one is longer than the snapshot length */
	uint32_t torn;		  /* so many octets are missing at the end */
	uint64_t expected, taken; /* packets; those of source_many() */
};

static void
write_words(FILE *file, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	uint32_t words[4] = { a, b, c, d };

	(void)fwrite(words, sizeof(words), 1, file);
}

static void
write_record(FILE *file, const struct oddity *o, uint32_t i)
{
	static unsigned char text[262144 + 16];
	uint32_t most = (i / 40) % 2 ? o->longest / 20 : o->longest;
	uint32_t least = chance(8) == 0 ? o->snaplen : most;
	uint32_t length = chance(least + 1);
	uint32_t unit = o->magic == NANO ? 1000000000 : 1000000;
	uint32_t fraction = chance(unit);

	if (o->late && i == o->records / 2)
		fraction += unit;
	if (o->oversized && i == o->records / 2)
		length = o->snaplen + 1;
	for (uint32_t k = 0; k < length; k++)
		text[k] = (unsigned char)chance(256);
	write_words(file, 4000000000U + i, fraction, length, length + 4);
	(void)fwrite(text, length, 1, file);
}

static void
write_file(FILE *file, const struct oddity *o)
{
	uint16_t version[2] = { 2, 4 };

	(void)fwrite(&o->magic, 4, 1, file);
	(void)fwrite(version, 4, 1, file);
	write_words(file, 0, 0, o->snaplen, o->link);
	for (uint32_t i = 0; i < o->records; i++)
		write_record(file, o, i);
	(void)fflush(file);
	if (o->torn > 0 &&
	    ftruncate(fileno(file), ftello(file) - (off_t)o->torn) != 0)
		abort();
}

static bool
is_same(const struct tcpaudit_packet *a, const struct tcpaudit_packet *b)
{
	return a->captured == b->captured && a->length == b->length &&
	       a->time == b->time && a->number == b->number &&
	       memcmp(a->data, b->data, a->captured) == 0;
}

/* `ours` is what libpcap has next. */
static bool
compare_one(pcap_t *pcap, const struct tcpaudit_packet *ours, struct oddity *o)
{
	struct tcpaudit_packet theirs = { .number = ++o->expected };
	struct pcap_pkthdr *header;
	const unsigned char *data;

	if (pcap_next_ex(pcap, &header, &data) != 1)
		return false;
	packet_fill(&theirs, header, data, true);
	return is_same(ours, &theirs);
}

/* Reads both ways until one ends. */
static bool
compare(struct source *s, pcap_t *pcap, struct oddity *o)
{
	struct tcpaudit_packet ours[32];
	struct pcap_pkthdr *header;
	const unsigned char *data;
	bool same = true;
	size_t n;
	int result;

	while (same) {
		n = source_many(s, ours, 1 + chance(32));
		o->taken += n;
		if (n == 0 && source_next(s, ours) == SOURCE_PACKET)
			n = 1;
		if (n == 0)
			break;
		for (size_t i = 0; i < n; i++)
			same = compare_one(pcap, &ours[i], o) && same;
	}
	result = pcap_next_ex(pcap, &header, &data);
	return same && result < 0 &&
	       (result == PCAP_ERROR) == (s->cut[0] != '\0');
}

static bool
reads_alike(struct oddity *o)
{
	char path[] = "/tmp/tcpaudit-source-XXXXXX", why[PCAP_ERRBUF_SIZE];
	int fd = mkstemp(path);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
	struct source source;
	pcap_t *pcap;
	bool same = false;

	if (file == NULL)
		return false;
	write_file(file, o);
	pcap = pcap_open_offline_with_tstamp_precision(
	    path, PCAP_TSTAMP_PRECISION_NANO, why);
	if (pcap != NULL && source_open(&source, path, NULL) == 0) {
		same = compare(&source, pcap, o);
		source_close(&source);
	}
	if (pcap != NULL)
		pcap_close(pcap);
	(void)fclose(file);
	(void)unlink(path);
	return same;
}

int
main(void)
{
	struct oddity micro = { MICRO, 262144, 1, MOST, 1500, .torn = 0 };
	struct oddity nano = { NANO, 65535, 101, MOST, 3000, .torn = 0 };
	struct oddity large = { NANO, 40000, 1, 4 * MOST, 30000, .torn = 0 };
	struct oddity jumbo = { MICRO, 262144, 1, 40, 262144, .torn = 0 };
	struct oddity late = { MICRO, 96, 1, MOST, 96, .late = 1 };
	struct oddity oversized = { NANO, 96, 1, MOST, 96, .oversized = 1 };
	struct oddity torn = { MICRO, 96, 1, MOST, 96, .torn = 1 };
	struct oddity usb = { MICRO, 96, 220, MOST, 96, .torn = 0 };

	CHECK(reads_alike(&micro) && micro.taken == MOST);
	CHECK(reads_alike(&nano) && nano.taken == MOST);
	CHECK(reads_alike(&large) && large.taken == 4 * MOST);
	CHECK(reads_alike(&jumbo) && jumbo.taken == 40);
	CHECK(reads_alike(&late) && late.taken == MOST / 2);
	CHECK(late.expected == MOST);
	CHECK(reads_alike(&oversized) && oversized.taken == MOST / 2);
	CHECK(oversized.expected == MOST);
	CHECK(reads_alike(&torn) && torn.taken == MOST - 1);
	CHECK(torn.expected == MOST - 1);
	/* libpcap changes what such packets hold. */
	CHECK(reads_alike(&usb) && usb.taken == 0);
	return test_done();
}
