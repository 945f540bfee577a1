/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* CP: what the capture itself lacks (rules A.6, A.8).  These come first,
 * because they lower what everything else can prove. */
#include "belief.h"
#include "check.h"
#include "zeek.h"

void
ta_capture_lost(struct step *s)
{
	struct connection *c = s->c;
	int64_t until = s->time + 10 * ta_rto(s->e, s->p);

	if (until > c->lossy_until)
		c->lossy_until = until;
	/* One drop does not mute a long connection; many do. */
	if (++c->loss_events >= 3)
		c->marks |= CONN_LOSSY_FOR_EVER;
}

/* Octets of p, which e acknowledged, are not in the capture. */
static void
lose(struct step *s)
{
	if (s->p->zeek_gaps < UINT16_MAX)
		ta_zeek_count(s->c, !s->sender, 'G', ++s->p->zeek_gaps);
	ta_capture_lost(s);
}

/* Said at once, or of what was taken for something else until now (`f`). */
static void
say_midstream(struct step *s, struct finding *f, int end)
{
	ta_restate(s->t, s->c, f, RULE_CP01, end, SEEN(FLAGS, s->seg->flags),
	    SEEN(SEQ, s->seg->seq));
}

/* The capture has the handshake that it goes on from, and the reset by which
 * its sender had ended it: nothing is missing. */
static bool
is_after_reset_handshake(const struct step *s)
{
	const struct tombstone *tomb = s->c->flow->tomb;
	int side = s->sender ^ s->c->client_side;
	const struct tomb_side *x;

	if (tomb == NULL || tomb->how != TOMB_INCOMPLETE || !s->has_ack)
		return false;
	x = &tomb->side[!side];
	return (tomb->side[side].marks & TOMB_RST) && (x->marks & TOMB_ISS) &&
	       s->seg->ack == seq_raw(x->iss) + 1;
}

static void
check_midstream(struct step *s)
{
	struct connection *c = s->c;

	if (!connection_is(c, CONN_MIDSTREAM) || (c->marks & CONN_PROBE) ||
	    c->end[0].packets + c->end[1].packets != 1 ||
	    is_after_reset_handshake(s))
		return;
	say_midstream(s, NULL, s->sender);
}

/* A segment of the former incarnation is acknowledged as if it were of this
 * one (RFC 1337, 2.2, H1). */
static bool
old_segment_taken(struct step *s)
{
	struct connection *c = s->c;

	if (c->old_end == 0 || c->old_sender == s->sender || s->a < c->old_end)
		return false;
	report(s, RULE_TW14, s->e, SEEN(ACK, s->seg->ack),
	    EXPECT(ACK, s->peer_max), SEEN(SEQ_END, c->old_end));
	c->old_end = 0;
	return true;
}

static void
say_unseen(
    struct step *s, int64_t from, int64_t octets, tcpaudit_packet_id proof)
{
	report(s, RULE_CP03, s->e, PROOF(proof), EXPECT(ACK, from),
	    SEEN(ACK, s->seg->ack), SEEN(BYTES_, octets));
	lose(s);
}

/* The sender acknowledges what was not seen: lost by the capture, or never
 * sent.  Until the peer disproves it, the capture is to blame (G.2). */
static void
check_ack_unseen(struct step *s)
{
	struct endpoint *p = s->p;

	if (!s->has_ack || s->rst || s->syn || s->a <= s->peer_max ||
	    s->stale || p->packets == 0 || p->max >= s->a)
		return;
	if (s->a - p->max > SEQ_FAR || s->absurd_ack)
		return;
	if (!old_segment_taken(s)) {
		p->unseen_from = p->max;
		p->unseen_to = s->a;
		p->t_unseen = s->time;
		p->unseen_packet = s->t->packet;
		if (ta_finding(s->c, RULE_DA01, s->sender) == NULL)
			say_unseen(s, p->max, s->a - p->max, p->last_packet);
	}
	/* An unseen FIN may be among it. */
	p->max = s->a;
	if (p->gaps == NULL)
		p->contig = s->a;
}

/* A hole that was acknowledged is no loss of the network. */
static void
check_hole_acked(struct step *s)
{
	if (s->holes_acked > 0)
		say_unseen(s, s->hole_start, s->holes_acked, 0);
}

static void
check_ladder(struct step *s)
{
	struct connection *c = s->c;

	if (!s->explained_by_loss ||
	    (s->p->packets == 0 && connection_is(c, CONN_MIDSTREAM)))
		return; /* one direction alone: CP02 says it */
	if (!connection_is(c, CONN_OPEN) && !connection_is(c, CONN_MIDSTREAM)) {
		c->marks |= CONN_MISSING_HANDSHAKE;
		return;
	}
	if (connection_is(c, CONN_MISSING_HANDSHAKE))
		return;
	report(s, RULE_CP04, s->e, SEEN(STATES, s->was_possible),
	    SEEN(FLAGS, s->seg->flags), SEEN(ACK, s->seg->ack));
	lose(s);
}

void
ta_check_handshake_missed(struct tcpaudit *t, struct connection *c, int end,
    struct finding *f, tcpaudit_packet_id packet, uint8_t flags)
{
	ta_revise(t, c, f, RULE_CP05, end, AT(packet),
	    PROOF(end < 0 ? 0 : c->first_packet), SEEN(FLAGS, flags));
}

/* What proved the handshake is confirmed by the other side's speaking. */
static void
check_missing_handshake(struct step *s)
{
	struct connection *c = s->c;

	if (!connection_is(c, CONN_MISSING_HANDSHAKE) ||
	    c->end[0].packets == 0 || c->end[1].packets == 0)
		return;
	c->marks &= ~(unsigned)CONN_MISSING_HANDSHAKE;
	ta_check_handshake_missed(
	    s->t, c, s->sender, NULL, s->t->packet, s->seg->flags);
	c->done |= DONE_HANDSHAKE;
}

/* Only one direction was captured.  After its own FIN, an acknowledgment that
 * grows by one is that of a FIN: nothing else is that short, as a rule. */
void
ta_infer_silent_close(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (p->packets != 0 || !endpoint_knows(e, KNOWS_FIN) ||
	    endpoint_knows(p, KNOWS_FIN) || s->class != CLASS_ACK ||
	    s->a != e->ack + 1 || s->q != e->fin + 1)
		return;
	p->fin = e->ack;
	p->max = p->contig = s->a;
	p->known |= KNOWS_FIN | KNOWS_SENT;
	p->t_fin = p->t_fin_first = p->t_acked_fin = p->t_acked_fin_first =
	    s->time;
	e->marks |= FIN_ACKED;
	ta_belief_prove(s, p, STATE(LAST_ACK), TCPAUDIT_LAST_ACK);
	ta_belief_settle(s);
}

/* It began with a SYN-ACK that nobody seemed to have asked for, and goes on
 * like any connection: its SYN was missed. */
static void
check_solicited(struct step *s)
{
	struct finding *f;
	int server = TCPAUDIT_SERVER;

	if (!connection_is(s->c, CONN_UNSOLICITED) || s->syn || s->rst ||
	    !s->has_ack || (s->e->marks & CHALLENGED_SYN))
		return;
	s->c->marks &= ~(unsigned)CONN_UNSOLICITED;
	s->c->marks |= CONN_MIDSTREAM;
	if (s->sender != server && !s->fin)
		ta_belief_prove(s, s->e, s->e->possible, TCPAUDIT_ESTABLISHED);
	f = ta_finding(s->c, RULE_HS13, server);
	if (f != NULL)
		say_midstream(s, f, server);
}

/* The SYN comes after its SYN-ACK: the capture, not the network, has swapped
 * them. */
static void
check_late_syn(struct step *s)
{
	struct finding *f;

	if (s->class != CLASS_SYN || !connection_is(s->c, CONN_MIDSTREAM) ||
	    !(s->p->marks & SENT_SYNACK) || s->e->packets != 1 ||
	    s->time - s->p->t_synack_first > 50 * MILLISECOND)
		return;
	s->c->marks &= ~(unsigned)CONN_MIDSTREAM;
	f = ta_finding(s->c, RULE_CP01, !s->sender);
	if (f != NULL)
		ta_check_swapped(s, f, s->p->t_synack_first, 0);
}

/* The scale of p's windows is not known, but a window field is at most 65535:
 * who has more than that in flight was given a larger one.  Every ACK that its
 * sender has seen has passed. */
static void
check_shift(struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;
	int64_t flight = s->end - p->ack;
	unsigned shift = 0;

	if (s->n == 0 || s->syn || s->rst || flight <= 65535 ||
	    !endpoint_knows(p, KNOWS_ACK) || p->packets < 2 || s->q > e->max ||
	    e->gaps != NULL || connection_lossy(s->c, s->time) ||
	    ta_finding(s->c, RULE_CP15, !s->sender) != NULL)
		return;
	while (INT64_C(65535) << shift < flight)
		shift++;
	report(s, RULE_CP15, p, PROOF(p->ack_packet), SEEN(SHIFT, shift),
	    SEEN(BYTES_, flight), SEEN(ACK, p->ack));
}

void
ta_check_swapped(struct step *s, struct finding *f, int64_t answered,
    tcpaudit_packet_id answer)
{
	ta_revise(s->t, s->c, f, RULE_CP13, s->sender, PROOF(answer),
	    SEEN(SEQ, s->seg->seq), SEEN(DELAY, s->time - answered));
}

/* A receiver need not take more than it has offered; if it takes all, the
 * offer was made in a packet that was not captured.  Some receivers have room
 * to spare: it is only likely. */
void
ta_check_update_missed(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (connection_lossy(s->c, s->time) || s->a < p->over_end ||
	    s->time - p->t_over > 10 * SECOND)
		return;
	report(s, RULE_CP16, e, PROOF(p->over_packet), SEEN(ACK, s->seg->ack),
	    SEEN(EDGE, p->over_edge), SEEN(EXCESS, p->over_end - p->over_edge));
	ta_capture_lost(s);
}

/* The usual segment: nothing before it is missing, nor was missing when the
 * connection began. */
static bool
is_whole(const struct step *s)
{
	const uint32_t begun =
	    CONN_MIDSTREAM | CONN_UNSOLICITED | CONN_MISSING_HANDSHAKE;

	return !(s->c->marks & begun) && connection_is(s->c, CONN_WSCALE) &&
	       !s->syn && s->holes_acked == 0 && !s->explained_by_loss &&
	       (!s->has_ack || s->a <= s->peer_max);
}

void
ta_check_capture(struct step *s)
{
	if (is_whole(s))
		return;
	check_solicited(s);
	check_late_syn(s);
	check_midstream(s);
	check_hole_acked(s);
	check_ack_unseen(s);
	check_ladder(s);
	check_missing_handshake(s);
	if (s->class == CLASS_SYNACK)
		ta_check_translated(s);
	if (!connection_is(s->c, CONN_WSCALE))
		check_shift(s);
}

bool
ta_one_sided(const struct connection *c)
{
	for (int i = 0; i < 2; i++) {
		const struct endpoint *x = &c->end[i], *y = &c->end[!i];

		if (y->packets == 0 && endpoint_knows(x, KNOWS_ACK) &&
		    (x->packets >= 10 || endpoint_knows(x, KNOWS_FIN)))
			return true;
	}
	return false;
}

void
ta_check_capture_end(struct tcpaudit *t, struct connection *c)
{
	int heard = c->end[0].packets == 0;

	if (!ta_one_sided(c))
		return;
	c->marks |= CONN_ONE_SIDED;
	ta_report(t, c, RULE_CP02, heard, AT(c->first_packet),
	    SEEN(PACKETS, c->end[heard].packets));
}
