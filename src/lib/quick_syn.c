/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The quick way of the first SYN of a flow, and what is told of connections
 * that go the quick way to those who count over many (flood.h). */
#include <string.h>

#include "bytes.h"
#include "check.h"
#include "flood.h"
#include "incarnation.h"
#include "quick.h"
#include "seed.h"

/* ------------------------------------------------------------- the counts */

/* What is to be known of the connection of a segment, but its numbers. */
static struct connection *
view(struct tcpaudit *t, int side, const struct segment *seg,
    const struct shape *s)
{
	struct connection *c = &t->view;
	struct flow_key *key = &t->view_flow.key;

	key->address[side] = seg->source;
	key->address[!side] = seg->destination;
	key->port[side] = seg->source_port;
	key->port[!side] = seg->destination_port;
	key->family = seg->family;
	c->flow = &t->view_flow;
	c->client_side = s->client_side;
	c->marks = s->marks;
	c->flood = s->flood;
	return c;
}

/* Of one that opens. */
static void
view_handshake(
    struct connection *c, const struct calm *k, const struct shape *s)
{
	struct endpoint *client = &c->end[TCPAUDIT_CLIENT];
	struct endpoint *server = &c->end[TCPAUDIT_SERVER];

	client->t_syn = k->t_first;
	client->isn_count = s->end[TCPAUDIT_CLIENT].isn_count;
	client->isn[0] = k->end[TCPAUDIT_CLIENT].base;
	client->isn_packet[0] = k->first_packet;
	server->isn_count = s->end[TCPAUDIT_SERVER].isn_count;
	server->isn[0] = k->end[TCPAUDIT_SERVER].base;
	server->isn_packet[0] =
	    calm_packet(k, k->end[TCPAUDIT_SERVER].own_packet);
}

void
ta_quick_tell(struct tcpaudit *t, int side, const struct segment *seg,
    const struct calm *k, const struct shape *before, const struct shape *next)
{
	uint16_t flood = next->flood & (uint16_t)~before->flood;
	bool opened = (next->marks & ~before->marks) & CONN_OPEN;
	struct connection *c;

	c = view(t, side, seg, next);
	c->id = k->id;
	c->t_first = k->t_first;
	c->end[TCPAUDIT_SERVER].t_synack_first = calm_time(k, k->t_second);
	c->flood = before->flood;
	if (flood & FLOOD_ANSWERED)
		ta_flood_synack(t, c);
	if (opened) {
		view_handshake(c, k, next);
		ta_flood_open(t, c);
	}
	if (flood & FLOOD_CLOSED) {
		c->end[0].marks = next->end[0].marks;
		c->end[1].marks = next->end[1].marks;
		ta_flood_close(t, c, true);
	}
}

/* ---------------------------------------------------------------- the SYN */

/* HS22: one host each. */
static inline bool
is_one_host(const struct segment *seg, const struct tcpaudit_address *x)
{
	if (seg->family == 4)
		return x->bytes[0] != 0 && x->bytes[0] != 127 &&
		       x->bytes[0] < 224;
	return x->bytes[0] != 0 && x->bytes[0] != 0xff;
}

static inline bool
is_same_host(const struct segment *seg)
{
	const uint8_t *a = seg->source.bytes, *b = seg->destination.bytes;

	return ((bytes_native64(a) ^ bytes_native64(b)) |
		   (bytes_native64(a + 8) ^ bytes_native64(b + 8))) == 0;
}

/* HD, EC, WN14, OP26, DA05, HS16, HS22: nothing special about it. */
static bool
is_plain_syn(const struct tcpaudit *t, const struct segment *seg)
{
	bool stamped = seg->options & OPTION_TIMESTAMPS;

	return seg->flags == FLAG_SYN && segment_is_plain(seg) &&
	       seg->length == 0 && seg->ack == 0 &&
	       !(seg->options & ~OPTIONS_OF_SYN) && seg->tsecr == 0 &&
	       (!stamped || seg->tsval != 0) && seg->source_port != 0 &&
	       seg->destination_port != 0 && is_one_host(seg, &seg->source) &&
	       is_one_host(seg, &seg->destination) && !is_same_host(seg) &&
	       t->config.local_count == 0 && t->config.on_transition == NULL;
}

/* Fills in all of it. */
static inline void
seed_fill(const struct tcpaudit *t, const struct segment *seg, uint32_t shape,
    uint32_t seen, struct seed *s)
{
	s->t_first = t->time;
	s->first_packet = t->packet;
	s->id = t->last_connection;
	s->ip_id = (uint16_t)seg->ip_id;
	s->isn = seg->seq;
	s->tsval = seg->tsval;
	s->seen = seen;
	s->shape = shape;
	s->apart = seg->tunnel ^ seg->vlan;
	s->window = seg->window;
	s->ttl = seg->ttl;
	s->sums = seg->checksum_status == CHECKSUM_GOOD;
}

/* It begins a connection: see incarnation.c. */
static void
begin(struct tcpaudit *t, uint32_t node, int side, const struct segment *seg,
    uint32_t body, uint32_t shape, bool again)
{
	struct node *n = node_at(&t->nodes, node);
	struct connection *c;
	uint32_t seen;

	c = view(t, side, seg, &shape_at(&t->shapes, shape)->shape);
	c->flow->incarnations = n->incarnations;
	c->t_first = t->time;
	c->first_packet = t->packet;
	c->flood = 0;
	ta_connection_number(t, c);
	n->incarnations = c->incarnation;
	seen = ta_sight_add(
	    &t->sights, &t->memory, ta_sight_mark(seg), 0, t->time);
	seed_fill(t, seg, shape, seen, pool_at(&t->seeds, body));
	n->kind = NODE_SEED;
	n->body = body;
	ta_flood_syn(t, c, seg);
	if (again) {
		ta_flow_view(t, c->flow, node);
		ta_quick_again(t, n, c, seg);
	}
	ta_timer_arm_at(t, node, t->time + T_SYN);
}

/* No shape comes before it. */
static struct quick_move
move_of_syn(int side, const struct segment *seg, bool again)
{
	return (struct quick_move){ .what = QUICK_SYN | (side ? 1 : 0) |
					    (again ? QUICK_AGAIN : 0),
		.offer = ta_quick_offer(seg) };
}

bool
ta_quick_syn(
    struct tcpaudit *t, uint32_t node, int side, const struct segment *seg)
{
	bool again = node_at(&t->nodes, node)->incarnations > 0;
	struct quick_move what = move_of_syn(side, seg, again);
	const struct quick_move *known;
	uint32_t body;

	t->quick.node = 0;
	if (!is_plain_syn(t, seg) || (again && !ta_quick_is_past(t, node)))
		return false;
	known = ta_quick_find(t, &what);
	if (known == NULL) {
		t->quick.ask = what;
		t->quick.node = node;
		return false;
	}
	if (again && !ta_quick_again_room(t))
		return false;
	body = pool_take_unset(&t->seeds);
	if (body == 0)
		return false;
	begin(t, node, side, seg, body, known->next, again);
	t->quick.taken++;
	return true;
}

/* The same if another connection was there before. */
static bool
is_right_again(const struct tcpaudit *t, const struct node *n,
    const struct segment *seg, uint32_t *shape)
{
	const struct calm *real;
	struct seed s;

	if (n->kind != NODE_CALM || n->deadline != t->time + T_SYN)
		return false;
	real = pool_at(&t->calms, n->body);
	*shape = real->shape;
	seed_fill(t, seg, real->shape, real->end[0].seen, &s);
	return ta_quick_again_right(t, real, &s);
}

/* Whether the quick way would have come to the same. */
static bool
is_right(const struct tcpaudit *t, const struct node *n,
    const struct segment *seg, uint32_t *shape)
{
	const struct seed *real;
	struct seed s;

	if (t->quick.ask.what & QUICK_AGAIN)
		return is_right_again(t, n, seg, shape);
	if (n->kind != NODE_SEED || n->deadline != t->time + T_SYN)
		return false;
	real = pool_at(&t->seeds, n->body);
	seed_fill(t, seg, real->shape, real->seen, &s);
	*shape = real->shape;
	return memcmp(&s, real, sizeof(s)) == 0;
}

void
ta_quick_learn_syn(struct tcpaudit *t, const struct segment *seg)
{
	struct quick_moves *m = &t->quick;
	uint32_t shape;

	if (m->node == 0 || t->last_node != m->node)
		return;
	m->ask.next =
	    is_right(t, node_at(&t->nodes, m->node), seg, &shape) ? shape : 0;
	m->node = 0;
	ta_quick_know(t, &m->ask);
}
