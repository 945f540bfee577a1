/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is read of a TCP segment once it is known to be audited here: options,
 * checksum, digest. */
#ifndef DECODE_REST_H
#define DECODE_REST_H

#include "bytes.h"
#include "checksum.h"
#include "segment.h"

enum { TCP_HEADER = 20 };

/* The sum of the pseudo-header for `length` octets of TCP. */
static inline uint64_t
pseudo_header(const struct segment *s, uint32_t length)
{
	enum { TCP = 6 };
	uint64_t sum;

	if (s->family == 4) {
		sum = bytes_native32(s->source.bytes);
		sum += bytes_native32(s->destination.bytes);
	} else {
		sum = ta_checksum_add(0, s->source.bytes, 16);
		sum = ta_checksum_add(sum, s->destination.bytes, 16);
	}
	return checksum_add32(checksum_add32(sum, TCP), length);
}

/* A checksum that is not right, where the sum with it and with the
 * pseudo-header is `sum`.  A sender whose network card completes it puts the
 * sum of the pseudo-header there, of the whole length or, if the card also cuts
 * the text into segments, of length 0; what such a text has for a checksum
 * cannot be told. */
void ta_checksum_wrong(struct segment *s, uint64_t sum, uint32_t length);

/* Verifies the checksum of the `length` octets that are all of it, and of which
 * `sum` is the sum. */
static inline void
checksum_verify(struct segment *s, uint64_t sum, uint32_t length)
{
	sum += pseudo_header(s, length);
	if (checksum_fold(sum) != 0xffff) {
		ta_checksum_wrong(s, sum, length);
		return;
	}
	s->checksum_status = CHECKSUM_GOOD;
	s->checksum_expected = s->checksum;
}

/* See struct segment.  Of the last eight octets, some may go in twice. */
static inline uint32_t
digest(const uint8_t *p, uint32_t n, uint32_t length)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t a = factor ^ length, b = n;

	for (; n > 16; n -= 16, p += 16) {
		a = (a ^ bytes_native64(p)) * factor;
		b = (b ^ bytes_native64(p + 8)) * factor;
		a ^= a >> 32;
		b ^= b >> 32;
	}
	if (n > 8)
		a = (a ^ bytes_native64(p)) * factor;
	b = (b ^ bytes_native64(p + n - 8)) * factor;
	a = (a ^ a >> 32 ^ b) * factor;
	return (uint32_t)(a >> 32);
}

/* The sum of the first 32 octets. */
static inline uint64_t
sum_of_32(const uint8_t *p)
{
	uint64_t sum;

	sum = checksum_add64(bytes_native64(p), bytes_native64(p + 8));
	sum = checksum_add64(sum, bytes_native64(p + 16));
	return checksum_add64(sum, bytes_native64(p + 24));
}

/* Verifies the checksum where `sum` is that of the header, `header` octets. */
static inline void
rest_verify(struct segment *s, const uint8_t *p, uint32_t header, uint32_t have,
    uint64_t sum)
{
	sum = checksum_halves(sum);
	if (have > header)
		sum = ta_checksum_add(sum, p + header, have - header);
	checksum_verify(s, sum, have);
}

/* Of what nearly every segment is: its options are timestamps, put as in RFC
 * 7323, appendix A.  Where a length is known, no loop remains. */
static inline void
rest_stamped(struct segment *s, const uint8_t *p, uint32_t have, bool verify)
{
	enum { WHOLE = 32 };

	s->digest = digest(p, WHOLE, s->length);
	s->options = OPTION_TIMESTAMPS;
	s->tsval = bytes_load32(p + 24);
	s->tsecr = bytes_load32(p + 28);
	if (verify)
		rest_verify(s, p, WHOLE, have, sum_of_32(p));
}

/* Of any other. */
void ta_segment_rest(
    struct segment *s, const uint8_t *p, uint32_t have, bool verify);

/* `have` octets of TCP were captured at `p`; `verify`: these are all that there
 * were, and their checksum is asked for. */
static inline void
segment_rest(struct segment *s, const uint8_t *p, uint32_t have, bool verify)
{
	if (s->header_length == 32 && have >= 32 && s->faults == 0 &&
	    bytes_load32(p + TCP_HEADER) == 0x0101080a)
		rest_stamped(s, p, have, verify);
	else
		ta_segment_rest(s, p, have, verify);
}

#endif
