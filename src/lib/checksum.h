/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The Internet checksum: the one's complement sum of 16-bit words (RFC 1071).
 * A running sum is kept in the byte order of the machine, which the sum does
 * not mind (RFC 1071, 2B), and becomes a number at the end. */
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Adds `n` octets at `p` to a running sum (at first 0).  Only the last piece
 * may have an odd number of them. */
uint64_t ta_checksum_add(uint64_t sum, const uint8_t *p, size_t n);

/* The same number modulo 2^16 - 1, below 2^33, which is 0 for 0 only. */
static inline uint64_t
checksum_halves(uint64_t sum)
{
	return (sum & UINT32_MAX) + (sum >> 32);
}

/* Adds eight octets, as they are in memory; what carries out of the sum enters
 * it below. */
static inline uint64_t
checksum_add64(uint64_t sum, uint64_t octets)
{
	sum += octets;
	return sum + (sum < octets);
}

/* Adds a number of 32 bits in host order, as its four octets on the wire, to a
 * sum that is not above 2^63. */
static inline uint64_t
checksum_add32(uint64_t sum, uint32_t number)
{
	const uint8_t wire[4] = { (uint8_t)(number >> 24),
		(uint8_t)(number >> 16), (uint8_t)(number >> 8),
		(uint8_t)number };
	uint32_t word;

	memcpy(&word, wire, sizeof(word));
	return sum + word;
}

/* The sum in 16 bits, in host order, not complemented: 0xffff for octets that
 * include a right checksum.  A number and itself with its halves exchanged have
 * their one's complement sum in the upper half of what they add up to. */
static inline uint16_t
checksum_fold(uint64_t sum)
{
	uint32_t half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
	uint16_t native;
	uint8_t wire[2];

	native = (uint16_t)((half + (half << 16 | half >> 16)) >> 16);
	memcpy(wire, &native, sizeof(wire));
	return (uint16_t)(wire[0] << 8 | wire[1]);
}

#endif
