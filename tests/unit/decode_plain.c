/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is read of a plain frame in one go is what the layers, one after the
 * other, read of it: frames that are nearly plain, and the example captures. */
#include <dirent.h>
#include <stdio.h>

#include "decode_layer.h"
#include "decode_rest.h"
#include "frame.h"
#include "shard.h"

#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each has its own fragments. */
static struct decoder *decoder, *general;
static struct frame_builder frame;
static struct decoder *share[3]; /* of three engines */
static size_t compared, foreign; /* segments */

/* All of a segment that is set; there are no gaps in it. */
static bool
segment_same(const struct segment *a, const struct segment *b)
{
	return memcmp(a, b, offsetof(struct segment, sack)) == 0 &&
	       memcmp(a->sack, b->sack, a->sack_count * sizeof(a->sack[0])) ==
		   0;
}

/* What is told of a segment that another engine audits. */
static bool
foreign_same(const struct segment *a, const struct segment *b)
{
	bool synack = (b->flags & FLAG_SYN) && (b->flags & FLAG_ACK);

	return a->flags == b->flags && a->header_length == b->header_length &&
	       a->length == b->length && a->captured == b->captured &&
	       (a->fragmented || a->payload == b->payload) &&
	       a->header_cut == b->header_cut &&
	       a->payload_cut == b->payload_cut &&
	       a->zero_length == b->zero_length &&
	       a->fragmented == b->fragmented &&
	       a->fragments_before == b->fragments_before &&
	       (!synack || (a->time == b->time && a->packet == b->packet &&
			       memcmp(&a->source, &b->source, 32) == 0 &&
			       a->source_port == b->source_port &&
			       a->destination_port == b->destination_port &&
			       a->seq == b->seq && a->ack == b->ack &&
			       a->window == b->window && a->ttl == b->ttl &&
			       a->family == b->family));
}

/* Of engines that share a capture, one decodes a frame as if it were alone, and
 * the others as much as is to be told of it, where alone it is `*s`. */
static bool
is_shared_right(int link_type, const struct tcpaudit_packet *packet,
    enum decode_result alone, const struct segment *s)
{
	enum tcpaudit_skip skip;
	struct segment of;
	bool right = true;

	for (uint32_t i = 0; i < COUNT(share); i++) {
		enum decode_result result, expected = alone;

		memset(&of, 0x5a, sizeof(of));
		result = ta_decode(share[i], link_type, packet, 7, &of, &skip);
		if (alone == DECODE_SEGMENT &&
		    shard_at(shard_ends(s), COUNT(share)) != i)
			expected = DECODE_FOREIGN;
		foreign += result == DECODE_FOREIGN;
		if (of.fragmented && s->fragmented)
			of.payload = s->payload;
		right = right && result == expected &&
			(result == DECODE_FOREIGN ? foreign_same(&of, s)
						  : segment_same(&of, s));
	}
	return right;
}

/* Both ways of reading one frame.  What neither sets differs. */
static bool
is_same(int link_type, const struct tcpaudit_packet *packet)
{
	enum tcpaudit_skip skip = TCPAUDIT_SKIPS, layers_skip = TCPAUDIT_SKIPS;
	enum decode_result result, layers_result;
	struct segment s, layers;

	memset(&s, 0xa5, sizeof(s));
	memset(&layers, 0x5a, sizeof(layers));
	result = ta_decode(decoder, link_type, packet, 7, &s, &skip);
	layers_result = ta_decode_layers(
	    general, link_type, packet, 7, &layers, &layers_skip);
	compared += result == DECODE_SEGMENT;
	if (s.fragmented && layers.fragmented)
		layers.payload = s.payload; /* in the decoder */
	return result == layers_result && skip == layers_skip &&
	       segment_same(&s, &layers) &&
	       is_shared_right(link_type, packet, result, &s);
}

/* The same of the first octets of a frame, alone in their memory, so that a
 * sanitizer sees what is read behind them. */
static bool
is_same_cut(int link_type, const uint8_t *p, size_t captured, size_t length)
{
	uint8_t *copy = malloc(captured > 0 ? captured : 1);
	const struct tcpaudit_packet packet = {
		.data = captured > 0 ? copy : NULL,
		.captured = (uint32_t)captured,
		.length = (uint32_t)length,
		.time = 1000,
		.number = 1,
	};
	bool same;

	memcpy(copy, p, captured);
	same = is_same(link_type, &packet);
	free(copy);
	return same;
}

static const struct {
	int link_type;
	const char *words;
} frames[] = {
	{ 1, "e0800 4 t0101080a1111111122222222" },
	{ 1, "e0800 4 t0101080a1111111122222222 p6" },
	{ 1, "e0800 4 t p9" },
	{ 1, "e0800 4 t020405b40402080a000000010000000001030307" },
	{ 1, "e0800 4 t0101080a00000001000000020101050a0000000100000002" },
	{ 1, "e86dd 6 t0101080a1111111122222222" },
	{ 1, "e86dd 6 t p3" },
	{ 1, "e8100 x00050800 4 t0101080a1111111122222222" },
	{ 101, "4 t0101080a1111111122222222" },
	{ 101, "6 t" },
	{ 228, "4 t" },
	{ 228, "6 t" },
	{ 229, "6 t0101080a1111111122222222" },
	{ 113, "x0000000100060011223344550000 x0800 4 t p2" },
	{ 113, "x0000000100060011223344550000 x86dd 6 t" },
	{ 276, "x0800 x0000000000000001 x0000 x0011223344550000 4 t" },
	{ 9, "x0021 4 t" },
};

/* A frame of any length, as captured and as it was. */
static size_t
differ_in_length(int link_type, const uint8_t *p, size_t length)
{
	size_t wrong = 0;

	for (size_t n = 0; n <= length; n++) {
		wrong += !is_same_cut(link_type, p, n, length);
		wrong += !is_same_cut(link_type, p, n, n);
		/* Some writers say less than they captured. */
		wrong += !is_same_cut(link_type, p, length, n);
	}
	return wrong;
}

/* A frame whose octets, each in turn, are other ones; the headers end where the
 * text begins, of which one octet will do. */
static void
test_frames(void)
{
	size_t wrong, length, headers;
	uint8_t was;

	for (size_t i = 0; i < COUNT(frames); i++) {
		int link_type = frames[i].link_type;

		frame_build(&frame, frames[i].words);
		length = frame_length(&frame);
		headers = (size_t)(frame.tail - frame.p) - FRAME_TEXT + 1;
		wrong = differ_in_length(link_type, frame.p, length);
		for (size_t at = 0; at < headers; at++) {
			was = frame.p[at];
			for (int octet = 0; octet < 256; octet++) {
				frame.p[at] = (uint8_t)octet;
				wrong += !is_same_cut(
				    link_type, frame.p, length, length);
			}
			for (int bit = 0; bit < 8; bit++) {
				frame.p[at] = was ^ (uint8_t)(1 << bit);
				for (size_t n = 14; n < length; n++)
					wrong += !is_same_cut(
					    link_type, frame.p, n, length);
			}
			frame.p[at] = was;
		}
		test_check(wrong == 0, frames[i].words, __FILE__, __LINE__);
	}
}

/* ------------------------------------ options, checksum, digest: the usual */

/* The sum of a segment and its pseudo-header by the letter. */
static uint16_t
sum_of(const struct segment *s, const uint8_t *p, uint32_t length)
{
	size_t address = s->family == 4 ? 4 : 16;
	uint64_t sum = ta_checksum_add(0, s->source.bytes, address);

	sum = ta_checksum_add(sum, s->destination.bytes, address);
	sum = checksum_add32(checksum_add32(sum, 6), length);
	return checksum_fold(ta_checksum_add(sum, p, length));
}

/* Whether `*s` has of `length` octets at `p` what is there, options read one by
 * one.  The padding of timestamps that are alone is not counted. */
static bool
is_rest_right(const struct segment *s, const uint8_t *p, uint32_t length)
{
	const struct bytes tcp = { p, p + length };
	uint32_t header = s->header_length < 20 ? 20 : s->header_length;
	struct segment other = *s;

	other.options = other.faults = other.option_padding = 0;
	other.mss = other.window_scale = other.sack_count = 0;
	other.tsval = other.tsecr = 0;
	if (header > 20)
		ta_options_read_from(&other, &tcp, header, 20);
	if (header == 32 && s->options == OPTION_TIMESTAMPS &&
	    s->option_padding == 0 && s->faults == 0)
		other.option_padding = 0;
	other.digest = digest(p, header < length ? header : length, s->length);
	if (s->checksum_status == CHECKSUM_GOOD)
		other.checksum_expected = s->checksum;
	return segment_same(s, &other) &&
	       (s->checksum_status == CHECKSUM_GOOD) ==
		   (sum_of(s, p, length) == 0xffff);
}

/* The addresses of a frame that begins with IP. */
static void
frame_ends(struct segment *s)
{
	if (frame.p[0] >> 4 == 4)
		segment_ipv4(s, frame.p);
	else
		segment_ipv6(s, frame.p);
}

/* Segments with the usual options, some octets of them changed, cut or followed
 * by any text, with a checksum that is right, or not. */
static void
test_rest(void)
{
	static const char *const usual[] = { "4 t0101080a1111111122222222",
		"6 t0101080a1111111122222222",
		"4 t020405b40402080a111111112222222201030307",
		"6 t020405b40402080a000000010000000001030307", "4 t" };
	size_t wrong = 0, good = 0;
	uint32_t random = 5;

	for (uint32_t i = 0; i < 40000; i++) {
		uint32_t length = 20 + i % 50, filled;
		struct segment s = { 0 };
		uint8_t *p = malloc(length);

		random = random * 1664525 + 1013904223;
		frame_build(&frame, usual[i % COUNT(usual)]);
		filled = (uint32_t)(frame.tail - frame.tcp);
		memset(p, (int)(random >> 8), length);
		memcpy(p, frame.tcp, length < filled ? length : filled);
		if (random & 1 << 20)
			p[(random >> 22) % length] ^= (uint8_t)(random >> 12);
		frame_ends(&s);
		frame_put16(p + 16, 0);
		if (random & 1 << 21)
			frame_put16(p + 16, 0xffffu - sum_of(&s, p, length));
		segment_tcp(&s, p);
		segment_rest(&s, p, length, true);
		good += s.checksum_status == CHECKSUM_GOOD;
		wrong += !is_rest_right(&s, p, length);
		free(p);
	}
	CHECK(good > 10000);
	CHECK(wrong == 0 && "what is usual is read as anything else");
}

/* -------------------------------------------------- the example captures */

static uint32_t
little32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* Every packet of a capture in the classic format, its lower octets first. */
static size_t
differ_in_capture(FILE *f)
{
	static uint8_t packet[1 << 16];
	uint8_t head[24];
	uint32_t captured, link_type;
	size_t wrong = 0;

	if (fread(head, 1, 24, f) != 24 ||
	    (little32(head) != 0xa1b2c3d4 && little32(head) != 0xa1b23c4d))
		return 0;
	link_type = little32(head + 20);
	while (fread(head, 1, 16, f) == 16) {
		captured = little32(head + 8);
		if (captured > sizeof(packet) ||
		    fread(packet, 1, captured, f) != captured)
			break;
		wrong += !is_same_cut((int)(link_type & 0xffff), packet,
		    captured, little32(head + 12));
	}
	return wrong;
}

static void
test_captures(void)
{
	const char *home = getenv("srcdir");
	size_t wrong = 0, files = 0, before = compared;
	struct dirent *entry;
	char path[1024];
	DIR *directory;
	FILE *f;

	snprintf(path, sizeof(path), "%s/pcaps", home != NULL ? home : ".");
	directory = opendir(path);
	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		snprintf(path, sizeof(path), "%s/pcaps/%s",
		    home != NULL ? home : ".", entry->d_name);
		if (strstr(path, ".pcap") == NULL ||
		    (f = fopen(path, "rb")) == NULL)
			continue;
		wrong += differ_in_capture(f);
		fclose(f);
		files++;
	}
	if (directory != NULL)
		closedir(directory);
	CHECK(files > 0 && compared > before);
	CHECK(wrong == 0 && "the example captures");
}

static void
test_all(struct tcpaudit_config config)
{
	decoder = ta_decoder_new(&config);
	general = ta_decoder_new(&config);
	config.shards = COUNT(share);
	for (config.shard = 0; config.shard < COUNT(share); config.shard++)
		share[config.shard] = ta_decoder_new(&config);
	test_frames();
	test_rest();
	test_captures();
	CHECK(foreign > 10000);
	for (size_t i = 0; i < COUNT(share); i++)
		ta_decoder_free(share[i]);
	ta_decoder_free(decoder);
	ta_decoder_free(general);
}

int
main(void)
{
	struct tcpaudit_config config = { .hash_key = { 1, 2 } };

	test_all(config);
	config.checksum = TCPAUDIT_CHECKSUM_IGNORE;
	test_all(config);
	return test_done();
}
