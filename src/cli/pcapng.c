/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * draft-ietf-opsawg-pcapng: a capture is a row of blocks, each of which begins
 * with its type and its length.  Damage is not judged here, libpcap does that:
 * from there on the bytes pass as they are.
 */
#include "pcapng.h"

#include <string.h>

#define SECTION	  0x0a0d0d0au /* reads the same in either byte order */
#define INTERFACE 1u
#define SIMPLE	  3u

#define LEAST 12 /* bytes of a block */

static uint32_t
read_number(const struct pcapng *p, size_t at)
{
	uint32_t number = 0;

	for (size_t i = 0; i < 4; i++)
		number =
		    number << 8 | p->head[at + (p->big_endian ? i : 3 - i)];
	return number;
}

static unsigned char
byte_of(const struct pcapng *p, uint32_t number, uint32_t i)
{
	return (unsigned char)(number >> 8 * (p->big_endian ? 3 - i : i));
}

static void
begin_block(struct pcapng *p)
{
	static const unsigned char big[4] = { 0x1a, 0x2b, 0x3c, 0x4d };

	if (p->type == SECTION)
		p->big_endian = memcmp(p->head + 8, big, sizeof(big)) == 0;
	p->length = read_number(p, 4);
	if (p->length < LEAST || p->length % 4 != 0)
		p->off = true;
}

/* A packet of a simple packet block is as long as the first interface's limit
 * allows, and that limit is gone: its length is now that of the block, with
 * the padding, which no decoder takes for a part of the packet. */
static void
change_byte(const struct pcapng *p, unsigned char *byte)
{
	if (p->type == INTERFACE && p->at >= 12)
		*byte = 0;
	if (p->type == SIMPLE && p->at >= 8 && p->at < 12 && p->snaplen > 0 &&
	    p->length >= 16)
		*byte = byte_of(p, p->length - 16, p->at - 8);
}

static void
take_byte(struct pcapng *p, unsigned char *byte)
{
	p->head[p->at] = *byte;
	change_byte(p, byte);
	p->at++;
	if (p->at == 4) {
		p->type = read_number(p, 0);
		p->off = !p->started && p->type != SECTION;
		p->started = true;
	}
	/* Only byte 12 of a section tells its byte order. */
	if (p->at == (p->type == SECTION ? 12 : 8))
		begin_block(p);
	if (p->at == 16 && p->type == INTERFACE && !p->interface) {
		p->snaplen = read_number(p, 12);
		p->interface = true;
	}
}

void
pcapng_level(struct pcapng *p, unsigned char *bytes, size_t length)
{
	while (length > 0 && !p->off) {
		size_t n = 1;

		if (p->at < sizeof(p->head)) {
			take_byte(p, bytes);
		} else {
			n = p->length - p->at;
			if (n > length)
				n = length;
			p->at += (uint32_t)n;
		}
		bytes += n;
		length -= n;
		if (p->at >= LEAST && p->at == p->length)
			p->at = 0;
	}
}
