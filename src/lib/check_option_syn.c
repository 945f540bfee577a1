/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* OP: what the options of a SYN offer, and what those of its answer may (RFC
 * 9293, 3.7.1; RFC 7323, 2.2 and 3.2; RFC 7413). */
#include "check.h"

void
ta_check_syn_options(struct step *s)
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
