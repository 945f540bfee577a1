/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is remembered of an incarnation, seen through what it decides about the
 * next one: a SYN of the same tuple, with another number. */
#include "talk.h"
#include "test.h"
#include "tombstone.h"

#define HS TALK_HANDSHAKE

/* A story, how long after it the next SYN comes, who sends it, and the only
 * rule of port reuse that may then be reported ("" for none). */
static const struct row {
	const char *story;
	int64_t wait; /* ms */
	char from;
	const char *code;
} rows[] = {
	/* The active closer again: inside 2MSL a violation (RFC 9293, 3.6.1,
	 * MUST-13), later mere reuse. */
	{ HS "5 c F. 1 1 0;5 s F. 1 2 0;5 c . 2 2 0", 10000, 'c', "TW01" },
	{ HS "5 c F. 1 1 0;5 s F. 1 2 0;5 c . 2 2 0", 100000, 'c', "TW01" },
	{ HS "5 c F. 1 1 0;5 s F. 1 2 0;5 c . 2 2 0", 300000, 'c', "TW16" },
	/* The passive closer may at any time; the answer decides. */
	{ HS "5 s F. 1 1 0;5 c F. 1 2 0;5 s . 2 2 0", 10000, 'c', "" },
	/* After an abort. */
	{ HS "5 c R. 1 1 0", 10000, 'c', "TW17" },
	{ HS "5 c R. 1 1 0", 300000, 'c', "" },
	/* An attempt that came to nothing. */
	{ "0 c S 0 0 0;10 s R. 0 1 0", 10000, 'c', "TW16" },
};

static void
test_next(const struct row *r)
{
	static const char *const reuse[] = { "TW01", "TW16", "TW17" };
	char next[64];
	struct talk k;

	talk_begin(&k);
	talk(&k, r->story);
	snprintf(next, sizeof(next), "%lld %c S 5000000 0 0",
	    (long long)r->wait, r->from);
	talk(&k, next);
	for (size_t i = 0; i < sizeof(reuse) / sizeof(reuse[0]); i++) {
		bool expected = strcmp(reuse[i], r->code) == 0;

		test_check((talk_found(&k, reuse[i]) != NULL) == expected,
		    reuse[i], __FILE__, __LINE__);
	}
	talk_finish(&k);
	talk_clear(&k);
}

/* After 2 MSL a busy capture forgets it, a quiet one does not. */
static void
test_busy(uint64_t packets, int64_t wait, bool remembered)
{
	struct talk k;

	talk_begin(&k);
	talk(&k, HS "5 c F. 1 1 0;5 s F. 1 2 0;5 c . 2 2 0");
	k.number += packets;
	/* Time passes on the wire, not while nobody listens. */
	talk(&k, "230000 c S 0 0 0 p9");
	talk_wait(&k, wait);
	talk(&k, "0 c S 5000000 0 0");
	CHECK((talk_found(&k, "TW16") != NULL) == remembered);
	talk_finish(&k);
	talk_clear(&k);
}

int
main(void)
{
	test_busy(TOMBSTONE_PACKETS - 10, 70000, true);
	test_busy(TOMBSTONE_PACKETS + 10, 70000, false);
	test_busy(TOMBSTONE_PACKETS - 10, 3400000, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_next(&rows[i]);
	return test_done();
}
