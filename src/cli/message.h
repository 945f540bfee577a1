/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The sentence of a finding: the template of its rule, filled in. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>

#include "tcpaudit.h"

struct buffer;

/* Adds the message of a finding.  In the template
 *
 *   {name}           is the observed value of that name,
 *   {expected.name}  the expected one,
 *   {endpoint}       "client 10.0.0.1:1234", whom the finding is about,
 *   {peer}           the other one,
 *   {count}          how often the rule fired,
 *   {name|one|many}  `one` if the value is 1, otherwise `many`, where # stands
 *                    for the value: "{copies|once|# times}",
 *   {name|one|many|none}  likewise, and `none` if it is 0,
 *   [...]            a clause, left out as a whole if a placeholder in it has
 *                    no value, or if what it expects was observed; clauses do
 *                    not nest.
 *
 * A placeholder without a value elsewhere is written "?". */
void message_expand(struct buffer *b, const struct tcpaudit_finding *finding);

/* Adds a value of a finding as its kind wants it, without its name.  Bytes are
 * written as hexadecimal digits, and as text if they can be printed. */
void message_format(struct buffer *b, const struct tcpaudit_finding *finding,
    const struct tcpaudit_value *value);

/* Whether the template of `rule` mentions {placeholder}. */
bool message_mentions(
    const struct tcpaudit_rule *rule, const char *placeholder);

/* The value of that name, expected (1) or observed (0); NULL: none. */
const struct tcpaudit_value *message_value(
    const struct tcpaudit_finding *finding, int expected, const char *name);

#endif
