/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of an open connection: numbers, windows, text, repetitions. */
#include "mutant.h"

#include "seq.h"

/* -------------------------------------------------------- acknowledgments */

static bool
ack_beyond(struct mutant *m, struct tcp *t, struct sim_segment *s, uint32_t by)
{
	s->defect.here = true;
	m->number = m->sent[!t->end].max;
	s->ack = m->number + by;
	return true;
}

static bool
ack_beyond_by_one(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	return ack_beyond(m, t, s, 1);
}

static bool
ack_far_beyond(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	return ack_beyond(m, t, s, 100000);
}

/* Whether the peer had sent so far, a monitor learns from what it sends next:
 * SEG.SEQ of an ACK is its SND.NXT, and new text begins there. */
static const char *
hides_unsent(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *s;
	size_t i;

	for (i = next_of(c, at + 1, !m->end); i != NONE;
	     i = next_of(c, i + 1, !m->end)) {
		s = &c->frame[i].segment;
		if (s->flags & FLAG_RST)
			return "the peer resets the connection";
		if (c->frame[i].time - c->frame[at].time > SECOND)
			return "the peer says nothing for a second";
		if (is_plain(s) && s->seq == m->number)
			return NULL;
		if (past(s->seq, m->number) > 0)
			return "the peer goes on elsewhere";
	}
	return "the peer says nothing more";
}

static bool
fits_regress(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_pure_ack(m, t, s) && s->timestamps &&
	       m->sent[t->end].last.timestamps && t->rcv_nxt > t->irs + 40 &&
	       s->sack_count == 0 && s->tsval != m->sent[t->end].last.tsval &&
	       s->ack == m->sent[t->end].ack;
}

static bool
ack_less(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->ack -= 1 + (uint32_t)(m->random % 30);
	return true;
}

static bool
fits_data(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && s->length > 1;
}

bool
drop_ack_flag(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->flags &= (uint16_t)~FLAG_ACK;
	s->ack = 0;
	return true;
}

static bool
shift_seq(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->seq += (m->random & 1 ? 0x30000000 : 0u - 0x30000000) +
		  (uint32_t)(m->random >> 40);
	return true;
}

static bool
fits_keepalive_answer(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	const struct sent *peer = &m->sent[!t->end];

	return fits_pure_ack(m, t, s) && peer->last.garbage &&
	       s->ack == peer->last.seq + 1;
}

/* ------------------------------------------------------------------- text */

static bool
fits_copy(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_data(m, t, s) &&
	       past(s->seq + s->length, m->sent[t->end].max) <= 0;
}

static bool
flip(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->defect.flip = 0x5a;
	return true;
}

/* The text of a segment is held until it is acknowledged, and of what was
 * acknowledged the two last segments are: more would cost memory for ever.
 * For the same reason 16 segments in flight are told apart. */
static bool
is_forgotten(const struct sim_capture *c, size_t at, int end, uint32_t octet)
{
	uint32_t acked = c->frame[0].segment.seq, start = octet + 1;
	unsigned later = 0;
	bool any = false;
	size_t i;

	for (i = 0; i < at; i++) {
		const struct sim_segment *s = &c->frame[i].segment;

		if (s->end == end || !is_plain(s))
			continue;
		if (!any || past(s->ack, acked) > 0)
			acked = s->ack;
		any = true;
	}
	for (i = next_of(c, 0, end); any && i < at;
	     i = next_of(c, i + 1, end)) {
		const struct sim_segment *s = &c->frame[i].segment;

		if (s->length == 0 || past(s->seq, start) < 0 ||
		    past(s->seq + s->length, acked) > 0)
			continue;
		later++;
		start = s->seq + s->length;
	}
	return any && past(acked, octet) > 0 && later >= 2;
}

static bool
is_in_crowd(const struct sim_capture *c, size_t at, int end)
{
	uint32_t next = c->frame[at].segment.seq;
	unsigned n = 0;
	size_t i;

	for (i = next_of(c, 0, end); i < at; i = next_of(c, i + 1, end)) {
		const struct sim_segment *s = &c->frame[i].segment;

		if (s->length == 0 || past(s->seq, next) < 0)
			continue;
		next = s->seq + s->length;
		n++;
	}
	return n > 16;
}

/* The octet that was changed has to be in the capture twice. */
static const char *
hides_flip(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *bad = &c->frame[at].segment, *s;
	uint32_t octet = bad->seq + bad->length - 1;
	size_t i;

	if (is_forgotten(c, at, m->end, octet))
		return "it was acknowledged long before";
	if (is_in_crowd(c, at, m->end))
		return "too much is in flight";

	if (54 + option_octets(bad) + bad->length > c->snaplen)
		return "the capture does not hold the octet";
	for (i = next_of(c, 0, m->end); i != NONE && i < at;
	     i = next_of(c, i + 1, m->end)) {
		s = &c->frame[i].segment;
		if (!(s->flags & FLAG_SYN) && past(s->seq, octet) <= 0 &&
		    past(octet, s->seq + s->length) < 0 &&
		    54 + option_octets(s) + (octet - s->seq) < c->snaplen)
			return NULL;
	}
	return "the capture does not hold the octet twice";
}

/* ---------------------------------------------------------------- windows */

static bool
ignore_window(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)s;
	t->flaws |= FLAW_IGNORES_WINDOW;
	return true;
}

/* The highest edge that an end has advertised before frame i, as the monitor
 * computes it (RFC 7323, 2.2); false: none. */
static bool
edge_before(const struct sim_capture *c, size_t i, int end, uint32_t *edge)
{
	int scale[2] = { -1, -1 };
	bool any = false;
	uint32_t e;
	size_t j;

	*edge = 0;
	for (j = 0; j < i; j++) {
		const struct sim_segment *s = &c->frame[j].segment;

		if (s->flags & FLAG_SYN)
			scale[s->end] = s->wscale;
		if (s->end != end || !(s->flags & FLAG_ACK) ||
		    (s->flags & FLAG_RST))
			continue;
		e = s->ack + ((uint32_t)s->window
				 << ((s->flags & FLAG_SYN) || scale[0] < 0 ||
						scale[1] < 0
					    ? 0
					    : scale[end]));
		if (!any || past(e, *edge) > 0)
			*edge = e;
		any = true;
	}
	return any;
}

static size_t
find_beyond_window(const struct mutant *m, const struct sim_capture *c)
{
	uint32_t edge;
	size_t i;

	for (i = next_of(c, 0, m->end); i != NONE;
	     i = next_of(c, i + 1, m->end)) {
		const struct sim_segment *s = &c->frame[i].segment;

		if (s->length > 1 && edge_before(c, i, !m->end, &edge) &&
		    past(s->seq + s->length, edge) > 0)
			return i;
	}
	return NONE;
}

/* If the peer takes it all, the window may have been opened by an update that
 * the capture lacks. */
static const char *
hides_beyond_window(
    const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *bad = &c->frame[at].segment, *s;
	size_t i;

	for (i = next_of(c, at + 1, !m->end); i != NONE;
	     i = next_of(c, i + 1, !m->end)) {
		int64_t later = c->frame[i].time - c->frame[at].time;

		s = &c->frame[i].segment;
		if (!is_plain(s))
			continue;
		if (past(s->ack, bad->seq + bad->length) >= 0)
			return "the peer takes it";
		if (later > 9 * SECOND)
			break;
		if (later > SECOND / 4)
			return NULL;
	}
	return "the peer does not answer";
}

static bool
fits_shrink(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	const struct sent *x = &m->sent[t->end];

	return fits_pure_ack(m, t, s) && x->edges > 1 &&
	       past(x->edge, s->ack) > 4 << t->rcv_shift;
}

/* Whoever closes may give its buffer back. */
static const char *
hides_shrink(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	size_t i;

	(void)m;
	for (i = 0; i < at; i++) {
		if (c->frame[i].segment.flags & FLAG_FIN)
			return "after a FIN";
	}
	return NULL;
}

static bool
shrink(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	uint32_t left = m->sent[t->end].edge - s->ack;

	s->defect.here = true;
	s->window = (uint16_t)((left / 2) >> t->rcv_shift);
	return true;
}

/* ------------------------------------------------------------ repetitions */

static bool
never_back_off(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	t->flaws |= FLAW_NO_BACKOFF;
	m->number = s->seq;
	return true;
}

/* The fourth copy: then two intervals after the first have not grown. */
static size_t
find_fourth_copy(const struct mutant *m, const struct sim_capture *c)
{
	unsigned n = 0;
	size_t i;

	for (i = next_of(c, 0, m->end); i != NONE;
	     i = next_of(c, i + 1, m->end)) {
		const struct sim_segment *s = &c->frame[i].segment;

		n += s->length > 0 && s->seq == m->number;
		if (n == 5)
			return i;
	}
	return NONE;
}

/* ---------------------------------------------------------------- the MSS */

static bool
fits_mss(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && m->sent[!t->end].first_syn.mss < 1461 &&
	       t->habits.congestion_window > 4000;
}

static bool
exceed_mss(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)s;
	m->number = m->sent[!t->end].first_syn.mss;
	t->snd_mss = (uint16_t)(m->number + 100);
	return true;
}

/* The second one: once may be a middlebox. */
static size_t
find_exceeding(const struct mutant *m, const struct sim_capture *c)
{
	unsigned n = 0;
	size_t i;

	for (i = next_of(c, 0, m->end); i != NONE;
	     i = next_of(c, i + 1, m->end)) {
		n += c->frame[i].segment.length > m->number;
		if (n == 2)
			return i;
	}
	return NONE;
}

/* On a host whose network card joins segments they only seem to be too large.
 * A copy of a SYN or SYN-ACK leaves open how far away the monitor is. */
static const char *
hides_exceeding(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	unsigned syns[2] = { 0, 0 };
	size_t i;

	(void)m;
	for (i = 0; i < at; i++)
		syns[c->frame[i].segment.end] +=
		    !!(c->frame[i].segment.flags & FLAG_SYN);
	return syns[0] > 1 || syns[1] > 1 ? "where it was captured is unknown"
					  : NULL;
}

const struct kind kinds_data[] = {
	{ .name = "ACK beyond SND.NXT by 1",
	    .rules = "ack-unsent close-ack-without-fin",
	    .also = "ack-regress",
	    .features = SIM_AFTER,
	    .fits = fits_pure_ack,
	    .apply = ack_beyond_by_one,
	    .hidden = hides_unsent },
	{ .name = "ACK far beyond SND.NXT",
	    .rules = "ack-unsent",
	    .also = "ack-regress",
	    .features = SIM_AFTER,
	    .fits = fits_pure_ack,
	    .apply = ack_far_beyond,
	    .hidden = hides_unsent },
	{ .name = "keepalive answered by ACK + 1",
	    .rules = "ack-unsent close-ack-without-fin",
	    .also = "ack-regress",
	    .features = SIM_AFTER,
	    .fits = fits_keepalive_answer,
	    .apply = ack_beyond_by_one,
	    .hidden = hides_unsent },
	{ .name = "ACK goes back",
	    .rules = "ack-regress",
	    .features = SIM_AFTER,
	    .fits = fits_regress,
	    .apply = ack_less },
	{ .name = "ACK flag missing",
	    .rules = "ack-flag-missing",
	    .features = SIM_AFTER,
	    .fits = fits_data,
	    .apply = drop_ack_flag },
	{ .name = "SEQ far off",
	    .rules = "seq-out-of-window",
	    .features = SIM_AFTER,
	    .fits = fits_plain,
	    .apply = shift_seq },
	{ .name = "text changed in a copy",
	    .rules = "data-conflict",
	    .features = SIM_AFTER,
	    .fits = fits_copy,
	    .apply = flip,
	    .hidden = hides_flip },
	{ .name = "text beyond the window",
	    .rules = "data-beyond-window",
	    .features = SIM_STALLS | SIM_KEEPALIVE,
	    .fits = fits_first,
	    .apply = ignore_window,
	    .find = find_beyond_window,
	    .hidden = hides_beyond_window },
	{ .name = "window shrunk",
	    .rules = "win-shrink",
	    .features = SIM_AFTER,
	    .fits = fits_shrink,
	    .apply = shrink,
	    .hidden = hides_shrink },
	{ .name = "text repeated without back-off",
	    .rules = "rtx-no-backoff",
	    .features = SIM_AFTER,
	    .fits = fits_new_data,
	    .apply = never_back_off,
	    .go_on = go_peer_silent,
	    .find = find_fourth_copy,
	    .late = true },
	{ .name = "MSS exceeded",
	    .rules = "opt-mss-exceeded",
	    .features = SIM_AFTER,
	    .fits = fits_mss,
	    .apply = exceed_mss,
	    .find = find_exceeding,
	    .hidden = hides_exceeding },
	{ .name = NULL },
};
