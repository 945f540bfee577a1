/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <string.h>

#include "timer.h"
#include "tcpaudit.h"

/* RFC 9293, 3.4.2: two minutes.  Stacks differ: Linux keeps TIME-WAIT for 60 s
 * whatever its MSL is called, BSD's MSL is 30 s, macOS's 15 s, Windows's 60. */
static const int64_t msl_seconds[] = {
	[TCPAUDIT_STACK_RFC] = 120,
	[TCPAUDIT_STACK_LINUX] = 30,
	[TCPAUDIT_STACK_BSD] = 30,
	[TCPAUDIT_STACK_MACOS] = 15,
	[TCPAUDIT_STACK_WINDOWS] = 60,
};

void
tcpaudit_defaults(struct tcpaudit_config *config, enum tcpaudit_stack stack)
{
	memset(config, 0, sizeof(*config));
	config->stack = stack;
	config->msl = msl_seconds[stack] * SECOND;
	config->tw_floor = 60 * SECOND;
	if (config->tw_floor > 2 * config->msl)
		config->tw_floor = 2 * config->msl;
	config->memory_bytes = UINT64_C(1) << 30;
	config->flood_syn = 200;
	config->half_open = 128;
	config->checksum = TCPAUDIT_CHECKSUM_AUTO;
	config->flow_key = TCPAUDIT_KEY_TUPLE;
}
