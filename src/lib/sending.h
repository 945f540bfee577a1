/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What a segment says of the state that its sender was in, and is in now.  Sets
 * of states as in endpoint.h; nothing is changed by it. */
#ifndef SENDING_H
#define SENDING_H

#include "check.h"
#include "fsm.h"

/* What the segment is to the state machine. */
enum fsm_send ta_sending_column(const struct step *);

/* States whose RCV.NXT can be the SEG.ACK of the segment. */
uint16_t ta_sending_states(const struct step *);

/* Where sending `what`, which is the segment, leads from `state`, or from any
 * state of a set; empty: they cannot. */
uint16_t ta_sending_from(
    const struct step *, uint8_t state, enum fsm_send what);
uint16_t ta_sending_set(const struct step *, uint16_t set, enum fsm_send what);

/* Where it leads as well, if the numbers leave open which of two it is. */
uint16_t ta_sending_either(const struct step *, enum fsm_send what);

/* What a class of segment says by itself, when nothing else holds (A.7). */
uint16_t ta_sending_default(const struct step *);

#endif
