/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The quick way of the end of a connection that rests: what is said of it is
 * what was said of another one of the same shape, but for the numbers. */
#ifndef QUICK_END_H
#define QUICK_END_H

#include "seed.h"
#include "tcpaudit.h"

/* In what situation a connection ends. */
enum quick_how {
	QUICK_OVER,  /* the capture is over */
	QUICK_EARLY, /* so it is, too early to judge a SYN without an answer */
	QUICK_GRACE, /* so it is, early enough */
	QUICK_HALF_EARLY, /* the same of a SYN-ACK */
	QUICK_HALF_GRACE,
	QUICK_EXPIRED,	  /* closed, and so for 2 MSL */
	QUICK_UNANSWERED, /* a SYN, for T_SYN */
	QUICK_HOWS
};

/* What is found about a SYN without an answer, but for the numbers; there are
 * so many values. */
#define ATTEMPT_VALUES 3

struct quick_attempt {
	uint8_t severity, confidence;
	uint8_t state[2];
	uint16_t possible[2];
};

/* What is known of the end of a shape. */
struct quick_end {
	uint32_t shape;
	uint8_t how; /* enum quick_how */
	uint8_t state;
	struct quick_attempt attempt;	   /* if it is one that is judged */
	struct tcpaudit_connection record; /* but for the numbers */
};

enum { QUICK_NEW, QUICK_ASKED, QUICK_KNOWN, QUICK_NEVER };

#define QUICK_ENDS 448

/* What was found about the one that is asked about: the first finding, what it
 * points to if there is as much as expected, and how many there were. */
struct quick_heard {
	unsigned count;
	struct tcpaudit_finding record;
	struct tcpaudit_value value[ATTEMPT_VALUES];
	tcpaudit_packet_id packet;
};

struct quick_ends {
	struct quick_end *end; /* NULL: not yet */
	/* What is to be learned from the one that ends the long way. */
	struct quick_end *ask; /* NULL: nothing */
	uint64_t findings;     /* said before */
	struct quick_heard heard;
	uint64_t taken;
	struct calm calm;
	struct calm_close close;
	struct seed seed;
};

/* The capture is over, and so is what rests in a node.  False: it has to go the
 * long way, and nothing has changed. */
bool ta_quick_end(struct tcpaudit *, uint32_t node);

/* The same by a timer: for what rests in a node and may be due at `now`. */
bool ta_quick_expire(struct tcpaudit *, uint32_t node, int64_t now);

/* The record of one that ends the long way. */
void ta_quick_learn_end(struct tcpaudit *, const struct tcpaudit_connection *);

/* What is known is forgotten. */
void ta_quick_clear_ends(struct tcpaudit *);

#endif
