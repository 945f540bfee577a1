/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Reassembly in fixed memory.  A datagram under reassembly is the set of ranges
 * that have come, its first octets, and its length once the last fragment
 * tells.  Ranges that touch are merged, so fragments in order, or in reverse
 * order, need one.
 *
 * What a receiver makes of overlapping fragments depends on the receiver, and
 * the usual sender of them is an attacker: such a datagram is given up, and
 * what comes later with its identification is refused until its time is over.
 */
#include "fragment.h"

#include <string.h>

#include "hash.h"

static bool
datagram_expired(const struct fragment_datagram *d, int64_t now)
{
	uint64_t age = now > d->time ? (uint64_t)now - (uint64_t)d->time
				     : (uint64_t)d->time - (uint64_t)now;

	return age > (uint64_t)FRAGMENT_LIFETIME;
}

/* No secret in it: which datagrams are forgotten for want of room is in the
 * report, and two runs over one capture tell the same.  A flood of fragments
 * fills so small a table with or without knowing it. */
static const uint64_t hash_key[2];

/* The datagram of a fragment, old or new. */
static struct fragment_datagram *
datagram_find(struct fragment_table *table, const struct fragment *f)
{
	uint64_t hash = hash_bytes(hash_key, &f->key, sizeof(f->key));
	struct fragment_datagram *set = table->set[hash % FRAGMENT_SETS];
	struct fragment_datagram *oldest = &set[0];

	for (unsigned i = 0; i < FRAGMENT_WAYS; i++) {
		if (set[i].used && datagram_expired(&set[i], f->time))
			set[i].used = false;
		if (set[i].used &&
		    memcmp(&set[i].key, &f->key, sizeof(f->key)) == 0)
			return &set[i];
		if (oldest->used &&
		    (!set[i].used || set[i].time < oldest->time))
			oldest = &set[i];
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->used = true;
	oldest->key = f->key;
	oldest->time = f->time;
	oldest->length = UINT32_MAX;
	oldest->known = UINT32_MAX;
	return oldest;
}

/* Whether what is kept of the fragment is what is already there. */
static bool
same_octets(const struct fragment_datagram *d, const struct fragment *f)
{
	uint32_t end = f->offset + f->captured;

	if (end > FRAGMENT_KEPT)
		end = FRAGMENT_KEPT;
	if (end > d->known)
		end = d->known;
	return end <= f->offset ||
	       memcmp(d->data + f->offset, f->data, end - f->offset) == 0;
}

/* Whether the end that a fragment tells agrees with what has come. */
static bool
length_agrees(struct fragment_datagram *d, const struct fragment *f)
{
	uint32_t end = f->offset + f->length;

	if (f->more)
		return end <= d->length;
	if (d->length != UINT32_MAX)
		return end == d->length;
	if (d->ranges > 0 && d->range[d->ranges - 1].end > end)
		return false;
	d->length = end;
	return true;
}

static void
range_remove(struct fragment_datagram *d, unsigned i)
{
	d->ranges--;
	memmove(&d->range[i], &d->range[i + 1],
	    (d->ranges - i) * sizeof(d->range[0]));
}

/* Inserts [begin, end) before range `i`, merged with those it touches.  Returns
 * false if there is no room. */
static bool
range_insert(
    struct fragment_datagram *d, unsigned i, uint32_t begin, uint32_t end)
{
	bool before = i > 0 && d->range[i - 1].end == begin;
	bool after = i < d->ranges && d->range[i].begin == end;

	if (before) {
		d->range[i - 1].end = after ? d->range[i].end : end;
		if (after)
			range_remove(d, i);
		return true;
	}
	if (after) {
		d->range[i].begin = begin;
		return true;
	}
	if (d->ranges == FRAGMENT_PIECES)
		return false;
	memmove(&d->range[i + 1], &d->range[i],
	    (d->ranges - i) * sizeof(d->range[0]));
	d->range[i] = (struct fragment_range){ begin, end };
	d->ranges++;
	return true;
}

/* Takes the first octets of a fragment that overlaps none. */
static void
octets_keep(struct fragment_datagram *d, const struct fragment *f)
{
	uint32_t n = f->captured;

	if (f->offset == 0)
		d->protocol = f->protocol;
	if (f->captured < f->length && f->offset + f->captured < d->known)
		d->known = f->offset + f->captured;
	if (f->offset >= FRAGMENT_KEPT || n == 0)
		return;
	if (n > FRAGMENT_KEPT - f->offset)
		n = FRAGMENT_KEPT - f->offset;
	memcpy(d->data + f->offset, f->data, n);
}

/* Adds a fragment to its datagram. */
static enum fragment_result
datagram_add(struct fragment_datagram *d, const struct fragment *f)
{
	uint32_t end = f->offset + f->length;
	unsigned i = 0;

	if (!length_agrees(d, f))
		return FRAGMENT_REFUSED;
	while (i < d->ranges && d->range[i].end <= f->offset)
		i++;
	if (i < d->ranges && d->range[i].begin < end) {
		/* Inside what has come, and the same: a copy. */
		if (d->range[i].begin <= f->offset && end <= d->range[i].end &&
		    same_octets(d, f))
			return FRAGMENT_WAITING;
		return FRAGMENT_REFUSED;
	}
	if (!range_insert(d, i, f->offset, end))
		return FRAGMENT_REFUSED;
	octets_keep(d, f);
	if (d->ranges == 1 && d->range[0].begin == 0 &&
	    d->range[0].end == d->length)
		return FRAGMENT_WHOLE;
	return FRAGMENT_WAITING;
}

enum fragment_result
ta_fragment_add(struct fragment_table *table, const struct fragment *f,
    struct fragment_whole *whole)
{
	struct fragment_datagram *d;
	enum fragment_result result;

	/* Only the last one may have a length that is no multiple of eight,
	 * and the whole must fit the length field (RFC 8200, 4.5). */
	if (f->length == 0 || (f->more && f->length % 8 != 0) ||
	    f->offset > UINT16_MAX || f->length > UINT16_MAX - f->offset)
		return FRAGMENT_REFUSED;
	d = datagram_find(table, f);
	if (d->refused)
		return FRAGMENT_REFUSED;
	result = datagram_add(d, f);
	if (result == FRAGMENT_REFUSED)
		d->refused = true;
	if (result == FRAGMENT_WAITING)
		d->waiting += d->waiting < UINT16_MAX;
	if (result != FRAGMENT_WHOLE)
		return result;
	whole->length = d->length;
	whole->before = d->waiting;
	whole->captured = d->length < FRAGMENT_KEPT ? d->length : FRAGMENT_KEPT;
	whole->cut = d->known < whole->captured;
	if (whole->cut)
		whole->captured = d->known;
	whole->protocol = d->protocol;
	/* The slot is free again, and the octets must outlive it. */
	memcpy(table->whole, d->data, whole->captured);
	whole->data = table->whole;
	d->used = false;
	return FRAGMENT_WHOLE;
}
