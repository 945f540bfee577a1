/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The bytes of a capture as a FILE for libpcap: from a file or a pipe, as they
 * are or unpacked on the way. */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "pcapng.h"

#define STREAM_HEAD 16

struct unpack;

struct stream {
	int fd;
	unsigned char head[STREAM_HEAD]; /* the first bytes, read ahead */
	size_t head_length, head_given;
	struct unpack *unpack; /* NULL: the bytes are given as they are */
	struct pcapng pcapng;  /* what passes, if it is that */
	uint64_t read;	       /* bytes taken from fd */
	uint64_t size;	       /* of the file; 0 if it is no regular file */
	uint64_t given;	       /* bytes given to the FILE */
	char *buffer;	       /* of the FILE; owned, or NULL */
	bool plain;	       /* the FILE reads the file itself */
	bool interrupted;      /* ended because the user wants the report */
	char error[256];       /* why the last read failed; "" */
};

/* Takes over the file descriptor and reads the first bytes.  Returns 0, or -1
 * with the reason in `error`; stream_close() is due in any case. */
int stream_open(struct stream *, int fd);

/* The next bytes as they come from the file descriptor: the number of them, 0
 * at the end, -1 with the reason in `error`. */
ssize_t stream_read(struct stream *, void *bytes, size_t length);

/* A FILE that reads the stream (unpacked), owned by the caller, who closes it
 * before the stream.  ftello() of it is the position in what is unpacked.
 * NULL if memory is short. */
FILE *stream_file(struct stream *);

void stream_close(struct stream *);

#endif
