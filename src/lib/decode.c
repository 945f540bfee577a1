/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "decode.h"

#include <string.h>

#include "decode_layer.h"
#include "decode_rest.h"
#include "fragment.h"
#include "shard.h"
#include "slab.h"

struct decoder {
	struct memory memory;
	uint32_t shard, shards; /* of the engine, see shard.h */
	bool verify;
	struct fragment_table fragments;
};

/* A link type: octets to leave out, where among them the EtherType of what
 * follows stands, and who reads on. */
struct link {
	enum layer next; /* LAYER_DONE: nobody does */
	uint8_t header;
	uint8_t ethertype; /* if `next` is LAYER_ETHERTYPE */
};

/* Numbers of tcpdump.org's list of link types, and those that libpcap gives a
 * live capture where they differ (DLT_RAW).
 * clang-format off */
static const struct link links[] = {
	[0] = { LAYER_LOOPBACK, 0, 0 },	     /* NULL */
	[1] = { LAYER_ETHERNET, 0, 0 },	     /* EN10MB */
	[9] = { LAYER_PPP, 0, 0 },	     /* PPP */
	[10] = { LAYER_LLC, 13, 0 },	     /* FDDI */
	[11] = { LAYER_LLC, 0, 0 },	     /* DLT_ATM_RFC1483 */
	[12] = { LAYER_IP, 0, 0 },	     /* DLT_RAW */
	[14] = { LAYER_IP, 0, 0 },	     /* DLT_RAW of OpenBSD */
	[50] = { LAYER_PPP, 0, 0 },	     /* PPP_SERIAL */
	[51] = { LAYER_PPPOE, 0, 0 },	     /* PPP_ETHER */
	[100] = { LAYER_LLC, 0, 0 },	     /* ATM_RFC1483 */
	[101] = { LAYER_IP, 0, 0 },	     /* RAW */
	[104] = { LAYER_ETHERTYPE, 4, 2 },   /* C_HDLC */
	[105] = { LAYER_WIRELESS, 0, 0 },    /* IEEE802_11 */
	[107] = { LAYER_FRAME_RELAY, 0, 0 }, /* FRELAY */
	[108] = { LAYER_LOOPBACK, 0, 0 },    /* LOOP */
	[109] = { LAYER_IP, 12, 0 },	     /* ENC */
	[113] = { LAYER_ETHERTYPE, 16, 14 }, /* LINUX_SLL */
	[117] = { LAYER_PFLOG, 0, 0 },	     /* PFLOG */
	[119] = { LAYER_PRISM, 0, 0 },	     /* PRISM_HEADER */
	[122] = { LAYER_LLC, 16, 0 },	     /* IP_OVER_FC */
	[127] = { LAYER_RADIOTAP, 0, 0 },    /* IEEE802_11_RADIOTAP */
	[138] = { LAYER_ETHERTYPE, 18, 16 }, /* APPLE_IP_OVER_IEEE1394 */
	[149] = { LAYER_PKTAP, 0, 0 },	     /* DLT_PKTAP of macOS */
	[163] = { LAYER_PRISM, 0, 0 },	     /* IEEE802_11_AVS */
	[192] = { LAYER_PPI, 0, 0 },	     /* PPI */
	[204] = { LAYER_PPP, 1, 0 },	     /* PPP_WITH_DIR */
	[205] = { LAYER_ETHERTYPE, 5, 3 },   /* C_HDLC_WITH_DIR */
	[228] = { LAYER_IPV4, 0, 0 },	     /* IPV4 */
	[229] = { LAYER_IPV6, 0, 0 },	     /* IPV6 */
	[239] = { LAYER_NFLOG, 0, 0 },	     /* NFLOG */
	[240] = { LAYER_ETHERNET, 4, 0 },    /* NETANALYZER */
	[242] = { LAYER_ETHERTYPE, 44, 40 }, /* IPOIB */
	[258] = { LAYER_PKTAP, 0, 0 },	     /* PKTAP */
	[276] = { LAYER_ETHERTYPE, 20, 0 },  /* LINUX_SLL2 */
};
/* clang-format on */

static const struct link *
link_find(int type)
{
	if (type < 0 || (size_t)type >= sizeof(links) / sizeof(links[0]) ||
	    links[type].next == LAYER_DONE)
		return NULL;
	return &links[type];
}

int
tcpaudit_link_type_known(int link_type)
{
	return link_find(link_type) != NULL;
}

enum layer
ta_layer_link(struct frame *f)
{
	const struct link *link = link_find(f->link_type);
	uint16_t type;

	if (link == NULL)
		return frame_skip(f, TCPAUDIT_SKIP_LINK_TYPE);
	type = bytes_u16(&f->data, link->ethertype);
	if (!frame_advance(f, link->header))
		return frame_skip(f, TCPAUDIT_SKIP_LINK);
	if (link->next == LAYER_ETHERTYPE)
		return frame_ethertype(f, type);
	return link->next;
}

struct decoder *
ta_decoder_new(const struct tcpaudit_config *config)
{
	struct memory memory;
	struct decoder *d;

	ta_memory_init(&memory, config, UINT64_MAX);
	d = ta_allocate(&memory, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->memory = memory;
	d->shard = config->shard;
	d->shards = config->shards;
	d->verify = config->checksum != TCPAUDIT_CHECKSUM_IGNORE;
	return d;
}

void
ta_decoder_free(struct decoder *d)
{
	struct memory memory;

	if (d == NULL)
		return;
	memory = d->memory;
	ta_release(&memory, d, sizeof(*d));
}

/* All but the SACK blocks of what an ordinary segment has nothing of. */
static inline void
rest_clear(struct segment *s)
{
	const size_t rest = offsetof(struct segment, header_cut);

	memset((uint8_t *)s + rest, 0, offsetof(struct segment, sack) - rest);
}

/* All but the SACK blocks.  One memset() of that size would be a call or a slow
 * instruction, where these are a few stores. */
static void
segment_clear(struct segment *s)
{
	memset(s, 0, offsetof(struct segment, header_cut));
	rest_clear(s);
}

/* Whether another engine audits it, by the sum of its ends. */
static inline bool
is_foreign(const struct decoder *d, uint64_t ends)
{
	return shard_at(ends, d->shards) != d->shard;
}

enum decode_result
ta_decode_layers(struct decoder *d, int link_type,
    const struct tcpaudit_packet *packet, tcpaudit_packet_id id,
    struct segment *out, enum tcpaudit_skip *skipped)
{
	/* Where nothing was captured, `data` may be NULL, to which nothing may
	 * be added, not even 0. */
	static const uint8_t nothing[1];
	const uint8_t *begin = packet->captured > 0 ? packet->data : nothing;
	enum layer layer = link_type == 1 ? LAYER_ETHERNET : LAYER_LINK;
	struct frame f = {
		.data = { begin, begin + packet->captured },
		/* Some writers put less here than they captured. */
		.wire = packet->length > packet->captured ? packet->length
							  : packet->captured,
		.link_type = link_type,
		.verify = d->verify,
		.out = out,
		.fragments = &d->fragments,
	};

	segment_clear(out);
	out->time = packet->time;
	out->packet = id;
	for (;;) {
		switch (layer) {
		case LAYER_DONE:
			if (d->shards > 1 && is_foreign(d, shard_ends(out)))
				return DECODE_FOREIGN;
			segment_rest(out, f.data.p,
			    (uint32_t)bytes_left(&f.data), f.verify);
			return DECODE_SEGMENT;
		case LAYER_SKIP:
			*skipped = f.skip;
			return DECODE_SKIPPED;
#define LAYER(id, name)                                                        \
	case LAYER_##id:                                                       \
		layer = ta_layer_##name(&f);                                   \
		break;
			LAYER_LIST
#undef LAYER
		}
	}
}

/* -------------------------------------------------------- the plain frame */

/*
 * Nearly every frame is plain: IP stands in it after a link header of a fixed
 * length, and TCP after an IP header without options, whole, with the length
 * that it says.  Such a one is read in one go, to the same result as by
 * ta_decode_layers(), which whatever is not plain is left to.
 */
enum { IPV4 = 0x0800, IPV6 = 0x86dd, PROTOCOL_TCP = 6 };

struct plain {
	const uint8_t *ip;
	const uint8_t *tcp;
	uint32_t have, wire; /* octets of TCP: captured, and that there were */
	uint32_t header;     /* of these */
	bool six;
};

/* The EtherType of what stands after a link header of a fixed length, and that
 * length; 0: it is none of those. */
static uint16_t
plain_link(int link_type, const uint8_t *p, uint32_t n, uint32_t *length)
{
	const struct link *link = link_find(link_type);

	if (link == NULL || n <= link->header)
		return 0;
	*length = link->header;
	switch (link->next) {
	case LAYER_ETHERTYPE:
		return bytes_load16(p + link->ethertype);
	case LAYER_IPV4:
		return IPV4;
	case LAYER_IPV6:
		return IPV6;
	case LAYER_IP:
		return p[link->header] >> 4 == 6 ? IPV6 : IPV4;
	default:
		return 0;
	}
}

/* IP of a type at `p`, which may be cut, or end with padding; `n` octets of it
 * were captured. */
static inline bool
plain_ip(struct plain *f, uint16_t type, const uint8_t *p, uint32_t n)
{
	enum { FOUR = 20, SIX = 40, BEGIN = 0x45, MORE_OR_OFFSET = 0x3fff };
	uint32_t length, header = FOUR;

	if (type == IPV4) {
		if (n < FOUR + TCP_HEADER || p[0] != BEGIN ||
		    p[9] != PROTOCOL_TCP ||
		    bytes_load16(p + 6) & MORE_OR_OFFSET)
			return false;
		length = bytes_load16(p + 2);
	} else {
		if (type != IPV6 || n < SIX + TCP_HEADER || p[0] >> 4 != 6 ||
		    p[6] != PROTOCOL_TCP)
			return false;
		header = SIX;
		length = bytes_load16(p + 4) + SIX;
	}
	if (length < header + TCP_HEADER)
		return false;
	f->ip = p;
	f->six = type == IPV6;
	f->wire = length - header;
	f->tcp = p + header;
	f->have = (n < length ? n : length) - header;
	return true;
}

/* False: it is not plain, and `*s`, which may know an address now, anything. */
static inline bool
plain_find(struct plain *f, int link_type, const struct tcpaudit_packet *packet,
    struct segment *s)
{
	enum { ETHERNET = 1, ETHERNET_HEADER = 14 };
	const uint8_t *p = packet->data;
	uint32_t n = packet->captured, header = ETHERNET_HEADER;
	uint16_t type;

	if (link_type == ETHERNET) {
		if (n < ETHERNET_HEADER)
			return false;
		type = bytes_load16(p + 12);
		s->link_address = ethernet_address(p);
	} else {
		type = plain_link(link_type, p, n, &header);
		if (type == 0)
			return false;
		s->link_address = false;
	}
	if (!plain_ip(f, type, p + header, n - header))
		return false;
	f->header = (f->tcp[12] >> 4) * 4u;
	return f->header >= TCP_HEADER && f->header <= f->have;
}

/* The sum of its ends, see shard.h. */
static inline uint64_t
plain_ends(const struct plain *f)
{
	const uint8_t *p = f->ip + (f->six ? 8 : 12);
	unsigned family = f->six ? 6 : 4, size = f->six ? 16 : 4;

	return shard_end(family, p, bytes_load16(f->tcp)) +
	       shard_end(family, p + size, bytes_load16(f->tcp + 2));
}

/* How much of it there is. */
static inline void
plain_lengths(struct segment *s, const struct plain *f)
{
	s->length = f->wire - f->header;
	s->captured = f->have - f->header;
	s->payload = f->have > f->header ? f->tcp + f->header : NULL;
	s->payload_cut = f->have < f->wire;
}

/* Of a foreign segment, see ta_decode().  Most of a capture that is shared are
 * such, so that little is to be done for them. */
static void
plain_foreign(struct segment *s, const struct plain *f)
{
	s->flags = bytes_load16(f->tcp + 12) & 0x1ff;
	s->header_length = (uint8_t)f->header;
	plain_lengths(s, f);
	s->header_cut = s->fragmented = s->zero_length = false;
	s->fragments_before = 0;
}

static inline void
plain_read(struct segment *s, const struct plain *f)
{
	if (f->six)
		segment_ipv6(s, f->ip);
	else
		segment_ipv4(s, f->ip);
	segment_tcp(s, f->tcp);
	plain_lengths(s, f);
	rest_clear(s);
}

enum decode_result
ta_decode(struct decoder *d, int link_type,
    const struct tcpaudit_packet *packet, tcpaudit_packet_id id,
    struct segment *out, enum tcpaudit_skip *skipped)
{
	enum { SYN_ACK = FLAG_SYN | FLAG_ACK };
	struct plain f;
	bool foreign;

	if (!plain_find(&f, link_type, packet, out))
		return ta_decode_layers(d, link_type, packet, id, out, skipped);
	foreign = d->shards > 1 && is_foreign(d, plain_ends(&f));
	if (foreign && (f.tcp[13] & SYN_ACK) != SYN_ACK) {
		plain_foreign(out, &f);
		return DECODE_FOREIGN;
	}
	plain_read(out, &f);
	out->time = packet->time;
	out->packet = id;
	if (foreign)
		return DECODE_FOREIGN;
	segment_rest(out, f.tcp, f.have, d->verify && !out->payload_cut);
	return DECODE_SEGMENT;
}
