/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The state machine of RFC 9293, Figure 5, as two tables: what a state can
 * send and where that leaves it, and where receiving leads.  It knows states
 * only; whose they are and what is known of them is belief.c's. */
#ifndef FSM_H
#define FSM_H

#include <stdint.h>

#include "tcpaudit.h"

/* What an endpoint sends: columns of the TX table. */
enum fsm_send {
	SEND_SYN, /* with an ISN it did not use before */
	SEND_SYN_AGAIN,
	SEND_SYNACK,
	SEND_ACK,
	SEND_DATA, /* above SND.NXT */
	SEND_DATA_AGAIN,
	SEND_FIN,
	SEND_FIN_AGAIN,
	SEND_RST_REPLY, /* by a TCP that rejects what it received, 3.5.2 */
	SEND_RST_ABORT, /* by one that gives a connection up, 3.5.3, 3.10.5 */
	FSM_SENDS
};

/* What an endpoint may have received: columns of the RX table, as bits. */
enum fsm_receive {
	RECEIVE_SYN = 1u << 0,
	RECEIVE_SYNACK = 1u << 1, /* that acknowledges its SYN */
	RECEIVE_ACK_OF_SYN = 1u << 2,
	RECEIVE_FIN = 1u << 3,
	RECEIVE_ACK_OF_FIN = 1u << 4,
	RECEIVE_FIN_WITH_ACK = 1u << 5, /* both in one segment */
	RECEIVE_RST = 1u << 6,
	RECEIVE_RST_OF_SYN = 1u << 7 /* acceptable in SYN-SENT */
};
#define FSM_RECEIVES 8

/* The states (a set) in which `state` is after sending; empty: it cannot. */
uint16_t ta_fsm_send(enum tcpaudit_state state, enum fsm_send what);

/* The states (a set) to which receiving one of `what` leads from `state`;
 * those that change nothing are not in it. */
uint16_t ta_fsm_receive(enum tcpaudit_state state, unsigned what);

/* What, of all that can be received, changes anything in `state`. */
unsigned ta_fsm_hears(enum tcpaudit_state state);

/* Whether `to` may follow `from` at once (RFC 9293, Figure 5 and notes). */
int ta_fsm_follows(enum tcpaudit_state from, enum tcpaudit_state to);

/* Everything that may be reached from `set` by receiving, whatever it is:
 * for explaining what a capture has missed. */
uint16_t ta_fsm_closure(uint16_t set, unsigned what);

/* The state of a set that stands first in enum tcpaudit_state; the set must not
 * be empty. */
uint8_t ta_fsm_lowest(uint16_t set);

#endif
