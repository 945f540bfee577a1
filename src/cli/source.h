/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Packets of a capture file: pcap or pcapng, compressed or not, or from
 * standard input. */
#ifndef SOURCE_H
#define SOURCE_H

#include <pcap/pcap.h>
#include <stdbool.h>

#include "stream.h"
#include "tcpaudit.h"

struct source {
	const char *name; /* for people; borrowed */
	struct stream stream;
	FILE *file;
	pcap_t *pcap;
	bool filtered;
	struct bpf_program filter;
	uint64_t number;    /* of the last packet read, from 1 */
	uint64_t position;  /* where it broke off, in what is unpacked */
	char cut[512];	    /* why it broke off: one line for the report */
	const char *remedy; /* how to mend that */
};

enum source_result { SOURCE_PACKET, SOURCE_END, SOURCE_CUT };

/* Opens `path`, "-" for standard input, and compiles the filter (NULL: none).
 * Returns 0, or -1 after a one-line error; nothing is then left open. */
int source_open(struct source *, const char *path, const char *filter);

/* The next packet that the filter lets through; its data is borrowed until the
 * next call.  Numbers count all packets.  SOURCE_CUT: the input is broken in
 * the middle, and `cut`, `remedy` and `position` tell. */
enum source_result source_next(struct source *, struct tcpaudit_packet *);

/* What is done of it so far, in bytes of the file, and all (0: not known). */
uint64_t source_read(const struct source *);
uint64_t source_size(const struct source *);

/* Bytes that were taken of each packet, at most. */
int source_snaplen(const struct source *);

void source_close(struct source *);

#endif
