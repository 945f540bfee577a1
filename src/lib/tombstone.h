/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is remembered of an incarnation that is over: enough to judge the next
 * one of the tuple (rules A.11, D.2). */
#ifndef TOMBSTONE_H
#define TOMBSTONE_H

#include "engine.h"

/* The flow of a connection remembers it in place of the one before.  Without
 * memory it does not, and the next incarnation will seem the first. */
void ta_tombstone_make(struct tcpaudit *, struct connection *);

/* An hour, or less where much passes: then 2 MSL, and so many packets of the
 * capture.  So memory follows what is open, not what was. */
#define TOMBSTONE_PACKETS (UINT64_C(1) << 18)

/* Whether an incarnation whose last segment was that is remembered no more,
 * `now` and at the packet that is audited now. */
bool ta_tombstone_is_over(const struct tcpaudit *, int64_t t_end,
    tcpaudit_packet_id last_packet, int64_t now);

/* When to ask for it next, after `now`. */
int64_t ta_tombstone_due(const struct tcpaudit *, int64_t t_end, int64_t now);

/* Whether the numbers of a segment from `side` fit the former incarnation and
 * not this one. */
bool ta_tombstone_fits(const struct tcpaudit *, const struct connection *,
    int side, const struct segment *);

/* Whether both numbers of a segment from `side` are where the former
 * incarnation ended. */
bool ta_tombstone_continues(
    const struct connection *, int side, const struct segment *);

#endif
