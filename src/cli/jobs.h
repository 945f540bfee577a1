/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Several workers audit the same files: each reads all of them, and audits the
 * connections of its shard.  The report does not depend on how many there
 * are. */
#ifndef JOBS_H
#define JOBS_H

#include "options.h"

/* How many workers are of use: as --jobs says, one for what is no file, and for
 * files that one has read before the others have begun. */
unsigned jobs_count(const struct options *);

/* Audits with so many workers.  Returns the exit status, as audit_run(). */
int jobs_run(const struct options *, unsigned jobs);

#endif
