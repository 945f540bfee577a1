/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "talk.h"

#include <assert.h>
#include <string.h>

/* The clock of RFC 6528 ticks every 4 microseconds. */
#define ISN_TICK (4 * MICROSECOND)

static uint32_t
first_number(const struct flow *f, int64_t now, enum end from)
{
	uint64_t secret = f->address[from] * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t tuple =
	    (uint64_t)f->address[CLIENT] << 32 | f->address[SERVER];

	tuple = chance_mix(tuple ^ secret) ^
		((uint64_t)f->port[CLIENT] << 16 | f->port[SERVER]);
	return (uint32_t)(chance_mix(tuple) + (uint64_t)(now / ISN_TICK));
}

void
talk_begin(struct talk *t, struct chance *c, const struct flow *flow,
    int64_t now, int64_t rtt)
{
	uint64_t random = chance_next(c);
	int end;

	t->flow = *flow;
	t->count = 0;
	t->extra = STAMPS;
	t->side[CLIENT].delay = rtt / 2 * (int64_t)(random % 10) / 10;
	t->side[SERVER].delay = rtt / 2 - t->side[CLIENT].delay;
	for (end = CLIENT; end <= SERVER; end++) {
		struct side *s = &t->side[end];
		uint32_t address = flow->address[end];

		t->flow.isn[end] = first_number(flow, now, (enum end)end);
		/* A host is always as far, and its clock is one for all. */
		t->flow.hops[end] = (uint8_t)(1 + chance_mix(address) % 20);
		s->clock = (uint32_t)chance_mix(~(uint64_t)address);
		s->next = t->flow.isn[end];
		s->expected = s->acked = s->recent = 0;
		s->window = 64240;
		s->id = (uint16_t)(random >> (16 + 16 * end));
	}
}

struct segment *
talk_send(
    struct talk *t, enum end from, int64_t at, unsigned flags, unsigned length)
{
	struct segment *s = &t->segment[t->count++];
	struct side *side = &t->side[from];

	assert(t->count <= MOST_SEGMENTS);
	s->time = at + side->delay;
	s->seq = side->next;
	s->ack = flags & ACK ? side->expected : 0;
	s->stamp = side->clock + (uint32_t)(at / MILLISECOND);
	s->echo = flags & ACK ? side->recent : 0;
	s->length = (uint16_t)length;
	s->window = side->window;
	/* Linux answers a SYN with the number 0. */
	s->id = (flags & (SYN | ACK)) == (SYN | ACK) ? 0 : side->id++;
	s->from = (uint8_t)from;
	s->flags = (uint8_t)flags;
	s->extra = (uint8_t)(t->extra | (flags & SYN ? OPTIONS_SYN : 0));
	side->next += length + !!(flags & SYN) + !!(flags & FIN);
	side->acked = s->ack;
	if (flags & SYN)
		side->window = from == CLIENT ? 502 : 510;
	return s;
}

int64_t
talk_take(struct talk *t, const struct segment *s)
{
	struct side *to = &t->side[!s->from];

	/* RFC 7323, 4.3. */
	if (s->flags & SYN || (int32_t)(s->seq - to->acked) <= 0)
		to->recent = s->stamp;
	to->expected =
	    s->seq + s->length + !!(s->flags & SYN) + !!(s->flags & FIN);
	return s->time + to->delay;
}

int64_t
talk_pass(
    struct talk *t, enum end from, int64_t at, unsigned flags, unsigned length)
{
	return talk_take(t, talk_send(t, from, at, flags, length));
}

int64_t
talk_open(struct talk *t, int64_t at)
{
	at = talk_pass(t, CLIENT, at, SYN, 0);
	at = talk_pass(t, SERVER, at + 40 * MICROSECOND, SYN | ACK, 0);
	return talk_pass(t, CLIENT, at + 30 * MICROSECOND, ACK, 0);
}

int64_t
talk_text(struct talk *t, enum end from, int64_t at, unsigned length, bool all)
{
	unsigned first = t->count, i, count = (length + FULL - 1) / FULL;
	enum end to = from == CLIENT ? SERVER : CLIENT;
	int64_t arrived = at;

	for (i = 0; i < count; i++) {
		bool last = i + 1 == count;

		talk_send(t, from, at, last ? ACK | PSH : ACK,
		    last ? length - i * FULL : FULL);
		at += 13 * MICROSECOND; /* 1 Gbit/s */
	}
	for (i = 0; i < count; i++) {
		const struct segment *s = &t->segment[first + i];

		arrived = talk_take(t, s);
		if (i % 2 == 1)
			talk_pass(t, to, arrived + 10 * MICROSECOND, ACK, 0);
		else if (i + 1 == count && all)
			talk_pass(t, to, arrived + ACK_DELAY, ACK, 0);
	}
	return arrived;
}

int64_t
talk_close(struct talk *t, enum end from, int64_t at, int64_t later)
{
	enum end to = from == CLIENT ? SERVER : CLIENT;

	at = talk_pass(t, from, at, FIN | ACK, 0) + 20 * MICROSECOND;
	if (later > 0)
		talk_pass(t, to, at, ACK, 0);
	at = talk_pass(t, to, at + later, FIN | ACK, 0) + 20 * MICROSECOND;
	return talk_pass(t, from, at, ACK, 0);
}

void
talk_sort(struct talk *t)
{
	unsigned i, j;

	/* Nearly sorted, and what is at one time stays in its order. */
	for (i = 1; i < t->count; i++) {
		struct segment s = t->segment[i];

		for (j = i; j > 0 && t->segment[j - 1].time > s.time; j--)
			t->segment[j] = t->segment[j - 1];
		t->segment[j] = s;
	}
}
