/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* One run: inputs are read, the engine audits, the report is written. */
#ifndef AUDIT_H
#define AUDIT_H

#include <stdbool.h>

#include "lane.h"
#include "options.h"
#include "progress.h"

#define AUDIT_BATCH 32

/* Packets that the library has not yet got: it takes several at once. */
struct batch {
	size_t count, used;
	struct tcpaudit_packet packet[AUDIT_BATCH];
	uint8_t bytes[1 << 16];
};

struct audit {
	const struct options *options;
	struct tcpaudit *engine;
	struct output *output; /* NULL until the first input is open */
	struct lane *lane;     /* of a worker: where all goes that it says */
	bool silent;	       /* another worker tells of the inputs */
	struct parcel parcel;  /* for the lane */
	struct progress progress;
	uint32_t inputs;    /* begun so far */
	uint64_t packets;   /* of all inputs, for --count */
	uint64_t next_word; /* of a worker: at so many */
	uint64_t input_packets;
	int64_t start; /* time of the first packet, for --duration */
	bool started;
	int64_t first_time, last_time; /* of the input */
	uint64_t kernel_dropped, interface_dropped;
	uint64_t told_drops; /* of them, to the library */
	int link;	     /* LINKTYPE_ number of the packets that follow */
	bool warned;	     /* of a link type in the middle of an input */
	bool enough;	     /* --count or --duration is reached */
	bool trouble;	     /* the exit status is 2 */
	bool exhausted;	     /* memory was short: said once */
	struct batch batch;
};

/* Does what the options ask for.  Returns the exit status: 0 nothing to
 * report, 1 something at or above --fail-on, 2 trouble. */
int audit_run(const struct options *);

/* Reads all files. */
void audit_files(struct audit *);

/* The inputs have ended: so do the connections. */
void audit_finish(struct audit *);

/* An engine of these options, which says through the callbacks of `a` what it
 * has to say; `a->lane` is set before.  Returns 0, or -1 after a one-line
 * error. */
int audit_engine(struct audit *a, struct tcpaudit_config *config);

/* What is left when the engine, whose callbacks are those of `a`, has said all:
 * the report is closed.  Returns the exit status. */
int audit_close(struct audit *, const struct tcpaudit_statistics *);

/* What follows is for the readers of inputs. */

/* A new input: opens the report if it is the first.  Returns 0, or -1 after a
 * one-line error. */
int audit_begin(struct audit *, const struct output_input *, int dlt);

/* Says if packets of this link type are not decoded. */
void audit_warn_link(const char *name, int link_type);

/* The next packet; its bytes are copied.  Sets `enough` when no more are
 * wanted. */
void audit_packet(struct audit *, const struct tcpaudit_packet *);

/* The same for the `count` packets that were put into the empty batch: their
 * bytes are not copied, but audited now.  Not for the first packet of an input,
 * nor if --count, --duration or somebody who waits asks for each one. */
void audit_batch(struct audit *, size_t count);

/* What came so far is audited now; audit_end() does so, too. */
void audit_flush(struct audit *);

/* The input has ended; `cut` tells that it broke off, NULL that it did not, and
 * `position` where, in bytes; 0 if that is not known. */
void audit_end(struct audit *, const char *cut, uint64_t position);

#endif
