/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The files of a run: each is read, and audited. */
#include "audit.h"
#include "interrupt.h"
#include "link_type.h"
#include "log.h"
#include "source.h"

/* The interfaces of one capture may have link types of their own. */
static void
follow_link(struct audit *a, const struct source *s)
{
	int link = source_link(s);

	if (link == a->link)
		return;
	audit_flush(a);
	a->link = link;
	(void)tcpaudit_input(a->engine, a->inputs - 1, link);
	if (!tcpaudit_link_type_known(link) && !a->warned) {
		audit_warn_link(s->name, link);
		a->warned = true;
	}
}

/* Nothing is asked of each packet that comes. */
static bool
reads_on(const struct audit *a)
{
	const struct options *o = a->options;

	return a->input_packets > 0 && o->duration == 0 && o->count == 0 &&
	       !o->output.flush;
}

/* The next packets, several at once if that can be; false: there are none. */
static bool
read_some(struct audit *a, struct source *s, enum source_result *result)
{
	struct tcpaudit_packet packet;
	size_t count;

	if (reads_on(a) && a->batch.count == 0) {
		count = source_many(s, a->batch.packet, AUDIT_BATCH);
		if (count > 0) {
			audit_batch(a, count);
			return true;
		}
	}
	*result = source_next(s, &packet);
	if (*result != SOURCE_PACKET)
		return false;
	follow_link(a, s);
	audit_packet(a, &packet);
	return true;
}

static void
read_packets(struct audit *a, struct source *s)
{
	enum source_result result = SOURCE_END;

	while (!a->enough && read_some(a, s, &result))
		if (a->progress.on)
			progress_packet(&a->progress, s->name, source_read(s),
			    source_size(s), a->packets);
	progress_end(&a->progress);
	a->kernel_dropped += pcapng_os_drops(&s->stream.pcapng);
	a->interface_dropped += pcapng_interface_drops(&s->stream.pcapng);
	if (result == SOURCE_CUT) {
		log_error(s->name, "%s: %s (what came before is audited)",
		    s->cut, s->remedy);
		audit_end(a, s->cut, s->position);
	} else {
		audit_end(a, NULL, 0);
	}
}

/* Returns -1 if it makes no sense to go on with other files. */
static int
audit_file(struct audit *a, const char *path)
{
	struct output_input input = { .name = path };
	struct source source;
	char spare[16];
	int result, dlt;

	if (source_open(&source, path, a->options->filter) != 0) {
		a->trouble = true;
		return 0;
	}
	dlt = pcap_datalink(source.pcap);
	input.link_type = link_type_name(dlt, spare);
	input.snaplen = source_snaplen(&source);
	input.filter = a->options->filter;
	result = audit_begin(a, &input, dlt);
	if (result == 0)
		read_packets(a, &source);
	else
		a->trouble = true;
	source_close(&source);
	return result;
}

void
audit_files(struct audit *a)
{
	const struct options *o = a->options;

	for (size_t i = 0; i < o->files.count && !a->enough; i++) {
		uint32_t inputs = a->inputs;

		if (audit_file(a, o->files.word[i]) != 0 || interrupt_seen())
			return;
		if (o->separate && a->inputs > inputs &&
		    i + 1 < o->files.count) {
			audit_finish(a);
			a->started = false;
		}
	}
}
