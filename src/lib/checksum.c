/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "checksum.h"

#include "bytes.h"

/* The last octets, fewer than eight, in ever smaller words. */
static inline uint64_t
tail(const uint8_t *p, size_t n)
{
	uint8_t last[2] = { 0 };
	uint64_t sum = 0;
	uint32_t word;
	uint16_t half;

	if (n & 4) {
		memcpy(&word, p, sizeof(word));
		sum += word;
		p += sizeof(word);
	}
	if (n & 2) {
		memcpy(&half, p, sizeof(half));
		sum += half;
		p += sizeof(half);
	}
	if (n & 1) {
		last[0] = *p;
		memcpy(&half, last, sizeof(half));
		sum += half;
	}
	return sum;
}

/* Two words at a time, by compilers that know vectors (GCC and its like). */
typedef uint64_t pair __attribute__((vector_size(16)));

static inline pair
load(const uint8_t *p)
{
	pair words;

	memcpy(&words, p, sizeof(words));
	return words;
}

/* The sum of blocks of 32 octets.  What carries out of the sum of 64 bits is
 * not lost: the upper halves are added on their own as well, and without them
 * the sum of the lower ones is left, which is far from 2^64. */
static inline uint64_t
blocks(const uint8_t *p, size_t n)
{
	pair all[2] = { { 0 } }, upper[2] = { { 0 } }, words;
	uint64_t sum = 0;

	for (const uint8_t *end = p + n; p < end; p += 2 * sizeof(pair)) {
		words = load(p);
		all[0] += words;
		upper[0] += words >> 32;
		words = load(p + sizeof(pair));
		all[1] += words;
		upper[1] += words >> 32;
	}
	upper[0] += upper[1];
	all[0] += all[1] - (upper[0] << 32);
	for (int i = 0; i < 2; i++)
		sum +=
		    checksum_halves(all[0][i]) + checksum_halves(upper[0][i]);
	return sum;
}

/* Any word size will do, because 2^64 is 1 modulo 2^16 - 1 (RFC 1071, 2C): add
 * 64 bits at a time and count the carries. */
uint64_t
ta_checksum_add(uint64_t sum, const uint8_t *p, size_t n)
{
	uint64_t a = sum, more = 0, carry = 0, word;
	size_t whole = n & ~(size_t)31;

	if (whole > 0) {
		more = blocks(p, whole);
		p += whole;
		n -= whole;
	}
	for (; n >= 8; n -= 8, p += 8) {
		word = bytes_native64(p);
		a += word;
		carry += a < word;
	}
	/* Below 2^36 together: there is room for what is added later. */
	return checksum_halves(a) + more + carry + tail(p, n);
}
