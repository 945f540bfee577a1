/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A finding as it waits on the shelf.  Of all that a rule finds only the first
 * few are shown, and which these are is known in the end: so each waits as the
 * numbers it is made of (parcel.h), and is put into words when it is shown. */
#include "parcel.h"
#include "text.h"

/* The first octet: what follows. */
#define DRAFT_TEXT    "t"
#define DRAFT_PARCELS "p"

/* One of many connections has hosts, which are in no parcel; it is rare. */
static bool
is_text(const struct tcpaudit_finding *f)
{
	return f->connection == NULL;
}

/* Two parcels: the connection, and what was found. */
static void
add_parcels(struct buffer *b, const struct tcpaudit_finding *f)
{
	struct parcel_state state = { 0 };
	struct parcel parcel = { .part = { .kind = TCPAUDIT_PART_BEGIN,
				     .connection = f->connection->id,
				     .tuple = f->connection } };

	if (!buffer_reserve(b, 2 * PARCEL_MOST)) /* with all strings */
		return;
	parcel.part.place.packet = f->packet;
	b->length +=
	    parcel_write(&state, (uint8_t *)b->data + b->length, &parcel);
	parcel.part.kind = TCPAUDIT_PART_FINDING;
	parcel.part.finding = f;
	b->length +=
	    parcel_write(&state, (uint8_t *)b->data + b->length, &parcel);
	b->data[b->length] = '\0';
}

void
text_draft(struct output *o, const struct tcpaudit_finding *f)
{
	buffer_add_string(&o->buffer, is_text(f) ? DRAFT_TEXT : DRAFT_PARCELS);
	if (is_text(f))
		text_finding(o, f);
	else
		add_parcels(&o->buffer, f);
}

static bool
add_finding(struct output *o, const uint8_t *bytes, size_t length)
{
	struct parcel_reader reader = { .p = bytes, .end = bytes + length };
	struct tcpaudit_finding finding;
	struct tcpaudit_tuple tuple;
	struct parcel parcel;

	if (!parcel_read(&reader, &parcel) || parcel.part.tuple == NULL)
		return false;
	tuple = *parcel.part.tuple;
	tuple.id = parcel.part.connection;
	if (!parcel_read(&reader, &parcel) || parcel.part.finding == NULL)
		return false;
	finding = *parcel.part.finding;
	finding.connection = &tuple;
	text_finding(o, &finding);
	return true;
}

bool
text_draft_next(struct output *o, struct shelf_cursor *cursor)
{
	struct buffer draft = { 0 };
	bool good = shelf_next(&o->findings, cursor, &draft) && !draft.failed &&
		    draft.length > 0;

	buffer_cut(&o->buffer, 0);
	if (good && *draft.data == *DRAFT_TEXT)
		buffer_add(&o->buffer, draft.data + 1, draft.length - 1);
	else if (good)
		good = add_finding(
		    o, (const uint8_t *)draft.data + 1, draft.length - 1);
	if (draft.failed)
		o->buffer.failed = true;
	buffer_clear(&draft);
	return good;
}
