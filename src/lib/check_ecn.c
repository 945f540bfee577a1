/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * EC: explicit congestion notification.  SYNs say what is used, which is none,
 * that of RFC 3168, or the accurate one of RFC 9768; the rest depends on it.
 *
 * The field in the IP header belongs to the network as much as to the sender:
 * routers may set CE, and some clear or set what they should not.  So little of
 * it proves anything about an endpoint, and what was negotiated is known only
 * if both SYNs were captured.
 */
#include "check.h"
#include "ecn.h"

int
ta_ecn_mode(const struct connection *c)
{
	if (!connection_is(c, CONN_SYN_SEEN | CONN_SYNACK_SEEN) ||
	    (c->marks &
		(CONN_MIDSTREAM | CONN_MISSING_HANDSHAKE | CONN_ECN_FORGOTTEN)))
		return ECN_UNKNOWN;
	return c->ecn != NULL ? c->ecn->mode : ECN_NONE;
}

/* RFC 8311, 4.3, lets experiments mark what RFC 3168 does not.  One that does
 * so on its SYN is no accident later. */
static bool
is_experiment(const struct step *s)
{
	return s->c->ecn->mode == ECN_ACCURATE ||
	       s->c->ecn->end[s->sender].syn_marked;
}

/* An identification above all before it.  What was merged from several segments
 * stands for as many, so that a copy of one of them looks new: but not if there
 * is a reason to send it again, or nothing was larger, or it is the very same
 * segment. */
static bool
has_new_id(const struct step *s, const struct transmission *old)
{
	const struct ecn_end *x = &s->c->ecn->end[s->sender];
	bool same = old != NULL && old->start == s->q && old->end == s->end;
	bool merged = ((s->e->marks | s->p->marks) & OFFLOADS) ||
		      (x->largest > s->n && !same);
	uint16_t step = (uint16_t)(s->seg->ip_id - x->ip_id);

	if (s->range == RANGE_FAST || s->range == RANGE_TIMEOUT)
		merged = false;
	return s->seg->ip_id_known && s->seg->ip_id != 0 && x->ip_id != 0 &&
	       step > (merged ? 64 : 0) && step < 2048;
}

/* For the segments to come. */
static void
note_segment(struct step *s)
{
	struct ecn_end *x = &s->c->ecn->end[s->sender];

	if (s->seg->ip_id_known &&
	    (x->ip_id == 0 || (int16_t)(s->seg->ip_id - x->ip_id) > 0))
		x->ip_id = (uint16_t)s->seg->ip_id;
	if (s->n > x->largest)
		x->largest = s->n;
}

/* Its sender sent the text again: no copy that the network made, which has the
 * identification and the timestamp of the first. */
static bool
is_sent_again(const struct step *s)
{
	const struct segment *seg = s->seg;
	const struct endpoint *e = s->e;
	const struct transmission *old;
	uint16_t last = s->c->ecn->end[s->sender].ip_id;

	if (s->n == 0 || s->new_data || s->range < RANGE_ACK_LOST)
		return false;
	old = e->flight != NULL ? ta_flight_find(e->flight, s->q) : NULL;
	if (has_new_id(s, old))
		return true;
	if (!connection_is(s->c, CONN_TIMESTAMPS) ||
	    !(seg->options & OPTION_TIMESTAMPS) ||
	    (seg->ip_id_known && seg->ip_id != 0 && last != 0 &&
		(int16_t)((uint16_t)seg->ip_id - last) <= 0))
		return false;
	/* Of neighbours that became one only the first is remembered. */
	if (old != NULL && old->start == s->q && old->end == s->end)
		return serial_less(old->tsval, seg->tsval) &&
		       !serial_less(seg->tsval, e->tsval_max);
	return serial_less(e->tsval_max, seg->tsval);
}

/* Something else may have made it so: a router that sets CE where it must not,
 * a network that rewrites the field, of SYNs as well, or one that took the
 * agreement out of the SYN-ACK before it passed here. */
static bool
is_excusable(const struct step *s)
{
	const struct ecn *ecn = s->c->ecn;

	if (s->seg->ecn == ECN_CE)
		return true;
	return ecn != NULL &&
	       (ecn->end[s->sender].syn_marked ||
		   (s->sender == TCPAUDIT_SERVER &&
		       (ecn->end[TCPAUDIT_CLIENT].syn & ~ECN_PLAIN)));
}

/* RFC 3168, 6.1.1; RFC 9768, 3.1.5. */
static void
check_unnegotiated(struct step *s)
{
	if (s->n > 0)
		report(s, RULE_EC03, s->e, SEEN(CODEPOINT, s->seg->ecn),
		    EXPECT(CODEPOINT, ECN_NOT_ECT), SEEN(LENGTH, s->n),
		    SEVERITY_IF(is_excusable(s), WARNING, ERROR),
		    DEMOTE_IF(connection_lossy(s->c, s->time)));
}

/* In TIME-WAIT Linux goes on with the mark of what it sent last. */
static bool
is_last_ack(const struct step *s)
{
	return endpoint_knows(s->e, KNOWS_FIN) &&
	       endpoint_knows(s->p, KNOWS_FIN) && s->a > s->p->fin;
}

/* The segments that RFC 3168 wants without a mark (6.1.4 to 6.1.6). */
static void
check_marked(struct step *s)
{
	struct endpoint *e = s->e;

	if (s->range == RANGE_PROBE)
		return; /* EC07 */
	if (s->class == CLASS_ACK && s->range == RANGE_EMPTY)
		report(s, RULE_EC05, e, SEEN(CODEPOINT, s->seg->ecn),
		    EXPECT(CODEPOINT, ECN_NOT_ECT),
		    SEVERITY_IF(
			is_experiment(s) || is_last_ack(s), NOTE, WARNING));
	else if (is_sent_again(s))
		report(s, RULE_EC06, e, SEEN(SEQ, s->seg->seq),
		    SEEN(CODEPOINT, s->seg->ecn),
		    EXPECT(CODEPOINT, ECN_NOT_ECT),
		    SEVERITY_IF(is_experiment(s), NOTE, WARNING));
}

/* An octet that was on its way when the window closed is no probe. */
static void
check_probe(struct step *s)
{
	bool reduced =
	    s->c->ecn->mode == ECN_CLASSIC && (s->seg->flags & FLAG_CWR);

	if (s->range != RANGE_PROBE || (s->seg->ecn == 0 && !reduced) ||
	    (s->n > 0 && s->q < s->p->edge))
		return;
	report(s, RULE_EC07, s->e, SEEN(SEQ, s->seg->seq),
	    SEEN(CODEPOINT, s->seg->ecn), EXPECT(CODEPOINT, ECN_NOT_ECT),
	    SEEN_IF(reduced, FLAGS, s->seg->flags),
	    SEVERITY_IF(is_experiment(s), NOTE, WARNING));
}

static void
check_negotiated(struct step *s)
{
	if (s->seg->ecn != ECN_NOT_ECT)
		check_marked(s);
	check_probe(s);
	if (s->c->ecn->mode == ECN_ACCURATE)
		return;
	/* RFC 3168, 6.1.2: on the first new segment, so that it arrives. */
	if ((s->seg->flags & FLAG_CWR) && is_sent_again(s))
		report(s, RULE_EC12, s->e, SEEN(SEQ, s->seg->seq),
		    SEEN(FLAGS, s->seg->flags));
	ta_check_ecn_echo(s);
}

static void
check_plain(struct step *s)
{
	switch (ta_ecn_mode(s->c)) {
	case ECN_NONE:
		if (s->seg->ecn != ECN_NOT_ECT)
			check_unnegotiated(s);
		break;
	case ECN_CLASSIC:
	case ECN_ACCURATE:
		ta_check_ecn_open(s);
		check_negotiated(s);
		break;
	default:
		break;
	}
}

void
ta_check_ecn(struct step *s)
{
	if (s->c->ecn == NULL && s->seg->ecn == 0 &&
	    !(s->seg->flags & ECN_FLAGS) && !(s->seg->options & OPTION_ACCECN))
		return; /* nearly all segments of nearly all connections */
	if (s->seg->options & OPTION_ACCECN)
		ta_check_ecn_option(s);
	if (s->syn)
		ta_check_ecn_syn(s);
	else if (!s->stale && s->range != RANGE_NETWORK_COPY &&
		 s->range != RANGE_REORDERED)
		check_plain(s);
	if (s->c->ecn != NULL)
		note_segment(s);
}
