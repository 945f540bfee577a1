/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The text report: for a person with a ticket to close.  Findings are rendered
 * as they are decided and wait on a shelf; the key that sorts them there is
 * also what groups them here. */
#include <string.h>

#include "column.h"
#include "format.h"
#include "text.h"

#define EXAMPLES	 3
#define EXAMPLES_VERBOSE 50

/* In the order of the report: the quality of the capture first, because it says
 * what the rest is worth. */
static const struct {
	enum tcpaudit_severity severity;
	const char *word, *color;
} sections[] = {
	{ TCPAUDIT_CAPTURE, "CAPTURE", "\033[35m" },
	{ TCPAUDIT_ERROR, "ERROR", "\033[1;31m" },
	{ TCPAUDIT_WARNING, "WARNING", "\033[33m" },
	{ TCPAUDIT_NOTE, "NOTE", "\033[36m" },
};

/* Section, rule, and the less certain ones last. */
static uint32_t
make_key(const struct output *o, const struct tcpaudit_finding *f)
{
	uint32_t section = 0;

	while (sections[section].severity != f->severity)
		section++;
	return section << 24 | (uint32_t)tally_rule(&o->tally, f->rule) << 8 |
	       (TCPAUDIT_CERTAIN - f->confidence);
}

static void
finding(struct output *o, const struct tcpaudit_finding *f,
    enum tally_change change)
{
	struct entry entry = { .id = f->id,
		.packet = f->packet,
		.key = make_key(o, f),
		.gone = change == TALLY_LEAVES };

	if (!entry.gone)
		text_finding(o, f);
	report_hold(o, &o->findings, &entry, f->revises);
}

static void
connection(struct output *o, const struct tcpaudit_connection *c)
{
	struct entry entry = { .id = c->connection->id };

	if (!o->options.verbose)
		return;
	text_connection(o, c);
	report_hold(o, &o->connections, &entry, 0);
}

/* Writes a held text, without what is only said if there are several inputs. */
static void
write_held(struct output *o)
{
	const char *p = o->buffer.data, *mark;
	bool shown = true;

	while (p != NULL && *p != '\0') {
		mark = strchr(p, *TEXT_IF_INPUTS);
		if (mark == NULL)
			mark = p + strlen(p);
		if (shown)
			sink_write(&o->sink, p, (size_t)(mark - p));
		if (o->input_count < 2)
			shown = !shown;
		p = *mark == '\0' ? mark : mark + 1;
	}
	buffer_cut(&o->buffer, 0);
}

/* "RFC 9293 3.5, 3.10.7.3; RFC 5961 4" */
static void
add_references(struct buffer *b, const struct tcpaudit_rule *rule)
{
	const struct tcpaudit_reference *r = rule->rfc;

	for (size_t i = 0; i < sizeof(rule->rfc) / sizeof(*r); i++) {
		if (r[i].rfc == 0)
			break;
		if (i == 0 || r[i].rfc != r[i - 1].rfc)
			buffer_printf(
			    b, "%sRFC %u", i == 0 ? "" : "; ", r[i].rfc);
		else
			buffer_add_string(b, ",");
		if (*r[i].section != '\0')
			buffer_printf(b, " %s", r[i].section);
	}
}

/* "WARNING handshake-missing-third-ack (likely)         RFC 9293 3.5" */
static void
write_heading(struct output *o, uint32_t key)
{
	const struct tcpaudit_rule *rule = tcpaudit_rule(key >> 8 & 0xffff);
	const char *color = sections[key >> 24].color;
	const char *word = sections[key >> 24].word;
	struct buffer *b = &o->buffer;

	if (o->options.color)
		sink_write(&o->sink, color, strlen(color));
	sink_write(&o->sink, word, strlen(word));
	if (o->options.color)
		sink_write(&o->sink, "\033[0m", 4);
	/* The word is written already, but it has to be counted. */
	buffer_printf(b, "%s %s (%s)", word, rule->name,
	    tcpaudit_confidence_name(TCPAUDIT_CERTAIN - (key & 0xff)));
	add_references(&o->scratch, rule);
	if (o->scratch.length > 0)
		column_right(b, o->scratch.data);
	buffer_cut(&o->scratch, 0);
	buffer_add_string(b, "\n");
	if (b->data != NULL && b->length > strlen(word))
		sink_write(
		    &o->sink, b->data + strlen(word), b->length - strlen(word));
	buffer_cut(b, 0);
}

/* Writes one rule: entries `first` to `end` of the shelf. */
static void
write_group(struct output *o, size_t first, size_t end)
{
	const struct entry *e = o->findings.entries.entry;
	size_t shown = o->options.verbose ? EXAMPLES_VERBOSE : EXAMPLES;
	struct shelf_cursor cursor = { .next = first };

	if (sections[e[first].key >> 24].severity == TCPAUDIT_CAPTURE &&
	    !o->options.verbose)
		shown = 1;
	write_heading(o, e[first].key);
	while (cursor.next < end && shown-- > 0 &&
	       shelf_next(&o->findings, &cursor, &o->buffer))
		write_held(o);
	if (cursor.next < end) {
		buffer_add_string(&o->buffer, "  ... and ");
		format_number(&o->buffer, end - cursor.next);
		buffer_add_string(&o->buffer, " more\n");
	}
	buffer_add_string(&o->buffer, "\n");
	report_write(o);
}

static void
write_findings(struct output *o)
{
	const struct entries *entries = &o->findings.entries;
	size_t first, end;

	shelf_settle(&o->findings);
	for (first = 0; first < entries->count; first = end) {
		for (end = first + 1; end < entries->count; end++)
			if (entries->entry[end].key !=
			    entries->entry[first].key)
				break;
		write_group(o, first, end);
	}
}

static void
write_connections(struct output *o)
{
	struct shelf_cursor cursor = { 0 };

	shelf_settle(&o->connections);
	while (shelf_next(&o->connections, &cursor, &o->buffer))
		write_held(o);
	if (o->connections.spool.length > 0)
		sink_write(&o->sink, "\n", 1);
}

static bool
everything_selected(const struct selection *s)
{
	return s->rule_count == 0 && s->no_rule_count == 0 &&
	       s->min_severity <= TCPAUDIT_NOTE &&
	       s->min_confidence == TCPAUDIT_POSSIBLE;
}

/* What a report without findings means. */
static const char *
say_nothing(const struct output *o, const struct tcpaudit_statistics *s)
{
	const uint64_t *n = o->tally.severity;

	if (s->packets == 0)
		return "There are no packets.\n";
	if (s->tcp_packets == 0)
		return "Nothing is TCP: there is nothing to audit.\n";
	if (n[TCPAUDIT_ERROR] + n[TCPAUDIT_WARNING] + n[TCPAUDIT_NOTE] > 0)
		return "";
	if (!everything_selected(&o->options.selection))
		return "None of the selected rules found anything.\n";
	if (n[TCPAUDIT_CAPTURE] > 0)
		return "No endpoint broke a rule.\n";
	return "All is well: no endpoint broke a rule.\n";
}

static void
add_totals(struct output *o, const struct tcpaudit_statistics *s)
{
	const uint64_t *n = o->tally.severity;
	struct buffer *b = &o->buffer;

	buffer_add_string(b, say_nothing(o, s));
	format_count(b, n[TCPAUDIT_ERROR], "error");
	buffer_add_string(b, ", ");
	format_count(b, n[TCPAUDIT_WARNING], "warning");
	buffer_add_string(b, ", ");
	format_count(b, n[TCPAUDIT_NOTE], "note");
	buffer_add_string(b, " in ");
	format_count(b, s->connections, "connection");
	if (n[TCPAUDIT_CAPTURE] > 0) {
		buffer_add_string(b, "; the capture has ");
		format_count(b, n[TCPAUDIT_CAPTURE], "defect");
	}
	buffer_add_string(b, "\n");
}

static void
finish(struct output *o, const struct output_totals *totals)
{
	text_inputs(o, totals);
	buffer_add_string(&o->buffer, "\n");
	report_write(o);
	write_findings(o);
	write_connections(o);
	add_totals(o, &totals->statistics);
	report_write(o);
}

const struct output_writer output_text = {
	.holds = true,
	.finding = finding,
	.connection = connection,
	.finish = finish,
};
