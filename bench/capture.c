/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chance.h"

#define BEGIN	    1767225600 /* 2026-01-01 00:00:00 UTC */
#define ETHERNET    14
#define IP	    20
#define MSS	    1460
#define SHIFT	    7
#define TEXT	    65536 /* octets after which the text repeats */
#define LONGEST	    2048  /* text of a segment */
#define BUFFER_SIZE (1 << 20)
#define MOST_RECORD (16 + ETHERNET + IP + 60 + LONGEST)

struct capture {
	FILE *file;
	const char *name;
	uint32_t snaplen;
	uint64_t count;
	size_t used;
	uint8_t text[TEXT + LONGEST];
	/* Sums of the octets before each place: of those at even places, and
	 * of those at odd ones. */
	uint32_t sum[2][TEXT + LONGEST + 1];
	uint8_t buffer[BUFFER_SIZE];
};

static uint8_t *
put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static uint8_t *
put32(uint8_t *p, uint32_t value)
{
	return put16(put16(p, value >> 16), value & 0xffff);
}

static void
fill_text(struct capture *c)
{
	struct chance chance = chance_of(0, 0);
	size_t i;

	for (i = 0; i < TEXT + LONGEST; i++) {
		c->text[i] = i < TEXT
				 ? (uint8_t)chance_between(&chance, ' ', '~')
				 : c->text[i - TEXT];
		c->sum[0][i + 1] = c->sum[0][i] + (i % 2 == 0 ? c->text[i] : 0);
		c->sum[1][i + 1] = c->sum[1][i] + (i % 2 == 1 ? c->text[i] : 0);
	}
}

static void
flush(struct capture *c)
{
	/* An error stays with the file until it is closed. */
	(void)fwrite(c->buffer, 1, c->used, c->file);
	c->used = 0;
}

struct capture *
capture_open(const char *name, uint32_t snaplen)
{
	const uint32_t header[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, snaplen, 1 };
	struct capture *c = malloc(sizeof(*c));
	const uint16_t version[] = { 2, 4 };

	if (c == NULL || (c->file = fopen(name, "wb")) == NULL) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		free(c);
		return NULL;
	}
	c->name = name;
	c->snaplen = snaplen;
	c->count = 0;
	fill_text(c);
	/* In the byte order of this host, as libpcap writes it. */
	memcpy(c->buffer, header, sizeof(header));
	memcpy(c->buffer + 4, version, sizeof(version));
	c->used = sizeof(header);
	return c;
}

/* The sum of text as words of 16 bits, wherever it begins. */
static uint32_t
text_sum(const struct capture *c, size_t from, size_t length)
{
	const uint32_t *high = c->sum[from % 2], *low = c->sum[1 - from % 2];

	return ((high[from + length] - high[from]) << 8) +
	       (low[from + length] - low[from]);
}

static uint32_t
words_sum(const uint8_t *p, size_t length, uint32_t sum)
{
	size_t i;

	for (i = 0; i < length; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return sum;
}

static uint32_t
checksum(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

static uint8_t *
put_options(uint8_t *p, const struct segment *s, const struct sack *sack)
{
	static const uint8_t mss[] = { 2, 4, MSS >> 8, MSS & 0xff, 4, 2 };
	static const uint8_t scale[] = { 1, 3, 3, SHIFT };
	unsigned i;

	/* The order and the padding are those of Linux. */
	if (s->extra & OPTIONS_SYN) {
		memcpy(p, mss, sizeof(mss));
		p += sizeof(mss);
	}
	if (!(s->extra & OPTIONS_SYN) || !(s->extra & STAMPS))
		p = s->extra & (STAMPS | OPTIONS_SYN) ? put16(p, 0x0101) : p;
	if (s->extra & STAMPS)
		p = put32(put32(put16(p, 0x080a), s->stamp), s->echo);
	if (s->extra & OPTIONS_SYN) {
		memcpy(p, scale, sizeof(scale));
		p += sizeof(scale);
	}
	if (s->extra & SACKS) {
		p = put16(put16(p, 0x0101), 0x0500 | (2 + 8 * sack->count));
		for (i = 0; i < sack->count; i++)
			p = put32(put32(p, sack->left[i]), sack->right[i]);
	}
	return p;
}

/* The addresses are there already. */
static void
put_ip(uint8_t *p, const struct flow *f, const struct segment *s, size_t length)
{
	put16(p, 0x4500);
	put16(p + 2, (uint32_t)length);
	put16(p + 4, s->id);
	put16(p + 6, 0x4000); /* DF */
	p[8] = (uint8_t)(64 - f->hops[s->from]);
	p[9] = 6;
	put16(p + 10, 0);
	put16(p + 10, checksum(words_sum(p, IP, 0)));
}

/* Returns the length of the header. */
static size_t
put_tcp(uint8_t *p, const struct flow *f, const struct segment *s,
    const struct sack *sack, uint32_t text)
{
	size_t length = (size_t)(put_options(p + 20, s, sack) - p);

	put16(p, f->port[s->from]);
	put16(p + 2, f->port[!s->from]);
	put32(p + 4, s->seq);
	put32(p + 8, s->ack);
	p[12] = (uint8_t)(length / 4 << 4);
	p[13] = s->flags;
	put16(p + 14, s->window);
	put32(p + 16, 0);
	/* The addresses, the protocol and the length of RFC 9293, 3.1. */
	text = words_sum(p - 8, 8 + length, text);
	text += 6 + (uint32_t)length + s->length;
	put16(p + 16, checksum(text));
	return length;
}

void
capture_write(struct capture *c, const struct flow *f, const struct segment *s,
    const struct sack *sack)
{
	uint32_t at = s->seq - f->isn[s->from] - 1;
	uint8_t *record = c->buffer + c->used, *frame = record + 16;
	uint8_t *tcp = frame + ETHERNET + IP;
	size_t length, caught;
	uint32_t header[4];

	if (c->used + MOST_RECORD > BUFFER_SIZE) {
		flush(c);
		capture_write(c, f, s, sack);
		return;
	}
	/* Streams begin at a place of their own. */
	at += f->isn[s->from] * 2654435761u >> 8;
	at = (at + (s->extra & OTHER_TEXT ? TEXT / 2 : 0)) % TEXT;
	memcpy(frame,
	    s->from == CLIENT ? "\2\0\0\0\0\2\2\0\0\0\0\1\10\0"
			      : "\2\0\0\0\0\1\2\0\0\0\0\2\10\0",
	    ETHERNET);
	put32(tcp - 8, f->address[s->from]);
	put32(tcp - 4, f->address[!s->from]);
	length = IP + put_tcp(tcp, f, s, sack, text_sum(c, at, s->length));
	put_ip(frame + ETHERNET, f, s, length + s->length);
	length += ETHERNET;
	caught = length + s->length;
	if (caught > c->snaplen)
		caught = c->snaplen;
	if (caught > length)
		memcpy(frame + length, c->text + at, caught - length);
	header[0] = (uint32_t)(BEGIN + s->time / 1000000000);
	header[1] = (uint32_t)(s->time % 1000000000 / 1000);
	header[2] = (uint32_t)caught;
	header[3] = (uint32_t)(length + s->length);
	memcpy(record, header, sizeof(header));
	c->used += 16 + caught;
	c->count++;
}

uint64_t
capture_count(const struct capture *c)
{
	return c->count;
}

bool
capture_close(struct capture *c)
{
	bool good;

	flush(c);
	good = !ferror(c->file);
	good = fclose(c->file) == 0 && good;
	if (!good)
		fprintf(stderr, "%s: %s\n", c->name, strerror(errno));
	free(c);
	return good;
}
