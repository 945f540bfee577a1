/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "roster.h"

/* How far back a place is looked for: only the numbers of findings depend on
 * it. */
#define WALK 64

void
ta_roster_append(struct roster *s, struct tally *y, uint64_t serial)
{
	y->serial = serial;
	y->younger = NULL;
	y->older = s->youngest;
	if (s->youngest != NULL)
		s->youngest->younger = y;
	else
		s->oldest = y;
	s->youngest = y;
}

void
ta_roster_remove(struct roster *s, struct tally *y)
{
	if (y->older != NULL)
		y->older->younger = y->younger;
	else if (y->resting)
		s->resting = y->younger;
	else
		s->oldest = y->younger;
	if (y->younger != NULL)
		y->younger->older = y->older;
	else if (!y->resting)
		s->youngest = y->older;
}

void
ta_roster_rest(struct roster *s, struct tally *y)
{
	ta_roster_remove(s, y);
	y->resting = true;
	y->older = NULL;
	y->younger = s->resting;
	if (s->resting != NULL)
		s->resting->older = y;
	s->resting = y;
}

void
ta_roster_wake(struct roster *s, struct tally *y, uint64_t serial)
{
	ta_roster_remove(s, y);
	y->resting = false;
	ta_roster_append(s, y, serial);
}

void
ta_roster_place(struct roster *s, struct tally *y, uint64_t number)
{
	struct tally *after = y->older;

	y->serial = number;
	for (int i = 0; i < WALK && after != NULL && after->serial > number;
	     i++)
		after = after->older;
	if (after == y->older)
		return;
	ta_roster_remove(s, y);
	y->older = after;
	y->younger = after != NULL ? after->younger : s->oldest;
	y->younger->older = y;
	if (after != NULL)
		after->younger = y;
	else
		s->oldest = y;
}
