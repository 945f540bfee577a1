/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Numbers of a parcel that is read, as parcel_write.c writes them: each takes
 * its octets off the front; what cannot be is 0, and the reader has `failed`.
 */
#ifndef PARCEL_NUMBER_H
#define PARCEL_NUMBER_H

#include <string.h>

#include "little.h"
#include "parcel.h"

/* In groups of seven bits. */
static inline uint64_t
get(struct parcel_reader *r)
{
	uint64_t n = 0;

	if (r->p < r->end && *r->p < 0x80) /* the usual one */
		return *r->p++;
	for (unsigned shift = 0; shift < 64 && r->p < r->end; shift += 7) {
		uint8_t byte = *r->p++;

		n |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return n;
	}
	r->failed = true;
	return 0;
}

/* One that is not greater than `most`, or 0. */
static inline uint64_t
get_most(struct parcel_reader *r, uint64_t most)
{
	uint64_t n = get(r);

	if (n <= most)
		return n;
	r->failed = true;
	return 0;
}

/* The same with a sign. */
static inline int64_t
get_signed(struct parcel_reader *r)
{
	uint64_t n = get(r);

	return (int64_t)(n & 1 ? ~(n >> 1) : n >> 1);
}

/* What differs from the last one is written; *last is the new one. */
static inline int64_t
get_step(struct parcel_reader *r, int64_t *last)
{
	*last = (int64_t)((uint64_t)*last + (uint64_t)get_signed(r));
	return *last;
}

/* A packet, counted back from that of the place. */
static inline tcpaudit_packet_id
get_packet(struct parcel_reader *r)
{
	return r->state.place.packet - (uint64_t)get_signed(r);
}

/* One from `least` to `most`, or `least`. */
static inline int
get_int(struct parcel_reader *r, int least, int most)
{
	int64_t n = get_signed(r);

	if (n >= least && n <= most)
		return (int)n;
	r->failed = true;
	return least;
}

/* An octet that is not greater than `most`, or 0. */
static inline uint8_t
get_byte(struct parcel_reader *r, uint8_t most)
{
	uint8_t byte = r->p < r->end ? *r->p++ : 255;

	if (byte <= most)
		return byte;
	r->failed = true;
	return 0;
}

/* Octets as they are; if there are not so many, `to` stays as it is. */
static inline void
get_bytes(struct parcel_reader *r, uint8_t *to, size_t length)
{
	if ((size_t)(r->end - r->p) < length) {
		r->failed = true;
		return;
	}
	memcpy(to, r->p, length);
	r->p += length;
}

/* Of 4 or 8 octets, or 0. */
static inline uint32_t
get32(struct parcel_reader *r)
{
	const uint8_t *p = r->p;

	if (r->end - p < 4) {
		r->failed = true;
		return 0;
	}
	r->p = p + 4;
	return little_get32(p);
}

static inline uint64_t
get64(struct parcel_reader *r)
{
	const uint8_t *p = r->p;

	if (r->end - p < 8) {
		r->failed = true;
		return 0;
	}
	r->p = p + 8;
	return little_get64(p);
}

#endif
