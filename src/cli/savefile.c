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
#define BLOCKS	(int)(sizeof(((struct savefile *)0)->block) / sizeof(void *))

/* pcap-savefile(5). */
struct record {
	uint32_t seconds, fraction;
	uint32_t captured, length;
};

_Static_assert(sizeof(struct record) == SAVEFILE_HEADER, "as in the file");

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
	f->open = true;
	for (int i = 0; i < BLOCKS; i++) {
		/* Seldom is more than SAVEFILE_LASTS of it touched. */
		f->block[i] = malloc(SAVEFILE_HEADER + LONGEST);
		f->open = f->open && f->block[i] != NULL;
	}
	f->at = f->end = f->block[0];
}

/*
 * Goes on in the next block, until there are `wanted` octets.  A packet is
 * overwritten three blocks later: the last two of these began with a record
 * that was taken, and the one before the last was filled, so that more than
 * SAVEFILE_LASTS octets have been taken behind it.
 */
static bool
refill(struct savefile *f, size_t wanted)
{
	size_t have = (size_t)(f->end - f->at);
	size_t most = wanted > SAVEFILE_LASTS ? wanted : SAVEFILE_LASTS;
	unsigned char *to;

	f->turn = (f->turn + 1) % BLOCKS;
	to = f->block[f->turn];
	if (have > 0)
		memcpy(to, f->at, have);
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
has(struct savefile *f, size_t wanted)
{
	return (size_t)(f->end - f->at) >= wanted || refill(f, wanted);
}

bool
savefile_next(struct savefile *f, struct tcpaudit_packet *packet)
{
	struct record r;
	int64_t fraction;

	f->open = f->open && has(f, sizeof(r));
	if (!f->open)
		return false;
	memcpy(&r, f->at, sizeof(r));
	fraction = r.fraction * f->scale;
	f->open = r.captured <= f->snaplen && fraction < BILLION &&
		  has(f, sizeof(r) + r.captured);
	if (!f->open)
		return false;
	packet->data = f->at + sizeof(r);
	packet->captured = r.captured;
	packet->length = r.length;
	packet->time = r.seconds * BILLION + fraction;
	f->at += sizeof(r) + r.captured;
	return true;
}

uint64_t
savefile_position(const struct savefile *f)
{
	return f->next - (uint64_t)(f->end - f->at);
}

void
savefile_close(struct savefile *f)
{
	for (int i = 0; i < BLOCKS; i++)
		free(f->block[i]);
	memset(f, 0, sizeof(*f));
}
