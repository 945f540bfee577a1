/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A window of seconds of a tally, being judged; see census.h. */
#ifndef WINDOW_H
#define WINDOW_H

#include "finding.h"
#include "flood.h"

struct window {
	struct tcpaudit *t;
	struct tally *y;
	int64_t from, last, settled; /* seconds */
	uint16_t mask;		     /* of the slots of a member, settled */
};

/* What was counted in the window as far as it is settled. */
int64_t ta_window_sum(const struct window *, enum tally_count);

/* The rule holds in this window.  Returns its case if the window is worse
 * (`peak`) than those before: it is to be filled in.  NULL: it is not, or
 * memory is short. */
struct tally_case *ta_window_case(
    const struct window *, enum rule, int64_t peak);

/* A packet that is an example of the case. */
void ta_case_prove(struct tally_case *, tcpaudit_packet_id);

/* Writes the case, with its packets, if something changed. */
#define ta_case_report(t, y, k, ...)                                           \
	ta_case_report_facts(t, y, k, (const struct fact[]){ __VA_ARGS__ },    \
	    sizeof((const struct fact[]){ __VA_ARGS__ }) /                     \
		sizeof(struct fact))
void ta_case_report_facts(struct tcpaudit *, const struct tally *,
    struct tally_case *, const struct fact *, size_t count);

/* One for each kind of tally: judges a window; and says what there is to say of
 * a case, when it is new and when it is over. */
struct judge {
	void (*judge)(const struct window *);
	void (*say)(
	    struct tcpaudit *, const struct tally *, struct tally_case *);
};

extern const struct judge ta_judge_listener, ta_judge_source, ta_judge_prober,
    ta_judge_echo, ta_judge_mirror, ta_judge_resetter, ta_judge_reset,
    ta_judge_stray, ta_judge_pair, ta_judge_numbers;

#endif
