/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* For each rule a capture of pcaps/ that fires it, as a picture. */
#ifndef EXAMPLE_H
#define EXAMPLE_H

#include "ladder.h"

struct example {
	const char *code, *scenario;
	const char *message; /* of the finding */
	const struct ladder_row *rows;
};

/* NULL if there is none.  Lives for ever. */
const struct example *example_find(const char *code);

#endif
