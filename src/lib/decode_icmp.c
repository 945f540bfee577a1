/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * ICMP errors quote the packet that they are about: its IP header and at least
 * eight octets more (RFC 792; RFC 1812, 4.3.2.3; RFC 4443, 2.4), which are the
 * ports and the sequence number of TCP.  Whoever sends ICMP writes the quote:
 * nothing in it need be true, and only what is inside the message is read.
 */
#include "decode_layer.h"

/* What TCP makes of the codes of a type (RFC 9293, 3.9.2.2), a bit for each. */
static const struct {
	uint8_t family, type;
	uint8_t soft, hard, too_big;
} errors[] = {
	{ 4, 3, 1 << 0 | 1 << 1 | 1 << 5, 1 << 2 | 1 << 3, 1 << 4 },
	{ 4, 11, 1 << 0 | 1 << 1, 0, 0 },
	{ 4, 12, 0xff, 0, 0 },
	/* RFC 4443, 3: port unreachable is what it is in RFC 792. */
	{ 6, 1, 1 << 0 | 1 << 3, 1 << 4, 0 },
	{ 6, 2, 0, 0, 0xff },
	{ 6, 3, 1 << 0 | 1 << 1, 0, 0 },
	{ 6, 4, 1 << 0 | 1 << 1 | 1 << 2, 0, 0 },
};

static enum icmp_error
classify(uint8_t family, uint8_t type, uint8_t code)
{
	uint8_t bit = code < 8 ? (uint8_t)(1u << code) : 0;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (errors[i].family != family || errors[i].type != type)
			continue;
		if (errors[i].soft & bit)
			return ICMP_SOFT;
		if (errors[i].hard & bit)
			return ICMP_HARD;
		return errors[i].too_big & bit ? ICMP_TOO_BIG : ICMP_OTHER;
	}
	return ICMP_NONE;
}

/* Leaves the IPv4 header of the quote out; false: it is not one of the first
 * fragment of TCP. */
static bool
skip_ipv4(struct bytes *b, struct segment *s)
{
	enum { TCP = 6, OFFSET = 0x1fff };
	size_t header = (bytes_u8(b, 0) & 0x0fu) * 4u;

	if (bytes_left(b) < 20 || bytes_u8(b, 0) >> 4 != 4 || header < 20 ||
	    bytes_u8(b, 9) != TCP || (bytes_u16(b, 6) & OFFSET) != 0)
		return false;
	s->length = bytes_u16(b, 2);
	bytes_copy(b, 12, s->source.bytes, 4);
	bytes_copy(b, 16, s->destination.bytes, 4);
	return bytes_skip(b, header);
}

/* The same for IPv6 with its extension headers (RFC 8200, 4). */
static bool
skip_ipv6(struct bytes *b, struct segment *s)
{
	enum { TCP = 6, HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44 };
	enum { DESTINATION = 60 };
	uint8_t next = bytes_u8(b, 6);

	if (bytes_left(b) < 40 || bytes_u8(b, 0) >> 4 != 6)
		return false;
	s->length = bytes_u16(b, 4) + 40u;
	bytes_copy(b, 8, s->source.bytes, 16);
	bytes_copy(b, 24, s->destination.bytes, 16);
	bytes_skip(b, 40);
	while (next != TCP) {
		size_t length = (bytes_u8(b, 1) + 1u) * 8u;

		if (next == FRAGMENT && (bytes_u16(b, 2) & 0xfff8) == 0)
			length = 8;
		else if (next != HOP_BY_HOP && next != ROUTING &&
			 next != DESTINATION)
			return false;
		next = bytes_u8(b, 0);
		if (!bytes_skip(b, length))
			return false;
	}
	return true;
}

/* An error is for the sender of what it quotes. */
static bool
quote_read(struct frame *f)
{
	struct segment *s = f->out;
	struct tcpaudit_address to = s->destination;
	struct bytes b = f->data;

	if (!bytes_skip(&b, 8) ||
	    !(s->family == 4 ? skip_ipv4(&b, s) : skip_ipv6(&b, s)) ||
	    bytes_left(&b) < 8 || memcmp(&to, &s->source, sizeof(to)) != 0)
		return false;
	s->source_port = bytes_u16(&b, 0);
	s->destination_port = bytes_u16(&b, 2);
	s->seq = bytes_u32(&b, 4);
	return true;
}

enum layer
ta_layer_icmp(struct frame *f)
{
	enum { ICMP = 1 };
	struct segment *s = f->out;
	uint8_t type = bytes_u8(&f->data, 0), code = bytes_u8(&f->data, 1);
	enum icmp_error error = classify(s->family, type, code);
	bool proper = (f->protocol == ICMP) == (s->family == 4);

	if (proper && error != ICMP_NONE && !f->part && quote_read(f)) {
		s->icmp = error;
		s->icmp_type = type;
		s->icmp_code = code;
		/* RFC 1191, 4: 16 bits; RFC 4443, 3.2: 32. */
		if (error == ICMP_TOO_BIG)
			s->icmp_mtu = s->family == 4 ? bytes_u16(&f->data, 6)
						     : bytes_u32(&f->data, 4);
	}
	return frame_skip(f, TCPAUDIT_SKIP_ICMP);
}
