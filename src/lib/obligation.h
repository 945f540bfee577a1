/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What an endpoint owes, and when it becomes due: the timed rules. */
#ifndef OBLIGATION_H
#define OBLIGATION_H

#include "check.h"

/* The next deadline of a connection; INT64_MAX if it has none. */
int64_t ta_obligation_next(const struct tcpaudit *, const struct connection *);

/* Whatever is due at `deadline` is judged.  False: the connection ended. */
bool ta_obligation_run(
    struct tcpaudit *, struct connection *, int64_t deadline);

/* The capture is over: obligations that had time enough are judged with less
 * certainty (eof_grace), the others are listed as pending (at most `max`).
 * Returns how many. */
size_t ta_obligation_finish(struct tcpaudit *, struct connection *,
    const struct tcpaudit_rule **pending, size_t max);

#endif
