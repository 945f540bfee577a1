/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "calm.h"

#include <stddef.h>
#include <string.h>

#include "engine.h"
#include "finding.h"
#include "incarnation.h"
#include "seq.h"
#include "tombstone.h"

_Static_assert(sizeof(struct calm_end) == 128, "two cache lines an end");
_Static_assert(sizeof(struct calm) == 40 + 256, "the memory of a connection");

static void
unfold_numbers(
    const struct tcpaudit *t, struct connection *c, const struct calm *k, int i)
{
	const struct calm_end *e = &k->end[i], *p = &k->end[!i];
	struct endpoint *x = &c->end[i];
	bool fin = endpoint_knows(x, KNOWS_FIN);

	if (endpoint_knows(x, KNOWS_ISS)) {
		x->iss = calm_base(e);
		x->isn[0] = e->base;
	}
	if (endpoint_knows(x, KNOWS_SENT)) {
		x->max = x->contig = calm_base(e) + e->max;
		x->bytes = x->unique_bytes =
		    e->max - x->syn_length - (unsigned)fin;
	}
	if (fin)
		x->fin = x->max - 1;
	x->window = (uint32_t)e->window
		    << (x->marks & SCALED_EDGE ? x->shift : 0);
	x->max_window = e->max_window;
	x->largest = e->largest;
	if (endpoint_knows(x, KNOWS_ACK)) {
		x->ack = calm_base(p) + e->ack;
		x->ack_before = x->ack - e->ack_step;
	}
	if (endpoint_knows(x, KNOWS_EDGE)) {
		x->edge = calm_base(p) + e->edge;
		x->edge_last = x->ack + x->window;
	}
	x->ip_id = e->ip_id;
	x->ttl = e->ttl;
	x->sums_right = e->sums;
	x->packets = e->packets;
	x->seen = e->seen;
	x->kept = payload_where(&t->payload, e->kept);
	if (x->zeek_seen & ZEEK_SEEN_SYN)
		x->zeek_seq[0] = e->base;
	if (x->zeek_seen & ZEEK_SEEN_FIN)
		x->zeek_seq[1] = seq_raw(x->fin);
}

static void
unfold_stamps(
    struct endpoint *x, const struct calm *k, const struct calm_close *z, int i)
{
	const struct calm_end *e = &k->end[i];
	struct options_seen *o = &x->options;
	uint64_t text = e->t_max;

	if (endpoint_knows(x, KNOWS_FIN))
		text = z->end[i].t_text;
	x->syn_tsval = e->tsval_syn;
	x->tsval = x->tsval_max = e->tsval;
	x->tsval_acked = e->tsval_acked;
	x->tsval_new = e->tsval_new;
	x->tsecr = e->tsecr;
	o->tsval_first = e->tsval_first;
	o->t_first = calm_time(k, e->t_fresh);
	o->t_last = calm_time(k, calm_fresh(k, i, text, &o->tsval_last));
}

static void
unfold_times(struct connection *c, const struct calm *k,
    const struct shape_end *s, int i)
{
	const struct calm_end *e = &k->end[i];
	struct endpoint *x = &c->end[i];
	int64_t first = calm_time(k, k->t_second);

	if (i == !!(k->fresh & CALM_SERVER_FIRST))
		first = k->t_first;
	if (x->packets > 0)
		x->t_first = first;
	x->t_last = x->t_plain = calm_time(k, e->t_last);
	x->t_max = calm_time(k, e->t_max);
	x->t_ack = calm_time(k, e->t_ack);
	x->t_ack_before = calm_time(k, e->t_ack_before);
	if (x->isn_count > 0) {
		x->t_syn = x->t_syn_first = first;
		x->isn_packet[0] = calm_packet(k, i == 0 ? 1 : e->own_packet);
	}
	if (x->marks & SENT_SYN)
		x->syn_packet = x->isn_packet[0];
	if (x->marks & SENT_SYNACK) {
		x->t_synack_first = first;
		x->synack_packet = x->isn_packet[0];
	}
	if (x->marks & SENT_THIRD_ACK)
		x->third_packet = calm_packet(k, e->own_packet);
	x->t_acked_syn = s->acked & SHAPE_ACKED_SYN ? x->t_last : 0;
	x->t_acked_fin = s->acked & SHAPE_ACKED_FIN ? x->t_last : 0;
	x->last_packet = calm_packet(k, e->last_packet);
	x->ack_packet = calm_packet(k, e->ack_packet);
	x->rtt = e->rtt == UINT32_MAX ? -1 : (int64_t)e->rtt;
	x->srtt = e->srtt;
	x->rttvar = e->rttvar;
}

static void
unfold_shape(struct endpoint *x, const struct shape_end *s)
{
	x->path = s->path;
	x->known = s->known;
	x->marks = s->marks;
	x->possible = s->possible;
	x->mss = s->mss;
	x->options.syn = x->options.syn_last = s->offered;
	x->options.used = s->used;
	x->options.marks = s->option_marks;
	x->zeek_seen = s->zeek_seen;
	x->nominal = s->nominal;
	x->path_length = s->path_length;
	x->zeek_state = s->zeek_state;
	x->zeek_prior = s->zeek_prior;
	x->isn_count = s->isn_count;
	x->syn_length = s->syn_length;
	x->shift = s->shift;
	x->wscale = s->wscale;
	x->timestamps_used = s->timestamps_used;
	x->fins = s->fins;
}

static void
unfold_close(
    struct connection *c, const struct calm *k, const struct calm_close *z)
{
	c->t_zeek_close = calm_time(k, z->t_zeek);
	for (int i = 0; i < 2; i++) {
		struct endpoint *x = &c->end[i];

		x->t_fin = x->t_fin_first = calm_time(k, z->end[i].t_fin);
		x->t_fins = x->fins > 0 ? x->t_fin : 0;
		x->t_acked_fin_first = calm_time(k, z->end[i].t_acked);
		x->t_timewait = calm_time(k, z->end[i].t_timewait);
		x->fin_packet = calm_packet(k, z->end[i].fin_packet);
	}
}

static void
unfold_last(struct connection *c, const struct calm *k)
{
	const struct endpoint *x = &c->end[k->last_from];
	struct stimulus *last = &c->last;

	last->time = c->t_last = x->t_last;
	last->packet = c->last_packet = x->last_packet;
	last->from = k->last_from;
	last->flags = k->last_flags;
	last->end = x->max;
	last->seq = seq_raw(x->max) - k->last_length;
	last->ack = endpoint_knows(x, KNOWS_ACK) ? seq_raw(x->ack) : 0;
	last->data = k->last_length > (k->last_flags & FLAG_SYN ? 1u : 0u) +
					  (k->last_flags & FLAG_FIN ? 1u : 0u);
}

void
ta_calm_copy(const struct tcpaudit *t, struct flow *f, const struct calm *k,
    struct connection *c)
{
	const struct shape *s = &shape_at(&t->shapes, k->shape)->shape;
	const struct calm_close *z =
	    k->close == 0 ? NULL : pool_at(&t->closes, k->close);

	c->flow = f;
	c->marks = s->marks;
	c->flood = s->flood;
	c->done = s->done;
	c->completeness = s->completeness;
	c->client_side = s->client_side;
	c->owner_side = s->owner_side;
	c->admission = s->admission;
	c->zeek_length = s->zeek_length;
	memcpy(c->zeek_history, s->zeek_history, sizeof(c->zeek_history));
	for (int i = 0; i < TCPAUDIT_SEVERITIES; i++)
		c->finding_count[i] = s->finding_count[i];
	c->incarnation = f->incarnations;
	c->id = k->id;
	c->deadline = node_at(&t->nodes, f->node)->deadline;
	c->t_first = k->t_first;
	c->first_packet = k->first_packet;
	c->third_delay = k->third_delay;
	c->unanswered_texts = k->unanswered;
	for (int i = 0; i < 2; i++) {
		unfold_shape(&c->end[i], &s->end[i]);
		unfold_numbers(t, c, k, i);
	}
	for (int i = 0; i < 2; i++) {
		unfold_times(c, k, &s->end[i], i);
		unfold_stamps(&c->end[i], k, z, i);
		c->end[i].rtt_before =
		    f->tomb == NULL ? -1
				    : f->tomb->side[i ^ c->client_side].rtt;
	}
	if (z != NULL)
		unfold_close(c, k, z);
	unfold_last(c, k);
}

static void
unfold_sent(struct transmission *x, const struct calm *k, int i, int64_t start,
    const struct calm_sent *s)
{
	*x = (struct transmission){ .start = start,
		.end = calm_base(&k->end[i]) + s->end,
		.time = calm_time(k, s->time),
		.time_first = calm_time(k, s->time),
		.packet = calm_packet(k, s->packet),
		.stored = s->stored,
		.stored_length = s->length,
		.apart = s->apart,
		.tsval = s->tsval,
		.ip_id = s->ip_id,
		.copies = 1 };
}

static void
unfold_flight(const struct tcpaudit *t, const struct calm *k,
    struct connection *c, int i, struct flight *to)
{
	const struct calm_end *e = &k->end[i];
	const struct calm_sent *s = pool_at(&t->sent, e->flight);
	int64_t start = endpoint_knows(&c->end[!i], KNOWS_ACK) ? c->end[!i].ack
							       : calm_base(e);

	to->count = (uint8_t)e->flying;
	for (unsigned n = 0; n < e->flying; n++) {
		s = pool_at(&t->sent, s->next);
		unfold_sent(&to->sent[n], k, i, start, s);
		start = to->sent[n].end;
	}
	c->end[i].flight = to;
}

void
ta_calm_land(struct tcpaudit *t, struct calm_end *e)
{
	calm_land(&t->sent, e, UINT32_MAX);
}

void
ta_calm_drop_close(struct tcpaudit *t, uint32_t close)
{
	if (close == 0)
		return;
	ta_slip_give(
	    t, ((struct calm_close *)pool_at(&t->closes, close))->slip);
	ta_pool_give(&t->closes, close);
}

void
ta_calm_free(struct tcpaudit *t, uint32_t calm)
{
	struct calm *k = pool_at(&t->calms, calm);

	ta_calm_land(t, &k->end[0]);
	ta_calm_land(t, &k->end[1]);
	ta_calm_drop_close(t, k->close);
	ta_pool_give(&t->calms, calm);
}

/* The same flight again; false: memory is short. */
static bool
clone_flight(
    struct tcpaudit *t, struct calm_end *to, const struct calm_end *from)
{
	uint32_t id = from->flight, next;

	to->flight = 0;
	to->flying = 0;
	for (unsigned n = 0; n < from->flying; n++) {
		struct calm_sent *copy = calm_launch(&t->sent, to);

		if (copy == NULL)
			return false;
		id = ((struct calm_sent *)pool_at(&t->sent, id))->next;
		next = copy->next;
		*copy = *(struct calm_sent *)pool_at(&t->sent, id);
		copy->next = next;
	}
	return true;
}

static uint32_t
clone_close(struct tcpaudit *t, uint32_t close)
{
	uint32_t id = ta_pool_take(&t->closes);
	struct calm_close *z;

	if (id == 0)
		return 0;
	z = pool_at(&t->closes, id);
	*z = *(const struct calm_close *)pool_at(&t->closes, close);
	if (z->slip == 0)
		return id;
	z->slip = ta_slip_clone(t, z->slip);
	if (z->slip != 0)
		return id;
	ta_pool_give(&t->closes, id);
	return 0;
}

uint32_t
ta_calm_clone(struct tcpaudit *t, const struct calm *k)
{
	uint32_t id = ta_pool_take(&t->calms);
	struct calm *copy;
	bool good = true;

	if (id == 0)
		return 0;
	copy = pool_at(&t->calms, id);
	*copy = *k;
	copy->close = 0;
	if (k->close != 0) {
		copy->close = clone_close(t, k->close);
		good = copy->close != 0;
	}
	for (int i = 0; i < 2; i++)
		good = clone_flight(t, &copy->end[i], &k->end[i]) && good;
	if (good)
		return id;
	ta_calm_free(t, id);
	return 0;
}

bool
ta_calm_flies_alike(const struct tcpaudit *t, const struct calm_end *a,
    const struct calm_end *b)
{
	const struct calm_sent *x, *y;

	if (a->flying != b->flying || a->flying == 0)
		return a->flying == b->flying;
	x = pool_at(&t->sent, a->flight);
	y = pool_at(&t->sent, b->flight);
	for (unsigned n = 0; n < a->flying; n++) {
		x = pool_at(&t->sent, x->next);
		y = pool_at(&t->sent, y->next);
		if (memcmp(&x->end, &y->end,
			sizeof(*x) - offsetof(struct calm_sent, end)) != 0)
			return false;
	}
	return true;
}

/* Its findings, in *list.  False: memory is short. */
static bool
unfold_findings(struct tcpaudit *t, const struct calm *k, struct finding **list)
{
	const struct calm_close *z;
	struct slip_base base = calm_slip_base(k);

	*list = NULL;
	if (k->close == 0)
		return true;
	z = pool_at(&t->closes, k->close);
	return z->slip == 0 || ta_slip_unpack(t, &base, z->slip, list);
}

bool
ta_calm_unfold(struct tcpaudit *t, struct flow *f, uint32_t calm)
{
	struct calm *k = pool_at(&t->calms, calm);
	struct connection *c = ta_slab_take(&t->connections);
	struct flight *flight[2] = { NULL, NULL };
	bool good = c != NULL && unfold_findings(t, k, &c->findings);

	for (int i = 0; i < 2 && good; i++) {
		if (k->end[i].flying > 0)
			flight[i] = ta_slab_take_unset(&t->flights);
		good = k->end[i].flying == 0 || flight[i] != NULL;
	}
	if (!good) {
		ta_slab_give(&t->flights, flight[0]);
		ta_slab_give(&t->flights, flight[1]);
		if (c != NULL)
			ta_findings_drop(t, c->findings);
		ta_slab_give(&t->connections, c);
		return false;
	}
	ta_calm_copy(t, f, k, c);
	for (int i = 0; i < 2; i++) {
		if (flight[i] != NULL)
			unfold_flight(t, k, c, i, flight[i]);
		ta_calm_land(t, &k->end[i]);
	}
	f->live = c;
	ta_calm_drop_close(t, k->close);
	ta_pool_give(&t->calms, calm);
	return true;
}

bool
ta_seed_unfold(struct tcpaudit *t, struct flow *f, uint32_t seed)
{
	struct connection *c = ta_slab_take(&t->connections);
	struct flight *flight = ta_slab_take_unset(&t->flights);
	struct calm_sent s;
	struct calm k;

	if (c == NULL || flight == NULL) {
		ta_slab_give(&t->flights, flight);
		ta_slab_give(&t->connections, c);
		return false;
	}
	ta_seed_unpack(pool_at(&t->seeds, seed), &k, &s);
	ta_calm_copy(t, f, &k, c);
	flight->count = 1;
	unfold_sent(&flight->sent[0], &k, 0, c->end[0].iss, &s);
	c->end[0].flight = flight;
	f->live = c;
	ta_pool_give(&t->seeds, seed);
	return true;
}
