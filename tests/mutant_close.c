/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of the end of a connection, and of its TIME-WAIT. */
#include "mutant.h"

#include "seq.h"

static bool
second_fin(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	struct sim_segment f = *s;

	f.seq += s->length + 1 + (uint32_t)(m->random % 5);
	f.length = 0;
	f.flags &= (uint16_t)~FLAG_PSH;
	insert(t, f, 20 * MILLISECOND);
	return true;
}

static bool
text_after_fin(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	struct sim_segment f = *s;

	f.seq += s->length + 1;
	f.length = 100;
	f.flags = FLAG_ACK | FLAG_PSH;
	insert(t, f, (int64_t)(1 + m->random % 300) * MILLISECOND);
	return true;
}

/* ------------------------------------------------------ FINs not answered */

/* Takes the peer's FIN for received, and never says so. */
static bool
withhold_ack(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	if (t->end == m->end && is_plain(s) && t->peer_fin >= 0 &&
	    s->ack == seq_raw(t->peer_fin + 1))
		s->ack--;
	return true;
}

static size_t
find_peer_fin(const struct mutant *m, const struct sim_capture *c)
{
	size_t i;

	for (i = next_of(c, 0, !m->end); i != NONE;
	     i = next_of(c, i + 1, !m->end)) {
		if (c->frame[i].segment.flags & FLAG_FIN)
			return i;
	}
	return NONE;
}

/* It has to be alive, and may have the FIN or not; a reset is an answer. */
static const char *
hides_fin_unacked(
    const struct mutant *m, const struct sim_capture *c, size_t at)
{
	bool alive = false;
	size_t i;

	for (i = at + 1; i < c->count; i++) {
		const struct sim_segment *s = &c->frame[i].segment;

		if (s->flags & FLAG_RST)
			return "a reset ends the connection";
		if (s->end == m->end &&
		    c->frame[i].time - c->frame[at].time > SECOND / 2)
			alive = true;
	}
	return alive ? NULL : "it is not seen to be alive";
}

static bool
drop(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	(void)s;
	return false;
}

static bool
fits_last_ack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_fin_ack(m, t, s) && t->state == TCPAUDIT_TIME_WAIT;
}

/* --------------------------------------------------------------- TIME-WAIT */

static bool
reuse_early(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	struct sim_segment f = m->sent[t->end].first_syn;

	f.flags = FLAG_SYN;
	f.ack = 0;
	f.seq = f.isn = s->seq + 100000;
	f.tsval = s->tsval;
	f.tsecr = 0;
	insert(t, f, (int64_t)(1 + m->random % 50) * SECOND);
	return true;
}

static bool
skip_time_wait(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)s;
	t->flaws |= FLAW_NO_TIME_WAIT;
	return true;
}

/* The first reset of it in place of the TIME-WAIT. */
static bool
note_wait(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	if (t->end != m->end)
		return true;
	if (t->state == TCPAUDIT_TIME_WAIT)
		m->waited = true;
	s->defect.here = m->waited && (s->flags & FLAG_RST);
	return true;
}

/* A reset ends a TIME-WAIT (RFC 1337 advises against it, no more). */
/* What it answers was copied after the monitor, or lost before it. */
static const char *
hides_skipped(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *last = &c->frame[at - 1].segment;

	if (last->end != m->end && is_plain(last) &&
	    last->ack == c->frame[at].segment.seq)
		return NULL;
	return "what it answers is not in the capture";
}

static const char *
hides_reuse(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++) {
		if (c->frame[i].segment.end != m->end &&
		    (c->frame[i].segment.flags & FLAG_RST))
			return "a reset ended the TIME-WAIT";
	}
	return NULL;
}

/* ------------------------------------------------------ FINs out of place */

static bool
fin_beyond(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	struct sim_segment f = *s;

	f.flags = FLAG_FIN | FLAG_ACK;
	f.length = 0;
	f.seq = m->sent[!t->end].edge + 2000 + (uint32_t)(m->random % 5000);
	insert(t, f, 5 * MILLISECOND);
	return true;
}

static bool
fits_edge(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && m->sent[!t->end].edges > 0;
}

/* Thirty times a second; the network makes no such copies. */
static bool
many_fins(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	struct sim_segment f = *s;
	unsigned i;

	(void)m;
	s->defect.here = true;
	for (i = 1; i < 30; i++) {
		f.ip_id = (uint16_t)(s->ip_id + 10 * i);
		insert(t, f, (int64_t)i * 33 * MILLISECOND);
	}
	return true;
}

/* The tenth of them. */
static size_t
find_tenth_fin(const struct mutant *m, const struct sim_capture *c)
{
	return nth_defect(m, c, 10);
}

static bool
fits_second_fin(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	(void)m;
	return (s->flags & FLAG_FIN) && t->state == TCPAUDIT_LAST_ACK;
}

/* An ACK where there is no connection any more. */
static bool
speak_after_close(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	struct sim_segment f = *s;

	(void)m;
	f.seq += s->length + 1;
	f.length = 0;
	f.flags = FLAG_ACK;
	f.tsval += 6000;
	insert(t, f, 6 * SECOND);
	return true;
}

/* If the last ACK did not arrive, or not yet, the connection still exists. */
static const char *
hides_speech(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *bad = &c->frame[at].segment;
	bool acked = false;
	size_t i;

	for (i = 0; i < at; i++) {
		const struct sim_segment *s = &c->frame[i].segment;

		if (s->end == m->end && (s->flags & FLAG_FIN))
			acked = false;
		if (s->end != m->end && is_plain(s) && s->ack == bad->seq &&
		    c->frame[at].time - c->frame[i].time > 5 * SECOND / 2)
			acked = true;
		if (s->flags & FLAG_RST)
			return "a reset ends the connection";
	}
	for (i = at + 1; i < c->count; i++) {
		if (c->frame[i].segment.end == m->end &&
		    (c->frame[i].segment.flags & FLAG_FIN))
			return "its FIN comes again: it was not acknowledged";
	}
	return acked ? NULL : "its FIN is not acknowledged";
}

const struct kind kinds_close[] = {
	{ .name = "FIN at a second place",
	    .rules = "close-fin-seq-changed close-data-after-fin",
	    .features = SIM_AFTER,
	    .fits = fits_fin,
	    .apply = second_fin },
	{ .name = "FIN without ACK flag",
	    .rules = "close-fin-no-ack-flag",
	    .features = SIM_AFTER,
	    .fits = fits_fin,
	    .apply = drop_ack_flag },
	{ .name = "text after the FIN",
	    .rules = "close-data-after-fin",
	    .features = SIM_AFTER,
	    .fits = fits_fin,
	    .apply = text_after_fin },
	{ .name = "FIN never acknowledged",
	    .rules = "close-fin-unacked close-missing-last-ack",
	    .features = SIM_AFTER,
	    .fits = fits_fin_ack,
	    .apply = withhold_ack,
	    .go_on = withhold_ack,
	    .find = find_peer_fin,
	    .hidden = hides_fin_unacked },
	{ .name = "last ACK missing",
	    .rules = "close-missing-last-ack",
	    .features = SIM_AFTER,
	    .fits = fits_last_ack,
	    .apply = drop,
	    .go_on = go_silent,
	    .find = find_peer_fin },
	{ .name = "FIN beyond the window",
	    .rules = "close-fin-out-of-window close-fin-beyond-window "
		     "close-fin-seq-changed",
	    .features = SIM_AFTER,
	    .fits = fits_edge,
	    .apply = fin_beyond },
	{ .name = "FIN again and again",
	    .rules = "close-fin-storm",
	    .features = SIM_AFTER,
	    .fits = fits_fin,
	    .apply = many_fins,
	    .find = find_tenth_fin,
	    .late = true },
	{ .name = "ACK after the connection",
	    .rules = "close-segment-after-close",
	    .features = SIM_AFTER,
	    .fits = fits_second_fin,
	    .apply = speak_after_close,
	    .hidden = hides_speech },
	{ .name = "ports used again in TIME-WAIT",
	    .rules = "timewait-2msl-violation",
	    .features = SIM_AFTER,
	    .fits = fits_last_ack,
	    .apply = reuse_early,
	    .hidden = hides_reuse },
	{ .name = "TIME-WAIT skipped",
	    .rules = "timewait-skipped",
	    .features = SIM_AFTER,
	    .fits = fits_first,
	    .apply = skip_time_wait,
	    .go_on = note_wait,
	    .hidden = hides_skipped },
	{ .name = NULL },
};
