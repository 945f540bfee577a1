/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* OP: options (RFC 9293, 3.2; RFC 7323; RFC 2018; RFC 7413). */
#include "check.h"

#define KIND_SACK 5

static void
check_structure(struct step *s)
{
	static const struct {
		uint32_t fault;
		enum rule rule;
	} faults[] = {
		{ FAULT_OPTION_ZERO, RULE_OP01 },
		{ FAULT_OPTION_OVERRUN, RULE_OP02 },
		{ FAULT_OPTION_LENGTH, RULE_OP03 },
		{ FAULT_OPTION_PADDING, RULE_OP04 },
		{ FAULT_OPTION_TWICE, RULE_OP05 },
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (s->seg->faults & faults[i].fault)
			report(s, faults[i].rule, s->e,
			    SEEN(KIND, s->seg->fault_kind),
			    SEEN(LENGTH, s->seg->fault_length),
			    SEEN(OFFSET, s->seg->fault_offset));
}

static void
check_syn_options(struct step *s)
{
	const struct segment *seg = s->seg;
	struct endpoint *e = s->e, *p = s->p;

	if ((seg->options & OPTION_WSCALE) && seg->window_scale > 14)
		report(s, RULE_OP12, e, SEEN(SHIFT, seg->window_scale),
		    EXPECT(SHIFT, 14));
	if ((seg->options & OPTION_FASTOPEN))
		report(s, RULE_OP32, e, SEEN(LENGTH, seg->fastopen_length));
	if (s->class == CLASS_SYNACK && (seg->options & OPTION_WSCALE) &&
	    endpoint_knows(p, KNOWS_SYN_OPTIONS) && p->isn_count == 1 &&
	    !(p->marks & OFFERED_WSCALE) &&
	    !connection_is(s->c, CONN_SIMULTANEOUS))
		report(s, RULE_OP13, e, PROOF(p->syn_packet),
		    SEEN(SHIFT, seg->window_scale));
}

static void
check_misplaced(struct step *s)
{
	const struct segment *seg = s->seg;

	if (seg->options & OPTION_MSS)
		report(s, RULE_OP06, s->e, SEEN(MSS, seg->mss),
		    SEEN(FLAGS, seg->flags));
	if (seg->options & OPTION_WSCALE)
		report(s, RULE_OP11, s->e, SEEN(SHIFT, seg->window_scale),
		    SEEN(FLAGS, seg->flags));
	if (seg->options & OPTION_SACK_PERMITTED)
		report(s, RULE_OP15, s->e, SEEN(FLAGS, seg->flags));
	if ((seg->options & OPTION_SACK) &&
	    endpoint_knows(s->p, KNOWS_SYN_OPTIONS) &&
	    !(s->p->marks & OFFERED_SACK) && s->p->isn_count > 0)
		report(s, RULE_OP16, s->e, PROOF(s->p->isn_packet[0]),
		    SEEN(KIND, KIND_SACK));
}

/* RFC 7323, 3.2: once negotiated, in every segment but a RST. */
static void
check_timestamps(struct step *s)
{
	struct finding *f;
	const struct segment *seg = s->seg;
	struct endpoint *e = s->e, *p = s->p;

	if (!connection_is(s->c, CONN_TIMESTAMPS) || seg->header_cut ||
	    (seg->faults & ~(uint32_t)FAULT_OPTION_PADDING))
		return;
	if (!(seg->options & OPTION_TIMESTAMPS)) {
		/* Who never sends them did not see them negotiated: taken
		 * out of the SYN-ACK on the way. */
		report(s, RULE_OP22, e, SEEN(SEQ, seg->seq),
		    SEEN(FLAGS, seg->flags),
		    SEVERITY_IF(e->timestamps_used, ERROR, NOTE),
		    CONFIDENCE_IF(!e->timestamps_used || p->timestamps_missing,
			POSSIBLE, CERTAIN));
		e->timestamps_missing = 1;
		return;
	}
	if (!e->timestamps_used && e->timestamps_missing &&
	    (f = ta_finding(s->c, RULE_OP22, s->sender)) != NULL)
		ta_revise(s->t, s->c, f, RULE_OP22, s->sender,
		    CONFIDENCE(LIKELY), SEEN(SEQ, seg->seq));
	e->timestamps_used = 1;
	/* 5.4: monotonic; judged only on text that was sent last. */
	if (s->range == RANGE_NEW && s->n > 0 && e->gaps == NULL &&
	    serial_less(seg->tsval, e->tsval_max) &&
	    s->time - e->t_last < T_PAWS_IDLE && !s->stale)
		report(s, RULE_OP25, e, SEEN(TSVAL, seg->tsval),
		    EXPECT(TSVAL, e->tsval_max));
	/* 4.3: an echo of what was never sent.  Only what lies above all that
	 * passed is sure. */
	if (s->has_ack && endpoint_knows(p, KNOWS_TSVAL) &&
	    serial_less(p->tsval_max, seg->tsecr) && seg->tsecr != 0 &&
	    s->a <= p->max && !connection_lossy(s->c, s->time))
		report(s, RULE_OP27, e, SEEN(TSECR, seg->tsecr),
		    EXPECT(TSECR, p->tsval_max));
	if (s->fate == FATE_PAWS)
		report(s, RULE_OP29, e, SEEN(TSVAL, seg->tsval),
		    EXPECT(TSVAL, p->tsecr), SEEN(SEQ, seg->seq));
}

/* RFC 9293, 3.7.1, MUST-16: not more than the peer said it takes.  What an
 * offloading host hands to its network card is not what it sends. */
static void
check_mss(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	uint32_t mss = p->mss;

	if (s->n == 0 || !endpoint_knows(p, KNOWS_SYN_OPTIONS) ||
	    (e->marks & OFFLOADS) || (p->marks & OFFLOADS))
		return;
	if (mss == 0)
		mss = s->seg->family == 6 ? 1220 : 536;
	if (s->n <= mss || mss == 65535)
		return;
	if (p->mss != 0 &&
	    (s->n % mss == 0 || s->n > 9216 || (e->marks & IS_LOCAL) ||
		s->n >= 2 * mss || s->seg->payload_cut)) {
		e->marks |= OFFLOADS;
		report(s, RULE_CP11, e, SEEN(LENGTH, s->n), SEEN(MSS, mss));
		return;
	}
	/* More than an Ethernet carries, and no MSS to compare with. */
	if (p->mss == 0 && s->n > 1460) {
		e->marks |= OFFLOADS;
		return;
	}
	if (++e->mss_exceeded >= 2)
		report(s, RULE_OP09, e, SEEN(LENGTH, s->n), SEEN(MSS, mss),
		    EXPECT(LENGTH, mss), SEEN(EXCESS, s->n - mss),
		    /* The default, where none was announced (MUST-15). */
		    SEVERITY_IF(p->mss != 0, ERROR, WARNING));
	if (e->mss_exceeded == UINT8_MAX)
		e->mss_exceeded--;
}

void
ta_check_option(struct step *s)
{
	check_structure(s);
	if (s->syn && !s->rst) {
		check_syn_options(s);
		return;
	}
	if (!s->rst)
		check_misplaced(s);
}

void
ta_check_option_numbers(struct step *s)
{
	if (s->syn || s->rst)
		return;
	check_timestamps(s);
	check_mss(s);
}
