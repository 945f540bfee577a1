/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Where the report goes: standard output, or a file that appears when it is
 * complete. */
#ifndef SINK_H
#define SINK_H

#include <stddef.h>
#include <stdio.h>

/* Starts as all zeros. */
struct sink {
	FILE *file;
	char *path;	 /* NULL: standard output */
	char *temporary; /* NULL: written in place */
	char *buffer;	 /* of the file; NULL: not ours */
	int error;	 /* errno of the first write that failed */
};

/* Opens `path`, or standard output if it is NULL.  A regular file, or one that
 * is not there yet, is written beside its place; a device or a pipe directly.
 * Returns 0, or -1 after a one-line error on stderr. */
int sink_open(struct sink *s, const char *path);

void sink_write(struct sink *s, const char *bytes, size_t length);
void sink_flush(struct sink *s);

/* Puts the file in its place, or, if something could not be written or `fail`
 * is not 0 (an errno value), removes it.  Returns 0, or -1 after a one-line
 * error on stderr: a reader that has left (EPIPE) is no news and gets none.
 * Closes. */
int sink_close(struct sink *s, int fail);

/* The report is no good: what is written to a file beside its place goes. */
void sink_abandon(struct sink *s);

#endif
