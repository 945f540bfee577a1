/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Numbers of a fixed length, the lowest octet first: on most machines they are
 * read and written as they are. */
#ifndef LITTLE_H
#define LITTLE_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LITTLE32(n) __builtin_bswap32(n)
#define LITTLE64(n) __builtin_bswap64(n)
#else
#define LITTLE32(n) (n)
#define LITTLE64(n) (n)
#endif

/* Each writes 4 or 8 octets to `p`, and returns where the next one goes. */
static inline uint8_t *
little_put32(uint8_t *p, uint32_t n)
{
	n = LITTLE32(n);
	memcpy(p, &n, sizeof(n));
	return p + sizeof(n);
}

static inline uint8_t *
little_put64(uint8_t *p, uint64_t n)
{
	n = LITTLE64(n);
	memcpy(p, &n, sizeof(n));
	return p + sizeof(n);
}

/* Each reads 4 or 8 octets. */
static inline uint32_t
little_get32(const uint8_t *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return LITTLE32(n);
}

static inline uint64_t
little_get64(const uint8_t *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	return LITTLE64(n);
}

#endif
