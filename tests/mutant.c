/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "mutant.h"

#include "seq.h"

bool
fits_any(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	(void)m;
	(void)t;
	(void)s;
	return true;
}

size_t
nth_defect(const struct mutant *m, const struct sim_capture *c, unsigned n)
{
	size_t i;

	for (i = next_of(c, 0, m->end); i != NONE;
	     i = next_of(c, i + 1, m->end))
		if (c->frame[i].segment.defect.here && --n == 0)
			return i;
	return NONE;
}

bool
is_plain(const struct sim_segment *s)
{
	return (s->flags & (FLAG_SYN | FLAG_RST | FLAG_ACK)) == FLAG_ACK;
}

bool
fits_plain(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return is_plain(s) && !(s->flags & FLAG_FIN) &&
	       t->state == TCPAUDIT_ESTABLISHED && m->sent[!t->end].plain &&
	       m->sent[t->end].plain && t->fin < 0 && t->peer_fin < 0 &&
	       !s->garbage;
}

bool
fits_pure_ack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && s->length == 0 &&
	       s->seq == seq_raw(t->snd_nxt);
}

bool
fits_new_data(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && s->length > 1 &&
	       s->seq == m->sent[t->end].max;
}

bool
fits_first(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return (s->flags & FLAG_SYN) && !m->sent[t->end].syn;
}

bool
fits_fin(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	(void)m;
	(void)t;
	return s->flags & FLAG_FIN;
}

bool
fits_fin_ack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return is_plain(s) && t->peer_fin >= 0 && t->rcv_nxt > t->peer_fin &&
	       s->ack == seq_raw(t->peer_fin + 1) &&
	       m->sent[t->end].ack != s->ack;
}

bool
go_silent(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)s;
	return t->end != m->end;
}

bool
go_peer_silent(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)s;
	return t->end == m->end;
}

void
insert(struct tcp *t, struct sim_segment s, int64_t delay)
{
	s.defect.here = true;
	s.ip_id += 7;
	sim_insert(t->sim, &s, delay);
}

unsigned
option_octets(const struct sim_segment *s)
{
	return (s->mss != 0 ? 4u : 0u) + (s->wscale >= 0 ? 4u : 0u) +
	       (s->sack_permitted ? 4u : 0u) + (s->timestamps ? 12u : 0u) +
	       (s->sack_count > 0 ? 4u + 8u * s->sack_count : 0u);
}

int32_t
past(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

size_t
next_of(const struct sim_capture *c, size_t i, int end)
{
	for (; i < c->count; i++) {
		if (c->frame[i].segment.end == end)
			return i;
	}
	return NONE;
}

uint32_t
seen_max(const struct sim_capture *c, size_t i, int end)
{
	uint32_t max = 0, last;
	bool any = false;
	size_t j;

	for (j = 0; j < i; j++) {
		const struct sim_segment *s = &c->frame[j].segment;

		if (s->end != end || (s->flags & FLAG_RST) || s->defect.here)
			continue;
		last = s->seq + s->length + !!(s->flags & FLAG_SYN) +
		       !!(s->flags & FLAG_FIN);
		if (!any || (s->flags & FLAG_SYN) || past(last, max) > 0)
			max = last;
		any = true;
	}
	return max;
}
