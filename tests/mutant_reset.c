/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of resets, and segments that others put into a connection. */
#include "mutant.h"

#include "seq.h"

static void
insert_reset(struct tcp *t, uint32_t seq, uint8_t ttl)
{
	struct sim_segment f = { .end = t->end,
		.incarnation = t->incarnation,
		.flags = FLAG_RST,
		.seq = seq,
		.isn = seq_raw(t->iss),
		.wscale = -1,
		.ip_id = (uint16_t)(t->ip_id + 1000) };

	f.defect.ttl = ttl;
	insert(t, f, 2 * MILLISECOND);
}

static bool
fits_window(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && m->sent[!t->end].edges > 0 &&
	       past(m->sent[!t->end].edge, m->sent[t->end].max) > 600 &&
	       t->units == 0;
}

static bool
inexact_reset(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)s;
	insert_reset(
	    t, m->sent[t->end].max + 1 + (uint32_t)(m->random % 500), 0);
	return true;
}

static bool
far_reset(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)s;
	insert_reset(
	    t, seq_raw(t->snd_nxt) + (m->random & 1 ? 1u << 29 : 3u << 29), 0);
	return true;
}

static bool
forged_reset(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)s;
	insert_reset(t, seq_raw(t->snd_nxt), 33);
	return true;
}

/* The one in whose name it came has to go on. */
static const char *
hides_forged(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	uint32_t max = seen_max(c, at, m->end);
	size_t i;

	for (i = next_of(c, at + 1, m->end); i != NONE;
	     i = next_of(c, i + 1, m->end)) {
		const struct sim_segment *s = &c->frame[i].segment;

		if (c->frame[i].time - c->frame[at].time < SECOND / 4)
			max = seen_max(c, i + 1, m->end);
		else if (is_plain(s) && past(s->seq + s->length, max) > 0)
			return NULL;
	}
	return "nothing new comes from its alleged sender";
}

/* A blind attacker tries one number in each window (RFC 5961, 1.2). */
static bool
train(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	uint32_t step = m->sent[!t->end].edge - m->sent[t->end].max, i;

	(void)s;
	for (i = 1; i <= 5; i++)
		insert_reset(t, seq_raw(t->snd_nxt) + 7 + i * step, 0);
	return true;
}

/* The third. */
static size_t
find_third_reset(const struct mutant *m, const struct sim_capture *c)
{
	return nth_defect(m, c, 3);
}

/* ------------------------------------------------- answers to a closed port */

static bool
fits_refusal(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return (s->flags & FLAG_RST) && s->seq_is_zero &&
	       !m->sent[t->end].syn && m->sent[!t->end].syn;
}

static bool
refuse_without_ack(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->flags = FLAG_RST;
	return true;
}

/* ------------------------------------------------------- wrong reactions */

static bool
reset_resets(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)s;
	t->flaws |= FLAW_RESETS_RST;
	return true;
}

/* A reset of it just after one of the peer. */
static size_t
find_reset_reply(const struct mutant *m, const struct sim_capture *c)
{
	size_t i, j = NONE;

	for (i = 0; i < c->count; i++) {
		const struct sim_segment *s = &c->frame[i].segment, *r;

		if (s->end != m->end) {
			j = s->flags & FLAG_RST ? i : NONE;
			continue;
		}
		if (j == NONE || !(s->flags & FLAG_RST))
			continue;
		r = &c->frame[j].segment;
		if (r->flags & FLAG_ACK ? s->seq == r->ack && !s->seq_is_zero
					: s->seq_is_zero && s->ack == r->seq)
			return i;
	}
	return NONE;
}

static bool
ignore_resets(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)s;
	t->flaws |= FLAW_IGNORES_RST;
	return true;
}

static size_t
find_peer_reset(const struct mutant *m, const struct sim_capture *c)
{
	size_t i;

	for (i = next_of(c, 0, !m->end); i != NONE;
	     i = next_of(c, i + 1, !m->end)) {
		if (c->frame[i].segment.flags & FLAG_RST)
			return i;
	}
	return NONE;
}

/* In the form of an abort it may be one that crossed the peer's. */
static const char *
hides_reset_reply(
    const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *s = &c->frame[at].segment;

	size_t i;

	if (s->seq_is_zero)
		return NULL;
	if (s->seq == seen_max(c, at, m->end))
		return "aborts may cross";
	for (i = next_of(c, 0, !m->end); i < at;
	     i = next_of(c, i + 1, !m->end)) {
		if (is_plain(&c->frame[i].segment) &&
		    c->frame[i].segment.ack == s->seq &&
		    c->frame[at].time - c->frame[i].time < 2 * SECOND)
			return "it may answer what came before the reset";
	}
	return NULL;
}

/* What was lost on the way to it was not ignored; only who goes on, though
 * the reset was exact, has ignored it or lost it. */
static const char *
hides_ignored(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *rst = &c->frame[at].segment, *s;
	uint32_t max = seen_max(c, at, m->end), ack = 0;
	size_t i;

	if (rst->seq_is_zero || rst->seq != seen_max(c, at, !m->end))
		return "the reset is not exact";
	for (i = next_of(c, 0, m->end); i != NONE;
	     i = next_of(c, i + 1, m->end)) {
		s = &c->frame[i].segment;
		if (i < at && is_plain(s))
			ack = s->ack;
		if (i < at)
			continue;
		if (ack != rst->seq)
			return "the reset is not exact";
		if (s->flags & FLAG_RST)
			return "it resets the connection itself";
		if (c->frame[i].time - c->frame[at].time > 2 * SIM_MSL)
			return "it is silent for 2MSL";
		if (c->frame[i].time - c->frame[at].time < SECOND / 3)
			max = seen_max(c, i + 1, m->end);
		else if (past(s->seq + s->length + !!(s->flags & FLAG_FIN),
			     max) > 0)
			return NULL;
	}
	return "it sends nothing new";
}

/* ------------------------------------------------------ SYNs out of place */

static bool
insert_syn(struct mutant *m, struct tcp *t, uint32_t isn)
{
	struct sim_segment f = m->sent[t->end].first_syn;

	f.flags = FLAG_SYN;
	f.ack = 0;
	f.seq = f.isn = isn;
	f.tsval = m->sent[t->end].last.tsval;
	f.tsecr = 0;
	insert(t, f, 2 * MILLISECOND);
	return true;
}

static bool
new_syn(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)s;
	return insert_syn(m, t, (uint32_t)m->random);
}

/* The ACK that challenges it may be of a host that knows more than the
 * monitor, until the end in whose name the SYN came goes on. */
static const char *
hides_syn(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	int64_t later;
	size_t i;

	for (i = next_of(c, at + 1, m->end); i != NONE;
	     i = next_of(c, i + 1, m->end)) {
		later = c->frame[i].time - c->frame[at].time;
		if (later > SECOND / 10 && later < 2 * SIM_MSL)
			return NULL;
	}
	return "its alleged sender is silent";
}

static bool
old_syn(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)s;
	return insert_syn(m, t, m->sent[t->end].first_syn.seq);
}

static bool
fits_client(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) &&
	       !(m->sent[t->end].first_syn.flags & FLAG_ACK);
}

/* Once the end is near, a stray SYN is not worth a note. */
static const char *
hides_old_syn(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	size_t i;

	(void)m;
	for (i = 0; i < at; i++) {
		if (c->frame[i].segment.flags & (FLAG_FIN | FLAG_RST))
			return "after a FIN";
	}
	return NULL;
}

const struct kind kinds_reset[] = {
	{ .name = "RST not exact",
	    .rules = "rst-not-exact rst-bad-seq rst-injection-suspect",
	    .features = SIM_AFTER,
	    .fits = fits_window,
	    .apply = inexact_reset },
	{ .name = "RST out of the window",
	    .rules = "rst-out-of-window rst-bad-seq rst-injection-suspect",
	    .features = SIM_AFTER,
	    .fits = fits_plain,
	    .apply = far_reset },
	{ .name = "RSTs in a train",
	    .rules = "rst-train",
	    .features = SIM_AFTER,
	    .fits = fits_window,
	    .apply = train,
	    .find = find_third_reset,
	    .late = true },
	{ .name = "RST forged",
	    .rules = "rst-injection-suspect",
	    .features = SIM_AFTER,
	    .fits = fits_plain,
	    .apply = forged_reset,
	    .hidden = hides_forged },
	{ .name = "RST to a SYN: wrong ACK",
	    .rules = "rst-to-syn-bad-format",
	    .features = SIM_AFTER,
	    .fits = fits_refusal,
	    .apply = ack_one_more },
	{ .name = "RST to a SYN: no ACK",
	    .rules = "rst-to-syn-bad-format",
	    .features = SIM_AFTER,
	    .fits = fits_refusal,
	    .apply = refuse_without_ack },
	{ .name = "RST answered by RST",
	    .rules = "rst-reply-to-rst",
	    .features = SIM_ABORTS | SIM_KEEPALIVE,
	    .fits = fits_first,
	    .apply = reset_resets,
	    .find = find_reset_reply,
	    .hidden = hides_reset_reply },
	{ .name = "RST ignored",
	    .rules = "rst-ignored",
	    .features = SIM_ABORTS | SIM_KEEPALIVE,
	    .fits = fits_first,
	    .apply = ignore_resets,
	    .find = find_peer_reset,
	    .hidden = hides_ignored,
	    .late = true },
	{ .name = "SYN in an open connection",
	    .rules = "syn-in-synchronized",
	    .features = SIM_AFTER,
	    .fits = fits_plain,
	    .apply = new_syn,
	    .hidden = hides_syn },
	{ .name = "SYN again in an open connection",
	    .rules = "handshake-syn-late-dup",
	    .features = SIM_AFTER,
	    .fits = fits_client,
	    .hidden = hides_old_syn,
	    .apply = old_syn },
	{ .name = NULL },
};
