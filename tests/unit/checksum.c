/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The sum against RFC 1071's example and against the plain definition. */
#include "checksum.h"

#include "test.h"

enum { SIZE = 300 };

/* RFC 1071, 1, word by word. */
static uint16_t
plain(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* Lengths and alignments of octets that carry a lot. */
static void
test_lengths(uint8_t fill)
{
	uint8_t data[SIZE];
	size_t wrong = 0, begin, n;

	for (size_t i = 0; i < SIZE; i++)
		data[i] = fill != 0 ? fill : (uint8_t)(i * 167 + (i >> 3));
	for (begin = 0; begin < 9; begin++)
		for (n = 0; begin + n <= SIZE; n++)
			wrong += checksum_fold(ta_checksum_add(0, data + begin,
				     n)) != plain(data + begin, n);
	CHECK(wrong == 0 && "every length, at every alignment");
}

/* A sum in pieces is the sum of the whole. */
static void
test_pieces(void)
{
	uint8_t data[SIZE];
	size_t wrong = 0;
	uint64_t sum;

	for (size_t i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(255 - i % 7);
	for (size_t cut = 0; cut <= SIZE; cut += 2) {
		sum = ta_checksum_add(0, data, cut);
		sum = ta_checksum_add(sum, data + cut, SIZE - cut);
		wrong += checksum_fold(sum) != plain(data, SIZE);
	}
	CHECK(wrong == 0 && "cut at every even place");
}

static void
test_numbers(void)
{
	const uint8_t example[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6,
		0xf7 };
	uint64_t sum = UINT64_C(0xffffffffffff);

	CHECK(checksum_fold(ta_checksum_add(0, example, 8)) == 0xddf2);
	CHECK(checksum_fold(checksum_add32(0, 0x00061234)) == 0x123a);
	CHECK(checksum_fold(checksum_add32(0, 0xffff0001)) == 0x0001);
	CHECK(checksum_fold(0) == 0);
	CHECK(checksum_fold(sum) == 0xffff);
	CHECK(checksum_fold(ta_checksum_add(UINT64_MAX, example, 8)) == 0xddf2);
}

int
main(void)
{
	test_numbers();
	test_lengths(0);
	test_lengths(0xff);
	test_pieces();
	return test_done();
}
