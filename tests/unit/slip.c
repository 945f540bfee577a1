/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What is unpacked is what was packed, whatever the numbers are. */
#include "slip.h"

#include "engine.h"
#include "finding.h"
#include "talk.h"
#include "test.h"

static uint64_t state = 1;

static uint64_t
any(void)
{
	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return state >> (state >> 58);
}

/* One that the engine might have made. */
static void
fill(struct finding *f)
{
	struct tcpaudit_finding *r = &f->record;

	memset(f, 0, sizeof(*f));
	r->id = any();
	r->revises = any() & 1;
	if (r->revises) {
		r->was_rule = &ta_rules[any() % RULES];
		r->was_severity = any() % TCPAUDIT_SEVERITIES;
		r->was_confidence = any() % TCPAUDIT_CONFIDENCES;
		r->was_count = any();
	}
	r->rule = &ta_rules[any() % RULES];
	r->severity = any() % TCPAUDIT_SEVERITIES;
	r->confidence = any() % TCPAUDIT_CONFIDENCES;
	r->endpoint = (int)(any() % 3) - 1;
	r->packet = any();
	r->packet_count = any() % (TCPAUDIT_EVIDENCE_MAX + 1);
	for (size_t i = 0; i < r->packet_count; i++)
		f->packets[i] = any();
	r->time = (int64_t)any();
	r->value_count = any() % (TCPAUDIT_VALUES_MAX + 1);
	for (size_t i = 0; i < r->value_count; i++) {
		f->key[i] = (uint8_t)(any() % EVIDENCES);
		f->values[i].name = ta_evidence_keys[f->key[i]].name;
		f->values[i].kind = ta_evidence_keys[f->key[i]].kind;
		f->values[i].expected = any() & 1;
		f->values[i].value = (int64_t)(any() * (any() & 1 ? 1 : -1));
	}
	r->count = any();
	r->last_packet = any();
	for (int i = 0; i < 2; i++) {
		r->state[i] = any() % TCPAUDIT_STATES;
		r->possible[i] = (uint16_t)any();
	}
	f->count_written = any() & 1 ? any() : r->count;
	f->told.id = any();
	f->told.withdrawn = any() & 1;
	r->packets = f->packets;
	r->values = f->values;
	r->hosts = f->hosts;
}

/* All but where it stands. */
static bool
is_same(const struct finding *a, const struct finding *b)
{
	struct finding x = *a, y = *b;

	CHECK(y.record.packets == b->packets && y.record.values == b->values);
	x.next = y.next = NULL;
	x.record.packets = y.record.packets = NULL;
	x.record.values = y.record.values = NULL;
	x.record.hosts = y.record.hosts = NULL;
	return memcmp(&x, &y, sizeof(x)) == 0;
}

static void
test_list(struct tcpaudit *t, unsigned count)
{
	const struct slip_base base = { (int64_t)any(), any() };
	struct finding list[SHAPE_FINDINGS], *back, *f;
	uint32_t slip, clone;
	bool news = false;

	for (unsigned i = 0; i < count; i++) {
		fill(&list[i]);
		news |= list[i].count_written != list[i].record.count;
		list[i].next = i + 1 < count ? &list[i + 1] : NULL;
	}
	slip = ta_slip_pack(t, &base, list);
	if (slip == 0)
		return; /* too many large numbers */
	CHECK(ta_slip_is_said(t, slip) != news);
	clone = ta_slip_clone(t, slip);
	CHECK(clone != slip && ta_slip_same(t, slip, clone));
	CHECK(ta_slip_unpack(t, &base, clone, &back));
	f = back;
	for (unsigned i = 0; i < count && f != NULL; i++, f = f->next)
		CHECK(is_same(&list[i], f));
	CHECK(f == NULL);
	ta_findings_drop(t, back);
	ta_slip_give(t, clone);
	list[0].count_written++;
	clone = ta_slip_pack(t, &base, list);
	CHECK(clone == 0 || !ta_slip_same(t, slip, clone));
	ta_slip_give(t, clone);
	ta_slip_give(t, slip);
}

int
main(void)
{
	struct talk k;

	talk_defaults(&k);
	talk_open(&k);
	for (unsigned i = 0; i < 400; i++)
		test_list(k.engine, 1 + i % SHAPE_FINDINGS);
	/* Nothing is lost: all of them came from one chunk. */
	CHECK(k.engine->slips.chunks <= 2);
	talk_finish(&k);
	talk_clear(&k);
	return test_done();
}
