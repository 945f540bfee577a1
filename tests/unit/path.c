/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The path of an endpoint: it grows, it takes back what was never entered, it
 * is bounded. */
#include "path.h"

#include "test.h"

static struct endpoint x;

static void
begin(enum tcpaudit_state state)
{
	x = (struct endpoint){ 0 };
	ta_path_push(&x, state);
}

static bool
is(const uint8_t *state, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ta_path_at(&x, i) != state[i])
			return false;
	return x.path_length == n;
}

static void
test_forward(void)
{
	static const uint8_t path[] = { TCPAUDIT_CLOSED, TCPAUDIT_SYN_SENT,
		TCPAUDIT_ESTABLISHED, TCPAUDIT_FIN_WAIT_1, TCPAUDIT_FIN_WAIT_2,
		TCPAUDIT_TIME_WAIT };
	bool went = false;

	begin(TCPAUDIT_CLOSED);
	for (int i = 1; i < 6; i++)
		went |= ta_path_go(&x, path[i]);
	CHECK(!went && is(path, 6));
}

static void
test_back(void)
{
	static const uint8_t path[] = { TCPAUDIT_LISTEN, TCPAUDIT_SYN_RECEIVED,
		TCPAUDIT_ESTABLISHED };
	static const uint8_t other[] = { TCPAUDIT_LISTEN, TCPAUDIT_SYN_RECEIVED,
		TCPAUDIT_ESTABLISHED, TCPAUDIT_FIN_WAIT_1 };

	begin(TCPAUDIT_LISTEN);
	ta_path_go(&x, TCPAUDIT_SYN_RECEIVED);
	ta_path_go(&x, TCPAUDIT_ESTABLISHED);
	ta_path_go(&x, TCPAUDIT_CLOSE_WAIT);
	CHECK(ta_path_go(&x, TCPAUDIT_ESTABLISHED) && is(path, 3) &&
	      "CLOSE-WAIT was never entered");
	ta_path_go(&x, TCPAUDIT_CLOSE_WAIT);
	CHECK(ta_path_go(&x, TCPAUDIT_FIN_WAIT_1) && is(other, 4) &&
	      "nor here: it sent its FIN before");
	CHECK(!ta_path_go(&x, TCPAUDIT_FIN_WAIT_1) && is(other, 4));
}

static void
test_bounded(void)
{
	begin(TCPAUDIT_LISTEN);
	for (int i = 0; i < 100; i++)
		ta_path_push(&x, (uint8_t)(i % TCPAUDIT_STATES));
	CHECK(x.path_length == 16);
	for (int i = 0; i < 16; i++)
		CHECK(ta_path_at(&x, i) == (84 + i) % TCPAUDIT_STATES);
}

int
main(void)
{
	test_forward();
	test_back();
	test_bounded();
	return test_done();
}
