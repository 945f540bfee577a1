/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* RS: what became of a reset, or of a SYN inside a connection, shown by what
 * either end did later (RFC 5961; RFC 9293, 3.5.1, Figure 9). */
#include "belief.h"
#include "check.h"

/* --------------------------------------------------- what came of a reset */

void
ta_check_inexact(struct step *s, struct finding *f, int end,
    tcpaudit_packet_id packet, int64_t expected, int64_t seq)
{
	const struct endpoint *y = &s->c->end[!end];

	ta_revise(s->t, s->c, f, RULE_RS02, end, AT(packet),
	    EXPECT(SEQ, expected), SEEN(SEQ, seq), REACTED_IF(f != NULL, ACK),
	    SEEN_IF(f == NULL && endpoint_knows(y, KNOWS_EDGE), EDGE, y->edge));
}

/* RFC 5961, 7: challenge ACKs are to be throttled; it suggests ten in five
 * seconds.  Counted from the first one of a burst. */
#define CHALLENGES	 10
#define CHALLENGE_MILLIS 5000

static void
check_throttling(struct step *s)
{
	struct endpoint *e = s->e;
	uint32_t now = (uint32_t)((s->time - s->c->t_first) / MILLISECOND);

	if (e->challenges == 0 ||
	    now - e->challenges_since >= CHALLENGE_MILLIS) {
		e->challenges = 0;
		e->challenges_since = now;
	}
	e->challenges += e->challenges < UINT8_MAX;
	if (e->challenges == CHALLENGES + 1)
		report(s, RULE_RS20, e, PROOFS_OF(RULE_RS03, s->sender),
		    SEEN(COPIES, e->challenges), EXPECT(COPIES, CHALLENGES),
		    SEEN(ELAPSED,
			(int64_t)(now - e->challenges_since) * MILLISECOND));
}

void
ta_check_challenge(struct step *s, tcpaudit_packet_id packet)
{
	report(s, RULE_RS03, s->e, PROOF(packet), SEEN(ACK, s->seg->ack),
	    SEEN(SEQ, s->seg->seq));
	check_throttling(s);
}

void
ta_check_believed(struct tcpaudit *t, struct connection *c, int end)
{
	struct endpoint *x = &c->end[end], *y = &c->end[!end];

	ta_report(t, c, RULE_RS04, end, AT(y->rst_packet),
	    PROOF(x->last_packet), EXPECT(SEQ, x->ack),
	    SEEN(SEQ, y->reset[y->reset_count > 1].seq),
	    SEEN(IDLE, t->time - x->notes.t_inexact));
	x->notes.t_inexact = 0;
}

/* It had text to repeat, and let several timeouts pass (rules A.3, P13). */
void
ta_check_inexact_end(struct tcpaudit *t, struct connection *c, int end)
{
	struct endpoint *x = &c->end[end], *y = &c->end[!end];
	int64_t rto = ta_rto(x, y);

	if (x->notes.t_inexact == 0 || (y->marks & RST_ACCEPTED) ||
	    (x->marks & SENT_RST) || !endpoint_knows(y, KNOWS_ACK) ||
	    x->max <= y->ack || connection_lossy(c, t->time))
		return;
	if (2 * x->rtx_interval > rto)
		rto = 2 * x->rtx_interval;
	if (x->t_last <= x->notes.t_inexact + ta_reach(x) &&
	    t->time - x->notes.t_inexact > 3 * rto)
		ta_check_believed(t, c, end);
}

/* A reset that looked exact here was not, there: the receiver challenges it
 * (RFC 5961, 3.2).  Why its sender gave up stays true. */
static void
challenge(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	struct finding *f = ta_reset_finding(s->c, p);

	if (e->t_killed != 0 && p->notes.said != 0)
		ta_check_inexact(s, f, !s->sender, p->rst_packet, s->seg->ack,
		    p->reset[p->reset_count - 1].seq);
	ta_check_challenge(s, p->rst_packet);
	p->marks &= ~(unsigned)RST_ACCEPTED;
	e->t_killed = 0;
	e->notes.t_inexact = 0;
}

static void
check_receiver_goes_on(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t since = s->time - p->t_rst;
	bool beyond;

	if (p->t_rst == 0 || s->syn || s->rst || (e->marks & SENT_RST))
		return;
	if (s->class == CLASS_ACK && !s->progress && !s->ack_old &&
	    s->q == e->max && since <= ta_reach(e) + T_REACT &&
	    s->range == RANGE_EMPTY && s->before.packet == p->rst_packet &&
	    s->seg->sack_count == 0 &&
	    s->a != p->reset[p->reset_count > 0 ? p->reset_count - 1 : 0].seq &&
	    p->reset_count > 0 && !(s->c->marks & CONN_HISTORICAL)) {
		challenge(s);
		return;
	}
	if (e->t_killed == 0)
		return;
	/* It has what was sent after the reset. */
	beyond = s->progress && p->notes.went_on && p->reset_count > 0 &&
		 s->a > p->reset[p->reset_count - 1].seq;
	if (since <= ta_rtt(e) + 2 * ta_slack(e) && !beyond) {
		s->doomed = true; /* sent before the reset arrived */
		return;
	}
	if (!ta_says_new(s))
		return;
	if (p->reset_sure && !p->notes.went_on)
		report(s, RULE_RS16, e, PROOF(p->rst_packet),
		    SEEN(ELAPSED, since), SEEN(SEQ, s->seg->seq),
		    SEEN(RTT, ta_rtt(e)),
		    /* The first may have been lost on its way. */
		    SEVERITY_IF(e->resets_ignored++ > 0, WARNING, NOTE));
	p->marks &= ~(unsigned)RST_ACCEPTED;
	e->t_killed = 0;
}

void
ta_check_after_reset(struct step *s)
{
	ta_check_after_own_reset(s);
	check_receiver_goes_on(s);
}

void
ta_check_replaced(struct tcpaudit *t, struct flow *f, bool accepted)
{
	struct connection *old = f->live, *new = f->challenger;
	struct endpoint *x = &new->end[TCPAUDIT_CLIENT];
	int end = new->client_side != old->client_side; /* of the SYN */
	int64_t idle =
	    new->t_first > old->t_last ? new->t_first - old->t_last : -1;
	/* Its end may have passed unseen. */
	bool gone = connection_lossy(old, t->time) ||
		    (new->end[TCPAUDIT_SERVER].marks &CHALLENGED_SYN) ||
		    !connection_is(old, CONN_OPEN) ||
		    endpoint_may_be(&old->end[!end],
			STATE(CLOSED) | STATE(LISTEN) | STATE(TIME_WAIT) |
			    STATE(SYN_RECEIVED));

	/* A listener that had dropped a stray segment held no connection. */
	if (accepted && old->end[!end].packets == 0)
		return;
	old->marks |= CONN_HALF_OPEN;
	if (accepted)
		ta_report(t, old, RULE_RS19, !end,
		    SEVERITY_IF(gone, NOTE, WARNING), PROOF(x->syn_packet),
		    SEEN_IF(idle >= 0, IDLE, idle), SEEN(ISN, x->iss));
	else
		ta_check_half_open(t, old, end, new, idle);
	new->done |= DONE_HALF_OPEN;
}

void
ta_check_half_open(struct tcpaudit *t, struct connection *c, int end,
    const struct connection *opener, int64_t idle)
{
	ta_report(t, c, RULE_RS09, end,
	    PROOF(opener->end[TCPAUDIT_CLIENT].syn_packet),
	    PROOF(opener->challenge_packet), SEEN_IF(idle >= 0, IDLE, idle),
	    SEEN(SEQ, opener->challenge_ack));
}

/* RFC 793 resets the connection for a SYN in the window; outside, it is the
 * reset of a host that has none. */
bool
ta_check_syn_reset(struct tcpaudit *t, const struct flow *f)
{
	const struct connection *new = f->challenger;
	struct connection *old = f->live;
	const struct endpoint *x = &new->end[TCPAUDIT_CLIENT];
	int end = new->client_side == old->client_side; /* who answers */
	const struct endpoint *e = &old->end[end], *p = &old->end[!end];
	int64_t isn;

	if (!endpoint_knows(p, KNOWS_SENT) ||
	    !endpoint_knows(e, KNOWS_ACK | KNOWS_EDGE) ||
	    t->time - x->t_syn > T_REACT + ta_rtt(e))
		return false;
	isn = seq_unwrap(p->max, seq_raw(x->iss));
	if (isn < e->ack || isn >= e->edge)
		return false;
	ta_report(t, old, RULE_RS18, end, PROOF(x->syn_packet), SEEN(ISN, isn),
	    EXPECT(SEQ, e->ack), SEEN(EDGE, e->edge),
	    DEMOTE_IF(connection_lossy(old, t->time)));
	return true;
}

void
ta_check_stray(struct tcpaudit *t, struct connection *c, int end,
    tcpaudit_packet_id packet, int64_t isn, bool at_eof)
{
	ta_report(t, c, RULE_RS17, end, AT(packet), SEEN(ISN, isn),
	    SEEN(SEQ, isn), EXPECT(SEQ, c->end[end].max),
	    SEEN(SND_NXT, c->end[end].max), DEMOTE_IF(at_eof));
}

void
ta_check_stray_syn(
    struct tcpaudit *t, struct connection *challenger, bool at_eof)
{
	struct connection *c = challenger->flow->live;
	struct endpoint *x = &challenger->end[TCPAUDIT_CLIENT];
	int end = challenger->client_side != c->client_side;

	if (ta_finding(c, RULE_TW15, end) == NULL &&
	    ta_finding(c, RULE_RS18, !end) == NULL)
		ta_check_stray(t, c, end, x->syn_packet, x->iss, at_eof);
}
