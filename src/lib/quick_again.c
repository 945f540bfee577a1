/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The quick way to a new incarnation of a tuple, where the former one is over
 * beyond doubt: it was closed in order, by both ends, 2 MSL ago.  Then there is
 * one thing to be said of it, TW16, and the numbers of the former one mean
 * nothing to the new one. */
#include "check.h"
#include "finding.h"
#include "incarnation.h"
#include "quick.h"
#include "seed.h"
#include "tombstone.h"

bool
ta_quick_is_past(const struct tcpaudit *t, uint32_t node)
{
	const struct node *n = node_at(&t->nodes, node);
	const struct tombstone *tomb =
	    n->tomb == 0 ? NULL : pool_at(&t->tombstones, n->tomb);
	int64_t two_msl = 2 * t->config.msl;

	/* TW01 to TW05, TW15, TW17; and its timer is not yet due. */
	return tomb != NULL && tomb->how == TOMB_ORDERLY &&
	       t->time - tomb->t_end >= two_msl &&
	       t->time - tomb->side[0].t_timewait >= two_msl &&
	       t->time - tomb->side[1].t_timewait >= two_msl &&
	       n->deadline > t->time;
}

bool
ta_quick_again_room(struct tcpaudit *t)
{
	void *finding = ta_slab_take_unset(&t->findings);

	ta_slab_give(&t->findings, finding);
	return finding != NULL && ta_slip_room(t) && pool_has(&t->calms) &&
	       pool_has(&t->sent) && pool_has(&t->closes);
}

void
ta_quick_again(struct tcpaudit *t, struct node *n, struct connection *c,
    const struct segment *seg)
{
	const struct tombstone *tomb = c->flow->tomb;
	struct slip_base base;
	struct calm_close *z;
	struct calm *k;

	c->findings = NULL;
	memset(c->finding_count, 0, sizeof(c->finding_count));
	ta_connection_syn(t, c);
	ta_check_port_reuse(
	    t, c, tomb->last_packet, t->time - tomb->t_end, seg->seq);
	n->body = ta_seed_grow(t, n->body);
	n->kind = NODE_CALM;
	k = pool_at(&t->calms, n->body);
	k->close = ta_pool_take(&t->closes);
	base = calm_slip_base(k);
	z = pool_at(&t->closes, k->close);
	z->slip = ta_slip_pack(t, &base, c->findings);
	ta_findings_drop(t, c->findings);
	c->findings = NULL;
}

bool
ta_quick_again_right(
    const struct tcpaudit *t, const struct calm *real, const struct seed *s)
{
	struct calm_close close = { 0 }, *z;
	struct calm_sent sent, *flying;
	struct calm_end *e;
	struct calm k;

	if (real->close == 0 || real->end[0].flying != 1)
		return false;
	z = pool_at(&t->closes, real->close);
	close.slip = z->slip;
	flying = pool_at(&t->sent, real->end[0].flight);
	ta_seed_unpack(s, &k, &sent);
	e = &k.end[TCPAUDIT_CLIENT];
	e->flight = real->end[0].flight;
	k.close = real->close;
	sent.next = flying->next;
	return z->slip != 0 && memcmp(&k, real, sizeof(k)) == 0 &&
	       memcmp(&sent, flying, sizeof(sent)) == 0 &&
	       memcmp(&close, z, sizeof(close)) == 0;
}

bool
ta_quick_is_new(const struct tcpaudit *t, uint32_t tomb_number,
    const struct calm *k, const struct segment *seg)
{
	const struct tombstone *tomb = pool_at(&t->tombstones, tomb_number);
	const struct shape *s = &shape_at(&t->shapes, k->shape)->shape;
	const struct tomb_side *client = &tomb->side[s->client_side];
	const struct tomb_side *server = &tomb->side[!s->client_side];

	/* TW02 to TW04; HS09, HS13: it is no answer to the former SYN; TW18:
	 * timestamps tell them apart, or the time between. */
	return s->owner_side == 2 && tomb->how == TOMB_ORDERLY &&
	       k->end[0].base != seq_raw(client->iss) &&
	       seg->seq != seq_raw(server->max) &&
	       (((seg->options & OPTION_TIMESTAMPS) &&
		    (s->end[0].marks & OFFERED_TIMESTAMPS)) ||
		   k->t_first - tomb->t_end >= t->config.msl);
}
