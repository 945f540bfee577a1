/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* How a connection ended: the verdicts, each by a conversation that deserves
 * it, with what the record says beside it. */
#include "tcpaudit.h"

#include "talk.h"
#include "test.h"

#define V(x) TCPAUDIT_VERDICT_##x
#define HS   TALK_HANDSHAKE
#define DATA "1 c P. 1 1 10;10 s . 1 11 0;"
/* On other ports and long before, so that the capture is not young. */
#define EARLIER "0 c S 0 0 0 p50000;0 s R. 0 1 0 p50000;9000 "

enum { NOBODY = -1, CLIENT, SERVER, BOTH };

static const struct row {
	enum tcpaudit_verdict verdict;
	int closed_by;
	unsigned completeness; /* Wireshark's: 1 SYN, 2 SYN-ACK, 4 ACK, 8 data,
				  16 FIN, 32 RST */
	const char *script;
	int64_t wait; /* ms after it, before the capture ends */
} rows[] = {
	{ V(SCAN_PROBE), SERVER, 48, "0 c F 1 0 0;1 s R. 0 2 0", 0 },
	{ V(SCAN_PROBE), SERVER, 48, "0 c FPU 1 0 0;1 s R. 0 2 0", 0 },
	{ V(SCAN_PROBE), SERVER, 32, "0 c - 1 0 0;1 s R. 0 1 0", 0 },
	{ V(BACKSCATTER), NOBODY, 2, EARLIER "s S. 0 1 0;3000 s S. 0 1 0", 0 },
	{ V(ONE_SIDED), NOBODY, 9,
	    "0 c S 0 0 0;10 c . 1 1 0;1 c P. 1 1 10;1 c P. 11 21 10;"
	    "1 c P. 21 41 10;1 c P. 31 61 10;1 c P. 41 81 10;"
	    "1 c P. 51 101 10;1 c P. 61 121 10;1 c P. 71 141 10;1 c . 81 161 0",
	    0 },
	{ V(NO_ANSWER), NOBODY, 1, "0 c S 0 0 0;1000 c S 0 0 0", 76000 },
	{ V(NO_ANSWER), NOBODY, 33, "0 c S 0 0 0;1 s R. 0 500 0", 80000 },
	{ V(ATTEMPT_WITHDRAWN), CLIENT, 33, "0 c S 0 0 0;10 c R 1 0 0", 0 },
	{ V(REFUSED), SERVER, 33, "0 c S 0 0 0;10 s R. 0 1 0", 0 },
	{ V(HANDSHAKE_CLIENT_RESET), CLIENT, 35,
	    "0 c S 0 0 0;10 s S. 0 1 0;0 c R 1 0 0", 0 },
	{ V(HANDSHAKE_TIMEOUT), NOBODY, 3,
	    "0 c S 0 0 0;10 s S. 0 1 0;1000 s S. 0 1 0", 76000 },
	{ V(HANDSHAKE_SERVER_RESET), SERVER, 35,
	    "0 c S 0 0 0;10 s S. 0 1 0;3000 s R 1 0 0", 0 },
	{ V(COMPLETE_ORDERLY), CLIENT, 23,
	    HS "1 c F. 1 1 0;10 s F. 1 2 0;0 c . 2 2 0", 0 },
	{ V(COMPLETE_ORDERLY), SERVER, 31,
	    HS DATA "1 s F. 1 11 0;10 c . 11 2 0;5 c F. 11 2 0;10 s . 2 12 0",
	    0 },
	{ V(COMPLETE_SIMULTANEOUS_CLOSE), BOTH, 23,
	    HS "1 c F. 1 1 0;1 s F. 1 1 0;10 c . 2 2 0;1 s . 2 2 0", 0 },
	{ V(COMPLETE_LAST_ACK_MISSING), CLIENT, 23,
	    HS "1 c F. 1 1 0;10 s F. 1 2 0", 0 },
	{ V(CLOSED_THEN_RESET), CLIENT, 55,
	    HS "1 c F. 1 1 0;10 s F. 1 2 0;0 c . 2 2 0;1 c R 2 0 0", 0 },
	{ V(ABORTED_BY_CLIENT_AFTER_FIN), CLIENT, 55,
	    HS "1 c F. 1 1 0;10 s . 1 2 0;1 c R 2 0 0", 0 },
	{ V(ABORTED_BY_SERVER_AFTER_FIN), SERVER, 55,
	    HS "1 s F. 1 1 0;10 c . 1 2 0;1 s R 2 0 0", 0 },
	{ V(ABORTED_BY_CLIENT_BEFORE_DATA), CLIENT, 39, HS "9 c R. 1 1 0", 0 },
	{ V(ABORTED_BY_SERVER_BEFORE_DATA), SERVER, 39, HS "9 s R. 1 1 0", 0 },
	{ V(ABORTED_BY_CLIENT_AFTER_DATA), CLIENT, 47, HS DATA "9 c R. 11 1 0",
	    0 },
	{ V(ABORTED_BY_SERVER_AFTER_DATA), SERVER, 47, HS DATA "9 s R. 1 11 0",
	    0 },
	{ V(HALF_CLOSED), CLIENT, 23, HS "1 c F. 1 1 0;10 s . 1 2 0", 0 },
	{ V(HALF_CLOSED), SERVER, 23, HS "1 s F. 1 1 0;10 c . 1 2 0", 0 },
	{ V(FIN_UNACKED), CLIENT, 23, HS "1 c F. 1 1 0;300 c F. 1 1 0", 90000 },
	{ V(TIMED_OUT), NOBODY, 15,
	    HS "1 c P. 1 1 10;300 c P. 1 1 10;600 c P. 1 1 10;"
	       "1200 c P. 1 1 10",
	    4000 * 1000 },
	{ V(MIDSTREAM_CLOSED), CLIENT, 16,
	    "0 c F. 1 1 0;10 s F. 1 2 0;0 c . 2 2 0", 0 },
	{ V(MIDSTREAM_ABORTED), SERVER, 40, "0 c P. 1 1 10;10 s R. 1 11 0", 0 },
	{ V(MIDSTREAM_OPEN), NOBODY, 8, "0 c P. 1 1 10;10 s . 1 11 0", 0 },
	{ V(STILL_OPEN), NOBODY, 7, HS, 0 },
	{ V(STILL_OPEN), NOBODY, 15, HS DATA, 60000 },
	{ V(HANDSHAKE_INCOMPLETE_AT_EOF), NOBODY, 1, "0 c S 0 0 0", 0 },
	{ V(HANDSHAKE_INCOMPLETE_AT_EOF), NOBODY, 3,
	    "0 c S 0 0 0;10 s S. 0 1 0", 0 },
};

/* Any number of connections; the first one is not always the one meant. */
static const struct tcpaudit_connection *
meant(const struct talk *k)
{
	for (size_t i = 0; i < k->connections; i++)
		if (k->connection[i].tuple.port[0] == 40000)
			return &k->connection[i].record;
	return NULL;
}

static void
test_rows(void)
{
	const struct tcpaudit_connection *c;
	struct talk k;
	char name[200];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		talk_begin(&k);
		talk(&k, rows[i].script);
		talk_wait(&k, rows[i].wait);
		talk_finish(&k);
		c = meant(&k);
		snprintf(name, sizeof(name), "%s, not %s: %s",
		    tcpaudit_verdict_name(rows[i].verdict),
		    c ? tcpaudit_verdict_name(c->verdict) : "nothing",
		    rows[i].script);
		test_check(c && c->verdict == rows[i].verdict, name, __FILE__,
		    __LINE__);
		test_check(c && c->closed_by == rows[i].closed_by,
		    "and who closed it", __FILE__, __LINE__);
		test_check(
		    c && c->wireshark_completeness == rows[i].completeness,
		    "and how complete it is", __FILE__, __LINE__);
		test_check(!k.result, "and no error", __FILE__, __LINE__);
		talk_clear(&k);
	}
}

/* Each verdict that only some other event tells from the rows above. */
static void
test_events(void)
{
	struct talk k;

	/* A SYN where the old number would do: the former is superseded. */
	talk_over(&k, HS DATA "9000 c S 5000000 0 0;10 s S. 90000 5000001 0;"
			      "0 c . 5000001 90001 0");
	CHECK(k.connections == 2);
	CHECK(k.connection[0].record.verdict == V(REPLACED_HALF_OPEN));
	CHECK(k.connection[1].tuple.incarnation == 2);
	CHECK(k.connection[1].record.verdict == V(STILL_OPEN));
	talk_clear(&k);

	/* Figure 8: an old SYN, its answer reset, then the real one. */
	talk_over(&k, "0 c S 900 0 0;1 c S 0 0 0;10 s S. 0 901 0;"
		      "0 c R 901 0 0;10 s S. 700 1 0;0 c . 1 701 0");
	CHECK(k.connection[k.connections - 1].record.verdict == V(STILL_OPEN));
	talk_clear(&k);
}

/* ------------------------------------------------------------- the record */

static void
test_endpoints(void)
{
	const struct tcpaudit_endpoint *c, *s;
	struct talk k;

	talk_over(&k, "0 c S 0 0 0 x020405b40402080a000000010000000001030307;"
		      "20 s S. 0 1 0 x020405640101080a0000000900000001;"
		      "0 c . 1 1 0 x0101080a0000000200000009;"
		      "1 c P. 1 1 100 i3 x0101080a0000000300000009;"
		      "1 c P. 201 1 100 x0101080a0000000300000009;"
		      "1 c P. 101 1 100 i4 x0101080a0000000300000009;"
		      "300 c P. 201 1 100 x0101080a0000000400000009;"
		      "20 s . 1 301 0 w0 x0101080a0000000a00000004;"
		      "1 s F. 1 301 0 x0101080a0000000a00000004;"
		      "1 c . 301 2 0 x0101080a000000060000000a");
	c = &k.connection[0].record.end[0];
	s = &k.connection[0].record.end[1];
	CHECK(c->packets == 7 && s->packets == 3);
	CHECK(c->bytes == 400 && c->unique_bytes == 300);
	CHECK(s->bytes == 0 && s->unique_bytes == 0);
	CHECK(c->retransmitted_packets == 1 && c->retransmitted_bytes == 100);
	CHECK(c->out_of_order_packets == 1);
	CHECK(s->zero_windows == 1 && c->zero_windows == 0);
	CHECK(c->mss == 1460 && s->mss == 1380);
	CHECK(c->window_scale == 7 && s->window_scale == -1);
	CHECK(c->sack_permitted == 1 && s->sack_permitted == 0);
	CHECK(c->timestamps == 1 && s->timestamps == 1);
	CHECK(c->isn_known && c->isn == talk_isn[0]);
	CHECK(s->isn_known && s->isn == talk_isn[1]);
	CHECK(!c->fin_known && s->fin_known && s->fin_seq == talk_isn[1] + 1);
	CHECK(s->min_rtt_ns == 20 * TALK_MS && c->min_rtt_ns >= 0);
	CHECK(c->state == TCPAUDIT_CLOSE_WAIT);
	CHECK(s->state == TCPAUDIT_FIN_WAIT_2);
	CHECK(c->possible & 1 << TCPAUDIT_CLOSE_WAIT);
	CHECK(!s->certain && s->possible == (1 << TCPAUDIT_FIN_WAIT_1 |
						1 << TCPAUDIT_FIN_WAIT_2));
	CHECK(c->path_length == 4 && c->path[0] == TCPAUDIT_CLOSED &&
	      c->path[3] == TCPAUDIT_CLOSE_WAIT);
	CHECK(s->path_length == 5 && s->path[0] == TCPAUDIT_LISTEN &&
	      s->path[4] == TCPAUDIT_FIN_WAIT_2);
	talk_clear(&k);
}

static void
test_record(void)
{
	const struct tcpaudit_connection *r;
	struct talk k;

	talk_over(&k, HS DATA "9 c R. 11 1 0");
	r = &k.connection[0].record;
	CHECK(
	    k.connections == 1 && r->first_packet == 1 && r->last_packet == 6);
	CHECK(r->end[0].certain && r->end[0].possible == 1 << TCPAUDIT_CLOSED);
	CHECK(!r->end[1].certain && "the reset may not have arrived");
	CHECK(r->first_time == TALK_START);
	CHECK(r->last_time == TALK_START + 30 * TALK_MS);
	CHECK(!r->lossy && !r->midstream && !r->evicted);
	CHECK(k.connection[0].tuple.family == 4);
	CHECK(k.connection[0].tuple.port[1] == 80);
	CHECK(k.connection[0].tuple.address[0].bytes[3] == 1);
	CHECK(k.connection[0].tuple.address[1].bytes[3] == 2);
	talk_clear(&k);

	talk_over(&k, "0 s P. 1 1 10;10 c . 1 11 0;9 s P. 5000 1 10;"
		      "1 c . 1 5010 0");
	r = &k.connection[0].record;
	CHECK(r->midstream && r->lossy);
	CHECK(r->confidence == TCPAUDIT_POSSIBLE);
	CHECK(k.connection[0].tuple.port[1] == 80 &&
	      "the well-known port is the server");
	CHECK(r->end[0].mss == -1 && r->end[0].sack_permitted == -1 &&
	      r->end[0].timestamps == -1 && !r->end[0].isn_known);
	CHECK(r->end[0].min_rtt_ns == TALK_MS);
	CHECK(r->end[1].min_rtt_ns == -1);
	talk_clear(&k);
}

/* The counts of findings agree with the findings, as last written. */
static void
test_counts(void)
{
	uint32_t count[TCPAUDIT_SEVERITIES] = { 0 };
	struct talk k;

	talk_over(&k, HS "1 c P. 1 1 10;1 s . 1 5000 0;300 c P. 1 1 10;"
			 "1 s P. 1 11 0 xfe040000;1 s - 1 0 3;1 c S 0 0 0");
	for (size_t i = 0; i < k.findings; i++)
		if (k.finding[i].connection == k.connection[0].tuple.id)
			count[k.finding[i].last.severity]++;
	CHECK(k.connections == 1);
	CHECK(count[0] + count[1] + count[2] + count[3] > 2);
	for (int i = 0; i < TCPAUDIT_SEVERITIES; i++)
		CHECK(k.connection[0].record.findings[i] == count[i]);
	talk_clear(&k);
}

int
main(void)
{
	test_rows();
	test_events();
	test_endpoints();
	test_record();
	test_counts();
	return test_done();
}
