/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* FL: floods and scans, judged by what is counted over many connections. */
#ifndef CHECK_FLOOD_H
#define CHECK_FLOOD_H

#include "flood.h"

/* Begins to count. */
void ta_flood_init(struct tcpaudit *);

/* The capture clock has moved: judges what is settled. */
void ta_flood_advance(struct tcpaudit *);

/* The capture is over: all is judged as far as it goes, before the connections
 * that are still open end. */
void ta_flood_finish(struct tcpaudit *);

/* After that: the findings are written for the last time, and everything is
 * forgotten. */
void ta_flood_clear(struct tcpaudit *);

#endif
