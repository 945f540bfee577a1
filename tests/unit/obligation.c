/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What an endpoint owes: not said before its time, said at its time, not said
 * when it was done after all; and what becomes of it when the capture ends. */
#include "obligation.h"

#include "talk.h"
#include "test.h"

#define HS	TALK_HANDSHAKE
#define SLOT_MS (TIMER_SLOT_NS / TALK_MS + 1)
#define S	*INT64_C(1000)

/* A debt: whom the finding is about, how long after the last packet it is due,
 * and the packet that would pay it. */
static const struct row {
	const char *code;
	int endpoint;
	int64_t due; /* ms */
	const char *script, *paid;
} rows[] = {
	/* RFC 9293, 3.10.7.2: a SYN is answered. */
	{ "HS02", TCPAUDIT_CLIENT, 75 S, "0 c S 0 0 0", "0 s S. 0 1 0" },
	{ "HS02", TCPAUDIT_CLIENT, 75 S, "0 c S 0 0 0;9000 c S 0 0 0",
	    "0 s R. 0 1 0" },
	/* 3.10.7.3: and a SYN-ACK. */
	{ "HS01", TCPAUDIT_CLIENT, 75 S, "0 c S 0 0 0;10 s S. 0 1 0",
	    "0 c . 1 1 0" },
	{ "HS01", TCPAUDIT_CLIENT, 75 S,
	    "0 c S 0 0 0;10 s S. 0 1 0;3000 s S. 0 1 0", "0 c P. 1 1 9" },
	/* 3.10.7.4, eighth: a FIN is acknowledged. */
	{ "TD03", TCPAUDIT_SERVER, 60 S, HS "5 c F. 1 1 0", "0 s . 1 2 0" },
	{ "TD03", TCPAUDIT_CLIENT, 60 S, HS "5 s F. 1 1 0", "0 c F. 1 2 0" },
	{ "TD04", TCPAUDIT_CLIENT, 60 S, HS "5 c F. 1 1 0;5 s F. 1 2 0",
	    "0 c . 2 2 0" },
	/* 3.10.4: who has taken a FIN closes. */
	{ "TD12", TCPAUDIT_SERVER, 60 S, HS "5 c F. 1 1 0;9 s . 1 2 0",
	    "0 s F. 1 2 0" },
	{ "TD12", TCPAUDIT_CLIENT, 60 S, HS "5 s F. 1 1 0;9 c . 1 2 0",
	    "0 c R. 1 2 0" },
	/* 3.8.4: a keepalive is answered. */
	{ "KA05", TCPAUDIT_CLIENT, 75 S,
	    HS "1 c P. 1 1 9;1 s . 1 10 0;900000 c . 9 1 0", "0 s . 1 10 0" },
	/* Text and no acknowledgment, for an hour. */
	{ "RX18", TCPAUDIT_CLIENT, 3600 S,
	    HS "1 c P. 1 1 9;300 c P. 1 1 9;600 c P. 1 1 9;1200 c P. 1 1 9",
	    "0 s . 1 10 0" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void
test_due(const struct row *r)
{
	const struct talk_finding *f;
	struct talk k;
	int64_t time;

	talk_begin(&k);
	talk(&k, r->script);
	time = k.time + r->due * TALK_MS;
	talk_wait(&k, r->due - 1);
	test_check(talk_found(&k, r->code) == NULL, "not before its time",
	    __FILE__, __LINE__);
	talk_wait(&k, SLOT_MS + 1);
	f = talk_found(&k, r->code);
	test_check(f != NULL, r->code, __FILE__, __LINE__);
	test_check(
	    f && f->last.time == time, "at its time", __FILE__, __LINE__);
	test_check(f && f->last.endpoint == r->endpoint, "of this end",
	    __FILE__, __LINE__);
	test_check(f && f->last.count == 1, "once", __FILE__, __LINE__);
	talk_finish(&k);
	f = talk_found(&k, r->code);
	test_check(f && f->last.count == 1 && f->records == 1,
	    "nor again at the end", __FILE__, __LINE__);
	talk_clear(&k);
}

static void
test_paid(const struct row *r)
{
	struct talk k;

	talk_begin(&k);
	talk(&k, r->script);
	talk_wait(&k, r->due - SLOT_MS);
	talk(&k, r->paid);
	talk_wait(&k, r->due + SLOT_MS);
	test_check(talk_found(&k, r->code) == NULL, "paid in time", __FILE__,
	    __LINE__);
	talk_finish(&k);
	talk_clear(&k);
}

static void
test_rows(void)
{
	for (size_t i = 0; i < ROWS; i++) {
		test_due(&rows[i]);
		test_paid(&rows[i]);
	}
}

/* ----------------------------------------------------- the capture ends */

/* With less than a second left nothing can be said; what is open is named. */
static void
test_pending(void)
{
	struct talk k;

	talk_over(&k, "0 c S 0 0 0;500 s . 1 1 0 p40001");
	CHECK(talk_found(&k, "HS02") == NULL);
	CHECK(talk_found(&k, "CP19") != NULL && "some question is not settled");
	for (size_t i = 0; i < k.connections; i++)
		if (k.connection[i].tuple.port[0] == 40000)
			CHECK(strcmp(k.connection[i].pending, "HS02 ") == 0);
	talk_clear(&k);

	talk_over(&k, HS "5 c F. 1 1 0;9 s . 1 2 0");
	CHECK(strcmp(k.connection[0].pending, "TD12 ") == 0);
	talk_clear(&k);

	talk_over(&k, HS "5 c F. 1 1 0;9 s F. 1 2 0;9 c . 2 2 0");
	CHECK(k.connection[0].pending[0] == '\0' && "nobody owes anything");
	CHECK(talk_found(&k, "CP19") == NULL);
	talk_clear(&k);
}

/* After three seconds it is said, but only as possible (rules D.1). */
static void
test_grace(void)
{
	static const char *const codes[] = { "HS02", "HS01", "TD03" };
	static const char *const scripts[] = { "0 c S 0 0 0",
		"0 c S 0 0 0;10 s S. 0 1 0", HS "5 c F. 1 1 0" };
	const struct talk_finding *f;
	struct talk k;

	for (int i = 0; i < 3; i++) {
		talk_begin(&k);
		talk(&k, scripts[i]);
		talk_wait(&k, 2999);
		talk_finish(&k);
		CHECK(talk_found(&k, codes[i]) == NULL);
		talk_clear(&k);
		talk_begin(&k);
		talk(&k, scripts[i]);
		talk_wait(&k, 3000);
		talk_finish(&k);
		f = talk_found(&k, codes[i]);
		CHECK(f != NULL && f->last.confidence == TCPAUDIT_POSSIBLE);
		CHECK(f != NULL &&
		      f->last.time == TALK_START + (i == 0	? 3000
						       : i == 1 ? 3010
								: 3015) *
						       TALK_MS);
		talk_clear(&k);
	}
}

/* What is due when the capture ends is said as if a packet had come. */
static void
test_due_at_end(void)
{
	const struct talk_finding *f;
	struct talk k;

	talk_begin(&k);
	talk(&k, "0 c S 0 0 0");
	talk_wait(&k, 75 S);
	talk_finish(&k);
	f = talk_found(&k, "HS02");
	CHECK(f != NULL && f->last.confidence > TCPAUDIT_POSSIBLE);
	CHECK(f != NULL && f->last.time == TALK_START + T_SYN);
	CHECK(k.connection[0].record.verdict == TCPAUDIT_VERDICT_NO_ANSWER);
	talk_clear(&k);
}

/* ---------------------------------------------------------------- states */

/* TIME-WAIT ends 2 MSL after it began, or began again, in silence. */
static void
test_timewait(void)
{
	const struct tcpaudit_transition *last;
	struct talk k;

	talk_begin(&k);
	talk(&k, HS "5 c F. 1 1 0;9 s F. 1 2 0;0 c . 2 2 0");
	last = &k.transition[k.transitions - 1];
	CHECK(k.config.msl == 120 S * TALK_MS);
	talk_wait(&k, 200 S);
	talk(&k, "0 s F. 1 2 0;0 c . 2 2 0");
	talk_wait(&k, 239 S);
	last = &k.transition[k.transitions - 1];
	CHECK(last->to != TCPAUDIT_CLOSED || last->endpoint == TCPAUDIT_SERVER);
	talk_wait(&k, 1 S + SLOT_MS);
	last = &k.transition[k.transitions - 1];
	CHECK(last->from == TCPAUDIT_TIME_WAIT && last->to == TCPAUDIT_CLOSED &&
	      last->endpoint == TCPAUDIT_CLIENT);
	CHECK(last->trigger == TCPAUDIT_TIMER);
	CHECK(
	    last->time == TALK_START + (200 + 240) S * TALK_MS + 24 * TALK_MS);
	CHECK(last->packet == 8 && "the last one read");
	talk_finish(&k);
	CHECK(k.connections == 1);
	talk_clear(&k);
}

/* A reset ends all debts. */
static void
test_reset(void)
{
	struct talk k;

	talk_begin(&k);
	talk(&k, HS "5 c F. 1 1 0;9 s . 1 2 0;9 s R. 1 2 0");
	talk_wait(&k, 7200 S);
	talk_finish(&k);
	for (size_t i = 0; i < ROWS; i++)
		CHECK(talk_found(&k, rows[i].code) == NULL);
	CHECK(k.connection[0].pending[0] == '\0');
	talk_clear(&k);
}

int
main(void)
{
	test_rows();
	test_pending();
	test_grace();
	test_due_at_end();
	test_timewait();
	test_reset();
	return test_done();
}
