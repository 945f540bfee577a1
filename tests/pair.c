/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "pair.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "finding.h"
#include "obligation.h"

/* ----------------------------------------------------------------- records */

static void
say(struct pair_side *to, const char *format, ...)
{
	va_list list;
	int n;

	for (;;) {
		va_start(list, format);
		n = vsnprintf(
		    to->text + to->used, to->room - to->used, format, list);
		va_end(list);
		if (n < 0)
			abort();
		if ((size_t)n < to->room - to->used)
			break;
		to->room = 2 * to->room + (size_t)n;
		to->text = realloc(to->text, to->room);
		if (to->text == NULL)
			abort();
	}
	to->used += (size_t)n;
}

static void
say_tuple(struct pair_side *to, const struct tcpaudit_tuple *x)
{
	if (x == NULL)
		return;
	say(to, " %" PRIu64 "/%" PRIu32 " %u", x->id, x->incarnation,
	    x->family);
	for (int i = 0; i < 2; i++) {
		say(to, " ");
		for (int k = 0; k < 16; k++)
			say(to, "%02x", x->address[i].bytes[k]);
		say(to, ":%u", x->port[i]);
	}
}

static void
on_finding(void *argument, const struct tcpaudit_finding *f)
{
	struct pair_side *to = argument;

	say(to, "finding %" PRIu64, f->id);
	if (f->revises)
		say(to, " was %s %d %d %" PRIu64, f->was_rule->code,
		    f->was_severity, f->was_confidence, f->was_count);
	say(to, " %s %d %d end %d", f->rule->code, f->severity, f->confidence,
	    f->endpoint);
	say_tuple(to, f->connection);
	say(to, " packet %" PRIu64 " last %" PRIu64 " time %" PRId64, f->packet,
	    f->last_packet, f->time);
	for (size_t i = 0; i < f->packet_count; i++)
		say(to, " #%" PRIu64, f->packets[i]);
	for (size_t i = 0; i < f->value_count; i++)
		say(to, " %s %d %d %" PRId64, f->values[i].name,
		    f->values[i].kind, f->values[i].expected,
		    f->values[i].value);
	say(to, " count %" PRIu64 " states %d %d %x %x\n", f->count,
	    f->state[0], f->state[1], f->possible[0], f->possible[1]);
}

static void
on_transition(void *argument, const struct tcpaudit_transition *r)
{
	struct pair_side *to = argument;

	say(to, "transition");
	say_tuple(to, r->connection);
	say(to, " %d %d %d %" PRIu64 " %" PRId64 " %d %d\n", r->endpoint,
	    r->from, r->to, r->packet, r->time, r->trigger, r->certainty);
}

static void
say_endpoint(struct pair_side *to, const struct tcpaudit_endpoint *x)
{
	say(to, " [%d %x %d path", x->state, x->possible, x->certain);
	for (size_t i = 0; i < x->path_length; i++)
		say(to, " %d", x->path[i]);
	say(to, " %d %" PRIu32 " %d %" PRIu32, x->isn_known, x->isn,
	    x->fin_known, x->fin_seq);
	say(to, " %" PRIu64 " %" PRIu64 " %" PRIu64, x->packets, x->bytes,
	    x->unique_bytes);
	say(to, " %" PRIu64 " %" PRIu64 " %" PRIu64, x->retransmitted_packets,
	    x->retransmitted_bytes, x->out_of_order_packets);
	say(to, " %" PRIu64 " %" PRIu64 " %d %d", x->zero_windows,
	    x->duplicate_acks, x->mss, x->window_scale);
	say(to, " %d %d rtt %" PRId64 "]", x->sack_permitted, x->timestamps,
	    x->min_rtt_ns);
}

static void
on_connection(void *argument, const struct tcpaudit_connection *c)
{
	struct pair_side *to = argument;

	say(to, "connection");
	say_tuple(to, c->connection);
	say(to, " packets %" PRIu64 " %" PRIu64 " times %" PRId64 " %" PRId64,
	    c->first_packet, c->last_packet, c->first_time, c->last_time);
	say(to, " %s by %d %d", tcpaudit_verdict_name(c->verdict), c->closed_by,
	    c->confidence);
	for (size_t i = 0; i < c->pending_count; i++)
		say(to, " %s", c->pending[i]->code);
	say(to, " %d %d %d", c->lossy, c->midstream, c->evicted);
	for (int i = 0; i < TCPAUDIT_SEVERITIES; i++)
		say(to, " %" PRIu32, c->findings[i]);
	say(to, " %s %s %x", c->zeek_conn_state, c->zeek_history,
	    c->wireshark_completeness);
	say_endpoint(to, &c->end[0]);
	say_endpoint(to, &c->end[1]);
	say(to, "\n");
}

/* ------------------------------------------------------------------ beliefs */

static void
say_sent(struct pair_side *to, const struct calm_end *e)
{
	const struct tcpaudit *t = to->engine;
	const struct calm_sent *s = pool_at(&t->sent, e->flight);

	for (unsigned i = 0; i < e->flying; i++) {
		s = pool_at(&t->sent, s->next);
		say(to, "  sent %u #%u %u %u %u %u %" PRIu64 " %" PRIu64 "\n",
		    s->end, s->packet, s->tsval, s->apart, s->ip_id, s->length,
		    (uint64_t)s->time, s->stored);
	}
}

static void
say_end(struct pair_side *to, const struct calm_end *e)
{
	say(to, " end %u %u ack %u %u %u", e->base, e->max, e->ack, e->edge,
	    e->max_window);
	say(to, " tsval %u %u %u %u %u %u", e->tsval, e->tsecr, e->tsval_syn,
	    e->tsval_acked, e->tsval_new, e->tsval_first);
	say(to, " packet %u %u %u rtt %u %u %u", e->last_packet, e->ack_packet,
	    e->own_packet, e->rtt, e->srtt, e->rttvar);
	say(to, " packets %u seen %u flying %u", e->packets, e->seen,
	    (unsigned)e->flying);
	say(to, " last %" PRIu64 " largest %u max %" PRIu64 " id %u",
	    (uint64_t)e->t_last, (unsigned)e->largest, (uint64_t)e->t_max,
	    (unsigned)e->ip_id);
	say(to, " ack %" PRIu64 " window %u before %" PRIu64 " sums %u",
	    (uint64_t)e->t_ack, (unsigned)e->window, (uint64_t)e->t_ack_before,
	    (unsigned)e->sums);
	say(to, " fresh %" PRIu64 " ttl %u kept %" PRIu64 " step %u\n",
	    (uint64_t)e->t_fresh, (unsigned)e->ttl, (uint64_t)e->kept,
	    (unsigned)e->ack_step);
	say_sent(to, e);
}

static void
say_close(struct pair_side *to, const struct calm_close *z)
{
	const struct slip *s;

	say(to, " close %" PRIu64 " ", (uint64_t)z->t_zeek);
	for (uint32_t id = z->slip; id != 0; id = s->next) {
		s = pool_at(&to->engine->slips, id);
		for (size_t i = 0; i < sizeof(s->bytes); i++)
			say(to, "%02x", s->bytes[i]);
	}
	for (int i = 0; i < 2; i++)
		say(to, " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %u",
		    (uint64_t)z->end[i].t_fin, (uint64_t)z->end[i].t_acked,
		    (uint64_t)z->end[i].t_timewait, (uint64_t)z->end[i].t_text,
		    z->end[i].fin_packet);
	say(to, "\n");
}

/* All of a connection that is calm, so that it can be compared. */
static void
say_calm(struct pair_side *to, const struct calm *k)
{
	const struct tcpaudit *t = to->engine;
	const uint8_t *shape =
	    (const uint8_t *)&shape_at(&t->shapes, k->shape)->shape;

	say(to, "calm %" PRIu64 " first %" PRId64 " #%" PRIu64, (uint64_t)k->id,
	    k->t_first, k->first_packet);
	say(to, " third %u second %" PRIu64 " last %x %u %u", k->third_delay,
	    (uint64_t)k->t_second, (unsigned)k->last_flags, k->last_length,
	    k->last_from);
	say(to, " fresh %x %u shape ", k->fresh, k->unanswered);
	for (size_t i = 0; i < sizeof(struct shape); i++)
		say(to, "%02x", shape[i]);
	say(to, "\n");
	say_end(to, &k->end[0]);
	say_end(to, &k->end[1]);
	if (k->close != 0)
		say_close(to, pool_at(&t->closes, k->close));
}

/* It is looked at no later than anybody owes anything. */
static void
say_deadline(struct pair_side *to, const struct calm *k, int64_t calm_due)
{
	struct tcpaudit *t = to->engine;
	const struct node *n = node_at(&t->nodes, t->last_node);
	struct connection *c = calloc(1, sizeof(*c));
	struct flow f = { 0 };
	int64_t due;

	if (c == NULL)
		abort();
	ta_flow_view(t, &f, t->last_node);
	ta_calm_copy(t, &f, k, c);
	due = ta_obligation_next(t, c);
	free(c);
	if (n->deadline > due || calm_due > due)
		say(to,
		    "%p: deadline %" PRId64 ", %" PRId64 ", behind %" PRId64
		    "\n",
		    (void *)to, n->deadline, calm_due, due);
}

static void
say_seed(struct pair_side *to, const struct seed *s)
{
	struct calm_sent sent;
	struct calm k;

	ta_seed_unpack(s, &k, &sent);
	k.end[0].flying = 0;
	say_calm(to, &k);
	say(to, "sent %u %u\n", sent.apart, sent.ip_id);
	say_deadline(to, &k, ta_seed_due(to->engine, s));
}

static void
say_tomb(struct pair_side *to, const struct tombstone *x)
{
	say(to, "tomb %" PRId64 " #%" PRIu64 " %u %d %d\n", x->t_end,
	    x->last_packet, x->incarnation, x->how, x->timestamps);
	for (int i = 0; i < 2; i++) {
		const struct tomb_side *y = &x->side[i];

		say(to, " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, y->iss,
		    y->max, y->ack, y->fin);
		say(to, " waits %" PRId64 " rtt %" PRId64 " %u %x %u\n",
		    y->t_timewait, y->rtt, y->tsval, y->marks, y->ttl);
	}
}

static void
say_flight(struct pair_side *to, const struct flight *f)
{
	for (unsigned i = 0; f != NULL && i < f->count; i++) {
		const struct transmission *x = &f->sent[i];

		say(to, " %" PRId64 "-%" PRId64 " %" PRId64 " %" PRId64,
		    x->start, x->end, x->time, x->time_first);
		say(to, " #%" PRIu64 " %" PRIu64 " %u %u %u %d %d %u %u;",
		    x->packet, x->stored, x->tsval, x->ip_id, x->copies,
		    x->sacked, x->holed, x->sack_reports, x->sacked_ms);
	}
}

/* All of it: what it leads to in so far as a segment that only goes on may
 * change it, the rest as a number. */
static void
say_connection(struct pair_side *to, const struct connection *from)
{
	struct connection *c = malloc(sizeof(*c));
	const unsigned char *byte = (const unsigned char *)c;
	uint64_t hash = 0;

	if (c == NULL)
		abort();
	*c = *from;
	c->flow = NULL;
	c->findings = NULL;
	c->icmp = NULL;
	c->ecn = NULL;
	c->deadline = 0; /* of the quick way it may be an earlier one */
	for (int i = 0; i < 2; i++) {
		struct endpoint *x = &c->end[i];

		say(to, "states %x %u watch %d", x->possible, x->nominal,
		    x->watch != NULL);
		say_flight(to, x->flight);
		say(to, "\n");
		x->flight = NULL;
		x->gaps = NULL;
		x->watch = NULL;
		c->awaited[i].finding = NULL;
	}
	for (size_t i = 0; i < sizeof(*c); i++)
		hash = (hash ^ byte[i]) * UINT64_C(0x100000001b3);
	say(to, "connection %016" PRIx64 "\n", hash);
	free(c);
}

static void
say_belief(struct pair_side *to)
{
	struct tcpaudit *t = to->engine;
	const struct node *n;
	const struct flow *f;

	if (t->last_node == 0)
		return;
	n = node_at(&t->nodes, t->last_node);
	say(to, "node %u %u %d\n", n->kind, n->incarnations, n->tomb != 0);
	if (n->tomb != 0)
		say_tomb(to, pool_at(&t->tombstones, n->tomb));
	if (n->kind == NODE_CALM)
		say_calm(to, pool_at(&t->calms, n->body));
	if (n->kind == NODE_CALM)
		say_deadline(to, pool_at(&t->calms, n->body),
		    ta_calm_due(t, pool_at(&t->calms, n->body)));
	if (n->kind == NODE_SEED)
		say_seed(to, pool_at(&t->seeds, n->body));
	if (n->kind != NODE_FLOW)
		return;
	f = pool_at(&t->flows, n->body);
	if (f->live != NULL)
		say_connection(to, f->live);
}

/* -------------------------------------------------------------------- both */

static void
begin(struct pair_side *x, const struct tcpaudit_config *config)
{
	struct tcpaudit_config k = *config;

	x->room = 1 << 16;
	x->text = malloc(x->room);
	k.argument = x;
	k.on_finding = on_finding;
	k.on_connection = on_connection;
	k.on_transition = config->on_transition != NULL ? on_transition : NULL;
	x->engine = tcpaudit_new(&k);
	if (x->text == NULL || x->engine == NULL)
		abort();
	x->text[0] = '\0';
}

void
pair_begin(struct pair *p, const struct tcpaudit_config *config)
{
	memset(p, 0, sizeof(*p));
	begin(&p->quick, config);
	begin(&p->slow, config);
	p->slow.engine->quick.doubt = true;
}

static bool
compare(struct pair *p)
{
	const struct quick_moves *m = &p->slow.engine->quick;
	bool alike = p->quick.used == p->slow.used &&
		     memcmp(p->quick.text, p->slow.text, p->quick.used) == 0;
	bool good = alike && m->wrong == p->wrong;

	if (!good && (p->failures == 0 || p->told)) {
		printf("# packet %" PRIu64 ": ", p->packets);
		if (alike)
			printf("not as was learned\n%s", p->slow.text);
		else
			printf(
			    "quick:\n%sslow:\n%s", p->quick.text, p->slow.text);
	}
	p->failures += !good;
	p->wrong = m->wrong;
	p->quick.used = p->slow.used = 0;
	p->quick.text[0] = p->slow.text[0] = '\0';
	return good;
}

static void
show(struct pair_side *x, int link_type, const struct tcpaudit_packet *packet)
{
	tcpaudit_input(x->engine, 0, link_type);
	say(x, "result %d\n", tcpaudit_packet(x->engine, packet));
	say_belief(x);
}

bool
pair_packet(struct pair *p, int link_type, const struct tcpaudit_packet *packet)
{
	struct tcpaudit_packet own = *packet;

	own.number = ++p->packets;
	show(&p->quick, link_type, &own);
	show(&p->slow, link_type, &own);
	return compare(p);
}

bool
pair_finish(struct pair *p)
{
	tcpaudit_finish(p->quick.engine, 0);
	tcpaudit_finish(p->slow.engine, 0);
	return compare(p);
}

uint64_t
pair_taken(const struct pair *p)
{
	return p->quick.engine->quick.taken;
}

uint64_t
pair_harmless(const struct pair *p)
{
	return p->slow.engine->quick.learned;
}

void
pair_clear(struct pair *p)
{
	tcpaudit_free(p->quick.engine);
	tcpaudit_free(p->slow.engine);
	free(p->quick.text);
	free(p->slow.text);
}
