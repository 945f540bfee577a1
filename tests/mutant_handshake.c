/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of the opening of a connection. */
#include "mutant.h"

#include "seq.h"

static bool
fits_synack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	(void)m;
	(void)t;
	return (s->flags & (FLAG_SYN | FLAG_ACK)) == (FLAG_SYN | FLAG_ACK);
}

static bool
fits_synack_copy(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_synack(m, t, s) && m->sent[t->end].synacks > 0;
}

/* The first ACK of the client, without text or FIN. */
static bool
fits_third_ack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	const struct sent *x = &m->sent[t->end];

	return is_plain(s) && s->length == 0 && !(s->flags & FLAG_FIN) &&
	       x->syn && !(x->first_syn.flags & FLAG_ACK) && !x->plain;
}

static bool
drop(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	(void)s;
	return false;
}

/* The SYN-ACK that is not answered. */
static size_t
find_synack(const struct mutant *m, const struct sim_capture *c)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		if (c->frame[i].segment.end != m->end &&
		    (c->frame[i].segment.flags & FLAG_SYN))
			return i;
	}
	return NONE;
}

bool
ack_one_more(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->ack++;
	return true;
}

static bool
ack_one_less(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->ack--;
	return true;
}

static bool
seq_low(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->seq -= 2 + (uint32_t)(m->random % 1000);
	return true;
}

static bool
seq_high(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->seq += 150;
	return true;
}

/* Only the peer knows what it has sent. */
static const char *
hides_third_ack(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *bad = &c->frame[at].segment, *s;
	size_t i;

	for (i = next_of(c, at + 1, !m->end); i != NONE;
	     i = next_of(c, i + 1, !m->end)) {
		s = &c->frame[i].segment;
		if ((s->flags & FLAG_RST) && s->seq == bad->ack)
			return NULL; /* RFC 9293, 3.10.7.4, fifth */
		if (is_plain(s) && s->seq == bad->ack - 1)
			return NULL; /* there it begins to send */
		if (is_plain(s) && past(s->seq, bad->ack) >= 0)
			return "the octet may have been sent before";
	}
	return "the server never shows where its text begins";
}

/* The hole below it. */
static const char *
hides_seq_high(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *bad = &c->frame[at].segment, *s;
	size_t i;

	for (i = next_of(c, 0, m->end); i != NONE;
	     i = next_of(c, i + 1, m->end)) {
		s = &c->frame[i].segment;
		if (past(s->seq + s->length, bad->seq) >= 0 && i != at &&
		    !(s->flags & FLAG_RST))
			return "text fills the hole: the ACK was ahead of it";
	}
	return NULL;
}

static bool
synack_other_ack(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	static const uint32_t by[] = { 1, 0u - 1, 1000, 0u - 70000, 1u << 30 };

	(void)t;
	s->defect.here = true;
	s->ack += by[m->random % 5];
	return true;
}

static bool
synack_other_seq(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->seq += 1 + (uint32_t)(m->random % 100000);
	return true;
}

/* ----------------------------------------------------------- repetitions */

static bool
fits_first_syn(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_first(m, t, s) && !(s->flags & FLAG_ACK);
}

static bool
never_back_off(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)s;
	t->flaws |= FLAW_NO_BACKOFF;
	return true;
}

/* The fifth SYN, or SYN-ACK: then two intervals have not grown. */
static size_t
find_fourth_syn(const struct mutant *m, const struct sim_capture *c)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < c->count; i++) {
		n += c->frame[i].segment.end == m->end &&
		     (c->frame[i].segment.flags & FLAG_SYN);
		if (n == 5)
			return i;
	}
	return NONE;
}

static bool
fits_first_synack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_first(m, t, s) && (s->flags & FLAG_ACK);
}

/* ------------------------------------------------------------- too early */

/* Something of the sender of a SYN or SYN-ACK, just behind it. */
static bool
insert_behind(
    struct tcp *t, const struct sim_segment *s, uint16_t flags, uint32_t length)
{
	struct sim_segment f = *s;

	f.flags = flags;
	f.seq++;
	f.length = length;
	f.mss = 0;
	f.wscale = -1;
	f.sack_permitted = false;
	insert(t, f, 50000);
	return true;
}

static bool
client_speaks(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	return insert_behind(t, s, FLAG_PSH, 40);
}

static bool
client_closes(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	return insert_behind(t, s, FLAG_FIN, 0);
}

const struct kind kinds_handshake[] = {
	{ .name = "third ACK missing",
	    .rules = "handshake-missing-third-ack",
	    .features = SIM_AFTER,
	    .fits = fits_third_ack,
	    .apply = drop,
	    .go_on = go_silent,
	    .find = find_synack },
	{ .name = "third ACK: ACK + 1",
	    .rules = "handshake-third-ack-bad-ack ack-unsent "
		     "close-ack-without-fin",
	    .also = "ack-regress",
	    .features = SIM_AFTER,
	    .fits = fits_third_ack,
	    .apply = ack_one_more,
	    .hidden = hides_third_ack },
	{ .name = "third ACK: ACK - 1",
	    .rules = "handshake-third-ack-bad-ack",
	    .features = SIM_AFTER,
	    .fits = fits_third_ack,
	    .apply = ack_one_less },
	{ .name = "third ACK: SEQ too low",
	    .rules = "handshake-third-ack-bad-seq",
	    .features = SIM_AFTER,
	    .fits = fits_third_ack,
	    .apply = seq_low },
	{ .name = "third ACK: SEQ too high",
	    .rules = "handshake-third-ack-bad-seq",
	    .features = SIM_AFTER,
	    .fits = fits_third_ack,
	    .apply = seq_high,
	    .hidden = hides_seq_high },
	{ .name = "SYN-ACK: wrong ACK",
	    .rules = "handshake-synack-bad-ack "
		     "handshake-synack-resend-diff-ack",
	    .features = SIM_AFTER,
	    .fits = fits_synack,
	    .apply = synack_other_ack },
	{ .name = "SYN-ACK: SEQ changed in a copy",
	    .rules = "handshake-synack-resend-diff-seq "
		     "syn-in-synchronized",
	    .features = SIM_AFTER,
	    .fits = fits_synack_copy,
	    .apply = synack_other_seq },
	{ .name = "SYN repeated without back-off",
	    .rules = "rtx-syn-no-backoff",
	    .features = SIM_AFTER,
	    .fits = fits_first_syn,
	    .apply = never_back_off,
	    .go_on = go_peer_silent,
	    .find = find_fourth_syn },
	{ .name = "SYN-ACK repeated without back-off",
	    .rules = "rtx-synack-no-backoff",
	    .features = SIM_AFTER,
	    .fits = fits_first_synack,
	    .apply = never_back_off,
	    .go_on = go_peer_silent,
	    .find = find_fourth_syn },
	{ .name = "text before the SYN-ACK",
	    .rules = "handshake-data-before-synack",
	    .features = SIM_AFTER,
	    .fits = fits_first_syn,
	    .apply = client_speaks },
	{ .name = "FIN before the SYN-ACK",
	    .rules = "handshake-fin-in-syn-sent hdr-flags-fin-only "
		     "close-fin-no-ack-flag",
	    .features = SIM_AFTER,
	    .fits = fits_first_syn,
	    .apply = client_closes },
	{ .name = NULL },
};
