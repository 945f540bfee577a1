/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is known of one end of a connection: the variables of RFC 9293, 3.3.1,
 * as far as a monitor between the two ends can know them.
 *
 * The monitor sees transmissions, never receptions.  That an endpoint has sent
 * what passed is certain; that its peer has received it is not, until the
 * peer's own segments prove it.  So SND.NXT is known by its lower bound `max`,
 * RCV.NXT is known exactly at the instant the endpoint sends (`ack`) and is a
 * range afterwards, and the state is a set. */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "flight.h"
#include "segment.h"

/* Sets of states. */
#define STATE(s)   ((uint16_t)(1u << TCPAUDIT_##s))
#define STATES_ALL ((uint16_t)((1u << TCPAUDIT_STATES) - 1))
/* The endpoint has processed the peer's FIN (RFC 9293, 3.10.7.4, eighth). */
#define STATES_AFTER_FIN                                                       \
	(STATE(CLOSE_WAIT) | STATE(CLOSING) | STATE(LAST_ACK) |                \
	    STATE(TIME_WAIT))
#define STATES_SYNCHRONIZED                                                    \
	(STATE(ESTABLISHED) | STATE(FIN_WAIT_1) | STATE(FIN_WAIT_2) |          \
	    STATES_AFTER_FIN)

/* What is known of an endpoint: bits of `known`. */
enum {
	KNOWS_SENT = 1u << 0,	     /* max, contig: something was seen of it */
	KNOWS_ISS = 1u << 1,	     /* iss: its SYN was seen */
	KNOWS_ACK = 1u << 2,	     /* ack */
	KNOWS_FIN = 1u << 3,	     /* fin */
	KNOWS_EDGE = 1u << 4,	     /* edge, edge_last, window */
	KNOWS_SYN_OPTIONS = 1u << 5, /* its SYN was seen with a whole header */
	KNOWS_TTL = 1u << 6,
	KNOWS_TSVAL = 1u << 7
};

/* Marks of an endpoint: bits of `marks`. */
enum {
	SENT_SYN = 1u << 0, /* a SYN without ACK */
	SENT_SYNACK = 1u << 1,
	SYNACK_GOOD = 1u << 2, /* its SYN-ACK acknowledges a SYN of the peer */
	SENT_THIRD_ACK = 1u << 3, /* acknowledged the peer's SYN-ACK */
	SENT_RST = 1u << 4,
	SENT_DATA = 1u << 5, /* anything above the SYN and below the FIN */
	PASSIVE = 1u << 6,   /* was in LISTEN: a reset leads back to it */
	IS_LOCAL = 1u << 7,  /* on the capturing host */
	OFFERED_WSCALE = 1u << 8,
	OFFERED_SACK = 1u << 9,
	OFFERED_TIMESTAMPS = 1u << 10,
	FIN_WITHOUT_ACK = 1u << 11, /* its peer drops such a FIN */
	FILLED_WINDOW = 1u << 12,   /* after its peer's FIN, up to the edge */
	RST_ACCEPTED = 1u << 13,    /* its RST ended the connection nominally */
	OFFLOADS = 1u << 15,	    /* super-segments or unfinished checksums */
	ZERO_WINDOW = 1u << 18,	    /* its newest window is 0 */
	HAD_GAP = 1u << 19,
	SYN_FASTOPEN = 1u << 21,   /* its SYN had the Fast Open option */
	FASTOPEN_TAKEN = 1u << 22, /* its SYN data were acknowledged at once */
	ASSASSINATED = 1u << 23,   /* its TIME-WAIT ended by a RST */
	SYNACK_BAD = 1u << 24, /* sent one that acknowledges no SYN of now */
	CHALLENGED_SYN = 1u << 25, /* answered a SYN by a bare ACK */
	SENT_PLAIN = 1u << 28,	   /* a segment without SYN and RST */
	FIN_ACKED = 1u << 29,	   /* its FIN was acknowledged at the monitor */
	SCALED_EDGE = 1u << 30,	   /* edge_last is not of its SYN */
	FIN_CROSSED = 1u << 31	   /* a copy of its FIN did not acknowledge the
				      peer's */
};

/* Bits of zeek_seen that others need, see zeek.c. */
enum { ZEEK_SEEN_SYN = 1u << 3, ZEEK_SEEN_FIN = 1u << 4 };

#define ISN_CANDIDATES 4

/* A RST that passed and is not proved to be out of the peer's window. */
struct reset_fact {
	int64_t seq;
	int64_t ack; /* in the peer's space, if has_ack */
	int64_t time;
	bool has_ack;
};

/* What was so when its last RST passed, and of those just before. */
struct reset_notes {
	int64_t peer_max;   /* SND.NXT of its peer */
	int64_t t_inexact;  /* of one toward it, which it had to challenge */
	int64_t t_train;    /* the first of several in a row */
	int64_t train_seq;  /* of the last of them */
	int64_t train_step; /* to it from the one before */
	uint32_t tsval;	    /* of the RST; 0: not usable as a clock */
	uint16_t said;	    /* enum rule: what was said of the RST */
	uint8_t train;	    /* how many */
	uint8_t train_odd;  /* of them with numbers that it cannot have used */
	bool train_steps;   /* their numbers are regular steps apart */
	bool abort;	    /* the RST is at SND.NXT, and answers nothing */
	bool went_on;	    /* ordinary segments of it followed */
};

/* Texts that it sent last which are compared with what it sends again, though
 * they are acknowledged. */
#define KEPT 2

/* What the options of an endpoint were, beyond what is in force. */
struct options_seen {
	uint16_t syn;	   /* OPTION_*: of any copy of its newest SYN */
	uint16_t syn_last; /* of the last copy */
	uint16_t used;	   /* of any segment of its newest SYN's connection */
	uint16_t full;	   /* text of the last segment with too much of it */
	uint8_t fulls;	   /* of that length, in a row */
	uint8_t marks;	   /* OPTIONS_* */
	/* The first and the last timestamp that were certainly fresh. */
	uint32_t tsval_first, tsval_last;
	int64_t t_first, t_last;
};

enum {
	OPTIONS_VARY = 1,	/* the copies of its SYN differ */
	OPTIONS_TWO_POINTS = 2, /* its SYN was captured at two points */
	OPTIONS_TSVAL_ZERO = 4, /* it may have sent the timestamp 0 */
	OPTIONS_UNREADABLE = 8	/* those of its SYN, in part */
};

/* What few endpoints need: of closed windows and their probes, of keepalives,
 * of windows and segments in small steps. */
struct watch {
	/* Its probes of the peer's closed window. */
	int64_t t_probe, probe_interval;
	int64_t t_unanswered, t_third; /* the first, the third in a row */
	int64_t t_reopened; /* the peer's window opened, and it does not
			       show to know; 0: no */
	tcpaudit_packet_id probe_packet; /* first one without an answer */
	tcpaudit_packet_id reopen_packet;
	uint8_t probes, unanswered, answered; /* of this closure; in a row */
	uint8_t steady;	    /* intervals in a row that did not grow */
	bool wants_to_send; /* they are no keepalives */
	bool reopen_stamped;
	uint32_t reopen_tsval; /* of what opened it, if it is to be echoed */

	/* Its own window: closed, shrunk, opened in small steps. */
	uint32_t window_before; /* it was closed */
	tcpaudit_packet_id zero_packet, shrink_packet;
	int64_t t_shrunk; /* 0: is not */
	uint32_t tsval_shrunk;
	bool told_closed;
	uint8_t small_steps;

	/* Its keepalives, and one that it sent with text unacknowledged: its
	 * SEQ + 1, 0: none. */
	int64_t t_keepalive_first, keepalive_longest;
	int64_t early_keepalive, early_keepalive_ack;
	tcpaudit_packet_id early_keepalive_packet;

	uint8_t small_segments; /* in a row, with room for more */

	/* Its acknowledgments within one segment, which ends here. */
	int64_t divided_end;
	uint8_t divisions;
	uint8_t stretched; /* ACKs of many segments that came one by one */
};

struct endpoint {
	/* Belief: belief.c alone writes these. */
	uint16_t possible; /* as of its last segment, and what it may have
			      received since */
	uint16_t possible_before_reset;
	uint8_t nominal; /* if all that passed was delivered at once */
	uint8_t nominal_before_reset;
	uint8_t path_length;
	uint8_t contradictions; /* in a row */
	uint64_t path;		/* four bits a state, first lowest */

	uint32_t known, marks; /* KNOWS_*, the marks above */

	/* Send side: numbers of this endpoint's own sequence space. */
	int64_t iss;
	int64_t max;	       /* SND.NXT is at least this */
	int64_t contig;	       /* all from the ISS to here was seen */
	int64_t fin;	       /* sequence number of the FIN itself */
	int64_t urgent;	       /* highest urgent pointer; 0: none */
	uint32_t urgent_end;   /* of its last segment, */
	uint16_t urgent_field; /* and that one's pointer, as sent */
	int64_t probe_end; /* end of a window probe's octet, 0: none pending */
	/* Receive side: numbers of the peer's sequence space. */
	int64_t ack;	    /* highest SEG.ACK sent: RCV.NXT at that instant */
	int64_t ack_before; /* the one before it */
	int64_t edge;	    /* highest right edge ever advertised */
	int64_t edge_last;  /* right edge advertised last */
	uint32_t window;    /* advertised last, in octets */
	uint32_t max_window;
	uint32_t largest; /* segment it sent, in octets of text */

	uint32_t isn[ISN_CANDIDATES]; /* of its SYNs, newest first */
	tcpaudit_packet_id isn_packet[ISN_CANDIDATES];
	uint8_t isn_count;
	uint8_t shift;	/* window scale in force for its windows */
	uint8_t wscale; /* offered in its SYN */
	uint8_t ttl;
	uint8_t ttl_before; /* if it has just changed; 0: has not */
	uint8_t syn_copies, synack_copies, fin_copies; /* saturating */
	uint8_t third_refuted; /* SYN-ACKs again, in spite of the third ACK */
	uint8_t fin_copies_in_tw;
	uint8_t injection_score;
	uint8_t rtx_copies;	/* of the segment at rtx_seq, by timer */
	uint8_t rtx_no_backoff; /* intervals in a row that did not grow */
	uint8_t linear_syns, syn_intervals;
	uint8_t keepalives;   /* unanswered, in a row */
	uint8_t unsent_acked; /* times it acknowledged what was not sent */
	uint8_t dup_acks;     /* sent in a row, by RFC 5681, 2 */
	uint8_t mss_exceeded;
	uint8_t timestamps_missing;	    /* a segment lacked them */
	uint8_t timestamps_used;	    /* one outside its SYN had them */
	uint8_t foreigns;		    /* segments far off, in a row */
	uint16_t mss;			    /* its option, 0: none */
	uint16_t ip_id;			    /* of its latest segment */
	uint32_t syn_length;		    /* SEG.LEN of its newest SYN */
	uint16_t sums_right, sums_wrong;    /* checksums, saturating */
	uint16_t bad_sum, bad_sum_expected; /* of bad_sum_packet */
	uint32_t foreign_end; /* where the last segment far off ended */
	uint32_t lost_after;  /* retransmissions not shown to be needless */
	uint32_t syn_tsval, tsval, tsval_max, tsval_acked, tsecr;
	uint32_t tsval_new;	   /* of its last new text, or SYN */
	uint32_t sack_left;	   /* of its last first block but D-SACKs */
	uint32_t seen;		   /* its last segment, see copy.h */
	uint8_t challenges;	   /* ACKs that challenged, */
	uint32_t challenges_since; /* ms after the connection began */

	/* Times (0: never), and the packets that prove them. */
	int64_t t_first, t_last;     /* of its segments */
	int64_t t_plain;	     /* last segment that is no RST */
	int64_t t_max;		     /* max advanced */
	int64_t t_ack, t_ack_before; /* ack, ack_before were first sent */
	int64_t t_syn;		     /* last copy of its SYN or SYN-ACK */
	int64_t t_syn_first, t_synack_first;
	int64_t t_acked_syn; /* last segment that acknowledges the peer's SYN */
	int64_t t_fin;	     /* last copy of its FIN */
	int64_t t_fin_first;
	int64_t t_acked_fin; /* last segment that acknowledges the peer's FIN */
	int64_t t_acked_fin_first;
	int64_t t_timewait; /* its TIME-WAIT (re)started; 0: has none */
	int64_t t_rst;	    /* it sent a RST */
	int64_t t_killed;   /* an exact RST toward it passed */
	int64_t t_rtx,
	    rtx_interval; /* last copy by timer, interval before it */
	int64_t t_rtx_first;
	int64_t rtx_seq;
	int64_t t_keepalive, keepalive_interval;
	int64_t syn_interval;
	int64_t t_dup_acks; /* the third of dup_acks */
	int64_t t_zero;	    /* its window became 0 */
	tcpaudit_packet_id syn_packet, synack_packet, third_packet, fin_packet;
	tcpaudit_packet_id last_packet, rst_packet, ack_packet;
	tcpaudit_packet_id bad_sum_packet, lost_packet;

	int64_t rtt;	    /* least, from the monitor and back; -1: unknown */
	int64_t rtt_before; /* in the former incarnation; -1: unknown */
	int64_t srtt, rttvar;

	int64_t t_fins; /* the first FIN of `fins` within a second */
	uint8_t fins;

	struct reset_fact reset[2];
	uint8_t reset_count;
	uint8_t resets_ignored; /* exact ones, after which it went on */
	uint8_t reset_sure;	/* exact, whatever of its text was received */
	struct reset_notes notes;

	/* What the peer acknowledged without its being seen here: (from, to],
	 * in this endpoint's space.  Capture loss, or an acknowledgment of
	 * what was never sent: later segments decide. */
	int64_t unseen_from, unseen_to, t_unseen;
	tcpaudit_packet_id unseen_packet;

	/* Text beyond the highest edge, until the peer has answered it. */
	int64_t over_end, over_edge, over_limit, t_over;
	tcpaudit_packet_id over_packet;

	uint64_t kept; /* its last text, see payload.h */
	/* A segment with a wrong checksum that its peer may take all the
	 * same: where it ends; 0: none. */
	int64_t doubt_end;

	struct flight *flight; /* what is not yet acknowledged; NULL: nothing */
	struct gaps *gaps;     /* holes below max; NULL: none */
	int64_t gaps_forgotten; /* below it there may be holes not in gaps */
	struct watch *watch;	/* NULL: nothing special about it */

	struct options_seen options;

	uint64_t packets, bytes, unique_bytes;
	uint64_t rtx_packets, rtx_bytes;
	uint32_t out_of_order, zero_windows, damaged, duplicate_acks;

	/* Zeek's view, see zeek.c */
	uint8_t zeek_state, zeek_prior;
	uint16_t zeek_seen;
	uint16_t zeek_gaps;   /* in what it sent, saturating */
	uint32_t zeek_seq[3]; /* of its last SYN, FIN, RST */
};

static inline bool
endpoint_knows(const struct endpoint *x, uint32_t bits)
{
	return (x->known & bits) == bits;
}

static inline bool
endpoint_is(const struct endpoint *x, uint16_t states)
{
	return (1u << x->nominal) & states;
}

/* May be in one of these states. */
static inline bool
endpoint_may_be(const struct endpoint *x, uint16_t states)
{
	return x->possible & states;
}

#endif
