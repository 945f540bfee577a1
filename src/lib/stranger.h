/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A connection whose whole handshake was not captured, on the tuple of one that
 * was: known by numbers that are far from all of the old one. */
#ifndef STRANGER_H
#define STRANGER_H

#include "check.h"

/* Whether the segment, which is neither SYN nor RST and comes from `side` of
 * the flow's key, shows that another connection took the place of `c`.  One
 * that only may is remembered, and what was said of it taken back when the next
 * one confirms it. */
bool ta_stranger(
    struct tcpaudit *, struct connection *c, int side, const struct segment *);

#endif
