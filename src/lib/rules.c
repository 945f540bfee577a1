/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <stdbool.h>
#include <string.h>

#include "rules.h"
#include "tcpaudit_part.h"

/* clang-format off */
const struct tcpaudit_rule ta_rules[RULES] = {
#define RULE(id, ...) [RULE_##id] = { __VA_ARGS__ },
#include "rules.def"
#undef RULE
};

const struct evidence_key ta_evidence_keys[EVIDENCES] = {
#define EVIDENCE(id, key, what)                                                \
	[EVIDENCE_##id] = { .name = key, .kind = TCPAUDIT_VALUE_##what },
#include "evidence.def"
#undef EVIDENCE
};
/* clang-format on */

size_t
tcpaudit_value_number(const struct tcpaudit_value *v)
{
	uintptr_t at = (uintptr_t)v->name - (uintptr_t)ta_evidence_keys;

	return at < sizeof(ta_evidence_keys) ? at / sizeof(ta_evidence_keys[0])
					     : EVIDENCES;
}

int
tcpaudit_value_name(size_t number, struct tcpaudit_value *out)
{
	if (number >= EVIDENCES)
		return TCPAUDIT_EINVAL;
	out->name = ta_evidence_keys[number].name;
	out->kind = ta_evidence_keys[number].kind;
	return TCPAUDIT_OK;
}

size_t
tcpaudit_rule_count(void)
{
	return RULES;
}

const struct tcpaudit_rule *
tcpaudit_rule(size_t i)
{
	return i < RULES ? &ta_rules[i] : NULL;
}

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Codes are compared without case, and without the locale: "da01" is DA01 in
 * Turkish too. */
static bool
code_equal(const char *code, const char *name)
{
	while (*code != '\0' && *code == upper(*name)) {
		code++;
		name++;
	}
	return *code == '\0' && *name == '\0';
}

const struct tcpaudit_rule *
tcpaudit_rule_find(const char *name)
{
	size_t i;

	if (name == NULL)
		return NULL;
	for (i = 0; i < RULES; i++) {
		if (strcmp(ta_rules[i].name, name) == 0 ||
		    code_equal(ta_rules[i].code, name))
			return &ta_rules[i];
	}
	return NULL;
}
