/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Findings: evidence, repetition, revision, and what happens when memory is
 * short. */
#include "finding.h"

#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "test.h"

enum { SEEN_MAX = 64, NOW = 5000 };

/* The records as they were written. */
static struct {
	struct tcpaudit_finding record;
	tcpaudit_packet_id packets[TCPAUDIT_EVIDENCE_MAX];
	struct tcpaudit_value values[TCPAUDIT_VALUES_MAX];
	uint64_t connection;
} seen[SEEN_MAX];
static size_t count;

static struct tcpaudit *t;
static struct flow *flow;
static struct connection *c;

static void
on_finding(void *argument, const struct tcpaudit_finding *f)
{
	(void)argument;
	if (count == SEEN_MAX)
		abort();
	seen[count].record = *f;
	memcpy(seen[count].packets, f->packets,
	    f->packet_count * sizeof(f->packets[0]));
	memcpy(seen[count].values, f->values,
	    f->value_count * sizeof(f->values[0]));
	seen[count].connection = f->connection ? f->connection->id : 0;
	count++;
}

static void
begin(void)
{
	struct tcpaudit_config config;
	struct segment seg = {
		.family = 4, .source_port = 80, .destination_port = 90
	};
	int side;

	count = 0;
	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	config.on_finding = on_finding;
	t = tcpaudit_new(&config);
	if (t == NULL)
		abort();
	flow = ta_flow_get(t, &seg, &side);
	c = ta_slab_take(&t->connections);
	c->flow = flow;
	c->id = 77;
	t->time = t->now = TIME_BIAS + NOW;
	t->packet = 10;
}

static void
end(void)
{
	ta_findings_close(t, c);
	ta_slab_give(&t->connections, c);
	tcpaudit_free(t);
}

/* ------------------------------------------------------------------ report */

static void
test_report(void)
{
	const struct tcpaudit_finding *f = &seen[0].record;

	begin();
	c->end[0].nominal = TCPAUDIT_ESTABLISHED;
	c->end[1].nominal = TCPAUDIT_CLOSE_WAIT;
	c->end[1].possible = 0x90;
	ta_report(t, c, RULE_DA01, 1, EXPECT(ACK, 0x1000000ff),
	    SEEN(ACK, 0x200000000), SEEN(EXCESS, 0x123456789));
	CHECK(count == 1 && f->id == 1 && !f->revises && f->count == 1);
	CHECK(f->rule == &ta_rules[RULE_DA01]);
	CHECK(f->severity == f->rule->severity &&
	      f->confidence == f->rule->confidence);
	CHECK(f->endpoint == 1 && seen[0].connection == 77);
	CHECK(f->packet == 10 && f->last_packet == 10 && f->time == NOW);
	CHECK(f->packet_count == 1 && seen[0].packets[0] == 10);
	CHECK(f->state[0] == TCPAUDIT_ESTABLISHED &&
	      f->state[1] == TCPAUDIT_CLOSE_WAIT && f->possible[1] == 0x90);
	CHECK(f->value_count == 3);
	CHECK(strcmp(seen[0].values[0].name, "ack") == 0 &&
	      seen[0].values[0].kind == TCPAUDIT_VALUE_SEQUENCE);
	CHECK(seen[0].values[0].expected && !seen[0].values[1].expected);
	CHECK(seen[0].values[0].value == 0xff && seen[0].values[1].value == 0 &&
	      "a sequence number has 32 bits on the wire");
	CHECK(seen[0].values[2].value == 0x123456789 && "others have more");
	CHECK(c->finding_count[f->severity] == 1);
	CHECK(ta_finding(c, RULE_DA01, 1) != NULL);
	CHECK(ta_finding(c, RULE_DA01, 0) == NULL &&
	      ta_finding(c, RULE_DA01, -1) == NULL &&
	      ta_finding(c, RULE_DA02, 1) == NULL);
	end();
}

static void
test_facts(void)
{
	const struct tcpaudit_finding *f = &seen[0].record;

	begin();
	ta_report(t, c, RULE_HS02, 0, AT(3), WHEN(TIME_BIAS + 42),
	    SEVERITY(NOTE), CONFIDENCE(CERTAIN), PROOF(7), PROOF(2), PROOF(7),
	    PROOF(0), SEEN(COPIES, 2));
	CHECK(f->packet == 3 && f->last_packet == 10 && f->time == 42);
	CHECK(
	    f->severity == TCPAUDIT_NOTE && f->confidence == TCPAUDIT_CERTAIN);
	CHECK(f->packet_count == 3 && seen[0].packets[0] == 2 &&
	      seen[0].packets[1] == 3 && seen[0].packets[2] == 7 &&
	      "in order, each once");
	ta_report(t, c, RULE_DA01, 0, SEVERITY_IF(1, ERROR, NOTE),
	    CONFIDENCE_IF(0, CERTAIN, LIKELY), DEMOTE_IF(1));
	CHECK(seen[1].record.severity == TCPAUDIT_WARNING &&
	      seen[1].record.confidence == TCPAUDIT_POSSIBLE);
	ta_report(t, c, RULE_DA02, 0, SEVERITY(NOTE), DEMOTE_IF(1));
	CHECK(
	    seen[2].record.severity == TCPAUDIT_NOTE && "a note stays a note");
	ta_report(t, c, RULE_DA02, 1, SEVERITY(ERROR), DEMOTE_IF(0));
	CHECK(seen[3].record.severity == TCPAUDIT_ERROR);
	end();
}

/* More than a record has room for. */
static void
test_bounds(void)
{
	begin();
	for (int i = 0; i < 40; i++) {
		t->packet = 100 - (tcpaudit_packet_id)i;
		ta_report(t, c, RULE_RX08, 0, SEEN(SEQ, 1), SEEN(SEQ, 2),
		    SEEN(SEQ, 3), SEEN(SEQ, 4), SEEN(SEQ, 5), SEEN(SEQ, 6),
		    SEEN(SEQ, 7), SEEN(SEQ, 8), SEEN(SEQ, 9), SEEN(SEQ, 10),
		    SEEN(SEQ, 11), SEEN(SEQ, 12), SEEN(SEQ, 13));
	}
	CHECK(count == 1 && seen[0].record.value_count == TCPAUDIT_VALUES_MAX);
	ta_findings_close(t, c);
	CHECK(count == 2 && seen[1].record.count == 40);
	CHECK(seen[1].record.packet_count == TCPAUDIT_EVIDENCE_MAX);
	for (int i = 1; i < TCPAUDIT_EVIDENCE_MAX; i++)
		CHECK(seen[1].packets[i - 1] < seen[1].packets[i]);
	CHECK(seen[1].packets[TCPAUDIT_EVIDENCE_MAX - 1] == 100 &&
	      "the first is kept");
	end();
}

/* -------------------------------------------------------------- repetition */

static void
test_repeat(void)
{
	begin();
	ta_report(t, c, RULE_RX08, 0, SEEN(SEQ, 1));
	t->packet = 20;
	t->time = TIME_BIAS + NOW + 1;
	ta_report(t, c, RULE_RX08, 0, SEEN(SEQ, 2));
	ta_report(t, c, RULE_RX08, 1, SEEN(SEQ, 3));
	ta_report(t, c, RULE_RX09, 0, SEEN(SEQ, 4));
	CHECK(count == 3 && "only the second is a repetition");
	CHECK(seen[2].record.id == 3);
	CHECK(ta_finding(c, RULE_RX08, 0)->record.count == 2);
	CHECK(c->finding_count[seen[0].record.severity] == 3);
	ta_findings_close(t, c);
	CHECK(count == 4 && "what has grown is written again");
	CHECK(seen[3].record.id == 1 && seen[3].record.revises &&
	      seen[3].record.count == 2 && seen[3].record.was_count == 1);
	CHECK(seen[3].record.was_rule == seen[3].record.rule);
	CHECK(seen[3].record.packet == 10 && seen[3].record.last_packet == 20);
	CHECK(seen[3].record.packet_count == 2);
	CHECK(seen[3].record.time == NOW && seen[3].values[0].value == 1);
	CHECK(c->findings == NULL);
	ta_findings_close(t, c);
	CHECK(count == 4);
	end();
}

/* Records leave in the order of decision. */
static void
test_order(void)
{
	static const enum rule rules[] = { RULE_RX08, RULE_DA01, RULE_TD01 };

	begin();
	for (int times = 0; times < 2; times++)
		for (int i = 0; i < 3; i++)
			ta_report(t, c, rules[i], 0, SEEN(SEQ, i));
	ta_findings_close(t, c);
	CHECK(count == 6);
	for (int i = 0; i < 3; i++)
		CHECK(seen[3 + i].record.id == (uint64_t)i + 1 &&
		      seen[3 + i].record.rule == &ta_rules[rules[i]]);
	end();
}

/* ---------------------------------------------------------------- revision */

static void
test_revise(void)
{
	struct finding *f;

	begin();
	ta_report(t, c, RULE_CP03, 1, SEEN(ACK, 5));
	t->packet = 12;
	t->time = TIME_BIAS + NOW + 9;
	f = ta_finding(c, RULE_CP03, 1);
	ta_revise(t, c, f, RULE_DA01, 1, SEEN(ACK, 6), CONFIDENCE(CERTAIN));
	CHECK(count == 2 && seen[1].record.id == 1 && seen[1].record.revises);
	CHECK(seen[1].record.rule == &ta_rules[RULE_DA01]);
	CHECK(seen[1].record.was_rule == &ta_rules[RULE_CP03]);
	CHECK(seen[1].record.was_severity == seen[0].record.severity);
	CHECK(seen[1].record.was_confidence == seen[0].record.confidence);
	CHECK(seen[1].record.was_count == 1);
	CHECK(seen[1].record.confidence == TCPAUDIT_CERTAIN);
	CHECK(seen[1].record.time == NOW + 9);
	CHECK(seen[1].record.value_count == 1 && seen[1].values[0].value == 6 &&
	      "the old values are gone");
	CHECK(seen[1].packets[0] == 10 && seen[1].packets[1] == 12);
	CHECK(c->finding_count[seen[0].record.severity] == 0 &&
	      c->finding_count[seen[1].record.severity] == 1);
	CHECK(ta_finding(c, RULE_CP03, 1) == NULL);
	CHECK(ta_finding(c, RULE_DA01, 1) == f);
	/* What it turns out to be was said already. */
	ta_report(t, c, RULE_CP03, 1, SEEN(ACK, 7));
	ta_revise(
	    t, c, ta_finding(c, RULE_CP03, 1), RULE_DA01, 1, SEEN(ACK, 8));
	CHECK(count == 3 && ta_finding(c, RULE_DA01, 1)->record.count == 2);
	CHECK(ta_finding(c, RULE_CP03, 1) != NULL);
	end();
}

/* ----------------------------------------------------------------- capture */

/* About the capture: each time a record of its own. */
static void
test_capture(void)
{
	begin();
	ta_report(t, NULL, RULE_CP17, -1, SEEN(OFFSET, 1));
	ta_report(t, NULL, RULE_CP17, -1, SEEN(OFFSET, 2));
	CHECK(count == 2 && seen[0].connection == 0);
	CHECK(seen[0].record.id == 1 && seen[1].record.id == 2);
	CHECK(c->findings == NULL);
	end();
}

/* No memory: it is said, counted as one that cannot be folded, and nothing
 * leaks or is written to. */
static void
test_no_memory(void)
{
	begin();
	t->memory.limit = t->memory.used;
	while (ta_slab_take(&t->findings) != NULL)
		;
	ta_report(t, c, RULE_DA01, 0, SEEN(ACK, 1));
	ta_report(t, c, RULE_DA01, 0, SEEN(ACK, 2));
	CHECK(count == 2 && t->statistics.uncounted_findings == 2);
	CHECK(seen[0].record.id == 1 && seen[1].record.id == 2);
	CHECK(ta_finding(c, RULE_DA01, 0) == NULL);
	CHECK(c->finding_count[seen[0].record.severity] == 2);
	end();
}

int
main(void)
{
	test_report();
	test_facts();
	test_bounds();
	test_repeat();
	test_order();
	test_revise();
	test_capture();
	test_no_memory();
	return test_done();
}
