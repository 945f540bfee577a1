/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* OP22 to OP30: timestamps (RFC 7323, 3 to 5). */
#include "check.h"

/* Estimates of the clock: from how long on, and how far off is not chance. */
#define CLOCK_SPAN	(5 * SECOND)
#define CLOCK_TOLERANCE 2
#define CLOCK_FASTEST	1000 /* a second: RFC 7323, 5.4 */

/* By as much a capture may swap a segment and its answer. */
#define SWAPPED (50 * MILLISECOND)

/* The timestamp of a SYN or a probe inside the connection, or of a segment
 * without ACK: in the window it is taken before the segment is refused
 * (RFC 7323, 5.3, R3). */
static bool
echoes_stray(const struct step *s)
{
	const struct connection *c = s->c->flow->challenger;
	const int end = !s->sender;

	if (ta_finding(s->c, RULE_HD06, end) != NULL ||
	    ta_finding(s->c, RULE_HD08, end) != NULL ||
	    ta_finding(s->c, RULE_HD09, end) != NULL ||
	    ta_finding(s->c, RULE_DA04, end) != NULL)
		return true;
	return c != NULL && c->end[TCPAUDIT_CLIENT].tsval == s->seg->tsecr;
}

/* 3.2: once negotiated, in every segment but a RST.  Who never sends them did
 * not see them negotiated: taken out of the SYN-ACK on the way. */
static void
check_presence(struct step *s)
{
	const enum rule rule = RULE_OP22;
	const struct segment *seg = s->seg;
	struct endpoint *e = s->e;
	struct finding *f;

	if (!(seg->options & OPTION_TIMESTAMPS)) {
		report(s, rule, e, SEEN(SEQ, seg->seq), SEEN(FLAGS, seg->flags),
		    SEVERITY_IF(e->timestamps_used, ERROR, NOTE),
		    CONFIDENCE_IF(
			!e->timestamps_used || s->p->timestamps_missing,
			POSSIBLE, CERTAIN));
		e->timestamps_missing = 1;
		return;
	}
	if (!e->timestamps_used && e->timestamps_missing &&
	    (f = ta_finding(s->c, rule, s->sender)) != NULL)
		ta_revise(s->t, s->c, f, rule, s->sender, CONFIDENCE(LIKELY),
		    SEEN(SEQ, seg->seq));
	e->timestamps_used = 1;
}

/* Whether a clock of x that ticks each microsecond, the fastest in use, may
 * show `tsval` by now. */
static bool
clock_reaches(const struct endpoint *x, uint32_t tsval, int64_t time)
{
	int64_t ticks = (time - x->t_last + SWAPPED) / 1000;

	return ticks < 0 || (int64_t)(tsval - x->tsval_max) <= ticks;
}

/* 4.3: what ACKs echo was sent by the peer. */
static void
check_echo(struct step *s)
{
	const struct segment *seg = s->seg;
	struct endpoint *e = s->e, *p = s->p;

	if (!endpoint_knows(p, KNOWS_TSVAL))
		return;
	if (seg->tsecr == 0) {
		if ((e->marks & SENT_PLAIN) &&
		    !(p->options.marks & OPTIONS_TSVAL_ZERO) &&
		    !connection_lossy(s->c, s->time) && !echoes_stray(s))
			report(s, RULE_OP28, e, EXPECT(TSECR, p->tsval),
			    SEEN(TSECR, 0));
		return;
	}
	/* Only what lies above all that passed is sure, and above what a bare
	 * ACK may have carried that was not captured, or after this. */
	if (serial_less(p->tsval_max, seg->tsecr) && s->a <= p->max &&
	    !clock_reaches(p, seg->tsecr, s->time) &&
	    !connection_lossy(s->c, s->time) && !echoes_stray(s))
		report(s, RULE_OP27, e, SEEN(TSECR, seg->tsecr),
		    EXPECT(TSECR, p->tsval_max));
}

/* 3.2: to be ignored where it was not negotiated. */
static void
check_unnegotiated(struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	if (!endpoint_knows(e, KNOWS_SYN_OPTIONS) ||
	    !endpoint_knows(p, KNOWS_SYN_OPTIONS) || e->isn_count > 1 ||
	    p->isn_count > 1 ||
	    ((e->options.marks | p->options.marks) & OPTIONS_UNREADABLE) ||
	    connection_lossy(s->c, s->time))
		return;
	report(s, RULE_OP23, s->e, PROOF(e->isn_packet[0]),
	    PROOF(p->isn_packet[0]), SEEN(TSVAL, s->seg->tsval),
	    SEEN(TSECR, s->seg->tsecr));
}

void
ta_check_timestamps(struct step *s)
{
	const struct segment *seg = s->seg;
	struct endpoint *e = s->e, *p = s->p;

	/* What lacks ACK is of no connection: DA04 and TD01 say so. */
	if (!s->has_ack || seg->header_cut ||
	    (seg->faults & ~(uint32_t)FAULT_OPTION_PADDING))
		return;
	if (!connection_is(s->c, CONN_TIMESTAMPS)) {
		if (seg->options & OPTION_TIMESTAMPS)
			check_unnegotiated(s);
		return;
	}
	check_presence(s);
	if (!(seg->options & OPTION_TIMESTAMPS))
		return;
	/* 5.4: monotonic.  Only of new text its number tells that it was sent
	 * later; a retransmission or an ACK may have overtaken it.  What seems
	 * new a moment ago may be one whose first copy was lost before. */
	if (s->range == RANGE_NEW && s->n > 0 && e->gaps == NULL &&
	    serial_less(seg->tsval, e->tsval_new) &&
	    s->time - e->t_last < T_PAWS_IDLE && !s->stale &&
	    !connection_lossy(s->c, s->time))
		report(s, RULE_OP25, e,
		    SEVERITY_IF(
			s->time - e->t_max <= ta_reach(e), WARNING, ERROR),
		    SEEN(TSVAL, seg->tsval), EXPECT(TSVAL, e->tsval_new));
	check_echo(s);
	if (s->fate == FATE_PAWS)
		report(s, RULE_OP29, e, SEEN(TSVAL, seg->tsval),
		    EXPECT(TSVAL, p->tsecr), SEEN(SEQ, seg->seq));
}

/* 5.4: between 1 ms and 1 s a tick.  A queue delays one of two segments more
 * than the other, and one tick more or less may have passed. */
bool
ta_is_clock(int64_t span, uint32_t ticks)
{
	if (span < CLOCK_SPAN || span > T_PAWS_IDLE)
		return true; /* who knows */
	span /= MILLISECOND;
	return (ticks + INT64_C(1)) * 1000 * CLOCK_TOLERANCE >= span &&
	       ticks * INT64_C(1000) <= span * CLOCK_FASTEST * CLOCK_TOLERANCE;
}

void
ta_check_timestamp_clock(struct tcpaudit *t, struct connection *c, int end)
{
	const struct options_seen *seen = &c->end[end].options;
	int64_t span = seen->t_last - seen->t_first;
	uint32_t ticks = seen->tsval_last - seen->tsval_first;

	if (ta_is_clock(span, ticks) || !connection_is(c, CONN_TIMESTAMPS) ||
	    connection_lossy(c, t->time))
		return;
	span /= MILLISECOND;
	ta_report(t, c, RULE_OP30, end, AT(c->end[end].last_packet),
	    SEEN(TICKS, ticks * INT64_C(1000) / span),
	    EXPECT(TICKS, ticks * INT64_C(1000) > span ? CLOCK_FASTEST : 1),
	    SEEN(ELAPSED, seen->t_last - seen->t_first));
}
