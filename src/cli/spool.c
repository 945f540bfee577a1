/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "log.h"

int
spool_open(struct spool *s)
{
	const char *directory = getenv("TMPDIR");
	struct buffer name = { 0 };
	int fd = -1;

	if (directory == NULL || *directory == '\0')
		directory = "/tmp";
	buffer_printf(&name, "%s/tcpaudit.XXXXXX", directory);
	if (name.failed)
		errno = ENOMEM;
	else
		fd = mkostemp(name.data, O_CLOEXEC);
	if (fd >= 0 && unlink(name.data) == 0)
		s->file = fdopen(fd, "w+");
	if (s->file == NULL)
		log_error(directory,
		    "cannot create a temporary file: %s: set "
		    "TMPDIR to a directory that is writable",
		    strerror(errno));
	if (s->file == NULL && fd >= 0)
		close(fd);
	buffer_clear(&name);
	return s->file != NULL ? 0 : -1;
}

uint64_t
spool_append(struct spool *s, const char *bytes, size_t length)
{
	uint64_t place = s->length;
	uint32_t header = (uint32_t)length;

	if (s->error != 0)
		return place;
	if (fwrite(&header, sizeof(header), 1, s->file) != 1 ||
	    fwrite(bytes, 1, length, s->file) != length)
		s->error = errno;
	s->length += sizeof(header) + length;
	return place;
}

/* Reads exactly `length` bytes; short of that the file was tampered with. */
static int
read_all(struct spool *s, void *to, size_t length, uint64_t place)
{
	char *p = to;
	ssize_t n;

	while (length > 0) {
		n = pread(fileno(s->file), p, length, (off_t)place);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			s->error = n < 0 ? errno : EIO;
			return -1;
		}
		p += n;
		place += (uint64_t)n;
		length -= (size_t)n;
	}
	return 0;
}

uint64_t
spool_read(struct spool *s, uint64_t place, struct buffer *to)
{
	char piece[4096];
	uint32_t length;
	size_t n;

	buffer_cut(to, 0);
	if (s->error == 0 && fflush(s->file) != 0)
		s->error = errno;
	if (s->error != 0 || place >= s->length ||
	    read_all(s, &length, sizeof(length), place) != 0)
		return 0;
	for (place += sizeof(length); length > 0; length -= (uint32_t)n) {
		n = length < sizeof(piece) ? length : sizeof(piece);
		if (read_all(s, piece, n, place) != 0)
			return 0;
		buffer_add(to, piece, n);
		place += n;
	}
	return place;
}

void
spool_close(struct spool *s)
{
	if (s->file != NULL)
		fclose(s->file);
	s->file = NULL;
}
