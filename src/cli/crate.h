/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Parcels on their way from one thread to another: as they are in memory, each
 * with all that it points to behind it, so that nothing has to be made of them
 * but a few pointers.  Files have parcel_write(). */
#ifndef CRATE_H
#define CRATE_H

#include "parcel.h"

struct crate {
	size_t length, size; /* octets */
	uint64_t told;	     /* whose tuple was put in last, or 0 */
	_Alignas(8) uint8_t bytes[];
};

/* So many octets are enough for what an engine says, */
#define CRATE_PART 4096

/* and so many for any parcel. */
size_t crate_room(const struct parcel *);

/* An empty one with room for so many octets; the caller frees it.  NULL: no
 * memory. */
struct crate *crate_new(size_t size);

/* Puts in what an engine says, for which there is room; the number of the
 * engine is left out.  `brief`: of a connection that ended only the verdict and
 * the first packet are wanted, unless there is something pending. */
void crate_put(struct crate *, const struct tcpaudit_part *, bool brief);

/* The same of what the reader of the inputs says. */
void crate_put_input(struct crate *, const struct parcel *);

/* Set all to zero. */
struct crate_reader {
	const uint8_t *p, *end;
	const struct tcpaudit_tuple *tuple; /* the last one */
	struct tcpaudit_connection brief;   /* little of it is set */
};

/* Goes on with a crate, which is borrowed. */
void crate_read(struct crate_reader *, const struct crate *);

/* The next parcel, which borrows from the crate and the reader; false: there is
 * none. */
bool crate_next(struct crate_reader *, struct parcel *out);

#endif
