/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Pending facts: what has passed on its way to an endpoint, and may have been
 * received or not (rules A.4.0).  They stay receivable whatever else happens,
 * so they are applied again after every step. */
#ifndef FACT_H
#define FACT_H

#include "check.h"

/* The states in which x may be, if any of what p sent may have been received:
 * x->possible and all that follows from it. */
uint16_t ta_fact_closure(const struct endpoint *x, const struct endpoint *p);

/* The next nominal state of x, by what passed lately; its own if nothing moves
 * it.  One step: to be called until nothing changes. */
uint8_t ta_fact_nominal(
    const struct step *s, const struct endpoint *x, const struct endpoint *p);

/* The sender was believed to be in FIN-WAIT-2 because the peer's FIN seemed
 * lost; but it acknowledges that FIN, which was never sent again, and waited
 * for no text before it.  So the FIN was late, and yet before the
 * acknowledgment of its own, which was sent after it: it has been in CLOSING
 * (RFC 9293, Figure 13). */
bool ta_fact_fins_crossed(const struct step *s);

/* What a FIN that was not seen, or that had to wait, adds to the states (a set)
 * in which the segment leaves its sender. */
uint16_t ta_fact_fin(const struct step *, uint16_t set);

#endif
