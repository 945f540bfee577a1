/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* IP: fragments as frames, extension headers, routes, lengths that lie. */
#include "frame.h"

#include "test.h"

enum { TEXT = 3000, WHOLE = 32 + TEXT };

static struct frame_builder frame;
static struct decoder *decoder;
static enum tcpaudit_skip skip;

static bool
decode(struct segment *s)
{
	return frame_decode(decoder, 101, frame.p, frame_length(&frame),
		   frame_length(&frame), s, &skip) == DECODE_SEGMENT;
}

static struct segment
decode_words(const char *words)
{
	struct segment s = { 0 };

	frame_build(&frame, words);
	CHECK(decode(&s));
	return s;
}

/* ------------------------------------------------------------- fragments */

static uint8_t datagram[WHOLE];

/* A TCP header and its text, to be cut in pieces. */
static void
datagram_fill(void)
{
	frame_build(&frame, "4 t0101080a1111111122222222");
	memset(datagram, 'x', sizeof(datagram));
	memcpy(datagram, frame.tcp, 32);
}

/* Decodes octets [begin, end) of the datagram as a fragment, of which the
 * capture has at most `snap`, headers included. */
static bool
decode_piece(uint8_t family, uint32_t id, size_t begin, size_t end, size_t snap,
    struct segment *s)
{
	size_t header = family == 4 ? 20 : 48, length = header + end - begin;
	uint8_t packet[48 + WHOLE] = { 0 };
	bool more = end < WHOLE;

	if (family == 4) {
		packet[0] = 0x45;
		frame_put16(packet + 2, length);
		frame_put16(packet + 4, id);
		frame_put16(packet + 6, begin / 8 + (more ? 0x2000 : 0));
		packet[9] = 6;
	} else {
		packet[0] = 0x60;
		frame_put16(packet + 4, length - 40);
		packet[6] = 44;
		packet[40] = begin == 0 ? 6 : 0;
		frame_put16(packet + 42, begin + more);
		frame_put32(packet + 44, id);
	}
	memcpy(packet + header, datagram + begin, end - begin);
	return frame_decode(decoder, 101, packet, length < snap ? length : snap,
		   length, s, &skip) == DECODE_SEGMENT;
}

static bool
reassembled(const struct segment *s, uint32_t id)
{
	return s->fragmented && s->seq == FRAME_SEQ && s->length == TEXT &&
	       s->captured == 256 - 32 && s->payload[0] == 'x' &&
	       s->payload[256 - 33] == 'x' && !s->header_cut &&
	       !s->payload_cut && s->options == OPTION_TIMESTAMPS &&
	       s->faults == 0 && s->checksum_status == CHECKSUM_UNKNOWN &&
	       s->ip_id_known && s->ip_id == id;
}

static void
test_fragments(uint8_t family)
{
	uint32_t id = family == 4 ? 0xbeef : 0xdeadbeef;
	struct segment s;

	CHECK(!decode_piece(family, id, 0, 1480, 9999, &s) &&
	      skip == TCPAUDIT_SKIP_FRAGMENT);
	CHECK(!decode_piece(family, id, 2960, WHOLE, 9999, &s));
	CHECK(!decode_piece(family, id + 1, 1480, 2960, 9999, &s));
	CHECK(decode_piece(family, id, 1480, 2960, 9999, &s));
	CHECK(reassembled(&s, id) && s.fragments_before == 2);
	CHECK(!decode_piece(family, id, 0, 8, 9999, &s));
	CHECK(!decode_piece(family, id, 2960, WHOLE, 60, &s));
	CHECK(decode_piece(family, id, 8, 2960, 9999, &s));
	CHECK(reassembled(&s, id) && "a tiny first one");
	CHECK(!decode_piece(family, id, 0, 1480, 100, &s));
	CHECK(decode_piece(family, id, 1480, WHOLE, 100, &s));
	CHECK(s.length == TEXT && s.payload_cut && !s.header_cut);
	CHECK(s.captured == (family == 4 ? 80u : 52u) - 32);
	CHECK(!decode_piece(family, id, 0, 1480, 9999, &s));
	CHECK(!decode_piece(family, id, 1472, WHOLE, 9999, &s) &&
	      skip == TCPAUDIT_SKIP_FRAGMENT && "an overlap");
	CHECK(!decode_piece(family, id, 1480, WHOLE, 9999, &s));
}

/* What is no tunnel and no TCP is counted for what it is. */
static void
test_other_fragments(void)
{
	struct segment s;

	frame_build(&frame, "i1 x0800000000000000");
	frame.p[6] = 0x20;
	CHECK(!decode(&s) && skip == TCPAUDIT_SKIP_ICMP);
	frame_build(&frame, "j44 x3200000100000001 x0102030405060708");
	CHECK(!decode(&s) && skip == TCPAUDIT_SKIP_ESP);
	frame_build(&frame, "j44 x110000");
	CHECK(!decode(&s) && skip == TCPAUDIT_SKIP_IP);
}

/* A fragmented tunnel: the packet inside is not fragmented itself. */
static void
test_fragmented_tunnel(void)
{
	static uint8_t inner[FRAME_SIZE];
	struct segment s;
	size_t length;

	frame_build(&frame, "u4789 x0800000000012300 e0800 4 t");
	length = frame_length(&frame);
	memcpy(inner, frame.p, length);
	for (int part = 0; part < 2; part++) {
		size_t begin = part == 0 ? 0 : 40;
		size_t end = part == 0 ? 40 : length;

		frame.p = frame.tail = frame.octets + FRAME_SIZE;
		memcpy(frame_prepend(&frame, end - begin), inner + begin,
		    end - begin);
		frame_ipv4(&frame, 17, "abcdefgh");
		frame_put16(frame.p + 6, part == 0 ? 0x2000 : 5);
		CHECK(decode(&s) == (part == 1));
	}
	CHECK(s.tunnel != 0 && !s.fragmented && s.length == FRAME_TEXT);
	CHECK(s.checksum_status == CHECKSUM_GOOD && s.source.bytes[0] == 10);
}

/* ------------------------------------------------------------ extensions */

static void
test_extensions(void)
{
	struct segment s;

	/* Hop by hop, destination, mobility, host identity, atomic fragment,
	 * authentication, TCP. */
	s = decode_words("j0 x3c00010400000000 x8700010400000000 "
			 "x8b00000000000000 x2c00000000000000 "
			 "x3300000012345678 x0601000000000000 x00000000 t");
	CHECK(s.seq == FRAME_SEQ && s.length == FRAME_TEXT && !s.fragmented);
	CHECK(s.ip_id_known && s.ip_id == 0x12345678);
	CHECK(!decode_words("j0 x0600010400000000 t").ip_id_known);
	frame_build(&frame, "j0 x06ff010400000000 t");
	CHECK(!decode(&s) && skip == TCPAUDIT_SKIP_IP);
	frame_build(&frame, "j0 x3b00010400000000");
	CHECK(!decode(&s) && skip == TCPAUDIT_SKIP_IP_PROTOCOL);
}

/* The address that a packet on its way along a route goes to in the end is the
 * one it belongs to. */
static void
test_routes(void)
{
	struct segment s;

	s = decode_words("j43 x0602000100000000 "
			 "xfd0000000000000000000000000000aa t");
	CHECK(
	    s.destination.bytes[0] == 0xfd && s.destination.bytes[15] == 0xaa);
	s = decode_words("j43 x0602000000000000 "
			 "xfd0000000000000000000000000000aa t");
	CHECK(s.destination.bytes[0] == 0x20 && "it has arrived");
	s = decode_words("j43 x0604040101000000 "
			 "xfd0000000000000000000000000000aa "
			 "xfd0000000000000000000000000000bb t");
	CHECK(s.destination.bytes[15] == 0xaa && "segments are in reverse");
	s = decode_words("j43 x0602000200000000 "
			 "x00000000000000000000000000000000 t");
	CHECK(s.destination.bytes[0] == 0 && s.checksum_status == CHECKSUM_BAD);
	s = decode_words("j43 x0600030100000000 t");
	CHECK(s.checksum_status == CHECKSUM_UNKNOWN);
	s = decode_words("j60 x0602 x01020000 xc910 "
			 "xfd0000000000000000000000000000cc t");
	CHECK(s.source.bytes[15] == 0xcc && "a home address");
}

static void
test_source_route(void)
{
	struct segment s;
	static const char *const words =
	    "x47000000 x00000000 x40060000 x0a000001 x0a0000fe "
	    "x01830704 x0a000002 t";

	frame_build(&frame, words);
	frame_put16(frame.p + 2, frame_length(&frame));
	CHECK(decode(&s) && s.destination.bytes[3] == 2 && s.length == 10);
	frame.p[23] = 8; /* past the last: arrived */
	CHECK(decode(&s) && s.destination.bytes[3] == 0xfe);
	frame.p[22] = 1;
	CHECK(decode(&s) && s.destination.bytes[3] == 0xfe);
}

/* ---------------------------------------------------------------- lengths */

static void
test_lengths(void)
{
	struct segment s;

	frame_build(&frame, "4 t");
	frame_put16(frame.p + 2, 1500);
	CHECK(decode(&s) && s.length == 1460 && s.payload_cut);
	CHECK(s.captured == FRAME_TEXT && !s.header_cut);
	CHECK(s.checksum_status == CHECKSUM_UNKNOWN);
	frame_build(&frame, "6 t");
	frame_put16(frame.p + 4, 0);
	CHECK(decode(&s) && s.zero_length && s.length == FRAME_TEXT);
	/* More captured than there was: the capture is believed. */
	frame_build(&frame, "4 t");
	CHECK(frame_decode(decoder, 101, frame.p, frame_length(&frame), 10, &s,
		  &skip) == DECODE_SEGMENT &&
	      s.length == FRAME_TEXT && !s.payload_cut);
}

/* RFC 2675: 100000 octets, of which the capture has the first. */
static void
test_jumbogram(void)
{
	struct segment s;

	frame_build(&frame, "j0 x0600c204000186a0 t");
	frame_put16(frame.p + 4, 0);
	CHECK(frame_decode(decoder, 101, frame.p, frame_length(&frame), 100040,
		  &s, &skip) == DECODE_SEGMENT);
	CHECK(s.length == 100000 - 8 - 20 && !s.zero_length && s.payload_cut);
	frame_put32(frame.p + 44, 65535);
	CHECK(decode(&s) && s.zero_length && s.length == FRAME_TEXT);
	frame_put32(frame.p + 44, 100000);
	frame_put16(frame.p + 4, 38);
	CHECK(decode(&s) && !s.zero_length && s.length == FRAME_TEXT);
}

/* ------------------------------------------------------------------ ICMP */

static const char *const icmp_other[] = {
	"i1 x0303000000000000 4 t", /* for somebody else */
	"i1 x0300",
	"i1 x0800000000000000 4 t",
	"i1 x0303000000000000",
	"j1 x0303000000000000 6 t",
	"i58 x0104000000000000 4 t",
	"i1 x0303000000000000 6 t",
	"i1 x0303000000000000 u53 x0102",
};

/* Of an ICMP error, the connection that it quotes. */
static enum icmp_error
quote(const char *words, struct segment *s)
{
	bool old = words[0] == 'i';
	size_t outer = old ? 16 : 24, inner = old ? 40 : 56;

	frame_build(&frame, words);
	memcpy(frame.p + outer, frame.p + inner, old ? 4 : 16);
	CHECK(!decode(s) && skip == TCPAUDIT_SKIP_ICMP);
	return s->icmp;
}

static bool
quoted(const struct segment *s)
{
	return s->seq == FRAME_SEQ && s->source_port == 1234 &&
	       s->destination_port == 80 && s->length > 40;
}

static void
test_icmp(void)
{
	struct segment s;
	size_t length;

	CHECK(quote("i1 x0300000000000000 4 t", &s) == ICMP_SOFT && quoted(&s));
	CHECK(quote("i1 x0303000000000000 4 t", &s) == ICMP_HARD && quoted(&s));
	CHECK(quote("i1 x0304000000000578 4 t", &s) == ICMP_TOO_BIG);
	CHECK(quoted(&s) && s.icmp_mtu == 1400 && s.icmp_code == 4);
	CHECK(quote("i1 x030d000000000000 4 t", &s) == ICMP_OTHER);
	CHECK(quote("i1 x0b00000000000000 4 t", &s) == ICMP_SOFT);
	CHECK(quote("j58 x0104000000000000 6 t", &s) == ICMP_HARD);
	CHECK(quote("j58 x0300000000000000 6 t", &s) == ICMP_SOFT);
	CHECK(quote("j58 x0200000000010578 6 t", &s) == ICMP_TOO_BIG);
	CHECK(quoted(&s) && s.icmp_mtu == 66936);
	CHECK(quote("j58 x0100000000000000 j43 x0600000000000000 t", &s) ==
		  ICMP_SOFT &&
	      s.seq == FRAME_SEQ);
	CHECK(quote("j58 x0100000000000000 j44 x0600000000000001 t", &s) ==
	      ICMP_SOFT);
	CHECK(quote("j58 x0100000000000000 j44 x0600000800000001 t", &s) ==
		  ICMP_NONE &&
	      "not the first fragment");
	for (size_t i = 0; i < sizeof(icmp_other) / sizeof(icmp_other[0]);
	     i++) {
		frame_build(&frame, icmp_other[i]);
		CHECK(!decode(&s) && skip == TCPAUDIT_SKIP_ICMP &&
		      s.icmp == ICMP_NONE);
	}
	CHECK(quote("i1 x0303000000000000 4 t", &s) == ICMP_HARD);
	frame.p[7] = 1;
	CHECK(!decode(&s) && s.icmp == ICMP_NONE && "a later fragment");
	frame.p[7] = 0;
	for (length = 0; length < frame_length(&frame); length++) {
		CHECK(frame_decode(decoder, 101, frame.p, length, 96, &s,
			  &skip) == DECODE_SKIPPED);
		CHECK((s.icmp != ICMP_NONE) == (length >= 56) &&
		      "eight octets of TCP");
	}
}

int
main(void)
{
	struct tcpaudit_config config = { .hash_key = { 1, 2 } };

	decoder = ta_decoder_new(&config);
	datagram_fill();
	test_fragments(4);
	test_fragments(6);
	test_other_fragments();
	test_fragmented_tunnel();
	test_extensions();
	test_routes();
	test_source_route();
	test_lengths();
	test_jumbogram();
	test_icmp();
	ta_decoder_free(decoder);
	return test_done();
}
