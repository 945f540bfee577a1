/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The catalogue of rules, shown to people and to programs. */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>

/* Writes one page about a rule, given by name or code, to standard output.
 * Returns the exit status: 0, or 2 after a one-line error on stderr that names
 * the rules most like it, or says that standard output failed. */
int explain_rule(const char *name);

/* Writes all rules to standard output, in catalogue order: a table, or a JSON
 * array of objects.  Returns the exit status: 0, or 2 after a one-line error on
 * stderr. */
int explain_list(bool json);

#endif
