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
#include "flood.h"
#include "tombstone.h"

static int
side_of(const struct connection *c, int end)
{
	return end ^ c->client_side;
}

/* ----------------------------------------------------------------- reuse */

/* Whether the SYN was that of the owner is known: one that was not may have
 * come late, from a connection before those of the capture (RFC 9293, 3.5). */
static void
decide_owner(struct step *s, bool its_own)
{
	struct finding *f = ta_finding(s->c, RULE_TW01, TCPAUDIT_CLIENT);

	if (!(s->c->done & DOUBTS_OWNER))
		return;
	s->c->done &= (uint16_t)~DOUBTS_OWNER;
	if (f != NULL && its_own)
		ta_regrade(s->t, s->c, f, TCPAUDIT_ERROR, TCPAUDIT_LIKELY);
	else if (f != NULL)
		ta_regrade(s->t, s->c, f, TCPAUDIT_NOTE, TCPAUDIT_POSSIBLE);
}

/* The owner of the TIME-WAIT opens a connection itself (V1).  An error once it
 * goes on with it. */
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
	bool sure = (own->marks & TOMB_WAITS) && own->ttl == s->seg->ttl &&
		    s->t->t_step_back < own->t_timewait;

	if (since < s->t->config.tw_floor && !cautious && sure)
		s->c->done |= DOUBTS_OWNER;
	report(s, RULE_TW01, s->e, PROOF(tomb->last_packet),
	    SEEN(ELAPSED, since), EXPECT(ELAPSED, 2 * s->t->config.msl),
	    EXPECT(TWO_MSL, 2 * s->t->config.msl), SEEN(ISN, s->seg->seq),
	    SEEN(OLD_MAX, own->max), SEEN_IF(stamped, TSVAL, s->seg->tsval),
	    SEEN_IF(stamped, OLD_TSVAL, own->tsval), CONFIDENCE(LIKELY),
	    SEVERITY(WARNING), DEMOTE_IF(own->ttl != s->seg->ttl));
}

void
ta_check_port_reuse(struct tcpaudit *t, struct connection *c,
    tcpaudit_packet_id proof, int64_t since, uint32_t isn)
{
	ta_report(t, c, RULE_TW16, TCPAUDIT_CLIENT, PROOF(proof),
	    SEEN(ELAPSED, since), SEEN(ISN, isn));
}

static void
report_old_syn(struct tcpaudit *t, struct connection *c, int end,
    tcpaudit_packet_id packet, uint32_t isn, int64_t since)
{
	ta_report(t, c, RULE_TW15, end, AT(packet), SEEN(ISN, isn),
	    SEEN(ELAPSED, since), EXPECT(TWO_MSL, 2 * t->config.msl));
}

/* The number of the SYN of the former incarnation, which may still be on its
 * way. */
static bool
is_old_isn(
    const struct tcpaudit *t, const struct connection *c, int end, uint32_t isn)
{
	const struct tombstone *tomb = c->flow->tomb;
	const struct tomb_side *own;

	if (tomb == NULL || t->time - tomb->t_end >= 2 * t->config.msl)
		return false;
	own = &tomb->side[side_of(c, end)];
	return (own->marks & TOMB_ISS) && isn == seq_raw(own->iss);
}

void
ta_check_old_syn(struct tcpaudit *t, struct connection *c, int end,
    tcpaudit_packet_id packet, uint32_t isn)
{
	if (is_old_isn(t, c, end, isn))
		report_old_syn(
		    t, c, end, packet, isn, t->time - c->flow->tomb->t_end);
}

/* The connection's own SYN again, when it is over. */
static void
check_own_syn(struct step *s)
{
	int64_t over =
	    s->e->t_timewait != 0 ? s->e->t_timewait : s->p->t_timewait;

	if ((ta_in_timewait(s, s->e) || ta_in_timewait(s, s->p)) &&
	    s->time - over > ta_reach(s->p))
		report_old_syn(s->t, s->c, s->sender, s->t->packet, s->seg->seq,
		    s->time - over);
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

	if (tomb->how != TOMB_INCOMPLETE &&
	    is_old_isn(s->t, c, s->sender, s->seg->seq))
		return; /* a SYN of another length: its sender counts anew */
	if (own->t_timewait != 0 && s->time - own->t_timewait < two_msl) {
		check_owner(s, tomb, own);
	} else if (peer->t_timewait != 0 &&
		   s->time - peer->t_timewait < two_msl) {
		c->owner_side = !side;
		c->due_reuse = s->time + T_REACT + ta_rtt(s->p);
	} else if (tomb->how == TOMB_INCOMPLETE ||
		   (tomb->how == TOMB_ORDERLY && since >= two_msl)) {
		ta_check_port_reuse(
		    s->t, c, tomb->last_packet, since, s->seg->seq);
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

/* New numbers inside the old ones, while old segments may still come (RFC
 * 9293, 3.4.3; RFC 1337, 2.1).  Timestamps would tell them apart. */
static void
check_overlap(struct step *s, const struct tombstone *tomb)
{
	const struct endpoint *syn = s->p; /* s is the SYN-ACK */
	int64_t since = syn->t_syn_first - tomb->t_end;

	if (((s->seg->options & OPTION_TIMESTAMPS) &&
		(syn->marks & OFFERED_TIMESTAMPS)) ||
	    tomb->how == TOMB_INCOMPLETE || since >= s->t->config.msl ||
	    s->seg->header_cut || ta_acknowledged_syn(s) < 0)
		return;
	for (int i = 0; i < 2; i++) {
		const struct endpoint *x = &s->c->end[i];
		const struct tomb_side *old = &tomb->side[side_of(s->c, i)];
		uint32_t isn = x == s->e ? s->seg->seq : x->isn[0];
		int64_t at = seq_unwrap(old->max, isn);

		if (old->marks & TOMB_ISS && old->marks & TOMB_SENT &&
		    at > old->iss && at < old->max)
			report(s, RULE_TW18, x, PROOF(tomb->last_packet),
			    PROOF(syn->syn_packet), SEEN(ISN, isn),
			    SEEN(OLD_ISN, old->iss), SEEN(OLD_MAX, old->max),
			    SEEN(DISTANCE, old->max - at), SEEN(ELAPSED, since),
			    EXPECT(ELAPSED, s->t->config.msl));
	}
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
		ta_check_port_reuse(
		    s->t, c, s->p->syn_packet, since, seq_raw(s->p->iss));
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

/* Its sender should be in TIME-WAIT, and shows that it is not (V3). */
static void
check_skipped(struct step *s)
{
	struct endpoint *e = s->e;
	int64_t since = s->time - e->t_timewait;
	bool early;

	s->c->marks |= CONN_RST_AFTER_CLOSE;
	if (!s->reply) {
		/* An ABORT deletes it, and says nothing (3.10.5). */
		if (s->time - s->p->t_last > T_REACT + ta_rtt(e) &&
		    e->possible == STATE(TIME_WAIT))
			report(s, RULE_TW19, e, SEEN(ELAPSED, since),
			    SEEN(SEQ, s->seg->seq),
			    EXPECT(TWO_MSL, 2 * s->t->config.msl),
			    DEMOTE_IF(connection_lossy(s->c, s->time)));
		return;
	}
	/* Its FIN may have been the second one: LAST-ACK waits for nothing. */
	if (endpoint_may_be(e, STATE(LAST_ACK)))
		return;
	/* From CLOSING an ABORT leaves no trace either, and who was not heard
	 * of for some seconds may have rebooted: in doubt, no error. */
	early = since < s->t->config.tw_floor &&
		e->possible == STATE(TIME_WAIT) &&
		s->time - e->t_plain < T_REBOOT;
	report(s, RULE_TW09, e, SEVERITY_IF(early, ERROR, WARNING),
	    /* Who closed first is not known if the capture began between. */
	    CONFIDENCE_IF(
		connection_is(s->c, CONN_MIDSTREAM), POSSIBLE, LIKELY),
	    PROOF(s->before.packet), SEEN(ELAPSED, since),
	    EXPECT(TWO_MSL, 2 * s->t->config.msl), SEEN(SEQ, s->seg->seq),
	    DEMOTE_IF(
		e->ttl != s->seg->ttl || connection_lossy(s->c, s->time)));
}

void
ta_check_timewait_killed(struct step *s, tcpaudit_packet_id proof)
{
	const struct endpoint *p = s->p;
	bool known = p->t_timewait != 0;

	report(s, RULE_TW10, p, PROOF(proof), SEEN(SEQ, s->seg->seq),
	    SEEN_IF(known, ELAPSED, s->time - p->t_timewait),
	    EXPECT_IF(known, TWO_MSL, 2 * s->t->config.msl));
}

/* A TIME-WAIT ends by a RST; by the pattern of RFC 1337, Figure 1? */
static void
check_killed(struct step *s)
{
	struct connection *c = s->c;
	struct endpoint *p = s->p;

	if (c->old_packet != 0 && c->challenge_packet > c->old_packet &&
	    s->seg->seq == seq_raw(p->ack) &&
	    s->time - c->t_old < T_REACT + 2 * ta_reach(s->e))
		report(s, RULE_TW11, p, CONFIDENCE(LIKELY),
		    PROOF(c->old_packet), PROOF(c->challenge_packet),
		    SEEN(SEQ, s->seg->seq),
		    SEEN(ELAPSED, s->time - p->t_timewait));
	ta_check_timewait_killed(s, 0);
	p->marks |= ASSASSINATED;
	c->marks |= CONN_RST_AFTER_CLOSE;
}

bool
ta_check_timewait_reset(struct step *s, bool exact)
{
	bool owner = ta_in_timewait(s, s->e), peer = ta_in_timewait(s, s->p);
	/* Each copy of the last ACK is answered (3.10.7.1). */
	bool again = (s->p->marks & ASSASSINATED) && !s->has_ack &&
		     s->seg->seq == seq_raw(s->p->ack);

	if (owner)
		check_skipped(s);
	if (peer && exact)
		check_killed(s);
	else if (again)
		ta_check_timewait_killed(s, 0);
	return owner || peer || again;
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

	/* The client is still in the former: the SYN was not its own. */
	if (s->sender == TCPAUDIT_CLIENT && s->has_ack &&
	    !(s->e->marks & SENT_THIRD_ACK) &&
	    ta_tombstone_continues(s->c, side_of(s->c, s->sender), s->seg)) {
		decide_owner(s, false);
		return;
	}
	report(s, RULE_TW13, s->e, PROOF(tomb->last_packet),
	    SEEN(SEQ, s->seg->seq), EXPECT(SEQ, s->e->max),
	    SEEN(OLD_ISN, old->iss), SEEN(OLD_MAX, old->max),
	    SEEN(ISN, s->e->iss), SEEN(SND_NXT, s->e->max),
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
		if (s->class == CLASS_SYNACK && !(s->e->marks & SENT_SYNACK))
			check_overlap(s, tomb);
	}
	if (s->class == CLASS_SYN && !s->new_isn) {
		check_own_syn(s);
		if (s->time - s->e->t_syn > T_SILENCE)
			decide_owner(s, true); /* it waits for an answer */
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

	if (connection_is(c, CONN_OPEN))
		decide_owner(s, true);
	for (int i = 0; i < 2; i++) {
		struct endpoint *x = &c->end[i];

		if (!endpoint_is(x, STATE(TIME_WAIT) | STATE(CLOSED)))
			x->t_timewait = 0; /* it was not in it, after all */
		else if (x->t_timewait == 0 && x->t_acked_fin != 0 &&
			 endpoint_knows(x, KNOWS_FIN) &&
			 endpoint_is(x, STATE(TIME_WAIT))) {
			x->t_timewait = s->time;
			ta_flood_close(s->t, c, true);
		}
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
