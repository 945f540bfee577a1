/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is remembered of explicit congestion notification (RFC 3168 and RFC
 * 9768): what the SYNs of both ends asked for, and what their text and their
 * acknowledgments said of it since.  A connection has none until a SYN has a
 * control bit or a codepoint of it. */
#ifndef ECN_H
#define ECN_H

#include <stdbool.h>
#include <stdint.h>

#include "segment.h"

#define ECN_FLAGS (FLAG_ECE | FLAG_CWR | FLAG_AE)

/* The three bits as one number, (AE,CWR,ECE) read as binary (RFC 9768, 3.2.2).
 */
static inline unsigned
ecn_bits(uint16_t flags)
{
	return (flags & FLAG_AE ? 4u : 0) | (flags & FLAG_CWR ? 2u : 0) |
	       (flags & FLAG_ECE ? 1u : 0);
}

/* The codepoints of the IP header. */
enum { ECN_NOT_ECT, ECN_ECT1, ECN_ECT0, ECN_CE };

/* What was negotiated. */
enum ecn_mode {
	ECN_UNKNOWN, /* not seen whole, or the copies of the SYNs disagree */
	ECN_NONE,
	ECN_CLASSIC, /* RFC 3168 */
	ECN_ACCURATE /* RFC 9768 */
};

/* Combinations of the bits, as bits of `syn` and `synack`. */
enum {
	ECN_PLAIN = 1u << 0,
	ECN_SETUP = 1u << 3,	      /* of a SYN: RFC 3168 */
	ECN_ACCURATE_SETUP = 1u << 7, /* of a SYN: RFC 9768 */
	ECN_AGREED = 1u << 1,	      /* of a SYN-ACK: RFC 3168 */
	/* of a SYN-ACK: RFC 9768, Table 2, which codepoint the SYN had */
	ECN_ACCURATE_AGREED = 1u << 2 | 1u << 3 | 1u << 4 | 1u << 6
};

/* Of one end. */
struct ecn_end {
	uint8_t syn, synack; /* combinations that it sent */
	bool syn_marked;     /* one of these had a codepoint */
	bool takes_part;     /* its later segments show that it uses ECN */
	bool ce_seen;	     /* text of it with CE has passed */
	uint16_t ip_id;	     /* the latest in order; 0: none */
	uint32_t largest;    /* of its texts */

	/* Its text with CE, until the peer says so; 0: none. */
	int64_t ce_start, ce_end;
	tcpaudit_packet_id ce_packet;
	uint8_t ce_acks; /* that cover it without saying so */
	bool ce_exact;	 /* the first of them ends where it ends */

	/* Its text with CWR, until the peer goes without ECE; 0: none. */
	int64_t cwr_start, cwr_end, t_cwr_acked;
	int64_t t_cwr; /* its last CWR; 0: none */
	tcpaudit_packet_id cwr_packet;
	uint8_t cwr_echoes; /* ECE in spite of it */

	/* ECE toward it that it has to answer with CWR; 0: none. */
	int64_t t_echo, t_echo_taken;
	int64_t echo_end; /* of the peer's text that had it; 0: none */
	tcpaudit_packet_id echo_packet;
	uint64_t echo_rtx; /* its retransmissions before */
	uint32_t echo_tsval;
	bool echo_stamped;
	uint8_t echo_ignored; /* new segments without CWR since */
};

struct ecn {
	uint8_t mode; /* enum ecn_mode */
	struct ecn_end end[2];
};

#endif
