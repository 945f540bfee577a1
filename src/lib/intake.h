/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* How packets come in; see also tcpaudit_packets() and tcpaudit_packet(). */
#ifndef INTAKE_H
#define INTAKE_H

#include "engine.h"

/* The packet that waited for another (clock.h) is judged: at its own time, if
 * it is believed, or at the time `next` of what comes after it. */
int ta_intake_early(struct tcpaudit *, bool believed, int64_t next);

#endif
