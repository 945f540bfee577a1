/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The order in which lists of flows are gone through: what is said of them
 * must not depend on who else is in the table. */
#ifndef ORDER_H
#define ORDER_H

#include "engine.h"

/* Sorts a list of nodes that timer_next joins by their deadlines, then by the
 * first packets of their live connections.  Returns the first one; the links
 * back are not mended.  This and the next allocate nothing, and take one look
 * at each node if they are sorted already. */
uint32_t ta_order_timers(const struct tcpaudit *, uint32_t list);

/* Sorts all flows by the first packets of their live connections: those without
 * one come first. */
void ta_order_flows(struct tcpaudit *);

/* The first packet of the live connection of a node; 0: it has none. */
tcpaudit_packet_id ta_order_first(const struct tcpaudit *, uint32_t node);

#endif
