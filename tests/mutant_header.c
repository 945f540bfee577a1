/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of options: any capture of the segment shows them, unless said
 * otherwise. */
#include "mutant.h"

#include <string.h>

#include "seq.h"

/* ---------------------------------------------------------------- options */

static bool
has_room(const struct mutant *m, const struct sim_segment *s)
{
	return option_octets(s) + m->kind->option_length <= 40;
}

static bool
fits_option(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && has_room(m, s);
}

static bool
fits_syn(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	(void)t;
	return (s->flags & FLAG_SYN) && has_room(m, s);
}

static bool
fits_syn_without_mss(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_first(m, t, s) && s->mss != 536;
}

/* A SYN-ACK that answers a SYN without the option. */
static bool
fits_unscaled(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_syn(m, t, s) && (s->flags & FLAG_ACK) && s->wscale < 0 &&
	       m->sent[!t->end].syn && m->sent[!t->end].first_syn.wscale < 0;
}

static bool
fits_unstamped(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_syn(m, t, s) && (s->flags & FLAG_ACK) && !s->timestamps &&
	       m->sent[!t->end].syn && !m->sent[!t->end].first_syn.timestamps;
}

static bool
fits_plain_unstamped(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_option(m, t, s) && !t->ts_on;
}

bool
add_option(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->defect.option_length = m->kind->option_length;
	memcpy(s->defect.option, m->kind->option, m->kind->option_length);
	return true;
}

static bool
set_wscale_15(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->wscale = 15;
	return true;
}

static bool
fits_wscale(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_first(m, t, s) && s->wscale >= 0;
}

static bool
leave_out_mss(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->mss = 0;
	return true;
}

/* A probe sends nothing but its SYN, and is not judged. */
static const char *
hides_mss(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	size_t i;

	for (i = next_of(c, at + 1, m->end); i != NONE;
	     i = next_of(c, i + 1, m->end)) {
		if (is_plain(&c->frame[i].segment))
			return NULL;
	}
	return "its sender gets no further";
}

/* In all copies: a copy may repair what the first one lacks. */
static bool
leave_out_mss_again(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	if (t->end == m->end && (s->flags & FLAG_SYN))
		leave_out_mss(m, t, s);
	return true;
}

/* ------------------------------------------------------------- timestamps */

static bool
fits_stamped(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && s->timestamps;
}

static bool
fits_stamped_data(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_new_data(m, t, s) && s->timestamps;
}

static bool
drop_timestamps(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->timestamps = false;
	return true;
}

static bool
step_tsval_back(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->tsval -= 1000000;
	return true;
}

static bool
invent_tsecr(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->tsecr += 50000000;
	return true;
}

static bool
clear_tsecr(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->tsecr = 0;
	return true;
}

/* ------------------------------------------------------------------- SACK */

static bool
fits_sack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_pure_ack(m, t, s) && t->sack_on && s->sack_count == 0;
}

static bool
fits_no_sack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_pure_ack(m, t, s) && !t->sack_on &&
	       !m->sent[!t->end].first_syn.sack_permitted &&
	       t->rcv_nxt > t->irs + 30;
}

static bool
add_sack(struct sim_segment *s, uint32_t left, uint32_t right)
{
	s->defect.here = true;
	s->sack[0][0] = left;
	s->sack[0][1] = right;
	s->sack_count = 1;
	return true;
}

static bool
sack_unsent(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	uint32_t max = m->sent[!t->end].max;

	return add_sack(s, max + 200000, max + 201000);
}

static bool
sack_inverted(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	return add_sack(s, s->ack + 2000, s->ack + 1000);
}

/* As of a copy (RFC 2883), so that nothing but the permission is missing. */
static bool
sack_unpermitted(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	return add_sack(s, s->ack - 20, s->ack - 10);
}

#define OPTION(...)                                                            \
	.apply = add_option, .option = { __VA_ARGS__ },                        \
	.option_length = sizeof((uint8_t[]){ __VA_ARGS__ })

const struct kind kinds_header[] = {
	{ .name = "window scale outside a SYN",
	    .rules = "opt-ws-nonsyn",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(1, 3, 3, 5) },
	{ .name = "window scale 15",
	    .rules = "opt-ws-too-large",
	    .features = SIM_ANY,
	    .fits = fits_wscale,
	    .apply = set_wscale_15 },
	{ .name = "window scale unrequested",
	    .rules = "opt-ws-unrequested",
	    .features = SIM_AFTER,
	    .fits = fits_unscaled,
	    OPTION(1, 3, 3, 5) },
	{ .name = "MSS outside a SYN",
	    .rules = "opt-mss-nonsyn",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(2, 4, 5, 180) },
	{ .name = "MSS missing",
	    .rules = "opt-mss-missing",
	    .features = SIM_ANY,
	    .fits = fits_syn_without_mss,
	    .apply = leave_out_mss,
	    .go_on = leave_out_mss_again,
	    .hidden = hides_mss },
	{ .name = "SACK-permitted outside a SYN",
	    .rules = "opt-sackperm-nonsyn",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(1, 1, 4, 2) },
	{ .name = "option of length 0",
	    .rules = "opt-zero-length",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(1, 1, 30, 0) },
	{ .name = "option beyond the header",
	    .rules = "opt-overrun",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(1, 1, 30, 9) },
	{ .name = "option of wrong length",
	    .rules = "opt-bad-length",
	    .features = SIM_ANY,
	    .fits = fits_syn,
	    OPTION(2, 3, 5, 1) },
	{ .name = "option twice",
	    .rules = "opt-duplicate",
	    .features = SIM_ANY,
	    .fits = fits_syn,
	    OPTION(2, 4, 5, 180) },
	{ .name = "padding not zero",
	    .rules = "opt-eol-padding-nonzero",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(0, 0, 7, 0) },
	{ .name = "user timeout of 0",
	    .rules = "opt-uto-reserved",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(28, 4, 0, 0) },
	{ .name = "Fast Open outside a SYN",
	    .rules = "opt-tfo-nonsyn",
	    .features = SIM_ANY,
	    .fits = fits_option,
	    OPTION(1, 1, 34, 2) },
	{ .name = "timestamps unrequested",
	    .rules = "opt-ts-unrequested",
	    .features = SIM_AFTER,
	    .fits = fits_unstamped,
	    OPTION(1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0) },
	{ .name = "timestamps without negotiation",
	    .rules = "opt-ts-unnegotiated",
	    .features = SIM_AFTER,
	    .fits = fits_plain_unstamped,
	    OPTION(1, 1, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0) },
	{ .name = "timestamps missing",
	    .rules = "opt-ts-missing",
	    .features = SIM_AFTER,
	    .fits = fits_stamped,
	    .apply = drop_timestamps },
	{ .name = "TSval goes back",
	    .rules = "opt-ts-backward",
	    .features = SIM_AFTER,
	    .fits = fits_stamped_data,
	    .apply = step_tsval_back },
	{ .name = "TSecr never sent",
	    .rules = "opt-tsecr-never-sent",
	    .features = SIM_AFTER,
	    .fits = fits_stamped,
	    .apply = invent_tsecr },
	{ .name = "TSecr zero",
	    .rules = "opt-tsecr-zero",
	    .features = SIM_AFTER,
	    .fits = fits_stamped,
	    .apply = clear_tsecr },
	{ .name = "SACK of unsent octets",
	    .rules = "opt-sack-invalid-block",
	    .features = SIM_AFTER,
	    .fits = fits_sack,
	    .apply = sack_unsent },
	{ .name = "SACK block inverted",
	    .rules = "opt-sack-invalid-block",
	    .features = SIM_AFTER,
	    .fits = fits_sack,
	    .apply = sack_inverted },
	{ .name = "SACK without permission",
	    .rules = "opt-sack-not-permitted",
	    .features = SIM_AFTER,
	    .fits = fits_no_sack,
	    .apply = sack_unpermitted },
	{ .name = NULL },
};
