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
	DECODE_FOREIGN, /* likewise, for another engine, see shard.h */
	DECODE_SKIPPED	/* *skipped says why not */
};

/* The allocator is the engine's, see struct tcpaudit_config.  NULL: no memory.
 */
struct decoder *ta_decoder_new(const struct tcpaudit_config *config);
void ta_decoder_free(struct decoder *);

/* Decodes one frame of a link type.  Of a segment for another engine, options,
 * checksum and digest are not read; and, unless it is a SYN-ACK, nothing is set
 * but flags, lengths, payload, what is cut, and what tells of fragments and of
 * an IP length of 0.
 *
 * `packet->data` is borrowed: out->payload points into it.  That of a datagram
 * that was put together (out->fragmented) is in the decoder, until the next
 * call.  `*skipped` is set with DECODE_SKIPPED only, and out->icmp says whether
 * that was an ICMP error about a segment. */
enum decode_result ta_decode(struct decoder *, int link_type,
    const struct tcpaudit_packet *packet, tcpaudit_packet_id id,
    struct segment *out, enum tcpaudit_skip *skipped);

#endif
