/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The way of the parcels from one worker to whoever joins them: a short queue
 * of batches.  Who finds it full, or empty, waits. */
#ifndef LANE_H
#define LANE_H

#include <pthread.h>
#include <stdbool.h>

#include "parcel.h"

#define LANE_BATCHES 8

/* What is written and not yet taken is of one side alone; the batches in
 * between are guarded by the lock. */
struct lane {
	pthread_mutex_t lock;
	pthread_cond_t moved; /* a batch came, or went */
	struct batch *waiting[LANE_BATCHES];
	unsigned first, count;
	bool closed;	  /* no more comes */
	bool cancelled;	  /* nobody takes any more */
	struct batch *in; /* being filled */
	struct parcel_state state;
	struct batch *out; /* being read */
	struct parcel_reader reader;
	bool brief;  /* struct parcel, of all of them */
	bool failed; /* memory was short: parcels are missing */
};

/* Returns 0, or -1 if the system has no room for a lock. */
int lane_init(struct lane *);

/* Nobody uses it any more. */
void lane_clear(struct lane *);

/* ------------------------------------------------- for the worker's thread */

/* Puts a parcel in; waits if the queue is full.  Returns false if nobody takes
 * it: the work may end. */
bool lane_put(struct lane *, const struct parcel *parcel);

/* Hands over what was put in, and that no more comes of what is before
 * `place`. */
bool lane_pass(struct lane *, const struct tcpaudit_place *place);

/* No more comes. */
void lane_close(struct lane *);

/* ------------------------------------------------------- for the other side */

/* The next parcel, good until the next call; waits for it.  False: there is
 * none. */
bool lane_take(struct lane *, struct parcel *out);

/* Nothing is taken any more. */
void lane_cancel(struct lane *);

#endif
