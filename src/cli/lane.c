/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "lane.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_BYTES 65536

struct batch {
	size_t length, size;
	uint8_t bytes[];
};

int
lane_init(struct lane *l)
{
	memset(l, 0, sizeof(*l));
	l->reader.trusted = true;
	if (pthread_mutex_init(&l->lock, NULL) != 0)
		return -1;
	if (pthread_cond_init(&l->moved, NULL) == 0)
		return 0;
	(void)pthread_mutex_destroy(&l->lock);
	return -1;
}

void
lane_clear(struct lane *l)
{
	for (; l->count > 0; l->count--)
		free(l->waiting[l->first++ % LANE_BATCHES]);
	free(l->in);
	free(l->out);
	(void)pthread_cond_destroy(&l->moved);
	(void)pthread_mutex_destroy(&l->lock);
}

/* The batch that is being filled takes its place in the queue. */
static bool
hand_over(struct lane *l)
{
	bool taken;

	if (l->in == NULL)
		return true;
	(void)pthread_mutex_lock(&l->lock);
	while (l->count == LANE_BATCHES && !l->cancelled)
		(void)pthread_cond_wait(&l->moved, &l->lock);
	taken = !l->cancelled;
	if (taken) {
		l->waiting[(l->first + l->count++) % LANE_BATCHES] = l->in;
		(void)pthread_cond_signal(&l->moved);
	}
	(void)pthread_mutex_unlock(&l->lock);
	if (!taken)
		free(l->in);
	l->in = NULL;
	return taken;
}

/* Room for a parcel. */
static bool
make_room(struct lane *l, const struct parcel *parcel)
{
	size_t room = parcel_room(parcel);
	size_t size = room > BATCH_BYTES ? room : BATCH_BYTES;

	if (l->in != NULL && l->in->size - l->in->length < room &&
	    !hand_over(l))
		return false;
	if (l->in != NULL)
		return true;
	l->in = malloc(sizeof(*l->in) + size);
	if (l->in == NULL)
		return false;
	l->in->length = 0;
	l->in->size = size;
	return true;
}

bool
lane_put(struct lane *l, const struct parcel *parcel)
{
	if (l->failed || !make_room(l, parcel)) {
		l->failed = true;
		return false;
	}
	l->in->length +=
	    parcel_write(&l->state, l->in->bytes + l->in->length, parcel);
	return true;
}

bool
lane_pass(struct lane *l, const struct tcpaudit_place *place)
{
	struct parcel parcel = {
		.part = { .place = *place,
		    .kind = (enum tcpaudit_part_kind)PARCEL_NOTHING,
		    .engine = l->state.engine }
	};

	return lane_put(l, &parcel) && hand_over(l);
}

void
lane_close(struct lane *l)
{
	(void)hand_over(l);
	(void)pthread_mutex_lock(&l->lock);
	l->closed = true;
	(void)pthread_cond_signal(&l->moved);
	(void)pthread_mutex_unlock(&l->lock);
}

/* The next batch, or NULL at the end. */
static struct batch *
take_batch(struct lane *l)
{
	struct batch *batch = NULL;

	(void)pthread_mutex_lock(&l->lock);
	while (l->count == 0 && !l->closed)
		(void)pthread_cond_wait(&l->moved, &l->lock);
	if (l->count > 0) {
		batch = l->waiting[l->first];
		l->first = (l->first + 1) % LANE_BATCHES;
		l->count--;
		(void)pthread_cond_signal(&l->moved);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return batch;
}

bool
lane_take(struct lane *l, struct parcel *out)
{
	while (!parcel_read(&l->reader, out)) {
		free(l->out);
		l->out = take_batch(l);
		if (l->out == NULL)
			return false;
		l->reader.p = l->out->bytes;
		l->reader.end = l->out->bytes + l->out->length;
	}
	return true;
}

void
lane_cancel(struct lane *l)
{
	(void)pthread_mutex_lock(&l->lock);
	l->cancelled = true;
	(void)pthread_cond_signal(&l->moved);
	(void)pthread_mutex_unlock(&l->lock);
}
