/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "sample.h"

#include <stdbool.h>
#include <string.h>

#include "hash.h"

/* No secret: the report of a capture is always the same.  Whoever knows it can
 * choose who is in the sample, but not how many there are. */
static const uint64_t key[2] = { UINT64_C(0x7463706175646974),
	UINT64_C(0x73616d706c652031) };

void
ta_sample_init(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	s->limit = UINT64_MAX;
}

/* One with all the room that there may be has a part of each hash again, side
 * by side, and then what sample_did() tells: to find one, or those that did
 * something in a second, little more has to come from memory. */
static bool
has_tags(unsigned room)
{
	return room == SAMPLE_MEMBERS;
}

static uint8_t *
tags_of(const struct sample *s)
{
	return (uint8_t *)&s->member[SAMPLE_MEMBERS];
}

size_t
ta_sample_size(unsigned room)
{
	return room * (sizeof(uint64_t) + sizeof(struct sample_member)) +
	       (has_tags(room) ? SAMPLE_MEMBERS * (1 + sizeof(uint16_t)) : 0);
}

/* All that is told again of the members. */
static void
tell_again(struct sample *s)
{
	memset(tags_of(s), 0, SAMPLE_MEMBERS);
	memset(sample_did(s), 0, SAMPLE_MEMBERS * sizeof(uint16_t));
	for (unsigned i = 0; i < s->count; i++) {
		tags_of(s)[i] = (uint8_t)s->hash[i];
		for (int bit = 0; bit < SAMPLE_BITS; bit++)
			sample_did(s)[i] |= s->member[i].bits[bit];
	}
}

void *
ta_sample_move(struct sample *s, void *memory, unsigned room)
{
	void *old = s->hash;
	uint64_t *hash = memory;
	struct sample_member *member = (struct sample_member *)(hash + room);

	if (s->count > 0) {
		memcpy(hash, s->hash, s->count * sizeof(*hash));
		memcpy(member, s->member, s->count * sizeof(*member));
	}
	s->hash = hash;
	s->member = member;
	s->room = (uint16_t)room;
	if (has_tags(room))
		tell_again(s);
	return old;
}

/* The last one takes its place. */
static void
member_remove(struct sample *s, unsigned i)
{
	unsigned last = --s->count;

	if (i != last) {
		s->member[i] = s->member[last];
		s->hash[i] = s->hash[last];
		if (has_tags(s->room)) {
			tags_of(s)[i] = tags_of(s)[last];
			sample_did(s)[i] = sample_did(s)[last];
		}
	}
	if (last == 0)
		s->limit = UINT64_MAX;
}

static unsigned
highest(const struct sample *s)
{
	unsigned high = 0;

	for (unsigned i = 1; i < s->count; i++)
		if (s->hash[i] > s->hash[high])
			high = i;
	return high;
}

/* SipHash-1-3 of the octets of the address and the port, the lower one first:
 * hash_bytes(), in three words. */
uint64_t
ta_sample_hash(const struct tcpaudit_address *address, uint16_t port)
{
	struct hash_state s = hash_begin(key);

	hash_take(&s, hash_word(address->bytes), 1);
	hash_take(&s, hash_word(address->bytes + 8), 1);
	hash_take(&s, UINT64_C(18) << 56 | port, 1);
	return hash_end(&s, 3);
}

/* The bytes of a word that are zero, as their highest bits; perhaps more of
 * those above such a one. */
static uint64_t
zero_bytes(uint64_t word)
{
	return (word - UINT64_C(0x0101010101010101)) & ~word &
	       UINT64_C(0x8080808080808080);
}

static struct sample_member *
find_tagged(const struct sample *s, uint64_t hash)
{
	uint64_t same, tag = (uint8_t)hash * UINT64_C(0x0101010101010101);
	unsigned at;

	for (unsigned i = 0; i < s->count; i += 8)
		for (same = zero_bytes(hash_word(tags_of(s) + i) ^ tag);
		     same != 0; same &= same - 1) {
			at = i + (unsigned)__builtin_ctzll(same) / 8;
			if (at < s->count && s->hash[at] == hash)
				return &s->member[at];
		}
	return NULL;
}

struct sample_member *
ta_sample_find(struct sample *s, uint64_t hash)
{
	if (hash >= s->limit)
		return NULL;
	if (has_tags(s->room))
		return find_tagged(s, hash);
	for (unsigned i = 0; i < s->count; i++)
		if (s->hash[i] == hash)
			return &s->member[i];
	return NULL;
}

struct sample_member *
ta_sample_enter(struct sample *s, uint64_t hash)
{
	uint64_t high;
	unsigned i;

	if (hash >= s->limit || s->room == 0)
		return NULL;
	if (s->count == s->room) {
		i = highest(s);
		if (hash > s->hash[i]) {
			s->limit = hash;
			return NULL;
		}
		high = s->hash[i];
		member_remove(s, i);
		s->limit = high;
	}
	i = s->count++;
	s->hash[i] = hash;
	if (has_tags(s->room)) {
		tags_of(s)[i] = (uint8_t)hash;
		sample_did(s)[i] = 0;
	}
	memset(&s->member[i], 0, sizeof(s->member[i]));
	return &s->member[i];
}

/* The member did nothing in that slot; whether it did in none. */
static bool
forget(struct sample_member *m, unsigned slot)
{
	const uint64_t mask =
	    ~(UINT64_C(0x0001000100010001) << slot); /* of four sets */
	uint64_t four;
	uint32_t two;

	memcpy(&four, m->bits, sizeof(four));
	memcpy(&two, m->bits + 4, sizeof(two));
	four &= mask;
	two &= (uint32_t)mask;
	memcpy(m->bits, &four, sizeof(four));
	memcpy(m->bits + 4, &two, sizeof(two));
	return (four | two) == 0;
}

void
ta_sample_forget(struct sample *s, unsigned slot)
{
	uint16_t *did = has_tags(s->room) ? sample_did(s) : NULL;
	uint16_t bit = (uint16_t)(1u << slot);

	if (!(s->slots & bit))
		return;
	s->slots &= (uint16_t)~bit;
	for (unsigned i = s->count; i-- > 0;) {
		if (did != NULL && !(did[i] & bit))
			continue;
		if (did != NULL)
			did[i] &= (uint16_t)~bit;
		if (forget(&s->member[i], slot))
			member_remove(s, i);
	}
}

_Static_assert(SAMPLE_BITS == 6, "as forget() has it");
_Static_assert(SAMPLE_MEMBERS % 8 == 0, "as find_tagged() has it");

uint64_t
ta_sample_estimate(const struct sample *s, unsigned count)
{
	if (s->limit == UINT64_MAX)
		return count;
	return (uint64_t)((double)count * 18446744073709551616.0 /
			  (double)(s->limit | 1));
}
