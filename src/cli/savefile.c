/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "savefile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link_type.h"

#define BILLION INT64_C(1000000000)
#define HEADER	24     /* octets of a file */
#define LONGEST 262144 /* octets of a packet that libpcap believes */
#define BLOCK	65536  /* octets that are read at a time, or one record */

/* pcap-savefile(5). */
struct record {
	uint32_t seconds, fraction;
	uint32_t captured, length;
};

_Static_assert(sizeof(struct record) == 16, "as in the file");

void
savefile_open(
    struct savefile *f, pcap_t *pcap, int fd, const unsigned char head[4])
{
	const uint32_t micro = 0xa1b2c3d4, nano = 0xa1b23c4d;
	uint32_t magic;
	int snaplen = pcap_snapshot(pcap);

	memset(f, 0, sizeof(*f));
	memcpy(&magic, head, sizeof(magic));
	if ((magic != micro && magic != nano) || snaplen <= 0 ||
	    snaplen > LONGEST || pcap_major_version(pcap) != 2 ||
	    pcap_minor_version(pcap) != 4 ||
	    !tcpaudit_link_type_known(link_type_number(pcap_datalink(pcap))))
		return;
	f->fd = fd;
	f->scale = magic == nano ? 1 : 1000;
	f->snaplen = (uint32_t)snaplen;
	f->next = HEADER;
	/* Seldom is more than BLOCK of it touched. */
	f->block = malloc(sizeof(struct record) + LONGEST);
	f->at = f->end = f->block;
	f->open = f->block != NULL;
}

/* Goes on in the file, until there are `wanted` octets. */
static bool
refill(struct savefile *f, size_t wanted)
{
	size_t have = (size_t)(f->end - f->at);
	size_t most = wanted > BLOCK ? wanted : BLOCK;
	unsigned char *to = f->block;

	if (have > 0)
		memmove(to, f->at, have);
	f->at = to;
	while (have < wanted) {
		ssize_t n =
		    pread(f->fd, to + have, most - have, (off_t)f->next);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
		f->next += (uint64_t)n;
	}
	f->end = to + have;
	return have >= wanted;
}

static bool
has(const struct savefile *f, size_t wanted)
{
	return (size_t)(f->end - f->at) >= wanted;
}

static bool
is_ordinary(const struct savefile *f, const struct record *r)
{
	return r->captured <= f->snaplen && r->fraction * f->scale < BILLION;
}

/* Refills the block for the first one only, so that those before it stay. */
static bool
next_record(struct savefile *f, struct record *r, bool first)
{
	if (!has(f, sizeof(*r)) && !(first && refill(f, sizeof(*r))))
		return false;
	memcpy(r, f->at, sizeof(*r));
	return is_ordinary(f, r) &&
	       (has(f, sizeof(*r) + r->captured) ||
		   (first && refill(f, sizeof(*r) + r->captured)));
}

size_t
savefile_next(struct savefile *f, struct tcpaudit_packet *packets, size_t most)
{
	struct record r;
	size_t n = 0;

	while (f->open && n < most && next_record(f, &r, n == 0)) {
		packets[n].data = f->at + sizeof(r);
		packets[n].captured = r.captured;
		packets[n].length = r.length;
		packets[n++].time = r.seconds * BILLION + r.fraction * f->scale;
		f->at += sizeof(r) + r.captured;
	}
	f->open = n > 0;
	return n;
}

uint64_t
savefile_position(const struct savefile *f)
{
	return f->block == NULL ? 0 : f->next - (uint64_t)(f->end - f->at);
}

void
savefile_close(struct savefile *f)
{
	free(f->block);
	memset(f, 0, sizeof(*f));
}
