/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Sequence arithmetic around the wrap, half the space away, and far along. */
#include "seq.h"

#include "test.h"

/* The number nearest to base, in either direction, and its wire number. */
static int
unwraps(int64_t base, int64_t distance)
{
	int64_t seq = seq_unwrap(base, (uint32_t)(base + distance));

	return seq == base + distance && seq_raw(seq) == (uint32_t)seq;
}

static void
test_unwrap(void)
{
	static const int64_t distances[] = {
		0,
		1,
		-1,
		1460,
		-1460,
		SEQ_FAR,
		-SEQ_FAR,
		INT32_MAX,
		INT32_MIN,
	};
	static const int64_t bases[] = {
		SEQ_BASE,
		SEQ_BASE + UINT32_MAX,
		SEQ_BASE * 2,
		SEQ_BASE + INT32_MAX,
		SEQ_BASE * 1000 + 12345,
		SEQ_BASE * 1000000 - 1,
	};
	size_t wrong = 0;

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
		for (size_t j = 0; j < sizeof(distances) / sizeof(*distances);
		     j++)
			wrong += !unwraps(bases[i], distances[j]);
	CHECK(wrong == 0 && "every distance from every base");
}

/* A transfer of 20 GiB in steps as large as the largest window. */
static void
test_long_flow(void)
{
	int64_t seq = seq_first(UINT32_MAX - 5), end = seq;
	int wrong = 0;

	for (int i = 0; i < 20; i++) {
		end += SEQ_FAR;
		seq = seq_unwrap(seq, seq_raw(end));
		wrong += seq != end;
	}
	CHECK(wrong == 0 && "20 GiB");
	CHECK(seq - seq_first(UINT32_MAX - 5) == 20 * SEQ_FAR);
}

int
main(void)
{
	CHECK(seq_raw(seq_first(0)) == 0);
	CHECK(seq_raw(seq_first(UINT32_MAX)) == UINT32_MAX);
	CHECK(seq_first(0) - SEQ_FAR > 0 && "old numbers stay positive");
	CHECK(
	    seq_unwrap(seq_first(UINT32_MAX), 0) == seq_first(UINT32_MAX) + 1);
	CHECK(seq_unwrap(seq_first(0), UINT32_MAX) == seq_first(0) - 1);
	test_unwrap();
	test_long_flow();
	CHECK(serial_less(UINT32_MAX, 0) && !serial_less(0, UINT32_MAX));
	CHECK(serial_less(1, 2) && !serial_less(2, 1) && !serial_less(2, 2));
	CHECK(serial_less(0, INT32_MAX) && !serial_less(INT32_MAX, 0));
	return test_done();
}
