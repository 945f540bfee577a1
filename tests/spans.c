/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "spans.h"

#include <stddef.h>
#include <string.h>

/* Index of the first range whose end is at or above `seq`, or the count.  Ends
 * are sorted because ranges are disjoint. */
static uint16_t
find(const struct spans *set, int64_t seq)
{
	uint16_t low = 0, high = set->count;

	while (low < high) {
		uint16_t middle = (uint16_t)((low + high) / 2);

		if (set->span[middle].end < seq)
			low = (uint16_t)(middle + 1);
		else
			high = middle;
	}
	return low;
}

/* The `removed` ranges from index `at` give way to room for `added`. */
static void
splice(struct spans *set, uint16_t at, uint16_t removed, uint16_t added)
{
	uint16_t rest = (uint16_t)(set->count - at - removed);

	if (rest > 0 && removed != added)
		memmove(set->span + at + added, set->span + at + removed,
		    rest * sizeof(*set->span));
	set->count = (uint16_t)(at + added + rest);
}

void
ta_spans_init(struct spans *set, struct span *storage, uint16_t capacity)
{
	set->count = 0;
	set->capacity = capacity;
	set->span = storage;
}

bool
ta_spans_add(struct spans *set, int64_t start, int64_t end)
{
	uint16_t first, last;

	if (end <= start)
		return true;
	first = find(set, start);
	for (last = first; last < set->count; last++) {
		if (set->span[last].start > end)
			break;
	}
	if (last == first && set->count == set->capacity)
		return false;
	if (last > first) {
		if (set->span[first].start < start)
			start = set->span[first].start;
		if (set->span[last - 1].end > end)
			end = set->span[last - 1].end;
	}
	splice(set, first, (uint16_t)(last - first), 1);
	set->span[first] = (struct span){ start, end };
	return true;
}

bool
ta_spans_remove(struct spans *set, int64_t start, int64_t end)
{
	struct span left, right;
	uint16_t first, last, kept = 0;

	if (end <= start)
		return true;
	first = find(set, start);
	for (last = first; last < set->count; last++) {
		if (set->span[last].start >= end)
			break;
	}
	if (last == first)
		return true;
	left = (struct span){ set->span[first].start, start };
	right = (struct span){ end, set->span[last - 1].end };
	kept += left.start < left.end;
	kept += right.start < right.end;
	if (set->count - (last - first) + kept > set->capacity)
		return false;
	splice(set, first, (uint16_t)(last - first), kept);
	if (right.start < right.end)
		set->span[first + kept - 1] = right;
	if (left.start < left.end)
		set->span[first] = left;
	return true;
}

bool
ta_spans_contains(const struct spans *set, int64_t start, int64_t end)
{
	uint16_t i;

	if (end <= start)
		return true;
	i = find(set, end);
	return i < set->count && set->span[i].start <= start;
}

bool
ta_spans_overlaps(const struct spans *set, int64_t start, int64_t end)
{
	uint16_t i;

	if (end <= start)
		return false;
	i = find(set, start + 1);
	return i < set->count && set->span[i].start < end;
}

void
ta_spans_trim_below(struct spans *set, int64_t seq)
{
	uint16_t gone = find(set, seq);

	/* One that ends just at `seq` is below it as well. */
	if (gone < set->count && set->span[gone].end == seq)
		gone++;
	splice(set, 0, gone, 0);
	if (set->count > 0 && set->span[0].start < seq)
		set->span[0].start = seq;
}

const struct span *
ta_spans_first(const struct spans *set)
{
	return set->count > 0 ? set->span : NULL;
}
