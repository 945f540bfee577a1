/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* WN: closed windows and their probes (RFC 9293, 3.8.6.1).  The form of a
 * probe is found in check_retransmit.c; here is what becomes of it.
 *
 * An empty segment below the window may also be a keepalive of a connection
 * that has nothing to send.  No keepalive is sent more often than every
 * second, carries the next octet, or comes at growing intervals: one of these
 * tells a probe. */
#include "check.h"

#define PROBE_LATEST (130 * SECOND) /* no stack waits longer for the next */

struct watch *
ta_watch(struct tcpaudit *t, struct endpoint *x)
{
	if (x->watch == NULL)
		x->watch = ta_slab_take(&t->watches);
	return x->watch;
}

/* The segment that opened the window would have been known for long to the
 * sender of this one, or its timestamp says that it is not (RFC 7323, 4.3: it
 * would be echoed). */
static bool
knows_not(const struct step *s)
{
	const struct endpoint *e = s->e;
	const struct watch *w = e->watch;
	int64_t since = s->time - w->t_reopened;

	if (w->reopen_stamped && (s->seg->options & OPTION_TIMESTAMPS) &&
	    serial_less(s->seg->tsecr, w->reopen_tsval))
		return since > ta_reach(e);
	return since > ta_reach(e) + ta_rto(e, s->p);
}

bool
ta_probes_open_window(const struct step *s)
{
	const struct watch *w = s->e->watch;

	/* Soon after, an octet is the text that had waited. */
	return w != NULL && w->t_reopened != 0 &&
	       s->time - w->t_reopened < PROBE_LATEST &&
	       (s->n == 0 || knows_not(s));
}

bool
ta_persists(const struct connection *c, int x)
{
	const struct endpoint *e = &c->end[x], *p = &c->end[!x];

	return (p->marks & ZERO_WINDOW) && p->watch != NULL &&
	       e->watch != NULL && e->watch->answered > 0 &&
	       e->watch->unanswered <= 1 && e->watch->wants_to_send;
}

/* ------------------------------------------------------------- one probe */

/* SHLD-29: the first one after a retransmission timeout.  A window too small
 * for a segment had set the timer before (3.8.6.2.1, 4), and a probe that
 * crossed the closing of the window is just text. */
static void
check_early(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t wait = s->time - p->t_zero, rto = ta_rto(e, p);

	if (p->watch == NULL || p->ack < e->max || wait <= ta_reach(e) ||
	    2 * wait >= rto || e->largest == 0 ||
	    p->watch->window_before < e->largest ||
	    connection_lossy(s->c, s->time))
		return;
	report(s, RULE_WN06, e, PROOF(p->watch->zero_packet),
	    SEEN(ELAPSED, wait), EXPECT(ELAPSED, rto), SEEN(SEQ, s->seg->seq));
}

/* SHLD-30: the interval grows exponentially; a factor of 1.3 is taken for
 * that, and a minute, which the path makes a little shorter, is as long as it
 * need become. */
static void
check_intervals(struct step *s, struct watch *w)
{
	int64_t d = s->time - w->t_probe, before = w->probe_interval;

	w->probe_interval = d;
	if (d < SECOND)
		w->wants_to_send = true;
	if (before == 0)
		return;
	if (10 * d >= 13 * before) {
		w->wants_to_send = true;
		w->steady = 0;
		return;
	}
	if (d >= 58 * SECOND || before >= 58 * SECOND) {
		w->steady = 0;
		return;
	}
	w->steady += w->steady < UINT8_MAX;
	/* Four intervals, none longer than the one before. */
	if (w->steady == 3 && w->wants_to_send)
		report(s, RULE_WN05, s->e, SEEN(INTERVAL, d),
		    EXPECT(INTERVAL, 2 * before), SEEN(OLD_INTERVAL, before),
		    SEEN(PROBES, w->probes + 1));
}

static void
check_probe(struct step *s)
{
	struct endpoint *e = s->e;
	struct watch *w = ta_watch(s->t, e);

	if (w == NULL)
		return;
	if (s->n == 1)
		w->wants_to_send = true;
	if (w->probes == 0)
		check_early(s);
	else
		check_intervals(s, w);
	w->probes += w->probes < UINT8_MAX;
	w->unanswered += w->unanswered < UINT8_MAX;
	if (w->unanswered == 1) {
		w->probe_packet = s->t->packet;
		w->t_unanswered = s->time;
	}
	if (w->unanswered == 3)
		w->t_third = s->time;
	w->t_probe = s->time;
	report(s, RULE_WN03, e, SEEN(SEQ, s->seg->seq), SEEN(LENGTH, s->n),
	    SEEN(PROBES, w->probes));
}

/* The window is open: the segment that said so was lost on its way to the
 * sender of the probe. */
static void
check_update_lost(struct step *s)
{
	struct endpoint *e = s->e;
	const struct watch *w = e->watch;

	if (!knows_not(s))
		return;
	report(s, RULE_WN11, e, PROOF(w->reopen_packet),
	    SEEN(ELAPSED, s->time - w->t_reopened), SEEN(SEQ, s->seg->seq),
	    SEEN(WINDOW, s->p->window));
}

/* ------------------------------------------------------------ the answers */

/* 3.8.6.1: a segment that arrives at a zero window must still be acknowledged.
 * Three may all be lost on their way, unless their receiver was captured
 * itself; and it may limit its answers to some in a second (RFC 5961, 7). */
static void
check_unanswered(struct step *s, const struct watch *w)
{
	struct endpoint *e = s->e;
	int64_t in_time = T_REACT + ta_reach(e);

	if (w->unanswered < 3 || s->time - w->t_third <= in_time ||
	    w->t_third - w->t_unanswered < T_REACT ||
	    connection_lossy(s->c, s->time) ||
	    (s->t->t_step_back != 0 && s->t->t_step_back >= e->t_last))
		return;
	report(s, RULE_WN04, e, AT(w->probe_packet),
	    /* This may be the answer to the last one. */
	    SEEN(PROBES, w->unanswered - (s->time - w->t_probe <= in_time)),
	    SEEN(WAITED, s->time - w->t_third),
	    SEVERITY_IF(e->marks & IS_LOCAL, ERROR, NOTE),
	    CONFIDENCE_IF(e->marks & IS_LOCAL, LIKELY, POSSIBLE));
}

/* What its segment says to a peer that probes. */
static void
check_answer(struct step *s, struct watch *w)
{
	if (w->unanswered > 0) {
		check_unanswered(s, w);
		w->unanswered = 0;
		w->answered += w->answered < UINT8_MAX;
	}
	if (s->progress) {
		w->t_reopened = 0; /* it was received, and so is this */
		w->probe_interval = 0;
		w->steady = 0;
	}
	if (s->window == 0 || w->probes == 0)
		return;
	/* A probe's octet that was taken may have been all there was. */
	w->t_reopened = w->wants_to_send && !s->progress ? s->time : 0;
	w->reopen_packet = s->t->packet;
	w->reopen_tsval = s->seg->tsval;
	w->reopen_stamped = connection_is(s->c, CONN_TIMESTAMPS) &&
			    (s->seg->options & OPTION_TIMESTAMPS) &&
			    s->q <= s->p->ack;
	w->probes = w->answered = w->steady = 0;
	w->probe_interval = 0;
	w->wants_to_send = false;
}

void
ta_check_probe(struct step *s)
{
	struct watch *w = s->e->watch;

	if (s->p->watch != NULL)
		check_answer(s, s->p->watch);
	if (s->range != RANGE_PROBE) {
		if (w != NULL && s->n > 0)
			w->t_reopened = 0;
	} else if (s->p->marks & ZERO_WINDOW) {
		check_probe(s);
	} else {
		check_update_lost(s);
	}
}

/* ------------------------------------------------------------- at its time */

void
ta_check_window_closed(struct tcpaudit *t, struct connection *c, int end)
{
	struct endpoint *x = &c->end[end], *y = &c->end[!end];
	const struct watch *w = y->watch;
	unsigned probes = w != NULL ? w->probes : 0;

	x->watch->told_closed = true;
	/* Text beyond it: the window was opened, unseen. */
	if (y->t_max > x->t_zero + ta_reach(y))
		return;
	ta_report(t, c, RULE_WN02, end, AT(x->watch->zero_packet),
	    PROOF(x->last_packet), SEEN(ELAPSED, t->time - x->t_zero),
	    SEEN_IF(probes > 0, PROBES, probes),
	    SEEN_IF(endpoint_knows(x, KNOWS_ACK), ACK, x->ack),
	    /* Nobody is seen to wait for it; or it may just be gone. */
	    DEMOTE_IF(
		w == NULL || w->answered == 0 || connection_lossy(c, t->time)));
}
