/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What Zeek would say of the connection: conn_state and history (rules C.2),
 * so that records can be joined.  Zeek believes every flag; nothing of it
 * enters tcpaudit's own verdict. */
#ifndef ZEEK_H
#define ZEEK_H

#include "check.h"

/* A segment, in capture order. */
void ta_zeek_segment(const struct step *);

const char *ta_zeek_conn_state(const struct connection *);

#endif
