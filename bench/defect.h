/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What can be wrong with a connection.  A defect spoils a healthy script whose
 * segments are in the order of the monitor; what it adds is behind them. */
#ifndef DEFECT_H
#define DEFECT_H

#include "talk.h"

struct defect {
	const char *rule; /* of tcpaudit, that names it; the last has none */
	void (*apply)(struct talk *, struct chance *);
};

extern const struct defect defects_open[], defects_flow[], defects_close[];

/* The n-th segment of `from`, from 0, that has all these flags and none of
 * those, and at least so much text; the first segment if there is none. */
struct segment *defect_find(struct talk *, enum end from, unsigned has,
    unsigned lacks, unsigned length, unsigned n);

/* Whose FIN was the first. */
enum end defect_closer(struct talk *);

/* The same sender sends that next, so much later. */
struct segment *defect_follow(struct talk *, const struct segment *,
    int64_t later, unsigned flags, unsigned length);

/* The same segment again, so much later. */
struct segment *defect_repeat(
    struct talk *, const struct segment *, int64_t later);

/* The other end answers the segment with one without text. */
struct segment *defect_answer(
    struct talk *, const struct segment *, unsigned flags);

/* Nothing of both ends comes after this segment. */
void defect_cut(struct talk *, const struct segment *);

#endif
