/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "seed.h"

#include <string.h>

#include "clock.h"
#include "engine.h"

_Static_assert(sizeof(struct seed) == 48, "the memory of an attempt");

void
ta_seed_unpack(const struct seed *s, struct calm *k, struct calm_sent *sent)
{
	struct calm_end *e = &k->end[TCPAUDIT_CLIENT];

	memset(k, 0, sizeof(*k));
	k->t_first = s->t_first;
	k->first_packet = s->first_packet;
	k->id = s->id;
	k->shape = s->shape;
	k->last_flags = FLAG_SYN;
	k->last_length = 1;
	e->base = s->isn;
	e->max = 1;
	e->window = s->window;
	e->max_window = s->window;
	e->tsval = e->tsval_syn = e->tsval_new = s->tsval;
	e->last_packet = e->packets = 1;
	e->t_last = e->t_max = 1;
	e->seen = s->seen;
	e->flying = 1;
	e->ttl = s->ttl;
	e->ip_id = s->ip_id;
	e->sums = s->sums;
	e->rtt = k->end[TCPAUDIT_SERVER].rtt = UINT32_MAX;
	memset(sent, 0, sizeof(*sent));
	sent->end = sent->packet = 1;
	sent->time = 1;
	sent->tsval = s->tsval;
	sent->apart = s->apart;
	sent->ip_id = s->ip_id;
}

bool
ta_seed_pack(const struct calm *k, const struct calm_sent *sent, struct seed *s)
{
	const struct calm_end *e = &k->end[TCPAUDIT_CLIENT];
	struct calm_sent same_sent;
	struct calm same;

	memset(s, 0, sizeof(*s));
	s->t_first = k->t_first;
	s->first_packet = k->first_packet;
	s->id = k->id;
	s->ip_id = e->ip_id;
	s->isn = e->base;
	s->tsval = e->tsval;
	s->seen = e->seen;
	s->shape = k->shape;
	s->apart = sent->apart;
	s->window = e->window;
	s->ttl = e->ttl;
	s->sums = (uint8_t)e->sums;
	ta_seed_unpack(s, &same, &same_sent);
	same.end[TCPAUDIT_CLIENT].flight = e->flight;
	same_sent.next = sent->next;
	return memcmp(&same, k, sizeof(same)) == 0 &&
	       memcmp(&same_sent, sent, sizeof(same_sent)) == 0;
}

int64_t
ta_seed_due(const struct tcpaudit *t, const struct seed *s)
{
	return ta_clock_overdue(t, s->t_first + T_SYN, s->t_first);
}

uint32_t
ta_seed_grow(struct tcpaudit *t, uint32_t seed)
{
	uint32_t calm = ta_pool_take(&t->calms), sent = ta_pool_take(&t->sent);
	struct calm *k;
	struct calm_sent *s;

	if (calm == 0 || sent == 0) {
		ta_pool_give(&t->calms, calm);
		ta_pool_give(&t->sent, sent);
		return 0;
	}
	k = pool_at(&t->calms, calm);
	s = pool_at(&t->sent, sent);
	ta_seed_unpack(pool_at(&t->seeds, seed), k, s);
	k->end[TCPAUDIT_CLIENT].flight = s->next = sent;
	ta_pool_give(&t->seeds, seed);
	return calm;
}
