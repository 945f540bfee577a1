/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * The records of a savefile that libpcap has opened, walked where they lie in
 * blocks of it: per packet a tenth of what reading one by one through a FILE
 * costs.  Only what is as it should be is taken: at the first record that is
 * not, and at the end, libpcap goes on from there and says what it has to say.
 */
#ifndef SAVEFILE_H
#define SAVEFILE_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcpaudit.h"

struct savefile {
	int fd;	       /* borrowed; read with pread(2) only */
	bool open;     /* there may be more for us */
	int64_t scale; /* nanoseconds in a unit of the fraction */
	uint32_t snaplen;
	unsigned char *block;	       /* owned */
	const unsigned char *at, *end; /* not yet taken */
	uint64_t next;		       /* where `end` is in the file */
};

/* Walks the file that `pcap` reads from `fd`, which begins with `head`, from
 * where libpcap stands: behind the header.  It stays closed if there is
 * anything uncommon about it, or no memory. */
void savefile_open(
    struct savefile *, pcap_t *pcap, int fd, const unsigned char head[4]);

/* The next packets, `most` of them at most, but for their numbers; their data
 * is borrowed until the next call.  Returns how many; 0: it is libpcap's turn.
 */
size_t savefile_next(
    struct savefile *, struct tcpaudit_packet *packets, size_t most);

/* Where the next record begins in the file, in bytes; 0: it is not open. */
uint64_t savefile_position(const struct savefile *);

void savefile_close(struct savefile *);

#endif
