/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Makes pcapng acceptable to libpcap, which refuses a capture whose interfaces
 * differ in snapshot length, as those of mergecap and of several interfaces
 * do: all snapshot lengths are set to "no limit" on the way. */
#ifndef PCAPNG_H
#define PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Starts as all zeros. */
struct pcapng {
	bool started, off; /* off: this is no pcapng, or it is damaged */
	bool big_endian;
	unsigned char head[16];	   /* how the block begins */
	uint32_t at, type, length; /* position in the block; the block */
	bool interface;		   /* the first one has been seen */
	uint32_t snaplen;	   /* its own snapshot length; 0: no limit */
};

/* The next bytes of the capture, changed where they must be. */
void pcapng_level(struct pcapng *, unsigned char *bytes, size_t length);

#endif
