/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What of a connection is no number: states, what is known, what its SYNs
 * offered, what was said of it.  Of a million connections few differ in that,
 * so each shape is kept once, and a connection has its number. */
#ifndef SHAPE_H
#define SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"

/* Compared and hashed as bytes: no padding. */
struct shape_end {
	uint64_t path;
	uint32_t known, marks;
	uint16_t possible;
	uint16_t mss;
	uint16_t offered; /* OPTION_*, by its SYN */
	uint16_t used;	  /* by any segment */
	uint16_t zeek_seen;
	uint8_t nominal, path_length;
	uint8_t option_marks;
	uint8_t zeek_state, zeek_prior;
	uint8_t isn_count, syn_length;
	uint8_t shift, wscale, _zero;
	uint8_t timestamps_used;
	uint8_t acked; /* SHAPE_ACKED_* */
	uint8_t fins;
	uint8_t _zero2;
};

#define SHAPE_RULE_BITS 12
#define SHAPE_RULE_MASK ((1u << SHAPE_RULE_BITS) - 1)

enum {
	SHAPE_ACKED_SYN = 1, /* by its last segment */
	SHAPE_ACKED_FIN = 2
};

#define SHAPE_FINDINGS 4

struct shape {
	struct shape_end end[2];
	uint32_t marks; /* CONN_* */
	uint16_t flood, done;
	uint8_t completeness, client_side, owner_side, admission;
	uint8_t zeek_length, _zero[3];
	char zeek_history[40];
	/* Its findings: the rule, and the endpoint + 2 above it. */
	uint16_t finding[SHAPE_FINDINGS];
	uint8_t finding_count[4]; /* by severity */
	uint32_t _zero2;
};

/* What it says of the next segment is worked out once. */
struct shape_entry {
	uint32_t next; /* in its bucket */
	uint32_t hash;
	bool steady;	  /* text and its acknowledgments move nothing in it */
	bool timeless;	  /* what they move is no matter of when it passed */
	uint8_t ordinary; /* bits: 1 << enum tcpaudit_end: no rule speaks of a
			     segment of that end for anything but its numbers;
			     the same << 2: of its SYN */
	uint8_t due;	  /* SHAPE_DUE_*: what may be owed first */
	uint8_t stays;	  /* bits: shape_way() of segments that were found to
			     leave it as it is */
	uint16_t owes;	  /* SHAPE_OWES_*: what somebody may owe */
	struct shape shape;
};

/* What somebody may owe, for the segment that led there, is due after that
 * time at the earliest: calm_due.c. */
enum {
	SHAPE_DUE_OPEN,	 /* T_IDLE_UNACKED */
	SHAPE_DUE_BEGUN, /* T_HANDSHAKE */
	SHAPE_DUE_ENDS	 /* T_FIN, T_CLOSE_WAIT or twice the MSL */
};

/* Debts of obligation.c that its numbers may make due; those of an end << that,
 * see calm_due.c. */
enum {
	SHAPE_OWES_ANSWER = 1,
	SHAPE_OWES_THIRD_ACK = 2,
	SHAPE_OWES_FIN_ACK = 1 << 2,
	SHAPE_OWES_CLOSE = 1 << 4,
	SHAPE_OWES_ACK = 1 << 6,
	SHAPE_OWES_WAIT = 1 << 8, /* it is in TIME-WAIT */
	SHAPE_OWES_END = 1 << 10  /* all are closed */
};

#define SHAPES_MOST   ((1u << 16) - POOL_OBJECTS) /* numbers of 16 bits */
#define SHAPE_BUCKETS 4096

struct shapes {
	struct pool pool;
	uint32_t *bucket;
	uint32_t count;
	uint64_t hash_key[2];
};

void ta_shapes_init(
    struct shapes *, struct memory *, const uint64_t hash_key[2]);
void ta_shapes_clear(struct shapes *);

/* The number of a shape; 0: there is no room for another one. */
uint32_t ta_shape_number(struct shapes *, const struct shape *);

/* It stays as it is when text passes, or an acknowledgment, of an end, if that
 * is so for all of them. */
void ta_shape_stays(struct shapes *, uint32_t number, unsigned end, bool text);

static inline const struct shape_entry *
shape_at(const struct shapes *s, uint32_t number)
{
	return pool_at(&s->pool, number);
}

/* Of an end, with text or without. */
static inline unsigned
shape_way(unsigned end, bool text)
{
	return 1u << (2 * end + text);
}

#endif
