/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Makes pcapng acceptable to libpcap, which refuses a capture whose interfaces
 * differ in snapshot length or link type, as those of mergecap and of several
 * interfaces do: all snapshot lengths are set to "no limit" on the way, all
 * link types to the first one, and what they were is remembered for each
 * packet.  What libpcap does not tell, the packets that were lost, is read as
 * well. */
#ifndef PCAPNG_H
#define PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PCAPNG_HEAD = 256,
	PCAPNG_INTERFACES = 64, /* of a section; more must be alike */
	/* Packets that may have passed here and not been read yet: as many as
	 * the buffer of a stream can hold, and more. */
	PCAPNG_AHEAD = 1 << 15
};

/* Starts as all zeros. */
struct pcapng {
	bool started, off; /* off: this is no pcapng, or it is damaged */
	bool big_endian;
	unsigned char head[PCAPNG_HEAD]; /* how the block begins */
	uint32_t at, type, length;	 /* position in the block; the block */
	bool interface;			 /* the first one has been seen */
	uint32_t snaplen;    /* its own snapshot length; 0: no limit */
	uint16_t first_link; /* its link type */
	bool mixed;	     /* there are others */
	size_t interfaces;   /* of this section */
	uint16_t link[PCAPNG_INTERFACES];
	uint64_t packets;
	uint16_t packet_link[PCAPNG_AHEAD]; /* of packet i (from 0), modulo */
	/* Lost packets: of the interfaces of this section, as told last, and
	 * of the sections before. */
	uint64_t os_drops[PCAPNG_INTERFACES], drops[PCAPNG_INTERFACES];
	uint64_t former_os_drops, former_drops;
};

/* The next bytes of the capture, changed where they must be. */
void pcapng_level(struct pcapng *, unsigned char *bytes, size_t length);

/* The LINKTYPE_ number of packet `number` (from 1), one of the last that were
 * read; -1: that of the whole capture. */
int pcapng_link(const struct pcapng *, uint64_t number);

/* Packets that were lost while capturing, by the system and by the interfaces,
 * as far as has been read. */
uint64_t pcapng_os_drops(const struct pcapng *);
uint64_t pcapng_interface_drops(const struct pcapng *);

#endif
