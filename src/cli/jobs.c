/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A worker has an engine, a thread, and the files open for itself; what its
 * engine says goes through its lane to the desk, where it is joined.  The first
 * worker tells of the inputs and of the capture as a whole, so that
 * nothing is said twice.
 */
#include "jobs.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"
#include "interrupt.h"
#include "log.h"
#include "merge.h"
#include "partial.h"

/* Below this there is nothing to be gained, unless it is asked for. */
#define WORTH_BYTES (INT64_C(4) << 20)
/* An engine needs so much memory, and those of a run share --memory. */
#define ENGINE_MEMORY (UINT64_C(32) << 20)
/* Unless it is asked for. */
#define JOBS_USUAL 16

struct worker {
	struct merge_source source;
	struct lane lane;
	struct audit audit;
	pthread_t thread;
	bool started;
};

struct crew {
	const struct options *options;
	struct worker *worker;
	unsigned count;
	struct lane_desk desk;
	struct merge merge;	      /* at the desk */
	struct merge_source **source; /* of the workers */
	struct audit joined; /* its engine is told what the others say */
};

/* ---------------------------------------------------------------- number */

static unsigned
processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > JOBS_USUAL ? JOBS_USUAL : (unsigned)n;
}

unsigned
jobs_count(const struct options *o)
{
	struct tcpaudit_config config;
	unsigned jobs = o->jobs > 0 ? o->jobs : processors();
	uint64_t room;
	int64_t bytes = 0;
	struct stat status;

	if (o->interface != NULL)
		return 1;
	for (size_t i = 0; i < o->files.count; i++) {
		if (stat(o->files.word[i], &status) != 0)
			continue;
		if (!S_ISREG(status.st_mode))
			return 1;
		bytes += status.st_size;
	}
	for (size_t i = 0; i < o->files.count; i++)
		if (strcmp(o->files.word[i], "-") == 0)
			return 1;
	if (o->jobs == 0 && bytes < WORTH_BYTES)
		return 1;
	options_config(o, &config);
	room = config.memory_bytes / ENGINE_MEMORY;
	if (jobs > room)
		jobs = room > 1 ? (unsigned)room : 1;
	return jobs;
}

/* ---------------------------------------------------------------- worker */

static void *
work(void *argument)
{
	struct worker *w = argument;

	(void)log_mute(w->audit.silent);
	audit_files(&w->audit);
	if (w->audit.inputs > 0)
		audit_finish(&w->audit);
	lane_close(&w->lane);
	return NULL;
}

static enum merge_taken
take_from_lane(struct merge_source *source, struct parcel *out)
{
	/* The source is the first member. */
	switch (lane_take(&((struct worker *)(void *)source)->lane, out)) {
	case LANE_LATER:
		return MERGE_LATER;
	case LANE_TAKEN:
		return MERGE_TAKEN;
	default:
		return MERGE_END;
	}
}

/* Whether the report says no more of a connection than how many there are,
 * unless there is something to say of it. */
static bool
is_brief(const struct options *o)
{
	return o->shards == 0 && o->output.format == OUTPUT_TEXT &&
	       !o->output.verbose;
}

static int
prepare_worker(struct crew *crew, unsigned i)
{
	struct worker *w = &crew->worker[i];
	const struct options *o = crew->options;
	struct tcpaudit_config config;

	lane_init(&w->lane, &crew->desk);
	crew->source[i] = &w->source;
	w->source.take = take_from_lane;
	w->source.leads = i == 0;
	w->source.engines = i;
	w->audit.options = o;
	w->audit.lane = &w->lane;
	w->audit.silent = i > 0;
	w->lane.brief = is_brief(o);
	progress_init(&w->audit.progress, o->progress == WHEN_ALWAYS);
	if (o->progress == WHEN_NEVER || i > 0)
		w->audit.progress.on = false;
	options_config(o, &config);
	config.shard = o->shard * crew->count + i;
	config.shards = (o->shards > 0 ? o->shards : 1) * crew->count;
	config.silent = i > 0;
	config.sharers = crew->count;
	return audit_engine(&w->audit, &config);
}

static int
start_worker(struct worker *w)
{
	w->started = pthread_create(&w->thread, NULL, work, w) == 0;
	if (w->started)
		return 0;
	log_error(NULL, "no room for a worker: give a smaller --jobs");
	return -1;
}

/* Those that run end soon; nothing more is taken of them. */
static void
stop_workers(struct crew *crew)
{
	for (unsigned i = 0; i < crew->count; i++)
		lane_cancel(&crew->worker[i].lane);
}

static void
wait_for_workers(struct crew *crew)
{
	for (unsigned i = 0; i < crew->count; i++)
		if (crew->worker[i].started)
			(void)pthread_join(crew->worker[i].thread, NULL);
}

/* --------------------------------------------------------------- the crew */

/* What the workers met, put together.  Only the first has said it. */
static void
collect(struct crew *crew, struct tcpaudit_statistics *statistics)
{
	struct audit *all = &crew->joined, *first = &crew->worker[0].audit;
	struct tcpaudit_statistics more;

	all->trouble |= first->trouble;
	all->kernel_dropped = first->kernel_dropped;
	all->interface_dropped = first->interface_dropped;
	tcpaudit_statistics(first->engine, statistics);
	for (unsigned i = 1; i < crew->count; i++) {
		struct audit *a = &crew->worker[i].audit;

		tcpaudit_statistics(a->engine, &more);
		tcpaudit_statistics_add(statistics, &more);
		if (a->exhausted && !first->exhausted)
			log_error(NULL, "out of memory: some packets are not "
					"audited, give a smaller --jobs");
		all->trouble |= a->exhausted;
		first->exhausted |= a->exhausted;
		if (a->packets == first->packets || interrupt_seen())
			continue;
		log_error(crew->options->files.word[0],
		    "a worker could not read the same as another, %" PRIu64
		    " packets: audit again when nobody writes, or with "
		    "--jobs 1",
		    first->packets);
		all->trouble = true;
	}
}

/* At the desk: any worker may do it, but what is said of the report is said. */
static bool
join_some(void *argument)
{
	struct crew *crew = argument;
	bool muted = log_mute(false), over;

	over = merge_run(&crew->merge, crew->source, crew->count);
	if (crew->merge.stop)
		stop_workers(crew);
	(void)log_mute(muted);
	return over;
}

/* What all of them together failed at. */
static void
complain(struct crew *crew, const struct merge *m)
{
	bool exhausted = m->exhausted;

	for (unsigned i = 0; i < crew->count; i++)
		exhausted |= crew->worker[i].lane.failed && !m->stop;
	if (exhausted && !crew->worker[0].audit.exhausted)
		log_error(NULL, "out of memory: some findings are lost, give a "
				"smaller --jobs");
	else if (m->culprit != NULL)
		log_error(NULL, "the workers contradict each other: use "
				"--jobs 1, and report this");
	crew->joined.trouble |= exhausted || m->culprit != NULL;
}

static void
end_partial(struct crew *crew, struct partial_writer *partial,
    const struct tcpaudit_statistics *statistics)
{
	struct partial_totals totals = { .statistics = *statistics,
		.kernel_dropped = crew->joined.kernel_dropped,
		.interface_dropped = crew->joined.interface_dropped,
		.trouble = crew->joined.trouble };

	if (crew->joined.output != NULL)
		partial_end(partial, &totals);
}

static int
start_crew(struct crew *crew)
{
	for (unsigned i = 0; i < crew->count; i++)
		if (start_worker(&crew->worker[i]) != 0) {
			stop_workers(crew);
			wait_for_workers(crew);
			return -1;
		}
	return 0;
}

static int
run_crew(struct crew *crew)
{
	const struct options *o = crew->options;
	struct merge *m = &crew->merge;
	struct partial_writer partial = { .options = o,
		.engines = crew->count,
		.output = &crew->joined.output };
	struct tcpaudit_statistics statistics, own;

	m->output = &crew->joined.output;
	m->engine = crew->joined.engine;
	m->options = &o->output;
	if (o->shards > 0 && o->output.format == OUTPUT_NDJSON) {
		m->watch = partial_put;
		m->argument = &partial;
	}
	if (start_crew(crew) != 0)
		return 2;
	wait_for_workers(crew);
	collect(crew, &statistics);
	complain(crew, m);
	if (m->watch != NULL)
		end_partial(crew, &partial, &statistics);
	tcpaudit_statistics(crew->joined.engine, &own);
	tcpaudit_statistics_add(&statistics, &own);
	return audit_close(&crew->joined, &statistics);
}

static int
prepare_crew(struct crew *crew)
{
	struct tcpaudit_config config;

	crew->joined.options = crew->options;
	options_config(crew->options, &config);
	if (audit_engine(&crew->joined, &config) != 0)
		return -1;
	for (unsigned i = 0; i < crew->count; i++)
		if (prepare_worker(crew, i) != 0)
			return -1;
	return 0;
}

int
jobs_run(const struct options *o, unsigned jobs)
{
	struct crew crew = { .options = o, .count = jobs };
	int status = 2;

	if (lane_desk_init(&crew.desk, join_some, &crew) != 0) {
		log_error(NULL, "no room for a lock: give --jobs 1");
		return 2;
	}
	crew.worker = calloc(jobs, sizeof(*crew.worker));
	crew.source = calloc(jobs, sizeof(*crew.source));
	if (crew.worker == NULL || crew.source == NULL)
		log_error(NULL, "out of memory: give a smaller --jobs");
	else if (prepare_crew(&crew) == 0)
		status = run_crew(&crew);
	for (unsigned i = 0; crew.worker != NULL && i < jobs; i++) {
		if (crew.worker[i].source.take == NULL)
			continue; /* it was never prepared */
		tcpaudit_free(crew.worker[i].audit.engine);
		lane_clear(&crew.worker[i].lane);
	}
	tcpaudit_free(crew.joined.engine);
	lane_desk_clear(&crew.desk);
	free(crew.source);
	free(crew.worker);
	return status;
}
