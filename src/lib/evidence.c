/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What the values of a finding are called. */
#include <string.h>

#include "rules.h"
#include "tcpaudit_part.h"

/* clang-format off */
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
	size_t number = 0;

	/* Engines name them from here. */
	if (at < sizeof(ta_evidence_keys))
		return at / sizeof(ta_evidence_keys[0]);
	while (number < EVIDENCES &&
	       strcmp(v->name, ta_evidence_keys[number].name) != 0)
		number++;
	return number;
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
