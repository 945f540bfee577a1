/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The state machine against RFC 9293: Figure 5 arrow by arrow, with its notes,
 * and what the text allows a state to send.  What is not in a row here must be
 * impossible. */
#include "fsm.h"

#include <string.h>

#include "endpoint.h"
#include "test.h"

#define NO_STATE 0

static const char *const send_names[FSM_SENDS] = { "SYN", "SYN again",
	"SYN-ACK", "ACK", "data", "data again", "FIN", "FIN again",
	"RST in reply", "RST to abort" };

/* clang-format off */

/* An arrow of Figure 5 that is taken by sending. */
static const struct sent {
	enum tcpaudit_state from;
	enum fsm_send what;
	uint16_t to;
} arrows_sent[] = {
	{ TCPAUDIT_CLOSED,       SEND_SYN,    STATE(SYN_SENT) },
	{ TCPAUDIT_LISTEN,       SEND_SYN,    STATE(SYN_SENT) },
	{ TCPAUDIT_SYN_RECEIVED, SEND_FIN,    STATE(FIN_WAIT_1) },
	{ TCPAUDIT_ESTABLISHED,  SEND_FIN,    STATE(FIN_WAIT_1) },
	{ TCPAUDIT_CLOSE_WAIT,   SEND_FIN,    STATE(LAST_ACK) },

	/* 3.10.7.3, 3.10.8: retransmission changes no state. */
	{ TCPAUDIT_SYN_SENT,     SEND_SYN_AGAIN, STATE(SYN_SENT) },
	{ TCPAUDIT_SYN_RECEIVED, SEND_SYN_AGAIN, STATE(SYN_RECEIVED) },
	{ TCPAUDIT_FIN_WAIT_1,   SEND_FIN_AGAIN, STATE(FIN_WAIT_1) },
	{ TCPAUDIT_CLOSING,      SEND_FIN_AGAIN, STATE(CLOSING) },
	{ TCPAUDIT_LAST_ACK,     SEND_FIN_AGAIN, STATE(LAST_ACK) },
	{ TCPAUDIT_SYN_RECEIVED, SEND_FIN_AGAIN, STATE(FIN_WAIT_1) },
	/* Its FIN is not acknowledged after all: it was never there. */
	{ TCPAUDIT_FIN_WAIT_2,   SEND_FIN_AGAIN, STATE(FIN_WAIT_1) },
	{ TCPAUDIT_TIME_WAIT,    SEND_FIN_AGAIN, STATE(CLOSING) },

	/* 3.10.7.2 and 3.10.7.3: the answer to a SYN.  Seen of ESTABLISHED it
	 * says that the third ACK had not arrived. */
	{ TCPAUDIT_SYN_RECEIVED, SEND_SYNACK, STATE(SYN_RECEIVED) },
	{ TCPAUDIT_ESTABLISHED,  SEND_SYNACK, STATE(SYN_RECEIVED) },

	/* 3.10.7.4: any state from SYN-RECEIVED on acknowledges. */
	{ TCPAUDIT_SYN_RECEIVED, SEND_ACK,    STATE(SYN_RECEIVED) },
	{ TCPAUDIT_ESTABLISHED,  SEND_ACK,    STATE(ESTABLISHED) },
	{ TCPAUDIT_FIN_WAIT_1,   SEND_ACK,    STATE(FIN_WAIT_1) },
	{ TCPAUDIT_FIN_WAIT_2,   SEND_ACK,    STATE(FIN_WAIT_2) },
	{ TCPAUDIT_CLOSE_WAIT,   SEND_ACK,    STATE(CLOSE_WAIT) },
	{ TCPAUDIT_CLOSING,      SEND_ACK,    STATE(CLOSING) },
	{ TCPAUDIT_LAST_ACK,     SEND_ACK,    STATE(LAST_ACK) },
	{ TCPAUDIT_TIME_WAIT,    SEND_ACK,    STATE(TIME_WAIT) },

	/* 3.10.2: SEND is a call of ESTABLISHED and CLOSE-WAIT. */
	{ TCPAUDIT_ESTABLISHED,  SEND_DATA,   STATE(ESTABLISHED) },
	{ TCPAUDIT_CLOSE_WAIT,   SEND_DATA,   STATE(CLOSE_WAIT) },
	/* 3.10.8: what is unacknowledged is sent again, the text of a SYN too
	 * (RFC 7413); in FIN-WAIT-2 and TIME-WAIT nothing is unacknowledged. */
	{ TCPAUDIT_SYN_SENT,     SEND_DATA_AGAIN, STATE(SYN_SENT) },
	{ TCPAUDIT_SYN_RECEIVED, SEND_DATA_AGAIN, STATE(SYN_RECEIVED) },
	{ TCPAUDIT_ESTABLISHED,  SEND_DATA_AGAIN, STATE(ESTABLISHED) },
	{ TCPAUDIT_FIN_WAIT_1,   SEND_DATA_AGAIN, STATE(FIN_WAIT_1) },
	{ TCPAUDIT_FIN_WAIT_2,   SEND_DATA_AGAIN, STATE(FIN_WAIT_1) },
	{ TCPAUDIT_CLOSE_WAIT,   SEND_DATA_AGAIN, STATE(CLOSE_WAIT) },
	{ TCPAUDIT_CLOSING,      SEND_DATA_AGAIN, STATE(CLOSING) },
	{ TCPAUDIT_LAST_ACK,     SEND_DATA_AGAIN, STATE(LAST_ACK) },
	{ TCPAUDIT_TIME_WAIT,    SEND_DATA_AGAIN, STATE(CLOSING) },

	/* 3.6.1, MAY-2: from TIME-WAIT the user may open anew. */
	{ TCPAUDIT_TIME_WAIT,    SEND_SYN,    STATE(SYN_SENT) },
	/* Another ISN before any answer: a new attempt. */
	{ TCPAUDIT_SYN_SENT,     SEND_SYN,    STATE(SYN_SENT) },

	/* 3.5.2: groups 1 and 2 answer and stay as they are ... */
	{ TCPAUDIT_CLOSED,       SEND_RST_REPLY, STATE(CLOSED) },
	{ TCPAUDIT_LISTEN,       SEND_RST_REPLY, STATE(LISTEN) },
	{ TCPAUDIT_SYN_SENT,     SEND_RST_REPLY, STATE(SYN_SENT) },
	{ TCPAUDIT_SYN_RECEIVED, SEND_RST_REPLY, STATE(SYN_RECEIVED) },
	/* ... a synchronized one never answers so: it is gone. */
	{ TCPAUDIT_ESTABLISHED,  SEND_RST_REPLY, STATE(CLOSED) },
	{ TCPAUDIT_FIN_WAIT_1,   SEND_RST_REPLY, STATE(CLOSED) },
	{ TCPAUDIT_FIN_WAIT_2,   SEND_RST_REPLY, STATE(CLOSED) },
	{ TCPAUDIT_CLOSE_WAIT,   SEND_RST_REPLY, STATE(CLOSED) },
	{ TCPAUDIT_CLOSING,      SEND_RST_REPLY, STATE(CLOSED) },
	{ TCPAUDIT_LAST_ACK,     SEND_RST_REPLY, STATE(CLOSED) },
	{ TCPAUDIT_TIME_WAIT,    SEND_RST_REPLY, STATE(CLOSED) },

	/* 3.10.5: ABORT. */
	{ TCPAUDIT_CLOSED,       SEND_RST_ABORT, STATE(CLOSED) },
	{ TCPAUDIT_LISTEN,       SEND_RST_ABORT, STATE(LISTEN) },
	{ TCPAUDIT_SYN_SENT,     SEND_RST_ABORT, STATE(CLOSED) },
	{ TCPAUDIT_SYN_RECEIVED, SEND_RST_ABORT, STATE(CLOSED) },
	{ TCPAUDIT_ESTABLISHED,  SEND_RST_ABORT, STATE(CLOSED) },
	{ TCPAUDIT_FIN_WAIT_1,   SEND_RST_ABORT, STATE(CLOSED) },
	{ TCPAUDIT_FIN_WAIT_2,   SEND_RST_ABORT, STATE(CLOSED) },
	{ TCPAUDIT_CLOSE_WAIT,   SEND_RST_ABORT, STATE(CLOSED) },
	{ TCPAUDIT_CLOSING,      SEND_RST_ABORT, STATE(CLOSED) },
	{ TCPAUDIT_LAST_ACK,     SEND_RST_ABORT, STATE(CLOSED) },
	{ TCPAUDIT_TIME_WAIT,    SEND_RST_ABORT, STATE(CLOSED) },
};

/* An arrow of Figure 5 that is taken by receiving. */
static const struct received {
	enum tcpaudit_state from;
	enum fsm_receive what;
	uint16_t to;
} arrows_received[] = {
	{ TCPAUDIT_LISTEN,       RECEIVE_SYN,          STATE(SYN_RECEIVED) },
	{ TCPAUDIT_SYN_SENT,     RECEIVE_SYN,          STATE(SYN_RECEIVED) },
	{ TCPAUDIT_SYN_SENT,     RECEIVE_SYNACK,       STATE(ESTABLISHED) },
	{ TCPAUDIT_SYN_RECEIVED, RECEIVE_ACK_OF_SYN,   STATE(ESTABLISHED) },
	{ TCPAUDIT_ESTABLISHED,  RECEIVE_FIN,          STATE(CLOSE_WAIT) },
	{ TCPAUDIT_FIN_WAIT_1,   RECEIVE_ACK_OF_FIN,   STATE(FIN_WAIT_2) },
	{ TCPAUDIT_FIN_WAIT_1,   RECEIVE_FIN,          STATE(CLOSING) },
	{ TCPAUDIT_FIN_WAIT_2,   RECEIVE_FIN,          STATE(TIME_WAIT) },
	{ TCPAUDIT_CLOSING,      RECEIVE_ACK_OF_FIN,   STATE(TIME_WAIT) },
	{ TCPAUDIT_LAST_ACK,     RECEIVE_ACK_OF_FIN,   STATE(CLOSED) },
	/* Note 2: both at once. */
	{ TCPAUDIT_FIN_WAIT_1,   RECEIVE_FIN_WITH_ACK, STATE(TIME_WAIT) },

	/* 3.10.7.3, second: a reset that acknowledges the SYN. */
	{ TCPAUDIT_SYN_SENT,     RECEIVE_RST_OF_SYN,   STATE(CLOSED) },
	/* 3.10.7.4, second; note 1: back to LISTEN if it came from there. */
	{ TCPAUDIT_SYN_RECEIVED, RECEIVE_RST,  STATE(LISTEN) | STATE(CLOSED) },
	{ TCPAUDIT_ESTABLISHED,  RECEIVE_RST,          STATE(CLOSED) },
	{ TCPAUDIT_FIN_WAIT_1,   RECEIVE_RST,          STATE(CLOSED) },
	{ TCPAUDIT_FIN_WAIT_2,   RECEIVE_RST,          STATE(CLOSED) },
	{ TCPAUDIT_CLOSE_WAIT,   RECEIVE_RST,          STATE(CLOSED) },
	{ TCPAUDIT_CLOSING,      RECEIVE_RST,          STATE(CLOSED) },
	{ TCPAUDIT_LAST_ACK,     RECEIVE_RST,          STATE(CLOSED) },
	{ TCPAUDIT_TIME_WAIT,    RECEIVE_RST,          STATE(CLOSED) },
};

/* Arrows by a call of the user or a timer alone, where no segment shows it. */
static const struct silent {
	enum tcpaudit_state from, to;
} arrows_silent[] = {
	{ TCPAUDIT_CLOSED,    TCPAUDIT_LISTEN },  /* passive OPEN */
	{ TCPAUDIT_LISTEN,    TCPAUDIT_CLOSED },  /* CLOSE */
	{ TCPAUDIT_SYN_SENT,  TCPAUDIT_CLOSED },  /* CLOSE */
	{ TCPAUDIT_TIME_WAIT, TCPAUDIT_CLOSED },  /* 2 MSL */
};

/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint16_t
expected_sent(enum tcpaudit_state from, enum fsm_send what)
{
	for (size_t i = 0; i < COUNT(arrows_sent); i++)
		if (arrows_sent[i].from == from && arrows_sent[i].what == what)
			return arrows_sent[i].to;
	return NO_STATE;
}

static uint16_t
expected_received(enum tcpaudit_state from, unsigned what)
{
	for (size_t i = 0; i < COUNT(arrows_received); i++)
		if (arrows_received[i].from == from &&
		    (unsigned)arrows_received[i].what == what)
			return arrows_received[i].to;
	return NO_STATE;
}

static void
test_sends(void)
{
	char name[80];

	for (int s = 0; s < TCPAUDIT_STATES; s++) {
		for (int w = 0; w < FSM_SENDS; w++) {
			uint16_t to = ta_fsm_send(s, w);

			snprintf(name, sizeof(name), "%s sends %s",
			    tcpaudit_state_name(s), send_names[w]);
			test_check(to == expected_sent(s, w), name, __FILE__,
			    __LINE__);
		}
	}
}

static void
test_receives(void)
{
	char name[80];
	bool told = true;

	for (int s = 0; s < TCPAUDIT_STATES; s++) {
		for (unsigned w = 0; w < FSM_RECEIVES; w++) {
			uint16_t to = ta_fsm_receive(s, 1u << w);

			told &= (to != 0) == ((ta_fsm_hears(s) >> w) & 1);
			snprintf(name, sizeof(name), "%s receives fact %u",
			    tcpaudit_state_name(s), w);
			test_check(to == expected_received(s, 1u << w), name,
			    __FILE__, __LINE__);
		}
	}
	CHECK(told && "what a state hears is what changes it");
	CHECK(ta_fsm_receive(TCPAUDIT_ESTABLISHED, 0) == NO_STATE);
	CHECK(ta_fsm_receive(TCPAUDIT_FIN_WAIT_1,
		  RECEIVE_FIN | RECEIVE_ACK_OF_FIN | RECEIVE_FIN_WITH_ACK) ==
	      (STATE(CLOSING) | STATE(FIN_WAIT_2) | STATE(TIME_WAIT)));
}

/* ------------------------------------------------------------------ order */

/* Every arrow that does not refute a reception, and nothing but arrows. */
static uint16_t
expected_next(enum tcpaudit_state from)
{
	uint16_t next = 0;

	for (size_t i = 0; i < COUNT(arrows_sent); i++)
		if (arrows_sent[i].from == from &&
		    arrows_sent[i].what != SEND_FIN_AGAIN &&
		    arrows_sent[i].what != SEND_DATA_AGAIN &&
		    !(from == TCPAUDIT_ESTABLISHED &&
			arrows_sent[i].what == SEND_SYNACK))
			next |= arrows_sent[i].to;
	for (size_t i = 0; i < COUNT(arrows_received); i++)
		if (arrows_received[i].from == from)
			next |= arrows_received[i].to;
	for (size_t i = 0; i < COUNT(arrows_silent); i++)
		if (arrows_silent[i].from == from)
			next |= (uint16_t)(1u << arrows_silent[i].to);
	if (from == TCPAUDIT_TIME_WAIT) /* another incarnation */
		next &= (uint16_t)~STATE(SYN_SENT);
	return next & (uint16_t) ~(1u << from);
}

static void
test_follows(void)
{
	char name[80];

	for (int s = 0; s < TCPAUDIT_STATES; s++) {
		uint16_t next = 0;

		for (int to = 0; to < TCPAUDIT_STATES; to++)
			if (ta_fsm_follows(s, to))
				next |= (uint16_t)(1u << to);
		snprintf(name, sizeof(name), "what follows %s",
		    tcpaudit_state_name(s));
		test_check(next == expected_next(s), name, __FILE__, __LINE__);
	}
}

/* ---------------------------------------------------------------- closure */

static void
test_closure(void)
{
	const unsigned all = (1u << FSM_RECEIVES) - 1;
	const unsigned handshake =
	    RECEIVE_SYN | RECEIVE_SYNACK | RECEIVE_ACK_OF_SYN;
	int grows = 1, stable = 1, monotone = 1;
	uint16_t set, more;

	for (unsigned x = 1; x < 1u << TCPAUDIT_STATES; x += 7) {
		for (unsigned what = 0; what <= all; what += 3) {
			set = ta_fsm_closure((uint16_t)x, what);
			more = ta_fsm_closure((uint16_t)x, what | 1);
			grows &= (set & x) == x;
			stable &= ta_fsm_closure(set, what) == set;
			monotone &= (set & more) == set;
		}
	}
	CHECK(grows && stable && monotone);
	CHECK(ta_fsm_closure(STATE(LISTEN), 0) == STATE(LISTEN));
	CHECK(ta_fsm_closure(0, all) == 0);
	CHECK(ta_fsm_closure(STATE(LISTEN), RECEIVE_SYN) ==
	      (STATE(LISTEN) | STATE(SYN_RECEIVED)));
	CHECK(ta_fsm_closure(STATE(LISTEN), handshake) ==
	      (STATE(LISTEN) | STATE(SYN_RECEIVED) | STATE(ESTABLISHED)));
	CHECK(ta_fsm_closure(STATE(CLOSED), all) == STATE(CLOSED) &&
	      "receiving opens nothing that is closed");
	CHECK(ta_fsm_closure(
		  STATE(FIN_WAIT_1), RECEIVE_FIN | RECEIVE_ACK_OF_FIN) ==
	      (STATE(FIN_WAIT_1) | STATE(FIN_WAIT_2) | STATE(CLOSING) |
		  STATE(TIME_WAIT)));
	/* Received without a call of its user: it never sends a FIN. */
	set = ta_fsm_closure(STATE(LISTEN) | STATE(SYN_SENT), all);
	CHECK(!(set & (STATE(FIN_WAIT_1) | STATE(FIN_WAIT_2) | STATE(CLOSING) |
			  STATE(LAST_ACK) | STATE(TIME_WAIT))));
	CHECK(set & STATE(CLOSE_WAIT));
}

/* ---------------------------------------------------------- conversations */

struct move {
	bool sends;
	unsigned what;
};

/* Moves an endpoint; 0 as soon as something is impossible. */
static uint16_t
walk(enum tcpaudit_state from, const struct move *move, size_t n)
{
	uint16_t state = (uint16_t)(1u << from), next;

	for (size_t i = 0; i < n; i++) {
		next = 0;
		for (int s = 0; s < TCPAUDIT_STATES; s++)
			if (state & (1u << s))
				next |= move[i].sends
					    ? ta_fsm_send(s, move[i].what)
					    : ta_fsm_receive(s, move[i].what);
		state = next;
	}
	return state;
}

/* Figures 6, 7, 12 and 13 of the RFC, seen by one end. */
static void
test_conversations(void)
{
	static const struct move client[] = { { true, SEND_SYN },
		{ false, RECEIVE_SYNACK }, { true, SEND_ACK },
		{ true, SEND_FIN }, { false, RECEIVE_ACK_OF_FIN },
		{ false, RECEIVE_FIN }, { true, SEND_ACK } };
	static const struct move server[] = { { false, RECEIVE_SYN },
		{ true, SEND_SYNACK }, { false, RECEIVE_ACK_OF_SYN },
		{ false, RECEIVE_FIN }, { true, SEND_ACK }, { true, SEND_FIN },
		{ false, RECEIVE_ACK_OF_FIN } };
	static const struct move simultaneous[] = { { true, SEND_SYN },
		{ false, RECEIVE_SYN }, { true, SEND_SYNACK },
		{ false, RECEIVE_ACK_OF_SYN }, { true, SEND_FIN },
		{ false, RECEIVE_FIN }, { true, SEND_ACK },
		{ false, RECEIVE_ACK_OF_FIN } };

	CHECK(walk(TCPAUDIT_CLOSED, client, 3) == STATE(ESTABLISHED));
	CHECK(walk(TCPAUDIT_CLOSED, client, 7) == STATE(TIME_WAIT));
	CHECK(walk(TCPAUDIT_LISTEN, server, 3) == STATE(ESTABLISHED));
	CHECK(walk(TCPAUDIT_LISTEN, server, 7) == STATE(CLOSED));
	CHECK(walk(TCPAUDIT_CLOSED, simultaneous, 4) == STATE(ESTABLISHED));
	CHECK(walk(TCPAUDIT_CLOSED, simultaneous, 8) == STATE(TIME_WAIT));
	CHECK(walk(TCPAUDIT_LISTEN, client + 1, 1) == NO_STATE);
}

int
main(void)
{
	test_sends();
	test_receives();
	test_follows();
	test_closure();
	test_conversations();
	return test_done();
}
