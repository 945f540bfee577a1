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

/* Any word size will do, because 2^64 is 1 modulo 2^16 - 1 (RFC 1071, 2C): add
 * 64 bits at a time and count the carries.  Two sums keep the processor from
 * waiting for one carry after the other. */
uint64_t
ta_checksum_add(uint64_t sum, const uint8_t *p, size_t n)
{
	uint64_t a = sum, b = 0, carry = 0, word;

	for (; n >= 16; n -= 16, p += 16) {
		word = bytes_native64(p);
		a += word;
		carry += a < word;
		word = bytes_native64(p + 8);
		b += word;
		carry += b < word;
	}
	if (n >= 8) {
		word = bytes_native64(p);
		a += word;
		carry += a < word;
		p += 8;
	}
	/* Below 2^36 together: there is room for what is added later. */
	return checksum_halves(a) + checksum_halves(b) + carry + tail(p, n & 7);
}
