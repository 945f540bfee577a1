/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The words of the records: one for each value, no two alike, none beyond. */
#include <string.h>

#include "tcpaudit.h"
#include "test.h"

typedef const char *namer(int);

static const char *
state(int i)
{
	return tcpaudit_state_name(i);
}

static const char *
severity(int i)
{
	return tcpaudit_severity_name(i);
}

static const char *
confidence(int i)
{
	return tcpaudit_confidence_name(i);
}

static const char *
verdict(int i)
{
	return tcpaudit_verdict_name(i);
}

static const char *
skip(int i)
{
	return tcpaudit_skip_name(i);
}

static const char *
reaction(int i)
{
	return tcpaudit_reaction_name(i);
}

static void
test_words(namer *name, int count)
{
	CHECK(name(count) == NULL);
	for (int i = 0; i < count; i++) {
		bool good = name(i) != NULL && name(i)[0] != '\0';

		for (int j = 0; good && j < i; j++)
			good = strcmp(name(i), name(j)) != 0;
		CHECK(good);
	}
}

int
main(void)
{
	test_words(state, TCPAUDIT_STATES);
	test_words(severity, TCPAUDIT_SEVERITIES);
	test_words(confidence, TCPAUDIT_CONFIDENCES);
	test_words(verdict, TCPAUDIT_VERDICTS);
	test_words(skip, TCPAUDIT_SKIPS);
	test_words(reaction, TCPAUDIT_REACTIONS);
	CHECK(tcpaudit_reaction_text(TCPAUDIT_REACTION_NONE) == NULL);
	CHECK(tcpaudit_reaction_text(TCPAUDIT_REACTION_ACK) != NULL);
	CHECK(strcmp(tcpaudit_state_name(TCPAUDIT_SYN_RECEIVED),
		  "SYN-RECEIVED") == 0);
	CHECK(strcmp(tcpaudit_verdict_name(
			 TCPAUDIT_VERDICT_ABORTED_BY_CLIENT_AFTER_DATA),
		  "aborted-by-client-after-data") == 0);
	return test_done();
}
