/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The engine: all that one audit holds. */
#ifndef ENGINE_H
#define ENGINE_H

#include "connection.h"
#include "copy.h"
#include "calm.h"
#include "census.h"
#include "decode.h"
#include "flow.h"
#include "payload.h"
#include "quick.h"
#include "quick_end.h"
#include "seed.h"
#include "shape.h"
#include "slab.h"
#include "tcpaudit_part.h"
#include "timer.h"

/* A packet that is stamped far ahead and waits for another to confirm it, see
 * clock.h. */
struct early {
	struct tcpaudit_packet packet;
	uint8_t *data; /* its own; NULL: none waits */
	uint32_t input;
	int link_type;
};

/* How many listeners are remembered, see fold.c. */
#define FLOOD_ASKED 16

/* A SYN-ACK of late, see check_nat.c. */
struct seen_synack {
	int64_t time;
	tcpaudit_packet_id packet; /* 0: none */
	struct tcpaudit_address address[2];
	uint16_t port[2];
	uint32_t seq, ack;
	uint16_t window;
	uint8_t ttl, family;
};

/* What is told of a connection at one place, to be handed on at once, see
 * part.h. */
struct bundle {
	struct tcpaudit_part part; /* without a connection nothing waits */
	struct tcpaudit_tuple tuple;
	struct tcpaudit_count counts[TCPAUDIT_COUNTS_MAX];
};

struct tcpaudit {
	struct tcpaudit_config config;
	struct tcpaudit_statistics statistics;
	struct memory memory;
	struct slab connections, flights, gaps, findings;
	struct slab watches, icmp, ecn;
	struct node_table nodes;
	struct pool flows, tombstones, calms, seeds, closes, sent, slips;
	struct shapes shapes;
	struct quick_moves quick;
	struct quick_ends ends;
	struct reserve { /* to open a flow when memory is short, see flow.c */
		struct connection *connection; /* NULL: is in use */
		struct flight *flight[2];
		struct finding *finding[SHAPE_FINDINGS];
		uint32_t flow;
	} reserve;
	struct connection unfolded; /* for calm.c */
	struct connection view;	    /* for quick_view.c: little of it is set */
	struct flow view_flow;
	struct timer_wheel timers;
	struct flood {
		struct memory memory; /* its own part of the bound */
		struct census census;
		struct slab cases, findings;
		int64_t due; /* when the census is to be looked at */
		bool plain;  /* the capture has more than SYNs and resets */
		/* Listeners that a finding was asked of, see fold.c. */
		struct asked {
			struct tally *tally; /* NULL: none */
			uint64_t given;	     /* up by then, of the census */
		} asked[FLOOD_ASKED];
	} flood;
	struct payload_store payload;
	struct sights sights;
	struct decoder *decoder;
	struct tcpaudit_place place; /* of what is said now; `packet`: of the
				      input, before its first one */
	struct bundle bundle;
	struct join *join; /* of the parts of other engines, or NULL */
	int link_type;	   /* -1: no input yet */
	uint32_t input;
	int64_t now;	      /* the capture clock: the latest time seen */
	int64_t time;	      /* of what is being judged: never after now */
	int64_t undisturbed;  /* until then nothing is due, see clock.h; 0: it
				 is not known */
	int64_t t_start;      /* first packet */
	int64_t t_step_back;  /* the clock last stepped back; no delay is
				 measured over it */
	int64_t t_leap, leap; /* when it last leapt ahead, and how far; 0: it
				 never did */
	bool silent;	      /* nothing has come after it */
	int64_t t_watched;    /* since then the clock is known to run evenly */
	tcpaudit_packet_id packet; /* the one being judged, or last read */
	uint64_t last_connection, last_finding;
	uint32_t last_node; /* for probe.h */
	bool ending;	    /* every flow is being freed */
	uint64_t pending;   /* obligations open at the end */
	struct early early;
	struct seen_synack synacks[256];
	struct seen_synack former_synack; /* which the last one replaced */
	struct finding *defects;	  /* of the capture as a whole */
	struct finding *cut;		  /* of them: CP06; NULL: none */
	uint64_t undecoded;		  /* packets, in former reports */
	uint64_t reassembled;	/* fragments that waited for the rest */
	unsigned icmp_families; /* of ICMP in the capture: 1 << 4, 1 << 6 */
};

/* Inside, 0 is no time: what happened then is as if it never did.  So times of
 * packets are moved away from 0 when they come in, and back in records. */
#define TIME_BIAS (INT64_C(1) << 40)

/* Obligations were open when the capture ended. */
void ta_report_pending(struct tcpaudit *);

/* The tuple of a connection as records show it. */
void ta_tuple(const struct connection *c, struct tcpaudit_tuple *out);

#endif
