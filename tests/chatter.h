/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Random traffic as a monitor sees it: many connections at once, most of whose
 * segments are ordinary and some of which are anything but.  Nobody in it knows
 * RFC 9293 well: what is wanted is many situations, one beside the other. */
#ifndef CHATTER_H
#define CHATTER_H

#include <stdbool.h>
#include <stdint.h>

#include "tcpaudit.h"

/* A segment, before it is bytes. */
struct chatter_segment {
	uint8_t family;	 /* 4 or 6 */
	uint8_t from;	 /* 0 or 1: which end sends it */
	uint32_t number; /* of the pair of hosts and ports */
	bool tagged;	 /* by 802.1Q */
	uint8_t ttl, ecn;
	uint16_t ip_id;
	uint32_t seq, ack;
	uint16_t flags, window, urgent;
	uint8_t reserved;
	uint8_t options; /* octets of them */
	uint8_t option[40];
	uint32_t length; /* of the text */
	uint32_t cut;	 /* octets that were not captured */
	bool damaged;	 /* its checksum is wrong */
};

#define CHATTER_FRAME 70000

/* Puts it into bytes: Ethernet, IP, TCP.  `to` has CHATTER_FRAME octets;
 * packet->data is set to it. */
void chatter_frame(
    const struct chatter_segment *, uint8_t *to, struct tcpaudit_packet *);

struct chatter;

/* The same seed gives the same traffic, from `start` on (ns since 1970).  NULL:
 * memory is short.  The caller frees it. */
struct chatter *chatter_new(uint64_t seed, int64_t start);
void chatter_free(struct chatter *);

/* The next packet; its data are those of the chatter until the next call.  It
 * never ends. */
void chatter_next(struct chatter *, struct tcpaudit_packet *);

#endif
