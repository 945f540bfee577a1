/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Bytes lately sent, kept in one ring for the whole engine, so that a
 * retransmission can be compared with what was sent first.  What is overwritten
 * is not compared any more.
 *
 * Every segment with text takes its room in the ring, whether its text is kept
 * or not: what is still there depends on nothing but the capture. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "fetch.h"
#include "slab.h"

struct payload_store {
	uint8_t *ring;
	size_t size;   /* a power of two; 0: nothing is kept */
	uint64_t here; /* of the segment being judged; 0: it has no room */
	uint64_t end;  /* of all room that was taken; from PAYLOAD_FIRST */
};

/* A text in the ring, and whose it is: stands in front of it there. */
struct kept {
	uint64_t before; /* the text that its sender had sent before; 0: none */
	int64_t start;	 /* its sequence number */
	tcpaudit_packet_id packet;
	uint32_t length;
	uint32_t apart; /* VLAN and tunnel: of two, no copy is one */
};

int ta_payload_init(struct payload_store *, struct memory *, size_t size);
void ta_payload_clear(struct payload_store *, struct memory *);

/* A segment of the capture has `length` bytes of text: it has room for them
 * from now on, until the next one. */
static inline void
payload_room(struct payload_store *s, uint32_t length)
{
	s->here = 0;
	if (length == 0 || length > s->size / 2)
		return;
	s->here = s->end + sizeof(struct kept);
	s->end = s->here + length;
}

/* The ring is seldom in a cache: where its text is to be kept, memory is sent
 * for the room of what comes so many bytes later, which is often kept too.  Or
 * all else would wait behind what is stored there. */
static inline void
payload_fetch(const struct payload_store *s)
{
	enum { AHEAD = 4096, LINE = 64 };
	uint64_t at = s->here + AHEAD;

	if (s->here == 0)
		return;
	for (at &= ~(uint64_t)(LINE - 1); at < s->end + AHEAD; at += LINE)
		fetch_write(s->ring + (at & (s->size - 1)));
}

/* The same as ta_payload_keep(), where the ring ends within it. */
void ta_payload_keep_around(
    struct payload_store *, const uint8_t *bytes, const struct kept *k);

/* Field by field: what was made of fields a moment ago, a processor waits for
 * if it is read in larger pieces. */
static inline __attribute__((always_inline)) void
kept_write(uint8_t *to, const struct kept *k)
{
	memcpy(to, &k->before, sizeof(k->before));
	memcpy(to + offsetof(struct kept, start), &k->start, sizeof(k->start));
	memcpy(
	    to + offsetof(struct kept, packet), &k->packet, sizeof(k->packet));
	memcpy(
	    to + offsetof(struct kept, length), &k->length, sizeof(k->length));
	memcpy(to + offsetof(struct kept, apart), &k->apart, sizeof(k->apart));
}

/* Keeps them; `k` says what they are.  Returns where (0: not kept). */
static inline __attribute__((always_inline)) uint64_t
ta_payload_keep(
    struct payload_store *s, const uint8_t *bytes, const struct kept *k)
{
	size_t at = (s->here - sizeof(*k)) & (s->size - 1);
	uint8_t *to;

	if (s->here == 0 || k->length > s->end - s->here)
		return 0;
	to = s->ring + at;
	if (at + sizeof(*k) + k->length > s->size) {
		struct kept own = *k; /* only here it stands in memory */

		ta_payload_keep_around(s, bytes, &own);
	} else {
		kept_write(to, k);
		memcpy(to + sizeof(*k), bytes, k->length);
	}
	return s->here;
}

/* An offset in few bits is the latest that ends with them; 0 is none.  What is
 * that old is gone for long. */
#define PAYLOAD_BITS 40

static inline uint64_t
payload_where(const struct payload_store *s, uint64_t bits)
{
	const uint64_t mask = (UINT64_C(1) << PAYLOAD_BITS) - 1;

	return bits == 0 ? 0 : s->end - ((s->end - bits) & mask);
}

/* What is kept at `where`; false: it is gone. */
bool ta_payload_find(
    const struct payload_store *, uint64_t where, struct kept *k);

/* Compares `length` bytes with those kept at `where` + `skip`.  Returns the
 * offset of the first that differs, `length` if none does, or -1 if they are
 * gone.  *was and *is are up to eight bytes from there, big-endian. */
int64_t ta_payload_compare(const struct payload_store *, uint64_t where,
    uint32_t skip, const uint8_t *bytes, uint32_t length, uint64_t *was,
    uint64_t *is);

#endif
