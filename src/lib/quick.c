/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "quick.h"

#include <string.h>

#include "quick_apply.h"
#include "quick_guard.h"
#include "quick_kind.h"

/* ---------------------------------------------------------- what is known */

uint64_t
ta_quick_offer(const struct segment *seg)
{
	if (!(seg->flags & FLAG_SYN))
		return 0;
	return (uint64_t)seg->options | (uint64_t)seg->mss << 16 |
	       (uint64_t)seg->window_scale << 32 | (uint64_t)seg->family << 40 |
	       (uint64_t)seg->option_padding << 48;
}

QUICK_PART struct quick_move *
move_of(const struct quick_moves *m, const struct quick_move *ask)
{
	uint64_t mix = (ask->what ^ (uint64_t)ask->shape << 32 ^
			   ask->offer * UINT64_C(0x9e3779b97f4a7c15)) *
		       UINT64_C(0xd6e8feb86659fd93);

	return &m->move[mix >> 52];
}

_Static_assert(QUICK_MOVES == 1 << (64 - 52), "moves are found by 12 bits");

/* It leads somewhere from there. */
QUICK_PART bool
is_known(const struct quick_move *known, const struct quick_move *ask)
{
	return known->next != 0 && known->shape == ask->shape &&
	       known->what == ask->what && known->offer == ask->offer;
}

/* There is a table, and it may be believed. */
static bool
has_moves(struct tcpaudit *t)
{
	struct quick_moves *m = &t->quick;

	if (m->move == NULL)
		m->move =
		    ta_allocate(&t->memory, QUICK_MOVES * sizeof(*m->move));
	return m->move != NULL && !m->doubt;
}

QUICK_PART const struct quick_move *
find(struct tcpaudit *t, const struct quick_move *ask)
{
	const struct quick_move *known;

	if ((t->quick.move == NULL || t->quick.doubt) && !has_moves(t))
		return NULL;
	known = move_of(&t->quick, ask);
	return is_known(known, ask) ? known : NULL;
}

const struct quick_move *
ta_quick_find(struct tcpaudit *t, const struct quick_move *ask)
{
	return find(t, ask);
}

void
ta_quick_know(struct tcpaudit *t, const struct quick_move *move)
{
	struct quick_move *known;

	if (t->quick.move == NULL)
		return;
	known = move_of(&t->quick, move);
	if (is_known(known, move) && known->next != move->next)
		t->quick.wrong++;
	if (move->next == 0)
		return;
	*known = *move;
	t->quick.learned++;
	if ((move->what & MOVE_STEADY) && move->next == move->shape &&
	    !t->quick.doubt)
		ta_shape_stays(&t->shapes, move->shape,
		    !!(move->what & MOVE_SENDER), move->what & MOVE_TEXT);
}

/* --------------------------------------------------------------- deadlines */

/* Whatever may be owed for a segment that leads to that shape is due no earlier
 * than then, as far as it was not owed before. */
QUICK_PART int64_t
due_at_least(const struct tcpaudit *t, const struct calm *k,
    const struct shape_entry *next)
{
	int64_t soon = T_IDLE_UNACKED, msl = t->config.msl;

	if (next->due == SHAPE_DUE_BEGUN && k->close == 0)
		soon = T_HANDSHAKE;
	else if (next->due != SHAPE_DUE_OPEN)
		soon = 2 * msl < T_FIN ? 2 * msl : T_FIN;
	return t->time + soon;
}

/* That is so, and there is a deadline already that is no later; and what was
 * owed before is never due before it.  But a leap of the clock may have put
 * that off. */
QUICK_PART bool
owes_nothing_soon(const struct tcpaudit *t, const struct node *n,
    const struct calm *k, const struct shape_entry *next)
{
	if (next->due != SHAPE_DUE_OPEN && t->leap != 0)
		return false;
	return n->deadline <= due_at_least(t, k, next);
}

_Static_assert(
    T_FIN <= T_CLOSE_WAIT && T_HANDSHAKE <= T_SYN, "what is due first");

static void
schedule(struct tcpaudit *t, uint32_t node, const struct node *n,
    const struct calm *k)
{
	int64_t due = ta_calm_due(t, k);

	if (due < n->deadline)
		ta_timer_arm_at(t, node, due);
}

/* It may be looked at before anything is due, as a FIN is that is not
 * answered: nearly all of them are. */
static void
schedule_next(struct tcpaudit *t, uint32_t node, const struct node *n,
    const struct calm *k, const struct shape_entry *next)
{
	if (t->leap == 0 && next->due == SHAPE_DUE_ENDS)
		ta_timer_arm_at(t, node, due_at_least(t, k, next));
	else
		schedule(t, node, n, k);
}

/* ------------------------------------------------------------ the segment */

/* The memory that it may need is there. */
QUICK_PART bool
has_room(struct quick *q)
{
	return (!q->sends || pool_has(&q->t->sent)) &&
	       (!q->fin || q->z != NULL || pool_has(&q->t->closes));
}

/* Whether there is something for flood.h in that. */
QUICK_PART bool
is_counted(const struct shape *before, const struct shape *next)
{
	return (next->flood & ~before->flood &
		   (FLOOD_ANSWERED | FLOOD_CLOSED)) ||
	       (next->marks & ~before->marks & CONN_OPEN);
}

/* What it changes in any case. */
QUICK_PART void
apply(struct quick *q, const struct shape *next, uint32_t number)
{
	struct tcpaudit *t = q->t;

	q->seen =
	    ta_sight_add(&t->sights, &t->memory, q->mark, q->e->seen, t->time);
	quick_apply(q, next, number);
	t->quick.taken++;
}

/* To be learned from how it goes the long way. */
static void
ask(struct tcpaudit *t, uint32_t node, const struct calm *k,
    const struct quick_move *what)
{
	struct quick_moves *m = &t->quick;

	m->copy = ta_calm_clone(t, k);
	if (m->copy == 0)
		return;
	m->ask = *what;
	m->node = node;
}

/* The shape is known to stay as it is, and neither end closes: the same tests
 * and the same changes, as far as they can matter. */
QUICK_PART bool
take_steady(struct quick *q, uint32_t node, int sender, bool text)
{
	q->steady = true;
	q->sender = sender;
	q->syn = q->fin = false;
	q->text = text;
	if (!quick_describe(q) || !quick_is_harmless(q) || !has_room(q))
		return false;
	apply(q, NULL, 0);
	if (q->node->deadline > q->t->time + T_IDLE_UNACKED)
		schedule(q->t, node, q->node, q->k);
	return true;
}

/* Any other segment. */
QUICK_PART bool
take(struct quick *q, uint32_t node, int sender, unsigned flag)
{
	struct tcpaudit *t = q->t;
	const struct quick_move *known;
	const struct shape_entry *next;
	struct quick_move what;

	q->steady = false;
	q->sender = sender;
	q->syn = flag == FLAG_SYN;
	q->fin = flag == FLAG_FIN;
	q->text = !q->syn && q->seg->length > 0;
	if (!quick_describe(q) || !quick_is_harmless(q) || !has_room(q))
		return false;
	what.shape = q->k->shape;
	what.what = quick_kind_of(q);
	what.offer = q->syn ? ta_quick_offer(q->seg) : 0;
	known = find(t, &what);
	if (known == NULL) {
		ask(t, node, q->k, &what);
		return false;
	}
	if (known->next != what.shape && t->config.on_transition != NULL)
		return false;
	next = shape_at(&t->shapes, known->next);
	apply(q, &next->shape, known->next);
	if (is_counted(&q->shape->shape, &next->shape))
		ta_quick_tell(t, q->sender ^ q->shape->shape.client_side,
		    q->seg, q->k, &q->shape->shape, &next->shape);
	if (!owes_nothing_soon(t, q->node, q->k, next))
		schedule_next(t, node, q->node, q->k, next);
	return true;
}

/* Each way is a function of its own, of which nothing is kept for another. */
#define WAY(name, part, ...)                                                   \
	static __attribute__((noinline)) bool name(struct tcpaudit *t,         \
	    uint32_t node, const struct node *n, struct calm *k,               \
	    const struct shape_entry *shape, const struct segment *seg)        \
	{                                                                      \
		struct quick q;                                                \
                                                                               \
		q.t = t;                                                       \
		q.seg = seg;                                                   \
		q.node = n;                                                    \
		q.k = k;                                                       \
		q.shape = shape;                                               \
		return part(&q, node, __VA_ARGS__);                            \
	}

WAY(take_client_text, take_steady, TCPAUDIT_CLIENT, true)
WAY(take_server_text, take_steady, TCPAUDIT_SERVER, true)
WAY(take_client_ack, take_steady, TCPAUDIT_CLIENT, false)
WAY(take_server_ack, take_steady, TCPAUDIT_SERVER, false)
WAY(take_client, take, TCPAUDIT_CLIENT, 0)
WAY(take_server, take, TCPAUDIT_SERVER, 0)
WAY(take_client_fin, take, TCPAUDIT_CLIENT, FLAG_FIN)
WAY(take_server_fin, take, TCPAUDIT_SERVER, FLAG_FIN)
WAY(take_answer, take, TCPAUDIT_SERVER, FLAG_SYN)

bool
ta_quick(struct tcpaudit *t, uint32_t node, const struct node *n, int side,
    const struct segment *seg)
{
	struct calm *k = pool_at(&t->calms, n->body);
	const struct shape_entry *shape = shape_at(&t->shapes, k->shape);
	bool sender = side != shape->shape.client_side, text = seg->length > 0;

	t->quick.node = 0;
	if ((shape->stays & shape_way(sender, text)) &&
	    (seg->flags & ~FLAG_PSH) == FLAG_ACK) {
		if (text)
			return sender
				   ? take_server_text(t, node, n, k, shape, seg)
				   : take_client_text(
					 t, node, n, k, shape, seg);
		return sender ? take_server_ack(t, node, n, k, shape, seg)
			      : take_client_ack(t, node, n, k, shape, seg);
	}
	if ((seg->flags & (FLAG_SYN | FLAG_FIN)) == FLAG_FIN)
		return sender ? take_server_fin(t, node, n, k, shape, seg)
			      : take_client_fin(t, node, n, k, shape, seg);
	if (!(seg->flags & FLAG_SYN))
		return sender ? take_server(t, node, n, k, shape, seg)
			      : take_client(t, node, n, k, shape, seg);
	return sender && take_answer(t, node, n, k, shape, seg);
}

/* -------------------------------------------------------------- learning */

static bool
closes_alike(const struct tcpaudit *t, uint32_t x, uint32_t y)
{
	struct calm_close a, b;

	if (x == 0 || y == 0)
		return x == y;
	a = *(const struct calm_close *)pool_at(&t->closes, x);
	b = *(const struct calm_close *)pool_at(&t->closes, y);
	if (!ta_slip_same(t, a.slip, b.slip))
		return false;
	a.slip = b.slip = 0;
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* The same, but for where it stands in memory. */
static bool
is_same(const struct tcpaudit *t, const struct calm *x, const struct calm *y)
{
	struct calm a = *x, b = *y;

	for (int i = 0; i < 2; i++) {
		if (!ta_calm_flies_alike(t, &a.end[i], &b.end[i]))
			return false;
		a.end[i].flight = b.end[i].flight = 0;
	}
	if (!closes_alike(t, a.close, b.close))
		return false;
	a.close = b.close = 0;
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* Whether the quick way would have come to the same. */
static bool
is_right(struct tcpaudit *t, int side, const struct segment *seg)
{
	const struct quick_moves *m = &t->quick;
	const struct node *n = node_at(&t->nodes, m->node);
	const struct calm *real = pool_at(&t->calms, n->body);
	struct calm *k = pool_at(&t->calms, m->copy);
	const struct shape_entry *shape = shape_at(&t->shapes, k->shape);
	struct quick q = {
		.t = t, .seg = seg, .node = n, .k = k, .shape = shape
	};

	q.sender = side != shape->shape.client_side;
	q.syn = seg->flags & FLAG_SYN;
	q.fin = !q.syn && (seg->flags & FLAG_FIN);
	q.text = !q.syn && seg->length > 0;
	if (!quick_describe(&q) || !quick_is_harmless(&q) ||
	    quick_kind_of(&q) != m->ask.what || !has_room(&q))
		return false;
	q.seen = real->end[q.sender].seen;
	quick_apply(&q, &shape_at(&t->shapes, real->shape)->shape, real->shape);
	return is_same(t, q.k, real) &&
	       (owes_nothing_soon(
		    t, n, real, shape_at(&t->shapes, real->shape)) ||
		   n->deadline <= ta_calm_due(t, q.k));
}

void
ta_quick_learn(struct tcpaudit *t, int side, const struct segment *seg)
{
	struct quick_moves *m = &t->quick;
	const struct node *n;
	bool right;

	if (m->node == 0)
		return;
	n = node_at(&t->nodes, m->node);
	/* The node may be gone, for want of memory. */
	right = t->last_node == m->node && n->kind == NODE_CALM &&
		is_right(t, side, seg);
	m->ask.next =
	    right ? ((struct calm *)pool_at(&t->calms, n->body))->shape : 0;
	ta_quick_know(t, &m->ask);
	ta_calm_free(t, m->copy);
	m->node = 0;
}

void
ta_quick_clear(struct tcpaudit *t)
{
	ta_release(
	    &t->memory, t->quick.move, QUICK_MOVES * sizeof(*t->quick.move));
	t->quick.move = NULL;
	t->quick.node = 0;
}
