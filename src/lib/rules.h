/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The catalogue: enum rule and the const table, both made from rules.def. */
#ifndef RULES_H
#define RULES_H

#include "tcpaudit.h"

enum rule {
#define RULE(id, ...) RULE_##id,
#include "rules.def"
#undef RULE
	RULES
};

enum evidence {
#define EVIDENCE(id, name, kind) EVIDENCE_##id,
#include "evidence.def"
#undef EVIDENCE
	EVIDENCES
};

/* What names a value lies in the table itself: it tells which one it is. */
struct evidence_key {
	char name[20];
	enum tcpaudit_value_kind kind;
};

extern const struct tcpaudit_rule ta_rules[RULES];
extern const struct evidence_key ta_evidence_keys[EVIDENCES];

#endif
