/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calendar.h"

/* What of a connection is not yet written. */
struct rest {
	struct flow flow;
	struct sack sack;
	unsigned next, count;
	struct segment segment[];
};

static void
enter(struct calendar *calendar, const struct talk *t)
{
	size_t size = t->count * sizeof(t->segment[0]);
	struct rest *rest = malloc(sizeof(*rest) + size);

	if (rest == NULL) {
		perror("generate");
		exit(2);
	}
	rest->flow = t->flow;
	rest->sack = t->sack;
	rest->next = 0;
	rest->count = t->count;
	memcpy(rest->segment, t->segment, size);
	calendar_put(calendar, rest->segment[0].time, rest);
}

/* Writes what is earlier than this. */
static void
write_until(struct calendar *calendar, struct capture *capture, int64_t time)
{
	while (calendar->count > 0 && calendar->date[0].time < time) {
		struct rest *rest = calendar_take(calendar);

		capture_write(capture, &rest->flow,
		    &rest->segment[rest->next++], &rest->sack);
		if (rest->next == rest->count)
			free(rest);
		else
			calendar_put(
			    calendar, rest->segment[rest->next].time, rest);
	}
}

void
crowd_run(const struct crowd *crowd, const struct amount *amount,
    struct capture *capture)
{
	struct calendar calendar = { 0 };
	struct talk *talk = malloc(sizeof(*talk));
	uint64_t i;

	if (talk == NULL) {
		perror("generate");
		exit(2);
	}
	for (i = 0; i < amount->connections; i++) {
		struct chance chance = chance_of(amount->seed, i);
		double slot =
		    (double)crowd->duration / (double)amount->connections;
		int64_t from = (int64_t)(slot * (double)i);

		/* At random within its share, which keeps the order. */
		write_until(&calendar, capture, from);
		crowd->write(talk, &chance, amount, i,
		    from + chance_between(&chance, 0, (int64_t)slot + 1));
		talk_sort(talk);
		enter(&calendar, talk);
	}
	write_until(&calendar, capture, INT64_MAX);
	free(calendar.date);
	free(talk);
}

/* Four rounds of a Feistel network. */
uint32_t
crowd_shuffle(uint64_t seed, uint32_t number)
{
	uint32_t left = number >> 16, right = number & 0xffff;
	unsigned i;

	for (i = 0; i < 4; i++) {
		uint32_t old = right;

		right = left ^ (chance_mix(seed + i + (uint64_t)right * 8191) &
				   0xffff);
		left = old;
	}
	return left << 16 | right;
}

struct flow
crowd_flow(uint64_t seed, uint64_t number)
{
	uint32_t client = crowd_shuffle(seed, (uint32_t)number);
	uint64_t server = chance_mix(seed ^ chance_mix(number)) % 300;

	/* 2^18 clients with 2^14 ports each. */
	return (struct flow){
		.address = { 10u << 24 | (1 + (client >> 14)),
		    198u << 24 | 18 << 16 | (uint32_t)(server + 1) },
		.port = { (uint16_t)(32768 + (client & 0x3fff)),
		    server % 3 == 0 ? 80 : 443 },
	};
}

int64_t
crowd_duration(uint64_t count, unsigned rate)
{
	return 50 * MILLISECOND + (int64_t)count * (SECOND / rate);
}
