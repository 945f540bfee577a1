/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Which connection a segment belongs to: ports used again, a SYN into a live
 * connection, SYNs that cross old ones, segments that strayed. */
#include "incarnation.h"

#include "talk.h"
#include "test.h"

#define HS   TALK_HANDSHAKE
#define DATA "1 c P. 1 1 10;10 s . 1 11 0;"
#define CLOSED_BY_SERVER                                                       \
	HS "5 s F. 1 1 0;10 c . 1 2 0;1 c F. 1 2 0;10 s . 2 2 0;"
/* The same ports again, with numbers above the old ones. */
#define AGAIN "900 c S 500000 0 0;10 s S. 600000 500001 0;0 c . 500001 600001 0"

#define V(x) TCPAUDIT_VERDICT_##x

static const struct row {
	size_t connections;
	enum tcpaudit_verdict first, last;
	const char *what, *script;
} rows[] = {
	{ 1, V(STILL_OPEN), V(STILL_OPEN), "a SYN sent again",
	    "0 c S 0 0 0;1000 c S 0 0 0;10 s S. 0 1 0;0 c . 1 1 0" },
	{ 1, V(STILL_OPEN), V(STILL_OPEN), "a SYN again, late",
	    HS DATA "1 c S 0 0 0" },
	{ 2, V(COMPLETE_ORDERLY), V(STILL_OPEN), "ports used again",
	    CLOSED_BY_SERVER AGAIN },
	{ 2, V(REFUSED), V(STILL_OPEN), "tried again after a refusal",
	    "0 c S 0 0 0;10 s R. 0 1 0;" AGAIN },
	{ 2, V(ABORTED_BY_CLIENT_AFTER_DATA), V(STILL_OPEN),
	    "and after an abort", HS DATA "1 c R. 11 1 0;" AGAIN },
	{ 2, V(REPLACED_HALF_OPEN), V(STILL_OPEN), "a reboot, accepted at once",
	    HS DATA AGAIN },
	{ 2, V(REPLACED_HALF_OPEN), V(STILL_OPEN),
	    "a reboot, discovered by a challenge (Figure 9)",
	    HS DATA "900 c S 500000 0 0;10 s . 1 11 0;0 c R 11 0 0;"
		    "900 c S 500000 0 0;10 s S. 600000 500001 0;"
		    "0 c . 500001 600001 0" },
	{ 1, V(STILL_OPEN), V(STILL_OPEN), "a forged SYN comes to nothing",
	    HS DATA "900 c S 500000 0 0;10 s . 1 11 0;"
		    "500 c P. 11 1 10;10 s . 1 21 0" },
	{ 1, V(STILL_OPEN), V(STILL_OPEN), "an old SYN first (Figure 8)",
	    "0 c S 900 0 0;1 c S 0 0 0;10 s S. 0 1 0;0 c . 1 1 0" },
};

static void
test_rows(void)
{
	struct talk k;
	char name[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		const struct talk_connection *last;

		talk_over(&k, r->script);
		last = &k.connection[k.connections - 1];
		snprintf(name, sizeof(name), "%s: %zu, %s, %s", r->what,
		    k.connections,
		    tcpaudit_verdict_name(k.connection[0].record.verdict),
		    tcpaudit_verdict_name(last->record.verdict));
		test_check(k.connections == r->connections &&
			       k.connection[0].record.verdict == r->first &&
			       last->record.verdict == r->last &&
			       last->tuple.incarnation == r->connections,
		    name, __FILE__, __LINE__);
		talk_clear(&k);
	}
}

/* Nothing of a former connection enters the next. */
static void
test_apart(void)
{
	const struct talk_connection *c;
	struct talk k;

	talk_over(&k, CLOSED_BY_SERVER AGAIN ";1 c P. 500001 600001 7");
	c = &k.connection[1];
	CHECK(c->tuple.id == 2);
	CHECK(c->record.first_packet == 8 && c->record.last_packet == 11);
	CHECK(c->record.end[0].packets == 3 && c->record.end[1].packets == 1);
	CHECK(c->record.end[0].unique_bytes == 7);
	CHECK(!c->record.end[0].fin_known && !c->record.end[1].fin_known);
	CHECK(c->record.end[0].isn == talk_isn[0] + 500000);
	CHECK(k.connection[0].record.last_packet == 7);
	talk_clear(&k);
}

/* After an hour the former connection is forgotten, its count is not wrong. */
static void
test_forgotten(void)
{
	struct talk k;

	talk_begin(&k);
	talk(&k, CLOSED_BY_SERVER);
	talk_wait(&k, 2 * 3600 * 1000);
	talk(&k, AGAIN);
	talk_finish(&k);
	CHECK(k.connections == 2);
	CHECK(k.connection[1].tuple.incarnation == 1 &&
	      "as if it were the first");
	talk_clear(&k);
}

/* Who is the client when no SYN says so. */
static void
test_roles(void)
{
	static const struct {
		const char *script;
		uint16_t server;
	} row[] = { { "0 c P. 1 1 5", 80 }, { "0 s P. 1 1 5", 80 },
		{ "0 s S. 0 1 0", 80 }, { "0 c S. 0 1 0", 40000 },
		{ "0 s S 0 0 0", 40000 } };
	struct talk k;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		talk_over(&k, row[i].script);
		CHECK(k.connection[0].tuple.port[1] == row[i].server);
		talk_clear(&k);
	}
}

int
main(void)
{
	test_rows();
	test_apart();
	test_forgotten();
	test_roles();
	return test_done();
}
