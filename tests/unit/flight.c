/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is in flight, and the holes: against a model that has one cell for each
 * octet, and at their bounds. */
#include "flight.h"

#include <string.h>

#include "test.h"

#define MS INT64_C(1000000)

enum { OCTETS = 400, ROUNDS = 20000 };

static uint32_t random_state = 1;

static uint32_t
random_below(uint32_t n)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % n;
}

static void
send_at(
    struct flight *f, int64_t start, int64_t end, int64_t time, uint16_t copies)
{
	const struct transmission new = {
		.start = start,
		.end = end,
		.time = time,
		.time_first = time,
		.packet = (tcpaudit_packet_id)(start + 1),
		.stored = 1,
		.copies = copies,
	};

	ta_flight_add(f, &new);
}

/* ----------------------------------------------------------------- flight */

/* By start, without overlap, none empty. */
static bool
in_order(const struct flight *f)
{
	for (unsigned i = 0; i < f->count; i++) {
		if (f->sent[i].start >= f->sent[i].end)
			return false;
		if (i > 0 && f->sent[i - 1].end > f->sent[i].start)
			return false;
	}
	return f->count <= FLIGHT_MAX;
}

static void
test_find(void)
{
	struct flight f = { 0 };

	CHECK(ta_flight_find(&f, 0) == NULL);
	send_at(&f, 200, 300, 2, 1);
	send_at(&f, 100, 200, 1, 1);
	CHECK(f.count == 2 && in_order(&f) && "late, but in its place");
	CHECK(ta_flight_find(&f, 99) == NULL);
	CHECK(ta_flight_find(&f, 100)->start == 100);
	CHECK(ta_flight_find(&f, 199)->start == 100);
	CHECK(ta_flight_find(&f, 200)->start == 200);
	CHECK(ta_flight_find(&f, 300) == NULL);
}

static void
test_copies(void)
{
	struct flight f = { 0 };

	send_at(&f, 100, 200, 1, 1);
	send_at(&f, 200, 300, 2, 1);
	send_at(&f, 300, 400, 3, 1);
	send_at(&f, 200, 300, 9, 2);
	CHECK(f.count == 3 && in_order(&f));
	CHECK(ta_flight_find(&f, 250)->time == 9);
	CHECK(ta_flight_find(&f, 250)->copies == 2);
	CHECK(ta_flight_find(&f, 150)->time == 1);
	/* Cut into other pieces: what is covered in part is kept in part,
	 * and its text no longer begins where it was stored. */
	send_at(&f, 150, 250, 10, 2);
	CHECK(in_order(&f) && f.count == 4);
	CHECK(ta_flight_find(&f, 149)->time == 1);
	CHECK(ta_flight_find(&f, 150)->time == 10);
	CHECK(ta_flight_find(&f, 250)->time == 9);
	CHECK(ta_flight_find(&f, 250)->start == 250);
	CHECK(ta_flight_find(&f, 250)->stored == 0);
	send_at(&f, 100, 400, 11, 3);
	CHECK(f.count == 1 && ta_flight_find(&f, 399)->copies == 3);
}

/* RFC 6298, 3 (Karn): no round trip from what was sent twice. */
static void
test_sample(void)
{
	struct transmission sample;
	struct flight f = { 0 };

	CHECK(!ta_flight_acked(&f, 100, &sample));
	send_at(&f, 100, 200, 1 * MS, 1);
	send_at(&f, 200, 300, 2 * MS, 1);
	send_at(&f, 300, 400, 3 * MS, 2);
	send_at(&f, 400, 500, 4 * MS, 1);
	CHECK(!ta_flight_acked(&f, 100, &sample) && f.count == 4);
	CHECK(ta_flight_acked(&f, 300, &sample) && sample.time == 2 * MS &&
	      "the newest that is covered");
	CHECK(f.count == 2 && ta_flight_find(&f, 299) == NULL);
	CHECK(!ta_flight_acked(&f, 400, &sample) && "it was sent twice");
	CHECK(!ta_flight_acked(&f, 450, &sample) && "not wholly");
	CHECK(f.count == 1 && f.sent[0].start == 450 && f.sent[0].stored == 0);
	CHECK(ta_flight_acked(&f, 1000, &sample) && f.count == 0);
}

static void
test_sacked(void)
{
	struct flight f = { 0 };

	send_at(&f, 100, 200, 1, 1);
	send_at(&f, 200, 300, 2, 1);
	send_at(&f, 300, 400, 3, 1);
	ta_flight_sacked(&f, 200, 350, 7);
	CHECK(!f.sent[0].sacked && f.sent[1].sacked && !f.sent[2].sacked);
}

/* A long flight: nothing that was sent is forgotten, what was sent close
 * together becomes one. */
static void
test_coarse(void)
{
	struct transmission sample;
	struct flight f = { 0 };
	bool all = true;
	int64_t i;

	for (i = 0; i < 100; i++) {
		send_at(
		    &f, 100 * i, 100 * i + 100, i / 10 * 100 * MS + i * MS, 1);
		all &= in_order(&f);
	}
	CHECK(all && f.count == FLIGHT_MAX);
	for (i = 0; i < 10000; i++)
		all &= ta_flight_find(&f, i) != NULL;
	CHECK(all && "each octet is still there");
	for (i = 1; i < 10; i++)
		all &= ta_flight_find(&f, 1000 * i - 1) !=
		       ta_flight_find(&f, 1000 * i);
	CHECK(all && "no two of different bursts became one");
	for (i = 0; i < f.count; i++)
		all &= f.sent[i].end - f.sent[i].start == 100 ||
		       f.sent[i].stored == 0;
	CHECK(all && "nor is text kept of what became one");
	CHECK(ta_flight_acked(&f, 5000, &sample) && sample.end == 5000);
	CHECK(f.sent[0].start == 5000);
}

/* Ranges against cells.  What overlaps is replaced. */
static void
test_flight_model(void)
{
	static uint16_t cell[OCTETS]; /* 0: not in flight */
	struct flight f = { 0 };
	struct transmission sample;
	int64_t acked = 0;
	int bad = 0;

	for (int i = 1; i < ROUNDS; i++) {
		int64_t start = acked + random_below(40);
		int64_t end = start + 1 + random_below(40);

		if (end >= OCTETS || f.count == FLIGHT_MAX ||
		    random_below(8) == 0) {
			acked = end >= OCTETS ? OCTETS : start;
			ta_flight_acked(&f, acked, &sample);
			memset(cell, 0, (size_t)acked * sizeof(cell[0]));
		} else {
			const struct transmission *old =
			    ta_flight_find(&f, start);

			/* A copy of the middle of another: not modelled. */
			if (old != NULL && old->start < start && old->end > end)
				continue;
			send_at(&f, start, end, i, 1);
			for (int64_t k = start; k < end; k++)
				cell[k] = (uint16_t)i;
		}
		for (int64_t k = 0; k < OCTETS; k++) {
			const struct transmission *s = ta_flight_find(&f, k);

			bad += (s != NULL ? (uint16_t)s->time : 0) != cell[k];
		}
		if (acked == OCTETS)
			acked = 0;
	}
	CHECK(bad == 0);
}

/* ------------------------------------------------------------------- gaps */

static int64_t
add_gap(struct gaps *g, int64_t start, int64_t end)
{
	const struct gap gap = { .start = start, .end = end };

	return ta_gaps_add(g, &gap);
}

static void
test_gaps(void)
{
	struct gaps g = { 0 };

	CHECK(ta_gaps_find(&g, 0, 100) == NULL);
	CHECK(ta_gaps_fill(&g, 0, 100) == 0 && ta_gaps_acked(&g, 100) == 0);
	CHECK(add_gap(&g, 100, 200) == 0 && add_gap(&g, 300, 400) == 0);
	CHECK(ta_gaps_find(&g, 0, 100) == NULL);
	CHECK(ta_gaps_find(&g, 200, 300) == NULL);
	CHECK(ta_gaps_find(&g, 0, 101)->start == 100);
	CHECK(ta_gaps_find(&g, 199, 500)->start == 100 && "the first");
	CHECK(ta_gaps_find(&g, 200, 500)->start == 300);
	CHECK(ta_gaps_fill(&g, 120, 150) == 30 && g.count == 3);
	CHECK(ta_gaps_find(&g, 120, 150) == NULL);
	CHECK(ta_gaps_fill(&g, 120, 150) == 0 && "only once");
	CHECK(ta_gaps_fill(&g, 90, 110) == 10 && g.gap[0].start == 110);
	CHECK(ta_gaps_fill(&g, 190, 310) == 20 && g.count == 3);
	CHECK(g.gap[1].end == 190 && g.gap[2].start == 310);
	CHECK(ta_gaps_acked(&g, 110) == 0);
	CHECK(ta_gaps_acked(&g, 160) == 20 && g.count == 2);
	CHECK(ta_gaps_fill(&g, 0, 1000) == 120 && g.count == 0);
}

static void
test_gaps_full(void)
{
	struct gaps g = { 0 };
	int64_t forgotten = 0;
	int64_t total = 0;

	for (int64_t i = 0; i < GAPS_MAX; i++)
		forgotten += add_gap(&g, 100 * i, 100 * i + 50);
	CHECK(forgotten == 0 && g.count == GAPS_MAX);
	/* One in the middle cannot be cut in two: it shrinks to one part. */
	CHECK(ta_gaps_fill(&g, 510, 520) == 10 && g.count == GAPS_MAX);
	CHECK(ta_gaps_find(&g, 510, 520) == NULL);
	CHECK(add_gap(&g, 100 * GAPS_MAX, 100 * GAPS_MAX + 50) == 50 &&
	      "the oldest goes");
	CHECK(g.count == GAPS_MAX && ta_gaps_find(&g, 0, 100) == NULL);
	CHECK(ta_gaps_find(&g, 100 * GAPS_MAX, INT64_MAX) != NULL);
	for (unsigned i = 0; i < g.count; i++)
		total += g.gap[i].end - g.gap[i].start;
	CHECK(ta_gaps_acked(&g, INT64_MAX) == total && g.count == 0);
}

static int64_t
seen_now(bool *cell, int64_t start, int64_t end)
{
	int64_t n = 0;

	for (int64_t k = start; k < end; k++) {
		n += !cell[k];
		cell[k] = true;
	}
	return n;
}

/* Holes against cells: each octet is filled once, and all are found. */
static void
test_gaps_model(void)
{
	bool cell[OCTETS]; /* seen */
	struct gaps g = { 0 };
	int64_t max = 0;
	int bad = 0;

	memset(cell, true, sizeof(cell));
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = random_below(OCTETS - 40);
		int64_t end = start + 1 + random_below(30);

		if (g.count < GAPS_MAX - 1 && max + 40 < OCTETS &&
		    random_below(2) == 0) {
			start = max + 1 + random_below(5);
			max = start + 1 + random_below(20);
			add_gap(&g, start, max);
			memset(cell + start, false, (size_t)(max - start));
		} else if (g.count < GAPS_MAX) {
			bad += ta_gaps_fill(&g, start, end) !=
			       seen_now(cell, start, end);
		}
		if (max + 40 >= OCTETS) {
			bad += ta_gaps_acked(&g, max / 2) !=
			       seen_now(cell, 0, max / 2);
			bad += ta_gaps_acked(&g, OCTETS) !=
			       seen_now(cell, max / 2, OCTETS);
			bad += g.count != 0;
			max = 0;
		}
		for (int64_t k = 0; k < OCTETS; k++)
			bad += (ta_gaps_find(&g, k, k + 1) != NULL) == cell[k];
	}
	CHECK(bad == 0);
}

int
main(void)
{
	test_find();
	test_copies();
	test_sample();
	test_sacked();
	test_coarse();
	test_flight_model();
	test_gaps();
	test_gaps_full();
	test_gaps_model();
	return test_done();
}
