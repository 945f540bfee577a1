/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Sends for a cache line that is wanted soon, so that nobody waits for it
 * then.  Any address will do: nothing is read. */
#ifndef FETCH_H
#define FETCH_H

/* A compiler may find that a function does nothing but that, hence nothing,
 * and leave its calls out.  An empty statement that it knows nothing of forbids
 * it. */
#define FETCH_MATTERS() __asm__ volatile("")

/* The line is to be read. */
static inline __attribute__((always_inline)) void
fetch_read(const void *p)
{
	__builtin_prefetch(p);
	FETCH_MATTERS();
}

/* It is to be written. */
static inline __attribute__((always_inline)) void
fetch_write(const void *p)
{
	__builtin_prefetch(p, 1);
	FETCH_MATTERS();
}

#endif
