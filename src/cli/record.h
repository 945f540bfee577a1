/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The JSON records.  tcpaudit.schema.json is their contract. */
#ifndef RECORD_H
#define RECORD_H

#include <jansson.h>

#include "report.h"

/* Each returns a new reference, or NULL if memory is short. */
json_t *record_capture(const struct input *input);
json_t *record_finding(
    struct output *o, const struct tcpaudit_finding *f, int revises);
json_t *record_transition(
    struct output *o, const struct tcpaudit_transition *t);
json_t *record_summary(
    const struct output *o, const struct output_totals *totals);

/* Adds the record of a connection to o->buffer, which tells if memory is
 * short. */
void record_connection(struct output *o, const struct tcpaudit_connection *c);

/* Parts of them: of a point in time, "time" as a string; of an end's set of
 * states, an array of names; of who speaks, address and port. */
json_t *record_time(struct output *o, int64_t time);
json_t *record_states(int64_t states);
json_t *record_address(
    struct output *o, const struct tcpaudit_tuple *tuple, int end);

/* The number of a packet in its input; null if it is no packet. */
json_t *record_packet(tcpaudit_packet_id packet);

/* "client", "server", "both", or null. */
json_t *record_end(int end);

/* Time relative to the first packet of the input of `packet`. */
int64_t record_offset(
    const struct output *o, tcpaudit_packet_id packet, int64_t time);

#endif
