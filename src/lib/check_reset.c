/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * RS: resets (RFC 9293, 3.5.2, 3.5.3, 3.10.7; RFC 5961).
 *
 * A reset is judged by its form (the reply of a TCP that has no connection:
 * SEQ is the ACK of what it answers; or the abort of one that has: SEQ is
 * SND.NXT), by whether its receiver can accept it, and by what it ends.  The
 * most specific rule is reported.
 */
#include "belief.h"
#include "check.h"
#include "flood.h"

/* SEQ is SND.NXT: the form of an abort (RFC 9293, 3.10.5). */
static bool
is_abort_form(const struct step *s)
{
	const struct endpoint *e = s->e;

	return endpoint_knows(e, KNOWS_SENT) &&
	       (s->q == e->max || (e->probe_end != 0 && s->q == e->probe_end));
}

/* Where the reset lies in its receiver's window (RFC 9293, 3.10.7.4, second;
 * RFC 5961, 3.2). */
enum exactness { EXACT, INEXACT, OUT };

static enum exactness
exactness(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;
	int64_t lo = p->ack, right;

	if (!endpoint_knows(p, KNOWS_ACK) || !endpoint_knows(e, KNOWS_SENT))
		return EXACT; /* nothing says otherwise */
	if (s->q == lo || s->q == e->max)
		return s->q < lo ? OUT : EXACT;
	if (s->abort)
		return INEXACT; /* it counts the octet of a refused probe */
	if (s->q < lo)
		return OUT;
	if (s->q <= e->contig)
		return EXACT; /* RCV.NXT may be there */
	right = endpoint_knows(p, KNOWS_EDGE) ? p->edge : lo + SEQ_FAR;
	return s->q < (right > lo + 1 ? right : lo + 1) ? INEXACT : OUT;
}

/* SEQ is, or may be, an acknowledgment number of the peer: a closed TCP
 * answers whatever reaches it, however late. */
static bool
is_reply_form(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	if (s->seg->seq == 0 && s->has_ack && ta_acknowledges_a_syn(s))
		return true;
	return endpoint_knows(p, KNOWS_ACK) && s->q <= p->ack &&
	       (endpoint_knows(e, KNOWS_ISS) ? s->q >= e->iss
					     : p->ack - s->q <= 65535);
}

/* A late one of the former incarnation. */
static bool
is_former(const struct step *s)
{
	const struct tombstone *tomb = s->c->flow->tomb;
	const struct tomb_side *old;
	int64_t q;

	if (tomb == NULL)
		return false;
	old = &tomb->side[s->sender ^ s->c->client_side];
	q = seq_unwrap(old->max, s->seg->seq);
	return (old->marks & TOMB_SENT) && q <= old->max &&
	       q >= (old->marks & TOMB_ISS ? old->iss : old->max - 65535);
}

/* It answers the segment just before it (RFC 9293, 3.5.2). */
static bool
answers_last(const struct step *s)
{
	const struct stimulus *last = &s->before;

	if (last->time == 0 || last->from == s->sender ||
	    s->time - last->time > T_REACT + ta_rtt(s->e))
		return false;
	if (last->flags & FLAG_ACK)
		return s->seg->seq == last->ack;
	return s->seg->seq == 0 && s->has_ack &&
	       s->seg->ack == seq_raw(last->end);
}

/* ---------------------------------------------------------- synchronized */

struct finding *
ta_reset_finding(const struct connection *c, const struct endpoint *x)
{
	struct finding *f =
	    ta_finding(c, (enum rule)x->notes.said, connection_end(c, x));

	if (f == NULL || f->record.count != 1 ||
	    f->record.packet != x->rst_packet)
		return NULL;
	return f;
}

/* Reports it as what the reset was, which may turn out to be wrong. */
#define say(s, rule, ...)                                                      \
	do {                                                                   \
		(s)->e->notes.said = (rule);                                   \
		report(s, rule, (s)->e, __VA_ARGS__);                          \
	} while (0)

/* A TCP that gives up, and why. */
static bool
check_timeout(struct step *s)
{
	struct endpoint *e = s->e;

	if (e->keepalives > 1) {
		ta_check_keepalive_death(s->t, s->c, s->sender, false);
	} else if (e->keepalives == 1 && s->c->due_keepalive == 0) {
		s->c->marks |= CONN_KEEPALIVE_DEAD;
		report(s, RULE_KA07, e, SEEN(PROBES, 1),
		    SEEN(ELAPSED, s->time - e->t_keepalive));
	} else if (e->rtx_copies >= 3) {
		report(s, RULE_RS23, e, SEEN(COPIES, e->rtx_copies),
		    SEEN(SEQ, e->rtx_seq),
		    SEEN(ELAPSED, s->time - e->t_rtx_first));
	} else if (ta_persists(s->c, s->sender)) {
		report(s, RULE_WN16, e, PROOF(s->p->watch->zero_packet),
		    PROOF(s->p->last_packet), SEEN(PROBES, e->watch->answered),
		    SEEN(ELAPSED, s->time - s->p->t_zero));
	} else {
		return false;
	}
	return true;
}

/* It had sent its FIN. */
static void
say_after_fin(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	/* Text that it has not acknowledged; a FIN behind a hole tells of it,
	 * too. */
	int64_t end = endpoint_knows(p, KNOWS_FIN) ? p->fin : p->max;
	int64_t bytes = end > e->ack ? end - e->ack : 0;
	bool again =
	    !s->has_ack && ta_finding(s->c, RULE_TD10, s->sender) != NULL;
	bool refuses = again || (s->reply && s->before.data) ||
		       (s->seg->seq == seq_raw(p->ack) && bytes > 0);

	if (refuses)
		say(s, RULE_TD10, PROOF(s->before.packet), PROOF(e->fin_packet),
		    SEEN(SEQ, s->seg->seq), SEEN(BYTES_, bytes));
	else
		say(s, RULE_TD09, PROOF(e->fin_packet), SEEN(SEQ, s->seg->seq),
		    SEEN(ELAPSED, s->time - e->t_fin_first));
}

/* A SYN of its peer, or a forged one, waits for an answer. */
static bool
answers_challenger(const struct step *s)
{
	const struct flow *f = s->c->flow;

	return f->challenger != NULL &&
	       f->challenger->client_side == (!s->sender ^ s->c->client_side) &&
	       ta_check_syn_reset(s->t, f);
}

/* Right after the third ACK, which nothing was wrong with. */
static bool
is_after_accept(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	return s->sender == TCPAUDIT_SERVER && p->third_packet != 0 &&
	       !((e->marks | p->marks) & SENT_DATA) &&
	       ta_finding(s->c, RULE_HS10, !s->sender) == NULL &&
	       ta_finding(s->c, RULE_HS11, !s->sender) == NULL &&
	       s->time - p->t_acked_syn <= T_REACT + ta_rtt(e);
}

/* Timestamps were agreed on, and it has none. */
static bool
lacks_timestamp(const struct step *s)
{
	return connection_is(s->c, CONN_TIMESTAMPS) &&
	       !(s->seg->options & OPTION_TIMESTAMPS) && !s->seg->header_cut;
}

/* The answer to a probe, or in the form of one that has no connection (3.5.2),
 * of an end that was not heard before: it had none, as far as was seen. */
static bool
is_stranger(const struct step *s)
{
	return s->e->t_plain == 0 &&
	       (connection_is(s->c, CONN_PROBE) || (s->reply && !s->has_ack));
}

/* The answer of a TCP without the connection (3.5.2, group 1), perhaps to a
 * segment before the last.  An ABORT in the letter of 3.10.5 looks the same if
 * it crosses what it seems to answer; but a TCP that has the connection should
 * send its timestamp (RFC 7323, 3.2). */
static bool
has_forgotten(const struct step *s)
{
	const struct endpoint *e = s->e;
	bool stranger = lacks_timestamp(s) && is_reply_form(s) &&
			s->time - s->p->t_last <= T_REACT + ta_rtt(e);

	if (!s->has_ack && is_reply_form(s) &&
	    ta_finding(s->c, RULE_RS10, s->sender) != NULL)
		return true; /* and answers what else was under way */
	if (s->has_ack || (e->marks & RST_ACCEPTED) ||
	    (e->reset_count > 0 && e->reset[0].has_ack))
		return false;
	return stranger ||
	       (s->reply && !(s->abort && e->t_last != 0 &&
				s->time - e->t_last < 20 * MILLISECOND));
}

/* A host that no longer knows the connection, or a TCP that gives up: the
 * most specific cause.  False: none applies. */
static bool
check_cause(struct step *s)
{
	struct endpoint *e = s->e;
	bool forgot = has_forgotten(s);

	if (s->reply && s->before.keepalive) {
		s->c->marks |= CONN_HALF_OPEN;
		say(s, RULE_KA09, PROOF(s->before.packet),
		    SEEN(SEQ, s->seg->seq));
	} else if (check_timeout(s) || answers_challenger(s)) {
		;
	} else if (endpoint_knows(e, KNOWS_FIN)) {
		say_after_fin(s);
	} else if (is_after_accept(s)) {
		ta_flood_trouble(s->t, s->c);
		say(s, RULE_HS29, PROOF(s->p->third_packet),
		    SEEN(DELAY, s->time - s->p->t_acked_syn));
	} else if (is_stranger(s)) {
		;
	} else if (forgot && e->notes.t_inexact != 0) {
		ta_check_believed(s->t, s->c, s->sender);
	} else if (forgot) {
		s->c->marks |= CONN_HALF_OPEN;
		say(s, RULE_RS10, PROOF(s->before.packet),
		    SEEN(SEQ, s->seg->seq),
		    SEEN(IDLE,
			s->before.time -
			    (e->t_last != 0 ? e->t_last : s->c->t_first)));
	} else {
		return false;
	}
	return true;
}

/* SND.NXT of a sender that has filled the window, with text that was lost
 * before the monitor. */
static bool
is_behind_full_window(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	return endpoint_knows(e, KNOWS_SENT) && endpoint_knows(p, KNOWS_EDGE) &&
	       s->q > e->max && s->q == p->edge;
}

/* A number that its sender cannot have used, as far as is known of both
 * (3.5.2, 3.10.5).  One whose timer ran out may have gone back with SND.NXT;
 * one whose window was taken back may stop at its edge. */
static bool
is_impossible(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	return s->odd && s->q < e->max && e->gaps == NULL &&
	       e->rtx_copies == 0 && e->gaps_forgotten == 0 &&
	       endpoint_knows(e, KNOWS_SENT) &&
	       !(endpoint_knows(p, KNOWS_EDGE) && s->q == p->edge_last) &&
	       /* Nor has one that has just acknowledged with it. */
	       !(s->before.from == s->sender && !s->before.data &&
		   s->before.seq == s->seg->seq) &&
	       e->probe_end == 0 && !connection_lossy(s->c, s->time) &&
	       !connection_is(s->c, CONN_MIDSTREAM) && p->packets > 0;
}

/* Its receiver drops it: *foreign: so little fits that its sender is not
 * believed either. */
static void
check_outside(struct step *s, bool *foreign)
{
	struct endpoint *e = s->e, *p = s->p;
	bool unknown = connection_lossy(s->c, s->time);

	report(s, RULE_RS05, e, EXPECT(SEQ, p->ack), SEEN(SEQ, s->seg->seq),
	    SEEN(EDGE, endpoint_knows(p, KNOWS_EDGE) ? p->edge : p->ack),
	    SEVERITY_IF(!s->odd || unknown, NOTE, WARNING),
	    /* What it answers may not have been captured. */
	    CONFIDENCE(POSSIBLE));
	*foreign = s->odd;
	ta_check_reset_signs(s, s->odd && !unknown ? 1 : 0);
}

/* Returns whether the receiver takes it; *foreign: its sender is in doubt. */
static bool
check_synchronized(struct step *s, bool *foreign)
{
	struct endpoint *e = s->e, *p = s->p;
	enum exactness x = exactness(s);
	bool impossible = is_impossible(s), forged;

	*foreign = false;
	if (endpoint_is(p, STATE(SYN_SENT)))
		return false;
	if (x == OUT) {
		/* Without a connection it has no window, and ignores it. */
		if (!endpoint_is(p, STATE(CLOSED) | STATE(LISTEN)))
			check_outside(s, foreign);
		return false;
	}
	forged = ta_check_reset_signs(s, impossible ? 2 : 0);
	if (e->t_killed != 0 && (p->marks & RST_ACCEPTED) && !s->has_ack)
		return false; /* the answer of a host that p's RST closed */
	if (check_cause(s))
		return x == EXACT;
	if (x == INEXACT) {
		ta_check_inexact(
		    s, NULL, s->sender, s->t->packet, p->ack, s->seg->seq);
		p->notes.t_inexact = s->time;
		return false;
	}
	if (impossible) {
		if (!forged)
			say(s, RULE_RS07, SEEN(SEQ, s->seg->seq),
			    SEEN(SND_NXT, e->max), SEEN(ACK, p->ack),
			    EXPECT(SEQ, e->max));
		return true;
	}
	if (p->packets == 0 && e->packets == 1)
		return true; /* of a connection that nothing is known of */
	say(s, RULE_RS01, SEEN(SEQ, s->seg->seq),
	    EXPECT_IF(endpoint_knows(p, KNOWS_ACK), SEQ, p->ack),
	    SEEN(BYTES_, e->unique_bytes),
	    SEEN(DISTANCE,
		e->max - (endpoint_knows(p, KNOWS_ACK) ? p->ack : e->max)));
	return true;
}

/* <SEQ=0><ACK=its SEQ><RST,ACK>: nothing but the peer's reset, which had no
 * ACK, is answered so; whatever was sent in between. */
static bool
answers_bare_reset(const struct step *s)
{
	const struct endpoint *p = s->p;
	const struct reset_fact *r = &p->reset[p->reset_count > 1];

	return s->seg->seq == 0 && s->has_ack && p->reset_count > 0 &&
	       !r->has_ack && s->seg->ack == seq_raw(r->seq) &&
	       (connection_is(s->c, CONN_OPEN) || !ta_acknowledges_a_syn(s)) &&
	       s->time - r->time <= T_REACT + ta_rtt(s->e);
}

/* Answers to a reset are forbidden (3.5.2, 1; 3.10.7.1). */
static bool
check_reply_to_reset(struct step *s)
{
	const struct stimulus *last = &s->before;
	bool bare = answers_bare_reset(s);

	if (!bare && (!(last->flags & FLAG_RST) || last->from == s->sender ||
			 s->time - last->time > T_REACT))
		return false;
	if (s->abort && s->seg->seq != 0)
		return false; /* aborts may cross */
	if ((s->p->marks & CHALLENGED_SYN) &&
	    s->seg->seq == s->c->challenge_ack)
		return false; /* it answers the challenge */
	if (!bare && !((last->flags & FLAG_ACK) && s->seg->seq == last->ack &&
			 s->p->t_plain != 0 &&
			 s->time - s->p->t_plain > T_REACT + ta_reach(s->e)))
		return false; /* or it answers what came before the reset */
	report(s, RULE_RS15, s->e,
	    PROOF(bare ? s->p->rst_packet : last->packet),
	    SEEN(SEQ, s->seg->seq), SEEN(ACK, s->seg->ack));
	return true;
}

/* ------------------------------------------------------------------ entry */

static void
note_reset(struct step *s, bool accepted)
{
	struct endpoint *e = s->e, *p = s->p;
	struct reset_fact *r =
	    &e->reset[e->reset_count < 2 ? e->reset_count++ : 1];
	bool clock = (s->seg->options & OPTION_TIMESTAMPS) &&
		     connection_is(s->c, CONN_TIMESTAMPS) &&
		     !serial_less(s->seg->tsval, e->tsval_max);

	r->seq = s->q;
	r->ack = s->a;
	r->has_ack = s->has_ack;
	r->time = s->time;
	e->marks |= SENT_RST;
	e->t_rst = s->time;
	e->rst_packet = s->t->packet;
	e->reset_sure = accepted && s->q == e->max &&
			endpoint_knows(p, KNOWS_ACK) && p->ack == s->q;
	e->notes.peer_max = p->max;
	e->notes.tsval = clock ? s->seg->tsval : 0;
	/* Without ACK it may answer a segment before the last. */
	e->notes.abort =
	    s->abort && !s->reply &&
	    (s->has_ack || !endpoint_knows(p, KNOWS_ACK) || s->q != p->ack);
	e->notes.went_on = false;
	if (accepted) {
		ta_flood_close(s->t, s->c, false);
		e->marks |= RST_ACCEPTED;
		p->t_killed = s->time;
	}
}

/* RFC 7323, 3.2: a connection that has timestamps should have them in its
 * resets too.  A TCP without the connection cannot know. */
static void
check_timestamps(struct step *s)
{
	if (lacks_timestamp(s) && s->abort && !s->reply && s->has_ack &&
	    !(s->e->marks & SENT_RST) &&
	    endpoint_is(s->e, STATES_SYNCHRONIZED & ~STATE(TIME_WAIT)))
		report(s, RULE_RS21, s->e, SEEN(SEQ, s->seg->seq));
}

void
ta_check_reset(struct step *s)
{
	bool accepted = false, foreign = false;

	s->reply = answers_last(s);
	s->abort = is_abort_form(s);
	s->odd = !s->abort && !is_reply_form(s) && !is_former(s) &&
		 !is_behind_full_window(s);
	s->e->notes.said = 0;
	if (s->n > 0)
		report(s, RULE_RS14, s->e, SEEN(LENGTH, s->n));
	if (check_reply_to_reset(s))
		return;
	check_timestamps(s);
	if (ta_check_reset_in_handshake(s, &accepted))
		;
	else if (ta_check_timewait_reset(s, exactness(s) == EXACT))
		accepted = exactness(s) == EXACT;
	else
		accepted = check_synchronized(s, &foreign);
	ta_check_reset_train(s);
	if (foreign)
		return; /* probably not its: its state does not move */
	ta_belief_sent(s);
	note_reset(s, accepted);
	ta_belief_reset(s, accepted);
	if (!endpoint_knows(s->e, KNOWS_SENT)) {
		s->e->known |= KNOWS_SENT;
		s->e->max = s->e->contig = s->q;
	}
}
