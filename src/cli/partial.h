/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The `partial` records in the NDJSON of a shard: all that --merge needs.  The
 * first one says how the audit was made, the last one what was counted; in
 * between, and in these, are parcels. */
#ifndef PARTIAL_H
#define PARTIAL_H

#include <jansson.h>

#include "buffer.h"
#include "options.h"
#include "parcel.h"

/* Which part of the connections of a capture. */
struct shard {
	uint32_t number, of;
};

/* What is known at the end: for the report of all shards. */
struct partial_totals {
	struct tcpaudit_statistics statistics; /* of the engines of the shard */
	uint64_t kernel_dropped, interface_dropped;
	bool trouble;
};

struct partial_writer {
	const struct options *options;
	uint32_t engines; /* of this shard */
	struct output *const *output;
	struct parcel_state state;
	struct buffer bytes;
	uint64_t count; /* records so far */
};

/* Adds a parcel; for struct merge. */
void partial_put(void *writer, const struct parcel *parcel);

/* Writes the last record, and frees what the writer holds. */
void partial_end(struct partial_writer *, const struct partial_totals *);

/* What --merge takes from the first record, for its own engine. */
struct partial_audit {
	uint64_t memory, flood_syn, half_open;
	int64_t msl, tw_floor;
	bool transitions;
};

/* A file of --merge, being read. */
struct partial_reader {
	struct merge_source *source;
	const char *name;
	void *file; /* FILE */
	uint64_t line, count;
	struct buffer text; /* of the line */
	struct shard shard;
	uint32_t engines;
	struct partial_audit audit;
	json_t *made; /* how the audit was made */
	struct parcel_reader parcels;
	uint8_t *bytes;
	bool ended, failed;
	struct partial_totals totals;
};

/* Opens a file and reads up to its first partial record.  Returns 0, or -1
 * after a one-line error; partial_close() is due in either case. */
int partial_open(struct partial_reader *, const char *name);

/* The next parcel.  False: there is none, or, after a one-line error,
 * `failed`. */
bool partial_take(struct partial_reader *, struct parcel *out);

/* A one-line error about what was read last. */
void partial_refuse(struct partial_reader *, const char *what);

void partial_close(struct partial_reader *);

#endif
