/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is selected, and how many of each there are. */
#ifndef TALLY_H
#define TALLY_H

#include "output.h"

/* Counts findings, not firings: a finding that is revised moves from one cell
 * to another.  Only what is selected is counted. */
struct tally {
	size_t rules;
	bool *wanted; /* by rule: its name passes --rule and --no-rule */
	uint64_t (*finding)[TCPAUDIT_SEVERITIES]; /* by rule */
	uint64_t *fired; /* by rule: of findings about the capture, how often
			    the rule fired */
	uint64_t severity[TCPAUDIT_SEVERITIES];
	uint64_t verdict[TCPAUDIT_VERDICTS];
	enum tcpaudit_severity min_severity;
	enum tcpaudit_confidence min_confidence;
};

/* What became of a finding. */
enum tally_change {
	TALLY_NOTHING, /* not selected, neither now nor before */
	TALLY_ENTERS,  /* selected, counted */
	TALLY_LEAVES /* was selected, as revised it is not: no longer counted */
};

/* Prepares a tally; the selection is not needed any more.  Returns 0, or -1 if
 * memory is short. */
int tally_init(struct tally *t, const struct selection *selection);
void tally_clear(struct tally *t);

/* Counts a finding, or recounts a revised one. */
enum tally_change tally_finding(
    struct tally *t, const struct tcpaudit_finding *finding);

void tally_connection(
    struct tally *t, const struct tcpaudit_connection *connection);

/* Whether the rule of that code is among the findings about the capture. */
bool tally_defect(const struct tally *t, const char *code);

/* The place of a rule in the catalogue. */
size_t tally_rule(const struct tally *t, const struct tcpaudit_rule *rule);

#endif
