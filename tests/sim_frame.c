/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The simulator's segments as bytes. */
#include "sim.h"

#include <string.h>

#include "segment.h"

enum { ETHERNET = 14, IP = 20, TCP = 20 };

/* A place to write to, from front to back. */
struct pen {
	uint8_t *p;
};

static void
put8(struct pen *pen, unsigned n)
{
	*pen->p++ = (uint8_t)n;
}

static void
put16(struct pen *pen, unsigned n)
{
	put8(pen, n >> 8);
	put8(pen, n & 255);
}

static void
put32(struct pen *pen, uint32_t n)
{
	put16(pen, n >> 16);
	put16(pen, n & 65535);
}

/* RFC 1071: the sum of 16-bit words, not yet complemented. */
static uint32_t
sum(const uint8_t *p, size_t n, uint32_t sum)
{
	size_t i;

	for (i = 0; i < n; i++)
		sum += (i & 1) ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 65535) + (sum >> 16);
	return sum;
}

static uint8_t
octet(const struct sim_segment *s, uint32_t i)
{
	uint64_t state = ((uint64_t)s->incarnation << 33) ^
			 ((uint64_t)s->end << 32) ^ (s->seq + i - s->isn);

	return s->garbage ? 0x55 : (uint8_t)sim_random(&state);
}

static void
put_options(struct pen *pen, const struct sim_segment *s, uint32_t peer)
{
	unsigned i;

	if (s->mss != 0) {
		put16(pen, 0x0204);
		put16(pen, s->mss);
	}
	if (s->wscale >= 0) {
		put32(pen, 0x01030300 | (uint32_t)s->wscale);
	}
	if (s->sack_permitted)
		put32(pen, 0x01010402);
	if (s->timestamps) {
		put32(pen, 0x0101080a);
		put32(pen, s->tsval);
		put32(pen, s->tsecr);
	}
	if (s->sack_count > 0)
		put32(pen, 0x01010500 | (2 + 8 * s->sack_count));
	for (i = 0; i < s->sack_count; i++) {
		put32(pen, s->sack[i][0] + peer);
		put32(pen, s->sack[i][1] + peer);
	}
	for (i = 0; i < s->defect.option_length; i++)
		put8(pen, s->defect.option[i]);
}

/* The TCP header and text; returns the end. */
static uint8_t *
put_tcp(uint8_t *at, const struct sim_segment *s, const struct sim_view *view)
{
	uint32_t own = view->shift[s->end], peer = view->shift[!s->end], i;
	unsigned source = s->end ? 80 : 40000;
	bool ack = s->flags & FLAG_ACK;
	struct pen pen = { at };
	size_t header;

	put16(&pen, source);
	put16(&pen, 40080 - source);
	put32(&pen, s->seq_is_zero ? 0 : s->seq + own);
	put32(&pen, ack ? s->ack + peer : 0);
	put16(&pen, s->flags);
	put16(&pen, s->window);
	put16(&pen, 0);
	put16(&pen, s->defect.urgent);
	put_options(&pen, s, peer);
	header = (size_t)(pen.p - at) + 4 * (size_t)s->defect.offset;
	at[12] |= (uint8_t)(header / 4 << 4 | s->defect.reserved << 1);
	for (i = 0; i < s->length; i++)
		put8(&pen, octet(s, i));
	if (s->length > 0)
		pen.p[-1] ^= s->defect.flip;
	return pen.p;
}

/* The headers below TCP, whose text has `length` octets. */
static void
put_ip(uint8_t *at, const struct sim_segment *s, const struct sim_view *view,
    size_t length)
{
	unsigned from = s->end ^ view->swap;
	unsigned ttl = s->defect.ttl ? s->defect.ttl : s->end ? 57 : 63;
	struct pen pen = { at };
	uint32_t n;

	put32(&pen, 0x02000000);
	put32(&pen, (2 - from) << 16 | 0x0200);
	put32(&pen, 1 + from);
	put16(&pen, 0x0800);
	put16(&pen, 0x4500u | s->ecn);
	put16(&pen, (unsigned)(IP + length));
	put16(&pen, s->ip_id);
	put16(&pen, 0x4000);
	/* The time to live is the endpoint's, wherever its address goes. */
	put16(&pen, ttl << 8 | 6);
	put16(&pen, 0);
	put32(&pen, 0x0a000001 + from);
	put32(&pen, 0x0a000002 - from);
	n = ~sum(at + ETHERNET, IP, 0);
	at[ETHERNET + 10] = (uint8_t)(n >> 8);
	at[ETHERNET + 11] = (uint8_t)n;
}

void
sim_render(const struct sim_capture *capture, size_t i,
    const struct sim_view *view, uint8_t *buffer,
    struct tcpaudit_packet *packet)
{
	const struct sim_frame *f = &capture->frame[i];
	uint8_t *tcp = buffer + ETHERNET + IP;
	uint32_t length, n;

	length = (uint32_t)(put_tcp(tcp, &f->segment, view) - tcp);
	put_ip(buffer, &f->segment, view, length);
	n = sum(buffer + ETHERNET + 12, 8, 6 + length);
	/* The network card of the sender has yet to add up the rest. */
	if (!capture->partial_sums || f->segment.end != capture->host)
		n = ~sum(tcp, length, n);
	if (f->segment.defect.bad_checksum)
		n ^= 0x0110;
	tcp[16] = (uint8_t)(n >> 8);
	tcp[17] = (uint8_t)n;
	packet->data = buffer;
	packet->length = ETHERNET + IP + length;
	packet->captured = packet->length;
	if (packet->captured > capture->snaplen)
		packet->captured = capture->snaplen;
	packet->time = f->time + view->time;
	packet->number = i + 1;
}

int
sim_write(const struct sim_capture *capture, FILE *file)
{
	static const struct sim_view plain;
	/* In the byte order of this host, as readers expect. */
	const uint32_t magic = 0xa1b23c4d;
	const uint16_t version[2] = { 2, 4 };
	const uint32_t head[4] = { 0, 0, capture->snaplen, 1 };
	uint8_t buffer[SIM_FRAME_BYTES];
	struct tcpaudit_packet p;
	uint32_t record[4];
	size_t i;

	if (fwrite(&magic, sizeof(magic), 1, file) != 1 ||
	    fwrite(version, sizeof(version), 1, file) != 1 ||
	    fwrite(head, sizeof(head), 1, file) != 1)
		return -1;
	for (i = 0; i < capture->count; i++) {
		sim_render(capture, i, &plain, buffer, &p);
		record[0] = (uint32_t)(p.time / 1000000000);
		record[1] = (uint32_t)(p.time % 1000000000);
		record[2] = p.captured;
		record[3] = p.length;
		if (fwrite(record, sizeof(record), 1, file) != 1 ||
		    fwrite(p.data, p.captured, 1, file) != 1)
			return -1;
	}
	return 0;
}
