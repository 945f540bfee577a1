/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The keyed hash of the tables: SipHash (Aumasson, Bernstein 2012).  Whoever
 * sends the packets chooses what is hashed, so without a secret key he could
 * put every flow into one bucket.  No result of an audit depends on the key. */
#ifndef HASH_H
#define HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The four words of internal state, named as in the paper. */
struct hash_state {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t
hash_rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

/* A SipRound. */
static inline void
hash_round(struct hash_state *s)
{
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

static inline void
hash_rounds(struct hash_state *s, unsigned n)
{
	while (n-- > 0)
		hash_round(s);
}

/* Eight octets at `p` as a little-endian number; compilers make one load of
 * it, where the machine has that order. */
static inline uint64_t
hash_word(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	       (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

/* The first `n` (0 to 7) of them. */
static inline uint64_t
hash_part(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	while (n-- > 0)
		word = word << 8 | p[n];
	return word;
}

static inline struct hash_state
hash_begin(const uint64_t key[2])
{
	return (struct hash_state){
		key[0] ^ UINT64_C(0x736f6d6570736575),
		key[1] ^ UINT64_C(0x646f72616e646f6d),
		key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573),
	};
}

static inline void
hash_take(struct hash_state *s, uint64_t word, unsigned c)
{
	s->v3 ^= word;
	hash_rounds(s, c);
	s->v0 ^= word;
}

static inline uint64_t
hash_end(struct hash_state *s, unsigned d)
{
	s->v2 ^= 0xff;
	hash_rounds(s, d);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

/* SipHash-c-d of `length` octets: `c` rounds per word, `d` at the end.  Inline,
 * with lengths that the compiler knows, no loop remains but that over words. */
static inline uint64_t
hash_sip(const uint64_t key[2], const void *data, size_t length, unsigned c,
    unsigned d)
{
	const uint8_t *p = data, *end = p + length / 8 * 8;
	struct hash_state s = hash_begin(key);

	for (; p < end; p += 8)
		hash_take(&s, hash_word(p), c);
	hash_take(&s, (uint64_t)length << 56 | hash_part(p, length % 8), c);
	return hash_end(&s, d);
}

/* What the tables use: SipHash-1-3.  An object that is hashed as a struct must
 * have no padding, or have it zeroed. */
static inline uint64_t
hash_bytes(const uint64_t key[2], const void *data, size_t length)
{
	return hash_sip(key, data, length, 1, 3);
}

/* The product of the 32-bit words `a` and `b`, each with a number added, is a
 * term of a sum whose upper half is a hash: multiplication by pairs
 * (Dietzfelbinger 1996; Thorup 2015, 3.5).  Whoever does not know the numbers
 * can do no better than chance: two keys agree in all 32 bits once in 2^32
 * secrets, and independently.  This is such a term. */
static inline uint64_t
hash_pair(const uint64_t *secret, uint32_t a, uint32_t b)
{
	return (a + secret[0]) * (b + secret[1]);
}

/* The sum for an even count of words. */
static inline uint64_t
hash_pairs(const uint64_t *secret, const void *data, unsigned words)
{
	const uint8_t *p = data;
	uint64_t sum = 0;

	for (unsigned i = 0; i < words; i += 2) {
		uint32_t pair[2];

		memcpy(pair, p + sizeof(pair[0]) * i, sizeof(pair));
		sum += hash_pair(secret + i, pair[0], pair[1]);
	}
	return sum;
}

/* Such numbers. */
static inline void
hash_secret(uint64_t *secret, unsigned count, const uint64_t key[2])
{
	for (uint64_t i = 0; i < count; i++)
		secret[i] = hash_bytes(key, &i, sizeof(i));
}

#endif
