/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The arguments of options, read strictly.  Each function returns 0, or -1
 * after a one-line error that begins with `name`, the option. */
#ifndef VALUE_H
#define VALUE_H

#include <stdint.h>

/* Seconds with or without decimals, from `least` ns to thirty years. */
int value_seconds(
    const char *name, const char *text, int64_t least, int64_t *nanoseconds);

/* A whole number from `least` to `most`. */
int value_number(const char *name, const char *text, uint64_t least,
    uint64_t most, uint64_t *number);

/* Bytes, with an optional K, M, G or T, KB or KiB: powers of 1024 all. */
int value_size(const char *name, const char *text, uint64_t *bytes);

/* One of `words`, which NULL ends: its index. */
int value_choice(
    const char *name, const char *text, const char *const *words, int *choice);

#endif
