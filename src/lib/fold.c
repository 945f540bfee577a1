/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What of the findings of single connections is told by one about a flood or a
 * scan (rules G-AGG), and when that held. */
#include "fold.h"

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

static inline bool
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

/* `counts`: the finding is counted there. */
static inline bool
was_reported(struct tally *y, enum rule rule, int64_t second, bool counts)
{
	struct tally_case *k = y != NULL ? ta_case_find(y, rule) : NULL;

	if (k == NULL || k->finding == NULL || !covers(k, second))
		return false;
	if (counts) {
		k->folded++;
		k->changed = true;
	}
	return true;
}

/* Of a connection that nobody asked for. */
static bool
echo_folds(
    struct tcpaudit *t, const struct parties *who, int64_t second, bool counts)
{
	return was_reported(ta_count_find(t, who, TALLY_ECHO, TCPAUDIT_SERVER),
		   RULE_FL08, second, counts) ||
	       was_reported(
		   ta_count_find(t, who, TALLY_MIRROR, TCPAUDIT_CLIENT),
		   RULE_FL13, second, counts);
}

/* Whether a tally is that of the server's listener. */
static inline bool
is_listener(const struct tally *y, const struct parties *who)
{
	const struct tcpaudit_address *x = who->address[TCPAUDIT_SERVER];

	return y->key.what == tally_key_what(TALLY_LISTENER, who->family,
				  who->port[TCPAUDIT_SERVER]) &&
	       tally_key_half(&y->key.address, 0) == tally_key_half(x, 0) &&
	       tally_key_half(&y->key.address, 8) == tally_key_half(x, 8);
}

/* Its tally, or NULL.  The attempts of a flood end one after the other, and are
 * of few listeners. */
static inline struct tally *
listener(struct tcpaudit *t, const struct parties *who)
{
	const uint8_t *octets = who->address[TCPAUDIT_SERVER]->bytes;
	unsigned last = who->family == 6 ? octets[15] : octets[3];
	struct asked *a = &t->flood.asked[last % FLOOD_ASKED];

	if (a->tally == NULL || a->given != t->flood.census.given ||
	    !is_listener(a->tally, who)) {
		a->tally =
		    ta_count_find(t, who, TALLY_LISTENER, TCPAUDIT_SERVER);
		a->given = t->flood.census.given;
	}
	return a->tally;
}

static inline bool
attempt_folds(struct tcpaudit *t, const struct parties *who, enum rule rule,
    int64_t second, bool counts)
{
	struct tally *y = listener(t, who);

	if (was_reported(y, RULE_FL01, second, counts))
		return true;
	if ((rule == RULE_HS01 || rule == RULE_RX04) &&
	    was_reported(y, RULE_FL02, second, counts))
		return true;
	return rule != RULE_HS30 &&
	       was_reported(
		   ta_count_find(t, who, TALLY_SOURCE, TCPAUDIT_CLIENT),
		   RULE_FL06, second, counts);
}

static inline bool
folds(struct tcpaudit *t, const struct parties *who, const struct fold *fold,
    enum rule rule, bool counts)
{
	if (fold->how == FOLD_ATTEMPT)
		return attempt_folds(t, who, rule, fold->second, counts);
	return fold->how == FOLD_ECHO &&
	       echo_folds(t, who, fold->second, counts);
}

bool
ta_fold_counts(struct tcpaudit *t, const struct parties *who,
    const struct fold *fold, enum rule rule)
{
	return folds(t, who, fold, rule, true);
}

/* ----------------------------------------------------------------- telling */

static void
say(struct tcpaudit *t, struct tcpaudit_finding *record)
{
	if (t->config.on_finding != NULL)
		t->config.on_finding(t->config.argument, record);
}

bool
ta_told_otherwise(struct tcpaudit *t, const struct telling *tell)
{
	const struct tcpaudit_finding *r = tell->record;

	return tell->withdraws ||
	       folds(t, tell->who, &tell->fold, (enum rule)(r->rule - ta_rules),
		   !r->revises);
}

/* Nothing was said of it before, whatever its engine thinks. */
static void
say_first(struct tcpaudit *t, const struct telling *tell)
{
	struct tcpaudit_finding r = *tell->record;

	if (ta_told_otherwise(t, tell))
		return;
	r.id = tell->told->id = ++t->last_finding;
	r.revises = 0;
	if (tell->counts != NULL)
		tell->counts[r.severity]++;
	say(t, &r);
}

static void
say_again(struct tcpaudit *t, const struct telling *tell)
{
	struct tcpaudit_finding r = *tell->record;

	if (tell->withdraws) {
		if (!folds(t, tell->who, &tell->fold,
			(enum rule)(r.rule - ta_rules), true))
			return;
		r.count = 0;
		tell->told->withdrawn = true;
	}
	r.id = tell->told->id;
	r.revises = 1;
	if (tell->counts != NULL) {
		tell->counts[r.was_severity]--;
		tell->counts[r.severity] += r.count > 0;
	}
	say(t, &r);
}

void
ta_tell(struct tcpaudit *t, const struct telling *tell)
{
	if (tell->told->withdrawn)
		return;
	if (tell->told->id == 0)
		say_first(t, tell);
	else
		say_again(t, tell);
}
