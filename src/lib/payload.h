/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Bytes lately sent, kept in one ring for the whole engine, so that a
 * retransmission can be compared with what was sent first.  What is overwritten
 * is not compared any more. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "slab.h"

struct payload_store {
	uint8_t *ring;
	size_t size;  /* a power of two; 0: nothing is kept */
	uint64_t end; /* octets ever stored; offsets count from 1 */
};

int ta_payload_init(struct payload_store *, struct memory *, size_t size);
void ta_payload_clear(struct payload_store *, struct memory *);

/* Keeps `length` bytes; returns where (0: not kept). */
uint64_t ta_payload_keep(
    struct payload_store *, const uint8_t *bytes, uint32_t length);

/* Compares `length` bytes with those kept at `where` + `skip`.  Returns the
 * offset of the first that differs, `length` if none does, or -1 if they are
 * gone.  *was and *is are up to eight bytes from there, big-endian. */
int64_t ta_payload_compare(const struct payload_store *, uint64_t where,
    uint32_t skip, const uint8_t *bytes, uint32_t length, uint64_t *was,
    uint64_t *is);

#endif
