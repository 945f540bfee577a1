/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Community ID flow hashing, version 1, seed 0: the name of a connection that
 * Zeek, Suricata and Wireshark give it too. */
#ifndef COMMUNITY_ID_H
#define COMMUNITY_ID_H

#include "tcpaudit.h"

/* "1:" and 28 characters of Base64 and NUL. */
#define COMMUNITY_ID_SIZE 31

/* Writes the identifier.  Returns 0, or -1 if libcrypto has no SHA-1 (or no
 * memory), with an empty string.  The first call may open files (the
 * configuration of libcrypto): make it before confinement. */
int community_id(
    const struct tcpaudit_tuple *tuple, char id[COMMUNITY_ID_SIZE]);

#endif
