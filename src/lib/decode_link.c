/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Below IP: what networks put there, and what capture programs do
 * (decode_capture.c). */
#include "decode_layer.h"

/* A number of two octets that is an EtherType or, below 0x600, the length of
 * what follows (IEEE 802.3, 3.2.6). */
static enum layer
type_or_length(struct frame *f, uint16_t type)
{
	if (type >= 0x600)
		return frame_ethertype(f, type);
	if (type > 0 && type < f->wire)
		frame_limit(f, type);
	return LAYER_LLC;
}

enum layer
ta_layer_ethernet(struct frame *f)
{
	const uint8_t *p = bytes_first(&f->data, 14);

	if (p == NULL)
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	f->out->link_address = ethernet_address(p);
	frame_advance(f, 14);
	return type_or_length(f, bytes_load16(p + 12));
}

/* IEEE 802.1Q: two octets of tag, then an EtherType.  Identifier 0 is no VLAN
 * but a priority. */
static enum layer
vlan(struct frame *f)
{
	uint16_t tag = bytes_u16(&f->data, 0) & 0x0fff;
	uint16_t type = bytes_u16(&f->data, 2);

	if (!frame_advance(f, 4))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (f->out->vlan == 0 && tag != 0)
		f->out->vlan = tag + 1u;
	return type_or_length(f, type);
}

/* A tag of `n` octets, of which the last two are an EtherType. */
static enum layer
tag(struct frame *f, uint32_t n)
{
	uint16_t type = bytes_u16(&f->data, n - 2);

	if (!frame_advance(f, n))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	return type_or_length(f, type);
}

enum layer
ta_layer_ethertype(struct frame *f)
{
	switch (f->type) {
	case 0x0004: /* IEEE 802.2, as Linux says it */
		return LAYER_LLC;
	case 0x6558:
		return LAYER_ETHERNET;
	case 0x8100: /* IEEE 802.1Q, 802.1ad, and what came before that */
	case 0x88a8:
	case 0x9100:
	case 0x9200:
	case 0x9300:
		return vlan(f);
	case 0x8847:
	case 0x8848:
		return LAYER_MPLS;
	case 0x8864:
		return LAYER_PPPOE;
	case 0x880b:
		return LAYER_PPP;
	case 0x88e5:
		return LAYER_MACSEC;
	case 0x88e7:
		return LAYER_BACKBONE;
	case 0x8926: /* VN-Tag */
		return tag(f, 6);
	case 0x893f: /* IEEE 802.1BR */
		return tag(f, 8);
	default:
		return frame_skip(f, TCPAUDIT_SKIP_NOT_IP);
	}
}

enum layer
ta_layer_llc(struct frame *f)
{
	uint32_t head = bytes_u32(&f->data, 0);
	uint32_t oui = (head & 0xff) << 16 | bytes_u16(&f->data, 4);
	uint16_t type = bytes_u16(&f->data, 6);

	if (bytes_left(&f->data) < 3)
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (bytes_u16(&f->data, 0) == 0x0606) {
		frame_advance(f, 3);
		return LAYER_IP;
	}
	if (bytes_u16(&f->data, 0) != 0xaaaa)
		return frame_skip(f, TCPAUDIT_SKIP_NOT_IP);
	/* RFC 1042, and 802.1H (0000f8) */
	if (!frame_advance(f, 8))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (head >> 8 != 0xaaaa03 || (oui != 0 && oui != 0x0000f8))
		return frame_skip(f, TCPAUDIT_SKIP_NOT_IP);
	return frame_ethertype(f, type);
}

/* RFC 1661, 2; the framing of RFC 1662 may precede it, or that of Cisco. */
enum layer
ta_layer_ppp(struct frame *f)
{
	uint16_t protocol = bytes_u16(&f->data, 0);
	uint32_t n = 2;

	if (protocol == 0x0f00 || protocol == 0x8f00) {
		protocol = bytes_u16(&f->data, 2);
		if (!frame_advance(f, 4))
			return frame_skip(f, TCPAUDIT_SKIP_LINK);
		return frame_ethertype(f, protocol);
	}
	if (protocol == 0xff03) {
		frame_advance(f, 2);
		protocol = bytes_u16(&f->data, 0);
	}
	/* An odd first octet is the whole, compressed (RFC 1661, 6.5). */
	if (protocol & 0x0100) {
		protocol >>= 8;
		n = 1;
	}
	if (!frame_advance(f, n))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	switch (protocol) {
	case 0x0021:
		return LAYER_IPV4;
	case 0x0057:
		return LAYER_IPV6;
	case 0x0281:
	case 0x0283:
		return LAYER_MPLS;
	case 0x0053:
		return frame_skip(f, TCPAUDIT_SKIP_ENCRYPTED);
	default:
		return frame_skip(f, TCPAUDIT_SKIP_NOT_IP);
	}
}

/* RFC 2516, 4: version and type 1, code 0 for a session, session, length. */
enum layer
ta_layer_pppoe(struct frame *f)
{
	uint16_t head = bytes_u16(&f->data, 0);
	uint16_t length = bytes_u16(&f->data, 4);

	if (!frame_advance(f, 6))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (head != 0x1100)
		return frame_skip(f, TCPAUDIT_SKIP_NOT_IP);
	if (length < f->wire)
		frame_limit(f, length);
	return LAYER_PPP;
}

/* Whether what follows the labels is IP rather than an Ethernet frame to an
 * address that begins with the digit 4 or 6: the length is right, or there is
 * no EtherType where one would be. */
static bool
looks_like_ip(const struct frame *f)
{
	enum { IPV4 = 4, IPV6 = 6, PADDING_MAX = 46 };
	uint8_t version = bytes_u8(&f->data, 0) >> 4;
	uint16_t type = bytes_u16(&f->data, 12);
	uint32_t length = bytes_u16(&f->data, 2), slack = PADDING_MAX;

	if (version != IPV4 && version != IPV6)
		return false;
	if (version == IPV6) {
		length = bytes_u16(&f->data, 4) + UINT32_C(40);
		slack = 4; /* no packet of it is small enough for padding */
	}
	if (length <= f->wire && f->wire - length <= slack)
		return true;
	return type != 0x0800 && type != 0x86dd && type != 0x8100 &&
	       type != 0x88a8 && type != 0x0806;
}

/* RFC 3032.  Nothing says what is below the last label; RFC 4928 and RFC 4385
 * make the guess from the first digit nearly safe: 4 and 6 are IP, 0 is the
 * control word of a pseudowire. */
enum layer
ta_layer_mpls(struct frame *f)
{
	uint32_t label;

	do {
		label = bytes_u32(&f->data, 0);
		if (!frame_advance(f, 4))
			return frame_skip(f, TCPAUDIT_SKIP_LINK);
	} while ((label & 0x100) == 0);
	if (looks_like_ip(f))
		return LAYER_IP;
	if (bytes_u8(&f->data, 0) >> 4 == 0 && !frame_advance(f, 4))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	/* The label differs from one direction to the other. */
	return ta_tunnel_enter(f, TUNNEL_PSEUDOWIRE, 0, LAYER_ETHERNET);
}

/* IEEE 802.1AE, 9.3: octet 0 says whether the data are encrypted or changed,
 * and whether eight octets of channel identifier follow. */
enum layer
ta_layer_macsec(struct frame *f)
{
	uint8_t control = bytes_u8(&f->data, 0);

	if (bytes_left(&f->data) < 6)
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (control & 0x0c)
		return frame_skip(f, TCPAUDIT_SKIP_ENCRYPTED);
	return tag(f, control & 0x20 ? 16 : 8);
}

/* IEEE 802.1ah: eight bits of flags, 24 of service, a whole Ethernet frame. */
enum layer
ta_layer_backbone(struct frame *f)
{
	uint32_t service = bytes_u32(&f->data, 0) & 0xffffff;

	if (!frame_advance(f, 4))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	return ta_tunnel_enter(f, TUNNEL_BACKBONE, service, LAYER_ETHERNET);
}

/* RFC 2427: an address of two or four octets, 0x03, maybe padding, what it is;
 * or Cisco's: the address and an EtherType. */
enum layer
ta_layer_frame_relay(struct frame *f)
{
	uint8_t id;

	if (!frame_advance(f, bytes_u8(&f->data, 1) & 1 ? 2 : 4))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (bytes_u8(&f->data, 0) != 0x03)
		return tag(f, 2);
	frame_advance(f, bytes_u8(&f->data, 1) == 0 ? 2 : 1);
	id = bytes_u8(&f->data, 0);
	if (!frame_advance(f, 1))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	switch (id) {
	case 0xcc:
		return LAYER_IPV4;
	case 0x8e:
		return LAYER_IPV6;
	case 0x80: /* SNAP */
		return tag(f, 5);
	default:
		return frame_skip(f, TCPAUDIT_SKIP_NOT_IP);
	}
}
