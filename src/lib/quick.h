/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * The quick way: what an ordinary segment does to a calm connection, without
 * unfolding it.
 *
 * It knows no rule and no state.  A segment that could make any rule speak goes
 * the long way (step.h), by tests stricter than those of the rules; so does one
 * that finds the connection in a situation that is new.  What the long way then
 * made of the shape is learned, provided that the numbers came out as the quick
 * way has them; when the same kind of segment comes in the same situation
 * again, the shape that follows is known.
 *
 * Where the shape is known to stay as it is, as in most of a connection,
 * nothing need be looked up: that is the steady way, of the same parts.
 */
#ifndef QUICK_H
#define QUICK_H

#include "calm.h"
#include "segment.h"

struct seed;
struct shape;

/* The kinds of segments and situations, and what follows. */
struct quick_move {
	uint64_t what;	/* what is asked of its numbers, and its kind */
	uint64_t offer; /* of a SYN */
	uint32_t shape, next;
};

#define QUICK_MOVES 4096

struct quick_moves {
	struct quick_move *move; /* NULL: not yet */
	/* What is to be learned from the segment that goes the long way. */
	struct quick_move ask;
	uint32_t node; /* of it; 0: none */
	uint32_t copy; /* of its calm connection, as it was before */
	bool doubt; /* for tests: all go the whole long way, and are compared */
	uint64_t wrong; /* of these: it came out other than was learned */
	uint64_t taken, learned;
};

/* Takes a segment of a calm connection.  False: it has to go the long way, and
 * nothing has changed; then ta_quick_learn() is to be called behind it. */
bool ta_quick(struct tcpaudit *, uint32_t number, const struct node *, int side,
    const struct segment *);

/* The segment that ta_quick() refused has gone the long way. */
void ta_quick_learn(struct tcpaudit *, int side, const struct segment *);

void ta_quick_clear(struct tcpaudit *);

/* The same for a SYN to a flow that holds no connection. */
bool ta_quick_syn(
    struct tcpaudit *, uint32_t node, int side, const struct segment *);
void ta_quick_learn_syn(struct tcpaudit *, const struct segment *);

/* `what` of a SYN that begins a connection; which side sent it; and whether
 * there was one before. */
#define QUICK_SYN   (UINT64_C(1) << 63)
#define QUICK_AGAIN (UINT64_C(1) << 62)

/* quick_again.c: whether the connection that a node remembers is over, so that
 * a SYN may begin another, which is TW16. */
bool ta_quick_is_past(const struct tcpaudit *, uint32_t node);

/* Whether there is memory for that, beside a seed. */
bool ta_quick_again_room(struct tcpaudit *);

/* The SYN has begun `c`, as the seed of its node has it: TW16 is said. */
void ta_quick_again(struct tcpaudit *, struct node *, struct connection *c,
    const struct segment *);

/* Whether that would have made `real` of the seed. */
bool ta_quick_again_right(
    const struct tcpaudit *, const struct calm *real, const struct seed *);

/* Whether a SYN-ACK has nothing to do with the former connection. */
bool ta_quick_is_new(const struct tcpaudit *, uint32_t tomb,
    const struct calm *, const struct segment *);

/* What a SYN offers; 0: it is none. */
uint64_t ta_quick_offer(const struct segment *);

/* What is known to follow, or NULL; and now it is known, or (`next` is 0) that
 * the quick way would not have come to the same. */
const struct quick_move *ta_quick_find(
    struct tcpaudit *, const struct quick_move *);
void ta_quick_know(struct tcpaudit *, const struct quick_move *);

/* A segment of a calm connection has changed its shape, in what is counted:
 * tells flood.h. */
void ta_quick_tell(struct tcpaudit *, int side, const struct segment *,
    const struct calm *, const struct shape *before, const struct shape *next);

#endif
