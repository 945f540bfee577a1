/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Parts of an audit as bytes: in a file, or a finding that waits to be shown. A
 * stream of parcels is in order of place.  What is read may be hostile: it is
 * checked that the library could have said it. */
#ifndef PARCEL_H
#define PARCEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "tcpaudit_part.h"

/* What the reader of the inputs has to say, beside enum tcpaudit_part_kind. */
enum {
	PARCEL_NOTHING = TCPAUDIT_PARTS, /* before its place, no more comes */
	PARCEL_INPUT,			 /* an input begins */
	PARCEL_INPUT_TIME,		 /* its first packet: part.time */
	PARCEL_INPUT_END,
	PARCEL_KINDS
};

/* How the bytes of a parcel begin: its kind, and flags. */
enum {
	PARCEL_KIND = 0x0f,
	PARCEL_TUPLE = 0x10, /* the tuple is not the last one told */
	PARCEL_FLOW = 0x20,  /* the place has a time and a flow */
	PARCEL_OTHER = 0x40, /* of another engine than the one before */
	PARCEL_SAME = 0x80,  /* of the same engine, place and connection */
	PARCEL_WIDE = 0x80   /* of the phase: its numbers need 64 bits */
};

/* How a count begins: what is not said is 0, or as before. */
enum {
	PARCEL_NUMBER = 0x10, /* needs 64 bits */
	PARCEL_TIME = 0x20,
	PARCEL_PACKET = 0x40,
	PARCEL_SECOND = 0x80
};

/* Of the bytes: greater whenever they change. */
#define PARCEL_VERSION 4

/* Nothing is set but what its kind has. */
struct parcel {
	struct tcpaudit_part part; /* its kind may be one of the above */
	struct output_input input;
	uint64_t packets;
	int64_t first_time, last_time;
	const char *cut; /* or NULL */
};

/* What the last finding of a stream said: mostly the next one differs only in
 * its numbers. */
struct parcel_form {
	struct tcpaudit_finding finding; /* all zeros: there is none */
	const char *name[TCPAUDIT_VALUES_MAX];
	bool expected[TCPAUDIT_VALUES_MAX];
};

/* What the last parcels of a stream said: the next ones say what differs.
 * Starts as all zeros. */
struct parcel_state {
	struct tcpaudit_place place;
	uint64_t connection;
	uint32_t engine;
	uint64_t told;	 /* the connection whose tuple was told last, */
	uint32_t teller; /* of this engine */
	struct tcpaudit_tuple tuple; /* that was read */
	int64_t second;		     /* of the last count */
	int64_t time;		     /* the last one of a connection */
	struct parcel_form form;     /* that was written */
};

/* No parcel is longer than this and the strings of an input. */
#define PARCEL_MOST 4096

/* Those strings, in bytes; 0 for what has none. */
size_t parcel_strings(const struct parcel *);

/* So many bytes are enough for a parcel. */
size_t parcel_room(const struct parcel *);

/* Writes a parcel to `to`, where there is room enough.  Returns how many bytes
 * it took. */
size_t parcel_write(
    struct parcel_state *, uint8_t *to, const struct parcel *parcel);

/* Bytes that are read, and room for what a parcel points to.  Set all to zero,
 * then `p` and `end` for each piece of the stream; a parcel is never in two. */
struct parcel_reader {
	const uint8_t *p, *end;
	struct parcel_state state;
	bool failed; /* what was read is not what parcel_write() writes */
	struct tcpaudit_finding finding; /* of the last form that was read */
	struct tcpaudit_transition transition;
	struct tcpaudit_connection ended;
	struct tcpaudit_count counts[TCPAUDIT_COUNTS_MAX];
	tcpaudit_packet_id packet[TCPAUDIT_EVIDENCE_MAX];
	struct tcpaudit_value value[TCPAUDIT_VALUES_MAX];
	struct tcpaudit_host host[2];
	const struct tcpaudit_rule *pending[16];
};

/* The next parcel, which borrows from the reader and from the bytes.  False:
 * there is none, or `failed`. */
bool parcel_read(struct parcel_reader *, struct parcel *out);

#endif
