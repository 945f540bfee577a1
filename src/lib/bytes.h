/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The only way to packet bytes: a range whose reads cannot leave it.  Numbers
 * are in network order unless the name says otherwise. */
#ifndef BYTES_H
#define BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The octets from `p` up to, not including, `end`.  Borrowed. */
struct bytes {
	const uint8_t *p, *end;
};

/* How many octets are left. */
static inline size_t
bytes_left(const struct bytes *b)
{
	return (size_t)(b->end - b->p);
}

/* Leaves the first `n` octets out, or changes nothing and returns false if
 * there are not so many. */
static inline bool
bytes_skip(struct bytes *b, size_t n)
{
	if (bytes_left(b) < n)
		return false;
	b->p += n;
	return true;
}

/* Keeps at most the first `n` octets. */
static inline void
bytes_limit(struct bytes *b, size_t n)
{
	if (bytes_left(b) > n)
		b->end = b->p + n;
}

/* The number at an offset; 0 if it is not wholly inside.  Where the difference
 * matters, the caller compares bytes_left() first. */
static inline uint8_t
bytes_u8(const struct bytes *b, size_t at)
{
	return at < bytes_left(b) ? b->p[at] : 0;
}

static inline uint16_t
bytes_u16(const struct bytes *b, size_t at)
{
	size_t left = bytes_left(b);

	if (left < 2 || at > left - 2)
		return 0;
	return (uint16_t)(b->p[at] << 8 | b->p[at + 1]);
}

static inline uint32_t
bytes_u32(const struct bytes *b, size_t at)
{
	size_t left = bytes_left(b);

	if (left < 4 || at > left - 4)
		return 0;
	return (uint32_t)b->p[at] << 24 | (uint32_t)b->p[at + 1] << 16 |
	       (uint32_t)b->p[at + 2] << 8 | b->p[at + 3];
}

/* Little-endian ones, for headers that capture programs invented. */
static inline uint16_t
bytes_little16(const struct bytes *b, size_t at)
{
	uint16_t n = bytes_u16(b, at);

	return (uint16_t)(n << 8 | n >> 8);
}

static inline uint32_t
bytes_little32(const struct bytes *b, size_t at)
{
	return (uint32_t)bytes_little16(b, at + 2) << 16 |
	       bytes_little16(b, at);
}

/* `n` octets from an offset to `to`, or returns false and writes nothing. */
static inline bool
bytes_copy(const struct bytes *b, size_t at, void *to, size_t n)
{
	size_t left = bytes_left(b);

	if (left < n || at > left - n)
		return false;
	memcpy(to, b->p + at, n);
	return true;
}

/* The first `n` octets, or NULL if there are not so many: asked for once, then
 * read without asking again.  The reader keeps within them. */
static inline const uint8_t *
bytes_first(const struct bytes *b, size_t n)
{
	return bytes_left(b) < n ? NULL : b->p;
}

/* The number at `p`, where the caller knows that there is one. */
static inline uint16_t
bytes_load16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
bytes_load32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
bytes_load64(const uint8_t *p)
{
	return (uint64_t)bytes_load32(p) << 32 | bytes_load32(p + 4);
}

/* Octets in the order of the machine: for sums and digests only. */
static inline uint32_t
bytes_native32(const uint8_t *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

static inline uint64_t
bytes_native64(const uint8_t *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof(n));
	return n;
}

#endif
