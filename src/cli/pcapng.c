/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * draft-ietf-opsawg-pcapng: a capture is a row of blocks, each of which begins
 * with its type and its length.  Damage is not judged here, libpcap does that:
 * from there on the bytes pass as they are.
 */
#include "pcapng.h"

#include <string.h>

#define SECTION	   0x0a0d0d0au /* reads the same in either byte order */
#define INTERFACE  1u
#define OLD_PACKET 2u
#define SIMPLE	   3u
#define STATISTICS 5u
#define ENHANCED   6u

#define LEAST 12 /* bytes of a block */

static uint64_t
read_long(const struct pcapng *p, size_t at, size_t octets)
{
	uint64_t number = 0;

	for (size_t i = 0; i < octets; i++)
		number = number << 8 |
			 p->head[at + (p->big_endian ? i : octets - 1 - i)];
	return number;
}

static uint32_t
read_number(const struct pcapng *p, size_t at)
{
	return (uint32_t)read_long(p, at, 4);
}

static uint16_t
read_short(const struct pcapng *p, size_t at)
{
	return (uint16_t)read_long(p, at, 2);
}

/* Byte `i` of a number of so many octets. */
static unsigned char
byte_of(const struct pcapng *p, uint32_t number, uint32_t i, uint32_t octets)
{
	return (
	    unsigned char)(number >> 8 * (p->big_endian ? octets - 1 - i : i));
}

/* ------------------------------------------------------------- statistics */

static uint64_t
sum(const uint64_t *drops, uint64_t former)
{
	for (size_t i = 0; i < PCAPNG_INTERFACES; i++)
		former += drops[i];
	return former;
}

uint64_t
pcapng_os_drops(const struct pcapng *p)
{
	return sum(p->os_drops, p->former_os_drops);
}

uint64_t
pcapng_interface_drops(const struct pcapng *p)
{
	return sum(p->drops, p->former_drops);
}

/* The counts of an interface, since it was opened: of several blocks the last
 * one tells. */
static void
end_statistics(struct pcapng *p)
{
	enum { END = 0, IF_DROPS = 5, OS_DROPS = 7, OPTIONS = 20 };
	uint32_t interface = read_number(p, 8);
	size_t end = p->length - 4, at = OPTIONS;

	if (end > PCAPNG_HEAD)
		end = PCAPNG_HEAD;
	if (interface >= PCAPNG_INTERFACES)
		return;
	while (at + 4 <= end) {
		uint16_t code = read_short(p, at);
		uint16_t length = read_short(p, at + 2);

		at += 4;
		if (code == END || at + length > end)
			return;
		if (code == IF_DROPS && length == 8)
			p->drops[interface] = read_long(p, at, 8);
		if (code == OS_DROPS && length == 8)
			p->os_drops[interface] = read_long(p, at, 8);
		at += (length + 3u) & ~3u;
	}
}

static void
begin_section(struct pcapng *p)
{
	static const unsigned char big[4] = { 0x1a, 0x2b, 0x3c, 0x4d };

	p->big_endian = memcmp(p->head + 8, big, sizeof(big)) == 0;
	p->former_os_drops = pcapng_os_drops(p);
	p->former_drops = pcapng_interface_drops(p);
	memset(p->os_drops, 0, sizeof(p->os_drops));
	memset(p->drops, 0, sizeof(p->drops));
	p->interfaces = 0;
}

/* ------------------------------------------------------------- link types */

static void
take_interface(struct pcapng *p)
{
	uint16_t link = read_short(p, 8);

	if (!p->interface) {
		p->snaplen = read_number(p, 12);
		p->first_link = link;
	}
	p->interface = true;
	if (p->interfaces < PCAPNG_INTERFACES) {
		p->link[p->interfaces] = link;
		if (link != p->first_link)
			p->mixed = true;
	}
	p->interfaces++;
}

static void
take_packet(struct pcapng *p)
{
	uint32_t interface = 0;

	if (p->type == ENHANCED)
		interface = read_number(p, 8);
	else if (p->type == OLD_PACKET)
		interface = read_short(p, 8);
	p->packet_link[p->packets++ % PCAPNG_AHEAD] =
	    interface < p->interfaces && interface < PCAPNG_INTERFACES
		? p->link[interface]
		: p->first_link;
}

int
pcapng_link(const struct pcapng *p, uint64_t number)
{
	if (!p->mixed || number == 0 || number > p->packets)
		return -1;
	return p->packet_link[(number - 1) % PCAPNG_AHEAD];
}

/* ------------------------------------------------------------------ bytes */

static void
begin_block(struct pcapng *p)
{
	if (p->type == SECTION)
		begin_section(p);
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
	if (p->type == INTERFACE && p->at >= 12 && p->at < 16)
		*byte = 0;
	if (p->type == INTERFACE && p->interface && p->at >= 8 && p->at < 10 &&
	    p->interfaces < PCAPNG_INTERFACES)
		*byte = byte_of(p, p->first_link, p->at - 8, 2);
	if (p->type == SIMPLE && p->at >= 8 && p->at < 12 && p->snaplen > 0 &&
	    p->length >= 16)
		*byte = byte_of(p, p->length - 16, p->at - 8, 4);
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
	if (p->at == 12 &&
	    (p->type == ENHANCED || p->type == OLD_PACKET || p->type == SIMPLE))
		take_packet(p);
	if (p->at == 16 && p->type == INTERFACE)
		take_interface(p);
}

/* How much of the block is looked at. */
static uint32_t
head_length(const struct pcapng *p)
{
	return p->at >= 8 && p->type == STATISTICS ? PCAPNG_HEAD : 16;
}

void
pcapng_level(struct pcapng *p, unsigned char *bytes, size_t length)
{
	while (length > 0 && !p->off) {
		size_t n = 1;

		if (p->at < head_length(p)) {
			take_byte(p, bytes);
		} else {
			n = p->length - p->at;
			if (n > length)
				n = length;
			p->at += (uint32_t)n;
		}
		bytes += n;
		length -= n;
		if (p->at >= LEAST && p->at == p->length) {
			if (p->type == STATISTICS && p->length >= 24)
				end_statistics(p);
			p->at = 0;
		}
	}
}
