/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Timers on the capture clock.  A flow waits in the wheel for the earliest of
 * its deadlines; one that has moved later is found when the old one comes, so
 * that a packet costs nothing here.  Before a packet is judged, the timers of
 * its own flow have run exactly up to it; those of other flows run within a
 * slot of the wheel, in an order that depends on nothing else, and report their
 * own deadline as the time. */
#ifndef TIMER_H
#define TIMER_H

#include <stdint.h>

struct flow;
struct tcpaudit;
struct connection;

#define TIMER_SLOTS   4096
#define TIMER_SLOT_NS (INT64_C(1) << 27) /* 134 ms */

struct timer_wheel {
	int64_t start;		    /* time of the slot that runs */
	int64_t cursor;		    /* slot number up to which all have run */
	uint32_t slot[TIMER_SLOTS]; /* nodes */
};

/* Constants of rules D.1 that no option changes, in ns. */
#define SECOND	       INT64_C(1000000000)
#define MILLISECOND    INT64_C(1000000)
#define T_SYN	       (75 * SECOND) /* after the last SYN */
#define T_HANDSHAKE    (75 * SECOND) /* after the last SYN-ACK */
#define T_EOF_GRACE    (3 * SECOND)
#define T_REBOOT       (5 * SECOND) /* no host is back sooner */
#define T_REACT	       (1 * SECOND) /* and the round trip to who must react */
#define T_FIN	       (60 * SECOND)
#define T_CLOSE_WAIT   (60 * SECOND)
#define T_IDLE_UNACKED (3600 * SECOND)
#define T_IDLE	       (8100 * SECOND) /* 2 h, 9 keepalives of 75 s, and slack */
#define T_KEEPALIVE    (75 * SECOND)
#define T_WINDOW       (60 * SECOND) /* a window that stays closed */
#define T_MIDSTREAM    (2 * SECOND)
#define T_SILENCE      (200 * MILLISECOND) /* nothing is under way any more */
#define T_DUPLICATE    (5 * MILLISECOND)
#define T_TOMBSTONE    (3600 * SECOND)	     /* at most; see tombstone.h */
#define T_PAWS_IDLE    (24 * 86400 * SECOND) /* RFC 7323, 5.5 */

/* The flow wants to be called at the earliest deadline of its connections. */
void ta_timer_arm(struct tcpaudit *, struct flow *);

/* The same for a node, whatever its body is: at `at`, INT64_MAX: never. */
void ta_timer_arm_at(struct tcpaudit *, uint32_t node, int64_t at);

/* When a node of the slot that runs is due: those that came late, at its
 * beginning. */
int64_t ta_timer_due(const struct tcpaudit *, uint32_t node);

/* The flow of a node leaves the wheel. */
void ta_timer_disarm(struct tcpaudit *, uint32_t node);

/* The clock has reached `now`: runs every timer that is due, of all flows. */
void ta_timer_advance(struct tcpaudit *, int64_t now);

/* When that will next have something to do, at the earliest. */
int64_t ta_timer_next(const struct tcpaudit *);

/* Runs the timers of one flow that are due at `now`, in order of deadline.
 * The flow may be gone afterwards: returns false then. */
int ta_timer_run(struct tcpaudit *, struct flow *, int64_t now);

#endif
