/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Short connections of clients that use their ports again: after 2 MSL if it
 * was they who closed first, or at once, with greater numbers and timestamps,
 * if it was the server (RFC 6191). */
#include "workload.h"

#define DURATION (500 * SECOND)

static void
brief_write(struct talk *t, struct chance *c, const struct amount *amount,
    uint64_t number, int64_t at)
{
	/* Those of every eighth tuple are closed by the server, and it is used
	 * again four times as often. */
	uint64_t tuples = (amount->connections / 2 + 32) / 32 * 32;
	bool server_closes = number % 8 == 0;
	struct flow flow = crowd_flow(amount->seed,
	    server_closes ? number % (tuples / 4) : number % tuples);
	int64_t rtt = chance_between(c, MILLISECOND, 40 * MILLISECOND);

	talk_begin(t, c, &flow, at, rtt);
	at = talk_open(t, at) + 100 * MICROSECOND;
	at = talk_text(t, CLIENT, at, 120, false) + 10 * MICROSECOND;
	talk_pass(t, SERVER, at, ACK, 0);
	at += chance_between(c, 100, 2000) * MICROSECOND;
	at = talk_text(t, SERVER, at, 600, false) + 10 * MICROSECOND;
	talk_pass(t, CLIENT, at, ACK, 0);
	at += rtt;
	talk_close(t, server_closes ? SERVER : CLIENT, at, 300 * MICROSECOND);
}

void
brief_run(const struct amount *amount, struct capture *capture)
{
	const struct crowd crowd = { DURATION, brief_write };

	crowd_run(&crowd, amount, capture);
}
