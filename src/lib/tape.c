/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A number is that of a reel and that of an octet in it. */
#include "tape.h"

#include <string.h>

#define ROOM_FIRST 8
#define ROOM_MOST  (1u << (32 - TAPE_SHIFT))

void
ta_tape_init(struct tape *p, struct memory *memory)
{
	memset(p, 0, sizeof(*p));
	p->memory = memory;
}

/* Room for twice as many reels. */
static bool
grow(struct tape *p)
{
	uint32_t room = p->room == 0 ? ROOM_FIRST : 2 * p->room;
	struct tape_reel *reel;

	if (room > ROOM_MOST)
		return false;
	reel = ta_allocate(p->memory, room * sizeof(*reel));
	if (reel == NULL)
		return false;
	if (p->room > 0)
		memcpy(reel, p->reel, p->room * sizeof(*reel));
	ta_release(p->memory, p->reel, p->room * sizeof(*p->reel));
	p->reel = reel;
	p->room = room;
	if (p->reels == 0)
		p->reels = 1;
	return true;
}

static void
release_reel(struct tape *p, uint32_t i)
{
	ta_release(p->memory, p->reel[i].bytes, TAPE_REEL);
	p->reel[i].bytes = NULL;
	p->reel[i].next = p->bare;
	p->bare = i;
}

/* Another one is written from now on. */
static bool
change(struct tape *p)
{
	uint32_t i = p->bare;
	uint8_t *bytes;

	if (i == 0 && p->reels == p->room && !grow(p))
		return false;
	bytes = ta_take_bytes(p->memory, TAPE_REEL);
	if (bytes == NULL)
		return false;
	if (i != 0)
		p->bare = p->reel[i].next;
	else
		i = p->reels++;
	p->reel[i] = (struct tape_reel){ .bytes = bytes };
	if (p->writing != 0 && p->reel[p->writing].live == 0)
		release_reel(p, p->writing);
	p->writing = i;
	p->end = TAPE_HEAD;
	return true;
}

uint8_t *
ta_tape_room(struct tape *p, uint32_t most)
{
	if ((p->writing == 0 || TAPE_REEL - p->end < most) && !change(p))
		return NULL;
	return p->reel[p->writing].bytes + p->end;
}

uint32_t
ta_tape_keep(struct tape *p, uint32_t length)
{
	uint32_t number = p->writing << TAPE_SHIFT | p->end;

	p->end += length;
	p->reel[p->writing].live++;
	return number;
}

void
ta_tape_give(struct tape *p, uint32_t number)
{
	uint32_t i = number >> TAPE_SHIFT;

	if (--p->reel[i].live > 0)
		return;
	if (i == p->writing)
		p->end = TAPE_HEAD;
	else
		release_reel(p, i);
}

void
ta_tape_clear(struct tape *p)
{
	for (uint32_t i = 1; i < p->reels; i++)
		ta_release(p->memory, p->reel[i].bytes, TAPE_REEL);
	if (p->memory != NULL)
		ta_release(p->memory, p->reel, p->room * sizeof(*p->reel));
	ta_tape_init(p, p->memory);
}
