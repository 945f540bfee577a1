/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "log.h"

#define BUFFER (64 * 1024)

/* Opens a temporary file in the directory of s->path, with the permissions that
 * a new file would have. */
static int
open_beside(struct sink *s)
{
	struct buffer name = { 0 };
	mode_t mask;
	int fd;

	buffer_printf(&name, "%s.XXXXXX", s->path);
	if (name.failed) {
		errno = ENOMEM;
		return -1;
	}
	fd = mkostemp(name.data, O_CLOEXEC);
	if (fd < 0) {
		buffer_clear(&name);
		return -1;
	}
	mask = umask(0);
	umask(mask);
	(void)fchmod(fd, 0666 & ~mask);
	s->temporary = name.data;
	return fd;
}

static int
open_file(struct sink *s, const char *path)
{
	struct stat status;

	/* Through a symbolic link: it is its target that is replaced. */
	s->path = realpath(path, NULL);
	if (s->path == NULL)
		s->path = strdup(path);
	if (s->path == NULL)
		return -1;
	if (stat(s->path, &status) != 0)
		return open_beside(s);
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	if (S_ISREG(status.st_mode))
		return open_beside(s);
	return open(s->path, O_WRONLY | O_CLOEXEC);
}

static void
forget(struct sink *s)
{
	if (s->temporary != NULL)
		unlink(s->temporary);
	free(s->temporary);
	free(s->buffer);
	free(s->path);
	memset(s, 0, sizeof(*s));
}

/* Makes room for many records in a system call; but who looks at a terminal
 * sees each line.  (Without a buffer of ours the C library takes a small one,
 * whatever size it is asked for.) */
static void
enlarge(struct sink *s)
{
	static char standard[BUFFER]; /* stdout outlives the sink */
	char *buffer = standard;

	if (isatty(fileno(s->file)))
		return;
	if (s->file != stdout)
		buffer = s->buffer = malloc(BUFFER);
	if (buffer != NULL)
		(void)setvbuf(s->file, buffer, _IOFBF, BUFFER);
}

int
sink_open(struct sink *s, const char *path)
{
	int fd;

	memset(s, 0, sizeof(*s));
	if (path == NULL) {
		s->file = stdout;
		enlarge(s);
		return 0;
	}
	fd = open_file(s, path);
	if (fd >= 0)
		s->file = fdopen(fd, "w");
	if (s->file != NULL) {
		enlarge(s);
		return 0;
	}
	log_error(path, "cannot be written: %s: choose another -o FILE",
	    strerror(errno));
	if (fd >= 0)
		close(fd);
	forget(s);
	return -1;
}

void
sink_write(struct sink *s, const char *bytes, size_t length)
{
	if (s->error == 0 && fwrite(bytes, 1, length, s->file) != length)
		s->error = errno;
}

void
sink_flush(struct sink *s)
{
	if (s->error == 0 && fflush(s->file) != 0)
		s->error = errno;
}

int
sink_close(struct sink *s, int fail)
{
	const char *name = s->path != NULL ? s->path : "standard output";
	int error;

	sink_flush(s);
	if (s->file != stdout && fclose(s->file) != 0 && s->error == 0)
		s->error = errno;
	error = s->error != 0 ? s->error : fail;
	if (error == 0 && s->temporary != NULL) {
		if (rename(s->temporary, s->path) != 0)
			error = errno;
		else
			*s->temporary = '\0'; /* nothing left to remove */
	}
	if (error != 0 && error != EPIPE)
		log_error(name, "the report could not be written: %s",
		    strerror(error));
	forget(s);
	return error == 0 ? 0 : -1;
}

void
sink_abandon(struct sink *s)
{
	if (s->file != stdout)
		(void)fclose(s->file);
	forget(s);
}
