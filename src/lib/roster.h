/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The tallies of a census in order of use; and those to which nothing happened
 * lately, which rest. */
#ifndef ROSTER_H
#define ROSTER_H

#include "census_tally.h"

struct roster {
	struct tally *oldest, *youngest; /* linked by `younger`, `older` */
	struct tally *resting;
};

/* A new one is used; `serial` is the number of the next glimpse. */
void ta_roster_append(struct roster *, struct tally *, uint64_t serial);

/* It is used, whether it rested or not. */
void ta_roster_wake(struct roster *, struct tally *, uint64_t serial);

/* The youngest was there when the glimpse of this number was used: it stands
 * before those that were used after that, unless there are very many. */
void ta_roster_place(struct roster *, struct tally *, uint64_t number);

void ta_roster_rest(struct roster *, struct tally *);
void ta_roster_remove(struct roster *, struct tally *);

#endif
