/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The memory of a connection. */
#include <string.h>

#include "engine.h"
#include "incarnation.h"

/* The capture was made on a host with this address (--local). */
static bool
is_local(const struct tcpaudit *t, const struct flow_key *key, int side)
{
	const struct tcpaudit_config *k = &t->config;

	for (size_t i = 0; i < k->local_count; i++)
		if (k->local_family[i] == key->family &&
		    memcmp(&k->local[i], &key->address[side],
			sizeof(k->local[i])) == 0)
			return true;
	return false;
}

struct connection *
ta_connection_new(struct tcpaudit *t, struct flow *f, int side)
{
	struct connection *c = ta_slab_take(&t->connections);

	while (c == NULL && ta_flow_evict(t, f->node))
		c = ta_slab_take(&t->connections);
	if (c == NULL)
		return NULL;
	c->flow = f;
	c->client_side = side;
	c->owner_side = 2;
	c->deadline = INT64_MAX;
	c->t_first = t->time;
	c->first_packet = t->packet;
	for (int i = 0; i < 2; i++) {
		c->end[i].rtt = -1;
		c->end[i].rtt_before =
		    f->tomb == NULL ? -1 : f->tomb->side[i ^ side].rtt;
		if (is_local(t, &f->key, i ^ side))
			c->end[i].marks |= IS_LOCAL;
	}
	return c;
}

static void
endpoint_release(struct tcpaudit *t, struct endpoint *x)
{
	ta_slab_give(&t->flights, x->flight);
	ta_slab_give(&t->gaps, x->gaps);
	ta_slab_give(&t->watches, x->watch);
	x->flight = NULL;
	x->watch = NULL;
	x->gaps = NULL;
}

void
ta_connection_free(struct tcpaudit *t, struct connection *c)
{
	endpoint_release(t, &c->end[0]);
	endpoint_release(t, &c->end[1]);
	ta_slab_give(&t->icmp, c->icmp);
	ta_slab_give(&t->ecn, c->ecn);
	ta_slab_give(&t->connections, c);
}
