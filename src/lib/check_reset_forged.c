/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * RS: whose reset is it?  (RFC 5961, 1.2 and 3.)
 *
 * A TCP that has sent a reset has no connection any more: it sends resets, and
 * nothing else.  An ordinary segment that was sent later proves that the reset
 * was somebody else's.  Only "later" is not what the monitor sees: what was
 * sent before may pass after.  Signs without such a proof are counted.
 */
#include "belief.h"
#include "check.h"

#define TRAIN (10 * MILLISECOND)

/* --------------------------------------------------------------- its signs */

static void
report_forged(struct step *s, tcpaudit_packet_id reset, struct finding *f,
    int64_t seq, unsigned score)
{
	const struct endpoint *e = s->e;
	bool now = reset == s->t->packet;

	s->c->marks |= CONN_INJECTED;
	ta_revise(s->t, s->c, f, RULE_RS12, s->sender, AT(reset),
	    SEEN(SCORE, score), SEEN(SEQ, seq),
	    SEEN_IF(!now, ELAPSED, s->time - e->t_rst),
	    SEEN_IF(now, TTL, s->seg->ttl),
	    EXPECT_IF(now && endpoint_knows(e, KNOWS_TTL), TTL, e->ttl));
}

bool
ta_check_reset_signs(struct step *s, unsigned points)
{
	struct endpoint *e = s->e;

	if (endpoint_knows(e, KNOWS_TTL) &&
	    (s->seg->ttl > e->ttl + 2 || e->ttl > s->seg->ttl + 2))
		points += 2;
	e->injection_score = (uint8_t)points;
	if (points < 3)
		return false;
	report_forged(s, s->t->packet, NULL, s->seg->seq, points);
	return true;
}

void
ta_check_forged(struct step *s, unsigned score)
{
	const struct endpoint *e = s->e;
	const struct reset_fact *last = &e->reset[e->reset_count > 1];

	report_forged(
	    s, e->rst_packet, ta_reset_finding(s->c, e), last->seq, score);
}

/* ------------------------------------------------------------- its company */

/* As far apart as segments or windows are, or as the two before: guesses that
 * walk through the window (RFC 5961, 3), or are meant to hit it when the
 * window has moved on. */
static bool
is_regular(const struct step *s, int64_t step)
{
	const struct endpoint *p = s->p;
	int64_t mss = p->mss != 0 ? p->mss : 1460;

	if (step < 0)
		step = -step;
	return step % mss == 0 || step % 1460 == 0 ||
	       (p->window > 0 && step % p->window == 0) ||
	       (p->max_window > 0 && step % p->max_window == 0);
}

void
ta_check_reset_train(struct step *s)
{
	struct endpoint *e = s->e;
	struct reset_notes *r = &e->notes;
	int64_t step = s->q - r->train_seq;

	if (r->train == 0 || s->time - r->t_train > TRAIN) {
		r->train = 1;
		r->train_odd = s->odd;
		r->train_steps = true;
		r->train_step = 0;
		r->t_train = s->time;
		r->train_seq = s->q;
		return;
	}
	r->train += r->train < UINT8_MAX;
	r->train_odd += s->odd && step != 0 && r->train_odd < UINT8_MAX;
	if (step != 0) {
		if (step != r->train_step && !is_regular(s, step))
			r->train_steps = false;
		r->train_step = step;
		r->train_seq = s->q;
	}
	/* A closed TCP answers each segment, with the number that it asks
	 * for: those are not odd. */
	if (r->train < 3 || r->train_odd < 2 || !r->train_steps ||
	    connection_lossy(s->c, s->time))
		return;
	if (ta_finding(s->c, RULE_RS13, s->sender) == NULL)
		e->injection_score++;
	report(s, RULE_RS13, e, PROOF(e->rst_packet), SEEN(PACKETS, r->train),
	    SEEN(SEQ, s->seg->seq), SEEN(DISTANCE, step < 0 ? -step : step),
	    SEEN(ELAPSED, s->time - r->t_train));
	if (e->injection_score >= 3 && e->rst_packet != 0 &&
	    ta_finding(s->c, RULE_RS12, s->sender) == NULL)
		ta_check_forged(s, e->injection_score);
}

/* ------------------------------------------------------------ what follows */

/* It was sent after the RST, whatever the delays: it acknowledges what had not
 * passed then; its clock is later; or it carries what lies above SND.NXT of
 * the TCP that aborted. */
static bool
is_later(const struct step *s)
{
	const struct endpoint *e = s->e;
	const struct reset_notes *r = &e->notes;
	const struct reset_fact *last = &e->reset[e->reset_count > 1];

	if (connection_lossy(s->c, s->time) || e->reset_count == 0)
		return false;
	if (r->tsval != 0 && (s->seg->options & OPTION_TIMESTAMPS)) {
		if (serial_less(r->tsval, s->seg->tsval))
			return true;
		if (serial_less(s->seg->tsval, r->tsval))
			return false;
	}
	if (s->has_ack && s->a > r->peer_max &&
	    s->time - e->t_rst > MILLISECOND)
		return true;
	return r->abort && s->length > 0 && s->q >= last->seq;
}

/* A bare ACK of no more than the RST acknowledged itself.  A TCP that aborts
 * may have had one ready (lwIP sends it after the RST). */
static bool
repeats_reset(const struct step *s)
{
	const struct endpoint *e = s->e;
	const struct reset_fact *last = &e->reset[e->reset_count > 1];

	return e->reset_count > 0 && last->has_ack && s->has_ack &&
	       s->length == 0 && !s->fin && s->a <= last->ack;
}

bool
ta_says_new(const struct step *s)
{
	return s->new_data || s->progress || (s->fin && s->end > s->e->max);
}

void
ta_check_after_own_reset(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t late;
	bool new;

	if (!(e->marks & SENT_RST) || !endpoint_is(e, STATE(CLOSED)) ||
	    s->syn || s->rst)
		return;
	late = 2 * (ta_rtt(e) + ta_rtt(p));
	new = ta_says_new(s) && !repeats_reset(s);
	if (!is_later(s) && (s->time - e->t_rst <= late || !new)) {
		s->stale = true;
		e->notes.went_on |= new;
		return;
	}
	e->notes.went_on = true;
	e->injection_score += 3;
	s->c->marks &= ~(unsigned)CONN_HALF_OPEN;
	ta_check_forged(s, e->injection_score);
	ta_belief_restore(s);
	e->marks &= ~(unsigned)(SENT_RST | RST_ACCEPTED);
}
