/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Bounded reads: right inside, nothing outside.  The octets stand alone in
 * memory, so that a sanitizer sees each read past them. */
#include "bytes.h"

#include <stdlib.h>

#include "test.h"

static const uint8_t octets[8] = { 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
	0x88 };

static void
test_reads(void)
{
	struct bytes b = { octets, octets + sizeof(octets) };
	uint8_t to[4] = { 0 };

	CHECK(bytes_left(&b) == 8);
	CHECK(bytes_u8(&b, 7) == 0x88 && bytes_u16(&b, 6) == 0x8788);
	CHECK(bytes_u32(&b, 4) == 0x85868788);
	CHECK(bytes_little16(&b, 0) == 0x8281);
	CHECK(bytes_little32(&b, 4) == 0x88878685);
	CHECK(bytes_copy(&b, 4, to, 4) && to[0] == 0x85 && to[3] == 0x88);
	CHECK(bytes_skip(&b, 3) && bytes_u8(&b, 0) == 0x84);
	bytes_limit(&b, 2);
	CHECK(bytes_left(&b) == 2 && bytes_u8(&b, 2) == 0);
	bytes_limit(&b, 9);
	CHECK(bytes_left(&b) == 2 && "a limit never widens");
	CHECK(!bytes_skip(&b, 3) && bytes_left(&b) == 2);
	CHECK(bytes_skip(&b, 2) && bytes_left(&b) == 0 && bytes_skip(&b, 0));
}

/* Each length, each offset, and those near the end of all numbers. */
static void
test_outside(void)
{
	int wrong = 0;

	for (size_t n = 0; n <= sizeof(octets); n++) {
		uint8_t *p = malloc(n > 0 ? n : 1), to[4];
		struct bytes b = { p, p + n };

		memcpy(p, octets, n);
		for (size_t i = 0; i < 40; i++) {
			size_t at = i < 20 ? i : SIZE_MAX - (i - 20);

			wrong += (bytes_u8(&b, at) != 0) != (at < n);
			wrong +=
			    (bytes_u16(&b, at) != 0) != (n >= 2 && at <= n - 2);
			wrong +=
			    (bytes_u32(&b, at) != 0) != (n >= 4 && at <= n - 4);
			wrong += bytes_copy(&b, at, to, 4) !=
				 (n >= 4 && at <= n - 4);
		}
		wrong += bytes_skip(&b, n + 1) || bytes_skip(&b, SIZE_MAX);
		wrong += bytes_left(&b) != n;
		free(p);
	}
	CHECK(wrong == 0);
}

int
main(void)
{
	test_reads();
	test_outside();
	return test_done();
}
