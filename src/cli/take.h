/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* take_ID() for each option of options.def: sets in the options what an option
 * says. */
#ifndef TAKE_H
#define TAKE_H

struct options;

/* `name` is the option as it is spelled in messages ("--msl"), `value` its
 * argument or NULL.  Each returns 0, or -1 after a one-line error. */
typedef int taker(struct options *, const char *name, const char *value);

#define GROUP(title)
#define OPTION(id, letter, name, argument, help) taker take_##id;
#define LATER(id, letter, name, argument)
#include "options.def"
#undef GROUP
#undef OPTION
#undef LATER

/* Of all options of later versions. */
taker take_later;

#endif
