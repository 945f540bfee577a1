/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The calm connections that have closed in the last seconds, in that order.
 * Nearly nothing comes to them any more: after it each becomes a husk. */
#ifndef LATELY_H
#define LATELY_H

#include <stdint.h>

struct tcpaudit;

struct lately {
	uint32_t first, last; /* struct calm_close; 0: none */
};

/* The calm connection of a node has closed; `close` is its own. */
void ta_lately_enter(struct tcpaudit *, uint32_t node, uint32_t close);

/* It is given back, whether it has entered or not. */
void ta_lately_leave(struct tcpaudit *, uint32_t close);

/* The clock has reached `now`. */
void ta_lately_settle(struct tcpaudit *, int64_t now);

#endif
