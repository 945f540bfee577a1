/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Packets of a network interface. */
#ifndef LIVE_H
#define LIVE_H

struct audit;

/* Captures from the interface of the options until --count, --duration, a
 * signal, or the end of the interface.  What goes wrong is said on stderr and
 * remembered in the audit. */
void live_run(struct audit *);

/* Writes --list-interfaces to standard output.  Returns the exit status. */
int live_list(void);

#endif
