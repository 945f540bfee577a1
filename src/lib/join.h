/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What an engine knows that is told the parts of others, tcpaudit_join(). */
#ifndef JOIN_H
#define JOIN_H

struct tcpaudit;

/* Forgets it. */
void ta_join_clear(struct tcpaudit *);

#endif
