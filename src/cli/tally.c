/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "tally.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static bool
matches(const struct tcpaudit_rule *rule, const char *const *glob, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fnmatch(glob[i], rule->name, FNM_CASEFOLD) == 0 ||
		    fnmatch(glob[i], rule->code, FNM_CASEFOLD) == 0)
			return true;
	return false;
}

int
tally_init(struct tally *t, const struct selection *s)
{
	memset(t, 0, sizeof(*t));
	t->rules = tcpaudit_rule_count();
	t->min_severity = s->min_severity;
	t->min_confidence = s->min_confidence;
	t->wanted = calloc(t->rules + 1, sizeof(*t->wanted));
	t->finding = calloc(t->rules + 1, sizeof(*t->finding));
	t->fired = calloc(t->rules + 1, sizeof(*t->fired));
	if (t->wanted == NULL || t->finding == NULL || t->fired == NULL) {
		tally_clear(t);
		return -1;
	}
	for (size_t i = 0; i < t->rules; i++) {
		const struct tcpaudit_rule *rule = tcpaudit_rule(i);

		t->wanted[i] = (s->rule_count == 0 ||
				   matches(rule, s->rule, s->rule_count)) &&
			       !matches(rule, s->no_rule, s->no_rule_count);
	}
	return 0;
}

void
tally_clear(struct tally *t)
{
	free(t->wanted);
	free(t->finding);
	free(t->fired);
	memset(t, 0, sizeof(*t));
}

size_t
tally_rule(const struct tally *t, const struct tcpaudit_rule *rule)
{
	size_t i = 0;

	/* The catalogue is one array: the first guess is always right. */
	if (t->rules > 0 && rule >= tcpaudit_rule(0))
		i = (size_t)(rule - tcpaudit_rule(0));
	if (i < t->rules && tcpaudit_rule(i) == rule)
		return i;
	for (i = 0; i < t->rules; i++)
		if (tcpaudit_rule(i) == rule)
			break;
	return i; /* t->rules: the spare cell, never wanted */
}

/* A finding about the capture passes whatever the severity: it says how much
 * the others are worth. */
static bool
passes(const struct tally *t, size_t rule, enum tcpaudit_severity severity,
    enum tcpaudit_confidence confidence)
{
	return t->wanted[rule] && confidence >= t->min_confidence &&
	       (severity == TCPAUDIT_CAPTURE || severity >= t->min_severity);
}

enum tally_change
tally_finding(struct tally *t, const struct tcpaudit_finding *f)
{
	enum tally_change change = TALLY_NOTHING;
	size_t rule;

	if (f->revises) {
		rule = tally_rule(t, f->was_rule);
		if (passes(t, rule, f->was_severity, f->was_confidence)) {
			t->finding[rule][f->was_severity]--;
			t->severity[f->was_severity]--;
			if (f->was_severity == TCPAUDIT_CAPTURE)
				t->fired[rule] -= f->was_count;
			change = TALLY_LEAVES;
		}
	}
	rule = tally_rule(t, f->rule);
	if (!(f->revises && f->count == 0) &&
	    passes(t, rule, f->severity, f->confidence)) {
		t->finding[rule][f->severity]++;
		t->severity[f->severity]++;
		if (f->severity == TCPAUDIT_CAPTURE)
			t->fired[rule] += f->count;
		change = TALLY_ENTERS;
	}
	return change;
}

bool
tally_defect(const struct tally *t, const char *code)
{
	for (size_t i = 0; i < t->rules; i++)
		if (t->finding[i][TCPAUDIT_CAPTURE] > 0 &&
		    strcmp(tcpaudit_rule(i)->code, code) == 0)
			return true;
	return false;
}

void
tally_connection(struct tally *t, const struct tcpaudit_connection *c)
{
	t->verdict[c->verdict]++;
}
