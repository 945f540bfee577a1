/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * The parts of engines that share a capture, in order, become what one engine
 * would have said: connections and findings get their numbers, counts are
 * entered in the census, and what it finds decides what is folded.  All that is
 * remembered is of connections that have not ended; of those without findings,
 * only their numbers.
 */
#include "join.h"

#include <string.h>

#include "check_flood.h"
#include "finding.h"
#include "part.h"
#include "roll.h"

#define BUCKETS_FIRST 256
/* Numbers of connections and findings in their engine are below this. */
#define NUMBER_END (UINT64_C(1) << 48)

struct joined_finding {
	struct joined_finding *next;
	uint64_t number; /* in its engine */
	struct told told;
};

/* A connection of which there are findings. */
struct joined {
	struct joined *next; /* in its bucket */
	uint64_t number;     /* in its engine */
	uint32_t engine;
	uint32_t counts[TCPAUDIT_SEVERITIES];
	struct joined_finding *findings;
};

struct join {
	struct roll roll;
	struct slab connections, findings;
	struct joined **bucket;
	size_t buckets, count; /* a power of two */
	struct joined *last;   /* asked for */
	struct joined_finding *defects;
	bool over; /* the capture: another may follow */
};

/* ------------------------------------------------------------------ table */

static struct join *
join_of(struct tcpaudit *t)
{
	if (t->join != NULL)
		return t->join;
	t->join = ta_allocate(&t->memory, sizeof(*t->join));
	if (t->join == NULL)
		return NULL;
	ta_roll_init(&t->join->roll, &t->memory);
	ta_slab_init(&t->join->connections, sizeof(struct joined), &t->memory);
	ta_slab_init(
	    &t->join->findings, sizeof(struct joined_finding), &t->memory);
	return t->join;
}

void
ta_join_clear(struct tcpaudit *t)
{
	struct join *j = t->join;

	if (j == NULL)
		return;
	ta_roll_clear(&j->roll);
	ta_slab_clear(&j->connections);
	ta_slab_clear(&j->findings);
	ta_release(&t->memory, j->bucket, j->buckets * sizeof(struct joined *));
	ta_release(&t->memory, j, sizeof(*j));
	t->join = NULL;
}

static struct joined **
bucket_of(const struct tcpaudit *t, uint32_t engine, uint64_t number)
{
	/* Nobody who makes numbers up knows the factors. */
	uint64_t hash = number * (t->config.hash_key[0] | 1) +
			engine * (t->config.hash_key[1] | 1);

	return &t->join->bucket[(hash >> 32) & (t->join->buckets - 1)];
}

static void
grow(struct tcpaudit *t)
{
	struct join *j = t->join;
	size_t was = j->buckets, now = was > 0 ? 2 * was : BUCKETS_FIRST;
	struct joined **old = j->bucket, *c, *next, **at;

	j->bucket = ta_allocate(&t->memory, now * sizeof(struct joined *));
	if (j->bucket == NULL) {
		j->bucket = old; /* longer chains, or none */
		return;
	}
	j->buckets = now;
	for (size_t i = 0; i < was; i++)
		for (c = old[i]; c != NULL; c = next) {
			next = c->next;
			at = bucket_of(t, c->engine, c->number);
			c->next = *at;
			*at = c;
		}
	ta_release(&t->memory, old, was * sizeof(struct joined *));
}

static struct joined *
find(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	struct join *j = t->join;
	struct joined *c = j->last;

	if (c != NULL && c->number == part->connection &&
	    c->engine == part->engine)
		return c;
	if (j->buckets == 0)
		return NULL;
	c = *bucket_of(t, part->engine, part->connection);
	while (c != NULL &&
	       (c->number != part->connection || c->engine != part->engine))
		c = c->next;
	j->last = c;
	return c;
}

static void
parties_of(const struct tcpaudit_tuple *tuple, struct parties *out)
{
	for (int end = 0; end < 2; end++) {
		out->address[end] = &tuple->address[end];
		out->port[end] = tuple->port[end];
	}
	out->family = tuple->family;
}

static void
forget_findings(struct join *j, struct joined_finding **list)
{
	struct joined_finding *f, *next;

	for (f = *list; f != NULL; f = next) {
		next = f->next;
		ta_slab_give(&j->findings, f);
	}
	*list = NULL;
}

/* --------------------------------------------------------------- the parts */

/* The connection of a part with its number in the report.  False: there is no
 * such connection. */
static bool
name_of(const struct tcpaudit *t, const struct tcpaudit_part *part,
    struct tcpaudit_tuple *out)
{
	if (part->tuple == NULL)
		return false;
	*out = *part->tuple;
	out->id = ta_roll_find(&t->join->roll, part->engine, part->connection);
	return out->id != 0;
}

static int
join_counts(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	struct counting k;
	struct parties who;

	if (part->tuple == NULL ||
	    !roll_has_begun(&t->join->roll, part->engine, part->connection) ||
	    (part->count_number > 0 && part->counts == NULL))
		return TCPAUDIT_EINVAL;
	for (size_t i = 0; i < part->count_number; i++)
		if (!count_valid(&part->counts[i]))
			return TCPAUDIT_EINVAL;
	parties_of(part->tuple, &who);
	counting_begin(&k, t, &who);
	for (size_t i = 0; i < part->count_number; i++)
		ta_count(&k, &part->counts[i]);
	return TCPAUDIT_OK;
}

static int
join_begin(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	int result;

	if (part->connection >= NUMBER_END || part->tuple == NULL)
		return TCPAUDIT_EINVAL;
	result = ta_roll_begin(&t->join->roll, part->engine, part->connection,
	    t->last_connection + 1);
	if (result != TCPAUDIT_OK)
		return result;
	t->last_connection++;
	return join_counts(t, part);
}

/* What is known of the findings of a connection, from now on.  NULL: no memory.
 */
static struct joined *
joined_of(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	struct join *j = t->join;
	struct joined *c = find(t, part), **at;

	if (c != NULL)
		return c;
	if (j->count >= j->buckets)
		grow(t);
	c = j->buckets > 0 ? ta_slab_take(&j->connections) : NULL;
	if (c == NULL)
		return NULL;
	c->number = part->connection;
	c->engine = part->engine;
	at = bucket_of(t, part->engine, part->connection);
	c->next = *at;
	*at = c;
	j->count++;
	j->last = c;
	return c;
}

static int
join_end(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	struct join *j = t->join;
	struct joined *c = find(t, part), **at;

	if (!ta_roll_end(&j->roll, part->engine, part->connection))
		return TCPAUDIT_EINVAL;
	if (c == NULL)
		return TCPAUDIT_OK;
	at = bucket_of(t, c->engine, c->number);
	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	forget_findings(j, &c->findings);
	ta_slab_give(&j->connections, c);
	j->count--;
	j->last = NULL;
	return TCPAUDIT_OK;
}

static struct told *
told_in(struct joined_finding *f, uint64_t number)
{
	while (f != NULL && f->number != number)
		f = f->next;
	return f != NULL ? &f->told : NULL;
}

static struct told *
told_new(struct join *j, struct joined_finding **list, uint64_t number)
{
	struct joined_finding *f = ta_slab_take(&j->findings);

	if (f == NULL)
		return NULL;
	f->number = number;
	f->next = *list;
	*list = f;
	return &f->told;
}

/* Says it, or says it again; `list` is where, NULL: memory is short. */
static int
say(struct tcpaudit *t, struct joined_finding **list, struct telling *tell)
{
	uint64_t number = tell->record->id;

	if (list != NULL)
		tell->told = told_in(*list, number);
	if (list != NULL && tell->told == NULL)
		tell->told = told_new(t->join, list, number);
	if (tell->told == NULL) {
		t->statistics.uncounted_findings++;
		return TCPAUDIT_ENOMEM;
	}
	ta_tell(t, tell);
	return TCPAUDIT_OK;
}

/* Of a connection.  What is not said need not be remembered. */
static int
say_of(struct tcpaudit *t, const struct tcpaudit_part *part,
    const struct tcpaudit_tuple *tuple, struct telling *tell)
{
	struct joined *c = find(t, part);
	struct parties who;

	parties_of(tuple, &who);
	tell->who = &who;
	tell->fold.how = (enum fold_how)part->fold;
	tell->fold.second = part->fold_second;
	if (c == NULL || told_in(c->findings, tell->record->id) == NULL) {
		if (ta_told_otherwise(t, tell))
			return TCPAUDIT_OK;
		tell->fold.how = FOLD_NOT;
		c = joined_of(t, part);
	}
	tell->counts = c != NULL ? c->counts : NULL;
	return say(t, c != NULL ? &c->findings : NULL, tell);
}

/* `tuple` is the connection, NULL: of the whole capture. */
static int
join_finding(struct tcpaudit *t, const struct tcpaudit_part *part,
    const struct tcpaudit_tuple *tuple)
{
	struct tcpaudit_finding record;
	struct telling tell = { .record = &record,
		.withdraws = part->withdraws };

	if (part->finding == NULL || part->fold >= FOLD_HOWS)
		return TCPAUDIT_EINVAL;
	record = *part->finding;
	record.connection = tuple;
	return tuple != NULL ? say_of(t, part, tuple, &tell)
			     : say(t, &t->join->defects, &tell);
}

static int
join_again(struct tcpaudit *t, const struct tcpaudit_part *part,
    const struct tcpaudit_tuple *tuple)
{
	struct fold fold = { (enum fold_how)part->fold, part->fold_second };
	struct parties who;

	if (part->rule == NULL || part->fold >= FOLD_HOWS)
		return TCPAUDIT_EINVAL;
	parties_of(tuple, &who);
	(void)ta_fold_counts(
	    t, &who, &fold, (enum rule)(part->rule - ta_rules));
	return TCPAUDIT_OK;
}

static int
join_transition(struct tcpaudit *t, const struct tcpaudit_part *part,
    const struct tcpaudit_tuple *tuple)
{
	struct tcpaudit_transition record;

	if (part->transition == NULL)
		return TCPAUDIT_EINVAL;
	record = *part->transition;
	record.connection = tuple;
	if (t->config.on_transition != NULL)
		t->config.on_transition(t->config.argument, &record);
	return TCPAUDIT_OK;
}

static int
join_connection(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	static const struct tcpaudit_tuple unnamed;
	const struct joined *c = find(t, part);
	struct tcpaudit_connection record;
	struct tcpaudit_tuple tuple;

	if (part->ended == NULL ||
	    (part->tuple != NULL && !name_of(t, part, &tuple)))
		return TCPAUDIT_EINVAL;
	record = *part->ended;
	record.connection = part->tuple != NULL ? &tuple : &unnamed;
	memset(record.findings, 0, sizeof(record.findings));
	if (c != NULL)
		memcpy(record.findings, c->counts, sizeof(record.findings));
	if (t->config.on_connection != NULL)
		t->config.on_connection(t->config.argument, &record);
	return TCPAUDIT_OK;
}

static bool
set_time(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	if (part->time < 0 || part->time > INT64_MAX / 2 + TIME_BIAS)
		return false;
	t->now = t->time = part->time;
	return true;
}

static int
join_clock(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	if (!set_time(t, part))
		return TCPAUDIT_EINVAL;
	if (t->join->over)
		forget_findings(t->join, &t->join->defects);
	t->join->over = false;
	ta_flood_advance(t);
	return TCPAUDIT_OK;
}

static int
join_stage(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	if (!set_time(t, part))
		return TCPAUDIT_EINVAL;
	t->packet = part->packet;
	switch (part->number) {
	case STAGE_JUDGE:
		ta_flood_finish(t);
		return TCPAUDIT_OK;
	case STAGE_CLEAR:
		ta_flood_clear(t);
		return TCPAUDIT_OK;
	case STAGE_CLOSE:
		ta_report_pending(t);
		ta_defects_close(t);
		t->pending = 0;
		t->join->over = true;
		return TCPAUDIT_OK;
	default:
		return TCPAUDIT_EINVAL;
	}
}

/* A part of one connection. */
static int
join_part(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	struct tcpaudit_tuple tuple;
	int result;

	switch (part->kind) {
	case TCPAUDIT_PART_BEGIN:
		return join_begin(t, part);
	case TCPAUDIT_PART_COUNT:
		return join_counts(t, part);
	case TCPAUDIT_PART_CONNECTION:
		result = join_connection(t, part);
		return part->ends && result == TCPAUDIT_OK ? join_end(t, part)
							   : result;
	case TCPAUDIT_PART_END:
		return join_end(t, part);
	default:
		break;
	}
	if (!name_of(t, part, &tuple))
		return TCPAUDIT_EINVAL;
	switch (part->kind) {
	case TCPAUDIT_PART_FINDING:
		return join_finding(t, part, &tuple);
	case TCPAUDIT_PART_AGAIN:
		return join_again(t, part, &tuple);
	case TCPAUDIT_PART_TRANSITION:
		return join_transition(t, part, &tuple);
	default:
		return TCPAUDIT_EINVAL;
	}
}

/* A part of the whole capture. */
static int
join_whole(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	switch (part->kind) {
	case TCPAUDIT_PART_CLOCK:
		return join_clock(t, part);
	case TCPAUDIT_PART_FINDING:
		return join_finding(t, part, NULL);
	case TCPAUDIT_PART_PENDING:
		t->pending += part->number;
		return TCPAUDIT_OK;
	case TCPAUDIT_PART_STAGE:
		return join_stage(t, part);
	default:
		return TCPAUDIT_EINVAL;
	}
}

int
tcpaudit_join(struct tcpaudit *t, const struct tcpaudit_part *part)
{
	if (t->config.on_part != NULL)
		return TCPAUDIT_EINVAL;
	if (join_of(t) == NULL)
		return TCPAUDIT_ENOMEM;
	return part->connection == 0 ? join_whole(t, part) : join_part(t, part);
}

void
tcpaudit_statistics_add(
    struct tcpaudit_statistics *s, const struct tcpaudit_statistics *other)
{
	s->connections += other->connections;
	s->evicted_flows += other->evicted_flows;
	s->open_flows += other->open_flows;
	s->memory_bytes += other->memory_bytes;
	s->uncounted_findings += other->uncounted_findings;
	s->summarised += other->summarised;
}
