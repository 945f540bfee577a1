/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The keyed hash of the tables: SipHash (Aumasson, Bernstein 2012).  Whoever
 * sends the packets chooses what is hashed, so without a secret key he could
 * put every flow into one bucket.  No result of an audit depends on the key. */
#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>

/* The four words of internal state, named as in the paper. */
struct hash_state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
hash_rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

/* `n` SipRounds. */
static inline void
hash_rounds(struct hash_state *s, unsigned n)
{
	while (n-- > 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = hash_rotate(s->v1, 13) ^ s->v0;
		s->v3 = hash_rotate(s->v3, 16) ^ s->v2;
		s->v0 = hash_rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = hash_rotate(s->v1, 17) ^ s->v2;
		s->v3 = hash_rotate(s->v3, 21) ^ s->v0;
		s->v2 = hash_rotate(s->v2, 32);
	}
}

/* The first `n` (0 to 8) octets at `p` as a little-endian number. */
static inline uint64_t
hash_word(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

/* SipHash-c-d of `length` octets: `c` rounds per word, `d` at the end. */
static inline uint64_t
hash_sip(const uint64_t key[2], const void *data, size_t length, unsigned c,
    unsigned d)
{
	const uint8_t *p = data;
	uint64_t word;
	size_t left;
	struct hash_state s = {
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};

	for (left = length; left >= 8; left -= 8, p += 8) {
		word = hash_word(p, 8);
		s.v3 ^= word;
		hash_rounds(&s, c);
		s.v0 ^= word;
	}
	word = (uint64_t)length << 56 | hash_word(p, left);
	s.v3 ^= word;
	hash_rounds(&s, c);
	s.v0 ^= word;
	s.v2 ^= 0xff;
	hash_rounds(&s, d);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* What the tables use: SipHash-1-3.  An object that is hashed as a struct must
 * have no padding, or have it zeroed. */
static inline uint64_t
hash_bytes(const uint64_t key[2], const void *data, size_t length)
{
	return hash_sip(key, data, length, 1, 3);
}

#endif
