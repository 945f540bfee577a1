/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Sequence arithmetic.  On the wire a sequence number has 32 bits and is
 * compared modulo 2^32 (RFC 9293, 3.4).  Inside, every number is unwrapped to
 * 64 bits as soon as it is read, so that `<` means what it says and a wrap, or
 * a flow of more than 4 GiB, is nothing special.  The low 32 bits of an
 * unwrapped number are the number on the wire. */
#ifndef SEQ_H
#define SEQ_H

#include <stdint.h>

/* Added to the first number of a direction, so that older ones stay positive.
 */
#define SEQ_BASE (INT64_C(1) << 32)

/* A value farther from what is known is never "old data" (RFC 7323, 2.3: no
 * window exceeds 2^30). */
#define SEQ_FAR (INT64_C(1) << 30)

/* The number nearest to `base` whose low 32 bits are `raw`. */
static inline int64_t
seq_unwrap(int64_t base, uint32_t raw)
{
	return base + (int32_t)(raw - (uint32_t)base);
}

static inline uint32_t
seq_raw(int64_t seq)
{
	return (uint32_t)seq;
}

static inline int64_t
seq_first(uint32_t raw)
{
	return SEQ_BASE + raw;
}

/* Serial comparison of 32-bit counters that are not unwrapped (timestamps,
 * RFC 7323, 5.3; IP identification has 16 bits and is widened first). */
static inline int
serial_less(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

#endif
