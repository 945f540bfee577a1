/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of the fixed header and of the ECN bits: any capture of the segment
 * shows them. */
#include "mutant.h"

#include "seq.h"

/* ----------------------------------------------------------- fixed header */

static bool
shrink_offset(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->defect.offset =
	    (int8_t)((int)(m->random % 5) - (int)(5 + option_octets(s) / 4));
	return true;
}

static bool
fits_short(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && 20 + option_octets(s) + s->length < 60;
}

static bool
overrun_offset(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->defect.offset = (int8_t)(10 - option_octets(s) / 4);
	return true;
}

static bool
break_checksum(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = s->defect.bad_checksum = true;
	return true;
}

static bool
set_reserved(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->defect.reserved = (uint8_t)(1 + m->random % 7);
	return true;
}

static bool
urgent_nowhere(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->flags |= FLAG_URG;
	return true;
}

/* The flags of scanners, in a segment between two good ones. */
static bool
insert_flags(struct mutant *m, struct tcp *t, const struct sim_segment *s)
{
	struct sim_segment f = *s;

	f.flags = (uint16_t)m->number;
	f.seq = seq_raw(t->snd_nxt);
	f.ack = 0;
	f.length = 0;
	f.sack_count = 0;
	insert(t, f, 3 * MILLISECOND);
	return true;
}

static bool
insert_null(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	m->number = 0;
	return insert_flags(m, t, s);
}

static bool
insert_xmas(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	m->number = FLAG_FIN | FLAG_PSH | FLAG_URG;
	return insert_flags(m, t, s);
}

static bool
insert_syn_fin(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	m->number = FLAG_SYN | FLAG_FIN;
	return insert_flags(m, t, s);
}

static bool
insert_syn_rst(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	m->number = FLAG_SYN | FLAG_RST;
	return insert_flags(m, t, s);
}

static bool
insert_fin_rst(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	m->number = FLAG_FIN | FLAG_RST;
	return insert_flags(m, t, s);
}

/* -------------------------------------------------------------------- ECN */

static bool
fits_any_data(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && s->length > 0;
}

static bool
set_ect(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)t;
	s->defect.here = true;
	s->ecn = (uint8_t)(1 + m->random % 2);
	return true;
}

static bool
fits_synack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	(void)m;
	(void)t;
	return (s->flags & FLAG_SYN) && (s->flags & FLAG_ACK);
}

static bool
set_ece(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->flags |= FLAG_ECE;
	return true;
}

static bool
fits_ecn_synack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_synack(m, t, s) && t->ecn_on;
}

/* What the SYN had, as some old systems do. */
static bool
reflect(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->flags |= FLAG_CWR;
	return true;
}

static bool
fits_syn(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	(void)m;
	(void)t;
	return (s->flags & FLAG_SYN) && !(s->flags & FLAG_ACK);
}

static bool
ask_for_nothing(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	static const uint16_t odd[] = { FLAG_ECE, FLAG_CWR, FLAG_AE,
		FLAG_AE | FLAG_ECE, FLAG_AE | FLAG_CWR };

	(void)t;
	s->defect.here = true;
	s->flags &= (uint16_t) ~(FLAG_ECE | FLAG_CWR);
	s->flags |= odd[m->random % 5];
	return true;
}

static bool
fits_ecn_ack(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_pure_ack(m, t, s) && t->ecn_on &&
	       s->seq == seq_raw(t->snd_nxt);
}

/* Without timestamps, a small one may be a network's copy of a part of what an
 * offloading host has merged. */
static bool
fits_ecn_copy(
    const struct mutant *m, const struct tcp *t, const struct sim_segment *s)
{
	return fits_plain(m, t, s) && t->ecn_on &&
	       (t->ts_on || s->length + 40u >= t->snd_mss) && s->length > 1 &&
	       past(s->seq + s->length, m->sent[t->end].max) <= 0;
}

static bool
set_cwr(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)t;
	s->defect.here = true;
	s->flags |= FLAG_CWR;
	return true;
}

static bool
never_echo(struct mutant *m, struct tcp *t, struct sim_segment *s)
{
	(void)m;
	(void)s;
	t->flaws |= FLAW_NO_ECHO;
	return true;
}

/* Text that a router has marked before the monitor. */
static size_t
find_marked(const struct mutant *m, const struct sim_capture *c)
{
	size_t i;

	for (i = next_of(c, 0, !m->end); i != NONE;
	     i = next_of(c, i + 1, !m->end)) {
		if (c->frame[i].segment.ecn == 3)
			return i;
	}
	return NONE;
}

/* One ACK may be lost or late: three tell, while both ends are open. */
static const char *
hides_echo(const struct mutant *m, const struct sim_capture *c, size_t at)
{
	const struct sim_segment *marked = &c->frame[at].segment;
	unsigned acks = 0;
	size_t i;

	for (i = 0; i < c->count && acks < 3; i++) {
		const struct sim_segment *s = &c->frame[i].segment;

		if (!(s->flags & FLAG_SYN) &&
		    (s->flags & (FLAG_FIN | FLAG_CWR)))
			return "one end has closed, or slowed down";
		acks += i > at && s->end == m->end && is_plain(s) &&
			(int32_t)(s->ack - marked->seq - marked->length) >= 0;
	}
	return acks == 3 ? NULL : "too few ACKs follow";
}

const struct kind kinds_flags[] = {
	{ .name = "data offset below 5",
	    .rules = "hdr-offset-small",
	    .features = SIM_ANY,
	    .fits = fits_plain,
	    .apply = shrink_offset },
	{ .name = "data offset beyond the segment",
	    .rules = "hdr-offset-overrun",
	    .features = SIM_ANY,
	    .fits = fits_short,
	    .apply = overrun_offset },
	{ .name = "checksum wrong",
	    .rules = "hdr-bad-checksum",
	    .features = SIM_ANY & ~SIM_SNAPLEN,
	    .fits = fits_plain,
	    .apply = break_checksum },
	{ .name = "reserved bits",
	    .rules = "hdr-reserved-bits",
	    .features = SIM_ANY,
	    .fits = fits_any,
	    .apply = set_reserved },
	{ .name = "urgent pointer 0",
	    .rules = "hdr-urg-zero",
	    .features = SIM_ANY,
	    .fits = fits_any_data,
	    .apply = urgent_nowhere },
	{ .name = "no flags",
	    .rules = "hdr-flags-null ack-flag-missing",
	    .features = SIM_ANY,
	    .fits = fits_plain,
	    .apply = insert_null },
	{ .name = "FIN, PSH, URG",
	    .rules = "hdr-flags-xmas",
	    .also = "close-fin-no-ack-flag",
	    .features = SIM_ANY,
	    .fits = fits_plain,
	    .apply = insert_xmas },
	{ .name = "SYN and FIN",
	    .rules = "hdr-flags-syn-fin",
	    .features = SIM_ANY,
	    .fits = fits_plain,
	    .apply = insert_syn_fin },
	{ .name = "SYN and RST",
	    .rules = "hdr-flags-syn-rst",
	    .features = SIM_ANY,
	    .fits = fits_plain,
	    .apply = insert_syn_rst },
	{ .name = "FIN and RST",
	    .rules = "hdr-flags-fin-rst",
	    .features = SIM_ANY,
	    .fits = fits_plain,
	    .apply = insert_fin_rst },
	{ .name = "ECT without negotiation",
	    .rules = "ecn-ect-unnegotiated",
	    .features = SIM_AFTER,
	    .fits = fits_any_data,
	    .apply = set_ect },
	{ .name = "ECE in a SYN-ACK, not asked for",
	    .rules = "ecn-synack-unsolicited",
	    .features = SIM_AFTER,
	    .fits = fits_synack,
	    .apply = set_ece },
	{ .name = "SYN-ACK with the ECN flags of the SYN",
	    .rules = "ecn-synack-reflected",
	    .also = "ecn-ect-unnegotiated",
	    .features = SIM_AFTER | SIM_ECN,
	    .fits = fits_ecn_synack,
	    .apply = reflect },
	{ .name = "SYN with odd ECN flags",
	    .rules = "accecn-bad-syn",
	    .features = SIM_ANY | SIM_ECN,
	    .fits = fits_syn,
	    .apply = ask_for_nothing },
	{ .name = "ECT on a bare ACK",
	    .rules = "ecn-ect-on-pure-ack",
	    .features = SIM_AFTER | SIM_ECN,
	    .fits = fits_ecn_ack,
	    .apply = set_ect },
	{ .name = "ECT on a retransmission",
	    .rules = "ecn-ect-on-rtx",
	    .features = SIM_AFTER | SIM_ECN,
	    .fits = fits_ecn_copy,
	    .apply = set_ect },
	{ .name = "CWR on a retransmission",
	    .rules = "ecn-cwr-on-rtx",
	    .features = SIM_AFTER | SIM_ECN,
	    .fits = fits_ecn_copy,
	    .apply = set_cwr },
	{ .name = "CE never echoed",
	    .rules = "ecn-ce-not-echoed",
	    .features = SIM_KEEPALIVE | SIM_ECN,
	    .fits = fits_first,
	    .apply = never_echo,
	    .find = find_marked,
	    .hidden = hides_echo,
	    .late = true },
	{ .name = NULL },
};
