/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Frames for the tests of the decoder, written as words from the outside in:
 *
 *	x HEX	 octets as they are (without the space: "x0800")
 *	e HEX	 an Ethernet header of that type
 *	i N, j N IPv4, IPv6 header, the protocol above it being N
 *	u N	 UDP header, to port N
 *	4, 6	 IPv4, IPv6 header for TCP, with addresses of their own
 *	t HEX	 TCP header with these octets of options, and 10 of text
 *	p N	 N octets of padding, as the last word
 *
 * "e0800 4 t p6" is a frame of Ethernet, IPv4, TCP and six octets of padding.
 * Lengths are filled in, and the checksum of TCP.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"

enum {
	FRAME_SIZE = 2048,
	FRAME_SEQ = 0x01020304,
	FRAME_ACK = 0x05060708,
	FRAME_TEXT = 10
};

/* A frame under construction: it grows towards the front. */
struct frame_builder {
	uint8_t octets[FRAME_SIZE];
	uint8_t *p;    /* its first octet */
	uint8_t *tcp;  /* its TCP header, or NULL */
	uint8_t *tail; /* where the padding begins */
};

static inline size_t
frame_length(const struct frame_builder *b)
{
	return (size_t)(b->octets + FRAME_SIZE - b->p);
}

static inline void
frame_put16(uint8_t *p, size_t n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

static inline void
frame_put32(uint8_t *p, uint32_t n)
{
	frame_put16(p, n >> 16);
	frame_put16(p + 2, n & 0xffff);
}

/* `n` zeros in front of what is there. */
static inline uint8_t *
frame_prepend(struct frame_builder *b, size_t n)
{
	b->p -= n;
	return memset(b->p, 0, n);
}

static inline unsigned
frame_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

/* Octets in hexadecimal digits, lower case. */
static inline void
frame_hex(struct frame_builder *b, const char *hex, size_t digits)
{
	uint8_t *p = frame_prepend(b, digits / 2);

	for (size_t i = 0; i < digits / 2; i++)
		p[i] = (uint8_t)(frame_digit(hex[2 * i]) << 4 |
				 frame_digit(hex[2 * i + 1]));
}

static inline void
frame_tcp(struct frame_builder *b, const char *hex, size_t digits)
{
	memcpy(frame_prepend(b, FRAME_TEXT), "some text.", FRAME_TEXT);
	frame_hex(b, hex, digits);
	b->tcp = frame_prepend(b, 20);
	frame_put16(b->tcp, 1234);
	frame_put16(b->tcp + 2, 80);
	frame_put32(b->tcp + 4, FRAME_SEQ);
	frame_put32(b->tcp + 8, FRAME_ACK);
	b->tcp[12] = (uint8_t)((5 + digits / 8) << 4);
	b->tcp[13] = 0x18; /* ACK, PSH */
	frame_put16(b->tcp + 14, 512);
	frame_put16(b->tcp + 18, 7);
}

/* The checksum of what is between TCP's header and `tail`, with addresses of
 * `n` octets each at `addresses`: RFC 9293, 3.1, by the letter. */
static inline void
frame_checksum(struct frame_builder *b, const uint8_t *addresses, size_t n)
{
	size_t length = (size_t)(b->tail - b->tcp), i;
	uint32_t sum = 6 + (uint32_t)length;

	frame_put16(b->tcp + 16, 0);
	for (i = 0; i < 2 * n; i++)
		sum += (uint32_t)addresses[i] << (i % 2 ? 0 : 8);
	for (i = 0; i < length; i++)
		sum += (uint32_t)b->tcp[i] << (i % 2 ? 0 : 8);
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	frame_put16(b->tcp + 16, ~sum & 0xffff);
}

static inline void
frame_ipv4(struct frame_builder *b, unsigned protocol, const char *addresses)
{
	uint8_t *p = frame_prepend(b, 20);

	p[0] = 0x45;
	p[1] = 2; /* ECT(0) */
	frame_put16(p + 2, (size_t)(b->tail - p));
	frame_put16(p + 4, 0xabcd);
	frame_put16(p + 6, 0x4000);
	p[8] = 64;
	p[9] = (uint8_t)protocol;
	memcpy(p + 12, addresses, 8);
}

static inline void
frame_ipv6(struct frame_builder *b, unsigned protocol, const char *addresses)
{
	uint8_t *p = frame_prepend(b, 40);

	frame_put32(p, 0x60200000); /* ECT(0) */
	frame_put16(p + 4, (size_t)(b->tail - p - 40));
	p[6] = (uint8_t)protocol;
	p[7] = 64;
	memcpy(p + 8, addresses, 32);
}

/* One word: a letter and `n` characters. */
static inline void
frame_word(struct frame_builder *b, const char *word, size_t n)
{
	static const char inner[] = "\x0a\0\0\1\x0a\0\0\2";
	static const char outer[] = "\xc0\0\2\1\xc0\0\2\2";
	static const char inner6[] = "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
				     "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2";
	static const char outer6[] = "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
				     "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2";
	unsigned number = (unsigned)strtoul(word + 1, NULL, 10);
	uint8_t *p;

	switch (word[0]) {
	case 'x':
		frame_hex(b, word + 1, n);
		break;
	case 'e':
		frame_hex(b, word + 1, n);
		memcpy(frame_prepend(b, 12), "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
		break;
	case 'i':
		frame_ipv4(b, number, outer);
		break;
	case 'j':
		frame_ipv6(b, number, outer6);
		break;
	case '4':
		frame_checksum(b, (const uint8_t *)inner, 4);
		frame_ipv4(b, 6, inner);
		break;
	case '6':
		frame_checksum(b, (const uint8_t *)inner6, 16);
		frame_ipv6(b, 6, inner6);
		break;
	case 'u':
		p = frame_prepend(b, 8);
		frame_put16(p, 50000);
		frame_put16(p + 2, number);
		frame_put16(p + 4, (size_t)(b->tail - p));
		break;
	case 't':
		frame_tcp(b, word + 1, n);
		break;
	case 'p':
		memset(frame_prepend(b, number), 0xee, number);
		b->tail = b->p;
		break;
	}
}

/* Builds a frame from its words. */
static inline void
frame_build(struct frame_builder *b, const char *words)
{
	const char *end = words + strlen(words), *word;

	b->p = b->tail = b->octets + FRAME_SIZE;
	b->tcp = NULL;
	while (end > words) {
		word = end;
		while (word > words && word[-1] != ' ')
			word--;
		frame_word(b, word, (size_t)(end - word) - 1);
		end = word > words ? word - 1 : words;
	}
}

/* Decodes the first `captured` octets of a frame that had `length`; they are
 * alone in their memory, so that a sanitizer sees each read past the end, here
 * of the text too.  Afterwards that is not to be read. */
static inline enum decode_result
frame_decode(struct decoder *d, int link_type, const uint8_t *p,
    size_t captured, size_t length, struct segment *out,
    enum tcpaudit_skip *skipped)
{
	uint8_t *copy = malloc(captured > 0 ? captured : 1);
	struct tcpaudit_packet packet = {
		.data = captured > 0 ? copy : NULL,
		.captured = (uint32_t)captured,
		.length = (uint32_t)length,
		.time = 1000,
		.number = 1,
	};
	enum decode_result result;
	volatile unsigned sum = 0;

	memcpy(copy, p, captured);
	result = ta_decode(d, link_type, &packet, 1, out, skipped);
	if (result != DECODE_SKIPPED)
		for (uint32_t i = 0; i < out->captured; i++)
			sum += out->payload[i];
	(void)sum;
	free(copy);
	return result;
}

#endif
