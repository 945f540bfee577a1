/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Seats: as many as there is room for, each with a number of its own; one that
 * was given back is as new. */
#include "seat.h"

#include "test.h"

enum { ROOM = 32, STEPS = 20000 };

static struct memory memory;
static struct seats seats;
static uint32_t state = 3;

static uint32_t
draw(uint32_t below)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % below;
}

static void
test_taken(void)
{
	struct tally *taken[ROOM] = { NULL }, *y;
	unsigned count = 0, most = 0;
	bool right = true;

	ta_seats_init(&seats, &memory, ROOM);
	for (unsigned step = 0; step < STEPS; step++) {
		uint32_t i = draw(ROOM);

		if (taken[i] != NULL) {
			ta_seat_give(&seats, taken[i]);
			taken[i] = NULL;
			count--;
			continue;
		}
		if (draw(8) == 0)
			continue;
		y = taken[i] = ta_seat_take(&seats);
		right &= y != NULL && y->next == 0 && y->hash == 0 &&
			 (uintptr_t)y % CACHE_LINE == 0;
		if (y == NULL)
			break;
		for (unsigned k = 0; k < ROOM; k++)
			right &= k == i || taken[k] != y;
		right &= seat_number(&seats, y) - 1 < ROOM &&
			 seat_at(&seats, seat_number(&seats, y)) == y;
		y->hash = i;
		most = ++count > most ? count : most;
	}
	CHECK(right && most > ROOM / 2);
	while (count < ROOM && ta_seat_take(&seats) != NULL)
		count++;
	CHECK(count == ROOM && ta_seat_take(&seats) == NULL);
	ta_seats_clear(&seats);
	CHECK(memory.used == 0);
}

static void
test_no_memory(void)
{
	ta_seats_init(&seats, &memory, ROOM);
	memory.limit = ROOM * sizeof(struct tally);
	CHECK(ta_seat_take(&seats) == NULL && memory.used == 0);
	memory.limit = UINT64_MAX;
	CHECK(ta_seat_take(&seats) != NULL);
	ta_seats_clear(&seats);
}

int
main(void)
{
	struct tcpaudit_config config = { 0 };

	ta_memory_init(&memory, &config, UINT64_MAX);
	test_taken();
	test_no_memory();
	return test_done();
}
