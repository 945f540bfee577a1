/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Which of two places in an audit comes first: alone in this file, for those
 * who have nothing else of the library. */
#include "tcpaudit_part.h"

static int
compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int
tcpaudit_place_compare(
    const struct tcpaudit_place *a, const struct tcpaudit_place *b)
{
	if (a->packet != b->packet)
		return compare(a->packet, b->packet);
	if (a->phase != b->phase)
		return compare(a->phase, b->phase);
	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return compare(a->flow, b->flow);
}
