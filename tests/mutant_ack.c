/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of ACKs, keepalives and probes. */
#include "mutant.h"

#include "seq.h"

/* -------------------------------------------------------- acknowledgments */

static bool
fits_steady_ack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_pure_ack(m, t, s) && s->sack_count == 0;
}

static bool
ack_long_ago(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->ack -= 1000000 + (uint32_t)(m->random % 100000);
	return true;
}

/* One segment of the peer, just received, and nothing else. */
static bool
fits_one_segment(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	const struct sim_segment *last = &m->sent[!t->end].last;

	return fits_steady_ack(m, t, s) && last->length > 200 &&
	       last->seq + last->length == s->ack &&
	       m->sent[t->end].ack == last->seq &&
	       m->sent[!t->end].max == s->ack;
}

/* Four ACKs for one segment (RFC 5681, 4.2: one). */
static bool
divide(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	struct sim_segment f = *s;
	unsigned i;

	(void)m;
	s->defect.here = true;
	s->ack -= 120;
	for (i = 1; i <= 4; i++) {
		f.ack = s->ack + 30 * i;
		f.ip_id = (uint16_t)(s->ip_id + i);
		insert(t, f, (int64_t)i * 100000);
	}
	return true;
}

/* The third of them inside the segment. */
static size_t
find_third_part(const struct mutant *m, const struct sim_capture *c)
{
	return nth_defect(m, c, 3);
}

/* ------------------------------------------------------ keepalives, probes */

/* The last that there is to send. */
static bool
fits_last_data(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_new_data(m, t, s) &&
	       s->seq + s->length == seq_raw(t->written);
}

/* What is in flight is not acknowledged, and a keepalive is sent. */
static bool
keepalive_in_flight(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	struct sim_segment f = *s;

	(void)m;
	f.seq = seq_raw(t->snd_nxt) - 1;
	f.length = 0;
	f.flags = FLAG_ACK;
	f.tsval += 1300;
	insert(t, f, 1300 * MILLISECOND);
	return true;
}

/* It has to be the keepalive of a sender that has sent nothing since. */
static const char *
hides_keepalive(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *bad = &c->frame[at].segment;
	size_t i;

	if (seen_max(c, at, m->end) != bad->seq + 1)
		return "more has been sent";
	for (i = next_of(c, 0, m->end); i < at; i = next_of(c, i + 1, m->end)) {
		if (is_plain(&c->frame[i].segment) &&
		    past(c->frame[i].segment.ack, bad->ack) > 0)
			return "it may be an older ACK";
	}
	return NULL;
}

static bool
fits_probe(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	(void)m;
	return s->garbage && t->keep_probes == 1;
}

static bool
hasten(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)s;
	t->flaws |= FLAW_HASTY_KEEPALIVE;
	return true;
}

/* The reset with which it gives up. */
static size_t
find_last_reset(const struct mutant *m, const struct sim_capture *c)
{
	size_t i, found = NONE;

	for (i = next_of(c, 0, m->end); i != NONE;
	     i = next_of(c, i + 1, m->end)) {
		if (c->frame[i].segment.flags & FLAG_RST)
			found = i;
	}
	return found;
}

static const char *
hides_hasty(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	unsigned probes = 0;
	size_t i;

	for (i = next_of(c, 0, m->end); i < at; i = next_of(c, i + 1, m->end))
		probes = c->frame[i].segment.garbage ? probes + 1 : 0;
	return probes >= 9 ? NULL : "it has another reason to give up";
}

const struct kind kinds_ack[] = {
	{ .name = "ACK of long ago",
	    .rules = "ack-too-old ack-regress",
	    .features = SIM_AFTER,
	    .fits = fits_steady_ack,
	    .apply = ack_long_ago },
	{ .name = "one segment acknowledged in pieces",
	    .rules = "ack-division",
	    .features = SIM_STALLS | SIM_KEEPALIVE,
	    .fits = fits_one_segment,
	    .apply = divide,
	    .find = find_third_part,
	    .late = true },
	{ .name = "keepalive while text is in flight",
	    .rules = "ka-with-outstanding",
	    .also = "ack-regress",
	    .features = SIM_AFTER,
	    .fits = fits_last_data,
	    .apply = keepalive_in_flight,
	    .hidden = hides_keepalive,
	    .go_on = go_peer_silent },
	{ .name = "keepalives that give up in haste",
	    .rules = "ka-short-interval",
	    .features = SIM_KEEPALIVE,
	    .fits = fits_probe,
	    .apply = hasten,
	    .go_on = go_peer_silent,
	    .find = find_last_reset,
	    .hidden = hides_hasty },
	{ .name = NULL },
};
