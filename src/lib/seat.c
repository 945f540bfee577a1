/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "seat.h"

#include <string.h>

#include "poison.h"

void
ta_seats_init(struct seats *s, struct memory *memory, uint32_t room)
{
	memset(s, 0, sizeof(*s));
	s->memory = memory;
	s->room = room < SEATS_MOST ? room : SEATS_MOST;
}

static size_t
bytes(const struct seats *s)
{
	return s->room * sizeof(*s->tally) + CACHE_LINE;
}

void
ta_seats_clear(struct seats *s)
{
	if (s->raw != NULL)
		ASAN_UNPOISON_MEMORY_REGION(s->raw, bytes(s));
	ta_release(s->memory, s->raw, bytes(s));
	ta_seats_init(s, s->memory, s->room);
}

static bool
has_room(struct seats *s)
{
	if (s->raw != NULL)
		return true;
	s->raw = ta_take_bytes(s->memory, bytes(s));
	if (s->raw == NULL)
		return false;
	s->tally = memory_line(s->raw);
	ASAN_POISON_MEMORY_REGION(s->raw, bytes(s));
	return true;
}

struct tally *
ta_seat_take(struct seats *s)
{
	struct tally *y;

	if (!has_room(s) || (s->free == 0 && s->fresh == s->room))
		return NULL;
	y = seat_at(s, s->free != 0 ? s->free : s->fresh + 1);
	ASAN_UNPOISON_MEMORY_REGION(y, sizeof(*y));
	if (s->free != 0)
		s->free = y->next;
	else
		s->fresh++;
	memset(y, 0, sizeof(*y));
	return y;
}

void
ta_seat_give(struct seats *s, struct tally *y)
{
	y->next = s->free;
	s->free = seat_number(s, y);
	ASAN_POISON_MEMORY_REGION(y, sizeof(*y));
}
