/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The TCP header and its checksum (RFC 9293, 3.1). */
#include "checksum.h"
#include "decode.h"
#include "decode_layer.h"

enum {
	HEADER = 20,
	/* Ports, numbers, data offset and flags: enough to follow a
	 * connection when the capture has no more. */
	HEADER_USABLE = 14
};

/* The sum of the pseudo-header for `length` octets of TCP.  The addresses of
 * IPv4 are padded with zeros, which add nothing. */
static uint64_t
pseudo_header(const struct segment *s, uint32_t length)
{
	enum { TCP = 6 };
	uint64_t sum;

	sum = ta_checksum_add(0, s->source.bytes, sizeof(s->source.bytes));
	sum = ta_checksum_add(
	    sum, s->destination.bytes, sizeof(s->destination.bytes));
	return ta_checksum_add32(ta_checksum_add32(sum, TCP), length);
}

/* Verifies the checksum of the `length` octets at `p`, all there are.  A sender
 * whose network card completes it puts the sum of the pseudo-header there, of
 * the whole length or, if the card also cuts the text into segments, of length
 * 0; what such a text has for a checksum cannot be told. */
static void
checksum_verify(struct segment *s, const uint8_t *p, uint32_t length)
{
	uint64_t pseudo = pseudo_header(s, length);
	uint64_t sum = ta_checksum_add(pseudo, p, length);

	/* Adding the complement takes the field out again. */
	s->checksum_expected = (uint16_t)~ta_checksum_fold(
	    ta_checksum_add32(sum, (uint16_t)~s->checksum));
	if (ta_checksum_fold(sum) == 0xffff)
		s->checksum_status = CHECKSUM_GOOD;
	else if (s->checksum == ta_checksum_fold(pseudo))
		s->checksum_status = CHECKSUM_PARTIAL;
	else if (!s->zero_length)
		s->checksum_status = CHECKSUM_BAD;
	else if (s->checksum == ta_checksum_fold(pseudo_header(s, 0)))
		s->checksum_status = CHECKSUM_PARTIAL;
}

/* See struct segment. */
static uint32_t
digest(const uint8_t *p, size_t n, uint32_t length)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t h = factor ^ length;
	uint8_t rest[8] = { 0 };

	for (; n >= 8; n -= 8, p += 8) {
		h = (h ^ bytes_native64(p)) * factor;
		h ^= h >> 32;
	}
	memcpy(rest, p, n);
	h = (h ^ bytes_native64(rest)) * factor;
	return (uint32_t)(h >> 32);
}

/* Where the text begins, and whether the header may be believed. */
static void
lengths(struct segment *s, uint32_t wire, uint32_t have, uint32_t header)
{
	if (header < HEADER) {
		s->faults |= FAULT_OFFSET_SMALL;
		header = HEADER;
	}
	if (header > wire) {
		s->faults |= FAULT_OFFSET_OVERRUN;
		s->header_cut = have < HEADER && have < wire;
		header = wire;
	} else {
		s->header_cut = have < header;
	}
	s->length = wire - header;
	s->captured = have > header ? have - header : 0;
}

enum layer
ta_layer_tcp(struct frame *f)
{
	const struct bytes *b = &f->data;
	struct segment *s = f->out;
	uint32_t have = (uint32_t)bytes_left(b);
	uint16_t offset = bytes_u16(b, 12);
	uint32_t header = (offset >> 12) * 4u;

	if (have < HEADER_USABLE)
		return frame_skip(f, TCPAUDIT_SKIP_TCP_HEADER);
	s->source_port = bytes_u16(b, 0);
	s->destination_port = bytes_u16(b, 2);
	s->seq = bytes_u32(b, 4);
	s->ack = bytes_u32(b, 8);
	s->header_length = (uint8_t)header;
	s->reserved = offset >> 9 & 7;
	s->flags = offset & 0x1ff;
	s->window = bytes_u16(b, 14);
	s->checksum = bytes_u16(b, 16);
	s->urgent = bytes_u16(b, 18);
	lengths(s, f->wire, have, header);
	/* Of a reassembled datagram the rest was captured, but not kept. */
	s->payload_cut = s->captured < s->length && !f->kept;
	s->header = b->p;
	s->header_captured = have;
	if (s->captured > 0)
		s->payload = b->p + (have - s->captured);
	s->verify = f->verify && have == f->wire && have >= HEADER &&
		    !s->fragmented && !f->sum_unknown;
	return LAYER_DONE;
}

void
ta_decode_rest(struct segment *s)
{
	uint32_t have = s->header_captured, header = s->header_length;
	struct bytes b = { s->header, s->header + have };

	if (header < HEADER)
		header = HEADER;
	if (header > HEADER && (s->faults & FAULT_OFFSET_OVERRUN) == 0)
		ta_options_read(s, &b, header);
	if (s->verify)
		checksum_verify(s, b.p, have);
	s->digest = digest(b.p, have < header ? have : header, s->length);
}
