/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The states that an endpoint went through, as finally believed. */
#ifndef PATH_H
#define PATH_H

#include "endpoint.h"

/* The i-th state of the path, first 0. */
uint8_t ta_path_at(const struct endpoint *x, unsigned i);

/* Adds a state; of a very long path the oldest is dropped. */
void ta_path_push(struct endpoint *x, uint8_t state);

/* Makes `state` the end of the path.  States that it cannot follow (RFC 9293,
 * Figure 5) were never entered and go; one that must lie between is put in.
 * Returns whether any went. */
bool ta_path_go(struct endpoint *x, uint8_t state);

#endif
