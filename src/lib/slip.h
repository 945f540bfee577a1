/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The findings of a calm connection (calm.h), in as little room as can be: most
 * of them were said, and will not be heard of again.  What is kept is all that
 * a `struct finding` holds. */
#ifndef SLIP_H
#define SLIP_H

#include <stdbool.h>
#include <stdint.h>

struct finding;
struct tcpaudit;

/* A piece of them. */
struct slip {
	uint32_t next; /* 0: none */
	uint8_t bytes[60];
};

/* What their times and packets are counted from. */
struct slip_base {
	int64_t time;
	uint64_t packet;
};

/* The number of what holds a list of findings, which stays with the caller; 0:
 * memory is short, or they do not fit.  To be given back. */
uint32_t ta_slip_pack(
    struct tcpaudit *, const struct slip_base *, const struct finding *list);

/* Whether there is memory for a finding of two pieces. */
bool ta_slip_room(struct tcpaudit *);

/* The same list again, in *list, of the engine's `findings`.  False: memory is
 * short, and nothing has changed. */
bool ta_slip_unpack(struct tcpaudit *, const struct slip_base *, uint32_t slip,
    struct finding **list);

/* Whether all of them were said as they stand. */
bool ta_slip_is_said(const struct tcpaudit *, uint32_t slip);

/* Gives it back; 0 is fine. */
void ta_slip_give(struct tcpaudit *, uint32_t slip);

/* Another one like it, or 0: memory is short. */
uint32_t ta_slip_clone(struct tcpaudit *, uint32_t slip);

/* Whether two hold the same. */
bool ta_slip_same(const struct tcpaudit *, uint32_t a, uint32_t b);

#endif
