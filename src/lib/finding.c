/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "finding.h"

#include <string.h>

#include "attempt.h"
#include "engine.h"
#include "flood.h"
#include "part.h"

/* Says it, or hands it on. */
static void
finding_say(
    struct tcpaudit *t, struct connection *c, struct finding *f, bool withdraws)
{
	struct telling tell = {
		.record = &f->record, .told = &f->told, .withdraws = withdraws
	};
	struct parties who;

	if (t->ends.ask != NULL)
		ta_attempt_hear(t, &f->record, withdraws);
	if (t->config.on_part != NULL) {
		ta_part_finding(t, c, &f->record, withdraws);
		return;
	}
	if (c != NULL) {
		fold_of(c, (enum rule)(f->record.rule - ta_rules), &tell.fold);
		flood_parties(c, &who);
		tell.who = &who;
		tell.counts = c->finding_count;
	}
	ta_tell(t, &tell);
}

static void
finding_emit(struct tcpaudit *t, struct connection *c, struct finding *f)
{
	struct tcpaudit_tuple tuple;

	f->record.packets = f->packets;
	f->record.values = f->values;
	f->record.hosts = f->hosts;
	f->record.connection = NULL;
	if (c != NULL) {
		ta_tuple(c, &tuple);
		f->record.connection = &tuple;
	}
	finding_say(t, c, f, false);
	f->count_written = f->record.count;
}

static void
finding_was(struct finding *f)
{
	f->record.revises = 1;
	f->record.was_rule = f->record.rule;
	f->record.was_severity = f->record.severity;
	f->record.was_confidence = f->record.confidence;
	f->record.was_count = f->count_written;
}

/* Evidence stays sorted and without repetition. */
static void
finding_prove(struct finding *f, tcpaudit_packet_id packet)
{
	size_t n = f->record.packet_count, i;

	if (packet == 0)
		return;
	for (i = n; i > 0 && f->packets[i - 1] >= packet; i--)
		if (f->packets[i - 1] == packet)
			return;
	if (n == TCPAUDIT_EVIDENCE_MAX)
		return;
	memmove(&f->packets[i + 1], &f->packets[i],
	    (n - i) * sizeof(f->packets[0]));
	f->packets[i] = packet;
	f->record.packet_count++;
}

static void
finding_adopt(struct finding *f, const struct finding *other)
{
	for (size_t i = 0; other != NULL && i < other->record.packet_count; i++)
		finding_prove(f, other->packets[i]);
}

static void
finding_value(struct finding *f, const struct fact *fact)
{
	struct tcpaudit_value *v;

	if (f->record.value_count == TCPAUDIT_VALUES_MAX)
		return;
	f->key[f->record.value_count] = (uint8_t)fact->key;
	v = &f->values[f->record.value_count++];
	v->name = ta_evidence_keys[fact->key].name;
	v->kind = ta_evidence_keys[fact->key].kind;
	v->expected = fact->what == FACT_EXPECTED;
	v->value = fact->value;
	if (v->kind == TCPAUDIT_VALUE_SEQUENCE)
		v->value = (uint32_t)fact->value;
}

static void
finding_demote(struct finding *f)
{
	if (f->record.severity > TCPAUDIT_NOTE)
		f->record.severity--;
	f->record.confidence = TCPAUDIT_POSSIBLE;
}

static struct finding *
finding_in(struct finding *list, enum rule rule, int end)
{
	struct finding *f;

	for (f = list; f != NULL; f = f->next)
		if (f->record.rule == &ta_rules[rule] &&
		    f->record.endpoint == end)
			return f;
	return NULL;
}

struct finding *
ta_finding(const struct connection *c, enum rule rule, int end)
{
	return finding_in(c->findings, rule, end);
}

static void
finding_fill(struct tcpaudit *t, const struct connection *c, struct finding *f,
    enum rule rule, int end, const struct fact *fact, size_t count)
{
	for (int i = 0; c != NULL && i < 2; i++) {
		f->record.state[i] = c->end[i].nominal;
		f->record.possible[i] = c->end[i].possible;
	}
	f->record.rule = &ta_rules[rule];
	f->record.severity = ta_rules[rule].severity;
	f->record.confidence = ta_rules[rule].confidence;
	f->record.endpoint = end;
	f->record.value_count = 0;
	f->record.time = t->time - TIME_BIAS;
	for (size_t i = 0; i < count; i++)
		if (fact[i].what == FACT_SEVERITY)
			f->record.severity =
			    (enum tcpaudit_severity)fact[i].value;
		else if (fact[i].what == FACT_CONFIDENCE)
			f->record.confidence =
			    (enum tcpaudit_confidence)fact[i].value;
		else if (fact[i].what == FACT_WHEN)
			f->record.time = fact[i].value - TIME_BIAS;
		else if (fact[i].what == FACT_AT && fact[i].value != 0)
			f->record.packet = (tcpaudit_packet_id)fact[i].value;
		else if (fact[i].what == FACT_SEEN ||
			 fact[i].what == FACT_MOST ||
			 fact[i].what == FACT_EXPECTED)
			finding_value(f, &fact[i]);
	for (size_t i = 0; i < count; i++)
		if (fact[i].what == FACT_DEMOTE && fact[i].value)
			finding_demote(f);
		else if (fact[i].what == FACT_PROOFS_OF && c != NULL)
			finding_adopt(f, ta_finding(c, (enum rule)fact[i].value,
					     fact[i].key));
		else if (fact[i].what == FACT_PROOF || fact[i].what == FACT_AT)
			finding_prove(f, (tcpaudit_packet_id)fact[i].value);
	finding_prove(f, f->record.packet);
}

/* What `fact` adds to a finding: numbers and packets. */
static void
finding_add(struct finding *f, const struct fact *fact)
{
	if (fact->what == FACT_SEEN || fact->what == FACT_EXPECTED)
		finding_value(f, fact);
	else if (fact->what == FACT_PROOF)
		finding_prove(f, (tcpaudit_packet_id)fact->value);
}

static void
finding_repeat(struct tcpaudit *t, struct finding *f)
{
	f->record.count++;
	f->record.last_packet = t->packet;
	finding_prove(f, t->packet);
}

/* A finding in front of a list; NULL: no memory, it is counted as lost. */
static struct finding *
finding_new(struct tcpaudit *t, struct finding **list)
{
	struct finding *f = ta_slab_take(&t->findings);

	if (f == NULL) {
		t->statistics.uncounted_findings++;
		return NULL;
	}
	f->next = *list;
	*list = f;
	return f;
}

static void
finding_begin(struct tcpaudit *t, struct connection *c, struct finding *f,
    enum rule rule, int end, const struct fact *fact, size_t count)
{
	if (t->config.on_part != NULL)
		f->record.id = ++t->last_finding;
	f->record.count = 1;
	f->record.packet = t->packet;
	finding_fill(t, c, f, rule, end, fact, count);
	f->record.last_packet = t->packet;
	finding_emit(t, c, f);
}

/* A rule that fires again may be told by another. */
static void
again(struct tcpaudit *t, const struct connection *c, enum rule rule)
{
	struct parties who;
	struct fold fold;

	fold_of(c, rule, &fold);
	if (fold.how == FOLD_NOT)
		return;
	if (t->config.on_part != NULL) {
		ta_part_again(t, c, rule);
		return;
	}
	flood_parties(c, &who);
	(void)ta_fold_counts(t, &who, &fold, rule);
}

void
ta_report_facts(struct tcpaudit *t, struct connection *c, enum rule rule,
    int end, const struct fact *fact, size_t count)
{
	struct finding once = { 0 }, *f = &once;

	if (c != NULL) {
		if (connection_is(c, CONN_CHALLENGER))
			return; /* perhaps no connection at all */
		f = ta_finding(c, rule, end);
		if (f != NULL) {
			finding_repeat(t, f);
			again(t, c, rule);
			return;
		}
		f = finding_new(t, &c->findings);
		if (f == NULL)
			f = &once;
	} else if (t->config.silent) {
		return;
	}
	finding_begin(t, c, f, rule, end, fact, count);
}

/* A value that is the largest of its kind. */
static void
finding_raise(struct finding *f, const struct fact *fact)
{
	for (size_t i = 0; i < f->record.value_count; i++)
		if (f->values[i].name == ta_evidence_keys[fact->key].name &&
		    f->values[i].value < fact->value)
			f->values[i].value = fact->value;
}

struct finding *
ta_defect(const struct tcpaudit *t, enum rule rule)
{
	return finding_in(t->defects, rule, -1);
}

void
ta_defect_prove(struct finding *f, tcpaudit_packet_id packet)
{
	finding_prove(f, packet);
}

void
ta_report_capture_facts(
    struct tcpaudit *t, enum rule rule, const struct fact *fact, size_t count)
{
	struct finding *f = ta_defect(t, rule);

	if (t->config.silent)
		return;
	if (f == NULL) {
		f = finding_new(t, &t->defects);
		if (f != NULL)
			finding_begin(t, NULL, f, rule, -1, fact, count);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (fact[i].what == FACT_MOST)
			finding_raise(f, &fact[i]);
	finding_repeat(t, f);
}

void
ta_revise_facts(struct tcpaudit *t, struct connection *c, struct finding *f,
    enum rule rule, int end, const struct fact *fact, size_t count)
{
	struct finding *already;

	if (f == NULL) {
		ta_report_facts(t, c, rule, end, fact, count);
		return;
	}
	already = ta_finding(c, rule, end);
	if (already != NULL && already != f) {
		finding_repeat(t, already);
		return;
	}
	finding_was(f);
	f->record.last_packet = t->packet;
	finding_prove(f, t->packet);
	finding_fill(t, c, f, rule, end, fact, count);
	finding_emit(t, c, f);
}

void
ta_restate_facts(struct tcpaudit *t, struct connection *c, struct finding *f,
    enum rule rule, int end, const struct fact *fact, size_t count)
{
	if (f != NULL)
		ta_revise_facts(t, c, f, rule, end, fact, count);
	else
		ta_report_facts(t, c, rule, end, fact, count);
}

void
ta_conclude(struct tcpaudit *t, struct connection *c, struct finding *f,
    const struct fact *fact, size_t count)
{
	finding_was(f);
	for (size_t i = 0; i < count; i++)
		finding_add(f, &fact[i]);
	finding_emit(t, c, f);
}

void
ta_regrade(struct tcpaudit *t, struct connection *c, struct finding *f,
    enum tcpaudit_severity severity, enum tcpaudit_confidence confidence)
{
	finding_was(f);
	f->record.severity = severity;
	f->record.confidence = confidence;
	finding_prove(f, t->packet);
	finding_emit(t, c, f);
}

void
ta_findings_drop(struct tcpaudit *t, struct finding *list)
{
	struct finding *next;

	for (; list != NULL; list = next) {
		next = list->next;
		ta_slab_give(&t->findings, list);
	}
}

static void
findings_close(struct tcpaudit *t, struct connection *c, struct finding **list)
{
	struct finding *f, *next, *ordered = NULL;

	/* The list is newest first; records leave in the order of decision. */
	for (f = *list; f != NULL; f = next) {
		next = f->next;
		f->next = ordered;
		ordered = f;
	}
	*list = NULL;
	for (f = ordered; f != NULL; f = next) {
		next = f->next;
		if (f->record.count != f->count_written) {
			finding_was(f);
			finding_emit(t, c, f);
		}
		ta_slab_give(&t->findings, f);
	}
}

void
ta_findings_close(struct tcpaudit *t, struct connection *c)
{
	findings_close(t, c, &c->findings);
}

void
ta_defects_close(struct tcpaudit *t)
{
	t->cut = NULL;
	findings_close(t, NULL, &t->defects);
}

/* --------------------------------------------------- over many connections */

void
ta_report_many(struct tcpaudit *t, struct finding **held, enum rule rule,
    const struct tcpaudit_host *hosts, uint64_t times, const struct fact *fact,
    size_t count)
{
	struct finding *f = *held;

	if (f == NULL) {
		f = *held = ta_slab_take(&t->flood.findings);
		if (f == NULL) {
			t->statistics.uncounted_findings++;
			return;
		}
		memcpy(f->hosts, hosts, sizeof(f->hosts));
	} else {
		finding_was(f);
		f->record.packet_count = 0;
	}
	f->record.count = times;
	finding_fill(t, NULL, f, rule, -1, fact, count);
	if (f->record.packet_count > 0)
		f->record.last_packet = f->packets[f->record.packet_count - 1];
	finding_emit(t, NULL, f);
}

void
ta_many_close(struct tcpaudit *t, struct finding *f)
{
	ta_slab_give(&t->flood.findings, f);
}

void
ta_findings_fold(struct tcpaudit *t, struct connection *c)
{
	struct tcpaudit_finding was;
	struct tcpaudit_tuple tuple;
	struct fold fold;

	for (struct finding *f = c->findings; f != NULL; f = f->next) {
		fold_of(c, (enum rule)(f->record.rule - ta_rules), &fold);
		if (fold.how == FOLD_NOT)
			continue;
		was = f->record;
		ta_tuple(c, &tuple);
		f->record.connection = &tuple;
		finding_was(f);
		finding_say(t, c, f, true);
		f->record = was;
	}
}
