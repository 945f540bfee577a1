/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What of the findings of single connections is told by one about a flood or a
 * scan (rules G-AGG), and when that held. */
#include "flood.h"

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

/* Of a connection that nobody asked for. */
static bool
echo_folds(struct tcpaudit *t, const struct connection *c, enum rule rule)
{
	int64_t second = flood_second(c->t_first);

	if (!(c->flood & FLOOD_ECHO) ||
	    !(rule == RULE_HS13 || rule == RULE_RS11 || rule == RULE_RX04))
		return false;
	return was_reported(ta_flood_find(t, c, TALLY_ECHO, TCPAUDIT_SERVER),
		   RULE_FL08, second) ||
	       was_reported(ta_flood_find(t, c, TALLY_MIRROR, TCPAUDIT_CLIENT),
		   RULE_FL13, second);
}

bool
ta_flood_folds(struct tcpaudit *t, const struct connection *c, enum rule rule)
{
	int64_t second = flood_second(c->t_first);
	bool handshake = of_handshake(rule);

	if (c->flood & FLOOD_ECHO)
		return echo_folds(t, c, rule);
	if (!(c->flood & FLOOD_TRIED) || connection_is(c, CONN_OPEN))
		return false;
	if (!handshake && !of_syn(rule) && rule != RULE_HS30)
		return false;
	if (was_reported(ta_flood_find(t, c, TALLY_LISTENER, TCPAUDIT_SERVER),
		RULE_FL01, second))
		return true;
	if ((rule == RULE_HS01 || rule == RULE_RX04) &&
	    was_reported(ta_flood_find(t, c, TALLY_LISTENER, TCPAUDIT_SERVER),
		RULE_FL02, second))
		return true;
	return rule != RULE_HS30 &&
	       was_reported(ta_flood_find(t, c, TALLY_SOURCE, TCPAUDIT_CLIENT),
		   RULE_FL06, second);
}
