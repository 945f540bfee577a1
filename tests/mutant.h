/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Known defects of simulated connections: what is done, which rule must name
 * it, and whether a monitor can know. */
#ifndef MUTANT_H
#define MUTANT_H

#include "sim.h"
#include "sim_tcp.h"

struct mutant;

/* One kind of defect.  A segment that `fits` is chosen at random; `apply`
 * changes it, makes its sender misbehave, or inserts another one, and returns
 * whether it is sent. */
struct kind {
	const char *name;
	const char *rules; /* any of them names it */
	const char *also;  /* errors that follow from it; NULL: none */
	unsigned features; /* SIM_* */
	bool (*fits)(const struct mutant *, const struct tcp *,
	    const struct sim_segment *);
	bool (*apply)(struct mutant *, struct tcp *, struct sim_segment *);
	/* Segments of both ends after that; NULL: as they are. */
	bool (*go_on)(struct mutant *, struct tcp *, struct sim_segment *);
	/* Index of the frame that shows it, or of that which was not answered;
	 * NONE: the defect had no effect.  NULL: the first one tampered
	 * with. */
	size_t (*find)(const struct mutant *, const struct sim_capture *);
	/* Why the capture does not prove it; NULL: it does. */
	const char *(*hidden)(
	    const struct mutant *, const struct sim_capture *, size_t at);
	bool late; /* a later packet may be the one that shows it */
	uint8_t option_length, option[12]; /* of those that add an option */
};

#define NONE SIZE_MAX

/* What an endpoint has sent, in its own words. */
struct sent {
	bool syn, plain; /* of any: `first_syn`, something without SYN or RST */
	struct sim_segment first_syn, last;
	uint32_t synacks;
	uint32_t max;		   /* end of what it sent */
	uint32_t ack, edge, edges; /* edges: how many were not in a SYN */
	bool has_ack;
};

struct mutant {
	struct sim_tamper tamper; /* the first member */
	const struct kind *kind;
	unsigned seen;	/* segments that fit */
	unsigned which; /* of them to be changed, from 1; 0: only count */
	bool applied;
	bool waited; /* it was in TIME-WAIT */
	int end;     /* who is at fault */
	struct sent sent[2];
	uint32_t number; /* of the kind: what was there before */
	uint64_t random;
};

/* Tables of kinds; the last has no name. */
extern const struct kind kinds_header[], kinds_handshake[], kinds_data[],
    kinds_close[], kinds_reset[], kinds_option[], kinds_flags[], kinds_ack[];

/* Features: connections over paths that lose and reorder after the monitor;
 * and any path. */
#define SIM_AFTER                                                              \
	(SIM_STALLS | SIM_KEEPALIVE | SIM_LOSS_AFTER | SIM_REORDER_AFTER |     \
	    SIM_DUPLICATE_AFTER)
#define SIM_ANY (SIM_AFTER | SIM_LOSS_BEFORE | SIM_ABORTS | SIM_REUSE)

/* mutant.c: what kinds share.  Choices of segments: */
bool fits_any(
    const struct mutant *, const struct tcp *, const struct sim_segment *);
/* Established at both ends as far as it knows; no SYN, FIN or RST. */
bool fits_plain(
    const struct mutant *, const struct tcp *, const struct sim_segment *);
bool fits_pure_ack(
    const struct mutant *, const struct tcp *, const struct sim_segment *);
bool fits_new_data(
    const struct mutant *, const struct tcp *, const struct sim_segment *);
bool fits_first(
    const struct mutant *, const struct tcp *, const struct sim_segment *);
bool fits_fin(
    const struct mutant *, const struct tcp *, const struct sim_segment *);
/* The first acknowledgment of the peer's FIN. */
bool fits_fin_ack(
    const struct mutant *, const struct tcp *, const struct sim_segment *);

/* Nothing of it, or of its peer, is sent any more. */
bool go_silent(struct mutant *, struct tcp *, struct sim_segment *);
bool go_peer_silent(struct mutant *, struct tcp *, struct sim_segment *);

/* Changes of a segment: no ACK; one more acknowledged; the kind's option. */
bool drop_ack_flag(struct mutant *, struct tcp *, struct sim_segment *);
bool ack_one_more(struct mutant *, struct tcp *, struct sim_segment *);
bool add_option(struct mutant *, struct tcp *, struct sim_segment *);

/* Sends a forged or additional segment. */
void insert(struct tcp *, struct sim_segment, int64_t delay);
unsigned option_octets(const struct sim_segment *);
/* a - b, as serial numbers. */
int32_t past(uint32_t a, uint32_t b);
/* The next frame of `end` from i on; NONE. */
size_t next_of(const struct sim_capture *, size_t i, int end);
/* The n-th frame of the culprit that was tampered with, from 1; NONE. */
size_t nth_defect(
    const struct mutant *, const struct sim_capture *, unsigned n);
bool is_plain(const struct sim_segment *); /* ACK, no SYN, RST */
/* The end of what `end` was seen to send before frame i. */
uint32_t seen_max(const struct sim_capture *, size_t i, int end);

#endif
