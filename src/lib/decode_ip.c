/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* IP: of both versions, with what stands between their header and TCP. */
#include "decode_layer.h"
#include "fragment.h"

enum {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_ICMP = 1,
	PROTOCOL_IPV4 = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_ESP = 50,
	PROTOCOL_AH = 51,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_ETHER_IP = 97,
	PROTOCOL_SCTP = 132,
	PROTOCOL_MOBILITY = 135,
	PROTOCOL_MPLS = 137,
	PROTOCOL_HIP = 139,
	PROTOCOL_SHIM6 = 140
};

/* What an outer header left in the segment is not of the inner one. */
static void
ip_begin(struct frame *f)
{
	f->out->fragmented = false;
	f->out->zero_length = false;
	f->sum_unknown = false;
	f->part = false;
}

enum layer
ta_layer_ip(struct frame *f)
{
	uint8_t version = bytes_u8(&f->data, 0) >> 4;

	if (version == 4)
		return LAYER_IPV4;
	if (version == 6)
		return LAYER_IPV6;
	return frame_skip(f, TCPAUDIT_SKIP_IP);
}

/* ------------------------------------------------------------- fragments */

/* A fragment whose header is off: goes on with the whole datagram if this was
 * the last one missing. */
static bool
reassemble(struct frame *f, uint32_t offset, bool more)
{
	struct segment *s = f->out;
	struct fragment_whole whole;
	const struct fragment fragment = {
		.key = {
			.source = s->source,
			.destination = s->destination,
			.id = s->ip_id,
			.tunnel = s->tunnel,
			.vlan = (uint16_t)s->vlan,
			.family = s->family,
			.protocol = s->family == 4 ? f->protocol : 0,
		},
		.time = s->time,
		.offset = offset,
		.length = f->wire,
		.captured = (uint32_t)bytes_left(&f->data),
		.data = f->data.p,
		.more = more,
		.protocol = f->protocol,
	};

	if (ta_fragment_add(f->fragments, &fragment, &whole) != FRAGMENT_WHOLE)
		return false;
	f->data.p = whole.data;
	f->data.end = whole.data + whole.captured;
	f->wire = whole.length;
	f->kept = !whole.cut;
	f->protocol = whole.protocol;
	s->fragmented = true;
	s->fragments_before += whole.before;
	return true;
}

/* Whether something may be inside that is audited; the others are counted at
 * once, whole or not. */
static bool
worth_reassembly(uint8_t protocol)
{
	return protocol != PROTOCOL_ICMP && protocol != PROTOCOL_ICMPV6 &&
	       protocol != PROTOCOL_ESP && protocol != PROTOCOL_SCTP;
}

/* ----------------------------------------------------------------- IPv4 */

/* A packet that is still on its source route names the next router; the
 * checksum is made with the last address (RFC 1122, 4.1.3.3 and 4.2.3.8). */
static void
source_route(struct frame *f, size_t header)
{
	enum { END, NOP, LOOSE = 131, STRICT = 137 };
	size_t at = 20, length;
	uint8_t kind;

	while (at < header) {
		kind = bytes_u8(&f->data, at);
		length = bytes_u8(&f->data, at + 1);
		if (kind == END)
			return;
		if (kind == NOP) {
			at++;
			continue;
		}
		if (length < 2 || at + length > header)
			return;
		if ((kind == LOOSE || kind == STRICT) && length >= 7 &&
		    bytes_u8(&f->data, at + 2) <= length - 3)
			bytes_copy(&f->data, at + length - 4,
			    f->out->destination.bytes, 4);
		at += length;
	}
}

/* RFC 791, 3.1. */
enum layer
ta_layer_ipv4(struct frame *f)
{
	enum { MORE = 0x2000, OFFSET = 0x1fff };
	const uint8_t *p = bytes_first(&f->data, 20);
	struct segment *s = f->out;
	uint32_t header, total;
	uint16_t fragment;

	if (p == NULL || p[0] >> 4 != 4)
		return frame_skip(f, TCPAUDIT_SKIP_IP);
	header = (p[0] & 0x0f) * 4u;
	if (header < 20 || bytes_left(&f->data) < header)
		return frame_skip(f, TCPAUDIT_SKIP_IP);
	ip_begin(f);
	segment_ipv4(s, p);
	total = bytes_load16(p + 2);
	fragment = bytes_load16(p + 6);
	f->protocol = p[9];
	if (header > 20)
		source_route(f, header);
	/* The card of the sender was to cut it into packets and to fill in
	 * their lengths. */
	s->zero_length = total == 0;
	if (total == 0)
		total = f->wire;
	if (total < header)
		return frame_skip(f, TCPAUDIT_SKIP_IP);
	frame_limit(f, total);
	frame_advance(f, header);
	f->part = fragment & OFFSET;
	if (fragment & (MORE | OFFSET) && worth_reassembly(f->protocol) &&
	    !reassemble(f, (fragment & OFFSET) * 8u, fragment & MORE))
		return frame_skip(f, TCPAUDIT_SKIP_FRAGMENT);
	return f->protocol == PROTOCOL_TCP ? LAYER_TCP : LAYER_PROTOCOL;
}

/* ----------------------------------------------------------------- IPv6 */

/* RFC 8200, 3. */
enum layer
ta_layer_ipv6(struct frame *f)
{
	const uint8_t *p = bytes_first(&f->data, 40);
	struct segment *s = f->out;
	uint32_t length;

	if (p == NULL || p[0] >> 4 != 6)
		return frame_skip(f, TCPAUDIT_SKIP_IP);
	ip_begin(f);
	segment_ipv6(s, p);
	length = bytes_load16(p + 4);
	f->protocol = p[6];
	frame_advance(f, 40);
	/* Zero: a jumbogram, if a hop-by-hop option says so, or as above. */
	s->zero_length = length == 0;
	if (length != 0)
		frame_limit(f, length);
	return f->protocol == PROTOCOL_TCP ? LAYER_TCP : LAYER_PROTOCOL;
}

/* Options in a header of `length` octets that change how the rest is read: the
 * length of a jumbogram (RFC 2675, 2), counted from this header, and the home
 * address, which the checksum is made with (RFC 6275, 11.3.1). */
static void
extension_options(struct frame *f, size_t length)
{
	enum { PAD1, JUMBO = 0xc2, HOME_ADDRESS = 0xc9 };
	size_t at = 2, size;
	uint32_t jumbo;
	uint8_t kind;

	while (at + 1 < length) {
		kind = bytes_u8(&f->data, at);
		size = bytes_u8(&f->data, at + 1);
		if (kind == PAD1) {
			at++;
			continue;
		}
		if (at + 2 + size > length)
			return;
		if (kind == JUMBO && size == 4 && f->out->zero_length &&
		    f->protocol == PROTOCOL_HOP_BY_HOP) {
			jumbo = bytes_u32(&f->data, at + 2);
			if (jumbo > UINT16_MAX) {
				frame_limit(f, jumbo);
				f->out->zero_length = false;
			}
		}
		if (kind == HOME_ADDRESS && size == 16 &&
		    f->protocol == PROTOCOL_DESTINATION)
			bytes_copy(&f->data, at + 2, f->out->source.bytes, 16);
		at += 2 + size;
	}
}

/* A packet on its way along a route: as above, the last address counts (RFC
 * 8200, 8.1).  It is the last of the list, but the first one in a segment
 * routing header (RFC 8754, 2). */
static void
route(struct frame *f, size_t length)
{
	enum { SOURCE = 0, MOBILE = 2, SEGMENTS = 4 };
	uint8_t kind = bytes_u8(&f->data, 2);

	if (bytes_u8(&f->data, 3) == 0)
		return;
	if (length < 24 ||
	    (kind != SOURCE && kind != MOBILE && kind != SEGMENTS)) {
		f->sum_unknown = true;
		return;
	}
	bytes_copy(&f->data, kind == SEGMENTS ? 8 : length - 16,
	    f->out->destination.bytes, 16);
}

/* An extension header: the protocol of the next, its own length (RFC 8200, 4.2
 * to 4.6; RFC 6564). */
enum layer
ta_layer_extension(struct frame *f)
{
	uint8_t next = bytes_u8(&f->data, 0);
	uint32_t length = (bytes_u8(&f->data, 1) + 1u) * 8;

	if (bytes_left(&f->data) < length)
		return frame_skip(f, TCPAUDIT_SKIP_IP);
	if (f->protocol == PROTOCOL_ROUTING)
		route(f, length);
	else if (f->protocol == PROTOCOL_HOP_BY_HOP ||
		 f->protocol == PROTOCOL_DESTINATION)
		extension_options(f, length);
	/* A jumbogram may be shorter than the header that says so. */
	if (!frame_advance(f, length))
		return frame_skip(f, TCPAUDIT_SKIP_IP);
	f->protocol = next;
	return LAYER_PROTOCOL;
}

/* RFC 4302, 2.2: the length is in words, less two. */
enum layer
ta_layer_authentication(struct frame *f)
{
	uint8_t next = bytes_u8(&f->data, 0);
	uint32_t length = (bytes_u8(&f->data, 1) + 2u) * 4;

	if (!frame_advance(f, length))
		return frame_skip(f, TCPAUDIT_SKIP_IP);
	f->protocol = next;
	return LAYER_PROTOCOL;
}

/* RFC 8200, 4.5. */
enum layer
ta_layer_fragment(struct frame *f)
{
	struct segment *s = f->out;
	uint8_t next = bytes_u8(&f->data, 0);
	uint16_t offset = bytes_u16(&f->data, 2);
	uint32_t id = bytes_u32(&f->data, 4);

	if (!frame_advance(f, 8))
		return frame_skip(f, TCPAUDIT_SKIP_IP);
	s->ip_id = id;
	s->ip_id_known = true;
	f->protocol = next;
	f->part = offset & 0xfff8;
	/* Neither an offset nor more to come: "atomic" (RFC 6946). */
	if ((offset & 0xfff9) != 0 && worth_reassembly(next) &&
	    !reassemble(f, offset & 0xfff8, offset & 1))
		return frame_skip(f, TCPAUDIT_SKIP_FRAGMENT);
	return LAYER_PROTOCOL;
}

/* -------------------------------------------------------------- above IP */

enum layer
ta_layer_protocol(struct frame *f)
{
	switch (f->protocol) {
	case PROTOCOL_TCP:
		return LAYER_TCP;
	case PROTOCOL_UDP:
		return LAYER_UDP;
	case PROTOCOL_IPV4:
	case PROTOCOL_IPV6:
		return LAYER_IP_IN_IP;
	case PROTOCOL_GRE:
		return LAYER_GRE;
	case PROTOCOL_ETHER_IP:
		return LAYER_ETHER_IP;
	case PROTOCOL_MPLS:
		return ta_tunnel_enter(
		    f, TUNNEL_IP, ta_tunnel_ends(f->out), LAYER_MPLS);
	case PROTOCOL_AH:
		return LAYER_AUTHENTICATION;
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6:
		return LAYER_ICMP;
	case PROTOCOL_SCTP:
		return frame_skip(f, TCPAUDIT_SKIP_SCTP);
	case PROTOCOL_ESP:
		return frame_skip(f, TCPAUDIT_SKIP_ESP);
	default:
		break;
	}
	if (f->out->family != 6)
		return frame_skip(f, TCPAUDIT_SKIP_IP_PROTOCOL);
	switch (f->protocol) {
	case PROTOCOL_HOP_BY_HOP:
	case PROTOCOL_ROUTING:
	case PROTOCOL_DESTINATION:
	case PROTOCOL_MOBILITY:
	case PROTOCOL_HIP:
	case PROTOCOL_SHIM6:
		return LAYER_EXTENSION;
	case PROTOCOL_FRAGMENT:
		return LAYER_FRAGMENT;
	default:
		return frame_skip(f, TCPAUDIT_SKIP_IP_PROTOCOL);
	}
}
