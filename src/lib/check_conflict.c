/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* DA08, DA09: what is sent again, compared with what was sent first. */
#include "check.h"

/* Compares what the segment has in common with bytes that were sent before
 * (RFC 9293, 3.4.3: one binding of number and octet; RFC 2525, 2.4).  False:
 * they agree, or cannot be compared. */
static bool
conflicts(struct step *s, int64_t start, uint32_t length, uint64_t where,
    uint32_t apart, tcpaudit_packet_id packet)
{
	int64_t from = s->q > start ? s->q : start;
	int64_t to = s->q + s->seg->captured;
	uint32_t common;
	uint64_t was, is;
	int64_t at;

	if (to > start + length)
		to = start + length;
	if (where == 0 || from >= to || packet == s->t->packet ||
	    apart != (s->seg->tunnel ^ s->seg->vlan))
		return false;
	common = (uint32_t)(to - from);
	at = ta_payload_compare(&s->t->payload, where, (uint32_t)(from - start),
	    s->seg->payload + (from - s->q), common, &was, &is);
	if (at < 0 || at >= common)
		return false;
	report(s, RULE_DA08, s->e, CONFIDENCE(LIKELY), PROOF(packet),
	    SEEN(SEQ, from + at), SEEN(OFFSET, from + at - s->q),
	    EXPECT(DATA, was), SEEN(DATA, is));
	return true;
}

/* Sent again with other boundaries, the octets the same (RFC 9293, 3.8.6).
 * Known where what was sent is one segment, and remembered as such. */
static void
check_boundaries(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t mss = s->p->mss != 0 ? s->p->mss : 536;
	const struct transmission *old;

	/* Room for SACK blocks that it now reports is no choice of its own. */
	if ((s->seg->options & OPTION_SACK) || s->range < RANGE_FAST ||
	    s->fin || s->n > mss || e->flight == NULL ||
	    (e->marks & OFFLOADS) || connection_lossy(s->c, s->time))
		return;
	old = ta_flight_find(e->flight, s->q);
	if (old == NULL || old->stored == 0 || old->end - old->start > mss ||
	    (old->start == s->q && old->end == s->end) ||
	    /* It was told that the path takes less. */
	    ta_finding(s->c, RULE_IC04, s->sender) != NULL)
		return;
	report(s, RULE_DA09, e, PROOF(old->packet), SEEN(SEQ, s->seg->seq),
	    SEEN(LENGTH, s->n), EXPECT(LENGTH, old->end - old->start),
	    EXPECT(SEQ, old->start));
}

void
ta_check_conflict(struct step *s)
{
	struct endpoint *e = s->e;
	uint64_t where = e->kept;
	struct kept k;

	if (s->n == 0 || s->syn || s->seg->captured == 0 ||
	    !endpoint_knows(e, KNOWS_SENT) || s->q >= e->max ||
	    s->range == RANGE_KEEPALIVE || s->range == RANGE_PROBE)
		return;
	for (unsigned i = 0; e->flight != NULL && i < e->flight->count; i++) {
		const struct transmission *x = &e->flight->sent[i];

		if (conflicts(s, x->start, x->stored_length, x->stored,
			x->apart, x->packet))
			return;
	}
	for (unsigned i = 0;
	     i < KEPT && ta_payload_find(&s->t->payload, where, &k); i++) {
		/* The offset may have been that of another text, long ago. */
		if (k.packet < s->c->first_packet || k.packet >= s->t->packet)
			break;
		if (conflicts(s, k.start, k.length, where, k.apart, k.packet))
			return;
		where = k.before;
	}
	check_boundaries(s);
}
