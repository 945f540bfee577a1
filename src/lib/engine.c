/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The engine: packets in, see intake.c; records out. */
#include "engine.h"

#include <string.h>

#include "check.h"
#include "check_flood.h"
#include "clock.h"
#include "ecn.h"
#include "incarnation.h"
#include "intake.h"
#include "join.h"
#include "obligation.h"
#include "order.h"
#include "part.h"
#include "probe.h"

#define PAYLOAD_STORE (UINT64_C(1) << 24)

void
ta_tuple(const struct connection *c, struct tcpaudit_tuple *out)
{
	const struct flow_key *key = &c->flow->key;

	memset(out, 0, sizeof(*out));
	out->id = c->id;
	out->incarnation = c->incarnation;
	out->family = key->family;
	for (int end = 0; end < 2; end++) {
		int side = end ^ c->client_side;

		out->address[end] = key->address[side];
		out->port[end] = key->port[side];
	}
}

static void
engine_clear(struct tcpaudit *t)
{
	ta_node_clear(&t->nodes);
	ta_flow_clear(t);
	ta_payload_clear(&t->payload, &t->memory);
	ta_sights_clear(&t->sights, &t->memory);
	ta_slab_clear(&t->connections);
	ta_slab_clear(&t->flights);
	ta_slab_clear(&t->gaps);
	ta_slab_clear(&t->watches);
	ta_slab_clear(&t->findings);
	ta_slab_clear(&t->icmp);
	t->flood.census.end = NULL; /* nothing is reported any more */
	ta_census_clear(&t->flood.census);
	ta_slab_clear(&t->flood.cases);
	ta_slab_clear(&t->flood.findings);
	ta_slab_clear(&t->ecn);
	ta_decoder_free(t->decoder);
	ta_clock_drop(t);
	ta_join_clear(t);
}

struct tcpaudit *
tcpaudit_new(const struct tcpaudit_config *config)
{
	struct memory memory;
	struct tcpaudit *t;

	/* The bound keeps the sums of timers far from overflow. */
	if (config->msl <= 0 || config->msl > INT64_MAX / 64 ||
	    config->tw_floor < 0 ||
	    (config->local_count > 0 &&
		(config->local == NULL || config->local_family == NULL)) ||
	    (config->shards > 0 && config->shard >= config->shards) ||
	    config->memory_bytes < (UINT64_C(1) << 20))
		return NULL;
	ta_memory_init(&memory, config,
	    config->memory_bytes / (config->sharers > 1 ? config->sharers : 1));
	t = ta_allocate(&memory, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->memory = memory;
	t->config = *config;
	t->link_type = -1;
	ta_node_init(&t->nodes, &t->memory, config->hash_key);
	ta_pool_init(&t->flows, sizeof(struct flow), &t->memory);
	ta_slab_init(&t->connections, sizeof(struct connection), &t->memory);
	ta_pool_init(&t->calms, sizeof(struct calm), &t->memory);
	ta_pool_init(&t->seeds, sizeof(struct seed), &t->memory);
	ta_pool_init(&t->closes, sizeof(struct calm_close), &t->memory);
	ta_pool_init(&t->slips, sizeof(struct slip), &t->memory);
	ta_pool_init(&t->sent, sizeof(struct calm_sent), &t->memory);
	ta_shapes_init(&t->shapes, &t->memory, config->hash_key);
	ta_pool_init(&t->tombstones, sizeof(struct tombstone), &t->memory);
	ta_slab_init(&t->flights, sizeof(struct flight), &t->memory);
	ta_slab_init(&t->gaps, sizeof(struct gaps), &t->memory);
	ta_slab_init(&t->watches, sizeof(struct watch), &t->memory);
	ta_slab_init(&t->findings, sizeof(struct finding), &t->memory);
	ta_slab_init(&t->icmp, sizeof(struct icmp_memory), &t->memory);
	ta_slab_init(&t->ecn, sizeof(struct ecn), &t->memory);
	t->decoder = ta_decoder_new(config);
	if (t->decoder == NULL ||
	    ta_payload_init(&t->payload, &t->memory,
		config->memory_bytes / 8 < PAYLOAD_STORE ? 1 << 16
							 : PAYLOAD_STORE) < 0) {
		tcpaudit_free(t);
		return NULL;
	}
	ta_flood_init(t);
	return t;
}

void
tcpaudit_free(struct tcpaudit *t)
{
	struct memory memory;

	if (t == NULL)
		return;
	engine_clear(t);
	memory = t->memory;
	ta_release(&memory, t, sizeof(*t));
}

int
tcpaudit_input(struct tcpaudit *t, uint32_t index, int link_type)
{
	if (index > 0xffff || link_type < 0)
		return TCPAUDIT_EINVAL;
	t->input = index;
	t->place.packet = TCPAUDIT_PACKET_ID(index, 0);
	t->link_type = link_type;
	return TCPAUDIT_OK;
}

int
tcpaudit_probe_last(
    struct tcpaudit *t, uint16_t possible[2], enum tcpaudit_state nominal[2])
{
	struct flow *f = NULL;
	bool known;

	if (t->last_node != 0)
		f = ta_flow_open(t, t->last_node);
	if (f == NULL)
		return -1;
	known = f->live != NULL;
	for (int i = 0; known && i < 2; i++) {
		possible[i] = f->live->end[i].possible;
		nominal[i] = f->live->end[i].nominal;
	}
	ta_flow_rest(t, f);
	return known ? 0 : -1;
}

void
tcpaudit_input_cut(struct tcpaudit *t, uint64_t offset)
{
	part_phase(t, PHASE_CUT, 0, 0);
	ta_report(t, NULL, RULE_CP17, -1, SEEN(OFFSET, offset));
}

void
tcpaudit_advance(struct tcpaudit *t, int64_t time)
{
	time = clock_inside(time);
	if (t->early.data != NULL)
		ta_intake_early(t, ta_clock_confirms(t, time), time);
	if (t->t_start == 0 || time <= t->now)
		return;
	t->now = t->time = time; /* silence that was watched is no leap */
	t->statistics.last_time = time;
	ta_flood_advance(t);
	ta_timer_advance(t, time);
	ta_part_flush(t);
}

static void
run_due(struct tcpaudit *t, struct flow *f)
{
	part_phase(t, PHASE_DUE, 0, ta_order_first(t, f->node));
	if (f->live != NULL)
		f->live->deadline = ta_obligation_next(t, f->live);
	if (ta_timer_run(t, f, t->now))
		ta_flow_rest(t, f);
}

static void
finish_flow(struct tcpaudit *t, struct flow *f)
{
	part_phase(t, PHASE_OPEN, 0, ta_order_first(t, f->node));
	t->time = t->now;
	if (f->challenger != NULL && f->live != NULL &&
	    !(f->challenger->end[TCPAUDIT_SERVER].marks & CHALLENGED_SYN))
		ta_check_stray_syn(t, f->challenger, true);
	ta_incarnation_drop(t, f);
	if (f->live != NULL)
		ta_incarnation_end(t, f->live, true);
	ta_flow_free(t, f);
}

/* What was not decoded though TCP may be in it (CP18); ARP or UDP is not. */
static void
report_undecoded(struct tcpaudit *t)
{
	static const enum tcpaudit_skip reasons[] = { TCPAUDIT_SKIP_LINK_TYPE,
		TCPAUDIT_SKIP_TUNNEL_DEPTH, TCPAUDIT_SKIP_FRAGMENT,
		TCPAUDIT_SKIP_ENCRYPTED, TCPAUDIT_SKIP_ESP };
	uint64_t n = 0;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		n += t->statistics.skipped[reasons[i]];
	/* The fragments of what is whole by now were decoded after all. */
	n -= n < t->reassembled ? n : t->reassembled;
	n -= n < t->undecoded ? n : t->undecoded;
	t->undecoded += n;
	if (n > 0)
		ta_report_capture(t, RULE_CP18, SEEN(PACKETS, n));
}

/* The capture itself lost packets, nobody knows of whom: what is still open is
 * judged with that in mind (CP14). */
static void
mark_lossy(struct tcpaudit *t, struct flow *f)
{
	if (f->live != NULL)
		f->live->marks |= CONN_LOSSY_FOR_EVER;
	ta_flow_rest(t, f);
}

/* What is counted over many connections is judged as far as it goes, before
 * those that are open are; then it is forgotten. */
static void
finish_counts(struct tcpaudit *t, enum stage stage)
{
	part_phase(t, stage == STAGE_JUDGE ? PHASE_JUDGE : PHASE_CLEAR, 0, 0);
	if (t->config.on_part != NULL)
		ta_part_stage(t, stage);
	else if (stage == STAGE_JUDGE)
		ta_flood_finish(t);
	else
		ta_flood_clear(t);
}

void
ta_report_pending(struct tcpaudit *t)
{
	if (t->pending > 0)
		ta_report_capture(t, RULE_CP19, SEEN(COPIES, t->pending));
}

/* What there is to say of the capture as a whole. */
static void
finish_capture(struct tcpaudit *t)
{
	part_phase(t, PHASE_CAPTURE, 0, 0);
	report_undecoded(t);
	part_phase(t, PHASE_CLOSE, 0, 0);
	if (t->config.on_part != NULL)
		ta_part_stage(t, STAGE_CLOSE);
	else
		ta_report_pending(t);
	part_phase(t, PHASE_DEFECTS, 0, 0);
	ta_defects_close(t);
}

void
tcpaudit_finish(struct tcpaudit *t, uint64_t drops)
{
	bool changed;

	if (t->early.data != NULL)
		ta_intake_early(t, ta_clock_believes_last(t), t->now);
	t->time = t->now;
	part_phase(t, PHASE_LAST, 0, 0);
	ta_clock_end(t);
	if (drops > 0) {
		ta_flow_each(t, mark_lossy);
		ta_report_capture(t, RULE_CP14, SEEN(PACKETS, drops));
	}
	ta_order_flows(t);
	changed = ta_flow_each_due(t, run_due);
	finish_counts(t, STAGE_JUDGE);
	if (changed)
		ta_order_flows(t);
	t->ending = true;
	ta_flow_end_each(t, finish_flow);
	t->ending = false;
	ta_node_clear(&t->nodes);
	ta_flow_clear(t);
	if (t->config.on_part != NULL) {
		part_phase(t, PHASE_PENDING, 0, 0);
		ta_part_pending(t, t->pending);
	}
	finish_counts(t, STAGE_CLEAR);
	finish_capture(t);
	ta_part_flush(t);
	t->pending = 0;
	t->flood.due = 0;
	t->flood.plain = false;
	t->icmp_families = 0;
	memset(t->synacks, 0, sizeof(t->synacks));
	t->t_step_back = t->t_leap = t->leap = 0;
	t->silent = false;
	t->undisturbed = 0;
	t->last_node = 0;
	memset(&t->timers, 0, sizeof(t->timers));
	t->t_start = 0;
}

void
tcpaudit_statistics(const struct tcpaudit *t, struct tcpaudit_statistics *out)
{
	*out = t->statistics;
	if (t->statistics.first_time != 0) {
		out->first_time -= TIME_BIAS;
		out->last_time -= TIME_BIAS;
	}
	out->open_flows = t->nodes.count;
	out->memory_bytes = t->memory.used + t->flood.memory.used;
}
