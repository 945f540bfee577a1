/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <stdlib.h>
#include <string.h>

#include "chatter_talk.h"
#include "segment.h"

/* Splitmix64. */
static uint32_t
any(struct chatter *c)
{
	uint64_t z = (c->random += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)(z >> 32);
}

uint32_t
chatter_below(struct chatter *c, uint32_t n)
{
	return any(c) % n;
}

bool
chatter_chance(struct chatter *c, uint32_t n)
{
	return chatter_below(c, n) == 0;
}

/* -------------------------------------------------------------- connections */

static void
begin_mouth(struct chatter *c, struct mouth *m, bool plain)
{
	static const uint16_t mss[] = { 1460, 1460, 536, 1400, 0 };
	static const uint8_t shift[] = { 0, 7, 7, 2, 14 };
	static const uint16_t window[] = { 65535, 64240, 8192, 501, 2000 };
	static const uint32_t tick[] = { 1000000, 1000000, 10000000, 250000 };
	uint16_t ip_id = m->ip_id;

	memset(m, 0, sizeof(*m));
	m->nxt = chatter_chance(c, 16) ? 0u - chatter_below(c, 3000) : any(c);
	m->mss = mss[plain ? chatter_below(c, 2) : chatter_below(c, 5)];
	m->window = window[!chatter_chance(c, 3) ? chatter_below(c, 2)
						 : chatter_below(c, 5)];
	m->shift = shift[chatter_below(c, 5)];
	m->stamps = chatter_chance(c, 2);
	m->scales = chatter_chance(c, 2);
	m->sacks = chatter_chance(c, 2);
	m->ttl = chatter_chance(c, 2) ? 64 : 57;
	m->ip_id = ip_id;
	m->clock = chatter_chance(c, 8) ? 0u - chatter_below(c, 1000) : any(c);
	m->tick = tick[chatter_below(c, 4)];
}

static void
begin(struct chatter *c, struct talk *k, int64_t time, bool again)
{
	static const int64_t pace[] = { 0, MS / 1000, MS / 10, MS, 10 * MS,
		40 * MS, 200 * MS, 1000 * MS };
	bool plain = !chatter_chance(c, 3);

	if (!again) {
		memset(k, 0, sizeof(*k));
		k->number = c->numbers++;
		k->family = chatter_chance(c, 5) ? 6 : 4;
		k->tagged = chatter_chance(c, 8);
	}
	k->phase = chatter_chance(c, 30) ? 3 : 0;
	k->odd =
	    !plain ? 8 + 22 * chatter_below(c, 2) : 60 * chatter_below(c, 2);
	k->greedy = chatter_chance(c, 10);
	k->hidden = chatter_chance(c, 25) ? 1 + chatter_below(c, 2) : 0;
	k->life = chatter_chance(c, 30) ? chatter_below(c, 300)
					: chatter_below(c, 20);
	k->joins = chatter_chance(c, 5) ? 2 + chatter_below(c, 20) : 1;
	k->pace = pace[chatter_below(c, 8)];
	k->time = time;
	begin_mouth(c, &k->end[0], plain);
	begin_mouth(c, &k->end[1], plain);
	if (chatter_chance(c, 2)) { /* the same on both sides */
		k->end[1].stamps = k->end[0].stamps;
		k->end[1].scales = k->end[0].scales;
	}
	if (k->phase == 3) {
		k->end[0].ack = k->end[1].nxt;
		k->end[1].ack = k->end[0].nxt;
	}
}

static int64_t
wait(struct chatter *c, const struct talk *k)
{
	static const int64_t odd[] = { 0, 1, 480 * MS, 520 * MS, 1100 * MS,
		3000 * MS, 5000 * MS, 8000 * MS, 70000 * MS, 240000 * MS,
		700000 * MS };

	if (chatter_chance(c, 40))
		return odd[chatter_below(c, 11)];
	if (k->pace == 0 || chatter_chance(c, 8))
		return 0;
	return k->pace / 2 + (int64_t)chatter_below(c, (uint32_t)k->pace);
}

/* ---------------------------------------------------------------- segments */

void
chatter_stamp(struct chatter_segment *s, uint32_t tsval, uint32_t tsecr)
{
	uint8_t *p = s->option + s->options;

	p[0] = p[1] = 1;
	p[2] = 8;
	p[3] = 10;
	for (int i = 0; i < 4; i++) {
		p[4 + i] = (uint8_t)(tsval >> (24 - 8 * i));
		p[8 + i] = (uint8_t)(tsecr >> (24 - 8 * i));
	}
	s->options += 12;
}

static void
syn_options(
    const struct mouth *m, bool scales, bool sacks, struct chatter_segment *s)
{
	const uint8_t mss[] = { 2, 4, (uint8_t)(m->mss >> 8), (uint8_t)m->mss };
	const uint8_t scale[] = { 1, 3, 3, m->shift };
	const uint8_t sack[] = { 1, 1, 4, 2 };

	if (m->mss != 0) {
		memcpy(s->option + s->options, mss, 4);
		s->options += 4;
	}
	if (scales) {
		memcpy(s->option + s->options, scale, 4);
		s->options += 4;
	}
	if (sacks) {
		memcpy(s->option + s->options, sack, 4);
		s->options += 4;
	}
}

/* What an end would send now, with its latest acknowledgment. */
static void
compose(struct talk *k, int from, uint16_t flags, uint32_t n,
    struct chatter_segment *s)
{
	struct mouth *m = &k->end[from], *p = &k->end[!from];
	bool syn = flags & FLAG_SYN, answer = syn && (flags & FLAG_ACK);
	bool stamps = m->stamps && ((syn && !answer) || p->stamps);

	memset(s, 0, sizeof(*s));
	s->family = k->family;
	s->tagged = k->tagged;
	s->number = k->number;
	s->from = (uint8_t)from;
	s->ttl = m->ttl;
	s->ip_id = ++m->ip_id;
	s->seq = m->nxt;
	s->ack = flags & FLAG_ACK ? m->ack : 0;
	s->flags = flags;
	s->window = m->window;
	s->length = n;
	if (syn)
		syn_options(m, m->scales && (!answer || p->scales),
		    m->sacks && (!answer || p->sacks), s);
	m->tsval = m->clock + (uint32_t)(k->time / m->tick);
	if (stamps)
		chatter_stamp(s, m->tsval, flags & FLAG_ACK ? p->tsval : 0);
}

/* It has sent it. */
static void
sent(struct talk *k, const struct chatter_segment *s)
{
	struct mouth *m = &k->end[s->from], *p = &k->end[!s->from];
	uint32_t length =
	    s->length + !!(s->flags & FLAG_SYN) + !!(s->flags & FLAG_FIN);
	bool scaled = m->scales && p->scales && !(s->flags & FLAG_SYN);
	uint32_t edge =
	    m->ack + ((uint32_t)m->window << (scaled ? m->shift : 0));
	unsigned i = 0;

	m->nxt = s->seq + length;
	if (length > 0 && m->flying < FLYING)
		m->end[m->flying++] = m->nxt;
	m->fin |= (s->flags & FLAG_FIN) != 0;
	if ((int32_t)(edge - m->edge) > 0 || k->phase < 3)
		m->edge = edge;
	while (i < p->flying && (int32_t)(p->end[i] - m->ack) <= 0)
		i++;
	memmove(p->end, p->end + i, (p->flying - i) * sizeof(p->end[0]));
	p->flying -= i;
}

/* How much it acknowledges now. */
static void
acknowledge(struct chatter *c, struct talk *k, int from)
{
	struct mouth *m = &k->end[from], *p = &k->end[!from];

	if (p->flying == 0 || chatter_chance(c, 8) ||
	    (k->greedy && !chatter_chance(c, 5)))
		return;
	if (chatter_chance(c, 3))
		m->ack = p->end[chatter_below(c, p->flying)];
	else
		m->ack = p->end[p->flying - 1];
}

/* Its right edge stays where it is, though its ACK moves; or goes on by much.
 */
static void
fit_window(struct chatter *c, struct talk *k, int from)
{
	struct mouth *m = &k->end[from], *p = &k->end[!from];
	unsigned shift = m->scales && p->scales ? m->shift : 0;
	uint32_t room = (m->edge - m->ack) >> shift;

	if (chatter_chance(c, 3))
		room += 3000 + chatter_below(c, 3000);
	if (room >= 4 && room <= UINT16_MAX)
		m->window = (uint16_t)room;
}

static uint32_t
text(struct chatter *c, const struct talk *k, int from)
{
	const struct mouth *m = &k->end[from], *p = &k->end[!from];
	uint32_t mss = p->mss != 0 ? p->mss : 536, n = mss;
	int32_t room = (int32_t)(p->edge - m->nxt);

	if (m->stamps && p->stamps)
		n = mss -= 12;
	if (k->joins > 1 && chatter_chance(c, 2))
		n = mss * (1 + chatter_below(c, k->joins));
	else if (chatter_chance(c, 2))
		n = 1 + chatter_below(c, mss);
	if (room < (int32_t)n)
		n = room > 0 ? (uint32_t)room : 0;
	return n;
}

/* -------------------------------------------------------------------- steps */

static void
step_handshake(struct chatter *c, struct talk *k, struct chatter_segment *s)
{
	if (k->phase == 0) {
		compose(k, 0, FLAG_SYN, 0, s);
	} else if (k->phase == 1) {
		k->end[1].ack = k->end[0].nxt;
		compose(k, 1, FLAG_SYN | FLAG_ACK, 0, s);
		if (chatter_chance(c, 40))
			chatter_odd_header(c, k, s);
		if (chatter_chance(c, 200))
			chatter_odd_options(c, k, s);
	} else {
		k->end[0].ack = k->end[1].nxt;
		if (chatter_chance(c, 10)) /* it speaks at once */
			compose(k, 0, FLAG_ACK | FLAG_PSH, text(c, k, 0), s);
		else if (chatter_chance(c, 30))
			compose(k, 0, FLAG_ACK | FLAG_FIN, 0, s);
		else
			compose(k, 0, FLAG_ACK, 0, s);
	}
	k->phase++;
}

static void
step_open(struct chatter *c, struct talk *k, struct chatter_segment *s)
{
	int from =
	    k->greedy && !chatter_chance(c, 8) ? 1 : (int)chatter_below(c, 2);
	struct mouth *m = &k->end[from];
	bool closes = k->life == 0 && !m->fin && chatter_chance(c, 4);
	uint32_t n = 0;

	k->life -= k->life > 0;
	acknowledge(c, k, from);
	if (chatter_chance(c, k->odd == 0 ? 100 : 10) && m->window > 100)
		m->window =
		    (uint16_t)(m->window + 3000 - chatter_below(c, 5000));
	else if (chatter_chance(c, 4))
		fit_window(c, k, from);
	if (!m->fin && chatter_chance(c, 2))
		n = text(c, k, from);
	if (closes && !chatter_chance(c, 3))
		n = 0;
	compose(k, from,
	    (uint16_t)(FLAG_ACK | (closes ? FLAG_FIN : 0) |
		       (n > 0 && chatter_chance(c, 4) == (n > 500) ? FLAG_PSH
								   : 0)),
	    n, s);
	if (k->end[0].fin && k->end[1].fin && chatter_chance(c, 6))
		k->phase = 4;
	else if (k->life == 0 && chatter_chance(c, 60))
		k->phase = 4;
}

/* What happens next; false: nothing that is captured. */
static bool
step(struct chatter *c, struct talk *k, struct chatter_segment *s)
{
	bool never = false;

	if (k->phase < 3)
		step_handshake(c, k, s);
	else
		step_open(c, k, s);
	if (k->odd != 0 && chatter_chance(c, k->odd))
		never = chatter_odd(c, k, s);
	if (!never)
		sent(k, s);
	k->last = *s;
	return !(k->hidden >> s->from & 1) &&
	       (k->odd == 0 || !chatter_chance(c, 60));
}

static void
restart(struct chatter *c, struct talk *k)
{
	static const int64_t later[] = { 0, MS, 1000 * MS, 20000 * MS,
		119000 * MS, 245000 * MS };

	if (chatter_chance(c, 3))
		begin(c, k, k->time + later[chatter_below(c, 6)], true);
	else
		begin(c, k, k->time + (int64_t)chatter_below(c, 1000) * MS,
		    false);
}

void
chatter_next(struct chatter *c, struct tcpaudit_packet *packet)
{
	struct chatter_segment s;
	struct talk *k;
	bool captured;

	if (c->again) {
		c->again = false;
		c->packet.time += chatter_below(c, 2) * 10000;
		*packet = c->packet;
		return;
	}
	do {
		k = &c->talk[0];
		for (int i = 1; i < TALKS; i++)
			if (c->talk[i].time < k->time)
				k = &c->talk[i];
		c->packet.time = k->time + c->ahead;
		captured = step(c, k, &s);
		if (k->phase == 4)
			restart(c, k);
		else
			k->time += wait(c, k);
	} while (!captured);
	chatter_frame(&s, c->frame, &c->packet);
	c->again = chatter_chance(c, 500);
	if (chatter_chance(c, 3000))
		c->ahead += (int64_t)chatter_below(c, 3000) * MS;
	else if (chatter_chance(c, 3000))
		c->ahead -= (int64_t)chatter_below(c, 3000) * MS;
	*packet = c->packet;
}

struct chatter *
chatter_new(uint64_t seed, int64_t start)
{
	struct chatter *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->random = seed;
	c->numbers = (uint32_t)(seed % 100) * 1000;
	for (int i = 0; i < TALKS; i++)
		begin(c, &c->talk[i], start + i * 7 * MS, false);
	return c;
}

void
chatter_free(struct chatter *c)
{
	free(c);
}
