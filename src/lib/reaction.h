/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What became of a segment that a finding is about: the catalogue says what a
 * conforming peer does with it (`must`), the peer's next segments tell what
 * this one did.  Silence proves nothing about who lost what, so the answer is
 * told beside the finding and accuses nobody. */
#ifndef REACTION_H
#define REACTION_H

#include "check.h"

/* Findings about the segment that were reported since `before` headed the list:
 * the peer's reaction is awaited. */
void ta_reaction_expect(struct step *, const struct finding *before);

/* The segment may be what is awaited of its sender. */
void ta_reaction_observe(struct step *);

/* The connection is over: what is still awaited did not come, if there was
 * time enough for it. */
void ta_reaction_close(struct tcpaudit *, struct connection *);

#endif
