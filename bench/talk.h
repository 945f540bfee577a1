/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* One connection, written as a script: who sends what when, and what the other
 * has received by then.  The numbers follow from that. */
#ifndef TALK_H
#define TALK_H

#include "capture.h"
#include "chance.h"

#define MOST_SEGMENTS 96
#define FULL	      1448 /* octets of text in a segment with timestamps */
#define MICROSECOND   INT64_C(1000)
#define MILLISECOND   INT64_C(1000000)
#define SECOND	      INT64_C(1000000000)
#define ACK_DELAY     (40 * MILLISECOND) /* of Linux */

/* What an end of a connection knows. */
struct side {
	uint32_t next, expected, acked; /* SND.NXT, RCV.NXT, Last.ACK.sent */
	uint32_t clock;			/* of timestamps, at 0 */
	uint32_t recent;		/* TS.Recent */
	uint16_t window, id;
	int64_t delay; /* to the monitor */
};

struct talk {
	struct flow flow;
	struct side side[2];
	struct sack sack; /* what a segment with SACKS carries */
	uint8_t extra;	  /* of segments without SYN */
	unsigned count;	  /* of segments */
	struct segment segment[MOST_SEGMENTS];
};

/* A connection between these hosts, `rtt` apart, that begins at `now`: initial
 * sequence numbers as in RFC 6528, clocks, hops and windows. */
void talk_begin(struct talk *, struct chance *, const struct flow *,
    int64_t now, int64_t rtt);

/* `from` sends a segment at this time of its own; the calls of each end are in
 * the order of time.  The segment stays valid until talk_begin(). */
struct segment *talk_send(
    struct talk *, enum end from, int64_t at, unsigned flags, unsigned length);

/* The other end receives it; returns when. */
int64_t talk_take(struct talk *, const struct segment *);

/* Both at once, for what arrives before anything else is sent. */
int64_t talk_pass(
    struct talk *, enum end from, int64_t at, unsigned flags, unsigned length);

/* The handshake; returns when the server has the last of it. */
int64_t talk_open(struct talk *, int64_t at);

/* `from` sends so many octets in full segments; the other acknowledges every
 * second one, and what is left over if `all`.  Returns when the last of them
 * arrived. */
int64_t talk_text(
    struct talk *, enum end from, int64_t at, unsigned length, bool all);

/* `from` closes first, the other `later`; returns when the last ACK arrived. */
int64_t talk_close(struct talk *, enum end from, int64_t at, int64_t later);

/* Puts the segments into the order of the monitor. */
void talk_sort(struct talk *);

#endif
