/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The TCP header: options, what is wrong with them, lengths, the checksum. */
#include "decode_layer.h"
#include "frame.h"

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct frame_builder frame;
static struct decoder *decoder;

/* Decodes what is in `frame`. */
static bool
decode(struct segment *s)
{
	enum tcpaudit_skip skip;

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

/* Options without a fault. */
static const struct {
	const char *hex;
	uint32_t options;
} good[] = {
	{ "", 0 },
	{ "01010101", 0 },
	{ "00000000", 0 },
	{ "020405b4", OPTION_MSS },
	{ "03030701", OPTION_WSCALE },
	{ "04020101", OPTION_SACK_PERMITTED },
	{ "020405b40402080a000000010000000001030307",
	    OPTION_MSS | OPTION_SACK_PERMITTED | OPTION_TIMESTAMPS |
		OPTION_WSCALE },
	{ "080a00000001000000020000", OPTION_TIMESTAMPS },
	{ "0101080a0000000100000002", OPTION_TIMESTAMPS },
	{ "0101050a0000000100000002", OPTION_SACK },
	{ "0101080a00000001000000020101050a0000000100000002",
	    OPTION_TIMESTAMPS | OPTION_SACK },
	{ "0101051200000001000000020000000300000004", OPTION_SACK },
	{ "22020101", OPTION_FASTOPEN },
	{ "220a11223344556677880101", OPTION_FASTOPEN },
	{ "fe04f989", OPTION_FASTOPEN },
	{ "fe08f98911223344", OPTION_FASTOPEN },
	{ "fd04f989", OPTION_EXPERIMENTAL },
	{ "fe041234fe041235", OPTION_EXPERIMENTAL },
	{ "fe041234fd041234", OPTION_EXPERIMENTAL },
	{ "fd020101", OPTION_EXPERIMENTAL },
	{ "1312112233445566778811223344556677880000", OPTION_MD5 },
	{ "1d100102112233445566778811223344", OPTION_AO },
	{ "1d040102", OPTION_AO },
	{ "1e0c01811122334455667788", OPTION_MPTCP },
	{ "1e0820011122334401010101", OPTION_MPTCP },
	{ "1e0450011e08200111223344", OPTION_MPTCP },
	{ "1e0350011e035001", OPTION_MPTCP },
	{ "1c048001", OPTION_UTO },
	{ "ac0b112233445566778899"
	  "00",
	    OPTION_ACCECN },
	{ "ae05000001010101", OPTION_ACCECN },
	{ "0606112233440101", OPTION_OBSOLETE },
	{ "0f03000101010101", OPTION_OBSOLETE },
	{ "45040000", 0 },
	{ "c8030001", OPTION_UNKNOWN },
};

static void
test_good_options(void)
{
	char words[128];
	struct segment s;
	bool right;

	for (size_t i = 0; i < COUNT(good); i++) {
		snprintf(words, sizeof(words), "4 t%s", good[i].hex);
		frame_build(&frame, words);
		right = strlen(good[i].hex) % 8 == 0 && decode(&s) &&
			s.options == good[i].options && s.faults == 0 &&
			s.length == FRAME_TEXT &&
			s.checksum_status == CHECKSUM_GOOD;
		test_check(right, words, __FILE__, __LINE__);
	}
}

/* Options with one: where it is, and what was read before it. */
static const struct {
	const char *hex;
	uint32_t fault;
	uint8_t kind, length, offset;
	uint32_t options;
} faulty[] = {
	{ "0200000001010101", FAULT_OPTION_ZERO, 2, 0, 20, 0 },
	{ "01080101", FAULT_OPTION_ZERO, 8, 1, 21, 0 },
	{ "020405b4c8000101", FAULT_OPTION_ZERO, 200, 0, 24, OPTION_MSS },
	{ "0101080a00000001", FAULT_OPTION_OVERRUN, 8, 10, 22, 0 },
	{ "01010102", FAULT_OPTION_OVERRUN, 2, 0, 23, 0 },
	{ "c8ff0101", FAULT_OPTION_OVERRUN, 200, 255, 20, 0 },
	{ "0203050101010101", FAULT_OPTION_LENGTH, 2, 3, 20, 0 },
	{ "0204010103040101", FAULT_OPTION_LENGTH, 3, 4, 24, OPTION_MSS },
	{ "04030101", FAULT_OPTION_LENGTH, 4, 3, 20, 0 },
	{ "0509000000010000000201"
	  "01",
	    FAULT_OPTION_LENGTH, 5, 9, 20, 0 },
	{ "05020101", FAULT_OPTION_LENGTH, 5, 2, 20, 0 },
	{ "08090000000100000002010101010101", FAULT_OPTION_LENGTH, 8, 9, 20,
	    0 },
	{ "1c030101", FAULT_OPTION_LENGTH, 28, 3, 20, 0 },
	{ "13110101010101010101010101010101"
	  "01010101",
	    FAULT_OPTION_LENGTH, 19, 17, 20, 0 },
	{ "1d030101", FAULT_OPTION_LENGTH, 29, 3, 20, 0 },
	{ "22040101", FAULT_OPTION_LENGTH, 34, 4, 20, 0 },
	{ "2207010101010101", FAULT_OPTION_LENGTH, 34, 7, 20, 0 },
	{ "fe06f98901010101", FAULT_OPTION_LENGTH, 254, 6, 20, 0 },
	{ "1e020101", FAULT_OPTION_LENGTH, 30, 2, 20, 0 },
	{ "1e050181000101010101"
	  "0101",
	    FAULT_OPTION_LENGTH, 30, 5, 20, 0 },
	{ "00010000", FAULT_OPTION_PADDING, 0, 0, 21, 0 },
	{ "020405b400000001", FAULT_OPTION_PADDING, 0, 0, 27, OPTION_MSS },
	{ "020405b4020405b5", FAULT_OPTION_TWICE, 2, 4, 24, OPTION_MSS },
	{ "fe041234fe041234", FAULT_OPTION_TWICE, 254, 4, 24,
	    OPTION_EXPERIMENTAL },
	{ "fd02fd02fe02fe02", FAULT_OPTION_TWICE, 253, 2, 22,
	    OPTION_EXPERIMENTAL },
	{ "0402040203030000", FAULT_OPTION_TWICE, 4, 2, 22,
	    OPTION_SACK_PERMITTED | OPTION_WSCALE },
};

static void
test_faulty_options(void)
{
	char words[128];
	struct segment s;
	bool right;

	for (size_t i = 0; i < COUNT(faulty); i++) {
		snprintf(words, sizeof(words), "6 t%s", faulty[i].hex);
		frame_build(&frame, words);
		right = strlen(faulty[i].hex) % 8 == 0 && decode(&s) &&
			s.options == faulty[i].options &&
			s.faults == faulty[i].fault &&
			s.fault_kind == faulty[i].kind &&
			s.fault_length == faulty[i].length &&
			s.fault_offset == faulty[i].offset &&
			s.length == FRAME_TEXT;
		test_check(right, words, __FILE__, __LINE__);
	}
}

static void
test_values(void)
{
	struct segment s;

	s = decode_words("4 t020405b403030f010402080a0000000100000002");
	CHECK(s.mss == 1460 && s.window_scale == 15);
	CHECK(s.tsval == 1 && s.tsecr == 2);
	s = decode_words("4 t0101052200000001000000020000000300000004"
			 "00000005000000060000000700000008");
	CHECK(s.sack_count == 4 && s.sack[0].left == 1);
	CHECK(s.sack[3].left == 7 && s.sack[3].right == 8);
	CHECK(decode_words("4 t22020101").fastopen_length == 0);
	CHECK(decode_words("4 tfe08f98911223344").fastopen_length == 4);
	s = decode_words("4 t1e0450011e04800301010101");
	CHECK(s.mptcp_subtypes == (1u << 5 | 1u << 8) && s.mptcp_reason == 3);
	CHECK(s.option_padding == 4);
	CHECK(decode_words("4 t1c048001").user_timeout == 0x8001);
	CHECK(decode_words("4 t0603000106030001c8020101").obsolete_kind == 6);
	CHECK(decode_words("4 tfe04f989c8020101").unknown_kind == 200);
	s = decode_words("4 tfd061234abcdc802c902000000");
	CHECK(s.experimental_kind == 253 && s.experiment == 0x1234);
	CHECK(s.unknown_kind == 200 && s.option_padding == 2);
}

/* Data offsets that contradict the length. */
static void
test_offsets(void)
{
	struct segment s;

	frame_build(&frame, "4 t");
	frame.tcp[12] = 0x40;
	CHECK(decode(&s) && s.faults == FAULT_OFFSET_SMALL);
	CHECK(s.header_length == 16 && s.length == FRAME_TEXT);
	frame.tcp[12] = 0x00;
	CHECK(decode(&s) && s.faults == FAULT_OFFSET_SMALL);
	CHECK(s.header_length == 0 && s.captured == FRAME_TEXT);
	frame.tcp[12] = 0x70;
	CHECK(decode(&s) && s.length == 2 && s.faults == FAULT_OPTION_OVERRUN);
	frame.tcp[12] = 0x80;
	CHECK(decode(&s) && s.faults == FAULT_OFFSET_OVERRUN);
	CHECK(s.length == 0 && s.payload == NULL && s.header_length == 32);
	CHECK(!s.header_cut && !s.payload_cut && s.options == 0);
	/* The datagram itself ends inside the header. */
	frame.p[3] = 20 + 15;
	CHECK(decode(&s) && s.faults == FAULT_OFFSET_OVERRUN);
	CHECK(s.length == 0 && !s.header_cut && s.seq == FRAME_SEQ);
	CHECK(s.checksum_status == CHECKSUM_UNKNOWN);
	frame.tcp[12] = 0x40;
	CHECK(decode(&s) &&
	      s.faults == (FAULT_OFFSET_SMALL | FAULT_OFFSET_OVERRUN));
	frame.p[3] = 20 + 13;
	CHECK(!decode(&s));
}

static void
test_flags(void)
{
	struct segment s;

	frame_build(&frame, "4 t");
	frame.tcp[12] = 0x5f;
	frame.tcp[13] = 0xff;
	CHECK(decode(&s) && s.flags == 0x1ff && s.reserved == 7);
	frame.tcp[12] = 0x51;
	frame.tcp[13] = 0x02;
	CHECK(decode(&s) && s.flags == (FLAG_AE | FLAG_SYN) && s.reserved == 0);
	frame.tcp[12] = 0x54;
	CHECK(decode(&s) && s.flags == FLAG_SYN && s.reserved == 2);
}

/* The sum of the pseudo-header with IPv4 alone, for `length` octets. */
static uint16_t
pseudo_sum(const uint8_t *addresses, uint32_t length)
{
	uint32_t sum = 6 + length;

	for (int i = 0; i < 8; i++)
		sum += (uint32_t)addresses[i] << (i % 2 ? 0 : 8);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static void
test_checksum(void)
{
	struct decoder *right = decoder;
	struct tcpaudit_config config = { .checksum =
					      TCPAUDIT_CHECKSUM_IGNORE };
	struct segment s, good = decode_words("4 t");

	CHECK(good.checksum_status == CHECKSUM_GOOD);
	frame.tcp[25] ^= 0x10;
	CHECK(decode(&s) && s.checksum_status == CHECKSUM_BAD);
	CHECK(s.checksum == good.checksum && s.checksum_expected != s.checksum);
	frame_put16(frame.tcp + 16, s.checksum_expected);
	CHECK(decode(&s) && s.checksum_status == CHECKSUM_GOOD);
	frame_put16(frame.tcp + 16, pseudo_sum(frame.p + 12, 30));
	CHECK(decode(&s) && s.checksum_status == CHECKSUM_PARTIAL);
	frame_put16(frame.tcp + 16, pseudo_sum(frame.p + 12, 0));
	CHECK(decode(&s) && s.checksum_status == CHECKSUM_BAD);
	frame_put16(frame.p + 2, 0); /* to be cut by the card */
	CHECK(decode(&s) && s.checksum_status == CHECKSUM_PARTIAL);
	CHECK(s.zero_length && s.length == FRAME_TEXT);
	frame_put16(frame.tcp + 16, 1);
	CHECK(decode(&s) && s.checksum_status == CHECKSUM_UNKNOWN);
	CHECK(decode_words("4 t p3").checksum_status == CHECKSUM_GOOD);
	decoder = ta_decoder_new(&config);
	CHECK(decode_words("4 t").checksum_status == CHECKSUM_UNKNOWN);
	ta_decoder_free(decoder);
	decoder = right;
}

/* The digest tells apart what differs in any octet of the header. */
static void
test_digest(void)
{
	struct segment s, first = decode_words("4 t0101080a1111111122222222");
	int same = 0;

	CHECK(decode(&s) && s.digest == first.digest);
	for (int i = 0; i < 32; i++) {
		frame.tcp[i] ^= 1;
		same += !decode(&s) || s.digest == first.digest;
		frame.tcp[i] ^= 1;
	}
	CHECK(same == 0);
	frame.p[3]--;
	CHECK(decode(&s) && s.digest != first.digest && "the length");
	frame.p[3]++;
	frame.p[8]--;
	CHECK(decode(&s) && s.digest == first.digest && "not IP's header");
}

/* Every frame of options, cut everywhere: nothing is a fault that was not. */
static void
test_cut(void)
{
	enum tcpaudit_skip skip;
	char words[128];
	struct segment s;
	int wrong = 0;

	for (size_t i = 0; i < COUNT(good); i++) {
		snprintf(words, sizeof(words), "4 t%s", good[i].hex);
		frame_build(&frame, words);
		for (size_t cut = 0; cut < frame_length(&frame); cut++)
			if (frame_decode(decoder, 101, frame.p, cut,
				frame_length(&frame), &s,
				&skip) == DECODE_SEGMENT)
				wrong += s.faults != 0 ||
					 (s.options & ~good[i].options) != 0;
			else
				wrong += skip !=
					 (cut < 20 ? TCPAUDIT_SKIP_IP
						   : TCPAUDIT_SKIP_TCP_HEADER);
	}
	CHECK(wrong == 0);
}

/* Options put together at random, of the usual pieces for the most part, some
 * damaged, are read the same as one by one. */
static bool
options_same(const uint8_t *header, uint32_t length, uint32_t captured)
{
	const struct bytes b = { header, header + captured };
	struct segment s = { 0 }, slow = { 0 };

	ta_options_read(&s, &b, length);
	ta_options_read_from(&slow, &b, length, 20);
	return memcmp(&s, &slow, sizeof(s)) == 0;
}

static void
test_usual_options(void)
{
	static const char pieces[][13] = { "\2\4\5\264", "\1\3\3\7", "\1\1\4\2",
		"\4\2\10\12....----", "\1\1\10\12++++////", "\1\1\5\12aaaabbbb",
		"\3\3\7\1", "\4\2\1\1", "\1\1\1\1", "\1\1\5\22aaaabbbb",
		"ccccdddd", "\0\0\0\0", "\376\4\371\211" };
	uint8_t header[60], *exact;
	uint32_t random = 7, length, captured, n;
	size_t wrong = 0;

	for (int i = 0; i < 100000; i++) {
		memset(header, 0, sizeof(header));
		for (length = 20; length < 60; length += n) {
			random = random * 1664525 + 1013904223;
			n = (random >> 8) % COUNT(pieces);
			memcpy(header + length, pieces[n],
			    length + 12 > 60 ? 4 : 12);
			n = strlen(pieces[n]) > 7 ? 12 : 4;
			if (random >> 30 == 0 || length + n > 60)
				break;
		}
		random = random * 1664525 + 1013904223;
		if (random >> 31)
			header[20 + (random >> 8) % 40] ^= (uint8_t)random;
		captured = length - (random >> 26 == 1 ? random % 9 : 0);
		exact = malloc(captured);
		memcpy(exact, header, captured);
		wrong += !options_same(exact, length, captured);
		free(exact);
	}
	CHECK(wrong == 0 && "usual options");
}

int
main(void)
{
	struct tcpaudit_config config = { .hash_key = { 1, 2 } };

	decoder = ta_decoder_new(&config);
	test_good_options();
	test_faulty_options();
	test_values();
	test_offsets();
	test_flags();
	test_checksum();
	test_digest();
	test_usual_options();
	test_cut();
	ta_decoder_free(decoder);
	return test_done();
}
