/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Two tables, one row a state.
 *
 * The monitor's assumption, which holds above both: a segment that is seen was
 * sent by its source, no later than now; whether and when it is received is
 * open.  So sending narrows what is possible, receiving widens it, and a state
 * that cannot have sent what was seen was never entered.
 */
#include "fsm.h"

#define ___ 0
#define CLO (1u << TCPAUDIT_CLOSED)
#define LIS (1u << TCPAUDIT_LISTEN)
#define SST (1u << TCPAUDIT_SYN_SENT)
#define SRC (1u << TCPAUDIT_SYN_RECEIVED)
#define EST (1u << TCPAUDIT_ESTABLISHED)
#define FW1 (1u << TCPAUDIT_FIN_WAIT_1)
#define FW2 (1u << TCPAUDIT_FIN_WAIT_2)
#define CLW (1u << TCPAUDIT_CLOSE_WAIT)
#define CLG (1u << TCPAUDIT_CLOSING)
#define LAK (1u << TCPAUDIT_LAST_ACK)
#define TIW (1u << TCPAUDIT_TIME_WAIT)

/* clang-format off */

/*
 * Sending.  A SYN from a synchronized state is another incarnation (a reboot),
 * not a transition.  A SYN-ACK from ESTABLISHED, a FIN from FIN-WAIT-2 or
 * TIME-WAIT, refute the reception that had led there: back to the state before.
 * A SYN of a listener is an active OPEN of its own (3.10.1).
 */
static const uint16_t sends[TCPAUDIT_STATES][FSM_SENDS] = {
/*                         SYN  SYN  SYN  ACK  DATA DATA FIN  FIN  RST  RST   */
/*                         new  again ACK      new  again new again reply abort */
[TCPAUDIT_CLOSED]       = { SST, ___, ___, ___, ___, ___, ___, ___, CLO, CLO },
[TCPAUDIT_LISTEN]       = { SST, ___, ___, ___, ___, ___, ___, ___, LIS, LIS },
[TCPAUDIT_SYN_SENT]     = { SST, SST, ___, ___, ___, SST, ___, ___, SST, CLO },
[TCPAUDIT_SYN_RECEIVED] = { ___, SRC, SRC, SRC, ___, SRC, FW1, FW1, SRC, CLO },
[TCPAUDIT_ESTABLISHED]  = { ___, ___, SRC, EST, EST, EST, FW1, ___, CLO, CLO },
[TCPAUDIT_FIN_WAIT_1]   = { ___, ___, ___, FW1, ___, FW1, ___, FW1, CLO, CLO },
[TCPAUDIT_FIN_WAIT_2]   = { ___, ___, ___, FW2, ___, FW1, ___, FW1, CLO, CLO },
[TCPAUDIT_CLOSE_WAIT]   = { ___, ___, ___, CLW, CLW, CLW, LAK, ___, CLO, CLO },
[TCPAUDIT_CLOSING]      = { ___, ___, ___, CLG, ___, CLG, ___, CLG, CLO, CLO },
[TCPAUDIT_LAST_ACK]     = { ___, ___, ___, LAK, ___, LAK, ___, LAK, CLO, CLO },
[TCPAUDIT_TIME_WAIT]    = { SST, ___, ___, TIW, ___, CLG, ___, CLG, CLO, CLO },
};

/*
 * Receiving (3.10.7).  An empty cell changes no state: the segment is dropped,
 * or answered and dropped.
 */
static const uint16_t receives[TCPAUDIT_STATES][FSM_RECEIVES] = {
/*                         SYN  SYN- ACK of FIN ACK of FIN with RST  RST to   */
/*                              ACK  SYN        FIN    ACK           SYN-SENT */
[TCPAUDIT_CLOSED]       = { ___, ___, ___, ___, ___, ___, ___, ___ },
[TCPAUDIT_LISTEN]       = { SRC, ___, ___, ___, ___, ___, ___, ___ },
[TCPAUDIT_SYN_SENT]     = { SRC, EST, ___, ___, ___, ___, ___, CLO },
[TCPAUDIT_SYN_RECEIVED] = { ___, ___, EST, ___, ___, ___, CLO | LIS, ___ },
[TCPAUDIT_ESTABLISHED]  = { ___, ___, ___, CLW, ___, ___, CLO, ___ },
[TCPAUDIT_FIN_WAIT_1]   = { ___, ___, ___, CLG, FW2, TIW, CLO, ___ },
[TCPAUDIT_FIN_WAIT_2]   = { ___, ___, ___, TIW, ___, ___, CLO, ___ },
[TCPAUDIT_CLOSE_WAIT]   = { ___, ___, ___, ___, ___, ___, CLO, ___ },
[TCPAUDIT_CLOSING]      = { ___, ___, ___, ___, TIW, ___, CLO, ___ },
[TCPAUDIT_LAST_ACK]     = { ___, ___, ___, ___, CLO, ___, CLO, ___ },
[TCPAUDIT_TIME_WAIT]    = { ___, ___, ___, ___, ___, ___, CLO, ___ },
};

/* What follows what: Figure 5, its notes, and the ends by reset or timer. */
static const uint16_t follows[TCPAUDIT_STATES] = {
[TCPAUDIT_CLOSED]       = LIS | SST,
[TCPAUDIT_LISTEN]       = SRC | SST | CLO,
[TCPAUDIT_SYN_SENT]     = SRC | EST | CLO,
[TCPAUDIT_SYN_RECEIVED] = EST | FW1 | LIS | CLO,
[TCPAUDIT_ESTABLISHED]  = FW1 | CLW | CLO,
[TCPAUDIT_FIN_WAIT_1]   = FW2 | CLG | TIW | CLO,
[TCPAUDIT_FIN_WAIT_2]   = TIW | CLO,
[TCPAUDIT_CLOSE_WAIT]   = LAK | CLO,
[TCPAUDIT_CLOSING]      = TIW | CLO,
[TCPAUDIT_LAST_ACK]     = CLO,
[TCPAUDIT_TIME_WAIT]    = CLO,
};

/* clang-format on */

uint16_t
ta_fsm_send(enum tcpaudit_state state, enum fsm_send what)
{
	return sends[state][what];
}

unsigned
ta_fsm_hears(enum tcpaudit_state state)
{
	static const uint8_t hears[TCPAUDIT_STATES] = {
		[TCPAUDIT_LISTEN] = RECEIVE_SYN,
		[TCPAUDIT_SYN_SENT] =
		    RECEIVE_SYN | RECEIVE_SYNACK | RECEIVE_RST_OF_SYN,
		[TCPAUDIT_SYN_RECEIVED] = RECEIVE_ACK_OF_SYN | RECEIVE_RST,
		[TCPAUDIT_ESTABLISHED] = RECEIVE_FIN | RECEIVE_RST,
		[TCPAUDIT_FIN_WAIT_1] = RECEIVE_FIN | RECEIVE_ACK_OF_FIN |
					RECEIVE_FIN_WITH_ACK | RECEIVE_RST,
		[TCPAUDIT_FIN_WAIT_2] = RECEIVE_FIN | RECEIVE_RST,
		[TCPAUDIT_CLOSE_WAIT] = RECEIVE_RST,
		[TCPAUDIT_CLOSING] = RECEIVE_ACK_OF_FIN | RECEIVE_RST,
		[TCPAUDIT_LAST_ACK] = RECEIVE_ACK_OF_FIN | RECEIVE_RST,
		[TCPAUDIT_TIME_WAIT] = RECEIVE_RST,
	};

	return hears[state];
}

uint16_t
ta_fsm_receive(enum tcpaudit_state state, unsigned what)
{
	uint16_t to = 0;

	for (; what != 0; what &= what - 1)
		to |= receives[state][__builtin_ctz(what)];
	return to;
}

int
ta_fsm_follows(enum tcpaudit_state from, enum tcpaudit_state to)
{
	return (follows[from] >> to) & 1;
}

uint16_t
ta_fsm_closure(uint16_t set, unsigned what)
{
	uint16_t open = set; /* states from which none was looked for yet */

	while (open != 0) {
		uint8_t state = ta_fsm_lowest(open);
		unsigned heard = what & ta_fsm_hears(state);
		uint16_t to = 0;

		open &= open - 1;
		if (heard != 0)
			to = ta_fsm_receive(state, heard) & ~set;
		open |= to;
		set |= to;
	}
	return set;
}

uint8_t
ta_fsm_lowest(uint16_t set)
{
	return (uint8_t)__builtin_ctz(set);
}
