/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Frames for the decoder.  The first octet of the input chooses a link type,
 * the second how much of each frame the capture cut; frames follow, each after
 * two octets of length.  With FUZZ_MAIN it is a program that replays files.
 */
#include <stdlib.h>
#include <string.h>

#include "decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const int link_types[] = { 1, 101, 229, 0, 9, 10, 50, 51, 100, 104, 105,
	107, 108, 109, 113, 117, 119, 127, 138, 192, 239, 240, 242, 258, 276 };

/* What holds of every segment. */
static void
segment_check(const struct segment *s, const struct tcpaudit_packet *packet)
{
	volatile unsigned sum = 0;

	if ((s->family != 4 && s->family != 6) || s->captured > s->length ||
	    (s->captured > 0) != (s->payload != NULL) || s->sack_count > 4 ||
	    s->time != packet->time || s->flags > 0x1ff || s->reserved > 7 ||
	    s->header_length > 60 || s->vlan > 4096)
		abort();
	for (uint32_t i = 0; i < s->captured; i++)
		sum += s->payload[i];
	(void)sum;
}

static void
frame_check(struct decoder *d, int link_type, struct tcpaudit_packet *packet)
{
	enum tcpaudit_skip skip = TCPAUDIT_SKIPS;
	struct segment s;

	if (ta_decode(d, link_type, packet, packet->number, &s, &skip) ==
	    DECODE_SEGMENT)
		segment_check(&s, packet);
	else if (skip >= TCPAUDIT_SKIPS)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tcpaudit_config config = { .hash_key = { 1, 2 } };
	struct tcpaudit_packet packet = { 0 };
	struct decoder *d;
	uint8_t *copy;
	size_t length;
	int link_type;

	if (size < 2 || (d = ta_decoder_new(&config)) == NULL)
		return 0;
	link_type =
	    link_types[data[0] % (sizeof(link_types) / sizeof(link_types[0]))];
	for (size_t at = 2; at + 2 <= size; at += length) {
		length = (size_t)data[at] << 8 | data[at + 1];
		at += 2;
		if (length > size - at)
			length = size - at;
		/* Alone in its memory, so that a sanitizer sees its end. */
		copy = malloc(length + 1);
		memcpy(copy + 1, data + at, length);
		packet.data = copy + 1;
		packet.captured = (uint32_t)length;
		packet.length = packet.captured + data[1];
		packet.number++;
		packet.time += 1000000;
		frame_check(d, link_type, &packet);
		free(copy);
	}
	ta_decoder_free(d);
	return 0;
}

#ifdef FUZZ_MAIN
#include <stdio.h>

int
main(int argc, char **argv)
{
	static uint8_t data[1 << 20];
	size_t size;
	FILE *file;

	for (int i = 1; i < argc; i++) {
		file = fopen(argv[i], "rb");
		if (file == NULL) {
			perror(argv[i]);
			return 1;
		}
		size = fread(data, 1, sizeof(data), file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, size);
	}
	return 0;
}
#endif
