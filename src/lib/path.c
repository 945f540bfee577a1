/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "path.h"

#include "fsm.h"

#define PATH_MAX_STATES 16

uint8_t
ta_path_at(const struct endpoint *x, unsigned i)
{
	return (x->path >> (4 * i)) & 15;
}

void
ta_path_push(struct endpoint *x, uint8_t state)
{
	if (x->path_length == PATH_MAX_STATES) {
		/* Keep the end of a very long story. */
		x->path >>= 4;
		x->path_length--;
	}
	x->path &= ~(UINT64_C(15) << (4 * x->path_length));
	x->path |= (uint64_t)state << (4 * x->path_length);
	x->path_length++;
}

/* The state that must lie between two, when one segment led through it; `to`
 * if none can. */
static uint8_t
between(uint8_t from, uint8_t to)
{
	if (from <= TCPAUDIT_LISTEN || to <= TCPAUDIT_LISTEN)
		return to;
	for (uint8_t i = TCPAUDIT_STATES - 1; i > TCPAUDIT_LISTEN; i--)
		if (ta_fsm_follows(from, i) && ta_fsm_follows(i, to))
			return i;
	return to;
}

bool
ta_path_go(struct endpoint *x, uint8_t state)
{
	for (unsigned i = x->path_length; i-- > 0;) {
		bool retracted = i + 1u < x->path_length;
		uint8_t last = ta_path_at(x, i), via = state;

		if (last != state && !ta_fsm_follows(last, state)) {
			via = between(last, state);
			if (via == state)
				continue;
		}
		x->path_length = i + 1;
		if (via != state)
			ta_path_push(x, via);
		if (last != state)
			ta_path_push(x, state);
		return retracted;
	}
	ta_path_push(x, state); /* states between were missed */
	return false;
}
