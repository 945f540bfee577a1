/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What the layers of the decoder share: the frame on its way to the TCP header.
 *
 * A layer reads its header, takes it off the front of the frame, and says which
 * layer is next.  Each takes at least one octet off or passes on to one of the
 * layers inside it, so that the loop in decode.c ends. */
#ifndef DECODE_LAYER_H
#define DECODE_LAYER_H

#include "bytes.h"
#include "decode.h"

/* Tunnels inside tunnels are followed down to here. */
enum { TUNNEL_DEPTH = 4 };

/* LAYER(identifier, name): the function is ta_layer_NAME(). */
#define LAYER_LIST                                                             \
	LAYER(LINK, link) /* f->link_type says what */                         \
	LAYER(ETHERNET, ethernet)                                              \
	LAYER(ETHERTYPE, ethertype) /* f->type says what */                    \
	LAYER(LLC, llc)		    /* IEEE 802.2, SNAP */                     \
	LAYER(PPP, ppp)                                                        \
	LAYER(PPPOE, pppoe)                                                    \
	LAYER(MPLS, mpls)                                                      \
	LAYER(MACSEC, macsec)                                                  \
	LAYER(BACKBONE, backbone) /* IEEE 802.1ah */                           \
	LAYER(FRAME_RELAY, frame_relay)                                        \
	LAYER(LOOPBACK, loopback) /* BSD loopback */                           \
	LAYER(PFLOG, pflog)                                                    \
	LAYER(NFLOG, nflog)                                                    \
	LAYER(PPI, ppi)                                                        \
	LAYER(PKTAP, pktap)                                                    \
	LAYER(PRISM, prism)                                                    \
	LAYER(RADIOTAP, radiotap)                                              \
	LAYER(WIRELESS, wireless) /* IEEE 802.11 */                            \
	LAYER(IP, ip)		  /* the version says which */                 \
	LAYER(IPV4, ipv4)                                                      \
	LAYER(IPV6, ipv6)                                                      \
	LAYER(PROTOCOL, protocol)   /* f->protocol says what */                \
	LAYER(EXTENSION, extension) /* of IPv6: f->protocol says which */      \
	LAYER(AUTHENTICATION, authentication) /* RFC 4302 */                   \
	LAYER(FRAGMENT, fragment)	      /* IPv6 fragment header */       \
	LAYER(UDP, udp)                                                        \
	LAYER(GRE, gre)                                                        \
	LAYER(IP_IN_IP, ip_in_ip)                                              \
	LAYER(ETHER_IP, ether_ip) /* RFC 3378 */                               \
	LAYER(VXLAN, vxlan)                                                    \
	LAYER(VXLAN_GPE, vxlan_gpe)                                            \
	LAYER(GENEVE, geneve)                                                  \
	LAYER(GTP, gtp)                                                        \
	LAYER(TEREDO, teredo)                                                  \
	LAYER(L2TP, l2tp)                                                      \
	LAYER(ICMP, icmp)                                                      \
	LAYER(TCP, tcp)

enum layer {
	LAYER_DONE, /* f->out is complete */
	LAYER_SKIP, /* f->skip says why not */
#define LAYER(id, name) LAYER_##id,
	LAYER_LIST
#undef LAYER
};

struct fragment_table;

/* One frame.  `wire` is never less than bytes_left(&data). */
struct frame {
	struct bytes data; /* captured, from the current layer on */
	uint32_t wire;	   /* octets that were there on the wire */
	int link_type;
	uint16_t type;	  /* EtherType, for LAYER_ETHERTYPE */
	uint8_t protocol; /* above IP, for LAYER_PROTOCOL */
	uint8_t depth;	  /* of tunnels */
	bool kept;	  /* reassembled: what is missing was not kept, though
			     captured */
	bool part;	  /* not the first fragment, and not joined */
	bool verify;	  /* checksums are asked for; then, it can be */
	bool sum_unknown; /* the pseudo-header cannot be known */
	enum tcpaudit_skip skip;
	struct segment *out;
	struct fragment_table *fragments;
};

/* Each returns the next layer. */
#define LAYER(id, name) enum layer ta_layer_##name(struct frame *f);
LAYER_LIST
#undef LAYER

/* Ends the decoding. */
static inline enum layer
frame_skip(struct frame *f, enum tcpaudit_skip why)
{
	f->skip = why;
	return LAYER_SKIP;
}

/* Takes `n` octets off the front; false, and nothing done, if the capture does
 * not have them. */
static inline bool
frame_advance(struct frame *f, uint32_t n)
{
	if (!bytes_skip(&f->data, n))
		return false;
	f->wire -= n;
	return true;
}

/* A header says that `n` octets are left: what follows is padding.  If that is
 * more than the wire had, the header is believed, and the rest is missing. */
static inline void
frame_limit(struct frame *f, uint32_t n)
{
	bytes_limit(&f->data, n);
	f->wire = n;
}

/* The layer inside an EtherType, or LAYER_ETHERTYPE for the unusual ones. */
static inline enum layer
frame_ethertype(struct frame *f, uint16_t type)
{
	f->type = type;
	if (type == 0x0800)
		return LAYER_IPV4;
	return type == 0x86dd ? LAYER_IPV6 : LAYER_ETHERTYPE;
}

/* What a tunnel is; part of its identification. */
enum tunnel {
	TUNNEL_PSEUDOWIRE,
	TUNNEL_BACKBONE,
	TUNNEL_GRE,
	TUNNEL_ERSPAN,
	TUNNEL_PPTP,
	TUNNEL_IP,
	TUNNEL_ETHER_IP,
	TUNNEL_VXLAN,
	TUNNEL_GENEVE,
	TUNNEL_GTP,
	TUNNEL_TEREDO,
	TUNNEL_L2TP
};

/* Goes into a tunnel: marks the segment with its kind and number and returns
 * `inside`, or LAYER_SKIP if tunnels are nested too deeply. */
enum layer ta_tunnel_enter(
    struct frame *f, enum tunnel kind, uint32_t number, enum layer inside);

/* The number of a tunnel that has none: its ends, the same either way. */
uint32_t ta_tunnel_ends(const struct segment *s);

/* Whether an Ethernet header has an address: the loopback interface of Linux
 * leaves both 0. */
static inline bool
ethernet_address(const uint8_t *p)
{
	return (bytes_native64(p) | bytes_native32(p + 8)) != 0;
}

/* What stands in the headers of IPv4 (without its options), IPv6 and TCP, of
 * which 20, 40 and 20 octets are there at `p`. */
static inline void
segment_ipv4(struct segment *s, const uint8_t *p)
{
	enum { DONT_FRAGMENT = 0x40 };

	s->family = 4;
	s->ecn = p[1] & 3;
	s->ip_id_known = true;
	s->ip_id = bytes_load16(p + 4);
	s->dont_fragment = p[6] & DONT_FRAGMENT;
	s->ttl = p[8];
	memset(&s->source, 0, sizeof(s->source));
	memcpy(s->source.bytes, p + 12, 4);
	memset(&s->destination, 0, sizeof(s->destination));
	memcpy(s->destination.bytes, p + 16, 4);
}

static inline void
segment_ipv6(struct segment *s, const uint8_t *p)
{
	s->family = 6;
	s->ecn = p[1] >> 4 & 3;
	s->ip_id_known = false;
	s->ip_id = 0;
	s->dont_fragment = false;
	s->ttl = p[7];
	memcpy(s->source.bytes, p + 8, 16);
	memcpy(s->destination.bytes, p + 24, 16);
}

static inline void
segment_tcp(struct segment *s, const uint8_t *p)
{
	uint64_t ports = bytes_load64(p), last = bytes_load64(p + 12);
	uint16_t offset = (uint16_t)(last >> 48);

	s->seq = (uint32_t)ports;
	s->destination_port = (uint16_t)(ports >> 32);
	s->source_port = (uint16_t)(ports >> 48);
	s->ack = bytes_load32(p + 8);
	s->urgent = (uint16_t)last;
	s->checksum = (uint16_t)(last >> 16);
	s->window = (uint16_t)(last >> 32);
	s->flags = offset & 0x1ff;
	s->reserved = offset >> 9 & 7;
	s->header_length = (uint8_t)((offset >> 12) * 4);
}

/* Reads the TCP options of a header of `header` octets (20 to 60) that begins
 * at `b`, whose captured part may be shorter (decode_option.c). */
void ta_options_read(struct segment *s, const struct bytes *b, uint32_t header);

/* The same for whatever options they are, from octet `at` of the header on; the
 * usual ones that s->options names came before. */
void ta_options_read_from(
    struct segment *s, const struct bytes *b, uint32_t header, size_t at);

struct decoder;

/* ta_decode() one layer after the other, for any frame; it sets all of
 * `*out`. */
enum decode_result ta_decode_layers(struct decoder *, int link_type,
    const struct tcpaudit_packet *packet, tcpaudit_packet_id id,
    struct segment *out, enum tcpaudit_skip *skipped);

#endif
