/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The decoder: a frame becomes a struct segment, or is counted by reason.  It
 * records and never reports. */
#ifndef DECODE_H
#define DECODE_H

#include "segment.h"

struct decoder; /* holds only the fragments under reassembly, bounded */

enum decode_result {
	DECODE_SEGMENT, /* *out is a TCP segment */
	DECODE_SKIPPED	/* *reason says why not */
};

/* The allocator is the engine's, see struct tcpaudit_config.  NULL: no memory.
 */
struct decoder *ta_decoder_new(const struct tcpaudit_config *config);
void ta_decoder_free(struct decoder *);

/* Decodes one frame of a link type.  `packet->data` is borrowed: out->payload
 * points into it (or into the decoder, for a reassembled datagram, until the
 * next call).  `*skipped` is set with DECODE_SKIPPED only, and out->icmp says
 * whether that was an ICMP error about a segment; `*truncated` tells whether
 * the capture cut bytes that the wire had. */
enum decode_result ta_decode(struct decoder *, int link_type,
    const struct tcpaudit_packet *packet, tcpaudit_packet_id id,
    struct segment *out, enum tcpaudit_skip *skipped, bool *truncated);

/* Layers, in decode_link.c, decode_ip.c, decode_tcp.c: called by ta_decode().
 */

#endif
