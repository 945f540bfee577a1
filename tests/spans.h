/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A bounded set of sequence ranges: holes, SACKed ranges, bytes seen.  The
 * ranges are half-open, of unwrapped numbers (seq.h), sorted, and neither
 * overlap nor touch: 1-3 and 3-5 are kept as 1-5.  An empty range (end not
 * above start) is in every set, overlaps nothing, and changes nothing. */
#ifndef SPANS_H
#define SPANS_H

#include <stdbool.h>
#include <stdint.h>

struct span {
	int64_t start, end; /* end is the first number that is not in it */
};

struct spans {
	uint16_t count, capacity;
	struct span *span; /* borrowed: the owner frees it */
};

/* An empty set of at most `capacity` ranges, kept in `storage`, which the
 * caller owns and which outlives the set.  Capacity 0 holds nothing. */
void ta_spans_init(struct spans *set, struct span *storage, uint16_t capacity);

/* Adds start..end and merges it with what it touches.  False if the set is
 * full: it is then as before, and the caller decides what to give up. */
bool ta_spans_add(struct spans *set, int64_t start, int64_t end);

/* Removes start..end.  False if that would split a range of a full set: it is
 * then as before. */
bool ta_spans_remove(struct spans *set, int64_t start, int64_t end);

/* Whether all of start..end is in the set. */
bool ta_spans_contains(const struct spans *set, int64_t start, int64_t end);

/* Whether any of start..end is in the set. */
bool ta_spans_overlaps(const struct spans *set, int64_t start, int64_t end);

/* Forgets all numbers below `seq`.  Never fails. */
void ta_spans_trim_below(struct spans *set, int64_t seq);

/* The lowest range, NULL if the set is empty.  Good until the set changes. */
const struct span *ta_spans_first(const struct spans *set);

#endif
