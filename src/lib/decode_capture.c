/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Headers that no network has: what systems and capture programs put before a
 * packet (tcpdump.org, link-layer header types). */
#include "decode_layer.h"

/* An address family of some system. */
static enum layer
family(struct frame *f, uint32_t af)
{
	switch (af) {
	case 2:
		return LAYER_IPV4;
	case 10: /* Linux */
	case 23: /* Windows */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return LAYER_IPV6;
	default:
		return frame_skip(f, TCPAUDIT_SKIP_NOT_IP);
	}
}

/* The family in the byte order of the machine that captured (NULL), or in
 * network order (LOOP); it is small, so that both can be told apart. */
enum layer
ta_layer_loopback(struct frame *f)
{
	uint32_t af = bytes_u32(&f->data, 0);

	if (af > 0xffff)
		af = bytes_little32(&f->data, 0);
	if (!frame_advance(f, 4))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	return family(f, af);
}

/* The length, to be rounded up to words, and the family. */
enum layer
ta_layer_pflog(struct frame *f)
{
	uint8_t length = bytes_u8(&f->data, 0);
	uint8_t af = bytes_u8(&f->data, 1);

	if (length < 2 || !frame_advance(f, (length + 3u) & ~3u))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	return family(f, af);
}

/* Four octets, then attributes: length, type, value, padded to words.  The
 * packet is that of type 9. */
enum layer
ta_layer_nflog(struct frame *f)
{
	enum { PAYLOAD = 9 };
	uint32_t length;
	uint16_t type;

	if (!frame_advance(f, 4))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	for (;;) {
		length = bytes_little16(&f->data, 0);
		type = bytes_little16(&f->data, 2) & 0x7fff;
		if (length < 4)
			return frame_skip(f, TCPAUDIT_SKIP_LINK);
		if (type == PAYLOAD)
			break;
		if (!frame_advance(f, (length + 3) & ~UINT32_C(3)))
			return frame_skip(f, TCPAUDIT_SKIP_LINK);
	}
	if (!frame_advance(f, 4))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (length - 4 < f->wire)
		frame_limit(f, length - 4);
	return LAYER_IP;
}

/* Per-packet information: version, flags, length, link type, all
 * little-endian. */
enum layer
ta_layer_ppi(struct frame *f)
{
	uint16_t length = bytes_little16(&f->data, 2);

	f->link_type = (int)bytes_little32(&f->data, 4);
	if (length < 8 || !frame_advance(f, length))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	return LAYER_LINK;
}

/* Of macOS: length, 1 for a packet, link type, all little-endian. */
enum layer
ta_layer_pktap(struct frame *f)
{
	uint32_t length = bytes_little32(&f->data, 0);
	uint32_t kind = bytes_little32(&f->data, 4);

	f->link_type = (int)bytes_little32(&f->data, 8);
	if (length < 12 || !frame_advance(f, length))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (kind != 1)
		return frame_skip(f, TCPAUDIT_SKIP_NOT_IP);
	return LAYER_LINK;
}

/* Prism, its length in the order of the machine that captured, or AVS. */
enum layer
ta_layer_prism(struct frame *f)
{
	uint32_t magic = bytes_u32(&f->data, 0);
	uint32_t length = bytes_u32(&f->data, 4);

	if ((magic & 0xfffff000) != 0x80211000 && length > 0xffff)
		length = bytes_little32(&f->data, 4);
	if (length < 8 || !frame_advance(f, length))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	return LAYER_WIRELESS;
}

/* What radiotap says of the frame: whether it ends with a checksum.  Words of
 * which fields are present, then the fields: the time (eight octets, aligned),
 * the flags. */
static bool
radiotap_has_checksum(const struct bytes *b)
{
	enum { TIME = 1 << 0, FLAGS = 1 << 1, CHECKSUM = 0x10 };
	uint32_t present = bytes_little32(b, 4);
	uint32_t more = present;
	size_t at = 8;

	if ((present & FLAGS) == 0)
		return false;
	while (more >> 31 && at < bytes_left(b)) {
		more = bytes_little32(b, at);
		at += 4;
	}
	if (present & TIME)
		at = ((at + 7) & ~(size_t)7) + 8;
	return bytes_u8(b, at) & CHECKSUM;
}

enum layer
ta_layer_radiotap(struct frame *f)
{
	uint16_t length = bytes_little16(&f->data, 2);
	struct bytes header = f->data;
	bool checksum;

	bytes_limit(&header, length);
	checksum = radiotap_has_checksum(&header);
	if (length < 8 || !frame_advance(f, length))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (checksum && f->wire >= 4)
		frame_limit(f, f->wire - 4);
	return LAYER_WIRELESS;
}

/* IEEE 802.11, 9.2.4: length of the header of a data frame. */
static uint32_t
wireless_header(uint8_t control, uint8_t flags)
{
	enum { QOS = 0x80, BOTH_DS = 0x03, ORDER = 0x80 };
	uint32_t length = 24;

	if ((flags & BOTH_DS) == BOTH_DS)
		length += 6; /* the fourth address */
	if (control & QOS) {
		length += 2;
		if (flags & ORDER)
			length += 4; /* HT control */
	}
	return length;
}

enum layer
ta_layer_wireless(struct frame *f)
{
	enum { DATA = 0x08, NO_DATA = 0x40, QOS = 0x80 };
	enum { MORE_FRAGMENTS = 0x04, PROTECTED = 0x40, AGGREGATE = 0x80 };
	uint8_t control = bytes_u8(&f->data, 0);
	uint8_t flags = bytes_u8(&f->data, 1);
	uint16_t fragment = bytes_little16(&f->data, 22) & 0x0f;
	uint32_t header = wireless_header(control, flags);
	bool aggregate;

	if (bytes_left(&f->data) < 2)
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if ((control & 0x0f) != DATA || control & NO_DATA)
		return frame_skip(f, TCPAUDIT_SKIP_NOT_IP);
	if (flags & PROTECTED)
		return frame_skip(f, TCPAUDIT_SKIP_ENCRYPTED);
	aggregate = control & QOS &&
		    bytes_u8(&f->data, (flags & 3) == 3 ? 30 : 24) & AGGREGATE;
	if (!frame_advance(f, header))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (fragment != 0 || flags & MORE_FRAGMENTS)
		return frame_skip(f, TCPAUDIT_SKIP_FRAGMENT);
	/* Of an aggregate only the first frame is read: addresses, length. */
	if (aggregate) {
		header = bytes_u16(&f->data, 12);
		if (!frame_advance(f, 14))
			return frame_skip(f, TCPAUDIT_SKIP_LINK);
		if (header < f->wire)
			frame_limit(f, header);
	}
	return LAYER_LLC;
}
