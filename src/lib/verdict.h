/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* How an incarnation ended: exactly one verdict (rules C.1, H.11). */
#ifndef VERDICT_H
#define VERDICT_H

#include "check.h"

/* Writes the connection record. */
void ta_verdict_report(struct tcpaudit *, struct connection *, bool at_eof);

/* The same when it is made already: of `c` no more than its number is asked.
 * `ends`: and nothing more is to be said of it. */
void ta_verdict_say(struct tcpaudit *, const struct connection *c,
    const struct tcpaudit_connection *, bool ends);

/* Wireshark's completeness bits of a segment (rules C.3). */
uint8_t ta_verdict_completeness(const struct step *);

#endif
