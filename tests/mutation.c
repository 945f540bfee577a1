/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Conforming connections (sim.h) with one known defect each (mutant.h): the
 * right rule has to name it, at the right packet.
 *
 * A defect is put into the simulation where its segment leaves the endpoint,
 * so the peer answers it as RFC 9293 wants and the capture is what a monitor
 * would have got.  Not every defect can be seen from there: each kind says
 * which ones cannot, and why.
 *
 * mutation [--kind NAME] [--seed N [--dump FILE | --trace]] [CONNECTIONS]
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mutant.h"
#include "outcome.h"
#include "seq.h"

enum { DECIDABLE_LEAST = 40, SEEDS = 6000, LISTED = 6 };

struct options {
	unsigned long connections;
	const char *kind, *dump;
	uint64_t seed;
	bool one_seed, trace, verbose;
};

struct tally {
	unsigned applied, decidable, named, extra;
};

/* ---------------------------------------------------------------- mutants */

static void
remember(struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	struct sent *x = &m->sent[t->end];
	uint32_t end = s->seq + s->length + !!(s->flags & FLAG_SYN) +
		       !!(s->flags & FLAG_FIN);

	x->last = *s;
	if (s->flags & FLAG_RST)
		return;
	if (s->flags & FLAG_SYN) {
		if (!x->syn || x->first_syn.seq != s->seq) {
			*x = (struct sent){ .syn = true, .first_syn = *s };
			x->last = *s;
			x->max = end;
		}
		x->synacks += !!(s->flags & FLAG_ACK);
	} else {
		x->plain = true;
		x->edge = s->ack + ((uint32_t)s->window << t->rcv_shift);
		x->edges++;
	}
	if (past(end, x->max) > 0)
		x->max = end;
	if (s->flags & FLAG_ACK)
		x->ack = s->ack;
}

static bool
touch(struct sim_tamper *tamper, struct tcp *t, struct sim_segment *s)
{
	struct mutant *m = (struct mutant *)tamper;
	const struct sim_segment was = *s;
	bool sent = true;

	if (m->applied) {
		if (m->kind->go_on != NULL)
			sent = m->kind->go_on(m, t, s);
	} else if (m->kind->fits(m, t, s) && ++m->seen == m->which) {
		m->applied = true;
		m->end = t->end;
		sent = m->kind->apply(m, t, s);
	}
	remember(m, t, &was);
	return sent;
}

/* Simulates with the defect at one of the places where it fits, or returns
 * NULL if there is none. */
static struct sim_capture *
mutate(struct mutant *m, const struct kind *kind, uint64_t seed)
{
	struct sim_capture *c;
	uint64_t random = seed;
	unsigned which;

	*m = (struct mutant){ .tamper = { touch }, .kind = kind };
	c = sim_new_tampered(seed, kind->features, &m->tamper);
	sim_free(c);
	if (c == NULL || m->seen == 0)
		return NULL;
	which = 1 + (unsigned)(sim_random(&random) % m->seen);
	*m = (struct mutant){ .tamper = { touch }, .kind = kind };
	m->which = which;
	m->random = random;
	return sim_new_tampered(seed, kind->features, &m->tamper);
}

static size_t
find(const struct mutant *m, const struct sim_capture *c)
{
	size_t i;

	if (m->kind->find != NULL)
		return m->kind->find(m, c);
	for (i = 0; i < c->count; i++) {
		if (c->frame[i].segment.defect.here)
			return i;
	}
	return NONE;
}

/* --------------------------------------------------------------- findings */

/* Whether a list, separated by spaces, has a name. */
static bool
lists(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = list; p != NULL && *p != '\0'; p = strchr(p, ' ')) {
		p += *p == ' ';
		if (strncmp(p, name, n) == 0 && (p[n] == ' ' || p[n] == '\0'))
			return true;
	}
	return false;
}

static bool
is_at(const struct outcome_finding *f, size_t at, bool late)
{
	bool found = f->packet == at + 1 || f->last_packet == at + 1 ||
		     (late && f->packet > at);
	size_t i;

	for (i = 0; i < f->packets; i++)
		found |= f->evidence[i] == at + 1;
	return found;
}

static bool
is_named(const struct kind *kind, const struct outcome *o, size_t at)
{
	size_t i;

	for (i = 0; i < o->count; i++) {
		if (lists(kind->rules, o->finding[i].rule->name) &&
		    is_at(&o->finding[i], at, kind->late))
			return true;
	}
	return false;
}

/* Errors of rules that have nothing to do with the defect. */
static unsigned
extra(
    const struct kind *kind, const struct outcome *o, uint64_t seed, bool print)
{
	const struct outcome_finding *f;
	unsigned n = 0;
	size_t i;

	for (i = 0; i < o->count; i++) {
		f = &o->finding[i];
		if (f->severity != TCPAUDIT_ERROR ||
		    lists(kind->rules, f->rule->name) ||
		    lists(kind->also, f->rule->name))
			continue;
		n++;
		if (print)
			printf(
			    "    extra: seed %" PRIu64 ": %s\n", seed, f->text);
	}
	return n;
}

/* ----------------------------------------------------------------- a kind */

/* Why mutants were not decidable, and how many. */
struct reasons {
	const char *why[8];
	unsigned times[8];
};

static void
count_reason(struct reasons *r, const char *why)
{
	size_t i;

	for (i = 0; i < 8; i++) {
		if (r->why[i] == NULL || strcmp(r->why[i], why) == 0) {
			r->why[i] = why;
			r->times[i]++;
			return;
		}
	}
}

/* One connection; returns whether the defect shows in its capture. */
static bool
try_seed(const struct kind *kind, uint64_t seed, struct tally *n,
    struct reasons *reasons)
{
	static const struct sim_view plain;
	struct mutant m;
	struct sim_capture *c = mutate(&m, kind, seed);
	struct trial trial = { .capture = c, .view = &plain, .wait = true };
	const char *why = NULL;
	struct outcome o;
	size_t at = c != NULL ? find(&m, c) : NONE;

	if (at == NONE) {
		sim_free(c);
		return false;
	}
	n->applied++;
	if (kind->hidden != NULL)
		why = kind->hidden(&m, c, at);
	outcome_run(&o, &trial);
	if (why != NULL) {
		count_reason(reasons, why);
	} else {
		n->decidable++;
		if (is_named(kind, &o, at))
			n->named++;
		else if (n->decidable - n->named <= LISTED)
			printf("    missed: %s, seed %" PRIu64 ", packet %zu\n",
			    kind->name, seed, at + 1);
	}
	n->extra += extra(kind, &o, seed, n->extra < LISTED);
	outcome_clear(&o);
	sim_free(c);
	return true;
}

static bool
has_rule(const struct kind *kind)
{
	size_t i;

	for (i = 0; i < tcpaudit_rule_count(); i++) {
		if (lists(kind->rules, tcpaudit_rule(i)->name))
			return true;
	}
	return false;
}

static bool
try_kind(const struct kind *kind, const struct options *o, struct tally *sum)
{
	struct tally n = { .applied = 0 };
	struct reasons reasons = { { NULL }, { 0 } };
	uint64_t seed;
	size_t i;

	if (!has_rule(kind)) {
		printf("%-36s no rule yet\n", kind->name);
		return true;
	}
	for (seed = 1; seed <= SEEDS && (n.applied < o->connections ||
					    n.decidable < DECIDABLE_LEAST);
	     seed++)
		try_seed(kind, seed, &n, &reasons);
	printf("%-36s %7u %9u %6u %6u  %s\n", kind->name, n.applied,
	    n.decidable, n.named, n.extra, kind->rules);
	for (i = 0; i < 8 && reasons.why[i] != NULL; i++)
		printf("    undecidable: %u, %s\n", reasons.times[i],
		    reasons.why[i]);
	sum->applied += n.applied;
	sum->decidable += n.decidable;
	sum->named += n.named;
	sum->extra += n.extra;
	if (n.applied >= o->connections && n.decidable >= DECIDABLE_LEAST)
		return true;
	printf("not ok - %s: too few connections\n", kind->name);
	return false;
}

/* ------------------------------------------------------------------- main */

static const struct kind *const tables[] = { kinds_handshake, kinds_data,
	kinds_close, kinds_reset, kinds_header, kinds_option, kinds_flags,
	kinds_ack };

static int
try_all(const struct options *o)
{
	struct tally sum = { .applied = 0 };
	unsigned kinds = 0;
	bool good = true;
	size_t i;

	printf("%-36s %7s %9s %6s %6s  %s\n", "defect", "applied", "decidable",
	    "named", "extra", "rule");
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const struct kind *k;

		for (k = tables[i]; k->name != NULL; k++) {
			if (o->kind != NULL && strcmp(o->kind, k->name) != 0)
				continue;
			kinds += has_rule(k);
			good &= try_kind(k, o, &sum);
		}
	}
	good &= kinds > 0 && 100 * sum.named >= 99 * sum.decidable;
	printf("%s - %u of %u decidable defects named, %u kinds, %u applied; "
	       "%u errors beside\n",
	    good ? "ok" : "not ok", sum.named, sum.decidable, kinds,
	    sum.applied, sum.extra);
	return good ? 0 : 1;
}

static int
show(const struct options *o)
{
	struct sim_capture *c = NULL;
	const struct kind *k = NULL;
	struct mutant m;
	FILE *file = NULL;
	size_t i, at;
	int result = 0;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (k = tables[i]; k->name != NULL && c == NULL; k++) {
			if (o->kind != NULL && strcmp(o->kind, k->name) == 0)
				c = mutate(&m, k, o->seed);
		}
	}
	if (c == NULL) {
		fprintf(stderr, "mutation: nothing to change\n");
		return 2;
	}
	at = find(&m, c);
	if (o->trace)
		outcome_trace(c);
	if (at != NONE)
		printf("packet %zu: %s\n", at + 1,
		    m.kind->hidden != NULL && m.kind->hidden(&m, c, at) != NULL
			? m.kind->hidden(&m, c, at)
			: "decidable");
	if (o->dump != NULL) {
		file = fopen(o->dump, "wb");
		if (file == NULL || sim_write(c, file) != 0)
			result = 2;
		if (file != NULL && fclose(file) != 0)
			result = 2;
	}
	sim_free(c);
	return result;
}

int
main(int argc, char **argv)
{
	struct options o = { .connections = 50 };
	int i;

	for (i = 1; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : "";

		if (argv[i][0] != '-') {
			o.connections = strtoul(argv[i], NULL, 0);
			continue;
		}
		if (strcmp(argv[i], "--trace") == 0) {
			o.trace = true;
			continue;
		}
		i++;
		if (strcmp(argv[i - 1], "--kind") == 0) {
			o.kind = next;
		} else if (strcmp(argv[i - 1], "--seed") == 0) {
			o.one_seed = true;
			o.seed = strtoull(next, NULL, 0);
		} else if (strcmp(argv[i - 1], "--dump") == 0) {
			o.dump = next;
		} else {
			fprintf(stderr,
			    "usage: mutation [--kind NAME] [--seed N "
			    "[--dump FILE] [--trace]] [CONNECTIONS]\n");
			return 2;
		}
	}
	return o.one_seed ? show(&o) : try_all(&o);
}
