/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "chatter.h"

#include <string.h>

static void
put(uint8_t *p, uint32_t n, int octets)
{
	while (octets-- > 0) {
		p[octets] = (uint8_t)n;
		n >>= 8;
	}
}

static uint32_t
sum(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i < n; i++)
		sum += (i & 1) ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* The TCP header and text; returns their length. */
static size_t
put_tcp(const struct chatter_segment *s, uint8_t *p)
{
	size_t header = 20u + s->options;
	uint32_t client = 1024 + s->number % 60000;

	memset(p, 0, 20);
	put(p, s->from == 0 ? client : 80, 2);
	put(p + 2, s->from == 0 ? 80 : client, 2);
	put(p + 4, s->seq, 4);
	put(p + 8, s->ack, 4);
	put(p + 12, s->flags, 2);
	p[12] |= (uint8_t)(header / 4 << 4 | s->reserved << 1);
	put(p + 14, s->window, 2);
	put(p + 18, s->urgent, 2);
	memcpy(p + 20, s->option, s->options);
	for (uint32_t i = 0; i < s->length; i++)
		p[header + i] = (uint8_t)((s->seq + i) * 7 + s->from);
	return header + s->length;
}

static size_t
put_ip4(const struct chatter_segment *s, uint8_t *p, size_t length)
{
	memset(p, 0, 20);
	p[0] = 0x45;
	p[1] = s->ecn;
	put(p + 2, (uint32_t)(20 + length), 2);
	put(p + 4, s->ip_id, 2);
	put(p + 6, 0x4000, 2);
	p[8] = s->ttl;
	p[9] = 6;
	put(p + 12, 0x0a000001u + s->from + (s->number / 60000 << 8), 4);
	put(p + 16, 0x0a000001u + !s->from + (s->number / 60000 << 8), 4);
	put(p + 10, ~sum(p, 20, 0), 2);
	return 20;
}

static size_t
put_ip6(const struct chatter_segment *s, uint8_t *p, size_t length)
{
	memset(p, 0, 40);
	p[0] = 0x60;
	p[1] = (uint8_t)(s->ecn << 4);
	put(p + 4, (uint32_t)length, 2);
	p[6] = 6;
	p[7] = s->ttl;
	put(p + 8, 0x20010db8, 4);
	put(p + 20, 1u + s->from + (s->number / 60000 << 8), 4);
	put(p + 24, 0x20010db8, 4);
	put(p + 36, 1u + !s->from + (s->number / 60000 << 8), 4);
	return 40;
}

void
chatter_frame(const struct chatter_segment *s, uint8_t *to,
    struct tcpaudit_packet *packet)
{
	size_t link = s->tagged ? 18 : 14, ip = s->family == 4 ? 20 : 40, n;
	size_t address = s->family == 4 ? 8 : 32;
	uint8_t *tcp = to + link + ip;
	uint32_t check;

	memset(to, 2, 12);
	if (s->tagged)
		put(to + 12, 0x81000005, 4);
	put(to + link - 2, s->family == 4 ? 0x0800 : 0x86dd, 2);
	n = put_tcp(s, tcp);
	if (s->family == 4)
		put_ip4(s, to + link, n);
	else
		put_ip6(s, to + link, n);
	check = sum(tcp - address, address, 6 + (uint32_t)n);
	put(tcp + 16, ~sum(tcp, n, check) ^ (s->damaged ? 0x0110u : 0), 2);
	packet->data = to;
	packet->length = (uint32_t)(link + ip + n);
	packet->captured = packet->length - s->cut;
}
