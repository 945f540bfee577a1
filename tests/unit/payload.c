/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The ring of bytes lately sent: what is kept compares equal, what differs is
 * found, what was overwritten is gone. */
#include "payload.h"

#include <stdlib.h>
#include <string.h>

#include "test.h"

enum { RING = 1024, PIECE = 100, PIECES = 50 };

static struct memory memory;
static struct payload_store store;

static void
store_open(size_t size)
{
	struct tcpaudit_config config = { 0 };

	ta_memory_init(&memory, &config, UINT64_MAX);
	CHECK(ta_payload_init(&store, &memory, size) == 0);
}

/* The text of piece `i`. */
static void
piece(uint8_t *p, unsigned i)
{
	for (unsigned k = 0; k < PIECE; k++)
		p[k] = (uint8_t)(i * 37 + k * 11);
}

static int64_t
compare(uint64_t where, uint32_t skip, const uint8_t *p, uint32_t length)
{
	uint64_t was, is;

	return ta_payload_compare(&store, where, skip, p, length, &was, &is);
}

/* As a segment that is kept whole. */
static uint64_t
keep(const uint8_t *p, uint32_t length)
{
	struct kept k = { .start = 7, .packet = 9, .length = length };

	payload_room(&store, length);
	return ta_payload_keep(&store, p, &k);
}

static void
test_equal(void)
{
	uint8_t p[PIECE];
	uint64_t a, b;

	store_open(RING);
	piece(p, 1);
	a = keep(p, PIECE);
	piece(p, 2);
	b = keep(p, PIECE);
	CHECK(a != 0 && b != 0 && a != b);
	CHECK(compare(b, 0, p, PIECE) == PIECE);
	CHECK(compare(b, 30, p + 30, PIECE - 30) == PIECE - 30);
	CHECK(compare(b, 30, p + 30, 0) == 0 && "no octet");
	CHECK(compare(a, 0, p, PIECE) == 0 && "another piece");
	piece(p, 1);
	CHECK(compare(a, 0, p, PIECE) == PIECE);
	CHECK(compare(a, 99, p + 99, 1) == 1);
	CHECK(compare(b, 1, p, PIECE) == -1 && "beyond what was kept");
	CHECK(compare(0, 0, p, PIECE) == -1 && "0 is nowhere");
	ta_payload_clear(&store, &memory);
	CHECK(memory.used == 0);
}

static void
test_difference(void)
{
	uint8_t p[PIECE];
	uint64_t where, was = 99, is = 99;

	store_open(RING);
	memset(p, 0x11, PIECE);
	where = keep(p, PIECE);
	p[40] = 0x22;
	p[47] = 0x33;
	p[48] = 0x44;
	CHECK(ta_payload_compare(&store, where, 0, p, PIECE, &was, &is) == 40);
	CHECK(was == UINT64_C(0x1111111111111111));
	CHECK(is == UINT64_C(0x2211111111111133) && "eight octets from there");
	CHECK(ta_payload_compare(
		  &store, where, 41, p + 41, PIECE - 41, &was, &is) == 6 &&
	      "from where the comparison began");
	CHECK(ta_payload_compare(&store, where, 0, p, 42, &was, &is) == 40);
	CHECK(was == 0x1111 && is == 0x2211 && "as many as there are");
	ta_payload_clear(&store, &memory);
}

/* Of 50 pieces the ring holds ten.  Each that is held is right, across its end
 * too; of the others nothing is said. */
static void
test_overwritten(void)
{
	uint64_t where[PIECES];
	uint8_t p[PIECE];
	int wrong = 0, held = 0, newest = 0;

	store_open(RING);
	for (unsigned i = 0; i < PIECES; i++) {
		piece(p, i);
		where[i] = keep(p, PIECE);
		held = 0;
		for (unsigned k = 0; k <= i; k++) {
			int64_t n;

			piece(p, k);
			n = compare(where[k], 0, p, PIECE);
			wrong += n != PIECE && n != -1;
			held += n == PIECE;
			newest += k == i && n == PIECE;
		}
	}
	CHECK(wrong == 0);
	CHECK(newest == PIECES);
	CHECK(held == RING / (PIECE + sizeof(struct kept)));
	ta_payload_clear(&store, &memory);
}

/* What is kept says whose it is; a text that is not kept takes its room. */
static void
test_owner(void)
{
	uint8_t p[PIECE];
	struct kept k = { .before = 5, .start = -3, .packet = 8 };
	uint64_t where;

	store_open(RING);
	piece(p, 1);
	k.length = PIECE;
	payload_room(&store, PIECE);
	where = ta_payload_keep(&store, p, &k);
	k.start = 0;
	CHECK(ta_payload_find(&store, where, &k) && k.start == -3 &&
	      k.packet == 8 && k.before == 5 && k.length == PIECE);
	CHECK(!ta_payload_find(&store, 0, &k));
	for (unsigned i = 0; i < RING / PIECE; i++)
		payload_room(&store, PIECE);
	CHECK(!ta_payload_find(&store, where, &k));
	CHECK(compare(where, 0, p, PIECE) == -1);
	ta_payload_clear(&store, &memory);
}

/* Few bits of an offset lead back to it, unless it is that old. */
static void
test_bits(void)
{
	const uint64_t turn = UINT64_C(1) << PAYLOAD_BITS;

	store_open(RING);
	store.end = 5 * turn + 1000;
	CHECK(payload_where(&store, 0) == 0);
	CHECK(payload_where(&store, (5 * turn + 900) % turn) == 5 * turn + 900);
	CHECK(
	    payload_where(&store, (4 * turn + 1001) % turn) == 4 * turn + 1001);
	CHECK(payload_where(&store, 5 * turn + 900) == 5 * turn + 900);
	CHECK(payload_where(&store, 4 * turn + 900) != 4 * turn + 900);
	ta_payload_clear(&store, &memory);
}

static void
test_bounds(void)
{
	static uint8_t much[RING];
	struct tcpaudit_config config = { 0 };
	uint64_t where;

	store_open(RING);
	CHECK(keep(much, 0) == 0);
	CHECK(keep(much, RING / 2 + 1) == 0 &&
	      "one text must not drive all others out");
	where = keep(much, RING / 2);
	CHECK(where != 0 && compare(where, 0, much, RING / 2) == RING / 2);
	ta_payload_clear(&store, &memory);

	store_open(0);
	CHECK(keep(much, 1) == 0);
	CHECK(compare(1, 0, much, 1) == -1);
	ta_payload_clear(&store, &memory);

	ta_memory_init(&memory, &config, RING - 1);
	CHECK(ta_payload_init(&store, &memory, RING) < 0 && "no memory");
	CHECK(keep(much, 0) == 0);
	ta_payload_clear(&store, &memory);
	CHECK(memory.used == 0);
}

int
main(void)
{
	test_equal();
	test_difference();
	test_overwritten();
	test_owner();
	test_bits();
	test_bounds();
	return test_done();
}
