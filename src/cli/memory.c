/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE ((uintptr_t)1 << 21)

/* The first touch of each page costs time: of much memory there had better be
 * few, where the system has larger ones. */
static void
want_large_pages(void *p, size_t size)
{
#ifdef MADV_HUGEPAGE
	uintptr_t from = ((uintptr_t)p + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
	uintptr_t to = ((uintptr_t)p + size) & ~(LARGE_PAGE - 1);

	/* A wish: that it cannot be met is no error. */
	if (size >= 2 * LARGE_PAGE)
		(void)madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
	(void)p;
	(void)size;
#endif
}

void *
memory_take(void *argument, size_t size)
{
	void *p = malloc(size);

	(void)argument;
	if (p != NULL)
		want_large_pages(p, size);
	return p;
}

void
memory_give(void *argument, void *memory)
{
	(void)argument;
	free(memory);
}
