/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "unpack.h"

#include <archive.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"

#define BLOCK (64 * 1024)

struct unpack_kind {
	const char *name;
	size_t length;
	unsigned char magic[6];
	int (*support)(struct archive *);
};

static const struct unpack_kind kinds[] = {
	{ "gzip", 3, { 0x1f, 0x8b, 8 }, archive_read_support_filter_gzip },
	{ "zstd", 4, { 0x28, 0xb5, 0x2f, 0xfd },
	    archive_read_support_filter_zstd },
	{ "xz", 6, { 0xfd, '7', 'z', 'X', 'Z', 0 },
	    archive_read_support_filter_xz },
	{ "lz4", 4, { 0x04, 0x22, 0x4d, 0x18 },
	    archive_read_support_filter_lz4 },
	{ "bzip2", 3, { 'B', 'Z', 'h' }, archive_read_support_filter_bzip2 },
};

struct unpack {
	const struct unpack_kind *kind;
	struct archive *archive;
	struct stream *stream;
	bool empty; /* nothing was compressed */
	unsigned char block[BLOCK];
};

const struct unpack_kind *
unpack_sniff(const unsigned char *head, size_t length)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (length >= kinds[i].length &&
		    memcmp(head, kinds[i].magic, kinds[i].length) == 0)
			return &kinds[i];
	}
	return NULL;
}

static la_ssize_t
read_block(struct archive *archive, void *argument, const void **block)
{
	struct unpack *u = argument;
	ssize_t n = stream_read(u->stream, u->block, sizeof(u->block));

	*block = u->block;
	if (n < 0)
		archive_set_error(archive, EIO, "%s", u->stream->error);
	return n;
}

static void
set_error(struct unpack *u)
{
	const char *why = archive_error_string(u->archive);

	if (u->stream->error[0] != '\0')
		return; /* the file itself could not be read */
	(void)snprintf(u->stream->error, sizeof(u->stream->error),
	    "the %s data breaks off or is damaged (%s)", u->kind->name,
	    why != NULL ? why : "no reason given");
}

static int
open_archive(struct unpack *u)
{
	/* Anything but ARCHIVE_OK: libarchive lacks the library and would run
	 * a program in its place, which this program never does. */
	if (u->kind->support(u->archive) != ARCHIVE_OK) {
		(void)snprintf(u->stream->error, sizeof(u->stream->error),
		    "is compressed with %s, which libarchive cannot unpack "
		    "here",
		    u->kind->name);
		return -1;
	}
	/* One file without a name, perhaps an empty one. */
	if (archive_read_support_format_raw(u->archive) == ARCHIVE_OK &&
	    archive_read_support_format_empty(u->archive) == ARCHIVE_OK &&
	    archive_read_open(u->archive, u, NULL, read_block, NULL) ==
		ARCHIVE_OK) {
		struct archive_entry *entry;
		int result = archive_read_next_header(u->archive, &entry);

		u->empty = result == ARCHIVE_EOF;
		if (result == ARCHIVE_OK || u->empty)
			return 0;
	}
	set_error(u);
	return -1;
}

struct unpack *
unpack_new(const struct unpack_kind *kind, struct stream *stream)
{
	struct unpack *u = calloc(1, sizeof(*u));

	if (u != NULL) {
		u->kind = kind;
		u->stream = stream;
		u->archive = archive_read_new();
	}
	if (u == NULL || u->archive == NULL) {
		(void)snprintf(
		    stream->error, sizeof(stream->error), "out of memory");
		unpack_free(u);
		return NULL;
	}
	if (open_archive(u) == 0)
		return u;
	unpack_free(u);
	return NULL;
}

ssize_t
unpack_read(struct unpack *u, void *bytes, size_t length)
{
	la_ssize_t n;

	if (u->empty)
		return 0;
	do {
		n = archive_read_data(u->archive, bytes, length);
	} while (n == ARCHIVE_RETRY);
	if (n >= 0)
		return n;
	set_error(u);
	return -1;
}

void
unpack_free(struct unpack *u)
{
	if (u == NULL)
		return;
	if (u->archive != NULL)
		(void)archive_read_free(u->archive);
	free(u);
}
