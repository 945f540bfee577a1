/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The parts of the text report. */
#ifndef TEXT_H
#define TEXT_H

#include "report.h"

/* What stands between two of these in a held text is written only if there is
 * more than one input, which is not known before the end.  Nothing else that is
 * written contains control characters. */
#define TEXT_IF_INPUTS "\001"

/* Adds a finding: its connection, its message, its arithmetic, its packets. */
void text_finding(struct output *o, const struct tcpaudit_finding *f);

/* Adds a finding as it waits: what text_draft_next() needs to show it. */
void text_draft(struct output *o, const struct tcpaudit_finding *f);

/* As shelf_next() for the findings of text_draft(), into o->buffer, each as
 * text_finding() adds it. */
bool text_draft_next(struct output *o, struct shelf_cursor *cursor);

/* Adds a finding about the capture, to be held. */
void text_defect(struct output *o, const struct tcpaudit_finding *f);

/* Adds the line about a defect: entries `first` to `end` of the findings. */
void text_defects(struct output *o, size_t first, size_t end);

/* As shelf_next() for the findings of text_defect(), each as any other. */
bool text_defect_next(struct output *o, struct shelf_cursor *cursor);

/* Adds a connection, for --verbose. */
void text_connection(struct output *o, const struct tcpaudit_connection *c);

/* Notes what is undecided about a connection at the end. */
void text_note_pending(struct output *o, const struct tcpaudit_connection *c);

/* Adds the lines about what is undecided. */
void text_pending(struct output *o);

/* Adds the lines about the inputs and what could not be audited. */
void text_inputs(struct output *o, const struct output_totals *totals);

/* "#1  10.0.0.1:42252 > 10.0.0.2:80   " */
void text_tuple(struct buffer *b, const struct tcpaudit_tuple *tuple);

/* "ESTABLISHED", with a question mark unless it is the only possible one. */
void text_state(struct buffer *b, enum tcpaudit_state state, int certain);

#endif
