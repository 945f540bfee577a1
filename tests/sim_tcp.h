/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Inside the simulator: an endpoint, and the world that moves it. */
#ifndef SIM_TCP_H
#define SIM_TCP_H

#include "segment.h"
#include "sim.h"
#include "spans.h"

#define MILLISECOND INT64_C(1000000)
#define SECOND	    INT64_C(1000000000)

#define SIM_REBOOT (5 * SECOND) /* a host is not back sooner */

enum { UNITS = 64, SERIALS = 1024 };

/* What was sent and is not yet acknowledged. */
struct unit {
	int64_t seq;
	uint32_t length;
	bool fin, sacked;
	bool probe; /* of a closed window */
	unsigned copies;
};

enum timer {
	TIMER_RTO,
	TIMER_PERSIST,
	TIMER_ACK,
	TIMER_2MSL,
	TIMER_KEEP,
	TIMERS
};

/* How this TCP and its user are built.  All of it conforms. */
struct habits {
	bool timestamps, sack, synack_again, strict_open, reply_reset;
	bool ecn, keep_octet, nodelay, reset_form_closed, quick_ack, full_close;
	bool early_close; /* a FIN that waits is counted as sent */
	int wscale;	  /* -1: not offered */
	uint16_t mss;
	uint32_t buffer, congestion_window;
	int64_t rto, delayed_ack, keepalive; /* keepalive 0: none */
	unsigned r2;
	uint32_t tsval;
};

/* What a TCP gets wrong, for mutation.c.  None in a conforming one. */
enum {
	FLAW_NO_BACKOFF = 1u << 0,	/* repeats at equal intervals */
	FLAW_IGNORES_RST = 1u << 1,	/* exact ones too */
	FLAW_RESETS_RST = 1u << 2,	/* answers a reset by a reset */
	FLAW_IGNORES_WINDOW = 1u << 3,	/* sends as if it were 64 kB */
	FLAW_NO_TIME_WAIT = 1u << 4,	/* is CLOSED instead */
	FLAW_HASTY_KEEPALIVE = 1u << 5, /* gives up after some seconds */
	FLAW_NO_ECHO = 1u << 6		/* of CE */
};

struct tcp {
	struct sim *sim;
	int end;
	enum tcpaudit_state state;
	uint16_t silent; /* states that it left without sending */
	bool passive, listens;
	int64_t crashed; /* when; 0: never */
	unsigned flaws;	 /* FLAW_* */
	uint32_t incarnation;
	struct habits habits;

	/* Truth, by serial number of what it emitted. */
	uint16_t observable; /* before the next emission */
	uint16_t before[SERIALS];
	uint32_t observable_incarnation, before_incarnation[SERIALS];
	uint32_t sent, captured; /* captured: highest serial, plus 1 */
	uint32_t fin_serial;	 /* first emission of the FIN */
	bool fin_late;		 /* of which only a copy was captured */
	bool fin_shown; /* a captured segment proves that it sent its FIN */
	uint16_t ip_id;

	/* RFC 9293, 3.3.1; unwrapped, see seq.h. */
	int64_t iss, snd_una, snd_nxt, snd_wl1, snd_wl2;
	int64_t irs, rcv_nxt, rcv_edge;
	uint32_t snd_wnd, max_snd_wnd;
	int64_t fin, peer_fin; /* -1: none */
	uint8_t snd_shift, rcv_shift;
	uint16_t snd_mss;
	bool ts_on, sack_on;
	uint32_t ts_recent;
	int64_t last_ack_sent;
	bool ecn_on, ecn_echo; /* RFC 3168, 6.1.3: it got CE */
	bool ecn_cwr;	       /* to be said with the next new text */
	int64_t ecn_recover;   /* one reduction for a window */

	/* The user. */
	int64_t written; /* end of what it gave to SEND */
	uint32_t unread; /* octets received and not taken */
	bool reading, closing;

	struct unit unit[UNITS];
	unsigned units, dup_acks, backoff, keep_probes, unacked;
	int64_t recover;
	struct spans received; /* out of order */
	int64_t received_last; /* RFC 2018, 4: reported first */
	struct span received_span[8];
	uint32_t timer[TIMERS]; /* generation: what else is due is stale */
	bool armed[TIMERS];
};

struct sim;

/* The world, sim.c. */
void sim_send(struct sim *sim, struct tcp *t, const struct sim_segment *s);
/* A segment that the endpoint did not send leaves it after `delay`. */
void sim_insert(struct sim *sim, const struct sim_segment *s, int64_t delay);
void sim_arm(struct tcp *t, enum timer timer, int64_t delay);
void sim_disarm(struct tcp *t, enum timer timer);
int64_t sim_now(const struct sim *sim);
/* Whether the monitor runs on that host. */
bool sim_captures_at(const struct sim *sim, int end);
int64_t sim_between(struct sim *sim, int64_t low, int64_t high);
/* Below `n`; true with probability of `percent`. */
uint32_t sim_below(struct sim *sim, uint32_t n);
bool sim_chance(struct sim *sim, unsigned percent);

/* The user, sim_user.c: something that `features` permit, or, in the end, to
 * take all that came and perhaps close. */
void tcp_user(struct tcp *t, unsigned features, bool final);
/* Chooses how it is built. */
void tcp_habits(struct tcp *t, unsigned features);

/* Output, sim_tcp.c: calls, timers, segments. */
void tcp_begin(struct tcp *t); /* an event begins: what is observable now */
void tcp_set(struct tcp *t, enum tcpaudit_state state);
void tcp_set_silently(struct tcp *t, enum tcpaudit_state state);
void tcp_open(struct tcp *t);
void tcp_abort(struct tcp *t);
void tcp_crash(struct tcp *t);
/* Text may still leave it: in FIN-WAIT-1 and CLOSING as long as its FIN waits.
 */
bool tcp_may_send(const struct tcp *t);
void tcp_timer(struct tcp *t, enum timer timer);
void tcp_emit_syn(struct tcp *t, bool first);
void tcp_emit_ack(struct tcp *t);
void tcp_output(struct tcp *t);
void tcp_retransmit(struct tcp *t);
void tcp_reset_reply(struct tcp *t, const struct sim_segment *s);
void tcp_forget(struct tcp *t); /* deletes the TCB */

/* sim_ecn.c: RFC 3168, 6.1.  What a segment to be sent has of it (`text`: new,
 * no probe), and what one that comes says. */
void tcp_ecn_learn(struct tcp *t, const struct sim_segment *syn);
void tcp_ecn_mark(struct tcp *t, struct sim_segment *s, bool text);
void tcp_ecn_arrives(struct tcp *t, const struct sim_segment *s);

/* Input, sim_input.c: SEGMENT ARRIVES, RFC 9293, 3.10.7. */
void tcp_arrives(struct tcp *t, const struct sim_segment *s);

#endif
