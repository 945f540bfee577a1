/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What an engine that shares the capture with others hands on, instead of
 * saying it; join.c is the other end. */
#ifndef PART_H
#define PART_H

#include "engine.h"
#include "rules.h"

/* What is done with a packet, in order; and at the end of the capture. */
enum phase {
	PHASE_CLOCK, /* the packet's time */
	PHASE_TIMER, /* what is due by then */
	PHASE_PACKET,
	PHASE_CUT,
	PHASE_LAST,    /* the capture is over */
	PHASE_DUE,     /* what is due at its last moment */
	PHASE_JUDGE,   /* counts over many connections */
	PHASE_OPEN,    /* connections that are open still */
	PHASE_PENDING, /* what is undecided */
	PHASE_CLEAR,   /* counts are forgotten */
	PHASE_CAPTURE, /* the capture as a whole */
	PHASE_CLOSE,
	PHASE_DEFECTS
};

/* What follows is of this phase.  `time` and `flow` are given where a phase
 * goes through the flows: it does so in their order, see order.h. */
static inline void
part_phase(
    struct tcpaudit *t, enum phase phase, int64_t time, tcpaudit_packet_id flow)
{
	t->place.phase = phase;
	t->place.time = time;
	t->place.flow = flow;
}

/* Stages of the end of the capture, that of TCPAUDIT_PART_STAGE. */
enum stage { STAGE_JUDGE, STAGE_CLEAR, STAGE_CLOSE, STAGES };

/* Each hands on one part.  What a connection begins with, and what is counted
 * of it, waits for more of the same: for any other part, or ta_part_flush().
 * ta_part_count() returns where all of a count is to be written at once. */
void ta_part_clock(struct tcpaudit *);
void ta_part_begin(struct tcpaudit *, const struct connection *);
struct tcpaudit_count *ta_part_count(
    struct tcpaudit *, const struct connection *);
void ta_part_finding(struct tcpaudit *, const struct connection *,
    const struct tcpaudit_finding *, bool withdraws);
void ta_part_again(struct tcpaudit *, const struct connection *, enum rule);
void ta_part_transition(struct tcpaudit *, const struct connection *,
    const struct tcpaudit_transition *);
void ta_part_connection(struct tcpaudit *, const struct connection *,
    const struct tcpaudit_connection *, bool ends);
void ta_part_end(struct tcpaudit *, const struct connection *);
void ta_part_pending(struct tcpaudit *, uint64_t number);
void ta_part_stage(struct tcpaudit *, enum stage);

/* Nothing waits any more. */
void ta_part_flush(struct tcpaudit *);

#endif
