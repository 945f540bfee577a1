/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "defect.h"

#include <assert.h>
#include <stddef.h>

struct segment *
defect_find(struct talk *t, enum end from, unsigned has, unsigned lacks,
    unsigned length, unsigned n)
{
	unsigned i;

	for (i = 0; i < t->count; i++) {
		struct segment *s = &t->segment[i];

		if (s->from == from && (s->flags & has) == has &&
		    !(s->flags & lacks) && s->length >= length && n-- == 0)
			return s;
	}
	return &t->segment[0];
}

enum end
defect_closer(struct talk *t)
{
	struct segment *client = defect_find(t, CLIENT, FIN, 0, 0, 0);
	struct segment *server = defect_find(t, SERVER, FIN, 0, 0, 0);

	return client->time < server->time ? CLIENT : SERVER;
}

static struct segment *
add(struct talk *t)
{
	assert(t->count < MOST_SEGMENTS);
	return &t->segment[t->count++];
}

static uint32_t
end_of(const struct segment *s)
{
	return s->seq + s->length + !!(s->flags & SYN) + !!(s->flags & FIN);
}

struct segment *
defect_follow(struct talk *t, const struct segment *before, int64_t later,
    unsigned flags, unsigned length)
{
	struct segment *s = add(t);

	*s = *before;
	s->time += later;
	s->stamp += (uint32_t)(later / MILLISECOND);
	s->seq = end_of(before);
	s->id += 100;
	s->flags = (uint8_t)flags;
	s->length = (uint16_t)length;
	if (before->flags & SYN && !(flags & SYN)) {
		s->extra &= (uint8_t)~OPTIONS_SYN;
		s->window = t->side[s->from].window;
	}
	if (!(flags & ACK))
		s->ack = s->echo = 0;
	return s;
}

struct segment *
defect_repeat(struct talk *t, const struct segment *before, int64_t later)
{
	struct segment *s = add(t);

	*s = *before;
	s->time += later;
	s->stamp += (uint32_t)(later / MILLISECOND);
	s->id += 100;
	return s;
}

struct segment *
defect_answer(struct talk *t, const struct segment *asked, unsigned flags)
{
	enum end from = asked->from == CLIENT ? SERVER : CLIENT;
	int64_t delay = 2 * t->side[from].delay + 10 * MICROSECOND;
	const struct segment *last = NULL;
	unsigned i;

	for (i = 0; i < t->count; i++)
		if (t->segment[i].from == from &&
		    t->segment[i].time <= asked->time + delay &&
		    (last == NULL || t->segment[i].time >= last->time))
			last = &t->segment[i];
	if (last == NULL)
		last = defect_find(t, from, 0, 0, 0, 0);
	return defect_follow(
	    t, last, asked->time + delay - last->time, flags, 0);
}

void
defect_cut(struct talk *t, const struct segment *last)
{
	t->count = (unsigned)(last - t->segment) + 1;
}
