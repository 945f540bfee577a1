/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A long transfer from a server to a client over a path that loses segments:
 * a sender with SACK and RACK (RFC 6675, RFC 8985), a receiver that
 * acknowledges every second segment. */
#ifndef ELEPHANT_H
#define ELEPHANT_H

#include "calendar.h"
#include "workload.h"

/* A packet that the monitor saw. */
struct sighting {
	const struct flow *flow;
	struct segment segment;
	struct sack sack;
};

struct elephant;

/* One that transfers so many segments.  Its packets are put into `seen`, as
 * sightings that the caller frees.  elephant_free() frees it, which must be
 * after they are used.  Ends the program if there is no memory. */
struct elephant *elephant_new(const struct amount *, uint64_t number,
    uint64_t segments, struct calendar *seen);
void elephant_free(struct elephant *);

/* When something happens next; INT64_MAX: the transfer is over.  What it puts
 * into `seen` then is not earlier. */
int64_t elephant_next(const struct elephant *);

/* Lets it happen. */
void elephant_step(struct elephant *);

#endif
