/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* One incarnation of a 4-tuple, and what is remembered of the one before. */
#ifndef CONNECTION_H
#define CONNECTION_H

#include "endpoint.h"

struct ecn;
struct flow;
struct finding;

/* Bits of `marks` of a connection. */
enum {
	CONN_MIDSTREAM = 1u << 0, /* no SYN begins it */
	CONN_SYN_SEEN = 1u << 1,
	CONN_SYNACK_SEEN = 1u << 2,
	CONN_OPEN = 1u << 3,	     /* the third ACK was seen: resolved */
	CONN_SIMULTANEOUS = 1u << 4, /* SYNs crossed */
	CONN_SELF = 1u << 5,	     /* connected to itself */
	CONN_TIMESTAMPS = 1u << 6,   /* negotiated */
	CONN_WSCALE = 1u << 7,	     /* negotiated, or known not to be */
	CONN_LOSSY_FOR_EVER = 1u << 8,
	CONN_CHALLENGER = 1u << 9,     /* not yet the live one */
	CONN_REPLACED = 1u << 10,      /* a new one took its place: half-open */
	CONN_ECN_FORGOTTEN = 1u << 11, /* its SYNs said something of ECN */
	CONN_REFUSED = 1u << 12,
	CONN_BAD_REFUSAL = 1u << 13,  /* a reset that the client must ignore */
	CONN_WITHDRAWN = 1u << 14,    /* RST of the client before any answer */
	CONN_HISTORICAL = 1u << 15,   /* rejected by RFC 9293, Figure 8 */
	CONN_CLIENT_RESET = 1u << 16, /* after a valid SYN-ACK */
	CONN_SERVER_RESET = 1u << 17, /* in SYN-RECEIVED */
	CONN_HS_TIMEOUT = 1u << 18,
	CONN_INJECTED = 1u << 19,
	CONN_KEEPALIVE_DEAD = 1u << 20,
	CONN_TIMED_OUT = 1u << 21,
	CONN_HALF_OPEN = 1u << 22, /* one end had forgotten it (Figure 10) */
	CONN_RST_AFTER_CLOSE = 1u << 23,
	CONN_UNSOLICITED = 1u << 24, /* begins with a SYN-ACK or RST */
	CONN_PROBE = 1u << 25,	     /* only flag probes: NULL, FIN, XMAS ... */
	CONN_SIMULTANEOUS_CLOSE = 1u << 26,
	CONN_MISSING_HANDSHAKE = 1u << 27,
	CONN_DUPLICATES = 1u << 28, /* frames are captured twice */
	CONN_OLD_SYN = 1u << 29, /* begun by a SYN of the former incarnation */
	CONN_ONE_SIDED = 1u << 31
};

/* Timed rules that have been decided: bits of `done`, those of an endpoint
 * shifted left by its index. */
enum {
	DONE_SYN = 1u << 0,
	DONE_HANDSHAKE = 1u << 1,
	DONE_FIN = 1u << 2,	   /* and 1 << 3 */
	DONE_CLOSE_WAIT = 1u << 4, /* and 1 << 5 */
	DONE_TIMEWAIT = 1u << 6,   /* and 1 << 7 */
	DONE_UNACKED = 1u << 8,
	DONE_REUSE = 1u << 9, /* what became of the SYN in a TIME-WAIT */
	/* Not decided: its SYN breaks its sender's TIME-WAIT, if it is none
	 * that the network kept. */
	DOUBTS_OWNER = 1u << 10,
	DONE_HALF_OPEN = 1u << 11 /* said of the connection that it replaced */
};

/* Why a SYN of the peer may take the place of a TIME-WAIT (rules D.3, V2;
 * RFC 9293, 3.6.1, MAY-2; RFC 6191, 2). */
enum admission {
	ADMISSION_NONE, /* no TIME-WAIT was in the way */
	ADMISSION_TS_GREATER,
	ADMISSION_TS_EQUAL_SEQ,
	ADMISSION_TS_NEW,
	ADMISSION_SEQ,
	ADMISSION_REFUSED_TS,
	ADMISSION_REFUSED_SEQ
};

/* The former incarnation of a tuple, by end of *that* incarnation's client and
 * server as they stood in the flow's key (side 0 and 1). */
struct tombstone {
	struct tomb_side {
		int64_t iss, max, ack, fin;
		int64_t t_timewait; /* 0: not in TIME-WAIT */
		int64_t rtt;	    /* as in struct endpoint */
		uint32_t tsval;
		uint16_t marks; /* TOMB_* */
		uint8_t ttl;
	} side[2];
	int64_t t_end; /* its last segment */
	tcpaudit_packet_id last_packet;
	uint32_t incarnation;
	uint8_t how; /* enum tomb_end */
	bool timestamps;
};

enum {
	TOMB_ISS = 1,
	TOMB_SENT = 2,
	TOMB_FIN = 4,
	TOMB_TSVAL = 8,
	TOMB_RST = 16,
	TOMB_ACK = 32,
	TOMB_WAITS = 64 /* TIME-WAIT and nothing else, unless CLOSED */
};

enum tomb_end { TOMB_ORDERLY, TOMB_ABORTED, TOMB_INCOMPLETE, TOMB_OTHER };

/* What passed last, in either direction: what a reply would answer. */
struct stimulus {
	int64_t time;
	int64_t end; /* q + SEG.LEN, in the sender's space */
	tcpaudit_packet_id packet;
	uint32_t ack; /* as sent */
	uint32_t seq;
	uint16_t flags;
	uint8_t from; /* enum tcpaudit_end */
	bool keepalive, data;
	bool lone; /* after a silence, in the window and behind a hole: what a
		      SACK that follows at once is about */
};

/* What ICMP errors said of the segments of either end; taken from a slab when
 * the first one comes. */
struct icmp_memory {
	struct icmp_said {
		int64_t t_soft; /* the last soft error; 0: none */
		tcpaudit_packet_id soft_packet;
		uint32_t mtu; /* least that a router told; 0: none */
		uint8_t soft_type, soft_code;
		bool unreachable; /* any error but "too big" */
	} end[2];
};

/* What is awaited of an endpoint: see reaction.h. */
struct reaction {
	struct finding *finding; /* NULL: nothing */
	int64_t sent, due;
	uint32_t ack, end; /* of the judged segment: SEG.ACK, SEQ + LEN */
	bool has_ack;
};

/* A segment whose numbers are both far from the connection: see stranger.h. */
struct stranger {
	tcpaudit_packet_id packet; /* 0: none */
	uint32_t end, ack;	   /* SEG.SEQ + SEG.LEN, SEG.ACK */
	uint16_t flags;
	uint8_t side; /* of the flow's key */
};

struct connection {
	struct flow *flow;
	struct endpoint end[2]; /* client, server */
	struct stimulus last;
	uint32_t marks;	     /* CONN_* */
	uint8_t client_side; /* which side of the flow's key is the client */
	uint8_t loss_events;
	uint8_t admission;	  /* of its SYN */
	uint8_t owner_side;	  /* whose TIME-WAIT its SYN met; 2: nobody's */
	uint8_t completeness;	  /* Wireshark's bits */
	uint8_t acks_in_circle;	  /* pure ACKs without progress, for storms */
	uint8_t unanswered_texts; /* segments that such ACKs may answer */
	uint8_t evicted;
	uint16_t flood; /* FLOOD_*: how it was counted, see flood.h */
	uint32_t incarnation;
	uint64_t id;
	int64_t deadline; /* of its next timer; INT64_MAX: none */
	int64_t t_first;
	int64_t t_last;
	int64_t lossy_until;
	int64_t t_storm;
	uint32_t reset_seq, reset_step; /* of its last resets */
	uint8_t reset_run;		/* how many in equal steps */
	tcpaudit_packet_id first_packet, last_packet;
	tcpaudit_packet_id old_packet;	     /* an old segment in TIME-WAIT */
	tcpaudit_packet_id challenge_packet; /* and the ACK that answered it */
	uint32_t
	    challenge_ack; /* SEG.ACK of a bare ACK that answered its SYN */
	tcpaudit_packet_id third_bad_packet; /* third ACK ahead of its sender */
	int64_t third_bad_seq;
	int64_t t_old;
	/* Obligations with a deadline of their own, 0: none. */
	int64_t due_challenge; /* of a challenger: its SYN comes to nothing */
	int64_t due_reuse;     /* the answer to a SYN in TIME-WAIT */
	int64_t due_fin_reack; /* a FIN copy in TIME-WAIT */
	int64_t due_keepalive; /* the answer to a keepalive */
	tcpaudit_packet_id due_fin_packet, due_keepalive_packet;
	uint16_t done;	      /* DONE_* */
	uint16_t third_delay; /* of the third ACK, in 10 ms, saturating */
	uint8_t due_keepalive_end, due_fin_reack_end;
	uint8_t fold_wait; /* see calm.c */
	/* Text of the former incarnation that strayed into this one: its end
	 * in the space of old_sender; 0: none. */
	int64_t old_end;
	uint8_t old_sender;
	uint8_t zeek_length;
	bool zeek_gone;	      /* Zeek would have forgotten it */
	int64_t t_zeek_close; /* 0: not closed, as Zeek sees it */
	char zeek_history[38];
	struct stranger stranger;
	struct finding *findings;
	struct icmp_memory *icmp;   /* NULL: no error about it */
	struct ecn *ecn;	    /* NULL: no SYN said anything of it */
	struct reaction awaited[2]; /* of the client, of the server */
	uint32_t finding_count[TCPAUDIT_SEVERITIES];
};

static inline bool
connection_is(const struct connection *c, uint32_t marks)
{
	return (c->marks & marks) == marks;
}

/* Packets of it are missing from the capture, as far as is known at `time`:
 * what would need them proves less (guard G-LOSS). */
static inline bool
connection_lossy(const struct connection *c, int64_t time)
{
	return (c->marks & CONN_LOSSY_FOR_EVER) || time < c->lossy_until;
}

/* Which end of a connection sent it: by pointer. */
static inline int
connection_end(const struct connection *c, const struct endpoint *x)
{
	return x == &c->end[TCPAUDIT_SERVER];
}

#endif
