/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Several engines may share a capture: each is given all packets, audits the
 * connections whose tuple falls in its shard, and hands on what it has to say
 * through on_part.  One more engine is told all these parts with
 * tcpaudit_join(), in the order of tcpaudit_place_compare(), and says through
 * the other callbacks what a single engine would have said: numbers of
 * connections and findings, and what is judged over many connections, are its
 * matter.  A part is plain numbers, so that it may be written to a file.  What
 * is in a struct tcpaudit_count, and what `fold` says, is known to the library
 * alone.
 */
#ifndef TCPAUDIT_PART_H
#define TCPAUDIT_PART_H

#include "tcpaudit.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* Where a part stands in the account of a capture. */
struct tcpaudit_place {
	tcpaudit_packet_id packet; /* the last one read, or the input */
	uint32_t phase;		   /* of its treatment */
	int64_t time;		   /* of a timer, else 0 */
	tcpaudit_packet_id flow;   /* first packet of its connection, or 0 */
};

enum tcpaudit_part_kind {
	TCPAUDIT_PART_CLOCK,	  /* the capture clock is at `time` */
	TCPAUDIT_PART_BEGIN,	  /* a connection begins; `counts` of it */
	TCPAUDIT_PART_COUNT,	  /* `counts`, of a connection */
	TCPAUDIT_PART_FINDING,	  /* `finding`, with `fold` and `withdraws` */
	TCPAUDIT_PART_AGAIN,	  /* a rule fired again; `rule` and `fold` */
	TCPAUDIT_PART_TRANSITION, /* `transition` */
	TCPAUDIT_PART_CONNECTION, /* `ended`; without `tuple` its record has
				     no name; `ends` */
	TCPAUDIT_PART_END,	  /* no more of this connection */
	TCPAUDIT_PART_PENDING,	  /* `number` obligations open at the end */
	TCPAUDIT_PART_STAGE,	  /* the end of the capture, at `time` and after
				     `packet`: stage `number` */
	TCPAUDIT_PARTS
};

/* Something that counts over many connections. */
struct tcpaudit_count {
	uint8_t what, tally, end, which;
	int64_t number, second, time;
	tcpaudit_packet_id packet;
};

/* So many of them are in one part at most. */
#define TCPAUDIT_COUNTS_MAX 12

struct tcpaudit_part {
	struct tcpaudit_place place;
	enum tcpaudit_part_kind kind;
	uint32_t engine;     /* left to the caller of tcpaudit_join() */
	uint64_t connection; /* in its engine, from 1 in order of beginning; 0:
				of the whole capture */
	uint8_t fold, withdraws;
	uint8_t ends; /* TCPAUDIT_PART_END is said with it */
	int64_t fold_second;
	int64_t time;
	uint64_t number;
	tcpaudit_packet_id packet;
	size_t count_number; /* of `counts` */
	const struct tcpaudit_count *counts;
	/* Of the connection, but for its id; not with TCPAUDIT_PART_END. */
	const struct tcpaudit_tuple *tuple;
	const struct tcpaudit_rule *rule;
	const struct tcpaudit_finding *finding;
	const struct tcpaudit_transition *transition;
	const struct tcpaudit_connection *ended;
};

/* Less than, equal to or greater than 0 as `a` is before, beside or after `b`.
 * Parts of one engine come in this order; of those beside each other all are of
 * one engine, or it does not matter. */
int tcpaudit_place_compare(
    const struct tcpaudit_place *a, const struct tcpaudit_place *b);

/* Takes a part of another engine, in order of place.  An engine is given either
 * packets or parts.  `part` and all it points to are borrowed for the call.
 * Returns TCPAUDIT_OK, TCPAUDIT_ENOMEM (what it says is lost), or
 * TCPAUDIT_EINVAL if no engine can have said this: it is ignored. */
int tcpaudit_join(struct tcpaudit *, const struct tcpaudit_part *part);

/* The number of the name of a value, the same in every program of this version;
 * one that tcpaudit_value_name() refuses, if the library has no such name. */
size_t tcpaudit_value_number(const struct tcpaudit_value *);

/* Sets the name and the kind of the value of such a number.  Returns
 * TCPAUDIT_OK, or TCPAUDIT_EINVAL if there is no such number. */
int tcpaudit_value_name(size_t number, struct tcpaudit_value *out);

/* Adds what another engine of the same capture counted for its connections:
 * what is counted for packets is the same in all. */
void tcpaudit_statistics_add(
    struct tcpaudit_statistics *, const struct tcpaudit_statistics *other);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
