/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is said at a glance is what the decoder says: of frames with any octet
 * of their headers changed, cut at any octet. */
#include "glance.h"

#include "frame.h"
#include "shard.h"
#include "test.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TS	     "t0101080a1111111122222222"

static const char *const words[] = { "e0800 4 t", "e0800 4 " TS,
	"e0800 4 " TS " p8", "e86dd 6 t", "e86dd 6 " TS, "e8100 x60640800 4 t",
	"e0800 i17 u4789 x0800000000012300 e0800 4 t", "e0800 i4 4 t",
	"e86dd j44 x0600000000000001 6 t" };

static struct frame_builder frame;
static struct decoder *decoder;
static size_t glances, differ;

/* All that is set, and that the shard is another's. */
static bool
agrees(const struct segment *a, const struct segment *b, uint32_t shard)
{
	return shard_of(b, 3) != shard && a->flags == b->flags &&
	       a->header_length == b->header_length && a->length == b->length &&
	       a->captured == b->captured && a->header_cut == b->header_cut &&
	       a->payload_cut == b->payload_cut && a->faults == b->faults &&
	       a->zero_length == b->zero_length &&
	       a->fragmented == b->fragmented &&
	       a->fragments_before == b->fragments_before &&
	       (b->flags & (FLAG_SYN | FLAG_ACK)) != (FLAG_SYN | FLAG_ACK);
}

static void
compare(int link_type, const uint8_t *p, size_t captured, size_t length)
{
	uint8_t *copy = malloc(captured > 0 ? captured : 1);
	struct tcpaudit_packet packet = {
		.data = captured > 0 ? copy : NULL,
		.captured = (uint32_t)captured,
		.length = (uint32_t)length,
	};
	struct tcpaudit_config config = { .shards = 3 };
	enum tcpaudit_skip skip;
	struct segment a, b;
	bool truncated;

	memcpy(copy, p, captured);
	for (; config.shard < 3; config.shard++) {
		memset(&a, 0xee, sizeof(a));
		if (!ta_glance(&config, link_type, &packet, &a))
			continue;
		glances++;
		differ += ta_decode_flow(decoder, link_type, &packet, 1, &b,
			      &skip, &truncated) != DECODE_SEGMENT ||
			  !agrees(&a, &b, config.shard);
	}
	free(copy);
}

/* Every octet in turn, by every bit and to a few values. */
static void
damage(size_t length)
{
	static const uint8_t values[] = { 0, 0xff, 0x12, 0x45, 0x60, 6 };

	for (size_t i = 0; i < length; i++) {
		uint8_t was = frame.p[i];

		for (int bit = 0; bit < 8; bit++) {
			frame.p[i] = (uint8_t)(was ^ 1u << bit);
			compare(1, frame.p, length, length);
			compare(1, frame.p, length - 6, length);
		}
		for (size_t k = 0; k < COUNT(values); k++) {
			frame.p[i] = values[k];
			compare(1, frame.p, length, length);
		}
		frame.p[i] = was;
	}
}

int
main(void)
{
	const struct tcpaudit_config config = { .checksum =
						    TCPAUDIT_CHECKSUM_AUTO };

	decoder = ta_decoder_new(&config);
	for (size_t i = 0; i < COUNT(words); i++) {
		size_t length;

		frame_build(&frame, words[i]);
		length = frame_length(&frame);
		for (size_t cut = 0; cut <= length; cut++) {
			compare(1, frame.p, cut, length);
			compare(1, frame.p, cut, cut);
			compare(101, frame.p, cut, length);
		}
		damage(length);
	}
	CHECK(glances > 10000);
	CHECK(differ == 0);
	ta_decoder_free(decoder);
	return test_done();
}
