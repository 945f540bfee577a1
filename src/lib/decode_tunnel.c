/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Tunnels: a packet inside a packet.  Those over UDP are known by their port
 * alone, so that whatever does not look like the tunnel is taken for other
 * UDP. */
#include "decode_layer.h"

enum layer
ta_tunnel_enter(
    struct frame *f, enum tunnel kind, uint32_t number, enum layer inside)
{
	/* Two tunnels of a kind never get the same. */
	uint32_t id = ((uint32_t)kind + 1) * UINT32_C(0x9e3779b1) ^ number;

	if (f->depth >= TUNNEL_DEPTH)
		return frame_skip(f, TCPAUDIT_SKIP_TUNNEL_DEPTH);
	f->depth++;
	f->out->tunnel = id != 0 ? id : 1;
	return inside;
}

uint32_t
ta_tunnel_ends(const struct segment *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 16; i += 8)
		sum += bytes_native64(s->source.bytes + i) ^
		       bytes_native64(s->destination.bytes + i);
	return (uint32_t)(sum ^ sum >> 32);
}

enum layer
ta_layer_ip_in_ip(struct frame *f)
{
	return ta_tunnel_enter(f, TUNNEL_IP, ta_tunnel_ends(f->out), LAYER_IP);
}

/* RFC 3378: version 3, twelve bits of zero. */
enum layer
ta_layer_ether_ip(struct frame *f)
{
	uint16_t head = bytes_u16(&f->data, 0);

	if (!frame_advance(f, 2) || head != 0x3000)
		return frame_skip(f, TCPAUDIT_SKIP_IP_PROTOCOL);
	return ta_tunnel_enter(
	    f, TUNNEL_ETHER_IP, ta_tunnel_ends(f->out), LAYER_ETHERNET);
}

/* ------------------------------------------------------------------- GRE */

/* What the first two octets of a GRE header say is present (RFC 2784, 2.1; RFC
 * 2890, 2; version 1: RFC 2637, 4.1). */
enum {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACKNOWLEDGMENT = 0x0080,
	GRE_VERSION = 0x0007
};

/* A mirrored frame.  Without a sequence number there is no ERSPAN header (type
 * I); that of type II has 8 octets, that of type III 12, and 8 more if its last
 * bit says so. */
static enum layer
erspan(struct frame *f, uint16_t type, bool sequence)
{
	uint32_t session = bytes_u16(&f->data, 2) & 0x03ff;
	uint32_t header = 8;

	if (type == 0x22eb)
		header = bytes_u8(&f->data, 11) & 1 ? 20 : 12;
	else if (!sequence)
		header = session = 0;
	if (!frame_advance(f, header))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	return ta_tunnel_enter(f, TUNNEL_ERSPAN, session, LAYER_ETHERNET);
}

/* WCCP: four octets of its own may precede the IP header. */
static enum layer
redirected(struct frame *f)
{
	if (bytes_u8(&f->data, 0) >> 4 != 4 && !frame_advance(f, 4))
		return frame_skip(f, TCPAUDIT_SKIP_IP);
	return ta_tunnel_enter(
	    f, TUNNEL_GRE, ta_tunnel_ends(f->out), LAYER_IPV4);
}

/* The packet inside GRE: the header is off. */
static enum layer
gre_payload(struct frame *f, uint16_t flags, uint16_t type, uint32_t key)
{
	enum { ERSPAN_2 = 0x88be, ERSPAN_3 = 0x22eb, WCCP = 0x883e };
	enum layer inside;

	if (type == ERSPAN_2 || type == ERSPAN_3)
		return erspan(f, type, flags & GRE_SEQUENCE);
	if (type == WCCP)
		return redirected(f);
	inside = frame_ethertype(f, type);
	if (flags & GRE_VERSION) /* its call differs either way */
		return ta_tunnel_enter(
		    f, TUNNEL_PPTP, ta_tunnel_ends(f->out), inside);
	return ta_tunnel_enter(f, TUNNEL_GRE,
	    flags & GRE_KEY ? key : ta_tunnel_ends(f->out), inside);
}

enum layer
ta_layer_gre(struct frame *f)
{
	uint16_t flags = bytes_u16(&f->data, 0);
	uint16_t type = bytes_u16(&f->data, 2);
	uint32_t header = 4, key = 0;

	/* Routing was never used (RFC 2784, 2.3: discard). */
	if (bytes_left(&f->data) < 4 || flags & GRE_ROUTING ||
	    (flags & GRE_VERSION) > 1)
		return frame_skip(f, TCPAUDIT_SKIP_IP_PROTOCOL);
	if (flags & GRE_CHECKSUM)
		header += 4;
	if (flags & GRE_KEY) {
		key = bytes_u32(&f->data, header);
		header += 4;
	}
	if (flags & GRE_SEQUENCE)
		header += 4;
	if ((flags & GRE_VERSION) == 1 && flags & GRE_ACKNOWLEDGMENT)
		header += 4;
	if (!frame_advance(f, header))
		return frame_skip(f, TCPAUDIT_SKIP_IP_PROTOCOL);
	return gre_payload(f, flags, type, key);
}

/* ------------------------------------------------------------------- UDP */

/* Tunnels by port.  `either`: the answer comes from that port. */
static const struct {
	uint16_t port;
	bool either;
	enum layer inside;
} ports[] = {
	{ 1701, true, LAYER_L2TP }, { 2152, true, LAYER_GTP },
	{ 3544, true, LAYER_TEREDO }, { 4789, false, LAYER_VXLAN },
	{ 4790, false, LAYER_VXLAN_GPE }, { 6081, false, LAYER_GENEVE },
	{ 8472, false, LAYER_VXLAN }, /* Linux, before the port was assigned */
};

enum layer
ta_layer_udp(struct frame *f)
{
	uint16_t source = bytes_u16(&f->data, 0);
	uint16_t destination = bytes_u16(&f->data, 2);
	uint16_t length = bytes_u16(&f->data, 4);

	if (!frame_advance(f, 8))
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	if (length >= 8 && length - 8u < f->wire)
		frame_limit(f, length - 8u);
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (destination == ports[i].port ||
		    (source == ports[i].port && ports[i].either))
			return ports[i].inside;
	return frame_skip(f, TCPAUDIT_SKIP_UDP);
}

/* RFC 7348, 5: eight flags, of which one must be set; 24 bits of network. */
enum layer
ta_layer_vxlan(struct frame *f)
{
	uint8_t flags = bytes_u8(&f->data, 0);
	uint32_t network = bytes_u32(&f->data, 4) >> 8;

	if ((flags & 0x08) == 0 || bytes_left(&f->data) < 8 + 14)
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	frame_advance(f, 8);
	return ta_tunnel_enter(f, TUNNEL_VXLAN, network, LAYER_ETHERNET);
}

/* draft-ietf-nvo3-vxlan-gpe: the same, and what is inside. */
enum layer
ta_layer_vxlan_gpe(struct frame *f)
{
	enum { IPV4 = 1, IPV6 = 2, ETHERNET = 3 };
	uint8_t flags = bytes_u8(&f->data, 0);
	uint8_t protocol = bytes_u8(&f->data, 3);
	uint32_t network = bytes_u32(&f->data, 4) >> 8;

	if ((flags & 0x0c) != 0x0c || protocol < IPV4 || protocol > ETHERNET ||
	    !frame_advance(f, 8))
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	return ta_tunnel_enter(f, TUNNEL_VXLAN, network,
	    protocol == ETHERNET ? LAYER_ETHERNET : LAYER_IP);
}

/* RFC 8926, 3.4: version 0, length of the options in words. */
enum layer
ta_layer_geneve(struct frame *f)
{
	uint8_t first = bytes_u8(&f->data, 0);
	uint16_t type = bytes_u16(&f->data, 2);
	uint32_t network = bytes_u32(&f->data, 4) >> 8;
	enum layer inside = frame_ethertype(f, type);

	if (first >> 6 != 0 || !frame_advance(f, 8 + (first & 0x3fu) * 4) ||
	    (inside == LAYER_ETHERTYPE && type != 0x6558))
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	return ta_tunnel_enter(f, TUNNEL_GENEVE, network, inside);
}

/* The extension headers of GTP-U, of which `kind` is the first: length in
 * words, contents, the kind of the next. */
static bool
gtp_extensions(struct frame *f, uint8_t kind)
{
	uint32_t length;

	while (kind != 0) {
		length = bytes_u8(&f->data, 0) * 4u;
		if (length == 0)
			return false;
		kind = bytes_u8(&f->data, length - 1);
		if (!frame_advance(f, length))
			return false;
	}
	return true;
}

/* 3GPP TS 29.281, 5.1: version 1, a user's packet, its length. */
enum layer
ta_layer_gtp(struct frame *f)
{
	enum { EXTENSION = 0x04, ANY = 0x07, PACKET = 255 };
	uint8_t first = bytes_u8(&f->data, 0);
	uint8_t message = bytes_u8(&f->data, 1);
	uint16_t length = bytes_u16(&f->data, 2);
	uint32_t tunnel = bytes_u32(&f->data, 4);
	uint8_t next = 0, version;

	if (first >> 4 != 3 || message != PACKET || !frame_advance(f, 8) ||
	    length > f->wire)
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	frame_limit(f, length);
	if (first & ANY) { /* of three fields, any: then all are there */
		if (first & EXTENSION)
			next = bytes_u8(&f->data, 3);
		if (!frame_advance(f, 4) || !gtp_extensions(f, next))
			return frame_skip(f, TCPAUDIT_SKIP_UDP);
	}
	version = bytes_u8(&f->data, 0) >> 4;
	if (version != 4 && version != 6)
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	return ta_tunnel_enter(f, TUNNEL_GTP, tunnel, LAYER_IP);
}

/* RFC 4380, 5.1.1: maybe authentication, maybe the origin, an IPv6 packet. */
enum layer
ta_layer_teredo(struct frame *f)
{
	enum { ORIGIN = 0x0000, AUTHENTICATION = 0x0001 };
	uint32_t id, value;

	if (bytes_u16(&f->data, 0) == AUTHENTICATION) {
		id = bytes_u8(&f->data, 2);
		value = bytes_u8(&f->data, 3);
		if (!frame_advance(f, 4 + id + value + 9))
			return frame_skip(f, TCPAUDIT_SKIP_UDP);
	}
	if (bytes_u16(&f->data, 0) == ORIGIN && !frame_advance(f, 8))
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	if (bytes_u8(&f->data, 0) >> 4 != 6 || bytes_left(&f->data) < 40 ||
	    bytes_u16(&f->data, 4) + UINT32_C(40) > f->wire)
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	return ta_tunnel_enter(
	    f, TUNNEL_TEREDO, ta_tunnel_ends(f->out), LAYER_IPV6);
}

/* RFC 2661, 3.1: a data message of version 2; length, sequence numbers and
 * padding where the flags say so; PPP inside. */
enum layer
ta_layer_l2tp(struct frame *f)
{
	enum { CONTROL = 0x8000, LENGTH = 0x4000, SEQUENCE = 0x0800 };
	enum { OFFSET = 0x0200, ZERO = 0x34f0, VERSION = 0x000f };
	uint16_t flags = bytes_u16(&f->data, 0);
	uint32_t header = flags & LENGTH ? 8 : 6;
	uint16_t protocol;

	if (flags & CONTROL || flags & ZERO || (flags & VERSION) != 2)
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	if (flags & SEQUENCE)
		header += 4;
	if (flags & OFFSET)
		header += 2u + bytes_u16(&f->data, header);
	if (!frame_advance(f, header))
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	protocol = bytes_u16(&f->data, 0);
	if (protocol == 0xff03)
		protocol = bytes_u16(&f->data, 2);
	if (protocol != 0x0021 && protocol != 0x0057)
		return frame_skip(f, TCPAUDIT_SKIP_UDP);
	return ta_tunnel_enter(
	    f, TUNNEL_L2TP, ta_tunnel_ends(f->out), LAYER_PPP);
}
