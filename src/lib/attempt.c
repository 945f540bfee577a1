/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "attempt.h"

#include <string.h>

#include "check.h"
#include "finding.h"
#include "part.h"

/* As ta_check_no_answer() says it. */
struct report {
	struct tcpaudit_finding record;
	struct tcpaudit_value value[ATTEMPT_VALUES];
	tcpaudit_packet_id packet;
};

static void
set(struct tcpaudit_value *v, unsigned key, int64_t value)
{
	v->name = ta_evidence_keys[key].name;
	v->kind = ta_evidence_keys[key].kind;
	v->value = value;
}

/* Points into `out`, but for the hosts: all are nobody. */
static void
fill(const struct ending *e, const struct quick_attempt *x, struct report *out)
{
	static const struct tcpaudit_host nobody[2];
	const struct seed *s = e->s;
	int64_t time = e->how == QUICK_GRACE ? e->t->now : ta_seed_due(e->t, s);
	struct tcpaudit_finding *r = &out->record;

	memset(out, 0, sizeof(*out));
	r->rule = &ta_rules[ABOUT(RULE_HS02)];
	r->severity = (enum tcpaudit_severity)x->severity;
	r->confidence = (enum tcpaudit_confidence)x->confidence;
	r->endpoint = TCPAUDIT_CLIENT;
	r->packet = out->packet = s->first_packet;
	r->packet_count = 1;
	r->packets = &out->packet;
	r->time = time - TIME_BIAS;
	set(&out->value[0], EVIDENCE_COPIES, 1);
	set(&out->value[1], EVIDENCE_ISN, s->isn);
	set(&out->value[2], EVIDENCE_WAITED, time - s->t_first);
	r->value_count = ATTEMPT_VALUES;
	r->values = out->value;
	r->hosts = nobody;
	r->count = 1;
	r->last_packet = e->t->packet;
	for (int i = 0; i < 2; i++) {
		r->state[i] = (enum tcpaudit_state)x->state[i];
		r->possible[i] = x->possible[i];
	}
}

/* --------------------------------------------------------------- learning */

void
ta_attempt_ask(struct tcpaudit *t)
{
	t->ends.heard.count = 0;
}

void
ta_attempt_hear(
    struct tcpaudit *t, const struct tcpaudit_finding *r, bool withdraws)
{
	struct quick_heard *h = &t->ends.heard;

	if (withdraws || h->count++ > 0)
		return;
	h->record = *r;
	if (r->value_count == ATTEMPT_VALUES)
		memcpy(h->value, r->values, sizeof(h->value));
	if (r->packet_count == 1)
		h->packet = r->packets[0];
}

static bool
is_value(const struct tcpaudit_value *a, const struct tcpaudit_value *b)
{
	return a->name == b->name && a->kind == b->kind &&
	       !a->expected == !b->expected && a->value == b->value;
}

/* All that is not a pointer; the number comes when it is said. */
static bool
is_same(const struct quick_heard *h, const struct report *own)
{
	struct tcpaudit_finding r = h->record;

	r.id = own->record.id;
	r.connection = own->record.connection;
	r.hosts = own->record.hosts;
	r.packets = own->record.packets;
	r.values = own->record.values;
	if (memcmp(&r, &own->record, sizeof(r)) != 0 ||
	    h->packet != own->packet)
		return false;
	for (int i = 0; i < ATTEMPT_VALUES; i++)
		if (!is_value(&h->value[i], &own->value[i]))
			return false;
	return true;
}

/* It was counted in the record of the connection if it was said. */
static bool
is_counted(const struct tcpaudit *t, const struct tcpaudit_connection *r,
    enum tcpaudit_severity severity)
{
	bool said =
	    t->config.on_part == NULL && t->last_finding != t->ends.findings;

	for (int i = 0; i < TCPAUDIT_SEVERITIES; i++)
		if (r->findings[i] != (said && i == (int)severity))
			return false;
	return t->last_finding - t->ends.findings <= 1;
}

bool
ta_attempt_learn(const struct ending *e, struct quick_end *x,
    const struct tcpaudit_connection *r)
{
	const struct quick_heard *h = &e->t->ends.heard;
	struct quick_attempt *to = &x->attempt;
	struct report own;

	if (h->count != 1 || !is_counted(e->t, r, h->record.severity))
		return false;
	to->severity = (uint8_t)h->record.severity;
	to->confidence = (uint8_t)h->record.confidence;
	for (int i = 0; i < 2; i++) {
		to->state[i] = (uint8_t)h->record.state[i];
		to->possible[i] = h->record.possible[i];
	}
	fill(e, to, &own);
	return is_same(h, &own);
}

/* ----------------------------------------------------------------- saying */

void
ta_attempt_tell(const struct ending *e, struct quick_end *x)
{
	struct tcpaudit *t = e->t;
	struct tcpaudit_tuple tuple;
	struct report own;
	struct told told = { 0 };
	struct telling tell = { .record = &own.record,
		.counts = x->record.findings,
		.told = &told };

	fill(e, &x->attempt, &own);
	if (t->config.on_part != NULL) {
		own.record.id = ++t->last_finding;
		ta_part_finding(t, &t->view, &own.record, false);
		return;
	}
	ta_tuple(&t->view, &tuple);
	own.record.connection = &tuple;
	ta_tell(t, &tell);
}
