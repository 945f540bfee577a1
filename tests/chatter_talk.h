/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What chatter is made of: connections and their ends. */
#ifndef CHATTER_TALK_H
#define CHATTER_TALK_H

#include "chatter.h"

enum { TALKS = 48, FLYING = 128 };
#define MS INT64_C(1000000)

/* One end of a connection. */
struct mouth {
	uint32_t nxt;	      /* SND.NXT */
	uint32_t ack;	      /* of the peer's numbers */
	uint32_t edge;	      /* the right edge of its window, highest */
	uint32_t end[FLYING]; /* of its segments that are not acknowledged */
	unsigned flying;
	uint16_t window;
	uint16_t mss; /* 0: no option */
	uint8_t shift, ttl;
	bool stamps, scales, sacks, fin;
	uint16_t ip_id;
	uint32_t clock, tick; /* of its timestamps: at first, and ns */
	uint32_t tsval;	      /* the last one */
};

struct talk {
	uint32_t number;
	uint8_t family;
	bool tagged;
	unsigned phase;	 /* segments of its handshake; 3: open; 4: over */
	unsigned odd;	 /* one of so many segments is odd; 0: none */
	unsigned hidden; /* ends that are not captured: bits */
	unsigned life;	 /* segments until it closes */
	unsigned joins;	 /* segments of text that are one */
	bool greedy;	 /* the server has much to say */
	int64_t time, pace;
	struct mouth end[2];
	struct chatter_segment last;
};

struct chatter {
	uint64_t random;
	uint32_t numbers;
	int64_t ahead; /* of the clock of the capture */
	bool again;    /* the last frame once more */
	struct talk talk[TALKS];
	struct tcpaudit_packet packet;
	uint8_t frame[CHATTER_FRAME];
};

/* At random: less than `n`; or true, once in `n`. */
uint32_t chatter_below(struct chatter *, uint32_t n);
bool chatter_chance(struct chatter *, uint32_t n);

/* Appends timestamps. */
void chatter_stamp(struct chatter_segment *, uint32_t tsval, uint32_t tsecr);

/* chatter_odd.c: makes a segment odd.  True: its sender knows nothing of it,
 * and goes on as if it had not sent it. */
bool chatter_odd(struct chatter *, struct talk *, struct chatter_segment *);
void chatter_odd_header(
    struct chatter *, struct talk *, struct chatter_segment *);
void chatter_odd_options(
    struct chatter *, struct talk *, struct chatter_segment *);

#endif
