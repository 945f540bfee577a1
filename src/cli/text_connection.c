/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "column.h"
#include "format.h"
#include "text.h"

static void
add_end(struct buffer *b, const char *who, const struct tcpaudit_endpoint *e)
{
	buffer_printf(b, "      %s  ", who);
	for (size_t i = 0; i < e->path_length; i++) {
		buffer_add_string(b, i == 0 ? "" : " > ");
		text_state(b, e->path[i], e->certain || i + 1 < e->path_length);
	}
	if (e->path_length == 0)
		text_state(b, e->state, e->certain);
	if (column_now(b) + 2 > COLUMN_RIGHT)
		buffer_add_string(b, "\n");
	column_right(b, "");
	format_count(b, e->packets, "packet");
	buffer_add_string(b, ", ");
	format_count(b, e->bytes, "byte");
	buffer_add_string(b, "\n");
}

static void
add_pending(struct buffer *b, const struct tcpaudit_connection *c)
{
	for (size_t i = 0; i < c->pending_count; i++)
		buffer_printf(
		    b, "%s%s", i == 0 ? "" : ", ", c->pending[i]->name);
	buffer_add_string(b, " not yet decided\n");
}

void
text_connection(struct output *o, const struct tcpaudit_connection *c)
{
	static const char *const closer[] = { "client", "server", "both ends" };
	struct buffer *b = &o->buffer;

	text_tuple(b, c->connection);
	format_time_of_day(
	    b, c->first_time, report_input(o, c->first_packet)->first_time);
	column_right(b, tcpaudit_verdict_name(c->verdict));
	if (c->closed_by >= 0 && c->closed_by <= 2)
		buffer_printf(b, ", closed by %s", closer[c->closed_by]);
	buffer_add_string(b, "\n");
	add_end(b, "client", &c->end[TCPAUDIT_CLIENT]);
	add_end(b, "server", &c->end[TCPAUDIT_SERVER]);
	if (c->pending_count > 0) {
		buffer_add_string(b, "      ");
		add_pending(b, c);
	}
}

void
text_note_pending(struct output *o, const struct tcpaudit_connection *c)
{
	struct buffer *b = &o->pending.text;

	if (c->pending_count == 0 || o->pending.count++ >= PENDING_SHOWN)
		return;
	text_tuple(b, c->connection);
	add_pending(b, c);
}

void
text_pending(struct output *o)
{
	struct buffer *b = &o->buffer;

	if (o->pending.count == 0)
		return;
	buffer_add(b, o->pending.text.data, o->pending.text.length);
	if (o->pending.count > PENDING_SHOWN) {
		buffer_add_string(b, "  ... and ");
		format_count(b, o->pending.count - PENDING_SHOWN, "connection");
		buffer_add_string(b, " more\n");
	}
	if (o->pending.text.failed)
		b->failed = true;
}
