/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "receiver.h"

#include <string.h>

static void
drop(struct receiver *r, unsigned i)
{
	r->count--;
	memmove(&r->run[i], &r->run[i + 1], (r->count - i) * sizeof(r->run[0]));
}

/* Adds it to what it touches, and puts that in front. */
static void
join(struct receiver *r, struct run run)
{
	unsigned i;

	for (i = 0; i < r->count;) {
		const struct run *old = &r->run[i];

		if (old->left > run.right || old->right < run.left) {
			i++;
			continue;
		}
		if (old->left < run.left)
			run.left = old->left;
		if (old->right > run.right)
			run.right = old->right;
		drop(r, i);
	}
	/* The one that did not grow for longest may be forgotten. */
	if (r->count == MOST_HOLES)
		r->count--;
	memmove(&r->run[1], &r->run[0], r->count * sizeof(r->run[0]));
	r->run[0] = run;
	r->count++;
}

bool
receiver_take(struct receiver *r, uint64_t number)
{
	bool holes = r->count > 0;
	unsigned i;

	if (number > r->next) {
		join(r, (struct run){ number, number + 1 });
		return true;
	}
	if (number < r->next)
		return true;
	r->next++;
	r->unacked++;
	for (i = 0; i < r->count; i++) {
		if (r->run[i].left != r->next)
			continue;
		r->next = r->run[i].right;
		drop(r, i);
		break;
	}
	return holes || r->unacked >= 2;
}
