/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "shape.h"

#include <string.h>

#include "connection.h"
#include "flood.h"
#include "hash.h"
#include "rules.h"

_Static_assert(sizeof(struct shape_end) == 40, "padding in a shape");
_Static_assert(sizeof(struct shape) == 80 + 72, "padding in a shape");

void
ta_shapes_init(
    struct shapes *s, struct memory *memory, const uint64_t hash_key[2])
{
	memset(s, 0, sizeof(*s));
	ta_pool_init(&s->pool, sizeof(struct shape_entry), memory);
	memcpy(s->hash_key, hash_key, sizeof(s->hash_key));
}

void
ta_shapes_clear(struct shapes *s)
{
	if (s->pool.memory == NULL)
		return;
	ta_release(
	    s->pool.memory, s->bucket, SHAPE_BUCKETS * sizeof(*s->bucket));
	s->bucket = NULL;
	s->count = 0;
	ta_pool_clear(&s->pool);
}

/* Both ends are certain to be in ESTABLISHED, and nothing has passed that
 * could lead them out of it: see belief.c. */
static bool
is_steady(const struct shape *s)
{
	const uint32_t known = KNOWS_SENT | KNOWS_ISS | KNOWS_ACK | KNOWS_EDGE |
			       KNOWS_TTL | KNOWS_SYN_OPTIONS;

	for (int i = 0; i < 2; i++) {
		const struct shape_end *x = &s->end[i];

		if (x->possible != STATE(ESTABLISHED) ||
		    x->nominal != TCPAUDIT_ESTABLISHED ||
		    (x->known & (known | KNOWS_FIN)) != known)
			return false;
	}
	return (s->marks & (CONN_OPEN | CONN_WSCALE)) ==
	       (CONN_OPEN | CONN_WSCALE);
}

/* Both ends are presumed to be in ESTABLISHED, and there was no FIN.  Of what
 * passed and may have arrived or not, there is nothing that could lead them out
 * of it: see ta_fact_nominal(). */
static bool
is_timeless(const struct shape *s)
{
	for (int i = 0; i < 2; i++) {
		const struct shape_end *x = &s->end[i];

		if (!(x->possible & STATE(ESTABLISHED)) ||
		    x->nominal != TCPAUDIT_ESTABLISHED ||
		    (x->known & KNOWS_FIN))
			return false;
	}
	return true;
}

/* No other rule looks at its findings when a segment comes, as some do to take
 * back what was said. */
static bool
is_quiet_rule(unsigned rule)
{
	return rule == RULE_TW03 || rule == RULE_TW16 || rule == RULE_TW17 ||
	       rule == RULE_OP07 || rule == RULE_WN09 || rule == RULE_WN10 ||
	       rule == RULE_DA11 || rule == RULE_RX01 || rule == RULE_RX04 ||
	       rule == RULE_RX07 || rule == RULE_RX22;
}

static bool
is_quiet(const struct shape *s)
{
	for (unsigned i = 0; i < SHAPE_FINDINGS; i++)
		if (s->finding[i] != 0 &&
		    !is_quiet_rule(s->finding[i] & SHAPE_RULE_MASK))
			return false;
	return true;
}

/* Of a connection of which no rule has anything to say but for its numbers, if
 * a segment of `end` comes. */
static bool
is_ordinary(const struct shape *s, int end)
{
	const uint32_t odd = CONN_MIDSTREAM | CONN_SELF | CONN_LOSSY_FOR_EVER |
			     CONN_UNSOLICITED | CONN_PROBE | CONN_SIMULTANEOUS |
			     CONN_DUPLICATES | CONN_OLD_SYN |
			     CONN_MISSING_HANDSHAKE | CONN_ONE_SIDED;
	const struct shape_end *e = &s->end[end];
	const struct shape_end *p = &s->end[!end];

	return is_quiet(s) && !(s->marks & odd) && (p->known & KNOWS_SENT) &&
	       !((e->marks | p->marks) & ZERO_WINDOW) &&
	       /* TD14: it answers where it should be CLOSED. */
	       !((e->marks & FIN_ACKED) && e->nominal == TCPAUDIT_CLOSED) &&
	       !(s->flood & (FLOOD_ECHO | FLOOD_STRAY));
}

static uint8_t
ordinary(const struct shape *s)
{
	unsigned bits = 0;

	for (int i = 0; i < 2; i++) {
		if (!is_ordinary(s, i))
			continue;
		bits |= 4u << i;
		if (s->end[i].known & KNOWS_SENT)
			bits |= 1u << i;
	}
	return (uint8_t)bits;
}

/* Both ends are. */
static bool
is_closed(const struct shape *s)
{
	const unsigned gone = STATE(CLOSED) | STATE(LISTEN) | STATE(TIME_WAIT);

	return (1u << s->end[0].nominal & gone) &&
	       (1u << s->end[1].nominal & gone);
}

static uint8_t
due(const struct shape *s)
{
	if (((s->end[0].known | s->end[1].known) & KNOWS_FIN) || is_closed(s))
		return SHAPE_DUE_ENDS;
	if ((s->marks & CONN_OPEN) &&
	    s->end[0].nominal == TCPAUDIT_ESTABLISHED &&
	    s->end[1].nominal == TCPAUDIT_ESTABLISHED)
		return SHAPE_DUE_OPEN;
	return SHAPE_DUE_BEGUN;
}

static unsigned
owes_handshake(const struct shape *s)
{
	bool answered = s->end[1].marks & SENT_SYNACK;

	if ((s->marks & CONN_OPEN) || !(s->end[0].marks & SENT_SYN))
		return 0;
	if (answered)
		return s->done & DONE_HANDSHAKE ? 0 : SHAPE_OWES_THIRD_ACK;
	return s->done & DONE_SYN ? 0 : SHAPE_OWES_ANSWER;
}

static unsigned
owes_end(const struct shape *s, int i)
{
	const struct shape_end *x = &s->end[i], *y = &s->end[!i];
	unsigned bits = 0;

	if (!(x->known & KNOWS_FIN))
		bits |= s->done & (DONE_CLOSE_WAIT << i) ? 0 : SHAPE_OWES_CLOSE;
	else if (!(x->marks & (FIN_ACKED | FIN_WITHOUT_ACK)))
		bits |= s->done & (DONE_FIN << i) ? 0 : SHAPE_OWES_FIN_ACK;
	if (x->nominal == TCPAUDIT_TIME_WAIT)
		bits |= s->done & (DONE_TIMEWAIT << i) ? 0 : SHAPE_OWES_WAIT;
	if ((x->marks & (SENT_DATA | FIN_ACKED)) == SENT_DATA &&
	    (y->known & KNOWS_ACK) && !(s->done & DONE_UNACKED))
		bits |= SHAPE_OWES_ACK;
	return bits;
}

static uint16_t
owes(const struct shape *s)
{
	unsigned end = is_closed(s) ? SHAPE_OWES_END : 0;

	return (uint16_t)(owes_handshake(s) | owes_end(s, 0) |
			  owes_end(s, 1) << 1 | end);
}

uint32_t
ta_shape_number(struct shapes *s, const struct shape *shape)
{
	uint32_t hash =
	    (uint32_t)hash_bytes(s->hash_key, shape, sizeof(*shape));
	uint32_t id, *head;
	struct shape_entry *x;

	if (s->bucket == NULL)
		s->bucket = ta_allocate(
		    s->pool.memory, SHAPE_BUCKETS * sizeof(*s->bucket));
	if (s->bucket == NULL)
		return 0;
	head = &s->bucket[hash % SHAPE_BUCKETS];
	for (id = *head; id != 0; id = shape_at(s, id)->next)
		if (shape_at(s, id)->hash == hash &&
		    memcmp(&shape_at(s, id)->shape, shape, sizeof(*shape)) == 0)
			return id;
	id = s->count < SHAPES_MOST ? ta_pool_take(&s->pool) : 0;
	if (id == 0)
		return 0;
	x = pool_at(&s->pool, id);
	x->shape = *shape;
	x->hash = hash;
	x->steady = is_steady(shape);
	x->timeless = is_timeless(shape);
	x->ordinary = ordinary(shape);
	x->due = due(shape);
	x->owes = owes(shape);
	x->next = *head;
	*head = id;
	s->count++;
	return id;
}

void
ta_shape_stays(struct shapes *s, uint32_t number, unsigned end, bool text)
{
	struct shape_entry *x = pool_at(&s->pool, number);

	if (x->steady && (x->shape.end[end].marks & SCALED_EDGE))
		x->stays |= (uint8_t)shape_way(end, text);
}
