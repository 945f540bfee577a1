/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Findings of single connections that one about a flood or a scan tells (rules
 * G-AGG): whether they are said at all is decided here, for a connection as for
 * a part of another engine. */
#ifndef FOLD_H
#define FOLD_H

#include "connection.h"
#include "count.h"
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

/* Whether and how a finding of a rule about a connection (NULL: of the whole
 * capture) may be told by another. */
void ta_fold_of(const struct connection *c, enum rule, struct fold *out);

/* A rule has fired: whether that is told by a finding over many connections.
 * It is then counted there. */
bool ta_fold_counts(
    struct tcpaudit *, const struct parties *, const struct fold *, enum rule);

/* Says the finding if it is not folded, with the id that it has or gets. */
void ta_tell(struct tcpaudit *, const struct telling *);

#endif
