/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is found about a SYN without an answer that ends the quick way
 * (ending.h): what was found about another one of the same shape, but for the
 * numbers. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include <string.h>

#include "ending.h"

/* Whether what ends so is judged as such. */
static inline bool
attempt_ends(enum quick_how how)
{
	return how == QUICK_GRACE || how == QUICK_UNANSWERED;
}

/* One ends the long way, to be learned from: nothing was found yet. */
void ta_attempt_ask(struct tcpaudit *);

/* This is found about it; `withdraws`: unless it is told otherwise by now. */
void ta_attempt_hear(
    struct tcpaudit *, const struct tcpaudit_finding *, bool withdraws);

/* It has ended, and its record is `r`.  Whether what was found is what
 * ta_attempt_tell() would say; that is then known. */
bool ta_attempt_learn(const struct ending *, struct quick_end *,
    const struct tcpaudit_connection *r);

/* Says what is found, or hands it on, and counts it in the record.  The view is
 * made. */
void ta_attempt_tell(const struct ending *, struct quick_end *);

/* The same, unless that is told by a finding about a flood or a scan. */
static inline void
attempt_say(const struct ending *e, struct quick_end *x)
{
	memset(x->record.findings, 0, sizeof(x->record.findings));
	if (e->t->config.on_part != NULL || !ta_ending_is_folded(e))
		ta_attempt_tell(e, x);
}

#endif
