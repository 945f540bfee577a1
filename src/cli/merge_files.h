/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* --merge: the NDJSON of all shards of a capture becomes one report. */
#ifndef MERGE_FILES_H
#define MERGE_FILES_H

#include "options.h"

/* Returns the exit status, as audit_run(). */
int merge_files(const struct options *);

#endif
