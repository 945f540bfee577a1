/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A connection to which nothing out of the ordinary has happened, in as little
 * room as can be.  Most connections are calm all their life.  What is kept is
 * exactly what `struct connection` would hold: folding one and unfolding it
 * again changes not a bit, and a connection that does not fit stays as it is.
 *
 * Sequence numbers are offsets from the first of their space, times are
 * nanoseconds since the connection began plus one (0: never), packets are
 * counted from its first.
 */
#ifndef CALM_H
#define CALM_H

#include <stdbool.h>
#include <stdint.h>

#include "fetch.h"
#include "node.h"
#include "payload.h"
#include "pool.h"
#include "seq.h"
#include "slip.h"

struct connection;
struct flow;
struct tcpaudit;

struct calm_end {
	uint32_t base; /* number of the SYN; or so */
	uint32_t max;
	uint32_t ack, edge; /* in the peer's space */
	uint32_t max_window;
	uint32_t tsval, tsecr, tsval_syn, tsval_acked, tsval_new, tsval_first;
	uint32_t last_packet, ack_packet;
	uint32_t
	    own_packet; /* third ACK of the client, SYN-ACK of the server */
	uint32_t rtt;	/* all ones: unknown */
	uint32_t srtt, rttvar;
	uint32_t packets;
	uint32_t seen;	 /* see copy.h */
	uint32_t flight; /* its last one; each leads to the next, the last to
			    the first; 0: none */
	/* What is written together stands in one word. */
	uint64_t window : 16, t_last : 48; /* as sent */
	uint64_t largest : 16, t_max : 48;
	uint64_t ip_id : 16, t_ack : 48;
	uint64_t sums : 16, t_ack_before : 48;
	uint64_t flying : 8, ttl : 8, t_fresh : 48;  /* how many in flight */
	uint64_t ack_step : 24, kept : PAYLOAD_BITS; /* ack less ack_before */
};

struct calm {
	int64_t t_first;
	uint64_t first_packet;
	uint64_t third_delay : 16, unanswered : 8, id : 40;
	uint64_t last_flags : 9, last_from : 1; /* enum tcpaudit_end */
	uint64_t fresh : 5, _spare : 1;		/* CALM_FRESH_* << 2 * end */
	uint64_t t_second : 48;			/* first of the server */
	uint64_t shape : 16, close : 30;	/* struct calm_close; 0: none */
	uint64_t last_length : 18; /* SEG.LEN of the last segment */
	struct calm_end end[2];
};

#define CALM_SERVER_FIRST 0x10 /* of `fresh`: it spoke first */

/* When the last fresh timestamp of an end was sent. */
enum { CALM_FRESH_NONE, CALM_FRESH_ACK, CALM_FRESH_TEXT };

/* Of one that closes, or of which something was found. */
struct calm_close {
	uint32_t slip; /* its findings: struct slip; 0: none */
	uint32_t _spare0;
	uint64_t t_zeek : 48, _spare : 16;
	struct calm_close_end {
		uint64_t t_fin : 48, _spare : 16;
		uint64_t t_acked : 48, _spare2 : 16; /* first, of the peer's */
		uint64_t t_timewait : 48, _spare3 : 16;
		uint64_t t_text : 48, _spare4 : 16; /* last fresh one */
		uint32_t fin_packet, _spare5;
	} end[2];
};

/* What is in flight. */
struct calm_sent {
	uint32_t next;
	uint32_t end, packet;
	uint32_t tsval, apart;
	uint16_t ip_id, length; /* of what is kept */
	uint64_t time;
	uint64_t stored;
};

/* Folds the live connection of a flow, which has no other, and gives it back.
 * Returns what is left, and its number in *body: NODE_CALM, or NODE_SEED; or
 * NODE_FLOW: it does not fit, or memory is short, and nothing has changed. */
enum node_kind ta_calm_fold(struct tcpaudit *, struct flow *, uint32_t *body);

/* Unfolds it as the live connection of a flow, and gives `calm` back.  False:
 * memory is short, and nothing has changed. */
bool ta_calm_unfold(struct tcpaudit *, struct flow *, uint32_t calm);
/* The same for a seed. */
bool ta_seed_unfold(struct tcpaudit *, struct flow *, uint32_t seed);

/* What ta_calm_unfold() makes of it, but for what is in flight, into a
 * connection that is zero; without its findings. */
void ta_calm_copy(const struct tcpaudit *, struct flow *, const struct calm *,
    struct connection *);

/* Another one like it, of nobody; 0: memory is short. */
uint32_t ta_calm_clone(struct tcpaudit *, const struct calm *);
void ta_calm_free(struct tcpaudit *, uint32_t calm);
/* Gives back a struct calm_close, with its findings; 0 is fine. */
void ta_calm_drop_close(struct tcpaudit *, uint32_t close);

/* Whether the same is in flight. */
bool ta_calm_flies_alike(
    const struct tcpaudit *, const struct calm_end *, const struct calm_end *);

/* What obligation.c says of it: when it is next to be looked at. */
int64_t ta_calm_due(const struct tcpaudit *, const struct calm *);

/* Gives back what is in flight. */
void ta_calm_land(struct tcpaudit *, struct calm_end *);

/* Something more is in flight, behind all else: to be filled in, all but
 * `next`.  NULL: memory is short. */
static inline __attribute__((always_inline)) struct calm_sent *
calm_launch(struct pool *sent, struct calm_end *e)
{
	uint32_t id = pool_take_unset(sent);
	struct calm_sent *s, *last;

	if (id == 0)
		return NULL;
	s = pool_at(sent, id);
	s->next = id;
	if (e->flying > 0) {
		last = pool_at(sent, e->flight);
		s->next = last->next;
		last->next = id;
	}
	e->flight = id;
	e->flying++;
	return s;
}

/* What has been in flight for longest arrives: all that ends up to `end`.
 * Returns when the last of it was sent; 0: there is none. */
static inline __attribute__((always_inline)) uint64_t
calm_land(struct pool *sent, struct calm_end *e, uint32_t end)
{
	unsigned flying = e->flying;
	uint64_t time = 0;
	struct calm_sent *last;
	uint32_t first;

	if (flying == 0)
		return 0;
	last = pool_at(sent, e->flight);
	first = last->next;
	do {
		const struct calm_sent *s = pool_at(sent, first);
		uint32_t next = s->next;

		if (s->end > end) {
			last->next = first;
			break;
		}
		time = s->time;
		pool_give(sent, first);
		first = next;
	} while (--flying > 0);
	e->flying = flying;
	if (flying == 0)
		e->flight = 0;
	return time;
}

/* It is wanted soon; most begin in the midst of a cache line. */
static inline void
calm_fetch(const struct calm *k)
{
	for (size_t i = 0; i < sizeof(*k); i += 64)
		fetch_write((const char *)k + i);
	fetch_write((const char *)(k + 1) - 1);
}

/* So is its close. */
static inline void
calm_fetch_close(const struct calm_close *z)
{
	fetch_write(z);
	fetch_write((const char *)(z + 1) - 1);
}

static inline void
calm_fetch_sent(const struct calm_sent *s)
{
	fetch_write(s);
	fetch_write((const char *)(s + 1) - 1);
}

static inline struct slip_base
calm_slip_base(const struct calm *k)
{
	return (struct slip_base){ k->t_first, k->first_packet };
}

static inline int64_t
calm_time(const struct calm *k, uint64_t since)
{
	return since == 0 ? 0 : k->t_first + (int64_t)since - 1;
}

static inline uint64_t
calm_packet(const struct calm *k, uint32_t number)
{
	return number == 0 ? 0 : k->first_packet + number - 1;
}

/* When the last fresh timestamp of an end was sent, and what it was; it came
 * with text at `text`, unless with an acknowledgment.  0: never. */
static inline uint64_t
calm_fresh(const struct calm *k, int end, uint64_t text, uint32_t *tsval)
{
	const struct calm_end *e = &k->end[end];
	unsigned fresh = k->fresh >> (2 * end) & 3;

	*tsval = fresh == CALM_FRESH_NONE  ? 0
		 : fresh == CALM_FRESH_ACK ? e->tsval_acked
					   : e->tsval_new;
	return fresh == CALM_FRESH_NONE	 ? 0
	       : fresh == CALM_FRESH_ACK ? e->t_ack
					 : text;
}

static inline int64_t
calm_base(const struct calm_end *e)
{
	return seq_first(e->base);
}

#endif
