/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The deadlines of obligation.c, for a connection that can owe little. */
#include "calm.h"
#include "check.h"
#include "clock.h"

struct due {
	const struct tcpaudit *t;
	const struct calm *k;
	unsigned owes; /* SHAPE_OWES_* */
	int64_t at;
};

static inline void
due_at(struct due *d, int64_t at)
{
	if (at < d->at)
		d->at = at;
}

/* `delay` after a time of the connection, but for leaps of the clock. */
static inline void
owed_after(struct due *d, uint64_t since, int64_t delay)
{
	int64_t heard = calm_time(d->k, d->k->end[d->k->last_from].t_last);

	due_at(
	    d, ta_clock_overdue(d->t, calm_time(d->k, since) + delay, heard));
}

static inline void
due_after(struct due *d, uint64_t since, int64_t delay)
{
	due_at(d, calm_time(d->k, since) + delay);
}

static inline void
due_close(struct due *d, const struct calm_close *z, int i)
{
	unsigned owes = d->owes >> i;
	uint64_t since = z->end[i].t_acked;

	if (owes & SHAPE_OWES_FIN_ACK)
		owed_after(d, z->end[i].t_fin, T_FIN);
	if ((owes & SHAPE_OWES_CLOSE) && since != 0) {
		if (d->k->end[i].t_max > since)
			since = d->k->end[i].t_max;
		due_after(d, since, T_CLOSE_WAIT);
	}
	if ((owes & SHAPE_OWES_WAIT) && z->end[i].t_timewait != 0)
		due_after(d, z->end[i].t_timewait, 2 * d->t->config.msl);
}

/* Text; its FIN is another matter. */
static inline bool
has_unacked(const struct due *d, const struct shape *s, int i)
{
	const struct calm_end *x = &d->k->end[i], *y = &d->k->end[!i];

	return (d->owes & (SHAPE_OWES_ACK << i)) &&
	       x->max - !!(s->end[i].known & KNOWS_FIN) > y->ack;
}

static inline void
due_end(struct due *d, const struct calm_close *z, uint64_t last)
{
	if (!(d->owes & SHAPE_OWES_END)) {
		due_after(d, last, T_IDLE);
		return;
	}
	for (int i = 0; i < 2 && z != NULL; i++)
		if (z->end[i].t_timewait > last)
			last = z->end[i].t_timewait;
	due_after(d, last, 2 * d->t->config.msl);
}

int64_t
ta_calm_due(const struct tcpaudit *t, const struct calm *k)
{
	const struct shape_entry *x = shape_at(&t->shapes, k->shape);
	const struct calm_close *z =
	    k->close == 0 ? NULL : pool_at(&t->closes, k->close);
	struct due d = { t, k, x->owes, INT64_MAX };
	uint64_t last = k->end[k->last_from].t_last;

	if (d.owes & SHAPE_OWES_ANSWER)
		owed_after(&d, 1, T_SYN);
	if (d.owes & SHAPE_OWES_THIRD_ACK)
		owed_after(&d, k->t_second, T_HANDSHAKE);
	for (int i = 0; i < 2 && z != NULL; i++)
		due_close(&d, z, i);
	if (has_unacked(&d, &x->shape, 0) || has_unacked(&d, &x->shape, 1))
		owed_after(&d, last, T_IDLE_UNACKED);
	due_end(&d, z, last);
	return d.at;
}
