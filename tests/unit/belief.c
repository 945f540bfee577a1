/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is believed after each packet of a conversation: the nominal state of
 * both ends, and the set of states that explain what was seen. */
#include "belief.h"

#include "probe.h"
#include "talk.h"
#include "test.h"

#define CLO STATE(CLOSED)
#define LIS STATE(LISTEN)
#define SST STATE(SYN_SENT)
#define SRC STATE(SYN_RECEIVED)
#define EST STATE(ESTABLISHED)
#define FW1 STATE(FIN_WAIT_1)
#define FW2 STATE(FIN_WAIT_2)
#define CLW STATE(CLOSE_WAIT)
#define CLG STATE(CLOSING)
#define LAK STATE(LAST_ACK)
#define TIW STATE(TIME_WAIT)

/* A packet, and for the client and the server the nominal state, all that are
 * possible, and those that a careful observer could exclude but need not.  No
 * packet: the conversation ends. */
struct row {
	const char *packet;
	uint16_t nominal[2], possible[2], slack[2];
};

static void
check_rows(const char *name, const struct row *row)
{
	enum tcpaudit_state nominal[2];
	uint16_t possible[2];
	char what[200];
	struct talk k;
	bool good;

	talk_begin(&k);
	for (; row->packet != NULL; row++) {
		talk(&k, row->packet);
		good = tcpaudit_probe_last(k.engine, possible, nominal) == 0;
		for (int i = 0; i < 2 && good; i++)
			good = (possible[i] & ~row->slack[i]) ==
				   (row->possible[i] & ~row->slack[i]) &&
			       row->nominal[i] == 1u << nominal[i];
		snprintf(what, sizeof(what), "%s: %s: %x %x", name, row->packet,
		    good ? 0 : possible[0], good ? 0 : possible[1]);
		test_check(good, what, __FILE__, __LINE__);
	}
	talk_finish(&k);
	talk_clear(&k);
}

/* clang-format off */

#define NONE { 0, 0 }
#define OPEN \
	{ "0 c S 0 0 0",   { SST, SRC }, { SST, CLO | LIS | SRC }, NONE }, \
	{ "10 s S. 0 1 0", { EST, SRC }, { SST | EST, SRC }, NONE }, \
	{ "0 c . 1 1 0",   { EST, EST }, { EST,       SRC | EST }, NONE }

/* RFC 9293, Figure 12.  That the server has the third ACK is sure only when
 * it acknowledges something later. */
static const struct row normal_close[] = {
	OPEN,
	{ "5 c F. 1 1 0", { FW1, CLW }, { FW1, SRC | EST | CLW }, NONE },
	{ "9 s . 1 2 0",  { FW2, CLW }, { FW1 | FW2, CLW }, NONE },
	{ "9 s F. 1 2 0", { TIW, LAK }, { FW1 | FW2 | TIW, LAK }, { CLG, 0 } },
	{ "0 c . 2 2 0",  { TIW, CLO }, { TIW, LAK | CLO }, { CLG, 0 } },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* FIN and the ACK of a FIN in one segment. */
static const struct row short_close[] = {
	OPEN,
	{ "5 c F. 1 1 0", { FW1, CLW }, { FW1, SRC | EST | CLW }, NONE },
	{ "9 s F. 1 2 0", { TIW, LAK }, { FW1 | FW2 | TIW, LAK }, { CLG, 0 } },
	{ "0 c . 2 2 0",  { TIW, CLO }, { TIW, LAK | CLO }, { CLG, 0 } },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* Figure 13. */
static const struct row simultaneous_close[] = {
	OPEN,
	{ "5 c F. 1 1 0", { FW1, CLW }, { FW1, SRC | EST | CLW }, NONE },
	{ "1 s F. 1 1 0", { CLG, CLG }, { FW1 | CLG, FW1 | CLG }, NONE },
	{ "9 c . 2 2 0",  { CLG, TIW }, { CLG, FW1 | FW2 | CLG | TIW }, NONE },
	{ "1 s . 2 2 0",  { TIW, TIW }, { CLG | TIW, CLG | TIW }, NONE },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* Figure 7. */
static const struct row simultaneous_open[] = {
	{ "0 c S 0 0 0",  { SST, SRC }, { SST,       CLO | LIS | SRC }, NONE },
	{ "1 s S 0 0 0",  { SRC, SRC }, { SST | SRC, SST | SRC }, NONE },
	{ "9 c S. 0 1 0", { SRC, EST }, { SRC,       SST | SRC | EST }, NONE },
	{ "0 s S. 0 1 0", { EST, EST }, { SRC | EST, SRC | EST }, NONE },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* The client's SYN is lost after the monitor: the server is in SYN-SENT when
 * the SYN-ACK comes. */
static const struct row crossing_syn_lost[] = {
	{ "0 c S 0 0 0",  { SST, SRC }, { SST,       CLO | LIS | SRC }, NONE },
	{ "1 s S 0 0 0",  { SRC, SRC }, { SST | SRC, SST | SRC }, NONE },
	{ "9 c S. 0 1 0", { SRC, EST }, { SRC,       SST | SRC | EST }, NONE },
	{ "9 s . 1 1 0",  { EST, EST }, { SRC | EST, EST }, { 0, SRC } },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* The FIN is lost after the monitor: text that does not acknowledge it says
 * so, whatever was believed. */
static const struct row lost_fin[] = {
	OPEN,
	{ "5 s F. 1 1 0",    { CLW, FW1 }, { EST | CLW, FW1 }, NONE },
	{ "300 c P. 1 1 10", { EST, FW1 }, { EST | CLW, FW1 }, NONE },
	{ "9 s . 2 11 0",    { EST, FW1 }, { EST | CLW, FW1 }, NONE },
	{ "5 s F. 1 11 0",   { CLW, FW1 }, { EST | CLW, FW1 }, NONE },
	{ "1 c . 11 2 0",    { CLW, FW2 }, { CLW,       FW1 | FW2 }, NONE },
	{ "1 c F. 11 2 0",   { LAK, TIW }, { LAK, FW1 | FW2 | TIW },
	    { 0, CLG } },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* 3.10.4: CLOSE enters FIN-WAIT-1 though the FIN waits for the text before it,
 * and the server's FIN may have come meanwhile. */
static const struct row waiting_fin[] = {
	OPEN,
	{ "5 s F. 1 1 0",  { CLW, FW1 }, { EST | CLW, FW1 }, NONE },
	{ "9 c F. 1 2 10", { LAK, TIW }, { LAK | CLG, FW1 | FW2 | TIW },
	    { 0, CLG } },
	{ "9 s . 2 12 0",  { CLO, TIW }, { LAK | CLG | CLO | TIW, TIW },
	    { 0, CLG } },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* Nothing was before it. */
static const struct row prompt_fin[] = {
	OPEN,
	{ "5 s F. 1 1 0",  { CLW, FW1 }, { EST | CLW, FW1 }, NONE },
	{ "9 c F. 1 2 0",  { LAK, TIW }, { LAK, FW1 | FW2 | TIW },
	    { 0, CLG } },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* The third ACK is lost: the SYN-ACK again proves SYN-RECEIVED. */
static const struct row lost_third_ack[] = {
	OPEN,
	{ "900 s S. 0 1 0", { EST, SRC }, { EST, SRC | EST }, NONE },
	{ "0 c . 1 1 0",    { EST, EST }, { EST, SRC | EST }, NONE },
	{ "9 s P. 1 1 5",   { EST, EST }, { EST, EST }, NONE },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* A reset passes; its receiver goes on: it has not come yet. */
static const struct row late_reset[] = {
	OPEN,
	{ "5 c R. 1 1 0",    { CLO, CLO }, { CLO, CLO | LIS | SRC | EST },
	    NONE },
	{ "100 s P. 1 1 10", { CLO, EST }, { CLO, CLO | EST }, NONE },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* 3.10.7.4, second, closes in TIME-WAIT; RFC 1337, 3, would have it ignored, and
 * there are hosts of either kind. */
static const struct row reset_in_time_wait[] = {
	OPEN,
	{ "5 c F. 1 1 0", { FW1, CLW }, { FW1, SRC | EST | CLW }, NONE },
	{ "9 s F. 1 2 0", { TIW, LAK }, { FW1 | FW2 | TIW, LAK }, { CLG, 0 } },
	{ "0 c . 2 2 0",  { TIW, CLO }, { TIW, LAK | CLO }, { CLG, 0 } },
	{ "100 s R 2 0 0", { CLO, CLO }, { TIW | CLO, CLO }, { CLG, 0 } },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* Who opens anew may have lost the connection, or the SYN is not its: until
 * it goes on. */
static const struct row opens_anew[] = {
	OPEN,
	{ "9 s P. 1 1 5",        { EST, EST }, { EST, EST },       NONE },
	{ "5000 c S 777777 0 0", { EST, EST }, { CLO | EST, EST }, NONE },
	{ "5 c . 1 6 0",         { EST, EST }, { EST, EST },       NONE },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* 3.10.7.3, second: in SYN-SENT a reset must acknowledge the SYN. */
static const struct row refused[] = {
	{ "0 c S 0 0 0",   { SST, SRC }, { SST,       CLO | LIS | SRC }, NONE },
	{ "10 s R. 0 1 0", { CLO, CLO }, { CLO | SST, CLO | LIS | SRC }, NONE },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

static const struct row badly_refused[] = {
	{ "0 c S 0 0 0",   { SST, SRC }, { SST, CLO | LIS | SRC }, NONE },
	{ "10 s R. 0 9 0", { SST, CLO }, { SST, CLO | LIS | SRC }, NONE },
	{ "90 c S 0 0 0",  { SST, CLO }, { SST, CLO | LIS | SRC }, NONE },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* Whose SYN was not captured: everything is possible, then less. */
static const struct row midstream[] = {
	{ "0 s F. 1 1 0", { CLW, FW1 },
	    { STATES_ALL, FW1 | LAK }, NONE },
	{ "9 c . 1 2 0",  { CLW, FW2 },
	    { CLW | CLG | LAK | TIW, FW1 | FW2 | LAK | CLO }, NONE },
	{ NULL, { 0, 0 }, { 0, 0 }, { 0, 0 } } };

/* clang-format on */

static void
test_conversations(void)
{
	check_rows("normal close", normal_close);
	check_rows("short close", short_close);
	check_rows("simultaneous close", simultaneous_close);
	check_rows("simultaneous open", simultaneous_open);
	check_rows("crossing SYN lost", crossing_syn_lost);
	check_rows("lost FIN", lost_fin);
	check_rows("waiting FIN", waiting_fin);
	check_rows("prompt FIN", prompt_fin);
	check_rows("lost third ACK", lost_third_ack);
	check_rows("late reset", late_reset);
	check_rows("reset in TIME-WAIT", reset_in_time_wait);
	check_rows("opens anew", opens_anew);
	check_rows("refused", refused);
	check_rows("badly refused", badly_refused);
	check_rows("midstream", midstream);
}

/* ------------------------------------------------------------- transitions */

/* The transitions of an end make a chain, and are those of its path unless one
 * was taken back. */
static bool
is_chain(const struct talk *k, enum tcpaudit_end end)
{
	const struct tcpaudit_endpoint *x = &k->connection[0].record.end[end];
	enum tcpaudit_state at = x->path[0];

	for (size_t i = 0; i < k->transitions; i++) {
		if (k->transition[i].endpoint != end)
			continue;
		if (k->transition[i].from != at || k->transition[i].to == at)
			return false;
		at = k->transition[i].to;
	}
	return at == x->state && x->path[x->path_length - 1] == at;
}

static void
test_transitions(void)
{
	struct talk k;
	bool good;

	talk_over(&k,
	    TALK_HANDSHAKE "5 c F. 1 1 0;9 s . 1 2 0;9 s F. 1 2 0;0 c . 2 2 0");
	CHECK(k.transitions == 10);
	CHECK(is_chain(&k, TCPAUDIT_CLIENT) && is_chain(&k, TCPAUDIT_SERVER));
	good = k.transition[0].trigger == TCPAUDIT_SENT &&
	       k.transition[1].trigger == TCPAUDIT_RECEIVED;
	CHECK(good);
	for (size_t i = 1; i < k.transitions; i++)
		good &= k.transition[i - 1].packet <= k.transition[i].packet &&
			k.transition[i - 1].time <= k.transition[i].time;
	CHECK(good && "in order");
	CHECK(k.transition[0].certainty == TCPAUDIT_STATE_CERTAIN &&
	      "that it sent a SYN is sure");
	CHECK(k.transition[1].certainty == TCPAUDIT_STATE_PRESUMED &&
	      "that it was received is not");
	talk_clear(&k);

	/* The FIN had not arrived: CLOSE-WAIT was never entered. */
	talk_over(
	    &k, TALK_HANDSHAKE "5 s F. 1 1 0;300 c P. 1 1 10;9 s . 2 11 0");
	CHECK(k.transition[k.transitions - 1].certainty ==
	      TCPAUDIT_STATE_RETRACTED);
	CHECK(k.transition[k.transitions - 1].to == TCPAUDIT_ESTABLISHED);
	CHECK(k.connection[0].record.end[0].path_length == 3 &&
	      "nor is it on its path");
	CHECK(is_chain(&k, TCPAUDIT_CLIENT));
	talk_clear(&k);
}

/* FINs that cross, wait or come late: the path as finally believed. */
static void
test_late_fins(void)
{
	struct talk k;

	/* One on a slow way: it was late, not lost. */
	talk_over(&k, TALK_HANDSHAKE "5 c F. 1 1 0;300 s F. 1 1 0;0 c . 2 2 0;"
				     "300 s . 2 2 0");
	CHECK(k.connection[0].record.end[1].path_length == 6);
	CHECK(k.connection[0].record.end[1].path[4] == TCPAUDIT_CLOSING);
	CHECK(is_chain(&k, TCPAUDIT_SERVER));
	talk_clear(&k);

	/* The FIN was sent again: the first had been lost. */
	talk_over(&k, TALK_HANDSHAKE "5 c F. 1 1 0;300 s F. 1 1 0;0 c . 2 2 0;"
				     "300 c F. 1 2 0;5 s . 2 2 0");
	CHECK(k.connection[0].record.end[1].path[4] == TCPAUDIT_FIN_WAIT_2);
	talk_clear(&k);

	/* A FIN that passes behind a later ACK of its sender, which had
	 * received the peer's meanwhile. */
	talk_over(&k, TALK_HANDSHAKE "5 s F. 1 1 0;2 c . 1 2 0;1 c F. 1 1 0;"
				     "2 c . 2 2 0;1 s . 2 2 0");
	CHECK(k.connection[0].record.end[0].path_length == 6);
	CHECK(k.connection[0].record.end[0].path[3] == TCPAUDIT_FIN_WAIT_1);
	CHECK(k.connection[0].record.end[0].path[4] == TCPAUDIT_CLOSING);
	CHECK(k.connection[0].record.end[0].path[5] == TCPAUDIT_TIME_WAIT);
	CHECK(is_chain(&k, TCPAUDIT_CLIENT));
	talk_clear(&k);

	/* An ACK sent before the last one came: LAST-ACK, not another state
	 * that is possible as well. */
	talk_over(&k,
	    TALK_HANDSHAKE "5 c F. 1 1 0;5 s P. 1 2 9;0 s F. 10 2 0;"
			   "5 c . 2 11 0;300 s . 11 2 0;5 c . 2 11 0");
	CHECK(k.connection[0].record.end[1].path[3] == TCPAUDIT_CLOSE_WAIT);
	CHECK(k.connection[0].record.end[1].path[4] == TCPAUDIT_LAST_ACK);
	talk_clear(&k);

	/* It came at once, and waited for the text before it (3.10.7.4,
	 * eighth). */
	talk_over(&k, TALK_HANDSHAKE "5 c F. 1 1 0;1 s F. 10 1 0;5 s . 11 2 0;"
				     "300 s P. 1 2 9;0 c . 2 11 0");
	CHECK(k.connection[0].record.end[0].path[4] == TCPAUDIT_FIN_WAIT_2);
	CHECK(k.connection[0].record.end[0].path[5] == TCPAUDIT_TIME_WAIT);
	talk_clear(&k);
}

/* The nominal state is one of those that are possible, whatever comes. */
static void
test_consistency(void)
{
	static const char *const flags[] = { "S", "S.", ".", "P.", "F.", "F",
		"-", "SF" };
	enum tcpaudit_state nominal[2];
	uint16_t possible[2];
	uint32_t random = 7;
	char line[80];
	struct talk k;
	int bad = 0, known = 0;

	talk_begin(&k);
	for (int i = 0; i < 20000; i++) {
		random = random * 1664525 + 1013904223;
		snprintf(line, sizeof(line), "%u %c %s %u %u %u",
		    random >> 30 << (random >> 20 & 7), "cs"[random >> 29 & 1],
		    flags[(random >> 8) % 8], random >> 12 & 3,
		    random >> 14 & 3, random >> 16 & 1);
		talk(&k, line);
		if (tcpaudit_probe_last(k.engine, possible, nominal) != 0)
			continue;
		known++;
		for (int e = 0; e < 2; e++)
			bad += !(possible[e] & 1u << nominal[e]) ||
			       possible[e] & ~STATES_ALL;
	}
	CHECK(known > 1000 && bad == 0);
	talk_finish(&k);
	talk_clear(&k);
}

int
main(void)
{
	test_conversations();
	test_transitions();
	test_late_fins();
	test_consistency();
	return test_done();
}
