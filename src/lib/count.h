/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What counts over many connections, as a record: flood.c tells it when a
 * connection changes, and it is entered in the census at once, or handed on by
 * an engine that shares the capture with others. */
#ifndef COUNT_H
#define COUNT_H

#include "engine.h"

/* What a struct tcpaudit_count says; the members that it uses are named.  A
 * count of the server's listener is of TALLY_LISTENER; `end` says whose tally
 * it is. */
enum count_what {
	WHAT_ADD,     /* tally, end, which, number, second */
	WHAT_SYN,     /* number: its fingerprint; second, packet */
	WHAT_MARK,    /* which: a bit; second */
	WHAT_TROUBLE, /* second: that of the client's attempt */
	WHAT_NUMBERS, /* end, number: its ISN, second, time, packet */
	WHAT_REACH,   /* tally, end, which: the peer's port too, second,
			 packet */
	WHAT_PLAIN,   /* second: who began with an answer goes on */
	WHAT_TRAFFIC, /* the capture has more than SYNs and resets */
	WHATS
};

/* Who speaks, by enum tcpaudit_end.  Addresses are borrowed. */
struct parties {
	const struct tcpaudit_address *address[2];
	uint16_t port[2];
	uint8_t family;
};

/* What happens to one connection at one time: what is looked up for that is
 * remembered. */
struct counting {
	struct tcpaudit *t;
	const struct parties *who; /* both are borrowed */
	int64_t second;		   /* of the engine's clock */
	bool placed;		   /* the place of its listener is known: */
	struct tally_place listener;
	struct tally *tally; /* there; NULL: it is not known */
	uint64_t given;	     /* up by then: another time it may be this one */
};

static inline void
counting_begin(
    struct counting *k, struct tcpaudit *t, const struct parties *who)
{
	k->t = t;
	k->who = who;
	k->second = (t->now - TIME_BIAS) / TALLY_SECOND;
	k->placed = false;
	k->tally = NULL;
}

/* Enters it in the census. */
void ta_count(struct counting *, const struct tcpaudit_count *);

/* Whether ta_count() may be called with it: it may come from a file. */
bool ta_count_valid(const struct tcpaudit_count *);

/* The tally of a kind that `end` has, or NULL. */
struct tally *ta_count_find(
    struct tcpaudit *, const struct parties *, enum tally_kind, int end);

#endif
