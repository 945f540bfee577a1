/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Findings of single connections that one about a flood or a scan tells (rules
 * G-AGG): whether they are said at all is decided here, for a connection as for
 * a part of another engine. */
#ifndef FOLD_H
#define FOLD_H

#include "connection.h"
#include "count.h"
#include "flood.h"
#include "rules.h"

/* How a finding may be told by another. */
struct fold {
	enum fold_how {
		FOLD_NOT,
		FOLD_ATTEMPT, /* it is of an attempt to connect */
		FOLD_ECHO,    /* it is of an answer to what nobody asked */
		FOLD_HOWS
	} how;
	int64_t second; /* in which the connection began */
};

/* What was said of a finding.  All zeros: nothing. */
struct told {
	uint64_t id;
	bool withdrawn;
};

/* A finding that is to be said, of whom, and where it is counted. */
struct telling {
	const struct tcpaudit_finding *record; /* its id does not matter */
	struct fold fold;
	const struct parties *who; /* NULL: it is not folded */
	uint32_t *counts;	   /* of the connection, by severity, or NULL */
	struct told *told;
	bool withdraws; /* only if it is folded by now */
};

/* What a member of a flood or a scan does wrong. */
static inline bool
fold_of_handshake(enum rule rule)
{
	return rule == RULE_HS01 || rule == RULE_HS02 || rule == RULE_RX01 ||
	       rule == RULE_RX02 || rule == RULE_RX03 || rule == RULE_RX04;
}

static inline bool
fold_of_syn(enum rule rule)
{
	return rule == RULE_OP07 || rule == RULE_WN14;
}

/* Whether and how a finding of a rule about a connection (NULL: of the whole
 * capture) may be told by another. */
static inline void
fold_of(const struct connection *c, enum rule rule, struct fold *out)
{
	out->how = FOLD_NOT;
	out->second = 0;
	if (c == NULL)
		return;
	if (c->flood & FLOOD_ECHO) {
		if (rule == RULE_HS13 || rule == RULE_RS11 || rule == RULE_RX04)
			out->how = FOLD_ECHO;
	} else if ((c->flood & FLOOD_TRIED) && !connection_is(c, CONN_OPEN)) {
		if (fold_of_handshake(rule) || fold_of_syn(rule) ||
		    rule == RULE_HS30)
			out->how = FOLD_ATTEMPT;
	}
	if (out->how != FOLD_NOT)
		out->second = flood_second(c->t_first);
}

/* A rule has fired: whether that is told by a finding over many connections.
 * It is then counted there. */
bool ta_fold_counts(
    struct tcpaudit *, const struct parties *, const struct fold *, enum rule);

/* Whether nothing is to be said of a finding of which nothing was said: it is
 * folded, and counted there.  If not, ta_tell() need not ask again. */
bool ta_told_otherwise(struct tcpaudit *, const struct telling *);

/* Says the finding if it is not folded, with the id that it has or gets. */
void ta_tell(struct tcpaudit *, const struct telling *);

#endif
