/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* CP08: packets that were captured twice. */
#include "copy.h"

#include <string.h>

#include "check.h"

#define SIGHTS_FIRST 4096
#define SIGHTS_MOST  (1u << 20)

/* Twice the room; false: there is none. */
static bool
grow(struct sights *s, struct memory *memory)
{
	uint32_t size = s->size == 0 ? SIGHTS_FIRST : 2 * s->size;
	size_t times = (size_t)SIGHT_TIMES * size;
	struct sights more = { .size = size,
		.next = s->next != 0 ? s->next : 1 };

	more.ring = ta_allocate(memory, size * sizeof(*more.ring));
	more.latest = ta_allocate(memory, times * sizeof(*more.latest));
	if (more.ring == NULL || more.latest == NULL) {
		ta_release(memory, more.ring, size * sizeof(*more.ring));
		ta_release(memory, more.latest, times * sizeof(*more.latest));
		return false;
	}
	for (uint32_t i = 0; i < s->size; i++) {
		uint32_t number = s->next - s->size + i;

		sight_put(&more, number, &s->ring[number & (s->size - 1)]);
	}
	ta_sights_clear(s, memory);
	*s = more;
	return true;
}

uint32_t
ta_sight_add_more(struct sights *s, struct memory *memory, uint32_t mark,
    uint32_t before, int64_t time)
{
	const struct sight *oldest =
	    s->size > 0 ? &s->ring[s->next & (s->size - 1)] : NULL;
	uint32_t number;

	if (oldest == NULL ||
	    (oldest->time != 0 && time - oldest->time <= T_DUPLICATE &&
		s->size < SIGHTS_MOST))
		if (!grow(s, memory) && oldest == NULL)
			return 0;
	number = s->next++;
	sight_put(s, number, &(struct sight){ mark, before, time });
	if (s->next == 0)
		s->next = 1;
	return number;
}

const struct sight *
ta_sight_same(
    const struct sights *s, uint32_t number, uint32_t mark, int64_t time)
{
	for (unsigned i = 0; i < SIGHT_LOOKS; i++) {
		const struct sight *x = ta_sight_find(s, number, time);

		if (x == NULL || x->mark == mark)
			return x;
		number = x->before;
	}
	return NULL;
}

void
ta_sights_clear(struct sights *s, struct memory *memory)
{
	ta_release(memory, s->latest,
	    (size_t)SIGHT_TIMES * s->size * sizeof(*s->latest));
	ta_release(memory, s->ring, s->size * sizeof(*s->ring));
	memset(s, 0, sizeof(*s));
}

/* In whole microseconds since the connection began. */
static int64_t
apart(const struct step *s, const struct sight *x)
{
	int64_t first = s->c->t_first;

	return ((s->time - first) / 1000 - (x->time - first) / 1000) * 1000;
}

/* The very frame again (CP08): captured twice, not sent twice.  The TCP digest
 * covers every header byte and, through the checksum, the text; the IP
 * identification tells a copy from an equal segment sent again.  Where there
 * is none, a bare ACK proves nothing until the connection is known to be
 * captured twice. */
bool
ta_captured_twice(struct step *s)
{
	struct endpoint *e = s->e;
	const struct segment *seg = s->seg;
	uint32_t mark = ta_sight_mark(seg);
	bool strong = (seg->ip_id_known && seg->ip_id != 0) ||
		      (s->length > 0 && !s->syn) ||
		      (s->c->marks & CONN_DUPLICATES);
	const struct sight *x = NULL;

	if (strong && !ta_sight_is_new(&s->t->sights, mark, s->time))
		x = ta_sight_same(&s->t->sights, e->seen, mark, s->time);
	if (x != NULL) {
		s->c->marks |= CONN_DUPLICATES;
		report(s, RULE_CP08, e, SEEN(DELAY, apart(s, x)));
		return true;
	}
	e->seen =
	    ta_sight_add(&s->t->sights, &s->t->memory, mark, e->seen, s->time);
	return false;
}
