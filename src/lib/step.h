/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* One segment moves one connection. */
#ifndef STEP_H
#define STEP_H

#include "check.h"

/* Judges a segment of `side` of the flow's key, and moves the model.  Returns
 * TCPAUDIT_OK or TCPAUDIT_ENOMEM. */
int ta_step(struct tcpaudit *, struct flow *, int side, const struct segment *);

/* judge.c: the segment, whose numbers, range and fate are known: one that is no
 * reset, and a reset. */
void ta_judge_segment(struct step *);
void ta_judge_rst(struct step *);
/* The same for one that is smooth, see transfer.h: its fate is known. */
void ta_judge_smooth(struct step *);

/* update.c: the variables of both ends follow the segment. */
void ta_update(struct step *);

/* transmission.c: the flight of the sender has the segment from now on, unless
 * it is acknowledged already; without memory it is not remembered. */
void ta_remember_sent(struct step *);

#endif
