/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The file that is made: a classic pcap of Ethernet frames with IPv4 and TCP,
 * stamps in microseconds.  The text of a stream follows from its numbers, so
 * that what is sent again is the same, and its sum is had without adding. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

enum end { CLIENT, SERVER };

enum flag { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/* What a segment carries besides its text. */
enum extra {
	OPTIONS_SYN = 1, /* MSS, SACK permitted, window scale */
	STAMPS = 2,	 /* timestamps */
	SACKS = 4,	 /* the blocks that are passed along */
	OTHER_TEXT = 8,	 /* not what the stream has there */
};

struct flow {
	uint32_t address[2]; /* of CLIENT and SERVER, host order */
	uint16_t port[2];
	uint32_t isn[2];
	uint8_t hops[2]; /* to the monitor */
};

struct segment {
	int64_t time; /* ns since the capture began, at the monitor */
	uint32_t seq, ack, stamp, echo;
	uint16_t length, window, id;
	uint8_t from; /* enum end */
	uint8_t flags, extra;
};

#define MOST_BLOCKS 3 /* that leave room for timestamps */

struct sack {
	unsigned count;
	uint32_t left[MOST_BLOCKS], right[MOST_BLOCKS];
};

struct capture;

/* Creates the file; NULL with a message on standard error if it cannot.  Of
 * each frame `snaplen` octets are written.  capture_close() frees it. */
struct capture *capture_open(const char *name, uint32_t snaplen);

/* Appends a packet; `sack` may be NULL if no block is sent.  Times must not
 * decrease.  An error is kept for capture_close(). */
void capture_write(struct capture *, const struct flow *,
    const struct segment *, const struct sack *sack);

/* Packets written so far. */
uint64_t capture_count(const struct capture *);

/* Returns whether all of it was written, else says why not. */
bool capture_close(struct capture *);

#endif
