/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "merge_files.h"

#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "log.h"
#include "merge.h"
#include "partial.h"

struct file {
	struct merge_source source;
	struct partial_reader reader;
};

struct merging {
	const struct options *options;
	struct file *file;
	struct merge_source **source; /* the first shard first */
	size_t count;
	struct audit joined;
};

static enum merge_taken
take_from_file(struct merge_source *source, struct parcel *out)
{
	/* The source is the first member. */
	struct file *file = (struct file *)(void *)source;

	return partial_take(&file->reader, out) ? MERGE_TAKEN : MERGE_END;
}

/* ------------------------------------------------------ do they fit together
 */

static int
check_pair(const struct partial_reader *first, const struct partial_reader *r)
{
	if (r->shard.of != first->shard.of)
		log_error(r->name,
		    "line %llu: is one of %u shards, %s one of %u: give those "
		    "of one --shard K/N",
		    (unsigned long long)r->line, r->shard.of, first->name,
		    first->shard.of);
	else if (r->shard.number == first->shard.number)
		log_error(r->name,
		    "line %llu: is shard %u/%u, as is %s: give each shard "
		    "once",
		    (unsigned long long)r->line, r->shard.number, r->shard.of,
		    first->name);
	else if (!json_equal(r->made, first->made))
		log_error(r->name,
		    "line %llu: was made with other options than %s: make "
		    "both with the same",
		    (unsigned long long)r->line, first->name);
	else
		return 0;
	return -1;
}

/* Finds the files in the order of their shards; none may be missing. */
static int
order_files(struct merging *m)
{
	uint32_t of = m->file[0].reader.shard.of, engines = 0;

	for (uint32_t number = 0; number < of; number++) {
		size_t i = 0;

		while (i < m->count && m->file[i].reader.shard.number != number)
			i++;
		if (i == m->count) {
			log_error("--merge",
			    "shard %u/%u is missing: name its NDJSON as well",
			    number, of);
			return -1;
		}
		m->source[number] = &m->file[i].source;
		m->source[number]->take = take_from_file;
		m->source[number]->leads = number == 0;
		m->source[number]->engines = engines;
		engines += m->file[i].reader.engines;
	}
	return 0;
}

static int
open_files(struct merging *m)
{
	const struct options *o = m->options;

	for (size_t i = 0; i < m->count; i++) {
		struct file *f = &m->file[i];

		if (partial_open(&f->reader, o->files.word[i]) != 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (check_pair(&m->file[k].reader, &f->reader) != 0)
				return -1;
	}
	return order_files(m);
}

/* An engine that judges as those of the shards did. */
static int
make_engine(struct merging *m)
{
	const struct partial_audit *a = &m->file[0].reader.audit;
	struct tcpaudit_config config;

	options_config(m->options, &config);
	config.memory_bytes = a->memory;
	config.flood_syn = (uint32_t)a->flood_syn;
	config.half_open = (uint32_t)a->half_open;
	config.msl = a->msl;
	config.tw_floor = a->tw_floor;
	m->joined.options = m->options;
	return audit_engine(&m->joined, &config);
}

/* ------------------------------------------------------------------ the end */

static bool
any_failed(struct merging *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->file[i].reader.failed)
			return true;
	return false;
}

/* What is counted for packets is the same in all shards of a capture. */
static int
collect(struct merging *m, struct tcpaudit_statistics *statistics)
{
	struct partial_reader *first =
	    &((struct file *)(void *)m->source[0])->reader;
	struct tcpaudit_statistics own;

	*statistics = first->totals.statistics;
	m->joined.kernel_dropped = first->totals.kernel_dropped;
	m->joined.interface_dropped = first->totals.interface_dropped;
	for (size_t i = 0; i < m->count; i++) {
		struct partial_reader *r = &m->file[i].reader;

		m->joined.trouble |= r->totals.trouble;
		if (r == first)
			continue;
		if (r->totals.statistics.packets != statistics->packets ||
		    r->totals.statistics.last_time != statistics->last_time) {
			log_error(r->name,
			    "is of another capture than %s: give the shards of "
			    "one",
			    first->name);
			return -1;
		}
		tcpaudit_statistics_add(statistics, &r->totals.statistics);
	}
	tcpaudit_statistics(m->joined.engine, &own);
	tcpaudit_statistics_add(statistics, &own);
	return 0;
}

static int
run(struct merging *m)
{
	struct merge merge = { .engine = m->joined.engine,
		.options = &m->options->output,
		.output = &m->joined.output,
		.strict = true };
	struct tcpaudit_statistics statistics;

	(void)merge_run(&merge, m->source, m->count);
	if (merge.culprit != NULL && !any_failed(m))
		partial_refuse(&((struct file *)(void *)merge.culprit)->reader,
		    "says what cannot be");
	if (merge.stop || any_failed(m) || collect(m, &statistics) != 0) {
		if (m->joined.output != NULL)
			output_abandon(m->joined.output);
		return 2;
	}
	if (merge.exhausted) {
		log_error(NULL, "out of memory: some findings are lost, make "
				"the shards with a greater --memory");
		m->joined.trouble = true;
	}
	return audit_close(&m->joined, &statistics);
}

static int
warn_transitions(const struct merging *m)
{
	if (!m->options->output.transitions ||
	    m->file[0].reader.audit.transitions)
		return 0;
	log_error(m->file[0].reader.name,
	    "was made without --transitions: leave it out here, or make the "
	    "shards with it");
	return -1;
}

int
merge_files(const struct options *o)
{
	struct merging m = { .options = o, .count = o->files.count };
	int status = 2;

	m.file = calloc(m.count, sizeof(*m.file));
	m.source = calloc(m.count, sizeof(struct merge_source *));
	if (m.file == NULL || m.source == NULL)
		log_error(NULL, "out of memory: give the machine more");
	else if (open_files(&m) == 0 && warn_transitions(&m) == 0 &&
		 make_engine(&m) == 0)
		status = run(&m);
	tcpaudit_free(m.joined.engine);
	for (size_t i = 0; m.file != NULL && i < m.count; i++)
		partial_close(&m.file[i].reader);
	free(m.file);
	free(m.source);
	return status;
}
