/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* OP22 to OP30: timestamps (RFC 7323, 3 to 5). */
#include "check.h"

/* The timestamp of a SYN or a probe inside the connection: in the window it is
 * taken before the segment is refused (RFC 7323, 5.3, R3). */
static bool
echoes_stray(const struct step *s)
{
	static const enum rule probes[] = { RULE_HD06, RULE_HD08, RULE_HD09 };
	const struct connection *c = s->c->flow->challenger;

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++)
		if (ta_finding(s->c, probes[i], !s->sender) != NULL)
			return true;
	return c != NULL && c->end[TCPAUDIT_CLIENT].tsval == s->seg->tsecr;
}

/* RFC 7323, 3.2: once negotiated, in every segment but a RST. */
void
ta_check_timestamps(struct step *s)
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
	    s->a <= p->max && !connection_lossy(s->c, s->time) &&
	    !echoes_stray(s))
		report(s, RULE_OP27, e, SEEN(TSECR, seg->tsecr),
		    EXPECT(TSECR, p->tsval_max));
	if (s->fate == FATE_PAWS)
		report(s, RULE_OP29, e, SEEN(TSVAL, seg->tsval),
		    EXPECT(TSVAL, p->tsecr), SEEN(SEQ, seg->seq));
}
