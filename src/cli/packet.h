/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What libpcap says of a packet, as the library wants it. */
#ifndef PACKET_H
#define PACKET_H

#include <pcap/pcap.h>
#include <stdbool.h>

#include "tcpaudit.h"

/* The handle must have nanosecond precision if `nanoseconds`.  The data is
 * borrowed; `number` is left to the caller. */
static inline void
packet_fill(struct tcpaudit_packet *packet, const struct pcap_pkthdr *header,
    const unsigned char *data, bool nanoseconds)
{
	const int64_t longest = INT64_C(9000000000); /* s; the year 2255 */
	int64_t seconds = header->ts.tv_sec, fraction = header->ts.tv_usec;

	/* The four bytes of a classic capture are unsigned, but libpcap
	 * extends their sign: times after 2038. */
	if (seconds < 0 && seconds >= INT32_MIN)
		seconds += INT64_C(1) << 32;
	/* Hostile values must not overflow. */
	if (seconds < 0)
		seconds = 0;
	if (seconds > longest)
		seconds = longest;
	if (!nanoseconds)
		fraction *= 1000;
	packet->data = data;
	packet->captured = header->caplen;
	packet->length = header->len;
	packet->time = seconds * INT64_C(1000000000) + fraction;
}

#endif
