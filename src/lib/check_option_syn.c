/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* OP: what the options of a SYN offer, and what those of its answer may (RFC
 * 9293, 3.7.1; RFC 7323, 2.2 and 3.2; RFC 7413; RFC 8684). */
#include "check.h"
#include "clock.h"

enum { KIND_WSCALE = 3, KIND_SACK_PERMITTED = 4, KIND_TIMESTAMPS = 8 };

/* What a copy of a SYN may leave out (RFC 7413, 4.2.2) but not change. */
#define LASTING                                                                \
	(OPTION_MSS | OPTION_WSCALE | OPTION_SACK_PERMITTED | OPTION_TIMESTAMPS)

/* Sooner than this nobody retransmits: the same SYN at another point. */
#define SOON (100 * MILLISECOND)

/* What p's SYN offered is known for certain. */
static bool
offer_known(const struct endpoint *p)
{
	return endpoint_knows(p, KNOWS_SYN_OPTIONS) && p->isn_count == 1 &&
	       !(p->options.marks & OPTIONS_UNREADABLE);
}

bool
ta_first_syn_known(const struct step *s, const struct endpoint *x)
{
	return endpoint_knows(x, KNOWS_ISS) &&
	       ta_clock_covers(s->t, x->t_syn_first) &&
	       !connection_lossy(s->c, s->time);
}

static bool
is_readable(const struct segment *seg)
{
	return !seg->header_cut && !(seg->faults & FAULTS_UNREADABLE);
}

static uint32_t
default_mss(const struct segment *seg)
{
	return seg->family == 6 ? 1220 : 536;
}

/* RFC 9293, 3.7.1: legal, and seldom meant.  Below 88 octets (of which up to
 * 40 are options) a segment carries hardly anything. */
static void
check_small_mss(struct step *s)
{
	enum { TINY = 88 };
	const struct segment *seg = s->seg;

	if ((seg->options & OPTION_MSS) && s->new_isn &&
	    seg->mss < default_mss(seg))
		report(s, RULE_OP08, s->e, SEEN(MSS, seg->mss),
		    EXPECT(MSS, default_mss(seg)),
		    SEVERITY_IF(seg->mss < TINY, WARNING, NOTE));
}

/* SHLD-5.  Probes never get as far as a segment after the SYN. */
void
ta_check_mss_missing(struct step *s)
{
	const struct endpoint *e = s->e;

	if (!offer_known(e) || (e->options.syn & OPTION_MSS) || !s->has_ack ||
	    !((s->p->marks & (SENT_SYN | SENT_SYNACK))))
		return;
	report(s, RULE_OP07, e, AT(e->isn_packet[0]), PROOF(s->t->packet),
	    EXPECT(MSS, default_mss(s->seg)));
}

/* Options that only an offer allows, on a SYN-ACK without one (RFC 7323, 2.2
 * and 3.2). */
static void
check_unrequested(struct step *s)
{
	const struct segment *seg = s->seg;
	const struct endpoint *p = s->p;

	if (!offer_known(p) || connection_is(s->c, CONN_SIMULTANEOUS))
		return;
	if ((seg->options & OPTION_WSCALE) && !(p->marks & OFFERED_WSCALE))
		report(s, RULE_OP13, s->e, PROOF(p->syn_packet),
		    SEEN(SHIFT, seg->window_scale));
	/* An echo shows that there was a timestamp in the SYN that it got. */
	if ((seg->options & OPTION_TIMESTAMPS) &&
	    !(p->marks & OFFERED_TIMESTAMPS))
		report(s, RULE_OP24, s->e, PROOF(p->syn_packet),
		    SEEN(TSVAL, seg->tsval), SEEN(TSECR, seg->tsecr),
		    SEVERITY_IF(seg->tsecr == 0 && ta_first_syn_known(s, p),
			ERROR, WARNING),
		    CONFIDENCE_IF(
			seg->tsecr == 0 && !connection_lossy(s->c, s->time),
			LIKELY, POSSIBLE));
}

/* A copy of the SYN captured behind a router or a firewall that changes its
 * options is no copy that its sender made. */
static bool
is_other_point(struct step *s, bool differs)
{
	struct endpoint *e = s->e;

	if ((endpoint_knows(e, KNOWS_TTL) && e->ttl != s->seg->ttl) ||
	    (differs && s->time - e->t_syn < SOON))
		e->options.marks |= OPTIONS_TWO_POINTS;
	return e->options.marks & OPTIONS_TWO_POINTS;
}

/* A copy of a SYN says what the SYN said, or less. */
static void
check_changed(struct step *s)
{
	const struct segment *seg = s->seg;
	struct endpoint *e = s->e;
	uint32_t added = seg->options & LASTING & ~(uint32_t)e->options.syn;
	bool mss =
	    (seg->options & OPTION_MSS) && e->mss != 0 && seg->mss != e->mss;
	bool shift = (seg->options & OPTION_WSCALE) &&
		     (e->marks & OFFERED_WSCALE) &&
		     seg->window_scale != e->wscale;

	if (is_other_point(s, added != 0 || mss || shift) ||
	    (added == 0 && !mss && !shift) || !is_readable(seg) ||
	    !offer_known(e) || s->p->isn_count > 1 ||
	    (e->marks & (SENT_SYN | SENT_SYNACK)) == (SENT_SYN | SENT_SYNACK) ||
	    /* An answer says what the SYN that it answers allows. */
	    (s->p->options.marks & OPTIONS_VARY))
		return;
	report(s, RULE_OP14, e, PROOF(e->isn_packet[0]),
	    SEEN_IF(added & OPTION_WSCALE, KIND, KIND_WSCALE),
	    SEEN_IF(added & OPTION_SACK_PERMITTED, KIND, KIND_SACK_PERMITTED),
	    SEEN_IF(added & OPTION_TIMESTAMPS, KIND, KIND_TIMESTAMPS),
	    SEEN_IF(mss || (added & OPTION_MSS), MSS, seg->mss),
	    EXPECT_IF(mss, MSS, e->mss),
	    SEEN_IF(shift, SHIFT, seg->window_scale),
	    EXPECT_IF(shift, SHIFT, e->wscale));
}

/* ------------------------------------------------------------- no room left */

/* What the option area of a full header does not contain although it should:
 * its kind, if what pads the area is too little for it; else 0. */
static unsigned
left_out(const struct segment *seg, uint32_t due)
{
	static const struct {
		uint32_t option;
		uint8_t kind, length;
	} lasting[] = {
		{ OPTION_SACK_PERMITTED, KIND_SACK_PERMITTED, 2 },
		{ OPTION_WSCALE, KIND_WSCALE, 3 },
		{ OPTION_TIMESTAMPS, KIND_TIMESTAMPS, 10 },
	};

	for (size_t i = 0; i < sizeof(lasting) / sizeof(lasting[0]); i++)
		if ((due & ~seg->options & lasting[i].option) &&
		    seg->option_padding < lasting[i].length)
			return lasting[i].kind;
	return 0;
}

/* The area has 40 octets (RFC 9293, 3.1).  What was agreed, or asked for by the
 * peer, is due. */
void
ta_check_room(struct step *s)
{
	uint32_t due = 0;
	unsigned kind;

	if (s->rst || !is_readable(s->seg))
		return;
	if (s->class == CLASS_SYNACK)
		due = s->p->options.syn;
	else if (!s->syn && connection_is(s->c, CONN_TIMESTAMPS))
		due = OPTION_TIMESTAMPS;
	kind = left_out(s->seg, due);
	if (kind != 0)
		report(s, RULE_OP40, s->e, SEEN(KIND, kind));
}

/* ------------------------------------------------------------ Multipath TCP */

enum { MP_JOIN = 1, MP_FAIL = 6, MP_FASTCLOSE, MP_TCPRST };

/* Later news replace what was said at the beginning. */
static void
note_multipath(struct step *s, unsigned subtype, bool declined)
{
	const enum rule rule = RULE_OP39;
	struct finding *f = ta_finding(s->c, rule, s->sender);
	const struct fact facts[] = { SEEN(DECLINED, declined),
		SEEN_IF(!declined, SUBTYPE, subtype),
		SEEN_IF(subtype == MP_TCPRST, REASON, s->seg->mptcp_reason) };

	if (f == NULL)
		ta_report_facts(s->t, s->c, rule, s->sender, facts, 3);
	else if (!s->syn)
		ta_revise_facts(s->t, s->c, f, rule, s->sender, facts, 3);
}

/* RFC 8684, 3.1: the beginning of a connection or of a subflow, or the answer
 * to it; 3.5 to 3.7: how it ends. */
void
ta_check_multipath(struct step *s)
{
	uint16_t subtypes = s->seg->mptcp_subtypes;

	if (s->syn) {
		if (subtypes != 0)
			note_multipath(
			    s, (subtypes & 1u << MP_JOIN) ? MP_JOIN : 0, false);
		else if (s->class == CLASS_SYNACK && offer_known(s->p) &&
			 is_readable(s->seg) &&
			 (s->p->options.syn & OPTION_MPTCP))
			note_multipath(s, 0, true);
		return;
	}
	if (subtypes & 1u << MP_TCPRST)
		note_multipath(s, MP_TCPRST, false);
	else if (subtypes & 1u << MP_FASTCLOSE)
		note_multipath(s, MP_FASTCLOSE, false);
	else if (subtypes & 1u << MP_FAIL)
		note_multipath(s, MP_FAIL, false);
}

/* -------------------------------------------------------------------- SYNs */

void
ta_check_syn_options(struct step *s)
{
	const struct segment *seg = s->seg;

	if ((seg->options & OPTION_WSCALE) && seg->window_scale > 14)
		report(s, RULE_OP12, s->e, SEEN(SHIFT, seg->window_scale),
		    EXPECT(SHIFT, 14));
	if (seg->options & OPTION_FASTOPEN)
		report(s, RULE_OP32, s->e, SEEN(LENGTH, seg->fastopen_length));
	check_small_mss(s);
	if (s->class == CLASS_SYNACK)
		check_unrequested(s);
	if (!s->new_isn)
		check_changed(s);
	if ((seg->options | s->p->options.syn) & OPTION_MPTCP)
		ta_check_multipath(s);
}
