/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is learned of one connection must hold for the next one that looks the
 * same and is not: cases that were once taken for each other.  tests/quick.c
 * looks for more. */
#include "quick.h"

#include "engine.h"
#include "talk.h"
#include "test.h"

static const struct row {
	const char *what, *teaches, *meets;
} rows[] = {
	/* update.c: FILLED_WINDOW tells CLOSING from LAST-ACK. */
	{ "a FIN at a window that is full",
	    "0 c S 0 0 0;10 s S. 0 1 0 w1000;0 c . 1 1 0;"
	    "1 c P. 1 1 1000;1 s . 1 1001 0 w1000;1 c P. 1001 1 500;"
	    "1 s F. 1 1501 0 w1000",
	    "9 c S 0 0 0 p2;10 s S. 0 1 0 w1000 p2;0 c . 1 1 0 p2;"
	    "1 c P. 1 1 1000 p2;1 s . 1 1001 0 w1000 p2;"
	    "1 c P. 1001 1 1000 p2;1 s F. 1 2001 0 w1000 p2" },
	/* fact.c: what passed long ago did not arrive after all. */
	{ "text is acknowledged, and long after the FIN it still is not",
	    TALK_HANDSHAKE "1 c P. 1 1 100;10 s P. 1 101 100;"
			   "1 s F. 101 101 0;5 c . 101 101 0",
	    "9 c S 0 0 0 p2;10 s S. 0 1 0 p2;0 c . 1 1 0 p2;"
	    "1 c P. 1 1 100 p2;10 s P. 1 101 100 p2;"
	    "1 s F. 101 101 0 p2;300 c . 101 101 0 p2" },
	/* Which of the two left last is not known: the edge stays. */
	{ "a window below that of the SYN",
	    TALK_HANDSHAKE "1 s . 1 1 0 w61000 i1",
	    "9 c S 0 0 0 p2;10 s S. 0 1 0 p2;0 c . 1 1 0 p2;"
	    "1 s . 1 1 0 w50000 p2 i1" },
	/* TW16 is of those that were closed in order. */
	{ "ports that are used again after a reset",
	    TALK_HANDSHAKE "1 c F. 1 1 0;1 s F. 1 2 0;1 c . 2 2 0;"
			   "300000 c S 1000000 0 0;10 s S. 5000 1000001 0",
	    "9 c S 0 0 0 p2;10 s S. 0 1 0 p2;0 c . 1 1 0 p2;"
	    "1 c R. 1 1 0 p2;300000 c S 1000000 0 0 p2;"
	    "10 s S. 5000 1000001 0 p2" },
};

int
main(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct talk k;
		uint64_t learned;

		talk_defaults(&k);
		k.config.on_transition = NULL;
		talk_open(&k);
		k.engine->quick.doubt = true;
		talk(&k, r->teaches);
		learned = k.engine->quick.learned;
		CHECK(learned > 0);
		talk(&k, r->meets);
		CHECK(k.engine->quick.learned > learned);
		test_check(
		    k.engine->quick.wrong == 0, r->what, __FILE__, __LINE__);
		talk_finish(&k);
		talk_clear(&k);
	}
	return test_done();
}
