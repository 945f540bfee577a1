/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The TCP header and its checksum (RFC 9293, 3.1). */
#include "decode_layer.h"
#include "decode_rest.h"

/* Ports, numbers, data offset and flags: enough to follow a connection when the
 * capture has no more. */
enum { HEADER_USABLE = 14 };

/* Where the text begins, and whether the header may be believed. */
static void
lengths(struct segment *s, uint32_t wire, uint32_t have, uint32_t header)
{
	if (header < TCP_HEADER) {
		s->faults |= FAULT_OFFSET_SMALL;
		header = TCP_HEADER;
	}
	if (header > wire) {
		s->faults |= FAULT_OFFSET_OVERRUN;
		s->header_cut = have < TCP_HEADER && have < wire;
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
	uint8_t whole[TCP_HEADER] = { 0 };

	if (have < HEADER_USABLE)
		return frame_skip(f, TCPAUDIT_SKIP_TCP_HEADER);
	if (have < TCP_HEADER) /* a field that is cut is 0 */
		p = memcpy(whole, p, have & ~1u);
	segment_tcp(s, p);
	lengths(s, f->wire, have, s->header_length);
	/* Of a reassembled datagram the rest was captured, but not kept. */
	s->payload_cut = s->captured < s->length && !f->kept;
	if (s->captured > 0)
		s->payload = f->data.p + (have - s->captured);
	f->verify = f->verify && have == f->wire && have >= TCP_HEADER &&
		    !s->fragmented && !f->sum_unknown;
	return LAYER_DONE;
}

void
ta_checksum_wrong(struct segment *s, uint64_t sum, uint32_t length)
{
	uint64_t pseudo = pseudo_header(s, length);

	/* Adding the complement takes the field out again. */
	s->checksum_expected = (uint16_t)~checksum_fold(
	    checksum_add32(sum, (uint16_t)~s->checksum));
	if (s->checksum == checksum_fold(pseudo))
		s->checksum_status = CHECKSUM_PARTIAL;
	else if (!s->zero_length)
		s->checksum_status = CHECKSUM_BAD;
	else if (s->checksum == checksum_fold(pseudo_header(s, 0)))
		s->checksum_status = CHECKSUM_PARTIAL;
}

/* What most SYNs have, and nothing else: a segment size; SACK permitted, in the
 * place of what would pad the timestamps; NOP and a window scale. */
static bool
is_usual_syn(const struct segment *s, const uint8_t *p, uint32_t have)
{
	return s->header_length == 40 && have >= 40 && s->faults == 0 &&
	       bytes_load16(p + 20) == 0x0204 &&
	       bytes_load32(p + 24) == 0x0402080a &&
	       bytes_load32(p + 36) >> 8 == 0x010303;
}

static void
rest_usual_syn(struct segment *s, const uint8_t *p, uint32_t have, bool verify)
{
	enum { WHOLE = 40 };

	s->digest = digest(p, WHOLE, s->length);
	s->options = OPTIONS_OF_SYN;
	s->mss = bytes_load16(p + 22);
	s->tsval = bytes_load32(p + 28);
	s->tsecr = bytes_load32(p + 32);
	s->window_scale = p[39];
	s->option_padding = 1;
	if (verify)
		rest_verify(s, p, WHOLE, have,
		    checksum_add64(sum_of_32(p), bytes_native64(p + 32)));
}

static void
rest_other(struct segment *s, const uint8_t *p, uint32_t have, bool verify)
{
	const struct bytes tcp = { p, p + have };
	uint32_t header = s->header_length;

	if (header < TCP_HEADER)
		header = TCP_HEADER;
	if (header > TCP_HEADER && (s->faults & FAULT_OFFSET_OVERRUN) == 0)
		ta_options_read(s, &tcp, header);
	if (verify)
		checksum_verify(s, ta_checksum_add(0, p, have), have);
	s->digest = digest(p, have < header ? have : header, s->length);
}

void
ta_segment_rest(struct segment *s, const uint8_t *p, uint32_t have, bool verify)
{
	if (is_usual_syn(s, p, have))
		rest_usual_syn(s, p, have, verify);
	else
		rest_other(s, p, have, verify);
}
