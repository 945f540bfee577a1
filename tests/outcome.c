/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "outcome.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"
#include "engine.h"

/* Text that grows up to a bound. */
struct text {
	char *p;
	size_t used, room;
};

static void append(struct text *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

static void
append(struct text *t, const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(t->p + t->used, t->room - t->used, format, list);
	va_end(list);
	if (n > 0)
		t->used += (size_t)n;
	if (t->used >= t->room)
		t->used = t->room - 1;
}

static void *
grow(void *p, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return p;
	*room = 2 * *room + 16;
	p = realloc(p, *room * size);
	if (p == NULL) {
		perror("property");
		abort();
	}
	return p;
}

/* The number of a packet as if there were no copies. */
static uint64_t
original(const struct outcome *o, tcpaudit_packet_id id)
{
	uint64_t n = TCPAUDIT_PACKET_NUMBER(id);

	return o->trial->twice ? (n + 1) / 2 : n;
}

static void
append_values(
    struct text *t, const struct outcome *o, const struct tcpaudit_finding *f)
{
	size_t i;

	for (i = 0; i < f->value_count; i++) {
		const struct tcpaudit_value *v = &f->values[i];

		if ((o->trial->omit & OMIT_SEQUENCES) &&
		    (v->kind == TCPAUDIT_VALUE_SEQUENCE ||
			v->kind == TCPAUDIT_VALUE_HEX))
			continue;
		if ((o->trial->omit & OMIT_TIMES) &&
		    v->kind == TCPAUDIT_VALUE_DURATION)
			continue;
		append(t, " %s%s=%" PRId64, v->expected ? "expected." : "",
		    v->name, v->value);
	}
}

static void
on_finding(void *argument, const struct tcpaudit_finding *f)
{
	struct outcome *o = argument;
	struct outcome_finding *to = NULL;
	struct text t;
	size_t i;

	for (i = 0; i < o->count && to == NULL; i++) {
		if (o->finding[i].id == f->id)
			to = &o->finding[i];
	}
	if (to == NULL) {
		o->finding =
		    grow(o->finding, o->count, &o->room, sizeof(*o->finding));
		to = &o->finding[o->count++];
	}
	to->id = f->id;
	to->rule = f->rule;
	to->severity = f->severity;
	to->confidence = f->confidence;
	to->packet = original(o, f->packet);
	to->last_packet = original(o, f->last_packet);
	to->packets = f->packet_count;
	for (i = 0; i < f->packet_count; i++)
		to->evidence[i] = original(o, f->packets[i]);
	t = (struct text){ to->text, 0, sizeof(to->text) };
	append(&t,
	    "%s %s %s/%s end %d packet %" PRIu64 " x%" PRIu64 " last %" PRIu64
	    " state %s,%s 0x%x,0x%x of",
	    f->rule->code, f->rule->name, tcpaudit_severity_name(f->severity),
	    tcpaudit_confidence_name(f->confidence), f->endpoint,
	    original(o, f->packet), f->count, original(o, f->last_packet),
	    tcpaudit_state_name(f->state[0]), tcpaudit_state_name(f->state[1]),
	    f->possible[0], f->possible[1]);
	for (i = 0; i < f->packet_count; i++)
		append(&t, " %" PRIu64, original(o, f->packets[i]));
	if (!(o->trial->omit & OMIT_TIMES))
		append(&t, " at %" PRId64, f->time - o->trial->view->time);
	append_values(&t, o, f);
}

static void
on_connection(void *argument, const struct tcpaudit_connection *c)
{
	struct outcome *o = argument;
	struct text t;
	size_t i;
	int end;

	o->connection = grow(o->connection, o->connections, &o->connection_room,
	    sizeof(*o->connection));
	t = (struct text){ o->connection[o->connections++], 0,
		sizeof(*o->connection) };
	append(&t,
	    "connection %" PRIu64 ".%" PRIu32 " packets %" PRIu64 "-%" PRIu64
	    " %s closed by %d %s%s %s %s %u",
	    c->connection->id, c->connection->incarnation,
	    original(o, c->first_packet), original(o, c->last_packet),
	    tcpaudit_verdict_name(c->verdict), c->closed_by,
	    c->lossy ? "lossy" : "", c->midstream ? "midstream" : "",
	    c->zeek_conn_state, c->zeek_history, c->wireshark_completeness);
	for (i = 0; i < c->pending_count; i++)
		append(&t, " %s", c->pending[i]->code);
	for (end = 0; end < 2; end++) {
		const struct tcpaudit_endpoint *e = &c->end[end];

		append(&t,
		    "; 0x%x %" PRIu64 "/%" PRIu64 "/%" PRIu64 "/%" PRIu64
		    " rtx %" PRIu64 "/%" PRIu64 " ooo %" PRIu64,
		    e->possible, e->packets, e->bytes, e->unique_bytes,
		    e->zero_windows, e->retransmitted_packets,
		    e->retransmitted_bytes, e->out_of_order_packets);
		for (i = 0; i < e->path_length; i++)
			append(&t, " %s", tcpaudit_state_name(e->path[i]));
	}
}

/* ------------------------------------------------------------- soundness */

static void
append_states(struct text *t, uint16_t set)
{
	int i;

	for (i = 0; i < TCPAUDIT_STATES; i++) {
		if (set & (1u << i))
			append(t, " %s", tcpaudit_state_name(i));
	}
}

/* The connection that the last packet belonged to, if it still is one, as it
 * is.  Only here the insides of the engine are looked at: what is possible is
 * told by records, but not for every packet. */
static const struct connection *
last_connection(struct tcpaudit *engine)
{
	static struct connection copy;
	const struct connection *c = NULL;
	struct flow *f = NULL;

	if (engine->last_node != 0)
		f = ta_flow_open(engine, engine->last_node);
	if (f == NULL)
		return NULL;
	if (f->challenger != NULL &&
	    f->challenger->last_packet == engine->packet)
		c = f->challenger;
	else if (f->live != NULL && f->live->last_packet == engine->packet)
		c = f->live;
	if (c != NULL)
		copy = *c;
	ta_flow_rest(engine, f);
	return c != NULL ? &copy : NULL;
}

static void
compare_truth(struct outcome *o, struct tcpaudit *engine, size_t i)
{
	const struct sim_frame *f = &o->trial->capture->frame[i];
	const struct connection *c = last_connection(engine);
	struct text t = { o->unsound, 0, sizeof(o->unsound) };
	int end;

	/* A packet whose time is doubted waits for the next one. */
	if (c == NULL || o->unsound[0] != '\0' ||
	    original(o, engine->packet) != i + 1)
		return;
	for (end = 0; end < 2; end++) {
		/* Endpoint 0 has the lower address: side 0 of the key. */
		int side = end ^ o->trial->view->swap ^ c->client_side;

		if (f->truth[end] == 0 ||
		    (f->truth[end] & c->end[side].possible))
			continue;
		append(&t, "packet %zu endpoint %d is in", i + 1, end);
		append_states(&t, f->truth[end]);
		append(&t, ", held possible:");
		append_states(&t, c->end[side].possible);
		return;
	}
}

/* ------------------------------------------------------------------- runs */

static struct tcpaudit *
engine_new(struct outcome *o)
{
	struct tcpaudit_config config;
	struct tcpaudit *engine;

	tcpaudit_defaults(&config, TCPAUDIT_STACK_RFC);
	config.argument = o;
	config.on_finding = on_finding;
	config.on_connection = on_connection;
	engine = tcpaudit_new(&config);
	if (engine == NULL) {
		perror("property");
		abort();
	}
	tcpaudit_input(engine, 0, 1);
	return engine;
}

/* The capture may end with the last packet, or go on without any. */
static int64_t
silence(const struct sim_capture *c)
{
	static const int64_t seconds[] = { 0, 100, 10000 };

	return seconds[c->seed % 3] * 1000000000;
}

static void
feed(struct outcome *o, struct tcpaudit *engine, size_t i, int64_t limit)
{
	uint8_t buffer[SIM_FRAME_BYTES];
	struct tcpaudit_packet p;

	sim_render(o->trial->capture, i, o->trial->view, buffer, &p);
	if (o->trial->twice)
		p.number = 2 * i + 1;
	tcpaudit_packet(engine, &p);
	compare_truth(o, engine, i);
	if (!o->trial->twice)
		return;
	p.number++;
	p.time += 10000;
	if (p.time > limit)
		p.time = limit;
	tcpaudit_packet(engine, &p);
}

void
outcome_run(struct outcome *o, const struct trial *trial)
{
	const struct sim_capture *c = trial->capture;
	struct tcpaudit *engine;
	int64_t last = 0, limit, wait;
	size_t i;

	memset(o, 0, sizeof(*o));
	o->trial = trial;
	engine = engine_new(o);
	for (i = 0; i < c->count; i++) {
		if (trial->gone != NULL && trial->gone[i])
			continue;
		last = c->frame[i].time + trial->view->time;
		limit = i + 1 < c->count
			    ? c->frame[i + 1].time + trial->view->time
			    : INT64_MAX;
		feed(o, engine, i, limit);
	}
	wait = trial->wait ? 10000 * INT64_C(1000000000) : silence(c);
	if (last != 0 && wait != 0)
		tcpaudit_advance(engine, last + wait);
	tcpaudit_finish(engine, 0);
	tcpaudit_free(engine);
}

void
outcome_clear(struct outcome *o)
{
	free(o->finding);
	free(o->connection);
}

/* The next finding from *i on that is not of the rule `but`. */
static const char *
next_text(const struct outcome *o, size_t *i, const char *but)
{
	while (*i < o->count && but != NULL &&
	       strcmp(o->finding[*i].rule->name, but) == 0)
		++*i;
	return *i < o->count ? o->finding[(*i)++].text : "nothing";
}

bool
outcome_same(const struct outcome *a, const struct outcome *b, const char *but,
    char *why, size_t room)
{
	size_t i = 0, j = 0;
	const char *x, *y;

	while (i < a->count || j < b->count) {
		x = next_text(a, &i, but);
		y = next_text(b, &j, but);
		if (strcmp(x, y) != 0) {
			snprintf(why, room, "'%.280s' became '%.280s'", x, y);
			return false;
		}
	}
	for (i = 0; i < a->connections || i < b->connections; i++) {
		x = i < a->connections ? a->connection[i] : "nothing";
		y = i < b->connections ? b->connection[i] : "nothing";
		if (strcmp(x, y) != 0) {
			snprintf(why, room, "'%.280s' became '%.280s'", x, y);
			return false;
		}
	}
	return true;
}

/* ------------------------------------------------------------------ trace */

static void
trace_frame(const struct sim_capture *c, size_t i)
{
	static const char letters[] = "FSRPAUEC";
	const struct sim_frame *f = &c->frame[i];
	const struct sim_segment *s = &f->segment;
	char line[200];
	struct text t = { line, 0, sizeof(line) };
	int bit;

	append(&t, "%3zu%c%11.6f %d.%u> ", i + 1, s->defect.here ? '*' : ' ',
	    (double)(f->time - c->frame[0].time) / 1e9, s->end, s->incarnation);
	for (bit = 7; bit >= 0; bit--) {
		if (s->flags & (1u << bit))
			append(&t, "%c", letters[bit]);
	}
	append(&t, " %u+%u a%u w%u id%u", s->seq - s->isn, s->length, s->ack,
	    s->window, s->ip_id);
	if (s->timestamps)
		append(&t, " ts%u/%u", s->tsval, s->tsecr);
	append(&t, " |");
	append_states(&t, f->truth[0]);
	append(&t, " |");
	append_states(&t, f->truth[1]);
	printf("%s\n", line);
}

void
outcome_trace(const struct sim_capture *c)
{
	static const struct sim_view plain;
	const struct trial trial = { .capture = c, .view = &plain };
	struct outcome o;
	size_t i;

	printf("seed %" PRIu64 " features 0x%x\n", c->seed, c->features);
	for (i = 0; i < c->count; i++)
		trace_frame(c, i);
	outcome_run(&o, &trial);
	for (i = 0; i < o.count; i++)
		printf("%s\n", o.finding[i].text);
	for (i = 0; i < o.connections; i++)
		printf("%s\n", o.connection[i]);
	if (o.unsound[0] != '\0')
		printf("unsound: %s\n", o.unsound);
	outcome_clear(&o);
}
