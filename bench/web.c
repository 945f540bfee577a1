/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Web traffic: a request or two, their answers, and an orderly close. */
#include "workload.h"

void
web_write(struct talk *t, struct chance *c, const struct amount *amount,
    uint64_t number, int64_t at)
{
	struct flow flow = crowd_flow(amount->seed, number);
	int64_t rtt = chance_between(c, MILLISECOND, 80 * MILLISECOND);
	unsigned requests = chance_hit(c, 400000) ? 2 : 1;
	bool client_closes = chance_hit(c, 600000);
	unsigned octets;

	talk_begin(t, c, &flow, at, rtt);
	at = talk_open(t, at);
	/* The client, half a round trip ago. */
	at += chance_between(c, 50, 2000) * MICROSECOND - rtt / 2;
	while (requests-- > 0) {
		octets = (unsigned)chance_between(c, 150, 1200);
		at = talk_text(t, CLIENT, at, octets, false);
		if (chance_hit(c, 500000))
			talk_pass(t, SERVER, at + 15 * MICROSECOND, ACK, 0);
		at += chance_between(c, 200, 30000) * MICROSECOND;
		octets = (unsigned)chance_between(c, 100, 9 * FULL);
		at = talk_text(
		    t, SERVER, at, octets, requests == 0 && !client_closes);
		/* The next segment of the client acknowledges the rest. */
		at += chance_between(c, 1000, 35000) * MICROSECOND;
	}
	if (client_closes) {
		talk_close(
		    t, CLIENT, at, chance_between(c, 0, 3) * 500 * MICROSECOND);
	} else {
		at += chance_between(c, 50, 200) * MILLISECOND + rtt;
		talk_close(t, SERVER, at,
		    chance_between(c, 0, 10) * 500 * MICROSECOND);
	}
}

void
web_run(const struct amount *amount, struct capture *capture)
{
	const struct crowd crowd = { crowd_duration(amount->connections, 10000),
		web_write };

	crowd_run(&crowd, amount, capture);
}
