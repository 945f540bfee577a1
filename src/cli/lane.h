/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The ways of the parcels from workers to the report: short queues of crates,
 * and the desk where they are joined.  Nobody sits there for good: whose lane
 * is full, who is ahead of the others, does the joining until there is room
 * again, or all that there is to be joined; and who is done with its own work
 * does the rest. */
#ifndef LANE_H
#define LANE_H

#include <pthread.h>
#include <stdbool.h>

#include "crate.h"

#define LANE_CRATES 16

/* All lanes that are joined, and who does it.  Guarded by the lock, as is what
 * says so below. */
struct lane_desk {
	pthread_mutex_t lock;
	pthread_cond_t moved; /* a crate came, or went, or the joiner did */
	bool taken;	      /* somebody joins */
	const struct lane *joiner; /* whose; NULL: one that is closed */
	bool over;		   /* nothing is left to be joined */
	/* Joins what there is, as one thread at a time.  Returns false if
	 * lane_take() says that something comes later. */
	bool (*join)(void *argument);
	void *argument;
};

/* What is written and not yet taken is of one side alone; the crates in
 * between are guarded by the lock. */
struct lane {
	struct lane_desk *desk;
	struct crate *waiting[LANE_CRATES];
	unsigned first, count;
	bool closed;		     /* no more comes */
	bool cancelled;		     /* nobody takes any more */
	struct crate *in;	     /* being filled */
	struct tcpaudit_place place; /* of what was put in last */
	struct crate *out;	     /* being read */
	struct crate_reader reader;
	bool brief;  /* crate_put(), for all of them */
	bool failed; /* memory was short: parcels are missing */
};

enum lane_taken {
	LANE_LATER, /* there is none yet */
	LANE_TAKEN,
	LANE_END /* no more comes */
};

/* Returns 0, or -1 if the system has no room for a lock. */
int lane_desk_init(
    struct lane_desk *, bool (*join)(void *argument), void *argument);

/* Its lanes are cleared. */
void lane_desk_clear(struct lane_desk *);

/* A lane to a desk, which is borrowed. */
void lane_init(struct lane *, struct lane_desk *);

/* Nobody uses it any more. */
void lane_clear(struct lane *);

/* ------------------------------------------------- for the worker's thread */

/* Puts in what an engine says; joins, or waits, if the queue is full.  Returns
 * false if nobody takes it: the work may end. */
bool lane_put(struct lane *, const struct tcpaudit_part *part);

/* The same of what the reader of the inputs says. */
bool lane_put_input(struct lane *, const struct parcel *parcel);

/* Hands over what was put in, and that no more comes of what is before
 * `place`. */
bool lane_pass(struct lane *, const struct tcpaudit_place *place);

/* No more comes.  Returns when all lanes of the desk are joined, or nobody
 * takes any more. */
void lane_close(struct lane *);

/* -------------------------------------------------------- for who joins */

/* The next parcel, good until the next call.  LANE_LATER is told to a worker
 * whose own lane has room; others wait. */
enum lane_taken lane_take(struct lane *, struct parcel *out);

/* Nothing is taken any more. */
void lane_cancel(struct lane *);

#endif
