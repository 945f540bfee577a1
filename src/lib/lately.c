/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "lately.h"

#include "engine.h"

/* What still comes of a connection mostly comes within it.  To pack and unpack
 * one costs as much as two packets: in a short capture it is not worth that. */
#define T_LATELY (20 * SECOND)

static struct calm_close *
close_at(const struct tcpaudit *t, uint32_t close)
{
	return pool_at(&t->closes, close);
}

/* What leads to the one behind a close, and to the one before it. */
static uint32_t *
after(struct tcpaudit *t, uint32_t close)
{
	return close == 0 ? &t->lately.first
			  : &close_at(t, close)->end[1].beside;
}

static uint32_t *
before(struct tcpaudit *t, uint32_t close)
{
	return close == 0 ? &t->lately.last
			  : &close_at(t, close)->end[0].beside;
}

void
ta_lately_leave(struct tcpaudit *t, uint32_t close)
{
	struct calm_close *z = close_at(t, close);

	if (z->node == 0)
		return;
	*after(t, z->end[0].beside) = z->end[1].beside;
	*before(t, z->end[1].beside) = z->end[0].beside;
	z->node = z->end[0].beside = z->end[1].beside = 0;
}

void
ta_lately_enter(struct tcpaudit *t, uint32_t node, uint32_t close)
{
	struct calm_close *z = close_at(t, close);

	ta_lately_leave(t, close);
	z->node = node;
	z->end[0].beside = t->lately.last;
	*after(t, t->lately.last) = close;
	t->lately.last = close;
}

/* Nothing has come to the connection of a node for long. */
static bool
is_settled(const struct tcpaudit *t, uint32_t node, int64_t now)
{
	const struct node *n = node_at(&t->nodes, node);
	const struct calm *k = pool_at(&t->calms, n->body);

	return calm_time(k, k->end[k->last_from].t_last) + T_LATELY <= now;
}

/* Those that are first in the list: how many, of FLOW_FETCH at most. */
static size_t
first_some(const struct tcpaudit *t, uint32_t *some)
{
	size_t count = 0;

	for (uint32_t id = t->lately.first; id != 0 && count < FLOW_FETCH;
	     id = close_at(t, id)->end[1].beside)
		some[count++] = close_at(t, id)->node;
	ta_flow_fetch(t, some, count);
	return count;
}

void
ta_lately_settle(struct tcpaudit *t, int64_t now)
{
	uint32_t some[FLOW_FETCH];
	size_t count;

	while ((count = first_some(t, some)) > 0)
		for (size_t i = 0; i < count; i++) {
			if (!is_settled(t, some[i], now))
				return;
			ta_lately_leave(t, t->lately.first);
			ta_husk_make(t, some[i]);
		}
}
