/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "sample.h"

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

size_t
ta_sample_size(unsigned room)
{
	return room * (sizeof(uint64_t) + sizeof(struct sample_member));
}

/*
 * Members whose hashes end with the same bits are in a list.  Its first one is
 * named by the member in whose place these bits are a number, whatever that one
 * is itself: it has room to spare.  Names are one more than places; 0 ends a
 * list.
 */
static uint8_t *
first_of(const struct sample *s, uint64_t hash)
{
	return &s->member[hash & (s->room - 1u)].first;
}

static void
member_link(struct sample *s, unsigned i)
{
	uint8_t *first = first_of(s, s->hash[i]);

	s->member[i].next = *first;
	*first = (uint8_t)(i + 1);
}

/* What names a member. */
static uint8_t *
name_of(struct sample *s, unsigned i)
{
	uint8_t *name = first_of(s, s->hash[i]);

	while (*name != i + 1)
		name = &s->member[*name - 1].next;
	return name;
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
	for (unsigned i = 0; i < s->count; i++)
		member[i].first = 0;
	for (unsigned i = 0; i < s->count; i++)
		member_link(s, i);
	return old;
}

/* The last one takes its place. */
static void
member_remove(struct sample *s, unsigned i)
{
	unsigned last = s->count - 1;
	uint8_t first;

	*name_of(s, i) = s->member[i].next;
	if (i != last) {
		*name_of(s, last) = (uint8_t)(i + 1);
		first = s->member[i].first;
		s->member[i] = s->member[last];
		s->member[i].first = first;
		s->hash[i] = s->hash[last];
	}
	s->count = last;
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

struct sample_member *
ta_sample_find(struct sample *s, uint64_t hash)
{
	if (hash >= s->limit)
		return NULL;
	for (unsigned i = s->room > 0 ? *first_of(s, hash) : 0; i > 0;
	     i = s->member[i - 1].next)
		if (s->hash[i - 1] == hash)
			return &s->member[i - 1];
	return NULL;
}

struct sample_member *
ta_sample_enter(struct sample *s, uint64_t hash)
{
	struct sample_member *m;
	uint64_t high;
	uint8_t first;
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
	m = &s->member[i];
	first = m->first;
	memset(m, 0, sizeof(*m));
	m->first = first;
	member_link(s, i);
	return m;
}

void
ta_sample_forget(struct sample *s, unsigned slot)
{
	const uint64_t mask =
	    ~(UINT64_C(0x0001000100010001) << slot); /* of four sets */
	uint16_t *bits;
	uint64_t four;
	uint32_t two;

	if (!(s->slots & 1u << slot))
		return;
	s->slots &= (uint16_t) ~(1u << slot);
	for (unsigned i = s->count; i-- > 0;) {
		bits = s->member[i].bits;
		memcpy(&four, bits, sizeof(four));
		memcpy(&two, bits + 4, sizeof(two));
		four &= mask;
		two &= (uint32_t)mask;
		memcpy(bits, &four, sizeof(four));
		memcpy(bits + 4, &two, sizeof(two));
		if ((four | two) == 0)
			member_remove(s, i);
	}
}

_Static_assert(SAMPLE_BITS == 6, "as ta_sample_forget() has it");
_Static_assert(SAMPLE_MEMBERS < UINT8_MAX, "names of members");

uint64_t
ta_sample_estimate(const struct sample *s, unsigned count)
{
	if (s->limit == UINT64_MAX)
		return count;
	return (uint64_t)((double)count * 18446744073709551616.0 /
			  (double)(s->limit | 1));
}
