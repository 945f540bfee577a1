/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Giving up root. */
#ifndef USER_H
#define USER_H

struct options;

/* Whether user_drop() will work, and the user may put the report in its place.
 * Before the report is open.  Returns 0, or -1 after a one-line error. */
int user_check(const struct options *);

/* Called as root, becomes the user of the options, or "nobody"; called as
 * anybody else, does nothing unless a user was named.  Returns 0, or -1 after a
 * one-line error. */
int user_drop(const struct options *);

#endif
