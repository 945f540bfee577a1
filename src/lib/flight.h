/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Transmissions of one direction that are not yet acknowledged, and the holes
 * in what was seen of it.  Both exist only while there is something in them,
 * and both are bounded: a long flight is remembered more coarsely, never at
 * more length. */
#ifndef FLIGHT_H
#define FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "tcpaudit.h"

#define FLIGHT_MAX 16
#define GAPS_MAX   64

/* A range that was sent, perhaps as several segments sent close together. */
struct transmission {
	int64_t start, end;
	int64_t time;	    /* of the last copy */
	int64_t time_first; /* of the first */
	tcpaudit_packet_id packet;
	uint64_t stored; /* where its bytes are kept, see payload.h; 0: not */
	uint32_t stored_length;
	uint32_t apart; /* VLAN and tunnel */
	uint32_t tsval;
	uint16_t ip_id;
	uint16_t copies; /* 1: sent once */
	bool sacked;	 /* the peer reported it received */
	bool holed;	 /* of several ones, with holes between */
	uint8_t sack_reports;
	uint32_t sacked_ms; /* first reported; 0: a timeout has come since */
};

struct flight {
	uint8_t count;
	struct transmission
	    sent[FLIGHT_MAX + 1]; /* by start, not overlapping */
};

/* A hole: [start, end) was not seen, what follows it was. */
struct gap {
	int64_t start, end;
	int64_t time;	/* what follows it was first seen */
	uint32_t tsval; /* of what follows it */
	uint16_t ip_id;
	uint8_t dup_acks; /* of the peer since then */
	bool ip_id_known;
};

struct gaps {
	uint8_t count;
	struct gap gap[GAPS_MAX]; /* by start */
};

/* All of it lies below `seq`. */
static inline bool
ta_flight_is_below(const struct flight *f, int64_t seq)
{
	return f->count == 0 || f->sent[f->count - 1].end <= seq;
}

/* Room for a transmission above all others, to be filled in; when the flight is
 * full, two neighbours that were sent closest together become one. */
struct transmission *ta_flight_append(struct flight *);

/* Remembers a transmission that may be a copy of others: those, or the parts of
 * them, are forgotten. */
void ta_flight_add(struct flight *, const struct transmission *);

/* The transmission that contains `seq`, or NULL. */
struct transmission *ta_flight_find(struct flight *, int64_t seq);

/* Forgets what lies below `ack`.  The newest transmission that it covers
 * wholly, and that was sent once only, is copied to *sample (RFC 6298, 3:
 * Karn's algorithm); returns whether there was one. */
bool ta_flight_acked(struct flight *, int64_t ack, struct transmission *sample);

/* Marks what lies within [left, right) as received by the peer, which reported
 * it at `ms`, by any clock of milliseconds. */
void ta_flight_sacked(
    struct flight *, int64_t left, int64_t right, uint32_t ms);

/* A sender forgets such reports after a timeout (RFC 2018, 5). */
void ta_flight_forget_sacks(struct flight *);

/* A new hole above all others.  Where there is no room the lowest is forgotten
 * to make it; returns where that ended, 0 if none was. */
int64_t ta_gaps_add(struct gaps *, const struct gap *);

/* The hole that [start, end) touches first, or NULL. */
struct gap *ta_gaps_find(struct gaps *, int64_t start, int64_t end);

/* [start, end) was seen.  Returns how many octets of holes it filled. */
int64_t ta_gaps_fill(struct gaps *, int64_t start, int64_t end);

/* Forgets holes below `ack`; returns how many octets of them. */
int64_t ta_gaps_acked(struct gaps *, int64_t ack);

#endif
