/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * libpcap reads from a FILE only.  fopencookie(3), or funopen(3) of the BSDs,
 * makes one of the two functions below, so that a compressed capture is
 * unpacked while it is read, without a second process, thread or file.
 */
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <stdio_ext.h>
#endif

#include "interrupt.h"
#include "unpack.h"

#define BUFFER (64 * 1024)
#define GRACE  500 /* ms */

/* After an interrupt: `tcpdump -w - | tcpaudit -` was interrupted as a whole.
 * tcpdump still writes what it holds, and then ends the pipe. */
static bool
more_to_come(struct stream *s)
{
	struct pollfd wait = { .fd = s->fd, .events = POLLIN };

	if (s->size > 0 || poll(&wait, 1, GRACE) <= 0)
		s->interrupted = true;
	return !s->interrupted;
}

static ssize_t
read_fd(struct stream *s, void *bytes, size_t length)
{
	ssize_t n;

	do {
		if (interrupt_seen() && !more_to_come(s))
			return 0;
		n = read(s->fd, bytes, length);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		s->read += (uint64_t)n;
	if (n < 0)
		(void)snprintf(s->error, sizeof(s->error), "cannot be read: %s",
		    strerror(errno));
	return n;
}

ssize_t
stream_read(struct stream *s, void *bytes, size_t length)
{
	size_t left = s->head_length - s->head_given;

	if (left == 0)
		return read_fd(s, bytes, length);
	if (length > left)
		length = left;
	memcpy(bytes, s->head + s->head_given, length);
	s->head_given += length;
	return (ssize_t)length;
}

int
stream_open(struct stream *s, int fd)
{
	struct stat status;

	memset(s, 0, sizeof(*s));
	s->fd = fd;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		s->size = (uint64_t)status.st_size;
	while (s->head_length < STREAM_HEAD) {
		ssize_t n = read_fd(
		    s, s->head + s->head_length, STREAM_HEAD - s->head_length);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		s->head_length += (size_t)n;
	}
	return 0;
}

static ssize_t
cookie_read(void *cookie, char *bytes, size_t length)
{
	struct stream *s = cookie;
	ssize_t n = s->unpack != NULL ? unpack_read(s->unpack, bytes, length)
				      : stream_read(s, bytes, length);

	if (n < 0) {
		errno = EIO; /* the reason is in s->error */
		return n;
	}
	pcapng_level(&s->pcapng, (unsigned char *)bytes, (size_t)n);
	s->given += (uint64_t)n;
	return n;
}

#ifdef __linux__
typedef off64_t seek_offset;
#else
typedef fpos_t seek_offset;
#endif

/* Answers "where are you?" for ftello() and moves nowhere. */
static seek_offset
seek_stream(struct stream *s, seek_offset offset, int whence)
{
	if (whence == SEEK_CUR && offset == 0)
		return (seek_offset)s->given;
	errno = ESPIPE;
	return -1;
}

#ifdef __linux__
static int
cookie_seek(void *cookie, off64_t *offset, int whence)
{
	*offset = seek_stream(cookie, *offset, whence);
	return *offset < 0 ? -1 : 0;
}

static FILE *
open_cookie(struct stream *s)
{
	cookie_io_functions_t functions = { .read = cookie_read,
		.seek = cookie_seek };

	return fopencookie(s, "r", functions);
}
#else
static int
funopen_read(void *cookie, char *bytes, int length)
{
	return (int)cookie_read(cookie, bytes, (size_t)length);
}

static fpos_t
funopen_seek(void *cookie, fpos_t offset, int whence)
{
	return seek_stream(cookie, offset, whence);
}

static FILE *
open_cookie(struct stream *s)
{
	return funopen(s, funopen_read, NULL, funopen_seek, NULL);
}
#endif

/* A capture that nothing has to be done with on the way: a FILE of its own
 * costs less than one of ours. */
static bool
is_pcap(const struct stream *s)
{
	static const unsigned char magic[][4] = { { 0xd4, 0xc3, 0xb2, 0xa1 },
		{ 0x4d, 0x3c, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0xc3, 0xd4 },
		{ 0xa1, 0xb2, 0x3c, 0x4d } };

	for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if (s->head_length >= 4 && memcmp(s->head, magic[i], 4) == 0)
			return true;
	return false;
}

static FILE *
open_plain(struct stream *s)
{
	FILE *file;
	int fd;

	if (s->size == 0 || s->unpack != NULL || !is_pcap(s) ||
	    lseek(s->fd, 0, SEEK_SET) != 0)
		return NULL;
	fd = dup(s->fd);
	file = fd >= 0 ? fdopen(fd, "r") : NULL;
	if (file == NULL && fd >= 0)
		(void)close(fd);
	if (file == NULL)
		(void)lseek(s->fd, (off_t)s->head_length, SEEK_SET);
	s->plain = file != NULL;
	s->given = s->plain ? s->size : 0;
	return file;
}

FILE *
stream_file(struct stream *s)
{
	FILE *file = open_plain(s);

	if (file == NULL)
		file = open_cookie(s);
	if (file == NULL)
		return NULL;
	/* The C library would choose a small one itself. */
	s->buffer = malloc(BUFFER);
	if (s->buffer != NULL)
		(void)setvbuf(file, s->buffer, _IOFBF, BUFFER);
#ifdef __linux__
	(void)__fsetlocking(file, FSETLOCKING_BYCALLER); /* one thread */
#endif
	return file;
}

void
stream_close(struct stream *s)
{
	unpack_free(s->unpack);
	s->unpack = NULL;
	free(s->buffer);
	s->buffer = NULL;
	if (s->fd > STDIN_FILENO)
		(void)close(s->fd);
	s->fd = -1;
}
