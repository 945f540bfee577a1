/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Community ID flow hashing, version 1, seed 0: the name of a connection that
 * Zeek, Suricata and Wireshark give it too. */
#ifndef COMMUNITY_ID_H
#define COMMUNITY_ID_H

#include "tcpaudit.h"

/* "1:" and 28 characters of Base64 and NUL. */
#define COMMUNITY_ID_SIZE 31

/* What makes identifiers: the hash function, looked up once. */
struct community_id;

/* Returns a new one, owned by the caller, or NULL if libcrypto has no SHA-1 or
 * memory is short.  May open files (the configuration of libcrypto): call it
 * before confinement. */
struct community_id *community_id_new(void);

/* Writes the identifier.  Returns 0, or -1 with an empty string if `maker` is
 * NULL or libcrypto refuses. */
int community_id(struct community_id *maker, const struct tcpaudit_tuple *tuple,
    char id[COMMUNITY_ID_SIZE]);

void community_id_free(struct community_id *maker); /* NULL is fine */

#endif
