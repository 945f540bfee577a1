/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What happens to connections, counted for their listeners, sources and
 * targets (rules B.11, H.13): at changes of a connection, never for a packet.
 * check_flood.c judges the counts. */
#ifndef FLOOD_H
#define FLOOD_H

#include "count.h"
#include "engine.h"
#include "rules.h"

/* How a connection was counted. */
enum {
	FLOOD_TRIED = 1u << 0,
	FLOOD_OPENED = 1u << 1,
	FLOOD_EXCUSED = 1u << 2,
	FLOOD_HALF_OPEN = 1u << 3, /* and still is */
	FLOOD_ANSWERED = 1u << 4,
	FLOOD_ECHO = 1u << 5,  /* begins with an answer */
	FLOOD_STRAY = 1u << 6, /* begins with a bare ACK */
	FLOOD_CLOSED = 1u << 7,
	FLOOD_TROUBLE = 1u << 8
};

/* Spans of time in which a rule fired: the last few of them. */
#define CASE_SPANS 8

/* A rule that a tally fulfils. */
struct tally_case {
	struct tally_case *next;
	enum rule rule;
	struct finding *finding; /* NULL: not yet reported */
	bool changed;		 /* since it was written */
	unsigned spans;		 /* all of them */
	struct case_span {
		int64_t from, to; /* seconds */
	} span[CASE_SPANS];	  /* by number of the span, modulo */
	int64_t decided;	  /* second in which it was */
	uint64_t folded;	  /* findings of connections that it tells */
	/* Where it was at its worst. */
	int64_t peak, from;
	int64_t value[6]; /* as the judge of the rule likes */
	struct tcpaudit_host host;
	unsigned packets;
	tcpaudit_packet_id packet[TCPAUDIT_EVIDENCE_MAX];
};

/* The second of a time of the engine. */
static inline int64_t
flood_second(int64_t time)
{
	return (time - TIME_BIAS) / TALLY_SECOND;
}

/* The ends of a connection, for the time that its flow is there. */
static inline void
flood_parties(const struct connection *c, struct parties *out)
{
	const struct flow_key *key = &c->flow->key;

	for (int end = 0; end < 2; end++) {
		out->address[end] = &key->address[end ^ c->client_side];
		out->port[end] = key->port[end ^ c->client_side];
	}
	out->family = (uint8_t)key->family;
}

/* The capture has more than SYNs and resets. */
void ta_flood_traffic(struct tcpaudit *, const struct connection *);
/* A SYN begins a connection. */
void ta_flood_syn(
    struct tcpaudit *, struct connection *, const struct segment *);
/* Its SYN is sent again, for the first time. */
void ta_flood_repeat(struct tcpaudit *, struct connection *);
/* A SYN-ACK answers it: the first one, or a copy. */
void ta_flood_synack(struct tcpaudit *, struct connection *);
void ta_flood_synack_copy(
    struct tcpaudit *, struct connection *, unsigned copies);
/* The handshake is complete. */
void ta_flood_open(struct tcpaudit *, struct connection *);
/* The listener has no room for it, as it seems. */
void ta_flood_trouble(struct tcpaudit *, struct connection *);
/* It is reset before that, by one end. */
void ta_flood_reset(struct tcpaudit *, struct connection *, int end);
/* It is closed or aborted, after it was complete. */
void ta_flood_close(struct tcpaudit *, struct connection *, bool orderly);
/* It is over. */
void ta_flood_end(struct tcpaudit *, struct connection *);

/* `end` sent a probe by odd control bits, and nothing before it. */
void ta_flood_probe(struct tcpaudit *, const struct connection *, int end);
/* A SYN-ACK, or the refusal of a SYN, comes from `end` though nobody asked. */
void ta_flood_echo(struct tcpaudit *, struct connection *);
/* A reset of `end`, before it is judged. */
void ta_flood_rst(
    struct tcpaudit *, struct connection *, int end, uint32_t seq);
/* A bare ACK of `end` of which nothing is known. */
void ta_flood_stray(struct tcpaudit *, struct connection *, int end);
/* Another segment that is no SYN nor reset: the two are not what they seemed.
 */
void ta_flood_plain(struct tcpaudit *, struct connection *);

/* The case of a rule, or NULL. */
struct tally_case *ta_case_find(const struct tally *, enum rule);
/* The same, made if need be; NULL: no memory. */
struct tally_case *ta_case_get(struct tcpaudit *, struct tally *, enum rule);
/* The rule held in these seconds. */
void ta_case_extend(struct tally_case *, int64_t from, int64_t to);

#endif
