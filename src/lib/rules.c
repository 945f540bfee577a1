/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <stdbool.h>
#include <string.h>

#include "rules.h"

/* clang-format off */
const struct tcpaudit_rule ta_rules[RULES] = {
#define RULE(id, ...) [RULE_##id] = { __VA_ARGS__ },
#include "rules.def"
#undef RULE
};
/* clang-format on */

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
