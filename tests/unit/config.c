/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The defaults of each stack. */
#include "tcpaudit.h"

#include <string.h>

#include "test.h"

#define SECOND INT64_C(1000000000)

/* TIME-WAIT in seconds: RFC 9293, 3.4.2 (an MSL of two minutes); Linux, 60 s
 * by TCP_TIMEWAIT_LEN; BSD, an MSL of 30 s; macOS, 15 s; Windows, 60 s. */
static const struct {
	enum tcpaudit_stack stack;
	int64_t timewait;
} stacks[] = {
	{ TCPAUDIT_STACK_RFC, 240 },
	{ TCPAUDIT_STACK_LINUX, 60 },
	{ TCPAUDIT_STACK_BSD, 60 },
	{ TCPAUDIT_STACK_MACOS, 30 },
	{ TCPAUDIT_STACK_WINDOWS, 120 },
};

static void
test_stack(enum tcpaudit_stack stack, int64_t timewait)
{
	struct tcpaudit_config c;
	struct tcpaudit *t;

	memset(&c, 0xa5, sizeof(c));
	tcpaudit_defaults(&c, stack);
	CHECK(c.stack == stack);
	CHECK(2 * c.msl == timewait * SECOND);
	CHECK(c.tw_floor > 0 && c.tw_floor <= 2 * c.msl &&
	      "the floor lies in TIME-WAIT");
	CHECK(c.on_finding == NULL && c.on_transition == NULL &&
	      c.on_connection == NULL && c.argument == NULL);
	CHECK(c.allocate == NULL && c.release == NULL);
	CHECK(c.local == NULL && c.local_count == 0);
	CHECK(c.memory_bytes >= 1 << 20);
	CHECK(c.flood_syn > 0 && c.half_open > 0);
	CHECK(c.checksum == TCPAUDIT_CHECKSUM_AUTO);
	CHECK(c.flow_key == TCPAUDIT_KEY_TUPLE);
	t = tcpaudit_new(&c);
	CHECK(t != NULL && "the defaults make sense");
	tcpaudit_free(t);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++)
		test_stack(stacks[i].stack, stacks[i].timewait);
	return test_done();
}
