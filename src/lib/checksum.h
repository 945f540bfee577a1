/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The Internet checksum: the one's complement sum of 16-bit words (RFC 1071).
 * A running sum is kept in the byte order of the machine, which the sum does
 * not mind (RFC 1071, 2B), and becomes a number at the end. */
#ifndef CHECKSUM_H
#define CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Adds `n` octets at `p` to a running sum (at first 0).  Only the last piece
 * may have an odd number of them. */
uint64_t ta_checksum_add(uint64_t sum, const uint8_t *p, size_t n);

/* Adds a number of 32 bits in host order, as its four octets on the wire. */
uint64_t ta_checksum_add32(uint64_t sum, uint32_t number);

/* The sum in 16 bits, in host order, not complemented: 0xffff for octets that
 * include a right checksum. */
uint16_t ta_checksum_fold(uint64_t sum);

#endif
