/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Spans against a model: the same operations on an array of booleans. */
#include "spans.h"

#include <stdlib.h>
#include <string.h>

#include "seq.h"
#include "test.h"

enum { NUMBERS = 64, CAPACITY = 6, STEPS = 200000 };

/* The model's numbers lie where 32-bit numbers wrap. */
#define LOWEST (SEQ_BASE - NUMBERS / 2)

/* What must hold after every operation. */
static bool
well_formed(const struct spans *set)
{
	uint16_t i;

	if (set->count > set->capacity)
		return false;
	for (i = 0; i < set->count; i++) {
		if (set->span[i].start >= set->span[i].end)
			return false;
		if (i > 0 && set->span[i - 1].end >= set->span[i].start)
			return false;
	}
	return true;
}

static bool
same(const struct spans *set, const bool *model)
{
	bool seen[NUMBERS] = { false };
	uint16_t i;
	int64_t n;

	for (i = 0; i < set->count; i++) {
		for (n = set->span[i].start; n < set->span[i].end; n++)
			seen[n - LOWEST] = true;
	}
	return memcmp(seen, model, sizeof(seen)) == 0;
}

static unsigned
model_runs(const bool *model)
{
	unsigned runs = 0;
	int i;

	for (i = 0; i < NUMBERS; i++)
		runs += model[i] && (i == 0 || !model[i - 1]);
	return runs;
}

static bool
model_all(const bool *model, int from, int to)
{
	while (from < to && model[from])
		from++;
	return from >= to;
}

static bool
model_any(const bool *model, int from, int to)
{
	while (from < to && !model[from])
		from++;
	return from < to;
}

/* One random operation on both; false if they differ. */
static bool
step(struct spans *set, bool *model)
{
	int from = rand() % NUMBERS, to = from + rand() % 9 - 1, i;
	bool after[NUMBERS], done, fits, add = rand() % 2 != 0;

	if (to > NUMBERS)
		to = NUMBERS;
	memcpy(after, model, sizeof(after));
	if (rand() % 50 == 0) {
		ta_spans_trim_below(set, LOWEST + from);
		memset(model, 0, (size_t)from);
		return true;
	}
	for (i = from; i < to; i++)
		after[i] = add;
	fits = model_runs(after) <= CAPACITY;
	done = add ? ta_spans_add(set, LOWEST + from, LOWEST + to)
		   : ta_spans_remove(set, LOWEST + from, LOWEST + to);
	if (fits)
		memcpy(model, after, sizeof(after));
	return done == fits;
}

static bool
queries_agree(const struct spans *set, const bool *model)
{
	int from = rand() % NUMBERS, to = from + rand() % 9 - 1;
	const struct span *first = ta_spans_first(set);
	int64_t a, b;
	int low = 0;

	if (to > NUMBERS)
		to = NUMBERS;
	a = LOWEST + from;
	b = LOWEST + to;
	while (low < NUMBERS && !model[low])
		low++;
	if ((first == NULL) != (low == NUMBERS))
		return false;
	if (first != NULL && first->start != LOWEST + low)
		return false;
	return ta_spans_contains(set, a, b) == model_all(model, from, to) &&
	       ta_spans_overlaps(set, a, b) == model_any(model, from, to);
}

static void
test_model(void)
{
	struct span storage[CAPACITY];
	struct spans set;
	bool model[NUMBERS] = { false }, good = true;
	int i;

	srand(1);
	ta_spans_init(&set, storage, CAPACITY);
	for (i = 0; i < STEPS && good; i++)
		good = step(&set, model) && well_formed(&set) &&
		       same(&set, model) && queries_agree(&set, model);
	CHECK(good && "random operations agree with the model");
}

static void
test_edges(void)
{
	struct span storage[2];
	struct spans set;

	ta_spans_init(&set, storage, 0);
	CHECK(!ta_spans_add(&set, 1, 2) && "no room in a set of none");
	CHECK(ta_spans_add(&set, 2, 2) && ta_spans_add(&set, 3, 1) &&
	      "an empty range always fits");
	CHECK(ta_spans_first(&set) == NULL && "an empty set has no first");
	ta_spans_init(&set, storage, 2);
	CHECK(ta_spans_add(&set, 10, 20) && ta_spans_add(&set, 30, 40) &&
	      "two ranges");
	CHECK(!ta_spans_add(&set, 50, 60) && set.count == 2 &&
	      "a third does not fit");
	CHECK(!ta_spans_remove(&set, 12, 14) &&
	      ta_spans_contains(&set, 10, 20) && "nor does a split");
	CHECK(ta_spans_add(&set, 20, 30) && set.count == 1 &&
	      ta_spans_contains(&set, 10, 40) &&
	      "what fills the gap merges both");
	CHECK(!ta_spans_overlaps(&set, 40, 50) &&
	      !ta_spans_overlaps(&set, 5, 10) &&
	      "ranges that touch do not overlap");
	ta_spans_trim_below(&set, 40);
	CHECK(set.count == 0 && "nothing is left below the end");
}

int
main(void)
{
	test_edges();
	test_model();
	return test_done();
}
