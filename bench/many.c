/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Connections that are all open at once: each is opened, asks and is answered
 * much later, and none is closed before the capture ends. */
#include "workload.h"

static void
many_write(struct talk *t, struct chance *c, const struct amount *amount,
    uint64_t number, int64_t at)
{
	struct flow flow = crowd_flow(amount->seed, number);
	/* Far away, so that much lies between any two packets. */
	int64_t rtt = chance_between(c, 150, 400) * MILLISECOND;

	talk_begin(t, c, &flow, at, rtt);
	at = talk_open(t, at);
	at += chance_between(c, 21, 25) * SECOND;
	at += chance_between(c, 0, 1000000) * MICROSECOND;
	at = talk_text(t, CLIENT, at, 400, false);
	talk_text(t, SERVER, at + 5 * MILLISECOND, 1200, true);
}

void
many_run(const struct amount *amount, struct capture *capture)
{
	const struct crowd crowd = { 20 * SECOND, many_write };

	crowd_run(&crowd, amount, capture);
}
