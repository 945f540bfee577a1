/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * Both sides of a translator of addresses are in one capture: each connection
 * stands there twice, under two tuples.  A SYN-ACK has two numbers of 32 bits
 * that its ends chose; the same two, from or to the same end at about the same
 * time, a hop away, are the same SYN-ACK.  The last ones are remembered, by
 * their numbers, in a table of fixed size, whoever audits their connections.
 */
#include "check.h"

#include <string.h>

/* A router takes no longer, and the next segments come behind it. */
#define T_TRANSLATED (50 * MILLISECOND)

static struct seen_synack *
find_slot(struct tcpaudit *t, const struct segment *seg)
{
	uint32_t mix = (seg->seq ^ seg->ack * 2654435761u) * 2654435761u;

	return &t->synacks[mix >> 24];
}

static bool
same_end(const struct seen_synack *old, const struct segment *seg, bool source)
{
	const struct tcpaudit_address *a =
	    source ? &seg->source : &seg->destination;
	uint16_t port = source ? seg->source_port : seg->destination_port;

	return old->port[!source] == port &&
	       memcmp(&old->address[!source], a, sizeof(*a)) == 0;
}

static void
note(struct tcpaudit *t, const struct segment *seg)
{
	struct seen_synack *slot = find_slot(t, seg);

	t->former_synack = *slot;
	/* Not where it is the same frame, captured again. */
	if (same_end(slot, seg, true) && same_end(slot, seg, false) &&
	    slot->seq == seg->seq && slot->ack == seg->ack &&
	    slot->ttl == seg->ttl && t->time - slot->time <= T_DUPLICATE)
		return;
	*slot = (struct seen_synack){ .time = t->time,
		.packet = t->packet,
		.address = { seg->source, seg->destination },
		.port = { seg->source_port, seg->destination_port },
		.seq = seg->seq,
		.ack = seg->ack,
		.window = seg->window,
		.ttl = seg->ttl,
		.family = seg->family };
}

void
ta_note_synack(struct tcpaudit *t, const struct segment *seg)
{
	if ((seg->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) ==
		(FLAG_SYN | FLAG_ACK) &&
	    !(seg->faults & (FAULT_OFFSET_SMALL | FAULT_OFFSET_OVERRUN)))
		note(t, seg);
}

/* One end was translated, the other was not. */
bool
ta_is_translated(const struct tcpaudit *t, const struct segment *seg)
{
	const struct seen_synack *old = &t->former_synack;

	return old->packet != 0 && old->seq == seg->seq &&
	       old->ack == seg->ack && old->window == seg->window &&
	       old->family == seg->family && old->ttl != seg->ttl &&
	       t->time - old->time <= T_TRANSLATED &&
	       same_end(old, seg, true) != same_end(old, seg, false);
}

void
ta_check_translated(struct step *s)
{
	const struct segment *seg = s->seg;
	const struct seen_synack *old = &s->t->former_synack;

	if (ta_is_translated(s->t, seg))
		report(s, RULE_CP20, s->e, PROOF(old->packet),
		    SEEN(SEQ, seg->seq), SEEN(ACK, seg->ack),
		    SEEN(TTL, seg->ttl), EXPECT(TTL, old->ttl));
}
