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
		ta_check_syn_options(s);
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
	ta_check_timestamps(s);
	check_mss(s);
}
