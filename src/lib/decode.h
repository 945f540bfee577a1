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

/* The first of two stages, for one frame of a link type: whatever says which
 * flow the segment belongs to and how much of it there is.  `*out` then has the
 * headers of link and IP, the fields that stand first in TCP's header, flags,
 * lengths and `payload`.  Options, status of the checksum and digest are zero
 * until ta_decode_rest(), which whoever passes the segment on does not need.
 *
 * `packet->data` is borrowed: out->payload and out->header point into it, so
 * that it must stay until ta_decode_rest() too.  Those of a datagram that was
 * put together (out->fragmented) are in the decoder, until the next call: such
 * a segment must be done with before another frame is decoded.  `*skipped` is
 * set with DECODE_SKIPPED only, and out->icmp says whether that was an ICMP
 * error about a segment (complete: it has no second stage); `*truncated` tells
 * whether the capture cut bytes that the wire had. */
enum decode_result ta_decode_flow(struct decoder *, int link_type,
    const struct tcpaudit_packet *packet, tcpaudit_packet_id id,
    struct segment *out, enum tcpaudit_skip *skipped, bool *truncated);

/* The second stage, once for each DECODE_SEGMENT of the first: options,
 * checksum and digest.  Needs nothing of the decoder; cannot fail. */
void ta_decode_rest(struct segment *);

/* Both stages. */
enum decode_result ta_decode(struct decoder *, int link_type,
    const struct tcpaudit_packet *packet, tcpaudit_packet_id id,
    struct segment *out, enum tcpaudit_skip *skipped, bool *truncated);

#endif
