/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "example.h"

#include <string.h>

/* clang-format off */
static const struct example examples[] = {
#define ROW(ns, end, marks, label) { ns, TCPAUDIT_##end, marks, label },
#define EXAMPLE(code, scenario, message, ...)                                  \
	{ code, scenario, message, (const struct ladder_row[]){                \
	    __VA_ARGS__ { 0, TCPAUDIT_CLIENT, 0, NULL } } },
#include "examples.def"
#undef EXAMPLE
#undef ROW
};
/* clang-format on */

const struct example *
example_find(const char *code)
{
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		if (strcmp(examples[i].code, code) == 0)
			return &examples[i];
	return NULL;
}
