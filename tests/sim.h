/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A simulator of two RFC 9293 endpoints and of a monitor between them.  Unlike
 * the monitor it knows the truth: in which state each endpoint was.
 *
 *	endpoint 0 --- before --- monitor --- after --- endpoint 1
 *
 * For what endpoint 1 sends, the halves of the path change places: "before" is
 * always the way from the sender to the monitor. */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tcpaudit.h"

#define SIM_MSL		(INT64_C(120) * 1000000000) /* RFC 9293, 3.4.2 */
#define SIM_FRAME_BYTES 65550

/* What the seed may choose from.  Without any, only the endpoints vary and the
 * path delivers all in order. */
enum {
	SIM_LOSS_AFTER = 1u << 0,  /* between monitor and receiver */
	SIM_LOSS_BEFORE = 1u << 1, /* between sender and monitor */
	SIM_REORDER_AFTER = 1u << 2,
	SIM_REORDER_BEFORE = 1u << 3,
	SIM_DUPLICATE_AFTER = 1u << 4,
	SIM_DUPLICATE_BEFORE = 1u << 5,
	SIM_CAPTURE_LOSS = 1u << 6, /* the monitor misses packets */
	SIM_SNAPLEN = 1u << 7,	    /* payload may be cut */
	SIM_STALLS = 1u << 8,	    /* readers that stop: zero windows */
	SIM_ABORTS = 1u << 9,	    /* ABORT calls, closes with data unread */
	SIM_CRASHES = 1u << 10,	    /* reboots: half-open connections */
	SIM_REUSE = 1u << 11,	    /* the same ports again */
	SIM_KEEPALIVE = 1u << 12,
	SIM_SIMULTANEOUS = 1u << 13, /* both ends open */
	SIM_LIMITS = 1u << 14,	     /* connections that give up (R2) */
	SIM_OFFLOAD = 1u << 15, /* captured on an end host, whose network card
				   cuts and joins segments */
	SIM_ECN = 1u << 16	/* RFC 3168; routers mark packets */
};
#define SIM_APPLICATIONS                                                       \
	(SIM_SNAPLEN | SIM_STALLS | SIM_ABORTS | SIM_REUSE | SIM_KEEPALIVE |   \
	    SIM_SIMULTANEOUS | SIM_LIMITS | SIM_ECN)
#define SIM_BAD_DELIVERY                                                       \
	(SIM_LOSS_AFTER | SIM_REORDER_AFTER | SIM_DUPLICATE_AFTER)

/* What no conforming endpoint sends; all zero unless a test tampers. */
struct sim_defect {
	bool here;	   /* the segment was tampered with */
	bool bad_checksum; /* its receiver drops it; so if offset is not 0 */
	int8_t offset;	   /* words added to the data offset */
	uint8_t reserved;  /* bits */
	uint8_t ttl;	   /* 0: the endpoint's own */
	uint8_t flip;	   /* bits of the last octet of the text */
	uint8_t option_length; /* a multiple of 4 */
	uint8_t option[12];    /* put behind the others as it is */
	uint16_t urgent;
};

/* A segment as it was sent.  Numbers are those on the wire. */
struct sim_segment {
	int end;	 /* who sent it */
	uint32_t serial; /* of its sender, from 0 */
	uint32_t incarnation;
	uint16_t flags;
	uint32_t seq, ack, isn; /* isn: of its sender */
	bool seq_is_zero; /* by RFC 9293, 3.5.2: no number of the sender */
	bool garbage;	  /* the octet of a keepalive, not of the stream */
	uint32_t length;
	uint16_t window, ip_id;
	uint16_t mss; /* 0: no option; likewise below */
	int wscale;   /* -1: no option */
	bool sack_permitted, timestamps;
	uint32_t tsval, tsecr;
	unsigned sack_count;
	uint32_t sack[3][2];
	uint8_t ecn; /* codepoint of the IP header */
	struct sim_defect defect;
};

/* One captured packet and the truth at that moment: for each endpoint, a bit
 * for the state in which it was after sending the latest of its segments that
 * was captured, plus what it received since.  If it changed its state in
 * silence (a timer, a reboot), the former state has a bit as well.  0: the
 * monitor cannot know (the endpoints are in different incarnations). */
struct sim_frame {
	int64_t time;
	struct sim_segment segment;
	uint16_t truth[2];
};

struct sim_capture {
	uint64_t seed;
	unsigned features; /* of SIM_*: those that the seed chose */
	uint32_t snaplen;
	int host; /* the endpoint where it was captured; -1: between both */
	bool partial_sums; /* the checksums of the host are not complete */
	size_t count;
	struct sim_frame *frame; /* owned */
};

/* What to change when the capture is put into bytes. */
struct sim_view {
	uint32_t shift[2]; /* added to the sequence space of an endpoint */
	int64_t time;	   /* added to all times */
	bool swap;	   /* the addresses of the endpoints */
};

/* Runs connections of one pair of ports; the same seed and features always give
 * the same capture.  The caller frees it.  NULL: no memory. */
struct sim_capture *sim_new(uint64_t seed, unsigned features);
void sim_free(struct sim_capture *capture);

/* Stands where segments leave an endpoint (sim_tcp.h): may change them, make
 * the endpoint itself misbehave, send others, or return false: nothing is
 * sent.  Until it does something, all is as in sim_new(). */
struct tcp;
struct sim_tamper {
	bool (*touch)(struct sim_tamper *, struct tcp *, struct sim_segment *);
};
struct sim_capture *sim_new_tampered(
    uint64_t seed, unsigned features, struct sim_tamper *tamper);

/* Puts frame i into bytes: Ethernet, IPv4, TCP, with right checksums.  `buffer`
 * has SIM_FRAME_BYTES and is what packet->data points to; packet->number is
 * i + 1. */
void sim_render(const struct sim_capture *capture, size_t i,
    const struct sim_view *view, uint8_t *buffer,
    struct tcpaudit_packet *packet);

/* Writes a classic capture file, nanoseconds, link type 1.  Returns 0 or -1. */
int sim_write(const struct sim_capture *capture, FILE *file);

/* A generator of numbers that is the same on every system. */
uint64_t sim_random(uint64_t *state);

#endif
