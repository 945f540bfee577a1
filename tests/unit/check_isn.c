/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Which series of numbers are said to be guessed, against the plain definition:
 * all equal, or by a step; in whatever order the sample has them. */
#include <string.h>

#include "test.h"
#include "window.h"

enum { ROUNDS = 100000, SMALL = 1 << 28 };

static struct sample_member member[SAMPLE_MEMBERS];
static uint32_t state = 11;

static uint32_t
draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

/* Fills in numbers of `count` members, each of a later packet, and shuffles
 * them.  In the window are all but the first `old`. */
static void
fill(unsigned count, unsigned old)
{
	uint32_t number = draw(1u << 24) << 8, step;
	unsigned way = draw(4);

	step = way == 1 ? 64000 : way == 2 ? SMALL - 1 : 0;
	memset(member, 0, sizeof(member));
	for (unsigned i = 0; i < count; i++) {
		member[i].packet = i + 1;
		member[i].number = number;
		member[i].bits[BIT_TRIED] = i < old ? 1u << 1 : 1u << 5;
		number += way == 3 ? draw(1u << 24) << 8 : step + draw(3) - 1;
		if (draw(40) == 0)
			number += draw(1u << 24) << 8;
	}
	for (unsigned i = count; i > 1; i--) {
		unsigned k = draw(i);
		struct sample_member m = member[i - 1];

		member[i - 1] = member[k];
		member[k] = m;
	}
}

static uint32_t
number_of(unsigned count, unsigned packet)
{
	for (unsigned i = 0; i < count; i++)
		if (member[i].packet == packet)
			return member[i].number;
	return 0;
}

static bool
is_guessed(unsigned count, unsigned old)
{
	uint32_t first = 0, step;
	bool constant = true, small = true;

	for (unsigned i = old + 2; i <= count; i++) {
		step = number_of(count, i) - number_of(count, i - 1);
		if (i == old + 2)
			first = step;
		constant &= step - first + 1 <= 2;
		small &= step > 0 && step < SMALL;
	}
	return count - old >= 8 && constant && (first == 0 || small);
}

static void
test_series(struct tcpaudit *t)
{
	unsigned guessed = 0;
	bool right = true;

	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned count = draw(16), old = draw(count / 2 + 1);
		struct tally y = { .head = 20, .only = 20 };
		struct window w = { .t = t,
			.y = &y,
			.from = 3,
			.last = 12,
			.settled = 12,
			.mask = ta_tally_mask(3, 12) };

		fill(count, old);
		ta_sample_init(&y.sample);
		y.sample.count = count;
		y.sample.member = member;
		ta_judge_numbers.judge(&w);
		right &= (y.cases != NULL) == is_guessed(count, old);
		guessed += y.cases != NULL;
		ta_slab_give(&t->flood.cases, y.cases);
	}
	CHECK(right && guessed > ROUNDS / 100);
}

int
main(void)
{
	struct tcpaudit_config config;
	struct tcpaudit *t;

	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	t = tcpaudit_new(&config);
	if (t == NULL)
		return 99;
	test_series(t);
	tcpaudit_free(t);
	return test_done();
}
