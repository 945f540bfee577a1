/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The numbers of a husk, one after the other: the same calls write and read
 * them. */
#ifndef HUSK_NUMBER_H
#define HUSK_NUMBER_H

#include "engine.h"

#define HUSK_PART static inline __attribute__((always_inline))

/* What husks of one reel begin with. */
struct husk_head {
	struct calm first;
	uint64_t mask[2]; /* of its own */
	uint64_t rate;	  /* packets of the capture in 2^32 ns, about */
	uint64_t period;  /* ns of each */
};

_Static_assert(sizeof(struct husk_head) <= TAPE_HEAD, "the head of a reel");

/* Longer ones are none; and what a number reads beyond its own. */
#define HUSK_MOST  192
#define HUSK_SLACK 8
#define HUSK_FRONT 18 /* octets of its masks */
#define NUMBERS	   90
#define LONGEST	   9 /* octets of one */

/* Where in the masks: of the numbers that are mostly guessed wrong, and of the
 * others. */
enum heat { WRONG, RIGHT };

/* In the mask of the former, those that are wrong by one at most: two bits of
 * each. */
#define CLOSE_BITS 32

struct husk_walk {
	bool reads;
	uint64_t wrong, right; /* the masks */
	unsigned wrong_bit, right_bit, close_bit;
	uint8_t *at;	     /* where the next one is written */
	const uint8_t *from; /* or read */
	struct husk_head *head;
	const struct shape *shape;
	struct calm *k;
	struct calm_close *z;
	int closer;
	bool far; /* a time is too far from what was guessed */
};

/* ------------------------------------------------------------------ octets */

/* Written out, as compilers make one access of it then. */
HUSK_PART uint64_t
load(const uint8_t *p)
{
	return p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	       (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

HUSK_PART void
store(uint8_t *p, uint64_t n)
{
	p[0] = (uint8_t)n;
	p[1] = (uint8_t)(n >> 8);
	p[2] = (uint8_t)(n >> 16);
	p[3] = (uint8_t)(n >> 24);
	p[4] = (uint8_t)(n >> 32);
	p[5] = (uint8_t)(n >> 40);
	p[6] = (uint8_t)(n >> 48);
	p[7] = (uint8_t)(n >> 56);
}

/* How many octets it has stands in the lowest bits of its first one. */
HUSK_PART uint64_t
get(const uint8_t **from)
{
	const uint8_t *p = *from;
	uint64_t n = load(p);
	unsigned octets;

	if ((n & 0xff) == 0) {
		*from += LONGEST;
		return load(p + 1);
	}
	octets = (unsigned)__builtin_ctz((unsigned)n) + 1;
	*from += octets;
	return n << (64 - 8 * octets) >> (64 - 7 * octets);
}

HUSK_PART void
put(uint8_t **at, uint64_t n)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(n);
	unsigned octets = (bits + 6) * 37 >> 8; /* of seven */

	if (octets >= LONGEST) {
		**at = 0;
		store(*at + 1, n);
		*at += LONGEST;
		return;
	}
	store(*at, (n << 1 | 1) << (octets - 1));
	*at += octets;
}

HUSK_PART uint64_t
signed_code(uint64_t n)
{
	return n << 1 ^ (n >> 63 ? ~UINT64_C(0) : 0);
}

HUSK_PART uint64_t
signed_value(uint64_t code)
{
	return code >> 1 ^ (code & 1 ? ~UINT64_C(0) : 0);
}

/* Most captures tell microseconds.  It is not FAR. */
#define FAR (UINT64_C(1) << 60)

HUSK_PART uint64_t
span_code(int64_t n)
{
	if (n % 1000 == 0)
		return signed_code((uint64_t)(n / 1000)) << 1;
	return signed_code((uint64_t)n) << 1 | 1;
}

HUSK_PART int64_t
span_value(uint64_t code)
{
	int64_t n = (int64_t)signed_value(code >> 1);

	return code & 1 ? n : n * 1000;
}

/* ----------------------------------------------------------------- numbers */

/* Whether the next number differs from what is guessed. */
HUSK_PART bool
differs(struct husk_walk *w, enum heat heat, bool so)
{
	unsigned at = heat == WRONG ? w->wrong_bit++ : w->right_bit++;
	uint64_t *mask = heat == WRONG ? &w->wrong : &w->right;

	if (w->reads)
		return *mask >> at & 1;
	*mask |= (uint64_t)so << at;
	return so;
}

/* Any number. */
HUSK_PART uint64_t
number(struct husk_walk *w, enum heat heat, uint64_t is, uint64_t guess)
{
	if (!differs(w, heat, is != guess))
		return guess;
	if (w->reads)
		return guess + signed_value(get(&w->from));
	put(&w->at, signed_code(is - guess));
	return is;
}

/* One that is guessed to one more or less. */
HUSK_PART uint32_t
close_to(struct husk_walk *w, uint32_t is, uint32_t guess)
{
	enum { EQUAL, MORE, LESS, ELSE } how;
	unsigned at = CLOSE_BITS + 2 * w->close_bit++;

	if (w->reads) {
		how = w->wrong >> at & 3;
		if (how == ELSE)
			return guess + (uint32_t)signed_value(get(&w->from));
		return guess + (how == MORE) - (how == LESS);
	}
	how = is == guess	? EQUAL
	      : is == guess + 1 ? MORE
	      : is == guess - 1 ? LESS
				: ELSE;
	w->wrong |= (uint64_t)how << at;
	if (how == ELSE)
		put(&w->at, signed_code(is - guess));
	return is;
}

/* Mostly a small one. */
HUSK_PART uint64_t
small(struct husk_walk *w, enum heat heat, uint64_t is)
{
	if (!differs(w, heat, is != 0))
		return 0;
	if (w->reads)
		return get(&w->from);
	put(&w->at, is);
	return is;
}

/* A time. */
HUSK_PART uint64_t
moment(struct husk_walk *w, enum heat heat, uint64_t is, uint64_t guess)
{
	if (!differs(w, heat, is != guess))
		return guess;
	if (w->reads)
		return guess + (uint64_t)span_value(get(&w->from));
	w->far |= is - guess + FAR >= 2 * FAR;
	put(&w->at, span_code((int64_t)(is - guess)));
	return is;
}

/* As good as chance, in so many octets. */
HUSK_PART uint64_t
chance(struct husk_walk *w, uint64_t is, unsigned octets)
{
	if (w->reads) {
		is = load(w->from) & ((UINT64_C(1) << 8 * octets) - 1);
		w->from += octets;
	} else {
		store(w->at, is);
		w->at += octets;
	}
	return is;
}

/* So many packets pass in that time, about; and ticks of a clock. */
HUSK_PART uint64_t
packets_in(const struct husk_walk *w, uint64_t from, uint64_t to)
{
	return (uint64_t)((int64_t)((to - from) * w->head->rate) >> 32);
}

HUSK_PART uint32_t
ticks_in(uint64_t from, uint64_t to)
{
	return (uint32_t)((int64_t)(to - from) / MILLISECOND);
}

#endif
