/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "column.h"
#include "format.h"
#include "text.h"

/* One line for each input. */
static void
add_input(struct buffer *b, const struct input *input)
{
	buffer_printf(b, "%s: ", input->name != NULL ? input->name : "?");
	format_count(b, input->packets, "packet");
	buffer_add_string(b, ", ");
	format_count(b, input->connections, "connection");
	if (input->packets > 0) {
		buffer_add_string(b, ", ");
		format_date(b, input->first_time);
	}
	if (input->packets > 1) {
		buffer_add_string(b, ", ");
		format_duration(b, input->last_time - input->first_time);
	}
	buffer_add_string(b, "\n");
	if (input->cut != NULL)
		buffer_printf(b, "  broke off: %s\n", input->cut);
}

static const char *const skip_words[TCPAUDIT_SKIPS] = {
	[TCPAUDIT_SKIP_LINK_TYPE] = "of a link type that is not decoded",
	[TCPAUDIT_SKIP_LINK] = "with a bad link header",
	[TCPAUDIT_SKIP_NOT_IP] = "not IP (ARP, LLDP, ...)",
	[TCPAUDIT_SKIP_IP] = "with a bad IP header",
	[TCPAUDIT_SKIP_UDP] = "UDP",
	[TCPAUDIT_SKIP_ICMP] = "ICMP",
	[TCPAUDIT_SKIP_SCTP] = "SCTP",
	[TCPAUDIT_SKIP_ESP] = "ESP (encrypted)",
	[TCPAUDIT_SKIP_IP_PROTOCOL] = "of another protocol above IP",
	[TCPAUDIT_SKIP_TUNNEL_DEPTH] = "in tunnels nested too deep",
	[TCPAUDIT_SKIP_FRAGMENT] = "that could not be joined",
	[TCPAUDIT_SKIP_TCP_HEADER] = "with the TCP header cut short",
	[TCPAUDIT_SKIP_ENCRYPTED] = "encrypted on the link",
};

static void
add_skipped(struct output *o, const struct tcpaudit_statistics *s)
{
	struct buffer *b = &o->scratch;
	const char *separator = "skipped: ";

	for (int i = 0; i < TCPAUDIT_SKIPS; i++) {
		if (s->skipped[i] == 0)
			continue;
		buffer_add_string(b, separator);
		if (i == TCPAUDIT_SKIP_FRAGMENT)
			format_count(b, s->skipped[i], "fragment");
		else
			format_number(b, s->skipped[i]);
		buffer_printf(b, " %s", skip_words[i]);
		separator = ", ";
	}
	if (b->length > 0) {
		column_wrap(&o->buffer, 2, b->data);
		buffer_add_string(&o->buffer, "\n");
	}
	buffer_cut(b, 0);
}

/* One line about something that is missing from the report or the capture. */
static void
add_missing(
    struct buffer *b, uint64_t number, const char *noun, const char *what)
{
	if (number == 0)
		return;
	buffer_add_string(b, "  ");
	format_count(b, number, noun);
	buffer_printf(b, " %s\n", what);
}

void
text_inputs(struct output *o, const struct output_totals *totals)
{
	const struct tcpaudit_statistics *s = &totals->statistics;
	struct buffer *b = &o->buffer;

	for (size_t i = 0; i < o->input_count; i++)
		add_input(b, &o->input[i]);
	add_skipped(o, s);
	/* Not what the self-audit of the capture will say. */
	if (!tally_defect(&o->tally, "CP06") &&
	    !tally_defect(&o->tally, "CP07"))
		add_missing(b, s->truncated, "packet",
		    "cut short by the capture (snap length)");
	if (!tally_defect(&o->tally, "CP14")) {
		add_missing(b, totals->kernel_dropped, "packet",
		    "lost by the kernel: what is reported may be due to that");
		add_missing(b, totals->interface_dropped, "packet",
		    "lost by the interface: what is reported may be due to "
		    "that");
	}
	add_missing(b, s->evicted_flows, "connection",
	    "given up to stay within --memory");
	add_missing(
	    b, s->uncounted_findings, "finding", "lost to the memory bound");
	add_missing(b, s->summarised, "host",
	    "too many to be watched for floods and scans one by one");
	add_missing(b, o->findings.entries.refused, "finding",
	    "counted but not listed: there are too many");
}
