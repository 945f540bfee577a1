/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The simulated world: time, path, monitor, and the users of both ends. */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#include "seq.h"
#include "sim_world.h"

#define START (INT64_C(1700000000) * SECOND)
#define LAST  (3 * 3600 * SECOND)

enum kind { OPEN, ACTION, TIMER, AT_MONITOR, ARRIVAL, REOPEN };

struct event {
	int64_t time;
	uint64_t order; /* of creation: decides among equal times */
	enum kind kind;
	int end;
	enum timer timer;
	uint32_t generation;
	bool final; /* the last action of a user */
	struct sim_segment segment;
};

uint64_t
sim_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint32_t
sim_below(struct sim *sim, uint32_t n)
{
	return (uint32_t)((sim_random(&sim->random) >> 32) * n >> 32);
}

bool
sim_chance(struct sim *sim, unsigned percent)
{
	return sim_below(sim, 100) < percent;
}

int64_t
sim_between(struct sim *sim, int64_t low, int64_t high)
{
	return low +
	       (int64_t)(sim_random(&sim->random) % (uint64_t)(high - low + 1));
}

bool
sim_captures_at(const struct sim *sim, int end)
{
	return sim->host == end;
}

int64_t
sim_now(const struct sim *sim)
{
	return sim->now;
}

static bool
earlier(const struct event *a, const struct event *b)
{
	return a->time != b->time ? a->time < b->time : a->order < b->order;
}

static void
push(struct sim *sim, struct event *e)
{
	size_t i, parent;

	if (sim->events == sim->room) {
		size_t room = sim->room * 2 + 64;
		void *p = realloc(sim->event, room * sizeof(*sim->event));

		if (p == NULL) {
			sim->no_memory = true;
			return;
		}
		sim->event = p;
		sim->room = room;
	}
	e->order = sim->order++;
	for (i = sim->events++; i > 0; i = parent) {
		parent = (i - 1) / 2;
		if (!earlier(e, &sim->event[parent]))
			break;
		sim->event[i] = sim->event[parent];
	}
	sim->event[i] = *e;
}

static struct event
pop(struct sim *sim)
{
	struct event first = sim->event[0], *last;
	size_t i = 0, child;

	last = &sim->event[--sim->events];
	for (; (child = 2 * i + 1) < sim->events; i = child) {
		if (child + 1 < sim->events &&
		    earlier(&sim->event[child + 1], &sim->event[child]))
			child++;
		if (!earlier(&sim->event[child], last))
			break;
		sim->event[i] = sim->event[child];
	}
	sim->event[i] = *last;
	return first;
}

void
sim_arm(struct tcp *t, enum timer timer, int64_t delay)
{
	struct event e = { .time = t->sim->now + delay,
		.kind = TIMER,
		.end = t->end,
		.timer = timer };

	e.generation = ++t->timer[timer];
	t->armed[timer] = true;
	push(t->sim, &e);
}

void
sim_disarm(struct tcp *t, enum timer timer)
{
	t->timer[timer]++;
	t->armed[timer] = false;
}

/* Sends a segment over half of the path. */
static void
travel(struct sim *sim, struct way *way, enum kind kind,
    const struct sim_segment *s)
{
	int copies = 1 + sim_chance(sim, way->duplicate);
	struct event e = { .kind = kind, .end = s->end, .segment = *s };
	int64_t time;

	if (sim_chance(sim, way->loss))
		return;
	if (s->ecn != 0 && sim_chance(sim, 5))
		e.segment.ecn = 3; /* CE: a router is congested */
	while (copies-- > 0) {
		time = sim->now + way->delay;
		if (way->jitter)
			time += sim_between(sim, 0, way->delay / 2);
		if (sim_chance(sim, way->late))
			time += sim_between(sim, 0, 200 * MILLISECOND);
		else if (!way->jitter && time <= way->last)
			time = way->last + 1000;
		if (!way->jitter && time > way->last && way->late == 0)
			way->last = time;
		e.time = time;
		push(sim, &e);
	}
}

void
sim_send(struct sim *sim, struct tcp *t, const struct sim_segment *s)
{
	struct sim_segment sent = *s;

	if (sim->tamper == NULL || sim->tamper->touch(sim->tamper, t, &sent))
		travel(sim, &sim->before[t->end], AT_MONITOR, &sent);
}

void
sim_insert(struct sim *sim, const struct sim_segment *s, int64_t delay)
{
	const struct way *way = &sim->before[s->end];
	struct event e = { .time = sim->now + way->delay + delay,
		.kind = AT_MONITOR,
		.end = s->end,
		.segment = *s };

	push(sim, &e);
}

static void
arrival(struct sim *sim, const struct sim_segment *s)
{
	struct tcp *t = &sim->tcp[!s->end];

	if (s->defect.bad_checksum || s->defect.offset != 0)
		return;
	if (t->crashed != 0 && sim->now - t->crashed < SIM_REBOOT)
		return;
	/* A listener waits where the former connection was. */
	if (t->state == TCPAUDIT_CLOSED && t->listens &&
	    (s->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == FLAG_SYN) {
		t->observable |= 1u << TCPAUDIT_LISTEN;
		t->state = TCPAUDIT_LISTEN;
		t->iss = t->snd_nxt + 1 + sim_below(sim, 1 << 20);
	}
	if (t->state == TCPAUDIT_LISTEN && t->incarnation < s->incarnation)
		t->incarnation = s->incarnation;
	tcp_arrives(t, s);
}

/* When the users of both ends do something. */
static void
plan(struct sim *sim, int64_t start)
{
	static const int64_t span[] = { SECOND / 2, 3 * SECOND, 30 * SECOND,
		600 * SECOND };
	int64_t length = span[sim_below(sim, 4)];
	unsigned n = sim_below(sim, 14);
	struct event e = { .kind = ACTION };

	for (; n > 0; n--) {
		e.time = start + sim_between(sim, 0, length);
		e.end = (int)sim_below(sim, 2);
		push(sim, &e);
	}
	e.final = true;
	for (e.end = 0; e.end < 2; e.end++) {
		e.time = start + length + sim_between(sim, 0, 2 * SECOND);
		push(sim, &e);
	}
}

/* The same ports again, as soon as the former client is free to. */
static void
reopen(struct sim *sim)
{
	struct tcp *t = &sim->tcp[0];
	struct event e = { .kind = REOPEN,
		.time = sim->now + sim_between(sim, SECOND, 90 * SECOND) };

	if (t->state != TCPAUDIT_CLOSED ||
	    (t->crashed != 0 && sim->now - t->crashed < SIM_MSL)) {
		if (sim->reopened++ < 12)
			push(sim, &e);
		return;
	}
	t->incarnation++;
	t->iss = t->snd_nxt + 1 + sim_below(sim, 1 << 24);
	t->fin = -1;
	t->fin_shown = t->fin_late = false;
	t->unread = 0;
	t->reading = true;
	tcp_open(t);
	plan(sim, sim->now);
}

/* From the host that captures to its own monitor, or back. */
static void
set_short_way(struct sim *sim, struct way *way)
{
	*way = (struct way){ .delay = sim_between(sim, 1000, 20000) };
}

static void
set_way(struct sim *sim, struct way *way, bool loss, bool late, bool twice,
    bool jitter)
{
	static const unsigned rate[] = { 2, 8, 25 };

	way->delay = sim_between(sim, SECOND / 2000, SECOND / 20);
	way->loss = loss ? rate[sim_below(sim, 3)] : 0;
	way->late = late ? rate[sim_below(sim, 2)] : 0;
	way->duplicate = twice ? rate[sim_below(sim, 2)] : 0;
	way->jitter = jitter;
}

static void
begin(struct sim *sim)
{
	unsigned f = sim->features, end;
	bool both = (f & SIM_SIMULTANEOUS) && sim_chance(sim, 50);
	struct event e = { .kind = OPEN };

	for (end = 0; end < 2; end++) {
		struct tcp *t = &sim->tcp[end];

		t->sim = sim;
		t->end = (int)end;
		t->incarnation = 1;
		t->iss = seq_first((uint32_t)sim_random(&sim->random));
		if (sim_chance(sim, 25))
			t->iss = seq_first(0u - sim_below(sim, 20000));
		t->snd_nxt = t->iss;
		t->fin = t->peer_fin = -1;
		t->reading = true;
		t->ip_id = (uint16_t)sim_random(&sim->random);
		ta_spans_init(&t->received, t->received_span, 8);
		tcp_habits(t, f);
		set_way(sim, &sim->before[end], f & SIM_LOSS_BEFORE, false,
		    f & SIM_DUPLICATE_BEFORE, f & SIM_REORDER_BEFORE);
		set_way(sim, &sim->after[end], f & SIM_LOSS_AFTER,
		    f & SIM_REORDER_AFTER, f & SIM_DUPLICATE_AFTER, false);
	}
	sim->host = (f & SIM_OFFLOAD) && sim_chance(sim, 40)
			? (int)sim_below(sim, 2)
			: -1;
	if (sim->host >= 0) {
		set_short_way(sim, &sim->before[sim->host]);
		set_short_way(sim, &sim->after[!sim->host]);
		sim->capture->host = sim->host;
		sim->capture->partial_sums = sim_chance(sim, 50);
	}
	sim->tcp[1].listens = !both && sim_chance(sim, 95);
	sim->tcp[1].state =
	    sim->tcp[1].listens ? TCPAUDIT_LISTEN : TCPAUDIT_CLOSED;
	e.time = sim->now;
	push(sim, &e);
	e.end = 1;
	e.time += sim_between(sim, 0, SECOND / 20);
	if (both)
		push(sim, &e);
	plan(sim, sim->now + sim_between(sim, 0, SECOND / 2));
	e = (struct event){ .kind = REOPEN, .time = sim->now + 20 * SECOND };
	if ((f & SIM_REUSE) && !both)
		push(sim, &e);
}

static void
happen(struct sim *sim, struct event *e)
{
	struct tcp *t = &sim->tcp[e->kind == ARRIVAL ? !e->end : e->end];

	tcp_begin(t);
	switch (e->kind) {
	case OPEN:
		/* Not one that has refused the other's SYN already. */
		if (t->state == TCPAUDIT_CLOSED && t->sent == 0)
			tcp_open(t);
		break;
	case ACTION:
		tcp_user(t, sim->features, e->final);
		break;
	case TIMER:
		if (e->generation != t->timer[e->timer])
			break;
		t->armed[e->timer] = false;
		tcp_timer(t, e->timer);
		break;
	case AT_MONITOR:
		travel(sim, &sim->after[e->end], ARRIVAL, &e->segment);
		if (!sim_chance(sim, sim->capture_loss))
			sim_record(sim, &e->segment);
		break;
	case ARRIVAL:
		arrival(sim, &e->segment);
		break;
	case REOPEN:
		reopen(sim);
		break;
	}
}

struct sim_capture *
sim_new(uint64_t seed, unsigned features)
{
	return sim_new_tampered(seed, features, NULL);
}

struct sim_capture *
sim_new_tampered(uint64_t seed, unsigned features, struct sim_tamper *tamper)
{
	struct sim_capture *c = calloc(1, sizeof(*c));
	struct sim *sim = calloc(1, sizeof(*sim));

	if (c != NULL)
		c->frame = calloc(FRAMES, sizeof(*c->frame));
	if (sim == NULL || c == NULL || c->frame == NULL)
		goto no_memory;
	sim->random = seed * UINT64_C(0x2545f4914f6cdd1d) + 1;
	sim->features = features & (unsigned)sim_random(&sim->random);
	sim->now = START;
	sim->capture = c;
	sim->tamper = tamper;
	sim->capture_loss = sim->features & SIM_CAPTURE_LOSS ? 10 : 0;
	c->seed = seed;
	c->features = sim->features;
	c->host = -1;
	c->snaplen = sim->features & SIM_SNAPLEN ? 120 : 65535;
	begin(sim);
	while (sim->events > 0 && c->count < FRAMES && !sim->no_memory) {
		struct event e = pop(sim);

		if (e.time > START + LAST)
			break;
		sim->now = e.time;
		happen(sim, &e);
	}
	if (sim->no_memory)
		goto no_memory;
	free(sim->event);
	free(sim);
	return c;
no_memory:
	free(sim != NULL ? sim->event : NULL);
	free(sim);
	sim_free(c);
	return NULL;
}

void
sim_free(struct sim_capture *capture)
{
	if (capture != NULL)
		free(capture->frame);
	free(capture);
}
