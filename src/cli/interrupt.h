/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* SIGINT and SIGTERM: the first one asks for the report, a second one ends the
 * program at once. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

/* From now on the first SIGINT or SIGTERM only sets a flag, and interrupts a
 * system call that waits. */
void interrupt_catch(void);

/* Whether the first one has come. */
bool interrupt_seen(void);

#endif
