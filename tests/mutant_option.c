/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of options that are of their proper form and in their proper place,
 * and options that are worth a note. */
#include "mutant.h"

#include <string.h>

#include "seq.h"

static bool
fits_option(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_any(m, t, s) &&
	       option_octets(s) + m->kind->option_length <= 40;
}

/* -------------------------------------------------------------------- SYNs */

static bool
shrink_mss(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->mss = (uint16_t)(300 + m->random % 200);
	return true;
}

static bool
fits_stamped_syn(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	(void)m;
	(void)t;
	return (s->flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN && s->timestamps;
}

static bool
echo_in_syn(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->tsecr = 1 + (uint32_t)m->random % 100000;
	return true;
}

/* A copy of a SYN or a SYN-ACK. */
static bool
fits_syn_again(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return (s->flags & FLAG_SYN) && m->sent[t->end].syn &&
	       m->sent[t->end].first_syn.seq == s->seq && s->mss > 600;
}

static bool
lower_mss(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->mss -= 40;
	return true;
}

static const char *
hidden_soon(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	size_t i, last = at;

	for (i = next_of(c, 0, m->end); i < at; i = next_of(c, i + 1, m->end))
		last = i;
	return c->frame[at].time - c->frame[last].time < 100 * MILLISECOND
		   ? "perhaps the same SYN at another point"
		   : NULL;
}

/* Signed once, and never again. */
static size_t
find_unsigned(const struct mutant *m, const struct sim_capture *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->frame[i].segment.defect.here)
			break;
	return i < c->count ? next_of(c, i + 1, m->end) : NONE;
}

/* ----------------------------------------------------------------- numbers */

static bool
fits_sack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_pure_ack(m, t, s) && t->sack_on && s->sack_count == 0 &&
	       past(m->sent[!t->end].max, s->ack) > 10;
}

static bool
sack_from_ack(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->sack[0][0] = s->ack;
	s->sack[0][1] = s->ack + 10;
	s->sack_count = 1;
	return true;
}

static bool
fits_stamped_alone(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && t->ts_on && !t->sack_on;
}

/* It takes the timestamps for part of the fixed header. */
static bool
forget_timestamps(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)s;
	t->snd_mss += 12;
	return true;
}

/* The third segment in a row that is too long by the same. */
static size_t
find_too_long(const struct mutant *m, const struct sim_capture *c)
{
	uint32_t mss = m->sent[!m->end].first_syn.mss, length = 0;
	unsigned n = 0;
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct sim_segment *s = &c->frame[i].segment;

		if (s->end != m->end || !is_plain(s) || s->length > mss ||
		    s->length + option_octets(s) <= mss)
			continue;
		n = s->length == length ? n + 1 : 1;
		length = s->length;
		if (n == 3)
			return i;
	}
	return NONE;
}

#define OPTION(...)                                                            \
	.apply = add_option, .option = { __VA_ARGS__ },                        \
	.option_length = sizeof((uint8_t[]){ __VA_ARGS__ })

const struct kind kinds_option[] = {
	{ .name = "MSS far too small",
	    .rules = "opt-mss-small",
	    .features = SIM_ANY,
	    .fits = fits_first,
	    .apply = shrink_mss },
	{ .name = "echo in a SYN",
	    .rules = "opt-tsecr-without-ack",
	    .features = SIM_ANY,
	    .fits = fits_stamped_syn,
	    .apply = echo_in_syn },
	{ .name = "SYN again with another MSS",
	    .rules = "opt-ws-changed",
	    .features = SIM_AFTER,
	    .fits = fits_syn_again,
	    .apply = lower_mss,
	    .hidden = hidden_soon },
	{ .name = "SACK from the acknowledgment on",
	    .rules = "opt-sack-touches-ack opt-sack-invalid-block",
	    .features = SIM_AFTER,
	    .fits = fits_sack,
	    .apply = sack_from_ack },
	{ .name = "segments too long by their options",
	    .rules = "opt-mss-not-reduced",
	    .features = SIM_AFTER,
	    .fits = fits_stamped_alone,
	    .apply = forget_timestamps,
	    .find = find_too_long },
	{ .name = "signature on the SYN only",
	    .rules = "opt-auth-missing",
	    .features = SIM_AFTER,
	    .fits = fits_first,
	    .find = find_unsigned,
	    OPTION(29, 8, 1, 1, 9, 9, 9, 9) },
	{ .name = "obsolete option",
	    .rules = "opt-obsolete",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(6, 6, 0, 0, 0, 1, 1, 1) },
	{ .name = "experimental option",
	    .rules = "opt-experimental",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(253, 4, 0xe2, 0xd4) },
	{ .name = "unknown option",
	    .rules = "opt-unknown",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(1, 1, 200, 2) },
	{ .name = NULL },
};
