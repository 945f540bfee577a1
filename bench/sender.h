/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The sender of a long transfer: which of the numbered segments are on their
 * way, and what is sent next. */
#ifndef SENDER_H
#define SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "receiver.h"

#define MOST_FLYING 512
#define MOST_WINDOW 200
#define LINK_TIME   INT64_C(120000) /* ns of a segment, at 100 Mbit/s */

/* One that was sent and is not yet acknowledged. */
struct flying {
	int64_t sent; /* last */
	bool sacked, lost;
};

struct sender {
	uint64_t first, next, total; /* SND.UNA, SND.NXT, the end */
	uint64_t recovery;	     /* over when this is acknowledged */
	bool recovering;
	double window, threshold;
	unsigned pipe;	/* sent, not sacked, not lost (RFC 6675, 2) */
	int64_t newest; /* when the newest that arrived was sent */
	struct flying flying[MOST_FLYING];
};

/* An acknowledgment arrives of all before `first`, and of these runs. */
void sender_take(
    struct sender *, uint64_t first, const struct run *run, unsigned count);

/* Nothing came for long: the first one has to be sent again. */
void sender_expire(struct sender *);

/* Which segment may be sent now, if any. */
bool sender_choose(const struct sender *, uint64_t *number);

/* It is sent at this time. */
void sender_put(struct sender *, uint64_t number, int64_t at);

#endif
