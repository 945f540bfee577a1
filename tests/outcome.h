/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What the library said about a simulated capture, in a form to compare. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include "sim.h"

enum {
	OMIT_SEQUENCES = 1, /* sequence numbers among the values */
	OMIT_TIMES = 2	    /* instants and durations */
};

/* How a capture is shown to the library. */
struct trial {
	const struct sim_capture *capture;
	const struct sim_view *view;
	const bool *gone; /* by frame: not in the capture; NULL: all are */
	bool wait;	  /* the capture goes on for hours after the last one */
	bool twice;	  /* each frame again, 10 microseconds later */
	unsigned omit;	  /* OMIT_*, of what is written into texts */
};

/* A finding as last revised. */
struct outcome_finding {
	uint64_t id;
	const struct tcpaudit_rule *rule;
	enum tcpaudit_severity severity;
	enum tcpaudit_confidence confidence;
	uint64_t packet, last_packet;
	size_t packets; /* evidence */
	uint64_t evidence[TCPAUDIT_EVIDENCE_MAX];
	char text[600];
};

struct outcome {
	const struct trial *trial;
	struct outcome_finding *finding;
	size_t count, room;
	char (*connection)[400];
	size_t connections, connection_room;
	char unsound[300]; /* the first packet that proves it; else empty */
};

/* Runs a new engine over the trial, which outlives the outcome.  Aborts the
 * program if memory is short. */
void outcome_run(struct outcome *, const struct trial *);
void outcome_clear(struct outcome *);

/* Whether two outcomes say the same, findings of the rule named `but` (or NULL)
 * aside.  If not, *why says what differs first. */
bool outcome_same(const struct outcome *, const struct outcome *,
    const char *but, char *why, size_t room);

/* Prints a capture: each packet, what is true, what is believed, what was
 * found. */
void outcome_trace(const struct sim_capture *);

#endif
