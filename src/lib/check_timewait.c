/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * TW: TIME-WAIT, 2MSL, and the reuse of a tuple (RFC 9293, 3.6.1 and 3.10.7.4;
 * RFC 6191; RFC 1337).
 *
 * TIME-WAIT belongs to the end that closed actively.  Its own SYN inside 2MSL
 * is the violation (MUST-13); a SYN of the other end is never one: whether the
 * owner may take it is RFC 6191's table.
 */
#include "check.h"

static int
side_of(const struct connection *c, int end)
{
	return end ^ c->client_side;
}

/* ----------------------------------------------------------------- reuse */

/* The owner of the TIME-WAIT opens a connection itself (V1). */
static void
check_owner(
    struct step *s, const struct tombstone *tomb, const struct tomb_side *own)
{
	int64_t since = s->time - own->t_timewait;
	bool stamped =
	    (s->seg->options & OPTION_TIMESTAMPS) && (own->marks & TOMB_TSVAL);
	/* What Linux's tcp_tw_reuse does. */
	bool cautious = stamped && serial_less(own->tsval, s->seg->tsval) &&
			since > SECOND &&
			serial_less(seq_raw(own->max), s->seg->seq);
	/* From CLOSING, where the last ACK did not arrive, an ABORT leaves no
	 * trace (RFC 9293, 3.10.5). */
	bool sure = own->marks & TOMB_WAITS;

	report(s, RULE_TW01, s->e, PROOF(tomb->last_packet),
	    SEEN(ELAPSED, since), EXPECT(ELAPSED, 2 * s->t->config.msl),
	    EXPECT(TWO_MSL, 2 * s->t->config.msl), SEEN(ISN, s->seg->seq),
	    SEEN(OLD_MAX, own->max), SEEN_IF(stamped, TSVAL, s->seg->tsval),
	    SEEN_IF(stamped, OLD_TSVAL, own->tsval), CONFIDENCE(LIKELY),
	    SEVERITY_IF(since >= s->t->config.tw_floor || cautious || !sure,
		WARNING, ERROR),
	    DEMOTE_IF(own->ttl != s->seg->ttl));
}

static void
check_reuse(struct step *s, const struct tombstone *tomb)
{
	struct connection *c = s->c;
	int side = side_of(c, s->sender);
	const struct tomb_side *own = &tomb->side[side];
	const struct tomb_side *peer = &tomb->side[!side];
	int64_t two_msl = 2 * s->t->config.msl;
	int64_t since = s->time - tomb->t_end;

	if ((own->marks & TOMB_ISS) && s->seg->seq == seq_raw(own->iss) &&
	    tomb->how != TOMB_INCOMPLETE)
		return; /* an old duplicate of its former SYN */
	if (own->t_timewait != 0 && s->time - own->t_timewait < two_msl) {
		check_owner(s, tomb, own);
	} else if (peer->t_timewait != 0 &&
		   s->time - peer->t_timewait < two_msl) {
		c->owner_side = !side;
		c->due_reuse = s->time + T_REACT + ta_rtt(s->p);
	} else if (tomb->how == TOMB_INCOMPLETE ||
		   (tomb->how == TOMB_ORDERLY && since >= two_msl)) {
		report(s, RULE_TW16, s->e, PROOF(tomb->last_packet),
		    SEEN(ELAPSED, since), SEEN(ISN, s->seg->seq));
	} else if (tomb->how == TOMB_ABORTED && since < two_msl) {
		report(s, RULE_TW17, s->e, PROOF(tomb->last_packet),
		    SEEN(ELAPSED, since), EXPECT(TWO_MSL, two_msl),
		    SEEN(ISN, s->seg->seq));
	}
}

/* The table of rules D.3 (RFC 6191, 2; RFC 9293, 3.6.1, MAY-2). */
static enum admission
admission(const struct step *s, const struct tombstone *tomb)
{
	const struct endpoint *syn = s->p; /* s is the SYN-ACK */
	const struct tomb_side *old = &tomb->side[side_of(s->c, !s->sender)];
	int64_t last = old->marks & TOMB_FIN ? old->fin : old->max - 1;
	bool seq = serial_less(seq_raw(last), seq_raw(syn->iss));
	bool now = endpoint_knows(syn, KNOWS_TSVAL) &&
		   (s->seg->options & OPTION_TIMESTAMPS);

	if (!now)
		return seq ? ADMISSION_SEQ : ADMISSION_REFUSED_SEQ;
	if (!tomb->timestamps || !(old->marks & TOMB_TSVAL))
		return ADMISSION_TS_NEW;
	if (serial_less(old->tsval, syn->tsval))
		return ADMISSION_TS_GREATER;
	if (syn->tsval == old->tsval)
		return seq ? ADMISSION_TS_EQUAL_SEQ : ADMISSION_REFUSED_SEQ;
	return ADMISSION_REFUSED_TS;
}

/* The owner takes the SYN (V2). */
static void
check_taken(struct step *s, const struct tombstone *tomb)
{
	struct connection *c = s->c;
	const struct tomb_side *own = &tomb->side[side_of(c, s->sender)];
	const struct tomb_side *old = &tomb->side[side_of(c, !s->sender)];
	int64_t since = s->p->t_syn_first - own->t_timewait;
	bool ts = tomb->timestamps && (s->seg->options & OPTION_TIMESTAMPS);
	bool stamped = ts && endpoint_knows(s->p, KNOWS_TSVAL);

	c->owner_side = 2;
	c->due_reuse = 0;
	c->done |= DONE_REUSE;
	c->admission = admission(s, tomb);
	if (c->admission < ADMISSION_REFUSED_TS) {
		report(s, RULE_TW03, s->e, PROOF(s->p->syn_packet),
		    PROOF(tomb->last_packet), SEEN(ELAPSED, since),
		    SEEN(ISN, s->p->iss), SEEN(OLD_SEQ, old->fin),
		    SEEN_IF(stamped, TSVAL, s->p->tsval),
		    SEEN_IF(stamped, OLD_TSVAL, old->tsval));
	} else if (since > s->t->config.tw_floor) {
		report(s, RULE_TW16, s->p, PROOF(s->p->syn_packet),
		    SEEN(ELAPSED, since), SEEN(ISN, s->p->iss));
		return;
	} else {
		report(s, RULE_TW02, s->e, PROOF(s->p->syn_packet),
		    PROOF(tomb->last_packet), SEEN(ELAPSED, since),
		    SEEN(ISN, s->p->iss), SEEN(OLD_SEQ, old->fin),
		    EXPECT(ISN, old->fin + 1),
		    SEEN_IF(stamped, TSVAL, s->p->tsval),
		    SEEN_IF(stamped, OLD_TSVAL, old->tsval));
	}
	if (since <= s->t->config.tw_floor &&
	    !serial_less(seq_raw(own->max), s->seg->seq))
		report(s, RULE_TW04, s->e, PROOF(tomb->last_packet),
		    SEEN(ISN, s->seg->seq), SEEN(OLD_MAX, own->max),
		    EXPECT(ISN, own->max + 1), SEEN(ELAPSED, since),
		    SEVERITY_IF(ts, WARNING, ERROR));
}

void
ta_check_reuse_ignored(struct tcpaudit *t, struct connection *c)
{
	int owner = c->owner_side ^ c->client_side;

	c->due_reuse = 0;
	if (c->owner_side > 1 || (c->done & DONE_REUSE) ||
	    connection_lossy(c, t->time))
		return;
	c->done |= DONE_REUSE;
	ta_report(t, c, RULE_TW05, owner, AT(c->end[!owner].syn_packet),
	    SEEN(ISN, c->end[!owner].iss),
	    SEEN(WAITED, t->time - c->end[!owner].t_syn));
}

/* --------------------------------------------------- the TIME-WAIT itself */

bool
ta_in_timewait(const struct step *s, const struct endpoint *x)
{
	return x->t_timewait != 0 && !(x->marks & ASSASSINATED) &&
	       s->time - x->t_timewait < 2 * s->t->config.msl;
}

/* The peer's FIN again: it has not seen the last ACK (3.10.7.4, eighth). */
static void
check_fin_again(struct step *s)
{
	struct connection *c = s->c;
	struct endpoint *p = s->p;

	p->fin_copies_in_tw += p->fin_copies_in_tw < UINT8_MAX;
	report(s, RULE_TW07, s->e, PROOF(s->e->fin_packet),
	    SEEN(COPIES, p->fin_copies_in_tw), SEEN(FIN_SEQ, s->e->fin),
	    SEEN(ELAPSED, s->time - p->t_timewait));
	c->due_fin_reack = s->time + T_REACT + ta_rtt(p);
	c->due_fin_reack_end = !s->sender;
	c->due_fin_packet = s->t->packet;
	c->old_packet = s->t->packet;
	c->t_old = s->time;
}

/* Text of before (3.10.7.4, first): acknowledged and dropped. */
static void
check_old_text(struct step *s)
{
	if (s->n == 0 || (s->fate != FATE_OLD && s->fate != FATE_PAWS) ||
	    s->time - s->p->t_timewait <= ta_slack(s->e))
		return;
	report(s, RULE_TW12, s->e, SEEN(SEQ, s->seg->seq), SEEN(LENGTH, s->n),
	    SEEN(RCV_NXT, s->p->ack),
	    SEEN(ELAPSED, s->time - s->p->t_timewait));
	s->c->old_packet = s->t->packet;
	s->c->t_old = s->time;
	s->range = RANGE_EMPTY; /* no retransmission of a live connection */
}

/* A segment of the former incarnation inside this one. */
static void
check_strayed(struct step *s)
{
	const struct tombstone *tomb = s->c->flow->tomb;
	const struct tomb_side *old = &tomb->side[side_of(s->c, s->sender)];

	report(s, RULE_TW13, s->e, PROOF(tomb->last_packet),
	    SEEN(SEQ, s->seg->seq), SEEN(OLD_ISN, old->iss),
	    SEEN(OLD_MAX, old->max), SEEN(ISN, s->e->iss),
	    SEEN(SND_NXT, s->e->max),
	    SEEN_IF(s->seg->options & OPTION_TIMESTAMPS, TSVAL, s->seg->tsval));
	if (s->n > 0) {
		s->c->old_end = s->end;
		s->c->old_sender = s->sender;
	}
}

void
ta_check_timewait_sent(struct step *s)
{
	struct connection *c = s->c;
	const struct tombstone *tomb = c->flow->tomb;

	if (s->old_incarnation && !(s->e->marks & CHALLENGED_SYN)) {
		check_strayed(s);
		return;
	}
	if (tomb != NULL && !connection_is(c, CONN_CHALLENGER)) {
		if (s->class == CLASS_SYN && s->e->isn_count == 0 &&
		    s->sender == TCPAUDIT_CLIENT)
			check_reuse(s, tomb);
		else if (s->class == CLASS_SYNACK &&
			 c->owner_side == side_of(c, s->sender))
			check_taken(s, tomb);
	}
	if (!ta_in_timewait(s, s->p) || s->syn || s->rst)
		return;
	if (s->fin_copy)
		check_fin_again(s);
	else
		check_old_text(s);
}

void
ta_check_timewait_after(struct step *s)
{
	struct connection *c = s->c;
	struct endpoint *e = s->e;

	for (int i = 0; i < 2; i++) {
		struct endpoint *x = &c->end[i];

		if (!endpoint_is(x, STATE(TIME_WAIT) | STATE(CLOSED)))
			x->t_timewait = 0; /* it was not in it, after all */
		else if (x->t_timewait == 0 && x->t_acked_fin != 0 &&
			 endpoint_knows(x, KNOWS_FIN) &&
			 endpoint_is(x, STATE(TIME_WAIT)))
			x->t_timewait = s->time;
	}
	if (e->t_timewait == 0 || s->class != CLASS_ACK)
		return;
	/* The owner answers: a FIN again restarts the timer, old text does
	 * not. */
	if (c->due_fin_reack != 0 && c->due_fin_reack_end == s->sender) {
		c->due_fin_reack = 0;
		e->t_timewait = s->time;
	}
	if (c->old_packet != 0 && s->time - c->t_old < T_REACT + ta_reach(e))
		c->challenge_packet = s->t->packet;
}

void
ta_check_fin_not_reacked(struct tcpaudit *t, struct connection *c)
{
	struct endpoint *x = &c->end[c->due_fin_reack_end];
	int64_t since = t->time - x->t_timewait;

	c->due_fin_reack = 0;
	if (x->fin_copies_in_tw < 2 || since >= t->config.tw_floor ||
	    connection_lossy(c, t->time))
		return;
	ta_report(t, c, RULE_TW08, c->due_fin_reack_end, AT(c->due_fin_packet),
	    SEEN(COPIES, x->fin_copies_in_tw),
	    SEEN(FIN_SEQ, c->end[!c->due_fin_reack_end].fin),
	    EXPECT(ACK, c->end[!c->due_fin_reack_end].fin + 1),
	    SEEN(ELAPSED, since),
	    SEVERITY_IF(x->marks & IS_LOCAL, ERROR, WARNING));
}
