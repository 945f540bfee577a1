/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The text report: for a person with a ticket to close.  Findings wait on a
 * shelf from when they are decided; the key that sorts them there is also what
 * groups them here. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "column.h"
#include "format.h"
#include "text.h"

/* Examples of each rule with --verbose, and connections that are named where
 * the others are folded. */
#define EXAMPLES_VERBOSE 50
#define NAMED		 8

/* In the order of the report: the quality of the capture first, because it says
 * what the rest is worth. */
static const struct {
	enum tcpaudit_severity severity;
	const char *word, *color;
	size_t examples;
} sections[] = {
	{ TCPAUDIT_CAPTURE, "CAPTURE", "\033[35m", 0 },
	{ TCPAUDIT_ERROR, "ERROR", "\033[1;31m", 3 },
	{ TCPAUDIT_WARNING, "WARNING", "\033[33m", 3 },
	{ TCPAUDIT_NOTE, "NOTE", "\033[36m", 1 },
};

/* Section, rule, and the less certain ones last; of defects of the capture,
 * each rule is said once. */
static uint32_t
make_key(const struct output *o, const struct tcpaudit_finding *f)
{
	uint32_t section = 0;

	while (sections[section].severity != f->severity)
		section++;
	return section << 24 | (uint32_t)tally_rule(&o->tally, f->rule) << 8 |
	       (section != 0 ? TCPAUDIT_CERTAIN - f->confidence : 0);
}

static void
finding(struct output *o, const struct tcpaudit_finding *f,
    enum tally_change change)
{
	struct entry entry = { .id = f->id,
		.packet = f->packet,
		.connection = f->connection != NULL ? f->connection->id : 0,
		.key = make_key(o, f),
		.gone = change == TALLY_LEAVES };

	if (!entry.gone && f->severity == TCPAUDIT_CAPTURE)
		text_defect(o, f);
	else if (!entry.gone)
		text_draft(o, f);
	report_hold(o, &o->findings, &entry, f->revises);
}

static void
connection(struct output *o, const struct tcpaudit_connection *c)
{
	struct entry entry = { .id = c->connection->id };

	text_note_pending(o, c);
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

static int
order(const void *a, const void *b)
{
	const uint64_t *p = a, *q = b;

	return (*p > *q) - (*p < *q);
}

/* Number of different connections in entries; 0 if memory is short. */
static size_t
count_connections(const struct entry *e, size_t count)
{
	uint64_t *id = malloc(count * sizeof(*id));
	size_t different = 0;
	bool sorted = true;

	if (id == NULL)
		return 0;
	for (size_t i = 0; i < count; i++) {
		id[i] = e[i].connection;
		sorted &= i == 0 || id[i] >= id[i - 1];
	}
	if (!sorted)
		qsort(id, count, sizeof(*id), order);
	for (size_t i = 0; i < count; i++)
		different += id[i] != 0 && (i == 0 || id[i] != id[i - 1]);
	free(id);
	return different;
}

static void
write_word(struct output *o, size_t section)
{
	if (o->options.color)
		sink_write(&o->sink, sections[section].color,
		    strlen(sections[section].color));
	sink_write(
	    &o->sink, sections[section].word, strlen(sections[section].word));
	if (o->options.color)
		sink_write(&o->sink, "\033[0m", 4);
}

/* "WARNING handshake-missing-third-ack (likely)         RFC 9293 3.5" */
static void
write_heading(struct output *o, const struct entry *e, size_t count)
{
	const struct tcpaudit_rule *rule = tcpaudit_rule(e->key >> 8 & 0xffff);
	const char *word = sections[e->key >> 24].word;
	size_t connections = count_connections(e, count);
	struct buffer *b = &o->buffer;

	write_word(o, e->key >> 24);
	/* The word is written already, but it has to be counted. */
	buffer_printf(b, "%s %s (%s)", word, rule->name,
	    tcpaudit_confidence_name(TCPAUDIT_CERTAIN - (e->key & 0xff)));
	if (connections > 1) {
		buffer_add_string(b, " in ");
		format_count(b, connections, "connection");
	}
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

/* "... and 64 more, of #3, #5, #6, ..." */
static void
add_folded(struct buffer *b, const struct entry *e, size_t count)
{
	uint64_t former = 0;
	size_t named = 0;

	buffer_add_string(b, "  ... and ");
	format_number(b, count);
	buffer_add_string(b, " more");
	for (size_t i = 0; i < count; i++) {
		if (e[i].connection == former || e[i].connection == 0)
			continue;
		former = e[i].connection;
		buffer_add_string(b, named == 0 ? ", of " : ", ");
		if (named++ == NAMED) {
			buffer_add_string(b, "...");
			break;
		}
		buffer_printf(b, "#%" PRIu64, former);
	}
	buffer_add_string(b, "\n");
}

/* Whether the rule of an entry tells that something is undecided. */
static bool
tells_pending(const struct entry *e)
{
	return strcmp(tcpaudit_rule(e->key >> 8 & 0xffff)->name,
		   "cap-eof-open") == 0;
}

/* Whether an entry is about the capture. */
static bool
is_defect(const struct entry *e)
{
	return e->key >> 24 == 0;
}

/* Writes one defect of the capture: entries `first` to `end`. */
static void
write_defect(struct output *o, size_t first, size_t end)
{
	const struct entry *e = o->findings.entries.entry;
	size_t shown = o->options.verbose ? EXAMPLES_VERBOSE : 0;
	struct shelf_cursor cursor = { .next = first };

	if (first == 0) {
		write_word(o, 0);
		sink_write(&o->sink, " self-audit\n", 12);
	}
	text_defects(o, first, end);
	report_write(o);
	while (cursor.next < end && shown-- > 0 && text_defect_next(o, &cursor))
		write_held(o);
	if (cursor.next < end && o->options.verbose)
		add_folded(&o->buffer, &e[cursor.next], end - cursor.next);
	if (tells_pending(&e[first]))
		text_pending(o);
	if (end == o->findings.entries.count || !is_defect(&e[end]))
		buffer_add_string(&o->buffer, "\n");
	report_write(o);
}

/* Writes one rule: entries `first` to `end` of the shelf. */
static void
write_group(struct output *o, size_t first, size_t end)
{
	const struct entry *e = o->findings.entries.entry;
	size_t shown = o->options.verbose
			   ? EXAMPLES_VERBOSE
			   : sections[e[first].key >> 24].examples;
	struct shelf_cursor cursor = { .next = first };

	write_heading(o, &e[first], end - first);
	while (cursor.next < end && shown-- > 0 && text_draft_next(o, &cursor))
		write_held(o);
	if (cursor.next < end)
		add_folded(&o->buffer, &e[cursor.next], end - cursor.next);
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
		if (is_defect(&entries->entry[first]))
			write_defect(o, first, end);
		else
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

/* Whether all that was to be audited was captured and read. */
static bool
whole(const struct output *o, const struct output_totals *totals)
{
	const struct tcpaudit_statistics *s = &totals->statistics;

	for (size_t i = 0; i < o->input_count; i++)
		if (o->input[i].cut != NULL)
			return false;
	return totals->kernel_dropped + totals->interface_dropped +
		   s->evicted_flows + s->uncounted_findings + s->truncated ==
	       0;
}

/* What a report without findings means. */
static const char *
say_nothing(const struct output *o, const struct output_totals *totals)
{
	const struct tcpaudit_statistics *s = &totals->statistics;
	const uint64_t *n = o->tally.severity;

	if (s->packets == 0)
		return "There are no packets.\n";
	if (s->tcp_packets == 0)
		return "Nothing is TCP: there is nothing to audit.\n";
	if (n[TCPAUDIT_ERROR] + n[TCPAUDIT_WARNING] + n[TCPAUDIT_NOTE] > 0)
		return "";
	if (!everything_selected(&o->options.selection))
		return "None of the selected rules found anything.\n";
	if (n[TCPAUDIT_CAPTURE] > 0 || o->pending.count > 0 ||
	    !whole(o, totals))
		return "No endpoint broke a rule as far as the capture "
		       "shows.\n";
	return "All is well: no endpoint broke a rule.\n";
}

/* How many connections ended how, most first; of one alone -v tells. */
static void
add_verdicts(struct output *o)
{
	uint64_t left[TCPAUDIT_VERDICTS];
	struct buffer *b = &o->buffer;
	const char *before = "Verdicts: ";
	size_t most;

	memcpy(left, o->tally.verdict, sizeof(left));
	for (size_t n = 0; n < TCPAUDIT_VERDICTS; n++) {
		most = 0;
		for (size_t i = 1; i < TCPAUDIT_VERDICTS; i++)
			if (left[i] > left[most])
				most = i;
		if (left[most] == 0)
			break;
		buffer_add_string(b, before);
		before = n % 3 == 2 ? ",\n    " : ", ";
		format_number(b, left[most]);
		buffer_add_string(b, " ");
		buffer_add_string(b, tcpaudit_verdict_name(most));
		left[most] = 0;
	}
	buffer_add_string(b, "\n");
}

static void
add_totals(struct output *o, const struct output_totals *totals)
{
	const struct tcpaudit_statistics *s = &totals->statistics;
	const uint64_t *n = o->tally.severity;
	struct buffer *b = &o->buffer;

	buffer_add_string(b, say_nothing(o, totals));
	if (s->connections > 1)
		add_verdicts(o);
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
	add_totals(o, totals);
	report_write(o);
}

const struct output_writer output_text = {
	.holds = true,
	.finding = finding,
	.connection = connection,
	.finish = finish,
};
