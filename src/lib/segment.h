/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* One TCP segment, decoded once: flat, in host byte order.  Nothing above the
 * decoder touches a raw header. */
#ifndef SEGMENT_H
#define SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tcpaudit.h"

/* Control bits as they stand in octets 12 and 13 (RFC 9293, 3.1; AE: RFC 9768).
 */
enum {
	FLAG_FIN = 0x001,
	FLAG_SYN = 0x002,
	FLAG_RST = 0x004,
	FLAG_PSH = 0x008,
	FLAG_ACK = 0x010,
	FLAG_URG = 0x020,
	FLAG_ECE = 0x040,
	FLAG_CWR = 0x080,
	FLAG_AE = 0x100
};

/* What is wrong with the header itself; the decoder records, checks judge. */
enum {
	FAULT_OFFSET_SMALL = 1u << 0,	/* data offset below 5 */
	FAULT_OFFSET_OVERRUN = 1u << 1, /* data offset beyond the TCP length */
	FAULT_OPTION_ZERO = 1u << 2, /* length 0 or 1 on a kind that has one */
	FAULT_OPTION_OVERRUN = 1u << 3, /* runs past the data offset */
	FAULT_OPTION_LENGTH = 1u << 4,	/* wrong length for its kind */
	FAULT_OPTION_PADDING = 1u << 5, /* not zero after the end of options */
	FAULT_OPTION_TWICE = 1u << 6	/* a kind that may stand only once */
};

/* Options behind the fault could not be read. */
#define FAULTS_UNREADABLE                                                      \
	(FAULT_OPTION_ZERO | FAULT_OPTION_OVERRUN | FAULT_OPTION_LENGTH)

/* Which options the segment carries, well-formed. */
enum {
	OPTION_MSS = 1u << 0,
	OPTION_WSCALE = 1u << 1,
	OPTION_SACK_PERMITTED = 1u << 2,
	OPTION_SACK = 1u << 3,
	OPTION_TIMESTAMPS = 1u << 4,
	OPTION_FASTOPEN = 1u << 5, /* kind 34, or 254 with ExID 0xF989 */
	OPTION_MD5 = 1u << 6,
	OPTION_AO = 1u << 7,
	OPTION_MPTCP = 1u << 8,
	OPTION_UTO = 1u << 9,
	OPTION_ACCECN = 1u << 10,	/* kinds 172 and 174 */
	OPTION_OBSOLETE = 1u << 11,	/* kinds 6, 7, 9 to 15 */
	OPTION_EXPERIMENTAL = 1u << 12, /* kinds 253 and 254, no Fast Open */
	OPTION_UNKNOWN = 1u << 13
};

/* Those that nearly every SYN has, and few have others. */
#define OPTIONS_OF_SYN                                                         \
	(OPTION_MSS | OPTION_WSCALE | OPTION_SACK_PERMITTED | OPTION_TIMESTAMPS)

enum checksum_status {
	CHECKSUM_UNKNOWN, /* cut by the capture, or not asked for */
	CHECKSUM_GOOD,
	CHECKSUM_BAD,
	CHECKSUM_PARTIAL /* the pseudo-header's sum alone: to be completed by
			    the network card of the sender */
};

/* An ICMP error about a TCP segment, by what TCP makes of it (RFC 9293,
 * 3.9.2.2). */
enum icmp_error {
	ICMP_NONE,
	ICMP_SOFT,    /* does not end a connection */
	ICMP_HARD,    /* may end it */
	ICMP_TOO_BIG, /* and may not be cut in fragments: path MTU discovery */
	ICMP_OTHER    /* RFC 9293 does not say, or to be ignored */
};

struct sack_block {
	uint32_t left, right;
};

/* What every segment has comes first, then what an ordinary one has nothing of
 * but what options and checksum tell.  There are no gaps, see segment_clear().
 */
struct segment {
	int64_t time; /* ns since 1970, as captured */
	tcpaudit_packet_id packet;
	struct tcpaudit_address source, destination;
	const uint8_t *payload; /* borrowed from the packet; NULL if none */
	uint32_t captured;	/* octets there */
	uint32_t length;	/* of the payload, by the IP length */

	/* TCP */
	uint32_t seq, ack;
	uint16_t source_port, destination_port;
	uint32_t flags;	 /* FLAG_*; wide, as it is what most is asked of */
	uint16_t window; /* as sent, not scaled */
	uint16_t checksum;

	/* IP */
	uint8_t family;	  /* 4 or 6 */
	uint8_t ttl;	  /* or hop limit */
	bool ip_id_known; /* IPv4, or an IPv6 fragment */
	bool dont_fragment;
	uint32_t ip_id;
	bool link_address; /* its frame has one: it was on a network */

	/* TCP */
	bool payload_cut;
	uint8_t header_length;

	/* From here on, eight octets: see segment_is_odd(). */
	uint8_t ecn; /* the two bits of the (innermost) IP header */
	uint16_t urgent;
	uint8_t reserved; /* the three bits that must be zero */

	bool header_cut;    /* options cut by the capture: those missing are
			       unknown, not absent */
	bool fragmented;    /* reassembled from fragments */
	uint8_t faults;	    /* FAULT_* */
	uint8_t fault_kind; /* of the first faulty option */
	uint8_t fault_length;
	uint8_t fault_offset; /* from the start of the TCP header */
	bool zero_length;     /* IP length 0: taken from the frame */
	uint16_t checksum_expected;
	uint32_t fragments_before; /* of it, in packets before this one */
	uint32_t vlan;		   /* outermost 802.1Q tag + 1, 0: none */
	uint32_t tunnel;	 /* identifies the tunnel around it, 0: none */
	uint8_t checksum_status; /* enum checksum_status */
	uint8_t _spare[3];

	/* An order-sensitive digest of all TCP header bytes and the checksum
	 * (which covers the payload), for recognising copies of a frame. */
	uint32_t digest;

	/* options */
	uint32_t options; /* OPTION_* */
	uint32_t tsval, tsecr;
	uint16_t mss;
	uint8_t window_scale; /* as sent, may exceed 14 */
	uint8_t sack_count;
	uint8_t fastopen_length; /* of the cookie; 0 asks for one */
	uint8_t mptcp_reason;	 /* of MP_TCPRST */
	uint16_t mptcp_subtypes; /* a bit for each */
	uint16_t user_timeout;	 /* as sent: granularity bit and 15 bits */
	uint8_t accecn_length;	 /* of the whole option; 0: none */
	/* Of the first one of its sort, 0: none. */
	uint8_t obsolete_kind, experimental_kind, unknown_kind;
	uint16_t experiment;	/* its first two octets, the ExID (RFC 6994) */
	uint8_t option_padding; /* octets of the option area without option,
				   where there is more than timestamps */

	/* Of an ICMP error, with the addresses, ports, SEQ and (IP) length of
	 * the packet that it quotes and nothing else. */
	uint8_t icmp; /* enum icmp_error */
	uint8_t icmp_type, icmp_code;
	uint32_t icmp_mtu; /* of ICMP_TOO_BIG; 0: not told */

	/* `sack_count` of them; the others are not set. */
	struct sack_block sack[4];
};

_Static_assert(
    offsetof(struct segment, fault_kind) == offsetof(struct segment, ecn) + 7,
    "what is odd of a header stands together");

/* Its header has something that few have, beside options and the checksum: ECN,
 * an urgent pointer, reserved bits, faults; or it is cut or was in fragments.
 */
static inline bool
segment_is_odd(const struct segment *s)
{
	uint64_t odd;

	memcpy(&odd, (const uint8_t *)s + offsetof(struct segment, ecn),
	    sizeof(odd));
	return odd != 0;
}

/* Beside flags and options no rule has anything to say of its header. */
static inline bool
segment_is_plain(const struct segment *s)
{
	return !segment_is_odd(s) && s->window != 0 && s->header_length < 60 &&
	       (s->checksum_status == CHECKSUM_GOOD ||
		   s->checksum_status == CHECKSUM_UNKNOWN);
}

/* SEG.LEN (RFC 9293, 3.4): payload octets, one for SYN, one for FIN.  The text
 * of a RST is not counted (3.5.3: it is diagnostic, not data). */
static inline uint32_t
segment_length(const struct segment *s)
{
	uint32_t n = (s->flags & FLAG_RST) ? 0 : s->length;

	return n + !!(s->flags & FLAG_SYN) + !!(s->flags & FLAG_FIN);
}

#endif
