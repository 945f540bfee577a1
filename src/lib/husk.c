/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "husk.h"

#include <string.h>

#include "engine.h"
#include "husk_walk.h"

/* What stands in front: which octets of the masks are not as those of the
 * first one, and what they differ by. */
static uint8_t *
put_masks(uint64_t wrong, uint64_t right, uint8_t *at)
{
	unsigned which = 0;
	uint8_t *front = at;

	at += 2;
	for (unsigned i = 0; i < 8; i++, wrong >>= 8) {
		*at = (uint8_t)wrong;
		which |= (unsigned)(*at != 0) << i;
		at += *at != 0;
	}
	for (unsigned i = 8; i < 16; i++, right >>= 8) {
		*at = (uint8_t)right;
		which |= (unsigned)(*at != 0) << i;
		at += *at != 0;
	}
	front[0] = (uint8_t)which;
	front[1] = (uint8_t)(which >> 8);
	return at;
}

/* The octets that are marked in `which`. */
HUSK_PART uint64_t
get_mask(const uint8_t **from, unsigned which)
{
	uint64_t mask = 0;

	for (; which != 0; which &= which - 1)
		mask |= (uint64_t) * (*from)++ << 8 * __builtin_ctz(which);
	return mask;
}

HUSK_PART void
begin_reading(struct husk_walk *w, const struct tape *husks, uint32_t husk)
{
	const uint8_t *from = tape_at(husks, husk);
	unsigned which = from[0] | (unsigned)from[1] << 8;

	from += 2;
	w->reads = true;
	w->head = tape_head_of(husks, husk);
	w->wrong = w->head->mask[WRONG] ^ get_mask(&from, which & 0xff);
	w->right = w->head->mask[RIGHT] ^ get_mask(&from, which >> 8);
	w->from = from;
}

/* -------------------------------------------------------------- in and out */

static void
begin_reel(const struct tcpaudit *t, const struct calm *k)
{
	struct husk_head *head = tape_head(&t->husks);
	uint64_t packets = t->packet - k->first_packet;
	int64_t passed = t->now - k->t_first;

	head->first = *k;
	head->mask[0] = head->mask[1] = 0;
	head->rate = head->period = 0;
	if (packets == 0 || packets > UINT32_MAX || passed <= 0)
		return;
	head->rate = (packets << 32) / (uint64_t)passed;
	head->period = (uint64_t)passed / packets;
}

/* Its number; 0: it is too long, or memory is short. */
static uint32_t
pack(struct tcpaudit *t, struct calm *k, struct calm_close *z)
{
	uint8_t *to = ta_tape_room(&t->husks, HUSK_MOST), *end;
	uint8_t numbers[NUMBERS * LONGEST + HUSK_SLACK];
	struct husk_walk w = { .at = numbers, .k = k, .z = z };
	size_t length;

	if (to == NULL)
		return 0;
	if (tape_begins(&t->husks))
		begin_reel(t, k);
	w.head = tape_head(&t->husks);
	w.closer = z->end[1].t_fin < z->end[0].t_fin;
	walk(&w, t);
	length = (size_t)(w.at - numbers);
	if (w.far || length > HUSK_MOST - HUSK_FRONT - HUSK_SLACK)
		return 0;
	if (tape_begins(&t->husks)) {
		w.head->mask[WRONG] = w.wrong;
		w.head->mask[RIGHT] = w.right;
	}
	end = put_masks(
	    w.wrong ^ w.head->mask[WRONG], w.right ^ w.head->mask[RIGHT], to);
	memcpy(end, numbers, length);
	return ta_tape_keep(&t->husks, (uint32_t)(end - to) + (uint32_t)length);
}

/* Of the first one it is put aside: without it no husk could be opened when
 * memory is short, see flow.c. */
static void
give_room(struct tcpaudit *t, uint32_t calm, uint32_t close)
{
	if (t->reserve.calm == 0 && t->reserve.close == 0) {
		t->reserve.calm = calm;
		t->reserve.close = close;
		return;
	}
	pool_give(&t->closes, close);
	pool_give(&t->calms, calm);
}

void
ta_husk_make(struct tcpaudit *t, uint32_t node)
{
	struct node *n = node_at(&t->nodes, node);
	struct calm *k = pool_at(&t->calms, n->body);
	struct calm_close *z;
	uint32_t husk;

	if (!shape_at(&t->shapes, k->shape)->closed || k->close == 0 ||
	    (k->end[0].flying | k->end[1].flying) != 0)
		return;
	z = pool_at(&t->closes, k->close);
	/* What is gone for long is not looked for. */
	for (int i = 0; i < 2; i++)
		if (!sight_is_there(&t->sights, k->end[i].seen))
			k->end[i].seen = 0;
	husk = pack(t, k, z);
	if (husk == 0)
		return;
	ta_lately_leave(t, k->close);
	give_room(t, n->body, k->close);
	n->kind = NODE_HUSK;
	n->body = husk;
}

void
ta_husk_unpack(const struct tcpaudit *t, uint32_t husk, struct calm *k,
    struct calm_close *z)
{
	struct husk_walk w = { .k = k, .z = z };

	memset(k, 0, sizeof(*k));
	memset(z, 0, sizeof(*z));
	begin_reading(&w, &t->husks, husk);
	walk(&w, t);
}

uint32_t
ta_husk_grow(struct tcpaudit *t, uint32_t husk)
{
	uint32_t calm, close;
	struct calm *k;

	if (!pool_has(&t->calms) || !pool_has(&t->closes))
		return 0;
	calm = pool_take_unset(&t->calms);
	close = pool_take_unset(&t->closes);
	k = pool_at(&t->calms, calm);
	ta_husk_unpack(t, husk, k, pool_at(&t->closes, close));
	k->close = close;
	ta_tape_give(&t->husks, husk);
	return calm;
}

int64_t
ta_husk_due(const struct tcpaudit *t, uint32_t husk)
{
	struct calm_close z = { 0 };
	struct calm k = { 0 };
	struct husk_walk w = { .k = &k, .z = &z };

	begin_reading(&w, &t->husks, husk);
	walk_times(&w, t);
	return ta_calm_due_closing(t, &k, &z);
}

uint64_t
ta_husk_first(const struct tcpaudit *t, uint32_t husk)
{
	struct husk_walk w = { 0 };

	begin_reading(&w, &t->husks, husk);
	return number(&w, WRONG, 0, w.head->first.first_packet);
}
