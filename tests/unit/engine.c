/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The engine by its public interface alone: misuse, ownership, the capture
 * clock, two engines side by side, the same input twice. */
#include "tcpaudit.h"

#include "talk.h"
#include "test.h"

#define CLOSE "5 c F. 1 1 0;10 s F. 1 2 0;0 c . 2 2 0;"
#define DATA  "1 c P. 1 1 100;10 s . 1 101 0;5 s P. 1 101 50;0 c . 101 51 0;"
/* A little of everything, on three pairs of ports. */
#define MIXED                                                                  \
	TALK_HANDSHAKE DATA                                                    \
	    "3 c S 0 0 0 p5000;1000 c S 0 0 0 p5000;2000 c S 0 0 0 p5000;"     \
	    "1 c S 7 0 0 p5001;9 s R. 0 8 0 p5001;"                            \
	    "1 c P. 101 51 9;400 c P. 101 51 9;10 s . 51 99999 0;"             \
	    "10 c F. 110 51 0;10 s R. 51 111 0;20000 s . 51 111 0"

static uint64_t
skipped(const struct talk *k, enum tcpaudit_skip why)
{
	struct tcpaudit_statistics s;

	tcpaudit_statistics(k->engine, &s);
	return s.skipped[why];
}

/* -------------------------------------------------------------------- misuse
 */

static void
test_misuse(void)
{
	static const uint8_t octets[60];
	const struct tcpaudit_packet packet = {
		.data = octets, .captured = 60, .length = 60, .number = 1
	};
	struct tcpaudit_config config;
	struct tcpaudit *t;

	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	config.msl = 0;
	CHECK(tcpaudit_new(&config) == NULL && "an MSL of nothing");
	config.msl = -1;
	CHECK(tcpaudit_new(&config) == NULL && "an MSL of less");
	config.msl = 1;
	config.memory_bytes = 0;
	CHECK(tcpaudit_new(&config) == NULL && "no memory");
	config.memory_bytes = (1 << 20) - 1;
	CHECK(tcpaudit_new(&config) == NULL && "less than a mebibyte");
	config.memory_bytes = 1 << 20;
	t = tcpaudit_new(&config);
	CHECK(t != NULL && "a mebibyte is enough");
	CHECK(tcpaudit_packet(t, &packet) == TCPAUDIT_EINVAL);
	CHECK(tcpaudit_input(t, 65536, 1) == TCPAUDIT_EINVAL);
	CHECK(tcpaudit_input(t, 0, -1) == TCPAUDIT_EINVAL);
	CHECK(tcpaudit_packet(t, &packet) == TCPAUDIT_EINVAL &&
	      "a refused input is none");
	CHECK(tcpaudit_input(t, 65535, 1) == TCPAUDIT_OK);
	CHECK(tcpaudit_packet(t, &packet) == TCPAUDIT_OK);
	tcpaudit_free(t);
	tcpaudit_free(NULL);
}

static void
test_nothing(void)
{
	struct talk k;
	struct tcpaudit_statistics s;

	talk_begin(&k);
	tcpaudit_advance(k.engine, TALK_START);
	talk_finish(&k);
	tcpaudit_statistics(k.engine, &s);
	CHECK(talk_text(&k)[0] == '\0' && "no packet, no record");
	CHECK(s.packets == 0 && s.connections == 0 && s.first_time == 0);
	talk_clear(&k);
}

static void
test_no_callbacks(void)
{
	struct talk k;
	struct tcpaudit_statistics s;

	talk_defaults(&k);
	k.config.on_finding = NULL;
	k.config.on_transition = NULL;
	k.config.on_connection = NULL;
	talk_open(&k);
	talk(&k, MIXED);
	talk_finish(&k);
	tcpaudit_statistics(k.engine, &s);
	CHECK(s.connections == 3 && s.open_flows == 0);
	talk_clear(&k);
}

/* ----------------------------------------------------------------- counting */

static void
test_skipped(void)
{
	static const uint8_t arp[60] = { [12] = 8, [13] = 6 };
	struct talk_line l;
	char line[] = "0 c S 0 0 0";
	uint8_t frame[TALK_FRAME];
	struct tcpaudit_statistics s;
	struct talk k;
	size_t n;

	talk_begin(&k);
	talk_parse(&l, line);
	n = talk_frame(frame, &l);
	talk_packet(&k, arp, 60, 60);
	CHECK(skipped(&k, TCPAUDIT_SKIP_NOT_IP) == 1);
	talk_packet(&k, frame, 40, n);
	CHECK(skipped(&k, TCPAUDIT_SKIP_TCP_HEADER) == 1);
	talk_packet(&k, frame, 0, n);
	CHECK(skipped(&k, TCPAUDIT_SKIP_LINK) == 1);
	CHECK(tcpaudit_input(k.engine, 1, 147) == TCPAUDIT_OK &&
	      "an unknown link type is no error");
	CHECK(!tcpaudit_link_type_known(147) && tcpaudit_link_type_known(1));
	talk_packet(&k, frame, n, n);
	CHECK(skipped(&k, TCPAUDIT_SKIP_LINK_TYPE) == 1);
	tcpaudit_input(k.engine, 2, 1);
	talk_packet(&k, frame, n, n);
	tcpaudit_statistics(k.engine, &s);
	CHECK(s.packets == 5 && s.tcp_packets == 1 && s.truncated == 2);
	CHECK(s.connections == 1 && s.open_flows == 1);
	talk_finish(&k);
	CHECK(talk_found(&k, "CP18") != NULL && "not decoded: said");
	CHECK(k.connection[0].record.first_packet == TCPAUDIT_PACKET_ID(2, 5));
	CHECK(k.result == TCPAUDIT_OK);
	talk_clear(&k);
}

static void
test_cut_input(void)
{
	struct talk k;

	talk_begin(&k);
	talk(&k, TALK_HANDSHAKE);
	tcpaudit_input_cut(k.engine, 1234);
	talk_finish(&k);
	CHECK(talk_found(&k, "CP17") != NULL);
	CHECK(strstr(talk_text(&k), "offset=1234") != NULL);
	talk_clear(&k);
}

/* -------------------------------------------------------------------- clock */

/* A SYN is unanswered for 75 s (rules D.1) and no packet comes. */
static void
test_advance(void)
{
	const struct talk_finding *f;
	struct tcpaudit_statistics s;
	struct talk k;

	talk_begin(&k);
	talk(&k, "0 c S 0 0 0;1000 c S 0 0 0;2000 c S 0 0 0");
	talk_wait(&k, 74900);
	CHECK(talk_found(&k, "HS02") == NULL && k.connections == 0);
	talk_wait(&k, 500);
	f = talk_found(&k, "HS02");
	CHECK(f != NULL && k.connections == 1);
	CHECK(f != NULL &&
	      strcmp(f->last.rule->name, "handshake-no-answer") == 0);
	CHECK(f != NULL && f->last.time == TALK_START + 78000 * TALK_MS &&
	      "at the deadline, whenever the clock is asked");
	CHECK(f != NULL && f->last.packet == 1 && f->last.last_packet == 3);
	CHECK(k.connection[0].record.verdict == TCPAUDIT_VERDICT_NO_ANSWER);
	tcpaudit_advance(k.engine, TALK_START);
	tcpaudit_advance(k.engine, INT64_MIN);
	tcpaudit_statistics(k.engine, &s);
	CHECK(s.last_time == k.time && "it does not go back");
	talk_finish(&k);
	CHECK(k.connections == 1 && "it ended once");
	talk_clear(&k);
}

static void
test_clock_back(void)
{
	struct tcpaudit_statistics s;
	struct talk k;

	talk_begin(&k);
	talk(&k, TALK_HANDSHAKE DATA "-9999 c P. 101 51 10;10 s . 51 111 0");
	tcpaudit_statistics(k.engine, &s);
	CHECK(s.last_time == TALK_START + 26 * TALK_MS && "it never goes back");
	CHECK(s.first_time == TALK_START);
	talk(&k, "-100000 c F. 111 51 0;150000 s F. 51 112 0");
	talk_finish(&k);
	CHECK(talk_found(&k, "CP09") != NULL);
	CHECK(talk_found(&k, "CP09") != NULL &&
	      talk_found(&k, "CP09")->last.count == 3 && "each is counted");
	CHECK(strstr(talk_text(&k), "elapsed_ns=109989000000") != NULL &&
	      "the largest is shown");
	CHECK(k.connections == 1);
	CHECK(k.connection[0].record.first_time <=
	      k.connection[0].record.last_time);
	talk_clear(&k);
	talk_over(&k, TALK_HANDSHAKE "-1 c P. 1 1 100;10 s . 1 101 0");
	CHECK(talk_found(&k, "CP09") == NULL && "a millisecond is nothing");
	talk_clear(&k);
}

/* One packet far in the future ends nothing; two do. */
static void
test_clock_ahead(void)
{
	struct talk k;

	talk_begin(&k);
	talk(&k, TALK_HANDSHAKE "18000000 c P. 1 1 10;-17999980 s . 1 11 0");
	CHECK(talk_found(&k, "CP10") != NULL && k.connections == 0);
	talk(&k, "10 c P. 11 1 10;10 s . 1 21 0;18000000 c P. 21 1 10");
	CHECK(k.connections == 0 && "it waits for the next");
	talk(&k, "10 s . 1 31 0");
	CHECK(k.connections == 1 && "confirmed: all that time has passed");
	talk_finish(&k);
	CHECK(k.connections == 2);
	CHECK(talk_found(&k, "CP10")->last.count == 1);
	talk_clear(&k);
	talk_over(&k, TALK_HANDSHAKE "80000000 c P. 1 1 10");
	CHECK(talk_found(&k, "CP10") == NULL && "the last one, a day later");
	talk_clear(&k);
	talk_over(&k, TALK_HANDSHAKE "90000000 c P. 1 1 10");
	CHECK(talk_found(&k, "CP10") != NULL && "more than a day");
	CHECK(k.connections == 1 && k.connection[0].record.end[0].packets == 3);
	talk_clear(&k);
}

/* A capture that begins in 2105 by its first packet, and today by the next. */
static void
test_clock_begins_ahead(void)
{
	const int64_t late = 4260 * INT64_C(1000000000000000);
	struct tcpaudit_statistics s;
	struct talk k;

	talk_begin(&k);
	k.time = late;
	talk(&k, "0 c S 0 0 0");
	k.time = TALK_START;
	talk(&k, "10 s S. 0 1 0;0 c . 1 1 0");
	tcpaudit_statistics(k.engine, &s);
	CHECK(s.first_time < late && s.last_time < late && s.packets == 3);
	talk_finish(&k);
	CHECK(talk_found(&k, "CP10") != NULL && talk_found(&k, "CP09") == NULL);
	CHECK(k.connections == 1 && k.connection[0].record.end[0].packets == 2);
	talk_clear(&k);
}

/* The capture has lost packets: nobody knows whose. */
static void
test_drops(void)
{
	struct talk k;

	talk_begin(&k);
	talk(&k, TALK_HANDSHAKE);
	tcpaudit_finish(k.engine, 7);
	CHECK(talk_found(&k, "CP14") != NULL);
	CHECK(k.connections == 1 && k.connection[0].record.lossy);
	talk_clear(&k);
}

/* ------------------------------------------------------------------ starting
 */

/* After tcpaudit_finish() the same packets begin anew. */
static void
test_finish(void)
{
	struct tcpaudit_statistics s;
	struct talk k;
	int64_t bytes;

	talk_begin(&k);
	talk(&k, TALK_HANDSHAKE "1 c P. 1 1 100");
	talk_finish(&k);
	tcpaudit_statistics(k.engine, &s);
	CHECK(s.open_flows == 0 && s.packets == 4);
	CHECK(k.connections == 1);
	bytes = (int64_t)s.memory_bytes;
	tcpaudit_input(k.engine, 1, 1);
	k.time = TALK_START;
	talk(&k, TALK_HANDSHAKE CLOSE);
	talk_finish(&k);
	tcpaudit_statistics(k.engine, &s);
	CHECK(k.connections == 2 && s.connections == 2 && s.packets == 10);
	CHECK(k.connection[1].record.verdict ==
	      TCPAUDIT_VERDICT_COMPLETE_ORDERLY);
	CHECK(k.connection[1].tuple.id == 2 &&
	      k.connection[1].tuple.incarnation == 1 &&
	      "nothing is kept of the former connection");
	CHECK(k.connection[1].record.end[0].packets == 4);
	CHECK(talk_found(&k, "CP09") == NULL && "nor of the clock");
	CHECK((int64_t)s.memory_bytes <= bytes && "nor any memory");
	talk_clear(&k);
}

/* ----------------------------------------------------------- independence */

static char *
heard(uint64_t hash_key, int64_t wait)
{
	struct talk k;
	char *text;

	talk_defaults(&k);
	k.config.hash_key[0] = hash_key;
	k.config.hash_key[1] = ~hash_key;
	talk_open(&k);
	talk(&k, MIXED);
	talk_wait(&k, wait);
	talk_finish(&k);
	text = strdup(talk_text(&k));
	talk_clear(&k);
	return text;
}

/* With connections open at the end, and after three hours, when all are over.
 */
static void
test_same(int64_t wait)
{
	char *first = heard(0, wait), *again;

	CHECK(strlen(first) > 1000);
	again = heard(0, wait);
	CHECK(strcmp(first, again) == 0 && "the same input, the same records");
	free(again);
	for (uint64_t key = 1; key < 20; key += 6) {
		again = heard(key, wait);
		CHECK(strcmp(first, again) == 0 &&
		      "whatever the key of the hash");
		free(again);
	}
	free(first);
}

/* Two engines, fed in turn with different conversations. */
static void
test_side_by_side(void)
{
	static const char *const a[] = { "0 c S 0 0 0", "10 s S. 0 1 0",
		"0 c . 1 1 0", "5 c F. 1 1 0", "5 s F. 1 2 0", "0 c . 2 2 0" };
	static const char *const b[] = { "0 c S 5 0 0", "10 s S. 0 1 0",
		"0 c R 1 0 0", "5 c S 0 0 0", "5 s R. 0 1 0", "0 c S 9 0 0" };
	struct talk k[2], alone[2];

	for (int i = 0; i < 2; i++) {
		talk_begin(&k[i]);
		talk_begin(&alone[i]);
	}
	for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++) {
		talk(&k[0], a[i]);
		talk(&k[1], b[i]);
	}
	for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++)
		talk(&alone[0], a[i]);
	for (size_t i = 0; i < sizeof(b) / sizeof(b[0]); i++)
		talk(&alone[1], b[i]);
	for (int i = 0; i < 2; i++) {
		talk_finish(&k[i]);
		talk_finish(&alone[i]);
		CHECK(strcmp(talk_text(&k[i]), talk_text(&alone[i])) == 0);
		talk_clear(&alone[i]);
	}
	CHECK(strcmp(talk_text(&k[0]), talk_text(&k[1])) != 0);
	talk_clear(&k[0]);
	talk_clear(&k[1]);
}

/* A capture whose clock begins at any hour says the same. */
static char *
heard_at(int64_t start)
{
	struct talk k;
	char *text;

	talk_defaults(&k);
	k.time = start;
	talk_open(&k);
	talk(&k, TALK_HANDSHAKE DATA "5 c F. 101 51 0;10 s F. 51 102 0;"
				     "0 c . 102 52 0");
	talk_finish(&k);
	CHECK(k.connections == 1 && k.findings == 0);
	CHECK(k.connection[0].record.end[1].min_rtt_ns == 10 * TALK_MS);
	text = strdup(k.connection[0].history);
	talk_clear(&k);
	return text;
}

static void
test_hour(void)
{
	char *now = heard_at(TALK_START), *later = heard_at(1);

	CHECK(strcmp(now, later) == 0);
	free(now);
	free(later);
}

int
main(void)
{
	test_misuse();
	test_nothing();
	test_no_callbacks();
	test_skipped();
	test_cut_input();
	test_advance();
	test_clock_back();
	test_clock_ahead();
	test_clock_begins_ahead();
	test_drops();
	test_finish();
	test_same(0);
	test_same(3 * 3600 * 1000);
	test_side_by_side();
	test_hour();
	return test_done();
}
