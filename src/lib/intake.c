/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * The way of a packet in.  Order for each (rules A.12): decode; header; flow;
 * timers up to its time; copies of frames; incarnation; then the step, see
 * step.c, or the quick way, see quick.h.  Several packets are looked at before
 * the first is judged, see look.h.
 */
#include "intake.h"

#include "check.h"
#include "check_flood.h"
#include "clock.h"
#include "look.h"
#include "part.h"
#include "step.h"

/* Where text is cut in one segment, it is in nearly all of them. */
static void
about_cut(struct tcpaudit *t, const struct segment *seg)
{
	if (t->cut != NULL) {
		defect_repeats(t->cut, t->packet);
		return;
	}
	ta_report_capture(t, RULE_CP06, SEEN(LENGTH, seg->length));
	t->cut = ta_defect(t, RULE_CP06);
}

static inline __attribute__((always_inline)) void
about_capture(struct tcpaudit *t, const struct segment *seg)
{
	if (seg->header_cut)
		ta_report_capture(
		    t, RULE_CP07, SEEN(LENGTH, seg->header_length));
	else if (seg->payload_cut)
		about_cut(t, seg);
	if (seg->zero_length)
		ta_report_capture(t, RULE_CP12, SEEN(LENGTH, seg->length));
}

/* Runs the timers of a flow up to now; false: it is gone. */
static bool
catch_up(struct tcpaudit *t, struct flow *f)
{
	return node_at(&t->nodes, f->node)->deadline > t->now ||
	       ta_timer_run(t, f, t->now);
}

/* The long way: everything is judged. */
static int
judge_segment(
    struct tcpaudit *t, uint32_t node, int side, const struct segment *seg)
{
	struct flow *f = ta_flow_take(t, node);
	int result;

	if (f != NULL && !catch_up(t, f))
		f = ta_flow_get(t, seg, &side);
	if (f == NULL)
		return TCPAUDIT_ENOMEM;
	t->last_node = f->node;
	result = ta_step(t, f, side, seg);
	ta_flow_rest(t, f);
	return result;
}

/* Whether it is calm; a seed becomes so. */
static bool
sprout(struct tcpaudit *t, struct node *n)
{
	uint32_t calm;

	if (n->kind == NODE_SEED) {
		calm = ta_seed_grow(t, n->body);
		if (calm == 0)
			return false;
		n->body = calm;
		n->kind = NODE_CALM;
	}
	return n->kind == NODE_CALM;
}

static inline __attribute__((always_inline)) int
audit_segment(struct tcpaudit *t, struct look *l)
{
	const struct segment *seg = &l->seg;
	struct node *n;
	uint32_t node;
	int result;

	n = look_node(&t->nodes, l);
	if (n != NULL) {
		node = l->node;
		n->touched = 1;
	} else {
		node = ta_flow_node(t, &l->name);
		if (node == 0)
			return TCPAUDIT_ENOMEM;
		n = node_at(&t->nodes, node);
	}
	t->last_node = node;
	if (n->kind == NODE_BARE) {
		if (ta_quick_syn(t, node, l->side, seg))
			return TCPAUDIT_OK;
		result = judge_segment(t, node, l->side, seg);
		ta_quick_learn_syn(t, seg);
		return result;
	}
	if (n->deadline <= t->now || !sprout(t, n))
		return judge_segment(t, node, l->side, seg);
	if (ta_quick(t, node, n, l->side, seg))
		return TCPAUDIT_OK;
	result = judge_segment(t, node, l->side, seg);
	ta_quick_learn(t, l->side, seg);
	return result;
}

/* What is the same whoever audits it, then the rest. */
static inline __attribute__((always_inline)) int
take_segment(struct tcpaudit *t, struct look *l)
{
	const struct segment *seg = &l->seg;

	t->statistics.tcp_packets++;
	if (!t->config.silent)
		about_capture(t, seg);
	payload_room(&t->payload, seg->captured);
	if (seg->flags & FLAG_SYN)
		ta_note_synack(t, seg);
	if (l->result != DECODE_SEGMENT)
		return TCPAUDIT_OK;
	payload_fetch(&t->payload);
	return audit_segment(t, l);
}

/* ICMP, perhaps an error about a connection that is known; it begins none. */
static void
take_icmp(struct tcpaudit *t, const struct segment *quote)
{
	struct flow *f;
	int side;

	t->icmp_families |= 1u << quote->family;
	if (quote->icmp == ICMP_NONE)
		return;
	f = ta_flow_find(t, quote, &side);
	if (f == NULL || !catch_up(t, f))
		return;
	if (f->live != NULL)
		ta_check_icmp(t, f->live, side != f->live->client_side, quote);
	ta_flow_rest(t, f);
}

/* The clock moves to the time of a packet, and what is due by then happens. */
static void
reach(struct tcpaudit *t, int64_t time)
{
	part_phase(t, PHASE_CLOCK, 0, 0);
	ta_clock_set(t, time);
	ta_flood_advance(t); /* before what is told by a flood */
	ta_timer_advance(t, t->now);
	ta_clock_rest(t);
}

/* Inline in the loop over packets, all the way down to ta_quick(). */
static inline __attribute__((always_inline)) int
take_here(
    struct tcpaudit *t, tcpaudit_packet_id packet, int64_t time, struct look *l)
{
	t->packet = packet;
	t->statistics.packets++;
	if (!clock_goes_on(t, time))
		reach(t, time);
	part_phase(t, PHASE_PACKET, 0, 0);
	t->statistics.truncated += l->truncated;
	t->reassembled += l->seg.fragments_before;
	if (l->result != DECODE_SKIPPED)
		return take_segment(t, l);
	t->statistics.skipped[l->why]++;
	if (l->why == TCPAUDIT_SKIP_ICMP)
		take_icmp(t, &l->seg);
	return TCPAUDIT_OK;
}

static int
take(
    struct tcpaudit *t, tcpaudit_packet_id packet, int64_t time, struct look *l)
{
	return take_here(t, packet, time, l);
}

/* The packet that waited is judged: at its own time, or at the time of what
 * comes after it. */
int
ta_intake_early(struct tcpaudit *t, bool believed, int64_t next)
{
	struct tcpaudit_packet packet;
	struct look l;
	int result;

	part_phase(t, PHASE_CLOCK, 0, 0);
	if (!believed)
		ta_clock_refute(t, next);
	if (!ta_clock_held(t, &packet))
		return TCPAUDIT_OK;
	ta_look(t, t->early.input, t->early.link_type, &packet, &l);
	result = take(t, TCPAUDIT_PACKET_ID(t->early.input, packet.number),
	    clock_inside(packet.time), &l);
	ta_clock_drop(t);
	return result;
}

/* It may be one that has to wait, or decide about the one that does. */
static int
take_doubtful(struct tcpaudit *t, const struct tcpaudit_packet *packet,
    int64_t time, struct look *l)
{
	int early = TCPAUDIT_OK, result;

	if (t->early.data != NULL)
		early = ta_intake_early(t, ta_clock_confirms(t, time), time);
	if (ta_clock_doubts(t, time) && ta_clock_hold(t, packet))
		return early;
	result = take(t, TCPAUDIT_PACKET_ID(t->input, packet->number), time, l);
	return result != TCPAUDIT_OK ? result : early;
}

static inline __attribute__((always_inline)) int
take_one(
    struct tcpaudit *t, const struct tcpaudit_packet *packet, struct look *l)
{
	int64_t time = clock_inside(packet->time);

	if (time >= t->undisturbed)
		return take_doubtful(t, packet, time, l);
	return take_here(
	    t, TCPAUDIT_PACKET_ID(t->input, packet->number), time, l);
}

int
tcpaudit_packets(
    struct tcpaudit *t, const struct tcpaudit_packet *packets, size_t count)
{
	struct look l[LOOK_AHEAD];
	int result = TCPAUDIT_OK;

	if (t->link_type < 0)
		return TCPAUDIT_EINVAL;
	while (count > 0) {
		size_t n = ta_look_ahead(t, packets, count, l);

		for (size_t i = 0; i < n; i++) {
			int one = take_one(t, &packets[i], &l[i]);

			result = one != TCPAUDIT_OK ? one : result;
		}
		packets += n;
		count -= n;
	}
	ta_part_flush(t);
	return result;
}

int
tcpaudit_packet(struct tcpaudit *t, const struct tcpaudit_packet *packet)
{
	return tcpaudit_packets(t, packet, 1);
}
