/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A calm connection (calm.h) that both ends have closed, of which nothing is
 * awaited any more but that 2 MSL pass: in a fifth of the room.  Its numbers
 * are written as what they differ by from what they nearly always are; so a
 * husk is exactly what it was made of, however unlike others that is. */
#ifndef HUSK_H
#define HUSK_H

#include "calm.h"
#include "fetch.h"
#include "tape.h"

/* Makes a husk of the calm connection that rests in a node, if it is closed and
 * nothing of it is in flight.  Where memory is short it stays as it is. */
void ta_husk_make(struct tcpaudit *, uint32_t node);

/* What it was made of, but for `close`, which is 0. */
void ta_husk_unpack(const struct tcpaudit *, uint32_t husk, struct calm *k,
    struct calm_close *z);

/* The number of a calm connection that is the same as the husk, which is given
 * back; 0: memory is short, and nothing has changed. */
uint32_t ta_husk_grow(struct tcpaudit *, uint32_t husk);

/* When it is next to be looked at: see ta_calm_due(). */
int64_t ta_husk_due(const struct tcpaudit *, uint32_t husk);

/* Its first packet. */
uint64_t ta_husk_first(const struct tcpaudit *, uint32_t husk);

/* It is wanted soon. */
static inline void
husk_fetch(const struct tape *husks, uint32_t husk)
{
	const uint8_t *at = tape_at(husks, husk);

	fetch_read(at);
	fetch_read(at + 64);
}

#endif
