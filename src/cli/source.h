/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Packets of a capture file: pcap or pcapng, compressed or not, or from
 * standard input. */
#ifndef SOURCE_H
#define SOURCE_H

#include <pcap/pcap.h>
#include <stdbool.h>

#include "savefile.h"
#include "stream.h"
#include "tcpaudit.h"

/* The filter, compiled for packets of another link type. */
struct source_filter {
	int link;
	struct bpf_program program;
};

#define SOURCE_FILTERS 4

struct source {
	const char *name; /* for people; borrowed */
	struct stream stream;
	struct savefile savefile; /* read before libpcap reads */
	FILE *file;
	pcap_t *pcap;
	int link;		/* LINKTYPE_ number of the capture */
	const char *expression; /* the filter; NULL: none */
	struct bpf_program filter;
	struct source_filter other[SOURCE_FILTERS];
	size_t others;
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
 * next call.  Numbers count all packets.
 * SOURCE_CUT: the input is broken in the middle, and `cut`, `remedy` and
 * `position` tell. */
enum source_result source_next(struct source *, struct tcpaudit_packet *);

/* The same for several packets at once, if there is no filter and the file
 * allows it: `most` at most, returns how many.  0: ask source_next(). */
size_t source_many(
    struct source *, struct tcpaudit_packet *packets, size_t most);

/* The LINKTYPE_ number of the packet that source_next() returned; not always
 * that of pcap_datalink(). */
int source_link(const struct source *);

/* What is done of it so far, in bytes of the file, and all (0: not known). */
uint64_t source_read(const struct source *);
uint64_t source_size(const struct source *);

/* Bytes that were taken of each packet, at most. */
int source_snaplen(const struct source *);

void source_close(struct source *);

#endif
