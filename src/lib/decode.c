/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "decode.h"

#include <string.h>

#include "decode_layer.h"
#include "fragment.h"
#include "slab.h"

struct decoder {
	struct memory memory;
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

/* All but the SACK blocks.  One memset() of that size would be a call or a slow
 * instruction, where these are a few stores. */
static void
segment_clear(struct segment *s)
{
	const size_t tcp = offsetof(struct segment, source_port);
	const size_t options = offsetof(struct segment, options);
	const size_t end = offsetof(struct segment, sack);

	memset(s, 0, tcp);
	memset((uint8_t *)s + tcp, 0, options - tcp);
	memset((uint8_t *)s + options, 0, end - options);
}

enum decode_result
ta_decode_flow(struct decoder *d, int link_type,
    const struct tcpaudit_packet *packet, tcpaudit_packet_id id,
    struct segment *out, enum tcpaudit_skip *skipped, bool *truncated)
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
	*truncated = packet->captured < packet->length;
	for (;;) {
		switch (layer) {
		case LAYER_DONE:
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

enum decode_result
ta_decode(struct decoder *d, int link_type,
    const struct tcpaudit_packet *packet, tcpaudit_packet_id id,
    struct segment *out, enum tcpaudit_skip *skipped, bool *truncated)
{
	enum decode_result result =
	    ta_decode_flow(d, link_type, packet, id, out, skipped, truncated);

	if (result == DECODE_SEGMENT)
		ta_decode_rest(out);
	return result;
}
