/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "glance.h"

#include "bytes.h"
#include "shard.h"

enum { ETHERNET = 1, FRAME = 14, IPV4 = 20, IPV6 = 40, HEADER = 20, TCP = 6 };

/* The lengths of a segment whose header is at `p`, where `have` octets were
 * captured of `wire`.  False: it is not an ordinary one. */
static bool
glance_segment(
    const uint8_t *p, uint32_t have, uint32_t wire, struct segment *out)
{
	uint16_t offset = bytes_load16(p + 12);
	uint32_t header = (offset >> 12) * 4u;
	uint16_t flags = offset & 0x1ff;

	/* A SYN-ACK is noted by all engines. */
	if (header < HEADER || header > wire || header > have ||
	    (flags & (FLAG_SYN | FLAG_ACK)) == (FLAG_SYN | FLAG_ACK))
		return false;
	out->fragmented = false;
	out->fragments_before = 0;
	out->zero_length = false;
	out->flags = flags;
	out->header_length = (uint8_t)header;
	out->length = wire - header;
	out->captured = have - header;
	out->header_cut = false;
	out->payload_cut = have < wire;
	out->faults = 0;
	return true;
}

/* The octets behind an IP header, of `length` as it says: those captured. */
static uint32_t
captured_of(uint32_t left, uint32_t length)
{
	return left < length ? left : length;
}

bool
ta_glance(const struct tcpaudit_config *k, int link_type,
    const struct tcpaudit_packet *packet, struct segment *out)
{
	const uint8_t *ip, *tcp;
	uint32_t left, wire;
	uint64_t ends;

	if (link_type != ETHERNET || packet->captured < FRAME + IPV4 + HEADER)
		return false;
	ip = packet->data + FRAME;
	left = packet->captured - FRAME;
	if (bytes_load16(ip - 2) == 0x0800 && ip[0] == 0x45 && ip[9] == TCP &&
	    (bytes_load16(ip + 6) & 0x3fff) == 0) {
		wire = bytes_load16(ip + 2);
		if (wire < IPV4 + HEADER)
			return false;
		tcp = ip + IPV4;
		wire -= IPV4;
		left -= IPV4;
		ends = shard_end(4, ip + 12, bytes_load16(tcp)) +
		       shard_end(4, ip + 16, bytes_load16(tcp + 2));
	} else if (bytes_load16(ip - 2) == 0x86dd && ip[0] >> 4 == 6 &&
		   ip[6] == TCP && left >= IPV6 + HEADER) {
		wire = bytes_load16(ip + 4);
		if (wire < HEADER)
			return false;
		tcp = ip + IPV6;
		left -= IPV6;
		ends = shard_end(6, ip + 8, bytes_load16(tcp)) +
		       shard_end(6, ip + 24, bytes_load16(tcp + 2));
	} else {
		return false;
	}
	return shard_at(ends, k->shards) != k->shard &&
	       captured_of(left, wire) >= HEADER &&
	       glance_segment(tcp, captured_of(left, wire), wire, out);
}
