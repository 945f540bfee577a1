/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* FL: floods and scans, judged by what is counted over many connections. */
#ifndef CHECK_FLOOD_H
#define CHECK_FLOOD_H

#include "flood.h"

/* Begins to count. */
void ta_flood_init(struct tcpaudit *);

/* Part of the connections are counted elsewhere: nothing is judged, and what is
 * known of a second goes to `part`, whose argument is the engine. */
void ta_flood_share(
    struct tcpaudit *, void (*part)(void *argument, const struct tally_part *));

/* Adds what another engine counted; `plain` as in its struct flood, when it had
 * finished.  Parts come in order of their seconds. */
void ta_flood_merge(struct tcpaudit *, const struct tally_part *, bool plain);

/* The capture clock has moved: judges what is settled. */
void ta_flood_advance(struct tcpaudit *);

/* The capture is over: all is judged as far as it goes, before the connections
 * that are still open end. */
void ta_flood_finish(struct tcpaudit *);

/* After that: the findings are written for the last time, and everything is
 * forgotten. */
void ta_flood_clear(struct tcpaudit *);

#endif
