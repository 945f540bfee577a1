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

/* Places that are asked for more than once, or beforehand. */
enum {
	PLACE_LISTENER, /* of the server */
	PLACE_SOURCE,	/* of the client */
	PLACE_NUMBERS,	/* of the client, of the server */
	COUNTING_PLACES = PLACE_NUMBERS + 2
};

/* What happens to one connection at one time: what is looked up for that is
 * remembered. */
struct counting {
	struct tcpaudit *t;
	const struct parties *who; /* both are borrowed */
	int64_t second;		   /* of the engine's clock */
	struct tally *tally;	   /* of its listener; NULL: it is not known */
	uint64_t given;	 /* up by then: another time it may be this one */
	unsigned placed; /* bits: which of the places are known */
	struct tally_place place[COUNTING_PLACES];
};

static inline void
counting_begin(
    struct counting *k, struct tcpaudit *t, const struct parties *who)
{
	k->t = t;
	k->who = who;
	k->second = (t->now - TIME_BIAS) / TALLY_SECOND;
	k->placed = 0;
	k->tally = NULL;
}

/* Adds to a count of the tally that `end` has, if there is one. */
void ta_count_add(struct counting *, enum tally_kind, int end, int64_t second,
    enum tally_count, int32_t number);

/* Enters an event for the tally that `end` has. */
void ta_count_event(
    struct counting *, enum tally_kind, int end, const struct tally_event *);

/* The same for the listener's record of the client, without a port; and, with
 * `source`, for the client's of the listener.  Fills in who it is. */
void ta_count_attempt(struct counting *, struct tally_event *, bool source);

/* Enters what a record says in the census.  Inline: where the kind of it is
 * known, the record needs not be made. */
static inline __attribute__((always_inline)) void
count_now(struct counting *k, const struct tcpaudit_count *n)
{
	const struct parties *who = k->who;
	struct tally_event e = { .second = n->second, .packet = n->packet };
	int peer = !n->end;

	switch ((enum count_what)n->what) {
	case WHAT_ADD:
		ta_count_add(k, (enum tally_kind)n->tally, n->end, n->second,
		    (enum tally_count)n->which, (int32_t)n->number);
		break;
	case WHAT_SYN:
		e.begins = true;
		e.print = (uint16_t)n->number;
		ta_count_attempt(k, &e, true);
		break;
	case WHAT_MARK:
		e.bit = (enum sample_bit)n->which;
		ta_count_attempt(k, &e, true);
		break;
	case WHAT_TROUBLE:
		e.bit = BIT_EXCUSED;
		ta_count_attempt(k, &e, false);
		break;
	case WHAT_NUMBERS:
		e.address = who->address[peer];
		e.port = who->port[TCPAUDIT_CLIENT];
		e.begins = true;
		e.number = (uint32_t)n->number;
		e.time = n->time;
		ta_count_event(k, TALLY_NUMBERS, n->end, &e);
		break;
	case WHAT_REACH:
		e.address = who->address[peer];
		e.port = n->which != 0 ? who->port[peer] : 0;
		e.begins = true;
		ta_count_event(k, (enum tally_kind)n->tally, n->end, &e);
		break;
	case WHAT_PLAIN:
		e.address = who->address[TCPAUDIT_CLIENT];
		e.port = who->port[TCPAUDIT_CLIENT];
		e.bit = BIT_EXCUSED;
		ta_count_event(k, TALLY_ECHO, TCPAUDIT_SERVER, &e);
		break;
	case WHAT_TRAFFIC:
		k->t->flood.plain = true;
		break;
	case WHATS:
		break;
	}
}

/* The same of any record. */
void ta_count(struct counting *, const struct tcpaudit_count *);

/* Whether `n` is from `least` to `most`. */
static inline bool
count_within(int64_t n, int64_t least, int64_t most)
{
	return (uint64_t)n - (uint64_t)least <=
	       (uint64_t)most - (uint64_t)least;
}

/* Whether ta_count() may be called with it: it may come from a file. */
static inline bool
count_valid(const struct tcpaudit_count *n)
{
	const int64_t before = -TIME_BIAS / TALLY_SECOND - 1;
	const int64_t latest = INT64_MAX / 2;

	if (n->what >= WHATS || n->tally >= TALLY_KINDS || n->end > 1 ||
	    !count_within(n->second, before, latest / TALLY_SECOND) ||
	    !count_within(n->time, 0, latest + TIME_BIAS))
		return false;
	if (n->what == WHAT_ADD)
		return n->which < TALLY_COUNTS &&
		       count_within(n->number, -UINT8_MAX, UINT8_MAX);
	return n->which < SAMPLE_BITS && count_within(n->number, 0, UINT32_MAX);
}

/* The tally of a kind that `end` has, or NULL. */
struct tally *ta_count_find(
    struct tcpaudit *, const struct parties *, enum tally_kind, int end);

#endif
