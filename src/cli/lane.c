/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "lane.h"

#include <stdlib.h>
#include <string.h>

#define CRATE_BYTES 65536

int
lane_desk_init(
    struct lane_desk *desk, bool (*join)(void *argument), void *argument)
{
	memset(desk, 0, sizeof(*desk));
	desk->join = join;
	desk->argument = argument;
	if (pthread_mutex_init(&desk->lock, NULL) != 0)
		return -1;
	if (pthread_cond_init(&desk->moved, NULL) == 0)
		return 0;
	(void)pthread_mutex_destroy(&desk->lock);
	return -1;
}

void
lane_desk_clear(struct lane_desk *desk)
{
	(void)pthread_cond_destroy(&desk->moved);
	(void)pthread_mutex_destroy(&desk->lock);
}

void
lane_init(struct lane *l, struct lane_desk *desk)
{
	memset(l, 0, sizeof(*l));
	l->desk = desk;
}

void
lane_clear(struct lane *l)
{
	for (; l->count > 0; l->count--)
		free(l->waiting[l->first++ % LANE_CRATES]);
	free(l->in);
	free(l->out);
}

/* The lock is held.  Somebody joins, for a lane that is full (NULL: to the
 * end): this thread, unless another one does so; then it waits for a change. */
static void
join_or_wait(struct lane_desk *desk, const struct lane *l)
{
	bool over;

	if (desk->taken) {
		(void)pthread_cond_wait(&desk->moved, &desk->lock);
		return;
	}
	desk->taken = true;
	desk->joiner = l;
	(void)pthread_mutex_unlock(&desk->lock);
	over = desk->join(desk->argument);
	(void)pthread_mutex_lock(&desk->lock);
	desk->over |= over;
	desk->taken = false;
	(void)pthread_cond_broadcast(&desk->moved);
}

/* The crate that is being filled takes its place in the queue. */
static bool
hand_over(struct lane *l)
{
	struct lane_desk *desk = l->desk;
	bool taken;

	if (l->in == NULL)
		return true;
	(void)pthread_mutex_lock(&desk->lock);
	while (l->count == LANE_CRATES && !l->cancelled)
		join_or_wait(desk, l);
	taken = !l->cancelled;
	if (taken) {
		l->waiting[(l->first + l->count++) % LANE_CRATES] = l->in;
		(void)pthread_cond_broadcast(&desk->moved);
	}
	(void)pthread_mutex_unlock(&desk->lock);
	if (!taken)
		free(l->in);
	l->in = NULL;
	return taken;
}

/* A crate with so much room left. */
static bool
make_room(struct lane *l, size_t room)
{
	if (l->in != NULL && l->in->size - l->in->length < room &&
	    !hand_over(l))
		return false;
	if (l->in == NULL)
		l->in = crate_new(room > CRATE_BYTES ? room : CRATE_BYTES);
	return l->in != NULL;
}

bool
lane_put(struct lane *l, const struct tcpaudit_part *part)
{
	if (l->failed || !make_room(l, CRATE_PART)) {
		l->failed = true;
		return false;
	}
	crate_put(l->in, part, l->brief);
	l->place = part->place;
	return true;
}

bool
lane_put_input(struct lane *l, const struct parcel *parcel)
{
	if (l->failed || !make_room(l, crate_room(parcel))) {
		l->failed = true;
		return false;
	}
	crate_put_input(l->in, parcel);
	l->place = parcel->part.place;
	return true;
}

bool
lane_pass(struct lane *l, const struct tcpaudit_place *place)
{
	struct parcel parcel = {
		.part = { .place = *place,
		    .kind = (enum tcpaudit_part_kind)PARCEL_NOTHING }
	};

	return lane_put_input(l, &parcel) && hand_over(l);
}

void
lane_close(struct lane *l)
{
	struct lane_desk *desk = l->desk;

	(void)hand_over(l);
	(void)pthread_mutex_lock(&desk->lock);
	l->closed = true;
	(void)pthread_cond_broadcast(&desk->moved);
	while (!desk->over && !l->cancelled)
		join_or_wait(desk, NULL);
	(void)pthread_mutex_unlock(&desk->lock);
}

/* Whether who joins has nothing better to do than to wait. */
static bool
may_wait(const struct lane_desk *desk)
{
	return desk->joiner == NULL || desk->joiner->count == LANE_CRATES;
}

/* The next crate, or NULL: see `taken`. */
static struct crate *
take_crate(struct lane *l, enum lane_taken *taken)
{
	struct lane_desk *desk = l->desk;
	struct crate *crate = NULL;

	(void)pthread_mutex_lock(&desk->lock);
	while (l->count == 0 && !l->closed && !l->cancelled && may_wait(desk))
		(void)pthread_cond_wait(&desk->moved, &desk->lock);
	*taken = l->closed || l->cancelled ? LANE_END : LANE_LATER;
	if (l->count > 0) {
		crate = l->waiting[l->first];
		l->first = (l->first + 1) % LANE_CRATES;
		if (l->count-- == LANE_CRATES)
			(void)pthread_cond_broadcast(&desk->moved);
	}
	(void)pthread_mutex_unlock(&desk->lock);
	return crate;
}

enum lane_taken
lane_take(struct lane *l, struct parcel *out)
{
	enum lane_taken taken;

	while (!crate_next(&l->reader, out)) {
		struct crate *crate = take_crate(l, &taken);

		if (crate == NULL)
			return taken;
		free(l->out);
		l->out = crate;
		crate_read(&l->reader, crate);
	}
	return LANE_TAKEN;
}

void
lane_cancel(struct lane *l)
{
	(void)pthread_mutex_lock(&l->desk->lock);
	l->cancelled = true;
	(void)pthread_cond_broadcast(&l->desk->moved);
	(void)pthread_mutex_unlock(&l->desk->lock);
}
