/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The JSON records.  tcpaudit.schema.json is their contract. */
#ifndef RECORD_H
#define RECORD_H

#include <jansson.h>

#include "report.h"

/* Each returns a new reference, or NULL if memory is short. */
json_t *record_capture(const struct input *input);
json_t *record_summary(
    const struct output *o, const struct output_totals *totals);

/* Those of which there are many are text.  Each adds its record to o->buffer,
 * which tells if memory is short. */
void record_finding(
    struct output *o, const struct tcpaudit_finding *f, int revises);
void record_transition(struct output *o, const struct tcpaudit_transition *t);
void record_connection(struct output *o, const struct tcpaudit_connection *c);

/* Parts of them, each with what stands before it, see member.h.  A point in
 * time, ns since 1970, as a string: */
void record_time(struct buffer *b, const char *before, int64_t time);

/* a set of states, bit per state, as an array of names; */
void record_states(struct buffer *b, const char *before, int64_t states);

/* the number of a packet in its input; null if it is no packet; */
void record_packet(
    struct buffer *b, const char *before, tcpaudit_packet_id packet);

/* "client", "server", "both", or null. */
void record_end(struct buffer *b, const char *before, int end);

/* The beginning of an object: address and port of an end. */
void record_address(
    struct buffer *b, const struct tcpaudit_tuple *tuple, int end);

/* Nanoseconds since the first packet of the input of `packet`. */
int64_t record_offset(
    const struct output *o, tcpaudit_packet_id packet, int64_t time);

#endif
