/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What the census (census.h) will be asked for by segments that were looked at
 * and are not judged yet, as it seems: those by which connections begin, open
 * and close.  What they ask for is anywhere in large tables; so it is sent
 * for, in several steps, each of which needs what came by the one before.
 * Wrong forecasts do no harm. */
#ifndef FORECAST_H
#define FORECAST_H

#include "look.h"

/* Places that one segment concerns. */
#define FORECAST_PLACES 4

/* The hashes of the places, of at most LOOK_AHEAD segments.  Empty: `count` is
 * 0. */
struct forecast {
	uint32_t hash[LOOK_AHEAD * FORECAST_PLACES];
	unsigned count;
};

/* Each of these sends for what says what is known of the places that a segment
 * concerns.  It is a SYN that begins a connection. */
void ta_forecast_syn(
    const struct tcpaudit *, struct forecast *, const struct segment *);
/* It is of the client, and the first one that the connection is open by. */
void ta_forecast_open(
    const struct tcpaudit *, struct forecast *, const struct segment *);
/* It may be the last one of a connection, and this end sends it. */
void ta_forecast_close(const struct tcpaudit *, struct forecast *,
    const struct segment *, enum tcpaudit_end);

/* Sends for all that these places lead to. */
void ta_forecast_fetch(const struct tcpaudit *, const struct forecast *);

#endif
