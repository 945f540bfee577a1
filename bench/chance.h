/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Numbers that look random and follow from a seed: splitmix64. */
#ifndef CHANCE_H
#define CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
	uint64_t state;
};

/* Spreads the bits of x. */
static inline uint64_t
chance_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* The stream of a thing with this number: the same for the same seed. */
static inline struct chance
chance_of(uint64_t seed, uint64_t number)
{
	return (struct chance){ chance_mix(seed * 0x9e3779b97f4a7c15 + 1) ^
				chance_mix(number + 0x632be59bd9b4e019) };
}

static inline uint64_t
chance_next(struct chance *c)
{
	c->state += 0x9e3779b97f4a7c15;
	return chance_mix(c->state);
}

/* low <= number < high; low < high. */
static inline int64_t
chance_between(struct chance *c, int64_t low, int64_t high)
{
	return low + (int64_t)(chance_next(c) % (uint64_t)(high - low));
}

/* True in so many of a million. */
static inline bool
chance_hit(struct chance *c, unsigned millionths)
{
	return chance_next(c) % 1000000 < millionths;
}

#endif
