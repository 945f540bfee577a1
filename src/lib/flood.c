/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A connection is counted when its state changes: when it begins, is answered,
 * completes, is reset, ends.  An attempt that completes counts for the second
 * in which it was made, if that is not longer ago than the windows wait.  A
 * half-open connection counts from its SYN-ACK to its end; one that does not
 * stay half-open that long never counted at all, so that a busy listener, of
 * which many are half-open for a round trip, has none.
 *
 * Not every SYN without a connection is of a flood: TCP sends a SYN again that
 * is not answered, and a closed port refuses it.  Such attempts are excused.
 */
#include "flood.h"

#include <string.h>

#include "hash.h"

#define DELAY (TALLY_DELAY * TALLY_SECOND)

/* ----------------------------------------------------------------- tallies */

static const struct tcpaudit_address *
address_of(const struct connection *c, int end)
{
	return &c->flow->key.address[end ^ c->client_side];
}

static uint16_t
port_of(const struct connection *c, int end)
{
	return c->flow->key.port[end ^ c->client_side];
}

static struct tally *
tally_of(struct tcpaudit *t, const struct connection *c, enum tally_kind kind,
    int end, bool make)
{
	struct tally_key key;

	memset(&key, 0, sizeof(key));
	key.kind = kind;
	key.family = (uint8_t)c->flow->key.family;
	key.address = *address_of(c, end);
	if (kind == TALLY_LISTENER)
		key.port = port_of(c, end);
	return ta_census_tally(
	    &t->flood.census, &key, flood_second(t->now), make);
}

static struct tally *
listener_of(struct tcpaudit *t, const struct connection *c, bool make)
{
	return tally_of(t, c, TALLY_LISTENER, TCPAUDIT_SERVER, make);
}

static struct tally *
source_of(struct tcpaudit *t, const struct connection *c, bool make)
{
	return tally_of(t, c, TALLY_SOURCE, TCPAUDIT_CLIENT, make);
}

static struct sample_member *
member_of(struct tally *y, const struct connection *c, int end, bool port,
    int64_t second)
{
	return y == NULL ? NULL
			 : ta_tally_member(y, address_of(c, end),
			       port ? port_of(c, end) : 0, second);
}

/* What the attempt turned out to be, for the source's record of its target and
 * the listener's of its source. */
static void
mark(struct tcpaudit *t, const struct connection *c, enum sample_bit bit)
{
	int64_t second = flood_second(c->t_first);
	struct tally *y = listener_of(t, c, false);

	if (y != NULL)
		ta_tally_mark(y,
		    member_of(y, c, TCPAUDIT_CLIENT, false, second), second,
		    bit);
	y = source_of(t, c, false);
	if (y != NULL)
		ta_tally_mark(y, member_of(y, c, TCPAUDIT_SERVER, true, second),
		    second, bit);
}

static void
count(struct tcpaudit *t, const struct connection *c, int64_t time,
    enum tally_count which, int number)
{
	struct tally *y = listener_of(t, c, false);

	if (y != NULL)
		ta_tally_add(y, flood_second(time), which, number);
}

/* ------------------------------------------------------------------ events */

static uint16_t
fingerprint(const struct segment *seg)
{
	static const uint64_t key[2] = { 1, 2 };
	const uint32_t print[5] = { seg->ttl, seg->window, seg->options,
		seg->mss, seg->window_scale };

	return (uint16_t)hash_bytes(key, print, sizeof(print));
}

/* Something of a connection that counts for `y`, and for its member. */
static void
begin(struct tcpaudit *t, struct tally *y, struct sample_member *m,
    int64_t second, uint16_t print)
{
	ta_tally_add(y, second, COUNT_TRIED, 1);
	if (m == NULL)
		return;
	if (m->packet == 0) {
		m->packet = t->packet;
		m->print = print;
	}
	ta_tally_mark(y, m, second, BIT_TRIED);
}

void
ta_flood_syn(
    struct tcpaudit *t, struct connection *c, const struct segment *seg)
{
	int64_t second = flood_second(c->t_first);
	uint16_t print = fingerprint(seg);
	struct tally *y;

	if (connection_is(c, CONN_SELF))
		return;
	c->flood |= FLOOD_TRIED;
	y = listener_of(t, c, true);
	if (y != NULL)
		begin(t, y, member_of(y, c, TCPAUDIT_CLIENT, false, second),
		    second, print);
	y = source_of(t, c, true);
	if (y != NULL)
		begin(t, y, member_of(y, c, TCPAUDIT_SERVER, true, second),
		    second, print);
}

/* Whether what becomes of the attempt still counts. */
static bool
in_time(const struct tcpaudit *t, const struct connection *c)
{
	return (c->flood & FLOOD_TRIED) && t->time - c->t_first < DELAY;
}

static void
excuse(struct tcpaudit *t, struct connection *c)
{
	if (c->flood & (FLOOD_EXCUSED | FLOOD_OPENED))
		return;
	c->flood |= FLOOD_EXCUSED;
	count(t, c, c->t_first, COUNT_EXCUSED, 1);
}

void
ta_flood_repeat(struct tcpaudit *t, struct connection *c)
{
	if (!in_time(t, c))
		return;
	excuse(t, c);
	mark(t, c, BIT_EXCUSED);
}

static void
answered(struct tcpaudit *t, struct connection *c)
{
	if (c->flood & FLOOD_ANSWERED)
		return;
	c->flood |= FLOOD_ANSWERED;
	count(t, c, t->time, COUNT_ANSWERED, 1);
}

void
ta_flood_synack(struct tcpaudit *t, struct connection *c)
{
	if (!(c->flood & FLOOD_TRIED) || (c->flood & FLOOD_ANSWERED))
		return;
	answered(t, c);
	c->flood |= FLOOD_HALF_OPEN;
	count(t, c, c->end[TCPAUDIT_SERVER].t_synack_first, COUNT_HALF_OPEN, 1);
}

void
ta_flood_synack_copy(struct tcpaudit *t, struct connection *c)
{
	count(t, c, t->time, COUNT_COPIES, 1);
}

/* It is not half-open any more. */
static void
leave(struct tcpaudit *t, struct connection *c)
{
	int64_t since = c->end[TCPAUDIT_SERVER].t_synack_first;

	if (!(c->flood & FLOOD_HALF_OPEN))
		return;
	c->flood &= (uint8_t)~FLOOD_HALF_OPEN;
	count(t, c, t->time - since < DELAY ? since : t->time, COUNT_HALF_OPEN,
	    -1);
}

void
ta_flood_open(struct tcpaudit *t, struct connection *c)
{
	t->flood.plain = true;
	leave(t, c);
	if (!in_time(t, c) || (c->flood & FLOOD_OPENED))
		return;
	if (c->flood & FLOOD_EXCUSED)
		count(t, c, c->t_first, COUNT_EXCUSED, -1);
	c->flood |= FLOOD_OPENED;
	count(t, c, c->t_first, COUNT_OPENED, 1);
	mark(t, c, BIT_OPENED);
}

void
ta_flood_reset(struct tcpaudit *t, struct connection *c, int end)
{
	leave(t, c);
	if (!in_time(t, c))
		return;
	if (end == TCPAUDIT_SERVER) {
		answered(t, c);
		excuse(t, c);
	}
	mark(t, c, BIT_FAILED);
}

void
ta_flood_end(struct tcpaudit *t, struct connection *c)
{
	leave(t, c);
}

/* ------------------------------------------------------------------- cases */

struct tally_case *
ta_case_find(const struct tally *y, enum rule rule)
{
	struct tally_case *k = y->cases;

	while (k != NULL && k->rule != rule)
		k = k->next;
	return k;
}

struct tally_case *
ta_case_get(struct tcpaudit *t, struct tally *y, enum rule rule)
{
	struct tally_case *k = ta_case_find(y, rule);

	if (k != NULL)
		return k;
	k = ta_slab_take(&t->flood.cases);
	if (k == NULL)
		return NULL;
	k->rule = rule;
	k->next = y->cases;
	y->cases = k;
	return k;
}

void
ta_case_extend(struct tally_case *k, int64_t from, int64_t to)
{
	struct case_span *last = &k->span[(k->spans - 1) % CASE_SPANS];

	if (k->spans > 0 && last->to + TALLY_WINDOW >= from) {
		last->to = to;
		return;
	}
	k->span[k->spans % CASE_SPANS] = (struct case_span){ from, to };
	k->spans++;
	k->changed = true;
}

/* Seconds for which a half-open connection lasts, about: the retransmissions of
 * its SYN-ACK and T_HANDSHAKE. */
#define HALF_OPEN_SECONDS 120

static bool
covers(const struct tally_case *k, int64_t second)
{
	int64_t before = k->rule == RULE_FL02 ? HALF_OPEN_SECONDS : 0;

	for (unsigned i = 0; i < CASE_SPANS && i < k->spans; i++)
		if (second >= k->span[i].from - before &&
		    second <= k->span[i].to)
			return true;
	return false;
}

/* ----------------------------------------------------------------- folding */

static bool
was_reported(struct tally *y, enum rule rule, int64_t second)
{
	struct tally_case *k = y != NULL ? ta_case_find(y, rule) : NULL;

	if (k == NULL || k->finding == NULL || !covers(k, second))
		return false;
	k->folded++;
	k->changed = true;
	return true;
}

/* What a member of a flood or a scan does wrong. */
static bool
of_handshake(enum rule rule)
{
	return rule == RULE_HS01 || rule == RULE_HS02 || rule == RULE_RX01 ||
	       rule == RULE_RX02 || rule == RULE_RX03 || rule == RULE_RX04;
}

static bool
of_syn(enum rule rule)
{
	return rule == RULE_OP07 || rule == RULE_WN14;
}

bool
ta_flood_folds(struct tcpaudit *t, const struct connection *c, enum rule rule)
{
	int64_t second = flood_second(c->t_first);
	bool handshake = of_handshake(rule), syn = of_syn(rule);

	if (!handshake && !syn && rule != RULE_HS30)
		return false;
	if (!(c->flood & FLOOD_TRIED) || connection_is(c, CONN_OPEN))
		return false;
	if (was_reported(listener_of(t, c, false), RULE_FL01, second))
		return true;
	if (rule == RULE_HS01 || rule == RULE_RX04)
		if (was_reported(listener_of(t, c, false), RULE_FL02, second))
			return true;
	return false;
}
