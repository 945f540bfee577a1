/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Incarnations of a tuple: which one a segment belongs to, when a new one
 * begins, and what is remembered of the old (rules A.11). */
#ifndef INCARNATION_H
#define INCARNATION_H

#include "check.h"

/* The connection that a segment of `side` of the flow's key belongs to; a new
 * one when it begins one.  NULL: no memory (counted).  Prepares *s for it. */
struct connection *ta_incarnation_select(struct tcpaudit *, struct flow *,
    int side, const struct segment *, struct step *s);

/* The challenger (a SYN in a synchronized connection) turned out to be real:
 * it takes the place of the live connection.  Returns it. */
struct connection *ta_incarnation_switch(struct tcpaudit *, struct flow *);

/* The challenger is dropped: its SYN came to nothing. */
void ta_incarnation_drop(struct tcpaudit *, struct flow *);

/* The connection is over: reported, turned into a tombstone, freed.  `at_eof`:
 * because the capture ended. */
void ta_incarnation_end(struct tcpaudit *, struct connection *, bool at_eof);

/* Ends a flow to make room, counted. */
void ta_incarnation_evict(struct tcpaudit *, struct flow *);

/* Whether the connection is over by the nominal states of both ends. */
bool ta_incarnation_closed(const struct connection *);

/* An older SYN of `x` (index `i` of its candidates) turns out to be the one it
 * uses: it becomes the newest. */
void ta_endpoint_promote(struct endpoint *x, unsigned i);

/* A connection of a flow, whose client is `side` of its key, that begins now;
 * others are evicted for it.  NULL: no memory even so. */
struct connection *ta_connection_new(
    struct tcpaudit *, struct flow *, int side);

/* It has begun: gives it its number, and that of the incarnation. */
void ta_connection_number(struct tcpaudit *, struct connection *);

/* It begins with a SYN of its client: the states of both ends. */
void ta_connection_syn(struct tcpaudit *, struct connection *);

/* Gives back a connection and what belongs to it; nothing is reported. */
void ta_connection_free(struct tcpaudit *, struct connection *);

/* A fresh ISN of `x`: what was known of its numbers is forgotten. */
void ta_endpoint_isn(struct endpoint *x, const struct segment *, int64_t time);

/* The live connection ended in its handshake, by a reset, and the segment that
 * `s` describes is none of it. */
bool ta_is_past(const struct tcpaudit *t, const struct connection *c, int side,
    const struct step *s);

/* The SYN-ACK of `side` answers a copy of the SYN that had begun `c`, which is
 * over: it begins another. */
bool ta_answers_old_syn(
    const struct connection *c, int side, const struct segment *);

/* `c` was begun by that SYN-ACK: the old SYN, of the former client `x`, takes
 * the place of the one that its client never sent. */
void ta_connection_haunt(struct connection *c, const struct endpoint *x);

/* The segment is the answer to that SYN-ACK of a client that holds the former
 * connection, in TIME-WAIT. */
bool ta_answers_for_former(
    const struct connection *c, int side, const struct segment *);

#endif
