/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "merge.h"

static void
begin_input(struct merge *m, const struct parcel *parcel)
{
	if (*m->output == NULL)
		*m->output = output_open(m->options);
	if (*m->output == NULL)
		m->stop = true;
	else
		output_input(*m->output, &parcel->input);
}

/* What the engine says about it comes back through its callbacks. */
static void
join(struct merge *m, struct merge_source *source)
{
	int result = TCPAUDIT_EINVAL;

	if (*m->output != NULL)
		result = tcpaudit_join(m->engine, &source->head.part);
	m->exhausted |= result == TCPAUDIT_ENOMEM;
	/* Where something is missing, what follows may be strange. */
	if (result == TCPAUDIT_EINVAL && !m->exhausted && m->culprit == NULL) {
		m->culprit = source;
		m->stop |= m->strict;
	}
}

static void
consume(struct merge *m, struct merge_source *source)
{
	const struct parcel *parcel = &source->head;

	switch ((int)parcel->part.kind) {
	case PARCEL_NOTHING:
		return;
	case PARCEL_INPUT:
		begin_input(m, parcel);
		break;
	case PARCEL_INPUT_TIME:
		if (*m->output != NULL)
			output_input_time(*m->output, parcel->part.time);
		break;
	case PARCEL_INPUT_END:
		if (*m->output != NULL)
			output_input_end(*m->output, parcel->packets,
			    parcel->first_time, parcel->last_time, parcel->cut);
		break;
	default:
		join(m, source);
	}
	if (m->watch != NULL)
		m->watch(m->argument, parcel);
}

/* Of what all streams tell, one is heard. */
static bool
is_heard(const struct merge_source *s)
{
	const struct tcpaudit_part *part = &s->head.part;

	return s->leads || part->connection != 0 ||
	       part->kind == TCPAUDIT_PART_PENDING;
}

/* False: what comes next is not there yet. */
static bool
advance(struct merge_source *s)
{
	s->taken = s->take(s, &s->head);
	s->head.part.engine += s->engines;
	return s->taken != MERGE_LATER;
}

/* Of two places that are the same the earlier source comes first. */
static inline bool
comes_before(struct merge_source *const *source, size_t a, size_t b)
{
	const struct tcpaudit_place *x = &source[a]->head.part.place;
	const struct tcpaudit_place *y = &source[b]->head.part.place;
	int order;

	if (x->packet != y->packet) /* the usual case */
		return x->packet < y->packet;
	order = tcpaudit_place_compare(x, y);
	return order < 0 || (order == 0 && a < b);
}

/* The source whose parcel is the next one, but for `other`; `count`: none. */
static size_t
find_next(struct merge_source *const *source, size_t count, size_t other)
{
	size_t next = count;

	for (size_t i = 0; i < count; i++)
		if (i != other && source[i]->taken == MERGE_TAKEN &&
		    (next == count || comes_before(source, i, next)))
			next = i;
	return next;
}

/* Takes from `one` what comes before the head of `two`, which may be none.
 * False: it may come later. */
static bool
drain(struct merge *m, struct merge_source *const *source, size_t count,
    size_t one, size_t two)
{
	do {
		if (is_heard(source[one]))
			consume(m, source[one]);
		if (!advance(source[one]))
			return false;
	} while (!m->stop && source[one]->taken == MERGE_TAKEN &&
		 (two == count || comes_before(source, one, two)));
	return true;
}

bool
merge_run(struct merge *m, struct merge_source *const *source, size_t count)
{
	size_t one, two;

	for (size_t i = 0; i < count; i++)
		if (source[i]->taken == MERGE_LATER && !advance(source[i]))
			return false;
	one = find_next(source, count, count);
	for (; !m->stop && one != count; one = two) {
		two = find_next(source, count, one);
		if (!drain(m, source, count, one, two))
			return false;
	}
	return true;
}
