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

	if (ta_checksum_fold(sum) == 0xffff) {
		s->checksum_status = CHECKSUM_GOOD;
		s->checksum_expected = s->checksum;
		return;
	}
	/* Adding the complement takes the field out again. */
	s->checksum_expected = (uint16_t)~ta_checksum_fold(
	    ta_checksum_add32(sum, (uint16_t)~s->checksum));
	if (s->checksum == ta_checksum_fold(pseudo))
		s->checksum_status = CHECKSUM_PARTIAL;
	else if (!s->zero_length)
		s->checksum_status = CHECKSUM_BAD;
	else if (s->checksum == ta_checksum_fold(pseudo_header(s, 0)))
		s->checksum_status = CHECKSUM_PARTIAL;
}

/* See struct segment.  Of the last eight octets, some may go in twice. */
static uint32_t
digest(const uint8_t *p, uint32_t n, uint32_t length)
{
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t a = factor ^ length, b = n;

	for (; n > 16; n -= 16, p += 16) {
		a = (a ^ bytes_native64(p)) * factor;
		b = (b ^ bytes_native64(p + 8)) * factor;
		a ^= a >> 32;
		b ^= b >> 32;
	}
	if (n > 8)
		a = (a ^ bytes_native64(p)) * factor;
	b = (b ^ bytes_native64(p + n - 8)) * factor;
	a = (a ^ a >> 32 ^ b) * factor;
	return (uint32_t)(a >> 32);
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
	struct segment *s = f->out;
	uint32_t have = (uint32_t)bytes_left(&f->data);
	const uint8_t *p = f->data.p;
	uint8_t whole[HEADER] = { 0 };
	uint16_t offset;

	if (have < HEADER_USABLE)
		return frame_skip(f, TCPAUDIT_SKIP_TCP_HEADER);
	if (have < HEADER) /* a field that is cut is 0 */
		p = memcpy(whole, p, have & ~1u);
	offset = bytes_load16(p + 12);
	s->source_port = bytes_load16(p);
	s->destination_port = bytes_load16(p + 2);
	s->seq = bytes_load32(p + 4);
	s->ack = bytes_load32(p + 8);
	s->header_length = (uint8_t)((offset >> 12) * 4);
	s->reserved = offset >> 9 & 7;
	s->flags = offset & 0x1ff;
	s->window = bytes_load16(p + 14);
	s->checksum = bytes_load16(p + 16);
	s->urgent = bytes_load16(p + 18);
	lengths(s, f->wire, have, s->header_length);
	/* Of a reassembled datagram the rest was captured, but not kept. */
	s->payload_cut = s->captured < s->length && !f->kept;
	s->header = f->data.p;
	s->header_captured = have;
	if (s->captured > 0)
		s->payload = f->data.p + (have - s->captured);
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
