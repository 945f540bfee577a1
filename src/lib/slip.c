/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Numbers are written in groups of seven bits, the lowest first; those that may
 * be negative with the sign in the lowest bit. */
#include "slip.h"

#include <string.h>

#include "engine.h"
#include "finding.h"

_Static_assert(EVIDENCES <= UINT8_MAX, "the key of a value");

#define PIECE sizeof(((struct slip *)0)->bytes)

/* Of a list: more is left as it is. */
#define SLIP_MOST (17 * PIECE)

struct slip_bytes {
	const struct slip_base *base;
	size_t length, at;
	bool full;
	uint8_t byte[SLIP_MOST];
};

/* ------------------------------------------------------------------ numbers */

static void
put(struct slip_bytes *b, uint64_t n)
{
	if (b->length + 10 > sizeof(b->byte)) {
		b->full = true;
		return;
	}
	for (; n >= 0x80; n >>= 7)
		b->byte[b->length++] = (uint8_t)(n | 0x80);
	b->byte[b->length++] = (uint8_t)n;
}

static void
put_signed(struct slip_bytes *b, uint64_t n)
{
	put(b, n >> 63 ? ~(n << 1) : n << 1);
}

static void
put_packet(struct slip_bytes *b, uint64_t packet)
{
	put_signed(b, packet - b->base->packet);
}

static uint64_t
get(struct slip_bytes *b)
{
	uint64_t n = 0;

	for (unsigned shift = 0; b->at < b->length; shift += 7) {
		uint8_t byte = b->byte[b->at++];

		n |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			break;
	}
	return n;
}

static uint64_t
get_signed(struct slip_bytes *b)
{
	uint64_t n = get(b);

	return n & 1 ? ~(n >> 1) : n >> 1;
}

static uint64_t
get_packet(struct slip_bytes *b)
{
	return b->base->packet + get_signed(b);
}

/* ----------------------------------------------------------------- findings */

static void
put_was(struct slip_bytes *b, const struct tcpaudit_finding *r)
{
	put(b, (uint64_t)(r->was_rule - ta_rules));
	put(b, r->was_severity);
	put(b, r->was_confidence);
	put(b, r->was_count);
}

static void
get_was(struct slip_bytes *b, struct tcpaudit_finding *r)
{
	r->was_rule = &ta_rules[get(b)];
	r->was_severity = (enum tcpaudit_severity)get(b);
	r->was_confidence = (enum tcpaudit_confidence)get(b);
	r->was_count = get(b);
}

static void
put_values(struct slip_bytes *b, const struct finding *f)
{
	put(b, f->record.value_count);
	for (size_t i = 0; i < f->record.value_count; i++) {
		put(b, (unsigned)f->key[i] << 1 | !!f->values[i].expected);
		put_signed(b, (uint64_t)f->values[i].value);
	}
}

static void
get_values(struct slip_bytes *b, struct finding *f)
{
	f->record.value_count = get(b);
	for (size_t i = 0; i < f->record.value_count; i++) {
		struct tcpaudit_value *v = &f->values[i];
		uint64_t key = get(b);

		f->key[i] = (uint8_t)(key >> 1);
		v->name = ta_evidence_keys[f->key[i]].name;
		v->kind = ta_evidence_keys[f->key[i]].kind;
		v->expected = key & 1;
		v->value = (int64_t)get_signed(b);
	}
}

static void
put_finding(struct slip_bytes *b, const struct finding *f)
{
	const struct tcpaudit_finding *r = &f->record;

	put(b, (unsigned)r->severity << 4 | (unsigned)r->confidence << 2 |
		   !!r->revises << 1 | f->told.withdrawn);
	if (r->revises)
		put_was(b, r);
	put(b, r->id);
	put(b, f->told.id);
	put(b,
	    (uint64_t)(r->rule - ta_rules) << 2 | (unsigned)(r->endpoint + 1));
	put_packet(b, r->packet);
	put(b, r->packet_count);
	for (size_t i = 0; i < r->packet_count; i++)
		put_packet(b, f->packets[i]);
	put_signed(b, (uint64_t)r->time - (uint64_t)b->base->time);
	put_values(b, f);
	put(b, r->count);
	put(b, f->count_written);
	put_packet(b, r->last_packet);
	for (int i = 0; i < 2; i++) {
		put(b, r->state[i]);
		put(b, r->possible[i]);
	}
}

static void
get_finding(struct slip_bytes *b, struct finding *f)
{
	struct tcpaudit_finding *r = &f->record;
	uint64_t head = get(b);

	r->severity = (enum tcpaudit_severity)(head >> 4);
	r->confidence = (enum tcpaudit_confidence)(head >> 2 & 3);
	r->revises = head >> 1 & 1;
	f->told.withdrawn = head & 1;
	if (r->revises)
		get_was(b, r);
	r->id = get(b);
	f->told.id = get(b);
	head = get(b);
	r->rule = &ta_rules[head >> 2];
	r->endpoint = (int)(head & 3) - 1;
	r->packet = get_packet(b);
	r->packet_count = get(b);
	for (size_t i = 0; i < r->packet_count; i++)
		f->packets[i] = get_packet(b);
	r->time = (int64_t)((uint64_t)b->base->time + get_signed(b));
	get_values(b, f);
	r->count = get(b);
	f->count_written = get(b);
	r->last_packet = get_packet(b);
	for (int i = 0; i < 2; i++) {
		r->state[i] = (enum tcpaudit_state)get(b);
		r->possible[i] = (uint16_t)get(b);
	}
	r->packets = f->packets;
	r->values = f->values;
	r->hosts = f->hosts;
}

/* ------------------------------------------------------------------- pieces */

/* The number of the first of so many pieces as the bytes need; 0: no memory. */
static uint32_t
store(struct tcpaudit *t, const struct slip_bytes *b)
{
	size_t left = b->length;
	uint32_t next = 0, id;

	/* The last piece first. */
	while (left > 0) {
		size_t length = left % PIECE == 0 ? PIECE : left % PIECE;
		struct slip *s;

		id = ta_pool_take(&t->slips);
		if (id == 0) {
			ta_slip_give(t, next);
			return 0;
		}
		s = pool_at(&t->slips, id);
		left -= length;
		memcpy(s->bytes, b->byte + left, length);
		s->next = next;
		next = id;
	}
	return next;
}

static void
load(const struct tcpaudit *t, uint32_t slip, struct slip_bytes *b)
{
	b->length = b->at = 0;
	b->full = false;
	while (slip != 0) {
		const struct slip *s = pool_at(&t->slips, slip);

		memcpy(b->byte + b->length, s->bytes, sizeof(s->bytes));
		b->length += sizeof(s->bytes);
		slip = s->next;
	}
}

/* What stands before each finding. */
enum { HEAD_MORE = 1, HEAD_SAID = 2 };

static bool
is_said(const struct finding *f)
{
	while (f != NULL && f->record.count == f->count_written)
		f = f->next;
	return f == NULL;
}

uint32_t
ta_slip_pack(struct tcpaudit *t, const struct slip_base *base,
    const struct finding *list)
{
	unsigned head = is_said(list) ? HEAD_SAID : 0;
	struct slip_bytes b;

	b.base = base;
	b.length = 0;
	b.full = false;
	for (const struct finding *f = list; f != NULL; f = f->next) {
		put(&b, f->next != NULL ? head | HEAD_MORE : head);
		put_finding(&b, f);
	}
	return b.full ? 0 : store(t, &b);
}

bool
ta_slip_unpack(struct tcpaudit *t, const struct slip_base *base, uint32_t slip,
    struct finding **list)
{
	struct finding **end = list, *f;
	struct slip_bytes b;
	bool more;

	b.base = base;
	load(t, slip, &b);
	do {
		more = get(&b) & HEAD_MORE;
		f = *end = ta_slab_take(&t->findings);
		if (f == NULL)
			break;
		get_finding(&b, f);
		end = &f->next;
	} while (more);
	if (f != NULL)
		return true;
	ta_findings_drop(t, *list);
	*list = NULL;
	return false;
}

bool
ta_slip_is_said(const struct tcpaudit *t, uint32_t slip)
{
	const struct slip *s = pool_at(&t->slips, slip);

	return s->bytes[0] & HEAD_SAID;
}

bool
ta_slip_room(struct tcpaudit *t)
{
	uint32_t one = ta_pool_take(&t->slips), two = ta_pool_take(&t->slips);

	ta_pool_give(&t->slips, one);
	ta_pool_give(&t->slips, two);
	return one != 0 && two != 0;
}

void
ta_slip_give(struct tcpaudit *t, uint32_t slip)
{
	uint32_t next;

	for (; slip != 0; slip = next) {
		next = ((struct slip *)pool_at(&t->slips, slip))->next;
		ta_pool_give(&t->slips, slip);
	}
}

uint32_t
ta_slip_clone(struct tcpaudit *t, uint32_t slip)
{
	struct slip_bytes b;

	load(t, slip, &b);
	return store(t, &b);
}

bool
ta_slip_same(const struct tcpaudit *t, uint32_t a, uint32_t b)
{
	while (a != 0 && b != 0) {
		const struct slip *x = pool_at(&t->slips, a);
		const struct slip *y = pool_at(&t->slips, b);

		if (memcmp(x->bytes, y->bytes, sizeof(x->bytes)) != 0)
			return false;
		a = x->next;
		b = y->next;
	}
	return a == b;
}
