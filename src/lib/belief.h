/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What states the two endpoints may be in, and how a segment changes that.
 * The only writer of states. */
#ifndef BELIEF_H
#define BELIEF_H

#include "check.h"

/* An endpoint of a new connection: `possible` and the nominal state. */
void ta_belief_begin(
    struct endpoint *x, uint16_t possible, enum tcpaudit_state nominal);

/* The sender sent the segment: what it can have been narrows to what it is now
 * (A.4.1).  When nothing can have sent it, the ladder of explanations runs:
 * s->explained_by_loss or s->contradiction tells how it ended. */
void ta_belief_sent(struct step *s);

/* The variables are updated: what each side may have received widens, and its
 * nominal state follows what is fresh. */
void ta_belief_settle(struct step *s);

/* A RST passed that the peer may accept; `accepted`: nominally it does. */
void ta_belief_reset(struct step *s, bool accepted);

/* The endpoint was wrongly believed to be gone: what it was before its RST (or
 * that of somebody who sent in its name) holds again. */
void ta_belief_restore(struct step *s);

/* The endpoint was in `state` all the time: nothing of its path happened. */
void ta_belief_never(
    struct step *s, struct endpoint *x, enum tcpaudit_state state);

/* A timer says that the endpoint may be, and nominally is, in a state. */
void ta_belief_timer(struct tcpaudit *t, struct connection *c,
    struct endpoint *x, enum tcpaudit_state state);

/* The endpoint may have given up in silence. */
void ta_belief_may_close(struct endpoint *x);

/* The endpoint was seen to take a new role: LISTEN again (a rejected
 * historical SYN), or what a proof leaves. */
void ta_belief_prove(struct step *s, struct endpoint *x, uint16_t possible,
    enum tcpaudit_state nominal);

#endif
