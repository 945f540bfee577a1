/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Giving up root. */
#ifndef USER_H
#define USER_H

struct options;

/* Called as root, becomes the user of the options, or "nobody"; called as
 * anybody else, does nothing unless a user was named.  Returns 0, or -1 after a
 * one-line error. */
int user_drop(const struct options *);

#endif
