/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * EC: the dialogue of RFC 3168, 6.1.2 and 6.1.3.  A receiver of CE sets ECE on
 * all its ACKs until it receives CWR; a sender that receives ECE reduces its
 * window once in a round trip and says so with CWR on its next new text.
 *
 * Four things blur it.  CE may be set, and cleared, after the monitor.  An ACK
 * with ECE may be lost before it.  CWR is also sent after losses.  And RFC 8257
 * echoes each mark once instead of repeating it.  So each question is dropped
 * as soon as anything else could be the answer.
 */
#include "check.h"
#include "ecn.h"

/* A receiver so close that hardly a router is left to clear the field. */
#define NEAR (2 * MILLISECOND)

static int64_t
round_trip(const struct endpoint *x)
{
	return x->srtt > ta_rtt(x) ? x->srtt : ta_rtt(x);
}

/* Twice around, and what timers may add: longer than any answer takes. */
static int64_t
patience(const struct step *s)
{
	return 2 * (round_trip(s->e) + round_trip(s->p)) + ta_slack(s->e) +
	       ta_slack(s->p);
}

static bool
is_near(const struct endpoint *x)
{
	return x->rtt >= 0 && x->rtt < NEAR;
}

static bool
overlaps(const struct step *s, int64_t start, int64_t end)
{
	return end != 0 && s->q < end && s->end > start;
}

static bool
is_new_text(const struct step *s)
{
	return s->n > 0 && (s->range == RANGE_NEW || s->range == RANGE_AHEAD);
}

/* ------------------------------------------------- what its sender sends */

/* EC11: ECE has arrived, which a later timestamp or acknowledgment of its
 * receiver shows, and new text goes on without CWR.  In loss recovery the
 * window is reduced already, and what is missing may have had CWR; text that
 * was lost before the monitor and is sent again looks new but has no mark. */
static void
check_reduction(struct step *s, struct ecn_end *x)
{
	struct endpoint *e = s->e;
	bool taken;

	if (x->t_echo == 0)
		return;
	if (e->rtx_packets != x->echo_rtx || connection_lossy(s->c, s->time) ||
	    (s->n > 0 &&
		(s->range != RANGE_NEW || s->seg->ecn == ECN_NOT_ECT))) {
		x->t_echo = 0;
		return;
	}
	taken = x->echo_stamped
		    ? (s->seg->options & OPTION_TIMESTAMPS) &&
			  !serial_less(s->seg->tsecr, x->echo_tsval)
		    : x->echo_end != 0 && s->has_ack && s->a >= x->echo_end;
	if (taken && x->t_echo_taken == 0)
		x->t_echo_taken = s->time;
	if (x->t_echo_taken == 0 || s->n == 0)
		return;
	x->echo_ignored += x->echo_ignored < UINT8_MAX;
	if (x->echo_ignored < 3 || s->time - x->t_echo_taken <= patience(s))
		return;
	report(s, RULE_EC11, e, PROOF(x->echo_packet),
	    SEEN(ELAPSED, s->time - x->t_echo_taken),
	    EXPECT(ELAPSED, patience(s)), SEEN(PACKETS, x->echo_ignored));
	x->t_echo = 0;
}

static void
note_cwr(struct step *s, struct ecn_end *x)
{
	x->takes_part = true;
	x->t_cwr = s->time;
	x->t_echo = 0;
	x->ce_end = 0; /* its peer may have ended ECE that was lost */
	if (x->cwr_end != 0 || !x->ce_seen || !is_new_text(s))
		return;
	x->cwr_start = s->q;
	x->cwr_end = s->end;
	x->cwr_packet = s->t->packet;
	x->t_cwr_acked = 0;
	x->cwr_echoes = 0;
}

static void
note_ce(struct step *s, struct ecn_end *x)
{
	x->ce_seen = true;
	x->cwr_end = 0; /* a new reason for ECE */
	if (x->ce_end != 0 || !is_new_text(s) || s->fin ||
	    (s->seg->flags & FLAG_CWR))
		return;
	x->ce_start = s->q;
	x->ce_end = s->end;
	x->ce_packet = s->t->packet;
	x->ce_acks = 0;
	x->ce_exact = false;
}

static void
judge_text(struct step *s, struct ecn_end *x)
{
	/* A copy may be what arrived. */
	if (overlaps(s, x->ce_start, x->ce_end))
		x->ce_end = 0;
	if (overlaps(s, x->cwr_start, x->cwr_end))
		x->cwr_end = 0;
	if (s->n > 0 && s->seg->ecn != ECN_NOT_ECT)
		x->takes_part = true;
	if (s->seg->flags & FLAG_CWR)
		note_cwr(s, x);
	if (s->n > 0 && s->seg->ecn == ECN_CE)
		note_ce(s, x);
	check_reduction(s, x);
}

/* ---------------------------------------------- what its receiver answers */

/* EC08: three acknowledgments of it without ECE.  An error only if nothing can
 * have cleared the mark on the way, the receiver is known to use ECN, and none
 * of its ACKs is missing. */
static void
check_echo(struct step *s, struct ecn_end *x)
{
	struct endpoint *e = s->e;
	bool sure;

	if (x->ce_end == 0 || s->a < x->ce_end)
		return;
	if (x->ce_acks++ == 0)
		x->ce_exact = s->a == x->ce_end;
	if (x->ce_acks < 3)
		return;
	sure = x->ce_exact && is_near(e) &&
	       (s->sender == TCPAUDIT_SERVER ||
		   s->c->ecn->end[s->sender].takes_part) &&
	       !s->c->ecn->end[s->sender].syn_marked;
	report(s, RULE_EC08, e, PROOF(x->ce_packet), SEEN(SEQ_END, x->ce_end),
	    SEEN(ACK, s->seg->ack), SEEN(FLAGS, s->seg->flags),
	    EXPECT(FLAGS, s->seg->flags | FLAG_ECE),
	    SEVERITY_IF(sure, ERROR, WARNING),
	    /* A copy without the mark, or an ACK with ECE, may be missing. */
	    CONFIDENCE_IF(sure, LIKELY, POSSIBLE));
	x->ce_end = 0;
}

/* EC10: ECE goes on long after CWR has arrived, on acknowledgments of text of
 * which none had CE.  Marks that were set after the monitor would explain it,
 * so the receiver must be close.  Without new text there is no new CWR, and ECE
 * has to go on. */
static void
check_stuck(struct step *s, struct ecn_end *x)
{
	if (x->cwr_end == 0 || s->a < x->cwr_end || !s->progress ||
	    !is_near(s->e))
		return;
	if (x->t_cwr_acked == 0)
		x->t_cwr_acked = s->time;
	if (s->time - x->t_cwr_acked <= patience(s) || ++x->cwr_echoes < 3)
		return;
	report(s, RULE_EC10, s->e, PROOF(x->cwr_packet),
	    SEEN(ELAPSED, s->time - x->t_cwr_acked),
	    EXPECT(ELAPSED, patience(s)), SEEN(PACKETS, x->cwr_echoes));
	x->cwr_end = 0;
}

/* It asks its peer to reduce its window, unless that has just been done. */
static void
note_echo(struct step *s, struct ecn_end *x)
{
	if (x->t_echo != 0 || !x->takes_part || !s->progress ||
	    (x->t_cwr != 0 && s->time - x->t_cwr <= patience(s)))
		return;
	x->t_echo = s->time;
	x->t_echo_taken = 0;
	x->echo_packet = s->t->packet;
	x->echo_end = s->n > 0 ? s->end : 0;
	x->echo_stamped = connection_is(s->c, CONN_TIMESTAMPS) &&
			  (s->seg->options & OPTION_TIMESTAMPS);
	x->echo_tsval = s->seg->tsval;
	x->echo_rtx = s->p->rtx_packets;
	x->echo_ignored = 0;
}

static void
judge_answer(struct step *s, struct ecn_end *x)
{
	bool lossy = connection_lossy(s->c, s->time);

	if (lossy || endpoint_knows(s->e, KNOWS_FIN) || s->fin)
		x->ce_end = x->cwr_end = 0;
	if (s->seg->flags & FLAG_ECE) {
		s->c->ecn->end[s->sender].takes_part = true;
		x->ce_end = 0;
		if (!x->ce_seen && !lossy)
			report(s, RULE_EC09, s->e, SEEN(FLAGS, s->seg->flags));
		check_stuck(s, x);
		note_echo(s, x);
		return;
	}
	if (s->range != RANGE_EMPTY && s->range != RANGE_NEW)
		return; /* copies and probes */
	check_echo(s, x);
	x->t_echo = 0; /* the peer takes its word back */
	if (s->a >= x->cwr_end)
		x->cwr_end = 0;
}

void
ta_check_ecn_echo(struct step *s)
{
	struct ecn *ecn = s->c->ecn;

	judge_text(s, &ecn->end[s->sender]);
	if (s->has_ack)
		judge_answer(s, &ecn->end[!s->sender]);
}
