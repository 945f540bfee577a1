/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Decompression of a stream on the way, with libarchive. */
#ifndef UNPACK_H
#define UNPACK_H

#include <stddef.h>
#include <sys/types.h>

struct stream;
struct unpack;
struct unpack_kind;

/* The compression whose magic number these first bytes are; NULL for none. */
const struct unpack_kind *unpack_sniff(
    const unsigned char *head, size_t length);

/* Unpacks what stream_read() gives.  NULL with the reason in the `error` of the
 * stream, which is borrowed.  The caller frees. */
struct unpack *unpack_new(const struct unpack_kind *, struct stream *);

/* The next unpacked bytes: the number of them, 0 at the end, -1 with the reason
 * in the `error` of the stream. */
ssize_t unpack_read(struct unpack *, void *bytes, size_t length);

void unpack_free(struct unpack *); /* NULL is fine */

#endif
