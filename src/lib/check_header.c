/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* HD: the header itself (RFC 9293, 3.1): offsets, checksum, and combinations
 * of control bits that no TCP sends. */
#include "check.h"
#include "flood.h"
#include "zeek.h"

static void
check_offset(struct step *s)
{
	const struct segment *seg = s->seg;

	if (seg->faults & FAULT_OFFSET_SMALL)
		report(s, RULE_HD03, s->e,
		    SEEN(DATA_OFFSET, seg->header_length / 4),
		    EXPECT(DATA_OFFSET, 5));
	if (seg->faults & FAULT_OFFSET_OVERRUN)
		report(s, RULE_HD04, s->e,
		    SEEN(DATA_OFFSET, seg->header_length / 4),
		    SEEN(LENGTH, seg->length));
}

/* Made of several by a network card: its checksum is that of none. */
static bool
is_merged(const struct step *s)
{
	return endpoint_knows(s->p, KNOWS_SYN_OPTIONS) && s->p->mss != 0 &&
	       s->n > s->p->mss;
}

static void
report_wrong_sum(struct tcpaudit *t, struct connection *c, int end,
    tcpaudit_packet_id packet, uint16_t sum, uint16_t expected)
{
	ta_report(t, c, RULE_HD01, end, AT(packet), SEEN(CHECKSUM, sum),
	    EXPECT(CHECKSUM, expected));
}

/* The one that was noted. */
static void
report_noted_sum(struct tcpaudit *t, struct connection *c, int end)
{
	const struct endpoint *x = &c->end[end];

	report_wrong_sum(
	    t, c, end, x->bad_sum_packet, x->bad_sum, x->bad_sum_expected);
}

static void
report_offload(struct step *s)
{
	report(s, RULE_HD02, s->e, SEEN(CHECKSUM, s->seg->checksum),
	    EXPECT(CHECKSUM, s->seg->checksum_expected));
}

static void
note_wrong_sum(struct step *s)
{
	s->e->bad_sum_packet = s->t->packet;
	s->e->bad_sum = s->seg->checksum;
	s->e->bad_sum_expected = s->seg->checksum_expected;
}

/* A host all of whose segments are wrong leaves the sum to its network card
 * and is captured before it; a segment that is wrong among right ones was
 * damaged, and its receiver drops it (MUST-3). */
static void
check_wrong_sum(struct step *s)
{
	struct endpoint *e = s->e;

	if (s->t->config.checksum == TCPAUDIT_CHECKSUM_VERIFY ||
	    e->sums_right > e->sums_wrong) {
		if (e->doubt_end == 0)
			note_wrong_sum(s);
		/* Otherwise just what was to come: its peer will tell. */
		if (s->length > 0 && !s->syn && !s->rst && s->has_ack &&
		    endpoint_knows(e, KNOWS_SENT | KNOWS_ACK) &&
		    endpoint_knows(s->p, KNOWS_ACK) && s->q >= s->p->ack &&
		    s->q <= e->max + s->p->max_window && s->a >= e->ack &&
		    s->a <= s->p->max) {
			e->doubt_end = s->end;
			return;
		}
		s->damaged = true;
		ta_zeek_count(s->c, s->sender, 'C', ++e->damaged);
		report_wrong_sum(s->t, s->c, s->sender, s->t->packet,
		    s->seg->checksum, s->seg->checksum_expected);
		return;
	}
	e->sums_wrong += e->sums_wrong < UINT16_MAX;
	note_wrong_sum(s);
	/* The peer has acknowledged such segments: they were right on the
	 * wire. */
	if (e->sums_wrong > 1 && endpoint_knows(s->p, KNOWS_ACK) &&
	    endpoint_knows(e, KNOWS_ISS) && s->p->ack > e->iss)
		report_offload(s);
}

/* Nobody acknowledged it, and it was sent again, or nothing followed. */
void
ta_check_doubt(struct tcpaudit *t, struct connection *c, int end)
{
	c->end[end].doubt_end = 0;
	report_noted_sum(t, c, end);
}

static void
check_checksum(struct step *s)
{
	const struct segment *seg = s->seg;
	struct endpoint *e = s->e;

	if (s->t->config.checksum == TCPAUDIT_CHECKSUM_IGNORE ||
	    seg->checksum_status == CHECKSUM_UNKNOWN || is_merged(s))
		return;
	if (seg->checksum_status == CHECKSUM_BAD) {
		check_wrong_sum(s);
	} else if (seg->checksum_status == CHECKSUM_PARTIAL) {
		/* Captured before its card: on the host itself. */
		e->marks |= OFFLOADS | IS_LOCAL;
		report_offload(s);
	} else {
		/* The first were wrong, and nobody has acknowledged them. */
		if (e->sums_wrong > 0 && e->sums_wrong < 3 &&
		    e->sums_right == 0 && !(e->marks & OFFLOADS) &&
		    !(endpoint_knows(s->p, KNOWS_ACK) && s->p->ack > e->iss))
			report_noted_sum(s->t, s->c, s->sender);
		if (e->doubt_end != 0 && s->length > 0 && s->q < e->doubt_end) {
			s->mended = s->end >= e->doubt_end;
			ta_check_doubt(s->t, s->c, s->sender);
		}
		e->sums_right += e->sums_right < UINT16_MAX;
	}
}

struct combination {
	uint16_t mask, flags;
	enum rule rule;
};

/* Probes (first match): what no connection can have sent. */
static const struct combination combinations[] = {
	{ FLAG_SYN | FLAG_RST, FLAG_SYN | FLAG_RST, RULE_HD10 },
	{ FLAG_SYN | FLAG_FIN, FLAG_SYN | FLAG_FIN, RULE_HD09 },
	{ FLAG_FIN | FLAG_SYN | FLAG_RST | FLAG_PSH | FLAG_ACK | FLAG_URG, 0,
	    RULE_HD06 },
	{ FLAG_FIN | FLAG_SYN | FLAG_RST | FLAG_PSH | FLAG_ACK | FLAG_URG,
	    FLAG_FIN | FLAG_PSH | FLAG_URG, RULE_HD08 },
	{ FLAG_FIN | FLAG_SYN | FLAG_RST | FLAG_ACK, FLAG_FIN, RULE_HD07 },
};

/* A SYN that begins the connection, or its copy. */
static bool
is_opening(const struct step *s)
{
	return s->class == CLASS_SYN && connection_is(s->c, CONN_SYN_SEEN) &&
	       s->sender == TCPAUDIT_CLIENT &&
	       (s->e->packets == 1 || !s->new_isn);
}

/* What stacks do send, for no good reason. */
static void
check_odd_flags(struct step *s)
{
	uint16_t flags = s->seg->flags;

	if (s->rst && (flags & FLAG_FIN))
		report(s, RULE_HD11, s->e, SEEN(FLAGS, flags));
	/* Text that comes with a SYN may be pushed (RFC 7413). */
	if (s->syn && ((flags & FLAG_URG) || ((flags & FLAG_PSH) && s->n == 0)))
		report(s, RULE_HD20, s->e, SEEN(FLAGS, flags));
	if ((flags & FLAG_URG) && !(flags & (FLAG_ACK | FLAG_SYN)))
		report(s, RULE_HD12, s->e, SEEN(FLAGS, flags));
}

static void
begin_probe(struct step *s)
{
	s->c->marks |= CONN_PROBE;
	ta_flood_probe(s->t, s->c, s->sender);
}

static void
check_flags(struct step *s)
{
	uint16_t flags = s->seg->flags;
	bool known = connection_is(s->c, CONN_OPEN) ||
		     s->c->end[0].known & s->c->end[1].known & KNOWS_ACK;

	if (s->class == CLASS_ACK || s->class == CLASS_DATA) {
		s->c->marks &= ~(unsigned)CONN_PROBE;
		return; /* nearly all segments */
	}
	if (!(flags & (FLAG_SYN | FLAG_RST | FLAG_ACK)) &&
	    ta_check_unanswered(s))
		return;
	for (size_t i = 0; i < sizeof(combinations) / sizeof(combinations[0]);
	     i++) {
		const struct combination *x = &combinations[i];

		if ((flags & x->mask) != x->flags)
			continue;
		if (known && (x->rule == RULE_HD07 || x->rule == RULE_HD06))
			return; /* TD01 and DA04 judge it */
		if (s->c->end[0].packets + s->c->end[1].packets == 1)
			begin_probe(s);
		report(s, x->rule, s->e, SEEN(FLAGS, flags));
		/* Nothing follows from it; but a listener takes a SYN, and
		 * leaves the rest for later (3.10.7.2, third). */
		s->judged = x->rule != RULE_HD09 || !is_opening(s);
		return;
	}
	if (s->sender == TCPAUDIT_CLIENT || !s->rst)
		s->c->marks &= ~(unsigned)CONN_PROBE;
	check_odd_flags(s);
}

/* RFC 9293, 3.8.5: the pointer names the octet after the urgent ones. */
static void
check_urgent(struct step *s)
{
	if (!(s->seg->flags & FLAG_URG) || s->syn || s->rst || s->fin)
		return;
	if (s->seg->urgent == 0)
		report(s, RULE_HD13, s->e, SEEN(URGENT, 0), EXPECT(URGENT, 1));
	report(s, RULE_HD14, s->e, SEEN(URGENT, s->seg->urgent));
}

static void
check_reserved(struct step *s)
{
	const struct segment *seg = s->seg;
	bool ae = (seg->flags & FLAG_AE) && ta_ecn_forbids_ae(s);

	if (seg->reserved != 0 || ae)
		report(s, RULE_HD05, s->e,
		    SEEN(RESERVED, seg->reserved << 1 | ae),
		    EXPECT(RESERVED, 0), SEEN(FLAGS, seg->flags));
}

static void
check_ports(struct step *s)
{
	const struct segment *seg = s->seg;

	if ((seg->source_port == 0 || seg->destination_port == 0) &&
	    s->c->end[0].packets + s->c->end[1].packets == 1)
		report(s, RULE_HD17, s->e, SEEN(PORT, seg->source_port),
		    SEEN(FLAGS, seg->flags));
}

static void
check_fields(struct step *s)
{
	const struct segment *seg = s->seg;

	if (seg->reserved != 0 || (seg->flags & FLAG_AE))
		check_reserved(s);
	check_ports(s);
	if (seg->fragmented)
		report(s, RULE_HD18, s->e, SEEN(LENGTH, s->n));
	if (seg->urgent != 0 && !(seg->flags & FLAG_URG))
		report(s, RULE_HD16, s->e, SEEN(URGENT, seg->urgent),
		    EXPECT(URGENT, 0));
}

/* ------------------------------------------- from one header to the next */

static bool
is_near(uint8_t a, uint8_t b)
{
	return a > b ? a - b <= 2 : b - a <= 2;
}

/* Another TTL, and not of a single packet: that is forged, or lost its way. */
static void
check_ttl(struct step *s)
{
	struct endpoint *e = s->e;
	uint8_t ttl = s->seg->ttl, before = e->ttl_before;

	if (is_near(ttl, e->ttl)) {
		if (before != 0 && !is_near(ttl, before))
			report(s, RULE_HD19, e, SEEN(TTL, ttl),
			    SEEN(OLD_TTL, before));
		e->ttl_before = 0;
	} else if (before != 0 && is_near(ttl, before)) {
		e->ttl_before = 0;
	} else {
		e->ttl_before = e->ttl;
	}
}

/* RFC 9293, 3.8.5: the pointer cannot recede.  65535 says that it lies farther
 * than the field can tell; what was sent again may be older than it looks; and
 * who cuts a segment in pieces may give each the field of the whole. */
static void
check_recede(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t up = s->q + s->seg->urgent;
	bool piece =
	    s->seg->urgent == e->urgent_field && s->seg->seq == e->urgent_end;

	e->urgent_field = s->seg->urgent;
	e->urgent_end = seq_raw(s->end);
	if (piece || s->syn || s->seg->urgent == 0 || s->seg->urgent == 65535 ||
	    s->stale || s->unbelieved || s->range == RANGE_NETWORK_COPY ||
	    s->range == RANGE_REORDERED)
		return;
	if (up < e->urgent && s->n > 0 &&
	    (s->range == RANGE_NEW || s->range == RANGE_AHEAD))
		report(s, RULE_HD15, e, SEEN(SEQ, s->seg->seq),
		    SEEN(URGENT, s->seg->urgent),
		    EXPECT(URGENT, e->urgent - s->q), SEEN(SEQ_END, up),
		    EXPECT(SEQ_END, e->urgent));
	if (up > e->urgent && s->range != RANGE_AHEAD)
		e->urgent = up; /* or a piece, and the one before was missed */
}

void
ta_check_header_change(struct step *s)
{
	struct endpoint *e = s->e;

	if (endpoint_knows(e, KNOWS_TTL) &&
	    (s->seg->ttl != e->ttl || e->ttl_before != 0))
		check_ttl(s);
	if (s->seg->flags & FLAG_URG)
		check_recede(s);
}

void
ta_check_header(struct step *s)
{
	check_offset(s);
	if (s->seg->faults & (FAULT_OFFSET_SMALL | FAULT_OFFSET_OVERRUN))
		return;
	check_checksum(s);
	if (!s->damaged)
		check_fields(s);
	check_flags(s);
	if (connection_is(s->c, CONN_OPEN))
		check_urgent(s);
}
