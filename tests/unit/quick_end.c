/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Connections that end the quick way are told of as those are that go the long
 * way, and what one has taught does not hold for those that only look the
 * same. */
#include "quick_end.h"

#include "engine.h"
#include "talk.h"
#include "test.h"

/* Connections of a row; the last but one differs from the others. */
enum { CONNECTIONS = 6 };

#define ANSWERS	    "1 c P. 1 1 9;10 s P. 1 10 9;1 c . 10 10 0"
#define SLOW	    "0 c S 0 0 0;2900 s S. 0 1 0;2900 c . 1 1 0;"
#define AGAIN	    "1 c S 7000 0 0;10 s S. 7000 7001 0;0 c . 7001 7001 0"
#define HALF	    "0 c S 0 0 0;10 s S. 0 1 0"
#define CLOSE	    "0 c F. 1 1 0;10 s F. 1 2 0;0 c . 2 2 0"
#define STAMPED_SYN "x020405b40101080a0000000100000000"
#define STAMPED_ACK "x020405b40101080a0000000100000001"
#define STAMPED(at) "x0101080a0000" at "00000001"
#define STAMPED_HANDSHAKE                                                      \
	"0 c S 0 0 0 " STAMPED_SYN ";10 s S. 0 1 0 " STAMPED_ACK ";"           \
	"0 c . 1 1 0 " STAMPED(                                                \
	    "0001") ";"                                                        \
		    "1 c P. 1 1 9 " STAMPED("0002") ";10 s . 1 10 0 " STAMPED( \
			"0001") ";"

static const struct row {
	const char *what;
	const char *usual, *odd;
	int64_t wait;	/* for the end, in ms */
	uint32_t flood; /* SYNs that are one; 0: as it is by itself */
	uint64_t taken;
} rows[] = {
	{ "all open", TALK_HANDSHAKE, TALK_HANDSHAKE "1 c P. 1 1 9", 0, 0, 4 },
	{ "closed, one by its server", TALK_HANDSHAKE CLOSE,
	    TALK_HANDSHAKE "0 s F. 1 1 0;10 c F. 1 2 0;0 s . 2 2 0", 0, 0, 4 },
	/* TW16. */
	{ "ports used again, and one for the first time",
	    TALK_HANDSHAKE CLOSE ";300000 c S 90000 0 0;10 s S. 70000 90001 0;"
				 "0 c . 90001 70001 0",
	    TALK_HANDSHAKE, 0, 0, 8 },
	/* A FIN is owed. */
	{ "closing", TALK_HANDSHAKE "0 c F. 1 1 0;10 s . 1 2 0", TALK_HANDSHAKE,
	    0, 0, 0 },
	{ "one answered late", SLOW ANSWERS,
	    "0 c S 0 0 0;4000 s S. 0 1 0;0 c . 1 1 0;" ANSWERS, 0, 0, 4 },
	{ "one with a late third ACK", SLOW ANSWERS,
	    "0 c S 0 0 0;10 s S. 0 1 0;4000 c . 1 1 0;" ANSWERS, 0, 0, 4 },
	/* The FIN of the last one is too fresh to judge. */
	{ "a FIN without an answer",
	    "5000 c S 0 0 0;10 s S. 0 1 0;0 c . 1 1 0;0 c F. 1 1 0;"
	    "200 s P. 1 1 9",
	    TALK_HANDSHAKE, 0, 0, 0 },
	{ "one whose clock stands still",
	    STAMPED_HANDSHAKE "9000 c P. 10 1 9 " STAMPED(
		"2000") ";10 s . 1 19 0 " STAMPED("1000"),
	    STAMPED_HANDSHAKE "9000 c P. 10 1 9 " STAMPED(
		"0003") ";10 s . 1 19 0 " STAMPED("1000"),
	    0, 0, 4 },
	{ "SYNs a moment ago, and an older one", "0 c S 0 0 0",
	    "0 c S 0 0 0;1000 c S 0 0 0", 0, 0, 4 },
	{ "SYNs without an answer", "500 c S 0 0 0", "500 c S 0 0 0 w9", 1000,
	    0, 4 },
	{ "SYNs without an answer, after a while", "500 c S 0 0 0",
	    TALK_HANDSHAKE "0 c P. 1 1 9", 100000, 0, 8 },
	{ "SYNs of a flood, and a connection", "500 c S 0 0 0",
	    TALK_HANDSHAKE "0 c P. 1 1 9", 20000, 4, 4 },
	{ "half-open, and an older one", HALF, HALF ";0 s S. 0 1 0", 0, 0, 4 },
	{ "half-open for a while", HALF, TALK_HANDSHAKE "0 c P. 1 1 9", 9000, 0,
	    0 },
	{ "half-open, of a flood", "500 c S 0 0 0;10 s S. 0 1 0",
	    TALK_HANDSHAKE "0 c P. 1 1 9", 9000, 4, 4 },
	{ "half-open, some of late", "1500 c S 0 0 0;10 s S. 0 1 0",
	    TALK_HANDSHAKE "0 c P. 1 1 9", 100, 0, 1 },
	{ "closed for 2 MSL", TALK_HANDSHAKE CLOSE,
	    TALK_HANDSHAKE "0 s F. 1 1 0;10 c F. 1 2 0;0 s . 2 2 0", 300000, 0,
	    9 },
	{ "SYNs of a flood, after a while, and a connection", "500 c S 0 0 0",
	    TALK_HANDSHAKE "0 c P. 1 1 9", 100000, 4, 8 },
};

/* A script, for a client port of its own. */
static void
show(struct talk *k, const char *script, unsigned port)
{
	char *copy = strdup(script), *line, *rest, own[256];

	for (line = strtok_r(copy, ";", &rest); line != NULL;
	     line = strtok_r(NULL, ";", &rest)) {
		snprintf(own, sizeof(own), "%s p%u", line, port);
		talk(k, own);
	}
	free(copy);
}

/* What is remembered of those that are over. */
static void
write_tombs(struct talk *k)
{
	const struct tcpaudit *t = k->engine;

	for (uint32_t id = t->nodes.oldest; id != 0;
	     id = node_at(&t->nodes, id)->younger) {
		uint32_t tomb = node_at(&t->nodes, id)->tomb;
		const uint8_t *p =
		    tomb == 0 ? NULL : pool_at(&t->tombstones, tomb);

		for (size_t i = 0; p != NULL && i < sizeof(struct tombstone);
		     i++)
			fprintf(k->log, "%02x", p[i]);
		fprintf(k->log, "\n");
	}
}

/* What is said in all; `doubt`: the long way. */
static uint64_t
audit(struct talk *k, const struct row *r, bool doubt)
{
	uint64_t taken;

	talk_defaults(k);
	k->config.on_transition = NULL;
	if (r->flood != 0)
		k->config.flood_syn = r->flood;
	talk_open(k);
	k->engine->quick.doubt = doubt;
	for (unsigned i = 1; i <= CONNECTIONS; i++)
		show(k, i == CONNECTIONS - 1 ? r->odd : r->usual, i);
	if (r->wait > 0)
		talk_wait(k, r->wait);
	write_tombs(k);
	if (r->wait > T_SYN / TALK_MS)
		for (unsigned i = 1; i <= CONNECTIONS; i++)
			show(k, AGAIN, i);
	talk_finish(k);
	taken = k->engine->ends.taken;
	return taken;
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct talk quick, slow;
		uint64_t taken = audit(&quick, &rows[i], false);

		CHECK(audit(&slow, &rows[i], true) == 0);
		test_check(strcmp(talk_text(&quick), talk_text(&slow)) == 0,
		    rows[i].what, __FILE__, __LINE__);
		if (taken != rows[i].taken)
			printf("# %" PRIu64 " taken of: %s\n%s", taken,
			    rows[i].what, talk_text(&quick));
		CHECK(taken == rows[i].taken);
		talk_clear(&quick);
		talk_clear(&slow);
	}
	return test_done();
}
