/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What an endpoint has sent is remembered until it is acknowledged, its bytes a
 * little longer. */
#include "step.h"

static void
keep_bytes(struct step *s, struct transmission *new)
{
	struct endpoint *e = s->e;
	struct kept k = { .before = e->kept,
		.start = new->start,
		.packet = new->packet,
		.length = s->seg->captured,
		.apart = new->apart };

	if (s->n == 0 || s->syn || k.length == 0 || !s->new_data)
		return;
	new->stored = ta_payload_keep(&s->t->payload, s->seg->payload, &k);
	new->stored_length = k.length;
	if (new->stored != 0)
		e->kept = new->stored;
}

static void
transmission_of(const struct step *s, struct transmission *new)
{
	new->start = s->q;
	new->end = s->end;
	new->time = new->time_first = s->time;
	new->packet = s->t->packet;
	new->stored = 0;
	new->stored_length = 0;
	new->apart = s->seg->tunnel ^ s->seg->vlan;
	new->tsval = s->seg->tsval;
	new->ip_id = (uint16_t)s->seg->ip_id;
	new->copies = 1;
	new->sacked = new->holed = false;
	new->sack_reports = 0;
	new->sacked_ms = 0;
}

/* Sent again, in part or as a whole, or late. */
static void
remember_again(struct step *s)
{
	struct endpoint *e = s->e;
	const struct transmission *old = ta_flight_find(e->flight, s->q);
	struct transmission new;

	transmission_of(s, &new);
	if (old != NULL) {
		new.copies = old->copies + (old->copies < UINT16_MAX);
		new.time_first = old->time_first;
		if (old->start == s->q && old->end == s->end) {
			new.stored = old->stored;
			new.stored_length = old->stored_length;
		}
	}
	if (new.stored == 0)
		keep_bytes(s, &new);
	ta_flight_add(e->flight, &new);
}

void
ta_remember_sent(struct step *s)
{
	struct endpoint *e = s->e;
	struct transmission *new;

	if (s->length == 0 || s->range == RANGE_KEEPALIVE)
		return;
	/* Acknowledged already: it will never be again. */
	if (endpoint_knows(s->p, KNOWS_ACK) && s->end <= s->p->ack)
		return;
	if (e->flight == NULL)
		e->flight = ta_slab_take(&s->t->flights);
	if (e->flight == NULL)
		return;
	if (!ta_flight_is_below(e->flight, s->q)) {
		remember_again(s);
		return;
	}
	/* Written where it is to stand: nearly all are new. */
	new = ta_flight_append(e->flight);
	transmission_of(s, new);
	keep_bytes(s, new);
}
