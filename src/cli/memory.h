/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Where engines have their memory from. */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

/* As malloc() and free(), for struct tcpaudit_config: `argument` is nothing to
 * them.  Of much at a time the system is asked for large pages. */
void *memory_take(void *argument, size_t size);
void memory_give(void *argument, void *memory);

#endif
