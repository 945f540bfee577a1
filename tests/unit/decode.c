/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Down to TCP: every link type and tunnel, whole, cut at every octet, and
 * damaged at random.  TCP itself is in decode_tcp.c, fragments are in
 * decode_fragment.c. */
#include "frame.h"

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TS	     "t0101080a1111111122222222"
#define IP4	     "4 " TS

/* Frames with a TCP segment inside. */
static const struct {
	const char *name;
	int link_type;
	uint16_t vlan;
	bool tunnel;
	const char *words;
} good[] = {
	{ "Ethernet, IPv4", 1, 0, false, "e0800 " IP4 },
	{ "Ethernet, IPv6", 1, 0, false, "e86dd 6 " TS },
	{ "padding", 1, 0, false, "e0800 " IP4 " p8" },
	{ "802.1Q", 1, 101, false, "e8100 x60640800 " IP4 },
	{ "802.1ad", 1, 8, false, "e88a8 x00078100 x006486dd 6 " TS },
	{ "priority tag", 1, 3, false, "e8100 xe0008100 x00020800 " IP4 },
	{ "three tags", 1, 2, false,
	    "e9100 x00018100 x00028100 x00030800 " IP4 },
	{ "802.3, SNAP", 1, 0, false, "e0053 xaaaa030000000800 " IP4 " p9" },
	{ "802.1Q, SNAP", 1, 6, false,
	    "e8100 x00050052 xaaaa030000f80800 " IP4 },
	{ "802.2, IP", 1, 0, false, "e004f x060603 " IP4 },
	{ "VN-Tag", 1, 0, false, "e8926 x000000000800 " IP4 },
	{ "802.1BR", 1, 0, false, "e893f x0000000000000800 " IP4 },
	{ "802.1ah", 1, 0, true, "e88e7 x00001234 e0800 " IP4 },
	{ "MACsec, not encrypted", 1, 0, false,
	    "e88e5 x000000000001 x0800 " IP4 " p16" },
	{ "MACsec with channel", 1, 0, false,
	    "e88e5 x20000000000111111111111111110800 " IP4 " p16" },
	{ "PPPoE", 1, 0, false, "e8864 x1100000100500021 " IP4 },
	{ "PPPoE, IPv6", 1, 0, false, "e8864 x1100000100640057 6 " TS },
	{ "MPLS, IPv4", 1, 0, false, "e8847 x00010040 x00011140 " IP4 },
	{ "MPLS, IPv6", 1, 0, false, "e8847 x00011140 6 " TS },
	{ "MPLS pseudowire, control word", 1, 0, true,
	    "e8847 x00011140 x00000000 e0800 " IP4 },
	{ "MPLS pseudowire", 1, 0, true,
	    "e8847 x00011140 x6c0000000001 x020000000002 x0800 " IP4 },
	{ "MPLS pseudowire to 40...", 1, 0, true,
	    "e8847 x00011140 x450000000001 x020000000002 x0800 " IP4 },
	{ "loopback, little-endian", 0, 0, false, "x02000000 " IP4 },
	{ "loopback, big-endian", 0, 0, false, "x0000001c 6 " TS },
	{ "loopback of OpenBSD", 108, 0, false, "x00000018 6 " TS },
	{ "raw", 101, 0, false, IP4 },
	{ "raw, IPv6", 12, 0, false, "6 " TS },
	{ "raw of OpenBSD", 14, 0, false, IP4 },
	{ "IPV4", 228, 0, false, IP4 },
	{ "IPV6", 229, 0, false, "6 " TS },
	{ "PPP", 9, 0, false, "x0021 " IP4 },
	{ "PPP, compressed, framed", 9, 0, false, "xff0321 " IP4 },
	{ "PPP with Cisco's framing", 50, 0, false, "x0f000800 " IP4 },
	{ "PPP with direction", 204, 0, false, "x01ff030021 " IP4 },
	{ "PPP, MPLS", 9, 0, false, "x0281 x00011140 " IP4 },
	{ "PPP_ETHER", 51, 0, false, "x1100000100500021 " IP4 },
	{ "C_HDLC", 104, 0, false, "x0f000800 " IP4 },
	{ "frame relay", 107, 0, false, "x184103cc " IP4 },
	{ "frame relay, SNAP", 107, 0, false,
	    "x184103 x0080 x0000000800 " IP4 },
	{ "frame relay, Cisco", 107, 0, false, "x1841 x0800 " IP4 },
	{ "FDDI", 10, 0, false,
	    "x50 x020000000001020000000002 xaaaa030000000800 " IP4 },
	{ "ATM", 100, 0, false, "xaaaa030000000800 " IP4 },
	{ "ENC", 109, 0, false, "x000000020000000000000000 " IP4 },
	{ "SLL", 113, 0, false, "x0000000100060200000000010000 x0800 " IP4 },
	{ "SLL, 802.1Q", 113, 10, false,
	    "x0000000100060200000000010000 x8100 x000986dd 6 " TS },
	{ "SLL, 802.2", 113, 0, false,
	    "x0000000100060200000000010000 x0004 xaaaa030000000800 " IP4 },
	{ "SLL2", 276, 0, false,
	    "x0800 x000000000001000100060200000000010000 " IP4 },
	{ "PFLOG", 117, 0, false,
	    "x3d020000 x00000000000000000000000000000000 "
	    "x00000000000000000000000000000000 "
	    "x00000000000000000000000000000000 "
	    "x000000000000000000000000 " IP4 },
	{ "NFLOG", 239, 0, false,
	    "x02000000 x0800010008000103 x05000a0061000000 x52000900 " IP4 },
	{ "PPI, Ethernet", 192, 0, false, "x0000080001000000 e0800 " IP4 },
	{ "PKTAP", 258, 0, false, "x0c0000000100000001000000 e0800 " IP4 },
	{ "1394", 138, 0, false,
	    "x00000000000000010000000000000002 x0800 " IP4 },
	{ "IPoIB", 242, 0, false,
	    "x0000000000000000000000000000000000000000 "
	    "x0000000000000000000000000000000000000000 x08000000 " IP4 },
	{ "NETANALYZER", 240, 0, false, "x00000000 e0800 " IP4 },
	{ "802.11", 105, 0, false,
	    "x0801 x0000020000000001020000000002020000000003 x1000 "
	    "xaaaa030000000800 " IP4 },
	{ "802.11, QoS, four addresses", 105, 0, false,
	    "x8803 x0000020000000001020000000002020000000003 x1000 "
	    "x020000000004 x0000 xaaaa030000000800 " IP4 },
	{ "802.11, HT control", 105, 0, false,
	    "x8881 x0000020000000001020000000002020000000003 x1000 "
	    "x000000000000 xaaaa030000000800 " IP4 },
	{ "802.11, aggregate", 105, 0, false,
	    "x8801 x0000020000000001020000000002020000000003 x1000 x8000 "
	    "x0200000000010200000000020056 xaaaa030000000800 " IP4 " p9" },
	{ "radiotap with checksum", 127, 0, false,
	    "x00001900 x030000a0 x000000a0 x00000000 x1122334455667788 x10 "
	    "x0801 x0000020000000001020000000002020000000003 x1000 "
	    "xaaaa030000000800 " IP4 " p4" },
	{ "AVS", 119, 0, false,
	    "x80211001 x0000000c x00000000 "
	    "x0801 x0000020000000001020000000002020000000003 x1000 "
	    "xaaaa030000000800 " IP4 },
	{ "Prism", 119, 0, false,
	    "x44000000 x0c000000 x00000000 "
	    "x0801 x0000020000000001020000000002020000000003 x1000 "
	    "xaaaa030000000800 " IP4 },
	{ "IP in IP", 101, 0, true, "i4 " IP4 },
	{ "IPv6 in IPv4", 101, 0, true, "i41 6 " TS },
	{ "IPv4 in IPv6", 101, 0, true, "j4 " IP4 },
	{ "Ethernet in IP", 101, 0, true, "i97 x3000 e0800 " IP4 },
	{ "MPLS in IP", 101, 0, true, "i137 x00011140 " IP4 },
	{ "GRE", 101, 0, true, "i47 x00000800 " IP4 },
	{ "GRE, all fields", 101, 0, true,
	    "i47 xb00086dd x000000000000000700000001 6 " TS },
	{ "GRE, Ethernet", 101, 0, true, "i47 x20006558 x00000700 e0800 " IP4 },
	{ "GRE, WCCP", 101, 0, true, "i47 x0000883e x00000000 " IP4 },
	{ "GRE, WCCP 1", 101, 0, true, "i47 x0000883e " IP4 },
	{ "PPTP", 101, 0, true,
	    "i47 x3081880b x00500001 x00000001 x00000001 xff030021 " IP4 },
	{ "ERSPAN I", 101, 0, true, "i47 x000088be e0800 " IP4 },
	{ "ERSPAN II", 101, 9, true,
	    "i47 x100088be x00000001 x1001000100000000 e8100 x00080800 " IP4 },
	{ "ERSPAN III", 101, 0, true,
	    "i47 x100022eb x00000001 x200100010000000000000000 e0800 " IP4 },
	{ "ERSPAN III, subheader", 101, 0, true,
	    "i47 x100022eb x00000001 x200100010000000000000001 "
	    "x0000000000000000 e0800 " IP4 },
	{ "AH", 101, 0, true, "i51 x0402000011111111 x0000000022222222 " IP4 },
	{ "VXLAN", 1, 0, true, "e0800 i17 u4789 x0800000000012300 e0800 " IP4 },
	{ "VXLAN of Linux", 101, 0, true,
	    "i17 u8472 x0800000000012300 e86dd 6 " TS },
	{ "VXLAN GPE", 101, 0, true, "i17 u4790 x0c00000100012300 " IP4 },
	{ "Geneve", 101, 0, true,
	    "j17 u6081 x0240655800012300 x0000000000000000 e0800 " IP4 },
	{ "Geneve, IP", 101, 0, true, "i17 u6081 x0000080000012300 " IP4 },
	{ "GTP-U", 101, 0, true, "i17 u2152 x30ff003e00000001 " IP4 },
	{ "GTP-U, extensions", 101, 0, true,
	    "i17 u2152 x34ff004e00000001 x00000085 x01100085 "
	    "x0200000000000000 " IP4 },
	{ "Teredo", 101, 0, true, "i17 u3544 6 " TS },
	{ "Teredo, headers", 101, 0, true,
	    "i17 u3544 x00010101 xaabb x112233445566778800 x0000111122223333 "
	    "6 " TS },
	{ "L2TP", 101, 0, true, "i17 u1701 x0002 x00010002 xff030021 " IP4 },
	{ "L2TP, all fields", 101, 0, true,
	    "i17 u1701 x4a02 x0062 x00010002 x00010002 x0002aaaa x0021 " IP4 },
	{ "four tunnels", 101, 0, true, "i4 i4 i4 i4 " IP4 },
};

/* Frames without. */
static const struct {
	enum tcpaudit_skip why;
	int link_type;
	const char *words;
} bad[] = {
	{ TCPAUDIT_SKIP_LINK_TYPE, 147, "e0800 " IP4 },
	{ TCPAUDIT_SKIP_LINK_TYPE, -1, "e0800 " IP4 },
	{ TCPAUDIT_SKIP_LINK_TYPE, 192, "x0000080093000000 " IP4 },
	{ TCPAUDIT_SKIP_LINK, 1, "x0102" },
	{ TCPAUDIT_SKIP_LINK, 1, "" },
	{ TCPAUDIT_SKIP_LINK, 239, "x02000000 x0000000000000000" },
	{ TCPAUDIT_SKIP_LINK, 192, "x0000070001000000 e0800 " IP4 },
	{ TCPAUDIT_SKIP_LINK, 127, "x0000070000000000 " IP4 },
	{ TCPAUDIT_SKIP_NOT_IP, 1, "e0806 x0001080006040001" },
	{ TCPAUDIT_SKIP_NOT_IP, 1, "e8863 x110900000000" },
	{ TCPAUDIT_SKIP_NOT_IP, 1, "e0026 x424203000000" },
	{ TCPAUDIT_SKIP_NOT_IP, 1, "e0026 xaaaa0300000c2000 x0102" },
	{ TCPAUDIT_SKIP_NOT_IP, 0, "x07000000 " IP4 },
	{ TCPAUDIT_SKIP_NOT_IP, 9, "xc021 x01010004" },
	{ TCPAUDIT_SKIP_NOT_IP, 258, "x0c0000000200000001000000 e0800 " IP4 },
	{ TCPAUDIT_SKIP_NOT_IP, 105,
	    "x8000 x0000020000000001020000000002020000000003 x1000" },
	{ TCPAUDIT_SKIP_NOT_IP, 105,
	    "xc801 x0000020000000001020000000002020000000003 x1000 x0000" },
	{ TCPAUDIT_SKIP_FRAGMENT, 105,
	    "x0805 x0000020000000001020000000002020000000003 x1000 "
	    "xaaaa030000000800 " IP4 },
	{ TCPAUDIT_SKIP_ENCRYPTED, 105,
	    "x0841 x0000020000000001020000000002020000000003 x1000 x00000000" },
	{ TCPAUDIT_SKIP_ENCRYPTED, 1, "e88e5 x0c0000000001 x0800 " IP4 },
	{ TCPAUDIT_SKIP_ENCRYPTED, 9, "x0053 x0102" },
	{ TCPAUDIT_SKIP_IP, 101, "x5500" },
	{ TCPAUDIT_SKIP_IP, 1, "e0800 6 " TS },
	{ TCPAUDIT_SKIP_IP, 1, "e86dd " IP4 },
	{ TCPAUDIT_SKIP_IP, 101,
	    "x4400 x0014 x00000000400600000a0000010a000002" },
	{ TCPAUDIT_SKIP_IP, 101,
	    "x4500 x0013 x00000000400600000a0000010a000002" },
	{ TCPAUDIT_SKIP_IP, 101,
	    "x4600 x0018 x00000000400600000a0000010a000002" },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 u53 x0102" },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 x0102" },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 u4789 x0000000000012300 e0800 " IP4 },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 u4789 x0800000000012300" },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 u4790 x0c00000900012300 " IP4 },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 u6081 x4000080000012300 " IP4 },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 u6081 x0000080600012300 " IP4 },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 u2152 x30ff005b00000001 " IP4 },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 u2152 x3001000000000001" },
	{ TCPAUDIT_SKIP_UDP, 101,
	    "i17 u2152 x34ff005200000001 x00000085 x00000000 " IP4 },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 u3544 " IP4 },
	{ TCPAUDIT_SKIP_UDP, 101, "i17 u1701 xc802000c0001000000000000" },
	{ TCPAUDIT_SKIP_ICMP, 101, "i1 x0800" },
	{ TCPAUDIT_SKIP_ICMP, 101, "j58 x8000" },
	{ TCPAUDIT_SKIP_SCTP, 101, "i132 x0102" },
	{ TCPAUDIT_SKIP_ESP, 101, "j50 x0102" },
	{ TCPAUDIT_SKIP_IP_PROTOCOL, 101, "i89 x0102" },
	{ TCPAUDIT_SKIP_IP_PROTOCOL, 101, "j59" },
	{ TCPAUDIT_SKIP_IP_PROTOCOL, 101, "i0 x0600000000000000" },
	{ TCPAUDIT_SKIP_IP_PROTOCOL, 101, "i47 x40000800 " IP4 },
	{ TCPAUDIT_SKIP_IP_PROTOCOL, 101, "i97 x2000 e0800 " IP4 },
	{ TCPAUDIT_SKIP_TUNNEL_DEPTH, 101, "i4 i4 i4 i4 i4 " IP4 },
	{ TCPAUDIT_SKIP_TUNNEL_DEPTH, 101,
	    "i47 x00000800 i137 x00011140 i97 x3000 e0800 "
	    "i17 u4790 x0c00000100012300 j4 " IP4 },
	{ TCPAUDIT_SKIP_TCP_HEADER, 101, "i6 x04d2005001020304" },
};

static struct frame_builder frame;
static struct decoder *decoder;

/* Whether it is the segment of every frame above. */
static bool
segment_right(const struct segment *s)
{
	return s->source_port == 1234 && s->destination_port == 80 &&
	       s->seq == FRAME_SEQ && s->ack == FRAME_ACK &&
	       s->flags == (FLAG_ACK | FLAG_PSH) && s->reserved == 0 &&
	       s->length == FRAME_TEXT && s->header_length == 32 &&
	       s->ttl == 64 && s->ecn == 2 && s->faults == 0 &&
	       s->time == 1000 && s->packet == 1 && !s->fragmented &&
	       !s->zero_length;
}

static bool
segment_whole(const struct segment *s)
{
	return segment_right(s) && s->window == 512 && s->urgent == 7 &&
	       s->captured == FRAME_TEXT && !s->header_cut && !s->payload_cut &&
	       s->options == OPTION_TIMESTAMPS && s->tsval == 0x11111111 &&
	       s->tsecr == 0x22222222 && s->checksum_status == CHECKSUM_GOOD &&
	       s->checksum == s->checksum_expected &&
	       (s->family == 4
		       ? s->dont_fragment && s->ip_id_known &&
			     s->ip_id == 0xabcd && s->source.bytes[0] == 10 &&
			     s->destination.bytes[3] == 2
		       : !s->ip_id_known && s->source.bytes[0] == 0xfd &&
			     s->destination.bytes[15] == 2);
}

static void
test_good(void)
{
	enum tcpaudit_skip skip;
	struct segment s;
	bool right;

	for (size_t i = 0; i < COUNT(good); i++) {
		frame_build(&frame, good[i].words);
		right = frame_decode(decoder, good[i].link_type, frame.p,
			    frame_length(&frame), frame_length(&frame), &s,
			    &skip) == DECODE_SEGMENT &&
			segment_whole(&s) && s.vlan == good[i].vlan &&
			(s.tunnel != 0) == good[i].tunnel &&
			tcpaudit_link_type_known(good[i].link_type);
		test_check(right, good[i].name, __FILE__, __LINE__);
	}
}

/* Whether a frame was on a network. */
static void
test_link_address(void)
{
	static const struct {
		const char *words;
		int link_type;
		bool address;
	} links[] = {
		{ "e0800 " IP4, 1, true },
		{ "x000000000000 x000000000000 x0800 " IP4, 1, false },
		{ "x000000000000 x020000000001 x86dd 6 " TS, 1, true },
		{ IP4, 101, false },
	};
	enum tcpaudit_skip skip;
	struct segment s;

	for (size_t i = 0; i < COUNT(links); i++) {
		frame_build(&frame, links[i].words);
		CHECK(frame_decode(decoder, links[i].link_type, frame.p,
			  frame_length(&frame), frame_length(&frame), &s,
			  &skip) == DECODE_SEGMENT &&
		      s.link_address == links[i].address);
	}
}

static void
test_bad(void)
{
	enum tcpaudit_skip skip = TCPAUDIT_SKIPS;
	struct segment s;
	char name[160];
	bool right;

	for (size_t i = 0; i < COUNT(bad); i++) {
		frame_build(&frame, bad[i].words);
		right = frame_decode(decoder, bad[i].link_type, frame.p,
			    frame_length(&frame), frame_length(&frame), &s,
			    &skip) == DECODE_SKIPPED &&
			skip == bad[i].why;
		snprintf(name, sizeof(name), "skipped (%d): %s", bad[i].why,
		    bad[i].words);
		test_check(right, name, __FILE__, __LINE__);
	}
	CHECK(!tcpaudit_link_type_known(147) && !tcpaudit_link_type_known(-1));
}

/* What is decoded of a frame cut by the capture is right, however short. */
static void
test_cut(void)
{
	size_t wrong = 0, segments = 0, cut, length;
	enum tcpaudit_skip skip;
	struct segment s;

	for (size_t i = 0; i < COUNT(good); i++) {
		frame_build(&frame, good[i].words);
		length = frame_length(&frame);
		for (cut = 0; cut < length; cut++) {
			if (frame_decode(decoder, good[i].link_type, frame.p,
				cut, length, &s, &skip) != DECODE_SEGMENT)
				continue;
			segments++;
			wrong += !segment_right(&s) || s.captured > s.length ||
				 (s.payload_cut != (s.captured < s.length)) ||
				 (s.header_cut && s.captured > 0) ||
				 s.header_cut == (s.options != 0) ||
				 (s.checksum_status == CHECKSUM_GOOD) !=
				     (s.captured == s.length);
		}
		/* The same, by a program that hides that it cut. */
		for (cut = 0; cut < length; cut++)
			if (frame_decode(decoder, good[i].link_type, frame.p,
				cut, cut, &s, &skip) == DECODE_SEGMENT)
				wrong += s.captured > s.length;
	}
	CHECK(wrong == 0 && segments > 20 * COUNT(good));
}

/* Damage: nothing is read past the end, and the loop ends. */
static void
test_damage(void)
{
	uint32_t random = 1, decoded = 0;
	enum tcpaudit_skip skip;
	struct segment s;
	size_t length;

	for (size_t i = 0; i < COUNT(good) * 300; i++) {
		frame_build(&frame, good[i % COUNT(good)].words);
		length = frame_length(&frame);
		for (int k = 0; k < 3; k++) {
			random = random * 1664525 + 1013904223;
			frame.p[(random >> 8) % length] ^=
			    (uint8_t)(random >> 24);
		}
		skip = TCPAUDIT_SKIPS;
		if (frame_decode(decoder, good[i % COUNT(good)].link_type,
			frame.p, length, length, &s, &skip) == DECODE_SEGMENT)
			decoded++;
		else if (skip >= TCPAUDIT_SKIPS)
			abort();
	}
	CHECK(decoded > 0 && "random damage");
}

/* Two tunnels of a kind differ; the ends of one without a number do not. */
static void
test_tunnels(void)
{
	static const char *const words[] = {
		"i17 u4789 x0800000000012300 e0800 " IP4,
		"i17 u4789 x0800000000012400 e0800 " IP4,
		"i17 u6081 x0000080000012300 " IP4,
		"i4 " IP4,
	};
	enum tcpaudit_skip skip;
	struct segment s;
	uint32_t id[COUNT(words)];
	uint8_t address[4];

	for (size_t i = 0; i < COUNT(words); i++) {
		frame_build(&frame, words[i]);
		frame_decode(decoder, 101, frame.p, frame_length(&frame),
		    frame_length(&frame), &s, &skip);
		id[i] = s.tunnel;
	}
	CHECK(id[0] != id[1] && id[0] != id[2] && id[0] != id[3]);
	memcpy(address, frame.p + 12, 4);
	memcpy(frame.p + 12, frame.p + 16, 4);
	memcpy(frame.p + 16, address, 4);
	frame_decode(decoder, 101, frame.p, frame_length(&frame),
	    frame_length(&frame), &s, &skip);
	CHECK(s.tunnel == id[3] && "the same either way");
}

int
main(void)
{
	struct tcpaudit_config config = { .hash_key = { 1, 2 } };

	decoder = ta_decoder_new(&config);
	test_good();
	test_link_address();
	test_bad();
	test_cut();
	test_damage();
	test_tunnels();
	ta_decoder_free(decoder);
	ta_decoder_free(NULL);
	return test_done();
}
