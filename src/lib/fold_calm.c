/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "calm.h"

#include <string.h>

#include "engine.h"
#include "finding.h"
#include "incarnation.h"
#include "seq.h"
#include "tombstone.h"

#define TIME_BITS 48

/* What does not fit ends the folding. */
#define NEEDS(what)                                                            \
	do {                                                                   \
		if (!(what))                                                   \
			return false;                                          \
	} while (0)

static bool
fold_time(const struct connection *c, int64_t time, uint64_t *since)
{
	int64_t d = time - c->t_first + 1;

	*since = time == 0 ? 0 : (uint64_t)d;
	return time == 0 || (d > 0 && d < INT64_C(1) << TIME_BITS);
}

static bool
fold_packet(const struct connection *c, uint64_t packet, uint32_t *number)
{
	uint64_t d = packet - c->first_packet + 1;

	*number = packet == 0 ? 0 : (uint32_t)d;
	return packet == 0 || (d > 0 && d <= UINT32_MAX);
}

static bool
fold_number(int64_t base, int64_t number, uint32_t *offset)
{
	*offset = (uint32_t)(number - base);
	return number >= base && number - base <= UINT32_MAX;
}

static bool
fold_span(int64_t span, uint32_t *to)
{
	*to = (uint32_t)span;
	return span >= -1 && span < UINT32_MAX;
}

static bool
fold_base(const struct endpoint *x, struct calm_end *e)
{
	int64_t base = x->iss;

	if (!endpoint_knows(x, KNOWS_SENT))
		return true;
	if (!endpoint_knows(x, KNOWS_ISS))
		base = x->max - (int64_t)x->unique_bytes -
		       endpoint_knows(x, KNOWS_FIN);
	e->base = seq_raw(base);
	return base == calm_base(e) && fold_number(base, x->max, &e->max);
}

static bool
fold_numbers(const struct endpoint *x, struct calm *k, int i)
{
	struct calm_end *e = &k->end[i];
	int64_t peer = calm_base(&k->end[!i]);
	uint32_t scale = x->marks & SCALED_EDGE ? x->shift : 0;

	if (endpoint_knows(x, KNOWS_ACK))
		NEEDS(fold_number(peer, x->ack, &e->ack) &&
		      x->ack - x->ack_before >= 0 &&
		      x->ack - x->ack_before < 1 << 24);
	if (endpoint_knows(x, KNOWS_EDGE))
		NEEDS(fold_number(peer, x->edge, &e->edge));
	NEEDS(x->largest <= UINT16_MAX && x->window >> scale <= UINT16_MAX &&
	      x->packets <= UINT32_MAX);
	e->ack_step = x->ack - x->ack_before;
	e->largest = x->largest;
	e->window = x->window >> scale;
	e->max_window = x->max_window;
	e->ip_id = x->ip_id;
	e->ttl = x->ttl;
	e->sums = x->sums_right;
	e->packets = (uint32_t)x->packets;
	e->seen = x->seen;
	e->kept = x->kept;
	e->tsval = x->tsval;
	e->tsecr = x->tsecr;
	e->tsval_syn = x->syn_tsval;
	e->tsval_acked = x->tsval_acked;
	e->tsval_new = x->tsval_new;
	e->tsval_first = x->options.tsval_first;
	return fold_span(x->rtt, &e->rtt) && fold_span(x->srtt, &e->srtt) &&
	       fold_span(x->rttvar, &e->rttvar);
}

static bool
fold_times(const struct connection *c, struct calm *k, int i)
{
	const struct endpoint *x = &c->end[i];
	struct calm_end *e = &k->end[i];
	uint64_t t_last, t_max, t_ack, t_ack_before, t_fresh;
	unsigned fresh = CALM_FRESH_NONE;

	NEEDS(fold_time(c, x->t_last, &t_last) &&
	      fold_time(c, x->t_max, &t_max) &&
	      fold_time(c, x->t_ack, &t_ack) &&
	      fold_time(c, x->t_ack_before, &t_ack_before) &&
	      fold_time(c, x->options.t_first, &t_fresh) &&
	      fold_packet(c, x->last_packet, &e->last_packet) &&
	      fold_packet(c, x->ack_packet, &e->ack_packet) &&
	      fold_packet(c, i == 0 ? x->third_packet : x->synack_packet,
		  &e->own_packet));
	e->t_last = t_last;
	e->t_max = t_max;
	e->t_ack = t_ack;
	e->t_ack_before = t_ack_before;
	e->t_fresh = t_fresh;
	if (x->options.t_last != 0)
		fresh = x->options.t_last == x->t_ack &&
				x->options.tsval_last == x->tsval_acked
			    ? CALM_FRESH_ACK
			    : CALM_FRESH_TEXT;
	k->fresh |= fresh << (2 * i);
	return true;
}

static void
fold_shape(struct shape_end *s, const struct endpoint *x)
{
	s->path = x->path;
	s->known = x->known;
	s->marks = x->marks;
	s->possible = x->possible;
	s->mss = x->mss;
	s->offered = x->options.syn;
	s->used = x->options.used;
	s->option_marks = x->options.marks;
	s->zeek_seen = x->zeek_seen;
	s->nominal = x->nominal;
	s->path_length = x->path_length;
	s->zeek_state = x->zeek_state;
	s->zeek_prior = x->zeek_prior;
	s->isn_count = x->isn_count;
	s->syn_length = (uint8_t)x->syn_length;
	s->shift = x->shift;
	s->wscale = x->wscale;
	s->timestamps_used = x->timestamps_used;
	s->acked = (x->t_acked_syn != 0 ? SHAPE_ACKED_SYN : 0) |
		   (x->t_acked_fin != 0 ? SHAPE_ACKED_FIN : 0);
	s->fins = x->fins;
}

static uint32_t
shape_of(struct tcpaudit *t, const struct connection *c)
{
	struct shape s = { .marks = c->marks,
		.flood = c->flood,
		.done = c->done,
		.completeness = c->completeness,
		.client_side = c->client_side,
		.owner_side = c->owner_side,
		.admission = c->admission,
		.zeek_length = c->zeek_length };
	unsigned n = 0;

	memcpy(s.zeek_history, c->zeek_history, sizeof(c->zeek_history));
	for (const struct finding *f = c->findings; f != NULL; f = f->next) {
		if (n == SHAPE_FINDINGS)
			return 0;
		s.finding[n++] =
		    (uint16_t)((f->record.rule - ta_rules) |
			       (f->record.endpoint + 2) << SHAPE_RULE_BITS);
	}
	for (int i = 0; i < TCPAUDIT_SEVERITIES; i++)
		s.finding_count[i] = (uint8_t)c->finding_count[i];
	fold_shape(&s.end[0], &c->end[0]);
	fold_shape(&s.end[1], &c->end[1]);
	return ta_shape_number(&t->shapes, &s);
}

static bool
fold_findings(
    struct tcpaudit *t, const struct connection *c, const struct calm *k)
{
	struct slip_base base = calm_slip_base(k);
	uint32_t slip = ta_slip_pack(t, &base, c->findings);

	((struct calm_close *)pool_at(&t->closes, k->close))->slip = slip;
	return slip != 0;
}

static bool
fold_close(struct tcpaudit *t, const struct connection *c, struct calm *k)
{
	struct calm_close z = { 0 };
	uint64_t t_fin, t_acked, t_timewait, t_zeek, t_text;

	if (!((c->end[0].known | c->end[1].known) & KNOWS_FIN) &&
	    c->findings == NULL)
		return true;
	NEEDS(fold_time(c, c->t_zeek_close, &t_zeek));
	z.t_zeek = t_zeek;
	for (int i = 0; i < 2; i++) {
		const struct endpoint *x = &c->end[i];

		NEEDS(fold_time(c, x->t_fin, &t_fin) &&
		      fold_time(c, x->t_acked_fin_first, &t_acked) &&
		      fold_time(c, x->t_timewait, &t_timewait) &&
		      fold_time(c, x->options.t_last, &t_text) &&
		      fold_packet(c, x->fin_packet, &z.end[i].fin_packet));
		z.end[i].t_text = t_text;
		z.end[i].t_fin = t_fin;
		z.end[i].t_acked = t_acked;
		z.end[i].t_timewait = t_timewait;
	}
	k->close = ta_pool_take(&t->closes);
	NEEDS(k->close != 0);
	*(struct calm_close *)pool_at(&t->closes, k->close) = z;
	return c->findings == NULL || fold_findings(t, c, k);
}

/* One after the other, sent once, of which nothing is reported. */
static bool
is_plain(const struct transmission *x, int64_t start)
{
	return x->start == start && x->copies == 1 && !x->sacked && !x->holed &&
	       x->time_first == x->time && x->sack_reports == 0 &&
	       x->sacked_ms == 0 && x->stored_length <= UINT16_MAX;
}

/* All that is in flight is: asked first, as it costs least. */
static bool
flies_plainly(const struct connection *c, int i)
{
	const struct flight *f = c->end[i].flight;

	for (unsigned n = 0; f != NULL && n < f->count; n++)
		if (!is_plain(&f->sent[n], f->sent[n].start))
			return false;
	return true;
}

static bool
fold_sent(struct tcpaudit *t, const struct connection *c, struct calm *k, int i,
    const struct transmission *x)
{
	struct calm_end *e = &k->end[i];
	struct calm_sent *s = calm_launch(&t->sent, e);
	uint64_t time;

	NEEDS(s != NULL);
	s->apart = x->apart;
	s->tsval = x->tsval;
	s->ip_id = x->ip_id;
	s->stored = x->stored;
	s->length = x->stored != 0 ? (uint16_t)x->stored_length : 0;
	NEEDS(fold_time(c, x->time, &time) &&
	      fold_packet(c, x->packet, &s->packet) &&
	      fold_number(calm_base(e), x->end, &s->end));
	s->time = time;
	return true;
}

static bool
fold_flight(
    struct tcpaudit *t, const struct connection *c, struct calm *k, int i)
{
	const struct flight *from = c->end[i].flight;
	int64_t start = endpoint_knows(&c->end[!i], KNOWS_ACK)
			    ? c->end[!i].ack
			    : calm_base(&k->end[i]);

	for (unsigned n = 0; from != NULL && n < from->count; n++) {
		NEEDS(is_plain(&from->sent[n], start) &&
		      fold_sent(t, c, k, i, &from->sent[n]));
		start = from->sent[n].end;
	}
	return from == NULL || start == c->end[i].max;
}

/* All but what is in flight. */
static bool
fold(struct tcpaudit *t, struct connection *c, struct calm *k)
{
	uint64_t t_second;
	int first = c->end[0].t_first != c->t_first;
	uint32_t length = seq_raw(c->last.end) - c->last.seq;

	NEEDS(c->id < UINT64_C(1) << 40 && length < 1 << 18 &&
	      fold_time(c, c->end[!first].t_first, &t_second));
	k->t_first = c->t_first;
	k->first_packet = c->first_packet;
	k->id = c->id;
	k->third_delay = c->third_delay;
	k->t_second = t_second;
	k->fresh = first ? CALM_SERVER_FIRST : 0;
	k->last_flags = c->last.flags;
	k->last_length = length;
	k->last_from = c->last.from;
	k->unanswered = c->unanswered_texts;
	NEEDS(fold_base(&c->end[0], &k->end[0]) &&
	      fold_base(&c->end[1], &k->end[1]));
	for (int i = 0; i < 2; i++)
		NEEDS(fold_numbers(&c->end[i], k, i) && fold_times(c, k, i));
	NEEDS(fold_close(t, c, k));
	k->shape = shape_of(t, c);
	return k->shape != 0;
}

/* Whether unfolding gives what was folded. */
static bool
is_same(struct tcpaudit *t, struct connection *c, const struct calm *k)
{
	struct connection *copy = &t->unfolded;

	memset(copy, 0, sizeof(*copy));
	ta_calm_copy(t, c->flow, k, copy);
	for (int i = 0; i < 2; i++)
		copy->end[i].flight = c->end[i].flight;
	copy->findings = c->findings;
	copy->fold_wait = c->fold_wait;
	return memcmp(copy, c, sizeof(*copy)) == 0;
}

/* Something has happened to it that has no place in a calm one. */
static bool
is_disturbed(struct tcpaudit *t, struct connection *c)
{
	static const struct watch nothing;

	if (c->awaited[0].finding != NULL || c->awaited[1].finding != NULL ||
	    c->icmp != NULL || c->ecn != NULL || c->flow->challenger != NULL ||
	    c->loss_events != 0 || c->acks_in_circle != 0 ||
	    (c->due_fin_reack | c->due_reuse | c->due_keepalive |
		c->due_challenge) != 0)
		return true;
	c->t_storm = 0; /* when a circle began; there is none */
	for (int i = 0; i < 2; i++) {
		struct endpoint *x = &c->end[i];

		if (x->gaps != NULL || x->contig != x->max)
			return true;
		if (x->kept != payload_where(&t->payload, x->kept))
			x->kept = 0; /* gone for long */
		if (x->watch == NULL)
			continue;
		if (memcmp(x->watch, &nothing, sizeof(nothing)) != 0)
			return true;
		ta_slab_give(&t->watches, x->watch);
		x->watch = NULL;
	}
	return false;
}

/* A connection that did not fit is tried again after twice as many segments as
 * it has, and no later than after so many more. */
#define FOLD_WAIT 16

static uint8_t
wait_of(const struct connection *c)
{
	uint64_t packets = c->end[0].packets + c->end[1].packets;

	if (packets == 0)
		return 0;
	return packets > FOLD_WAIT ? FOLD_WAIT : (uint8_t)(packets - 1);
}

/* It is a seed: nothing but a SYN.  Returns its number. */
static uint32_t
fold_seed(struct tcpaudit *t, struct calm *k)
{
	struct seed s;
	uint32_t id;

	if (k->end[0].flying != 1 || k->end[1].packets != 0 ||
	    !ta_seed_pack(k, pool_at(&t->sent, k->end[0].flight), &s))
		return 0;
	id = ta_pool_take(&t->seeds);
	if (id == 0)
		return 0;
	*(struct seed *)pool_at(&t->seeds, id) = s;
	ta_calm_land(t, &k->end[0]);
	return id;
}

static enum node_kind
fold_whole(struct tcpaudit *t, struct connection *c, uint32_t *body)
{
	struct calm k = { 0 };
	bool good = fold(t, c, &k) && is_same(t, c, &k) &&
		    fold_flight(t, c, &k, 0) && fold_flight(t, c, &k, 1);

	*body = good ? fold_seed(t, &k) : 0;
	if (*body != 0)
		return NODE_SEED;
	if (good)
		*body = ta_pool_take(&t->calms);
	if (*body != 0) {
		*(struct calm *)pool_at(&t->calms, *body) = k;
		return NODE_CALM;
	}
	ta_calm_land(t, &k.end[0]);
	ta_calm_land(t, &k.end[1]);
	ta_calm_drop_close(t, k.close);
	return NODE_FLOW;
}

enum node_kind
ta_calm_fold(struct tcpaudit *t, struct flow *f, uint32_t *body)
{
	struct connection *c = f->live;
	enum node_kind kind = NODE_FLOW;

	if (c->fold_wait > 0) {
		c->fold_wait--;
		return NODE_FLOW;
	}
	if (!is_disturbed(t, c) && flies_plainly(c, 0) && flies_plainly(c, 1) &&
	    node_at(&t->nodes, f->node)->deadline == c->deadline)
		kind = fold_whole(t, c, body);
	if (kind == NODE_FLOW) {
		c->fold_wait = wait_of(c);
		return NODE_FLOW;
	}
	f->live = NULL;
	ta_findings_drop(t, c->findings);
	ta_connection_free(t, c);
	return kind;
}
