/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Records that wait for the end of the report: a temporary file that
 * has no name any more. */
#ifndef SPOOL_H
#define SPOOL_H

#include <stdint.h>
#include <stdio.h>

struct buffer;

/* Starts as all zeros. */
struct spool {
	FILE *file;
	uint64_t length;
	int error; /* errno of the first write or read that failed */
};

/* Opens the file in $TMPDIR or /tmp.  Returns 0, or -1 after a one-line error
 * on stderr. */
int spool_open(struct spool *s);

/* Appends a record.  Returns its place. */
uint64_t spool_append(struct spool *s, const char *bytes, size_t length);

/* Replaces the contents of `to` by the record at `place`.  Returns the place of
 * the next one, or 0 if there is none at `place` or it cannot be read. */
uint64_t spool_read(struct spool *s, uint64_t place, struct buffer *to);

void spool_close(struct spool *s);

#endif
