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

/* Whether the numbers of a segment from `side` fit the former incarnation and
 * not this one. */
bool ta_tombstone_fits(const struct tcpaudit *, const struct connection *,
    int side, const struct segment *);

/* Whether both numbers of a segment from `side` are where the former
 * incarnation ended. */
bool ta_tombstone_continues(
    const struct connection *, int side, const struct segment *);

#endif
