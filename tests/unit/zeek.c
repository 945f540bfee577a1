/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What Zeek would say: each conn_state of its documentation, and histories. */
#include "zeek.h"

#include "talk.h"
#include "test.h"

#define HS TALK_HANDSHAKE

static const struct row {
	const char *state, *history, *script;
} rows[] = {
	/* Connection attempt seen, no reply. */
	{ "S0", "S", "0 c S 0 0 0" },
	{ "S0", "S", "0 c S 0 0 0;1000 c S 0 0 0" },
	/* A second SYN of another number is another letter. */
	{ "S0", "SS", "0 c S 0 0 0;1000 c S 9 0 0" },
	/* Established, not terminated. */
	{ "S1", "Sh", "0 c S 0 0 0;10 s S. 0 1 0" },
	{ "S1", "ShA", HS },
	{ "S1", "ShADad", HS "1 c P. 1 1 5;1 s . 1 6 0;1 s P. 1 6 9" },
	/* Data is said once in each direction, however much. */
	{ "S1", "ShADa", HS "1 c P. 1 1 5;1 c P. 6 1 5;1 s . 1 11 0" },
	/* Normal establishment and termination. */
	{ "SF", "ShAFf",
	    "0 c S 0 0 0;10 s S. 0 1 0;0 c . 1 1 0;"
	    "1 c F. 1 1 0;10 s F. 1 2 0;0 c . 2 2 0" },
	{ "SF", "ShADdfaF",
	    HS "1 c P. 1 1 5;1 s P. 1 6 9;1 s F. 10 6 0;"
	       "1 c . 6 11 0;0 s . 11 6 0;1 c F. 6 11 0" },
	/* A FIN sent again with the same number is the same FIN. */
	{ "SF", "ShAFf", HS "1 c F. 1 1 0;300 c F. 1 1 0;1 s F. 1 2 0" },
	/* Nor is the SYN-ACK another after a reset. */
	{ "RSTR", "ShrF",
	    "0 c S 0 0 0;10 s S. 0 1 0;1 s R 1 0 0;9 s S. 0 1 0;"
	    "1 c F. 1 1 0" },
	/* Text of a FIN is no D. */
	{ "S2", "ShAF", HS "1 c FP. 1 1 5" },
	/* Attempt rejected. */
	{ "REJ", "Sr", "0 c S 0 0 0;10 s R. 0 1 0" },
	/* Close attempt by the originator alone, by the responder alone. */
	{ "S2", "ShAFa", HS "1 c F. 1 1 0;10 s . 1 2 0" },
	{ "S3", "ShAf", HS "1 s F. 1 1 0;10 c . 1 2 0" },
	/* Established, aborted by one of them. */
	{ "RSTO", "ShAR", HS "9 c R. 1 1 0" },
	{ "RSTR", "ShADar", HS "1 c P. 1 1 5;1 s . 1 6 0;1 s R. 1 6 0" },
	/* SYN, then RST of the originator, no SYN-ACK. */
	{ "RSTOS0", "SR", "0 c S 0 0 0;10 c R 1 0 0" },
	/* SYN-ACK, then RST of the responder, no SYN. */
	{ "RSTRH", "^hr", "0 s S. 0 1 0;10 s R 1 0 0" },
	/* SYN, then FIN, no SYN-ACK: half-open. */
	{ "SH", "SF", "0 c S 0 0 0;10 c F. 1 1 0" },
	/* SYN-ACK, then FIN of the responder, no SYN. */
	{ "SHR", "^hf", "0 s S. 0 1 0;10 s F. 1 1 0" },
	/* No SYN: midstream. */
	{ "OTH", "D", "0 c P. 1 1 5" },
	{ "OTH", "^d", "0 s P. 1 1 5" },
	{ "OTH", "Da", "0 c P. 1 1 5;1 s . 1 6 0" },
	{ "OTH", "DaR", "0 c P. 1 1 5;1 s . 1 6 0;1 c R 6 0 0" },
	{ "SH", "DaF", "0 c P. 1 1 5;1 s . 1 6 0;1 c F. 6 1 0" },
	{ "SHR", "Daf", "0 c P. 1 1 5;1 s . 1 6 0;1 s F. 1 6 0" },
	{ "SF", "DaFf", "0 c P. 1 1 5;1 s . 1 6 0;1 c F. 6 1 0;1 s F. 1 7 0" },
	/* The SYN was missed, and the SYN-ACK not. */
	{ "S1", "^hA", "0 s S. 0 1 0;1 c . 1 1 0" },
	/* SYNs that cross; a bare ACK before the SYN-ACK. */
	{ "S1", "Ss", "0 c S 0 0 0;1 s S 0 0 0" },
	{ "S0", "Sa", "0 c S 0 0 0;1 s . 0 1 0" },
	/* FIN and RST of one end, and then the FIN of the other. */
	{ "SF", "ShAFRf", HS "1 c F. 1 1 0;0 c R. 2 1 0;9 s F. 1 2 0" },
	/* Closed for 5 s, it is forgotten: what follows is not of it. */
	{ "RSTR", "ShARdr", HS "9 c R. 1 1 0;4000 s P. 1 1 5;1 s R 6 0 0" },
	{ "RSTO", "ShAR", HS "9 c R. 1 1 0;5001 s P. 1 1 5;1 s R 6 0 0" },
	{ "SF", "ShAFf",
	    HS "1 c F. 1 1 0;10 s F. 1 2 0;6000 s P. 1 2 5;1 c R 2 0 0" },
	/* A wrong checksum: dropped, unless its peer answers. */
	{ "OTH", "C", "0 c S 0 0 0 e" },
	{ "OTH", "C", "0 c S 0 0 0 e;1000 c S 0 0 0 e" },
	{ "OTH", "^c", "0 s S. 0 1 0 e" },
	{ "S0", "S", "0 c S 0 0 0 e;1000 c S 0 0 0" },
	{ "S1", "Sh", "0 c S 0 0 0 e;10 s S. 0 1 0" },
	{ "S1", "ShAC", HS "9 c R. 1 1 0 e" },
	/* What was acknowledged and is missing: counted for each end. */
	{ "S1", "ShAaGg",
	    HS "300 s . 1 6 0;300 s . 1 12 0;300 c . 12 9 0;300 c . 12 30 0" },
	/* Flags of more than one kind. */
	{ "RSTO", "ShAI", HS "1 c FR. 1 1 0" },
};

static void
test_rows(void)
{
	struct talk k;
	char name[200];
	bool good;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		talk_over(&k, rows[i].script);
		good = k.connections == 1 &&
		       strcmp(k.connection[0].conn_state, rows[i].state) == 0 &&
		       strcmp(k.connection[0].history, rows[i].history) == 0;
		snprintf(name, sizeof(name), "%s %s, not %s %s: %s",
		    rows[i].state, rows[i].history, k.connection[0].conn_state,
		    k.connection[0].history, rows[i].script);
		test_check(good, name, __FILE__, __LINE__);
		talk_clear(&k);
	}
}

/* A history is bounded, whatever the peers do. */
static void
test_bounded(void)
{
	struct talk k;
	char line[80];

	talk_begin(&k);
	for (int i = 0; i < 200; i++) {
		snprintf(line, sizeof(line), "1 c S %d 0 0", i * 7);
		talk(&k, line);
	}
	talk_finish(&k);
	CHECK(k.connections == 1);
	CHECK(strlen(k.connection[0].history) > 10);
	CHECK(strlen(k.connection[0].history) <
	      sizeof(((struct connection *)0)->zeek_history));
	talk_clear(&k);
}

int
main(void)
{
	test_rows();
	test_bounded();
	return test_done();
}
