/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Timers on the capture clock: exactly up to a packet for its own flow, within
 * a slot of the wheel for others, at any distance, however time passes. */
#include "timer.h"

#include "talk.h"
#include "test.h"

#define HS	 TALK_HANDSHAKE
#define SLOT_MS	 (TIMER_SLOT_NS / TALK_MS + 1)
#define T_SYN_MS (T_SYN / TALK_MS)

/* A packet of the flow itself finds each timer run that is due by then, and
 * none that is not. */
static void
test_exact(void)
{
	struct talk k;
	char line[80];

	for (int64_t late = -1; late <= 1; late++) {
		snprintf(line, sizeof(line),
		    "0 c S 0 0 0;%" PRId64 " s S. 0 1 0", T_SYN_MS + late);
		talk_begin(&k);
		talk(&k, line);
		CHECK((talk_found(&k, "HS02") != NULL) == (late >= 0));
		CHECK(k.connections == (size_t)(late >= 0));
		talk_finish(&k);
		talk_clear(&k);
	}
}

/* Those of other flows run within a slot, and tell their own time. */
static void
test_others(void)
{
	struct talk k;

	talk_begin(&k);
	talk(&k, "0 c S 0 0 0;74900 s . 1 1 0 p40001");
	CHECK(talk_found(&k, "HS02") == NULL);
	talk(&k, "300 s . 1 1 0 p40001");
	CHECK(talk_found(&k, "HS02") != NULL);
	CHECK(talk_found(&k, "HS02") != NULL &&
	      talk_found(&k, "HS02")->last.time == TALK_START + T_SYN &&
	      talk_found(&k, "HS02")->last.packet == 1);
	talk_finish(&k);
	talk_clear(&k);
}

/* A deadline that has moved: the old one comes to nothing. */
static void
test_moved(void)
{
	struct talk k;

	talk_begin(&k);
	talk(&k, "0 c S 0 0 0;50000 c S 0 0 0");
	talk_wait(&k, 50000);
	CHECK(talk_found(&k, "HS02") == NULL && k.connections == 0);
	talk_wait(&k, 25000 + SLOT_MS);
	CHECK(talk_found(&k, "HS02") != NULL && k.connections == 1);
	talk_finish(&k);
	talk_clear(&k);

	talk_begin(&k);
	talk(&k, "0 c S 0 0 0;10 s R. 0 1 0");
	talk_wait(&k, T_SYN_MS + SLOT_MS);
	CHECK(talk_found(&k, "HS02") == NULL && "it was answered");
	talk_finish(&k);
	talk_clear(&k);
}

/* Farther than the wheel reaches (RFC 9293, 3.8.4: keepalives wait for two
 * hours): found again and again until it is time. */
static void
test_far(void)
{
	struct tcpaudit_statistics s;
	struct talk k;

	talk_begin(&k);
	talk(&k, HS);
	talk_wait(&k, T_IDLE / TALK_MS - 1000);
	tcpaudit_statistics(k.engine, &s);
	CHECK(T_IDLE > TIMER_SLOTS * TIMER_SLOT_NS);
	CHECK(k.connections == 0 && s.open_flows == 1);
	talk_wait(&k, 1000 + SLOT_MS);
	CHECK(k.connections == 1);
	talk_wait(&k, T_TOMBSTONE / TALK_MS + SLOT_MS);
	tcpaudit_statistics(k.engine, &s);
	CHECK(s.open_flows == 0 && "nothing is kept for ever");
	CHECK(k.connections == 1);
	talk_finish(&k);
	talk_clear(&k);
}

/* ---------------------------------------------------------------- passing */

#define OPEN_ENDS                                                              \
	HS "1 c F. 1 1 0;10 s . 1 2 0;"                                        \
	   "0 c S 0 0 0 p40001;0 s S. 0 1 0 p40001;"                           \
	   "0 c S 0 0 0 p40002;500 c S 0 0 0 p40003;"                          \
	   "0 s S. 0 1 0 p40003;0 c . 1 1 0 p40003;0 c P. 1 1 9 p40003;"       \
	   "0 c P. 1 1 9 p40004;0 s F. 1 10 0 p40004;0 c F. 10 2 0 p40004"

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What was said, without the numbers of findings, by line.  Timers of two
 * flows that are due at about the same time may run in any order. */
static char *
normal(const char *text)
{
	char *copy = strdup(text), *line[200], *rest, *p;
	char *result = calloc(1, strlen(text) + 2);
	size_t n = 0;

	for (p = strtok_r(copy, "\n", &rest); p != NULL && n < 200;
	     p = strtok_r(NULL, "\n", &rest))
		line[n++] = strchr(p, ' ');
	qsort(line, n, sizeof(*line), compare_lines);
	for (size_t i = 0; i < n; i++) {
		strcat(result, line[i]);
		strcat(result, "\n");
	}
	free(copy);
	return result;
}

/* Three hours in steps of so many milliseconds. */
static char *
heard_in_steps(int64_t step)
{
	const int64_t all = 3 * 3600 * 1000;
	struct talk k;
	char *text;

	talk_begin(&k);
	talk(&k, OPEN_ENDS);
	for (int64_t gone = 0; gone < all; gone += step)
		talk_wait(&k, all - gone < step ? all - gone : step);
	CHECK(k.connections == 5);
	text = normal(talk_text(&k));
	talk_finish(&k);
	talk_clear(&k);
	return text;
}

static void
test_steps(void)
{
	static const int64_t steps[] = { 10000000, 3600000, 549755, 60000, 134,
		100 };
	char *at_once = heard_in_steps(3 * 3600 * 1000), *text;

	CHECK(strstr(at_once, "HS01") && strstr(at_once, "HS02") &&
	      strstr(at_once, "TD12"));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		text = heard_in_steps(steps[i]);
		CHECK(strcmp(text, at_once) == 0 &&
		      "however time passes, the same is said");
		free(text);
	}
	free(at_once);
}

/* Many flows in one slot, which all end in one turn of the wheel. */
static void
test_many(void)
{
	struct tcpaudit_statistics s;
	struct talk k;
	char line[80];

	talk_begin(&k);
	for (int i = 0; i < 3000; i++) {
		snprintf(line, sizeof(line), "0 c S 0 0 0 p%d", 1000 + i);
		talk(&k, line);
	}
	talk_wait(&k, T_SYN_MS + SLOT_MS);
	tcpaudit_statistics(k.engine, &s);
	CHECK(s.connections == 3000);
	talk_wait(&k, T_TOMBSTONE / TALK_MS + SLOT_MS);
	tcpaudit_statistics(k.engine, &s);
	CHECK(s.open_flows == 0);
	talk_finish(&k);
	talk_clear(&k);
}

int
main(void)
{
	test_exact();
	test_others();
	test_moved();
	test_far();
	test_steps();
	test_many();
	return test_done();
}
