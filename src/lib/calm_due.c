/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The deadlines of obligation.c, for a connection that can owe little. */
#include "calm.h"
#include "check.h"
#include "clock.h"

struct due {
	const struct tcpaudit *t;
	const struct calm *k;
	const struct calm_close *z;
	const struct shape *s;
	int64_t at;
};

static void
due_at(struct due *d, int64_t at)
{
	if (at < d->at)
		d->at = at;
}

/* `delay` after a time of the connection, but for leaps of the clock. */
static void
owed_after(struct due *d, uint64_t since, int64_t delay)
{
	int64_t heard = calm_time(d->k, d->k->end[d->k->last_from].t_last);

	due_at(
	    d, ta_clock_overdue(d->t, calm_time(d->k, since) + delay, heard));
}

static void
due_after(struct due *d, uint64_t since, int64_t delay)
{
	due_at(d, calm_time(d->k, since) + delay);
}

static void
due_handshake(struct due *d)
{
	const struct shape_end *client = &d->s->end[0];
	const struct shape_end *server = &d->s->end[1];

	if ((d->s->marks & CONN_OPEN) || !(client->marks & SENT_SYN))
		return;
	if (!(server->marks & SENT_SYNACK) && !(d->s->done & DONE_SYN))
		owed_after(d, 1, T_SYN);
	if ((server->marks & SENT_SYNACK) && !(d->s->done & DONE_HANDSHAKE))
		owed_after(d, d->k->t_second, T_HANDSHAKE);
}

static void
due_close(struct due *d, int i, int64_t msl)
{
	const struct shape_end *x = &d->s->end[i];
	const struct calm_close_end *z = &d->z->end[i];
	uint64_t since = z->t_acked;

	if ((x->known & KNOWS_FIN) &&
	    !(x->marks & (FIN_ACKED | FIN_WITHOUT_ACK)) &&
	    !(d->s->done & (DONE_FIN << i)))
		owed_after(d, z->t_fin, T_FIN);
	if (d->k->end[i].t_max > since)
		since = d->k->end[i].t_max;
	if (z->t_acked != 0 && !(x->known & KNOWS_FIN) &&
	    !(d->s->done & (DONE_CLOSE_WAIT << i)))
		due_after(d, since, T_CLOSE_WAIT);
	if (z->t_timewait != 0 && x->nominal == TCPAUDIT_TIME_WAIT &&
	    !(d->s->done & (DONE_TIMEWAIT << i)))
		due_after(d, z->t_timewait, 2 * msl);
}

static bool
has_unacked(const struct due *d, int i)
{
	const struct shape_end *x = &d->s->end[i], *y = &d->s->end[!i];

	return (x->marks & SENT_DATA) && (y->known & KNOWS_ACK) &&
	       d->k->end[i].max - !!(x->known & KNOWS_FIN) >
		   d->k->end[!i].ack &&
	       !(x->marks & FIN_ACKED);
}

static bool
is_closed(const struct due *d)
{
	const unsigned gone = STATE(CLOSED) | STATE(LISTEN) | STATE(TIME_WAIT);

	return (1u << d->s->end[0].nominal & gone) &&
	       (1u << d->s->end[1].nominal & gone);
}

static void
due_end(struct due *d, uint64_t last, int64_t msl)
{
	if (!is_closed(d)) {
		due_after(d, last, T_IDLE);
		return;
	}
	for (int i = 0; i < 2 && d->z != NULL; i++)
		if (d->z->end[i].t_timewait > last)
			last = d->z->end[i].t_timewait;
	due_after(d, last, 2 * msl);
}

int64_t
ta_calm_due(const struct tcpaudit *t, const struct calm *k)
{
	struct due d = { .t = t,
		.k = k,
		.s = &shape_at(&t->shapes, k->shape)->shape,
		.at = INT64_MAX };
	uint64_t last = k->end[k->last_from].t_last;

	if (k->close != 0)
		d.z = pool_at(&t->closes, k->close);
	due_handshake(&d);
	for (int i = 0; i < 2 && d.z != NULL; i++)
		due_close(&d, i, t->config.msl);
	if (!(d.s->done & DONE_UNACKED) &&
	    (has_unacked(&d, 0) || has_unacked(&d, 1)))
		owed_after(&d, last, T_IDLE_UNACKED);
	due_end(&d, last, t->config.msl);
	return d.at;
}
