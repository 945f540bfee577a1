/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A look inside, for tests: what is believed after each packet. */
#ifndef PROBE_H
#define PROBE_H

#include "tcpaudit.h"

/* The states of both ends, by enum tcpaudit_end, of the connection that the
 * last TCP segment moved.  Returns 0, or -1 if there
 * is none. */
int tcpaudit_probe_last(
    struct tcpaudit *, uint16_t possible[2], enum tcpaudit_state nominal[2]);

#endif
