/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Fragments of IP datagrams, put together as far as an audit needs them: the
 * first octets, which hold the headers, and the total length. */
#ifndef FRAGMENT_H
#define FRAGMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "tcpaudit.h"

enum {
	FRAGMENT_SETS = 32,  /* a power of two */
	FRAGMENT_WAYS = 8,   /* datagrams in a set: 256 in all */
	FRAGMENT_KEPT = 256, /* octets kept of each datagram */
	FRAGMENT_PIECES = 16 /* separate ranges of one that may be held */
};

/* Older than this, the rest of a datagram is not waited for.  RFC 791, 3.2,
 * suggests 15 s, RFC 8200, 4.5, demands 60 s; systems wait 30 s. */
#define FRAGMENT_LIFETIME (INT64_C(30) * 1000000000)

/* Which datagram a fragment belongs to (RFC 791, 2.3; RFC 8200, 4.5).  No
 * padding, all of it compared. */
struct fragment_key {
	struct tcpaudit_address source, destination;
	uint32_t id;
	uint32_t tunnel; /* two tunnels may carry the same addresses */
	uint16_t vlan;
	uint8_t family;	  /* 4 or 6 */
	uint8_t protocol; /* of IPv4; 0 for IPv6 */
};

/* One fragment.  `data` is borrowed for the call. */
struct fragment {
	struct fragment_key key;
	int64_t time;	   /* ns since 1970 */
	uint32_t offset;   /* of its first octet in the datagram's payload */
	uint32_t length;   /* octets of payload, as IP says */
	uint32_t captured; /* of them, at `data` */
	const uint8_t *data;
	bool more;	  /* the More Fragments bit */
	uint8_t protocol; /* Next Header; that of the first fragment counts */
};

/* A datagram of which every fragment has come. */
struct fragment_whole {
	const uint8_t *data; /* in the table, until the next call */
	uint32_t captured;   /* octets there, at most FRAGMENT_KEPT */
	uint32_t length;     /* of the payload that was fragmented */
	unsigned before;     /* fragments that waited for the last one */
	bool cut;	     /* fewer than are kept: the capture cut them */
	uint8_t protocol;
};

enum fragment_result {
	FRAGMENT_WAITING, /* more are to come, or it was a copy */
	FRAGMENT_WHOLE,	  /* *whole is set */
	FRAGMENT_REFUSED  /* overlaps, or makes no sense: datagram given up */
};

struct fragment_range {
	uint32_t begin, end;
};

struct fragment_datagram {
	struct fragment_key key;
	int64_t time;	 /* of its first fragment captured */
	uint32_t length; /* total; UINT32_MAX until the last one has come */
	uint32_t known;	 /* octets from the start that no capture cut */
	bool used;
	bool refused; /* stays so until its time is over */
	uint8_t protocol;
	uint8_t ranges;
	uint16_t waiting; /* its fragments so far, saturating */
	struct fragment_range range[FRAGMENT_PIECES]; /* sorted, apart */
	uint8_t data[FRAGMENT_KEPT];
};

/* The table.  All zero, it is ready for use. */
struct fragment_table {
	struct fragment_datagram set[FRAGMENT_SETS][FRAGMENT_WAYS];
	uint8_t whole[FRAGMENT_KEPT]; /* what *whole points to */
};

/* Takes one fragment.  Two that overlap give their datagram up (RFC 5722, 3);
 * a copy of one that came is ignored (RFC 8200, 4.5).  Memory is fixed: where
 * there is no room, the oldest datagram of the set is forgotten. */
enum fragment_result ta_fragment_add(struct fragment_table *table,
    const struct fragment *fragment, struct fragment_whole *whole);

#endif
