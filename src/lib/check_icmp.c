/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * IC: ICMP errors that quote a segment of a connection (RFC 9293, 3.9.2.2).
 *
 * The error is on its way to the sender of what it quotes.  Whoever wrote it
 * had only to guess the addresses and ports; that it has seen the segment shows
 * in the sequence number alone (RFC 5927, 4.1).  Errors have no deadline, so a
 * number that was in flight lately is as good as one that is in flight now.
 */
#include "check.h"

/* A router that gives up on fragments takes 60 to 120 s to say so (RFC 1122,
 * 3.3.2); what was acknowledged before that is old. */
#define T_STALE (120 * SECOND)
/* Without its ISS, an endpoint may have sent what lies this far back. */
#define UNKNOWN_PAST (INT64_C(1) << 30)

/* It may be of the incarnation before. */
static bool
of_tombstone(const struct connection *c, int end, uint32_t seq)
{
	const struct tombstone *tomb = c->flow->tomb;
	const struct tomb_side *side;
	int64_t q;

	if (tomb == NULL)
		return false;
	side = &tomb->side[end ^ c->client_side];
	q = seq_unwrap(side->max, seq);
	return !(side->marks & TOMB_SENT) ||
	       (q <= side->max && q > side->max - UNKNOWN_PAST);
}

/* Whether the endpoint had it in flight, as far as can be known, and not too
 * long ago.  A bare ACK stands at SND.NXT, a keepalive one before. */
static bool
was_in_flight(
    const struct tcpaudit *t, const struct connection *c, int end, uint32_t seq)
{
	const struct endpoint *e = &c->end[end], *p = &c->end[!end];
	int64_t q = seq_unwrap(e->max, seq);
	int64_t right = e->max;

	for (unsigned i = 0; i < e->isn_count; i++)
		if (e->isn[i] == seq)
			return true;
	for (unsigned i = 0; i < 2 && i < e->reset_count; i++)
		if (seq_raw(e->reset[i].seq) == seq)
			return true;
	if (connection_lossy(c, t->time))
		right += p->max_window;
	if (q > right)
		return false;
	if (q < (endpoint_knows(e, KNOWS_ISS) ? e->iss : e->max - UNKNOWN_PAST))
		return false;
	return !endpoint_knows(p, KNOWS_ACK) || q + 1 >= p->ack_before ||
	       t->time - p->t_ack_before < T_STALE;
}

static struct icmp_said *
remember(struct tcpaudit *t, struct connection *c, int end)
{
	if (c->icmp == NULL)
		c->icmp = ta_slab_take(&t->icmp);
	return c->icmp != NULL ? &c->icmp->end[end] : NULL;
}

static void
note_error(struct tcpaudit *t, struct icmp_said *said, const struct segment *q)
{
	said->unreachable |= q->icmp != ICMP_TOO_BIG;
	if (q->icmp == ICMP_SOFT) {
		said->t_soft = t->time;
		said->soft_packet = t->packet;
		said->soft_type = q->icmp_type;
		said->soft_code = q->icmp_code;
	}
	if (q->icmp_mtu != 0 && (said->mtu == 0 || q->icmp_mtu < said->mtu))
		said->mtu = q->icmp_mtu;
}

void
ta_check_icmp(struct tcpaudit *t, struct connection *c, int end,
    const struct segment *quote)
{
	struct endpoint *e = &c->end[end];
	struct icmp_said *said;

	/* Of what was not captured nothing can be said. */
	if (e->packets == 0 || connection_is(c, CONN_SELF) ||
	    c->flow->challenger != NULL || of_tombstone(c, end, quote->seq))
		return;
	if (!was_in_flight(t, c, end, quote->seq)) {
		ta_report(t, c, RULE_IC02, end, PROOF(e->last_packet),
		    SEEN(SEQ, quote->seq), EXPECT(SEQ, e->max),
		    SEEN_IF(endpoint_knows(&c->end[!end], KNOWS_ACK), ACK,
			c->end[!end].ack),
		    SEEN(ICMP_TYPE, quote->icmp_type),
		    SEEN(ICMP_CODE, quote->icmp_code),
		    DEMOTE_IF(connection_lossy(c, t->time) ||
			      !endpoint_knows(e, KNOWS_ISS)));
		return;
	}
	said = remember(t, c, end);
	if (said != NULL)
		note_error(t, said, quote);
	if (quote->icmp == ICMP_HARD)
		ta_report(t, c, RULE_IC01, end, SEEN(SEQ, quote->seq),
		    SEEN(ICMP_TYPE, quote->icmp_type),
		    SEEN(ICMP_CODE, quote->icmp_code));
	else if (quote->icmp == ICMP_TOO_BIG)
		ta_report(t, c, RULE_IC04, end, SEEN(SEQ, quote->seq),
		    SEEN_IF(quote->icmp_mtu != 0, MTU, quote->icmp_mtu),
		    SEEN(LENGTH, quote->length));
}

/* MUST-56: a soft error does not end a connection.  But an application that is
 * told of it (SHLD-25) may end it when it likes, so this is no proof.  Other
 * reasons to give up come first: a FIN, an answer to the peer, timers. */
void
ta_check_icmp_abort(struct step *s)
{
	const struct icmp_said *said;
	struct endpoint *e = s->e;

	if (s->c->icmp == NULL)
		return;
	said = &s->c->icmp->end[s->sender];
	if (said->t_soft == 0 || s->time - said->t_soft > ta_reach(e) ||
	    (e->possible & ~(unsigned)STATES_SYNCHRONIZED) ||
	    endpoint_knows(e, KNOWS_FIN) || s->q != e->max ||
	    e->keepalives > 0 || e->rtx_copies >= 3 ||
	    (s->before.from != s->sender && s->before.time >= said->t_soft))
		return;
	report(s, RULE_IC03, e, PROOF(said->soft_packet),
	    SEEN(DELAY, s->time - said->t_soft), SEEN(SEQ, s->seg->seq),
	    SEEN(ICMP_TYPE, said->soft_type), SEEN(ICMP_CODE, said->soft_code),
	    DEMOTE_IF(connection_lossy(s->c, s->time)));
}

bool
ta_icmp_told(const struct connection *c, int end)
{
	return c->icmp != NULL && c->icmp->end[end].unreachable;
}

uint32_t
ta_icmp_mtu(const struct connection *c, int end)
{
	return c->icmp != NULL ? c->icmp->end[end].mtu : 0;
}

bool
ta_icmp_silent(const struct step *s)
{
	return (s->t->icmp_families & 1u << s->seg->family) &&
	       !ta_icmp_told(s->c, s->sender);
}
