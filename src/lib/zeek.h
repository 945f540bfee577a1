/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What Zeek would say of the connection: conn_state and history (rules C.2),
 * so that records can be joined.  Zeek believes every flag; nothing of it
 * enters tcpaudit's own verdict. */
#ifndef ZEEK_H
#define ZEEK_H

#include "check.h"

/* A segment, in capture order; not one that Zeek drops: whose checksum is known
 * to be wrong, or whose header does not hold. */
void ta_zeek_segment(const struct step *);

/* Something of `sender` that Zeek counts, for the `count`-th time: 'C' a wrong
 * checksum, 'G' a gap, 'T' a retransmission, 'W' a zero window.  The letter
 * stands in the history for the 1st, 10th, 100th ... time. */
void ta_zeek_count(
    struct connection *, int sender, char letter, uint64_t count);

/* Before the two are read.  An end all of whose checksums are wrong, and that
 * nobody answered, was not offloading, as far as anybody can tell: Zeek has
 * seen nothing but wrong checksums. */
void ta_zeek_end(struct connection *);

const char *ta_zeek_conn_state(const struct connection *);

#endif
