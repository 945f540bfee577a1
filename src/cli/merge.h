/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Streams of parcels, each in order, become one report. */
#ifndef MERGE_H
#define MERGE_H

#include "parcel.h"

enum merge_taken {
	MERGE_LATER, /* it is not there yet; asked again, it may be */
	MERGE_TAKEN,
	MERGE_END /* there is none */
};

struct merge_source {
	/* The next parcel, good until the next call. */
	enum merge_taken (*take)(struct merge_source *, struct parcel *out);
	bool leads; /* it tells of the inputs and of the capture as a whole */
	uint32_t engines; /* added to the numbers of its engines */
	struct parcel head;
	enum merge_taken taken; /* what `head` is */
};

struct merge {
	struct tcpaudit *engine; /* which is told the parts */
	const struct output_options *options;
	struct output **output; /* *output is NULL until the first input */
	/* If set: is shown every parcel that the engine is told. */
	void (*watch)(void *argument, const struct parcel *parcel);
	void *argument;
	bool strict; /* nonsense ends it */
	bool stop;   /* the report cannot be opened: nothing more is taken */
	/* Memory was short: something is missing. */
	bool exhausted;
	/* Something was said that cannot be, by this one; or NULL. */
	struct merge_source *culprit;
};

/* Goes through all streams to their ends, or until `stop`.  Returns false if a
 * parcel that is wanted comes later: to be called again, by any thread. */
bool merge_run(
    struct merge *, struct merge_source *const *sources, size_t count);

#endif
