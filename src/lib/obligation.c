/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * The timed rules.  What is owed is not kept in a list: it follows from the
 * variables of the connection, so each kind of obligation is one row: when it
 * is due (INT64_MAX: nothing is owed), and what happens then.
 */
#include "obligation.h"

#include "belief.h"
#include "clock.h"
#include "incarnation.h"

#include <string.h>

#define NEVER INT64_MAX

struct grace {
	int64_t (*since)(const struct connection *, int end);
	void (*run)(struct tcpaudit *, struct connection *, int end);
};

struct obligation {
	int64_t (*due)(
	    const struct tcpaudit *, const struct connection *, int end);
	/* False: the connection ended. */
	bool (*run)(struct tcpaudit *, struct connection *, int end);
	unsigned when;	/* it is owed at no other time */
	int end;	/* of the endpoint that it concerns */
	enum rule rule; /* RULES: none, it is no debt of an endpoint */
	/* Judged at the end of the capture too, if it was owed for long
	 * enough; NULL: not judged. */
	const struct grace *grace;
};

/* What a connection has come to: most of them owe little. */
enum {
	ALWAYS = 1u << 0,
	UNTIL_OPEN = 1u << 1,
	FIN_SENT = 1u << 2, /* by either end */
	FIN_TAKEN = 1u << 3,
	WAITING = 1u << 4, /* in TIME-WAIT */
	TEXT_SENT = 1u << 5,
	WATCHED = 1u << 6, /* a window was closed, or the like */
	NOTED = 1u << 7	   /* with a deadline of its own */
};

static unsigned
circumstances(const struct connection *c)
{
	const struct endpoint *x = &c->end[0], *y = &c->end[1];
	unsigned now = c->marks & CONN_OPEN ? ALWAYS : ALWAYS | UNTIL_OPEN;

	now |= (x->known | y->known) & KNOWS_FIN ? FIN_SENT : 0;
	now |= (x->t_acked_fin | y->t_acked_fin) != 0 ? FIN_TAKEN : 0;
	now |= (x->t_timewait | y->t_timewait) != 0 ? WAITING : 0;
	now |= (x->marks | y->marks) & SENT_DATA ? TEXT_SENT : 0;
	now |= x->watch != NULL || y->watch != NULL ? WATCHED : 0;
	if ((c->due_fin_reack | c->due_reuse | c->due_keepalive |
		c->due_challenge) != 0)
		now |= NOTED;
	return now;
}

/* Names the debt; nothing is reported by it. */
#define ta_pending(rule) (rule)

/* A reset ended it: nobody owes an answer any more. */
static bool
is_reset(const struct connection *c)
{
	return (c->end[0].marks | c->end[1].marks) & RST_ACCEPTED;
}

/* ------------------------------------------------------------- handshake */

static int64_t
due_answer(const struct tcpaudit *t, const struct connection *c, int end)
{
	const struct endpoint *client = &c->end[TCPAUDIT_CLIENT];

	(void)t, (void)end;
	if ((c->done & DONE_SYN) || !(client->marks & SENT_SYN) ||
	    (c->marks & (CONN_OPEN | CONN_CHALLENGER | CONN_SELF)) ||
	    (client->marks & (SENT_RST | SENT_THIRD_ACK)) ||
	    (c->marks & (CONN_REFUSED | CONN_PROBE)) ||
	    (c->end[TCPAUDIT_SERVER].marks & (SENT_SYNACK | SENT_SYN)))
		return NEVER;
	return client->t_syn + T_SYN;
}

static bool
run_answer(struct tcpaudit *t, struct connection *c, int end)
{
	(void)end;
	c->done |= DONE_SYN;
	ta_check_no_answer(t, c, false);
	ta_belief_may_close(&c->end[TCPAUDIT_CLIENT]);
	ta_incarnation_end(t, c, false);
	return false;
}

static int64_t
since_syn(const struct connection *c, int end)
{
	(void)end;
	return c->end[TCPAUDIT_CLIENT].t_syn_first;
}

static void
grace_answer(struct tcpaudit *t, struct connection *c, int end)
{
	(void)end;
	ta_check_no_answer(t, c, true);
	ta_belief_may_close(&c->end[TCPAUDIT_CLIENT]);
}

static int64_t
due_third_ack(const struct tcpaudit *t, const struct connection *c, int end)
{
	const struct endpoint *client = &c->end[TCPAUDIT_CLIENT];
	const struct endpoint *server = &c->end[TCPAUDIT_SERVER];
	/* Unless it asked again after that: a bare ACK answers a copy of the
	 * SYN as well (RFC 9293, 3.10.7.4, first). */
	bool went_on =
	    (server->marks & SENT_PLAIN) && server->t_last != server->t_syn;

	(void)t, (void)end;
	if ((c->done & DONE_HANDSHAKE) || !(server->marks & SENT_SYNACK) ||
	    !(client->marks & SENT_SYN) || went_on ||
	    (c->marks & (CONN_OPEN | CONN_CHALLENGER | CONN_SELF)) ||
	    (client->marks & (SENT_RST | SENT_THIRD_ACK)) ||
	    (server->marks & SENT_RST))
		return NEVER;
	return server->t_syn + T_HANDSHAKE;
}

static bool
run_third_ack(struct tcpaudit *t, struct connection *c, int end)
{
	(void)end;
	c->done |= DONE_HANDSHAKE;
	ta_check_no_third_ack(t, c, false);
	ta_belief_may_close(&c->end[TCPAUDIT_SERVER]);
	ta_incarnation_end(t, c, false);
	return false;
}

static int64_t
since_synack(const struct connection *c, int end)
{
	(void)end;
	return c->end[TCPAUDIT_SERVER].t_synack_first;
}

static void
grace_third_ack(struct tcpaudit *t, struct connection *c, int end)
{
	(void)end;
	ta_check_no_third_ack(t, c, true);
	ta_belief_may_close(&c->end[TCPAUDIT_SERVER]);
}

/* ----------------------------------------------------------------- close */

static int64_t
due_fin(const struct tcpaudit *t, const struct connection *c, int end)
{
	const struct endpoint *x = &c->end[end];

	(void)t;
	if ((c->done & (DONE_FIN << end)) || !endpoint_knows(x, KNOWS_FIN) ||
	    (x->marks & FIN_ACKED) || is_reset(c) ||
	    (x->marks & FIN_WITHOUT_ACK))
		return NEVER;
	return x->t_fin + T_FIN;
}

static bool
run_fin(struct tcpaudit *t, struct connection *c, int end)
{
	ta_check_fin_unacked(t, c, end, false);
	ta_belief_may_close(&c->end[end]);
	return true;
}

static int64_t
since_fin(const struct connection *c, int end)
{
	return c->end[end].t_fin_first;
}

static void
grace_fin(struct tcpaudit *t, struct connection *c, int end)
{
	ta_check_fin_unacked(t, c, end, true);
	ta_belief_may_close(&c->end[end]);
}

static int64_t
due_close_wait(const struct tcpaudit *t, const struct connection *c, int end)
{
	const struct endpoint *x = &c->end[end];
	int64_t since = x->t_acked_fin_first;

	(void)t;
	if ((c->done & (DONE_CLOSE_WAIT << end)) || x->t_acked_fin == 0 ||
	    endpoint_knows(x, KNOWS_FIN) || is_reset(c))
		return NEVER;
	if (x->t_max > since)
		since = x->t_max; /* it is sending */
	return since + T_CLOSE_WAIT;
}

static bool
run_close_wait(struct tcpaudit *t, struct connection *c, int end)
{
	ta_check_close_wait(t, c, end);
	return true;
}

/* ------------------------------------------------------------- TIME-WAIT */

static int64_t
due_timewait(const struct tcpaudit *t, const struct connection *c, int end)
{
	const struct endpoint *x = &c->end[end];

	if ((c->done & (DONE_TIMEWAIT << end)) || x->t_timewait == 0 ||
	    !endpoint_is(x, STATE(TIME_WAIT)))
		return NEVER;
	return x->t_timewait + 2 * t->config.msl;
}

static bool
run_timewait(struct tcpaudit *t, struct connection *c, int end)
{
	c->done |= DONE_TIMEWAIT << end;
	ta_belief_timer(t, c, &c->end[end], TCPAUDIT_CLOSED);
	return true;
}

static int64_t
due_reack(const struct tcpaudit *t, const struct connection *c, int end)
{
	(void)t, (void)end;
	return c->due_fin_reack != 0 ? c->due_fin_reack : NEVER;
}

static bool
run_reack(struct tcpaudit *t, struct connection *c, int end)
{
	(void)end;
	ta_check_fin_not_reacked(t, c);
	return true;
}

static int64_t
due_reuse(const struct tcpaudit *t, const struct connection *c, int end)
{
	(void)t, (void)end;
	return c->due_reuse != 0 ? c->due_reuse : NEVER;
}

static bool
run_reuse(struct tcpaudit *t, struct connection *c, int end)
{
	(void)end;
	ta_check_reuse_ignored(t, c);
	return true;
}

/* ---------------------------------------------------------------- others */

static int64_t
due_keepalive(const struct tcpaudit *t, const struct connection *c, int end)
{
	(void)t, (void)end;
	return c->due_keepalive != 0 ? c->due_keepalive : NEVER;
}

static bool
run_keepalive(struct tcpaudit *t, struct connection *c, int end)
{
	(void)end;
	ta_check_keepalive_unanswered(t, c);
	return true;
}

static int64_t
due_window(const struct tcpaudit *t, const struct connection *c, int end)
{
	const struct endpoint *x = &c->end[end], *y = &c->end[!end];

	(void)t;
	if (x->watch == NULL || !(x->marks & ZERO_WINDOW) ||
	    x->watch->told_closed || !connection_is(c, CONN_OPEN) ||
	    ((x->known | y->known) & KNOWS_FIN) || is_reset(c))
		return NEVER;
	return x->t_zero + T_WINDOW;
}

static bool
run_window(struct tcpaudit *t, struct connection *c, int end)
{
	ta_check_window_closed(t, c, end);
	return true;
}

static int64_t
due_challenge(const struct tcpaudit *t, const struct connection *c, int end)
{
	(void)t, (void)end;
	return c->due_challenge != 0 ? c->due_challenge : NEVER;
}

static bool
run_challenge(struct tcpaudit *t, struct connection *c, int end)
{
	(void)end;
	/* The challenge may still be answered: a reboot, seen from afar.  Or
	 * its SYN is denied, whenever the old connection goes on. */
	if ((c->end[TCPAUDIT_SERVER].marks & CHALLENGED_SYN) &&
	    c->due_challenge < c->t_first + 2 * t->config.msl) {
		c->due_challenge = c->t_first + 2 * t->config.msl;
		return true;
	}
	if (!(c->end[TCPAUDIT_SERVER].marks & CHALLENGED_SYN))
		ta_check_stray_syn(t, c, false);
	ta_incarnation_drop(t, c->flow);
	return false;
}

static bool
has_unacked(const struct endpoint *x, const struct endpoint *y)
{
	return (x->marks & SENT_DATA) && endpoint_knows(y, KNOWS_ACK) &&
	       x->max - endpoint_knows(x, KNOWS_FIN) > y->ack &&
	       !(x->marks & FIN_ACKED);
}

static int64_t
due_unacked(const struct tcpaudit *t, const struct connection *c, int end)
{
	(void)t, (void)end;
	if ((c->done & DONE_UNACKED) || is_reset(c) ||
	    (!has_unacked(&c->end[0], &c->end[1]) &&
		!has_unacked(&c->end[1], &c->end[0])))
		return NEVER;
	return c->t_last + T_IDLE_UNACKED;
}

static bool
run_unacked(struct tcpaudit *t, struct connection *c, int end)
{
	(void)end;
	c->done |= DONE_UNACKED;
	ta_check_unacked_silence(t, c);
	return true;
}

/* What was still owed when the clock leapt is as it is at the end of a capture:
 * nobody knows how long it was owed. */
static void settle_debts(struct tcpaudit *t, struct connection *c);

/* The connection is forgotten: closed for 2MSL, or idle for long. */
static int64_t
due_end(const struct tcpaudit *t, const struct connection *c, int end)
{
	int64_t since = c->t_last;

	(void)end;
	if (connection_is(c, CONN_CHALLENGER))
		return NEVER;
	if (!ta_incarnation_closed(c) && !is_reset(c) &&
	    !(c->marks & (CONN_REFUSED | CONN_CLIENT_RESET | CONN_WITHDRAWN)))
		return since + T_IDLE;
	for (int i = 0; i < 2; i++)
		if (c->end[i].t_timewait > since)
			since = c->end[i].t_timewait;
	return since + 2 * t->config.msl;
}

static bool
run_end(struct tcpaudit *t, struct connection *c, int end)
{
	(void)end;
	if (t->leap != 0)
		settle_debts(t, c);
	ta_incarnation_end(t, c, false);
	return false;
}

static const struct grace answer = { since_syn, grace_answer };
static const struct grace third_ack = { since_synack, grace_third_ack };
static const struct grace fin_ack = { since_fin, grace_fin };

/* clang-format off */
#define CLIENT TCPAUDIT_CLIENT
#define SERVER TCPAUDIT_SERVER
#define DEBT(when, what, end, rule, grace)                                     \
	{ due_##what, run_##what, when, end, rule, grace }

static const struct obligation obligations[] = {
	DEBT(UNTIL_OPEN, answer,     CLIENT, ta_pending(RULE_HS02), &answer),
	DEBT(UNTIL_OPEN, third_ack,  CLIENT, ta_pending(RULE_HS01), &third_ack),
	DEBT(FIN_SENT,   fin,        CLIENT, ta_pending(RULE_TD02), &fin_ack),
	DEBT(FIN_SENT,   fin,        SERVER, ta_pending(RULE_TD02), &fin_ack),
	DEBT(FIN_TAKEN,  close_wait, CLIENT, ta_pending(RULE_TD12), NULL),
	DEBT(FIN_TAKEN,  close_wait, SERVER, ta_pending(RULE_TD12), NULL),
	DEBT(NOTED,      reack,      CLIENT, ta_pending(RULE_TW08), NULL),
	DEBT(NOTED,      reuse,      SERVER, ta_pending(RULE_TW05), NULL),
	DEBT(NOTED,      keepalive,  SERVER, ta_pending(RULE_KA05), NULL),
	DEBT(WATCHED,    window,     CLIENT, ta_pending(RULE_WN02), NULL),
	DEBT(WATCHED,    window,     SERVER, ta_pending(RULE_WN02), NULL),
	DEBT(TEXT_SENT,  unacked,    SERVER, ta_pending(RULE_RX18), NULL),
	DEBT(NOTED,      challenge,  SERVER, ta_pending(RULE_RS17), NULL),
	DEBT(WAITING,    timewait,   CLIENT, RULES, NULL),
	DEBT(WAITING,    timewait,   SERVER, RULES, NULL),
	DEBT(ALWAYS,     end,        CLIENT, RULES, NULL),
};
/* clang-format on */
#define OBLIGATIONS (sizeof(obligations) / sizeof(obligations[0]))

/* A debt is not overdue because the clock leapt: what the capture has missed
 * may have paid it, or it comes at once. */
static int64_t
due_of(const struct obligation *o, const struct tcpaudit *t,
    const struct connection *c)
{
	int64_t due = o->due(t, c, o->end);

	return t->leap == 0 || o->rule == RULES || o->rule == RULE_TD12
		   ? due
		   : ta_clock_overdue(t, due, c->t_last);
}

static void
settle_debts(struct tcpaudit *t, struct connection *c)
{
	for (size_t i = 0; i < OBLIGATIONS; i++) {
		const struct obligation *o = &obligations[i];

		if (o->grace != NULL && o->due(t, c, o->end) != NEVER)
			o->grace->run(t, c, o->end);
	}
}

int64_t
ta_obligation_next(const struct tcpaudit *t, const struct connection *c)
{
	unsigned now = circumstances(c);
	int64_t next = NEVER;

	for (size_t i = 0; i < OBLIGATIONS; i++) {
		int64_t due = obligations[i].when & now
				  ? due_of(&obligations[i], t, c)
				  : NEVER;

		if (due < next)
			next = due;
	}
	return next;
}

bool
ta_obligation_run(struct tcpaudit *t, struct connection *c, int64_t deadline)
{
	for (size_t i = 0; i < OBLIGATIONS; i++)
		if (due_of(&obligations[i], t, c) <= deadline &&
		    !obligations[i].run(t, c, obligations[i].end))
			return false;
	return true;
}

size_t
ta_obligation_finish(struct tcpaudit *t, struct connection *c,
    const struct tcpaudit_rule **pending, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < OBLIGATIONS; i++) {
		const struct obligation *o = &obligations[i];

		if (o->rule == RULES || o->due(t, c, o->end) == NEVER)
			continue;
		if (o->grace != NULL &&
		    t->time >= ta_clock_overdue(t,
				   o->grace->since(c, o->end) + T_EOF_GRACE,
				   c->t_last))
			o->grace->run(t, c, o->end);
		else if (o->rule != RULE_RX18) {
			t->pending++;
			if (n < max)
				pending[n++] = &ta_rules[o->rule];
		}
	}
	return n;
}
