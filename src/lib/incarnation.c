/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A flow holds its live incarnation, perhaps a challenger, and a tombstone of
 * the one before.
 *
 * A SYN with a new number does not by itself begin an incarnation.  While a
 * handshake is unresolved either SYN may be the old one (RFC 9293, Figure 8):
 * both are candidates until the client confirms one.  In a synchronized
 * connection the SYN is perhaps a reboot, perhaps forged (3.10.7.4, fourth;
 * RFC 5961, 4): it opens a challenger beside the live one, and the answers
 * decide.  Only where the sender is done with the old connection does a SYN
 * begin a new one at once; what stands in its way is then judged as port reuse.
 */
#include "incarnation.h"

#include "belief.h"
#include "flood.h"
#include "obligation.h"
#include "part.h"
#include "reaction.h"
#include "stranger.h"
#include "tombstone.h"
#include "verdict.h"
#include "zeek.h"

#include <string.h>

bool
ta_incarnation_closed(const struct connection *c)
{
	const uint16_t gone = STATE(CLOSED) | STATE(LISTEN) | STATE(TIME_WAIT);

	return endpoint_is(&c->end[0], gone) && endpoint_is(&c->end[1], gone);
}

void
ta_connection_number(struct tcpaudit *t, struct connection *c)
{
	c->id = ++t->last_connection;
	c->incarnation = ++c->flow->incarnations;
	t->statistics.connections++;
	if (t->config.on_part != NULL)
		ta_part_begin(t, c);
}

/* ------------------------------------------------------------------ begin */

/* Who is the server when no SYN says so: the well-known port. */
static int
guess_client_side(const struct segment *seg, int side)
{
	uint16_t from = seg->source_port, to = seg->destination_port;

	if (from < 1024 && to >= 1024)
		return !side;
	if (to < 1024 && from >= 1024)
		return side;
	/* The lower port, if it is far lower; else the first to speak. */
	return from < to / 2 ? !side : side;
}

void
ta_connection_syn(struct tcpaudit *t, struct connection *c)
{
	struct tombstone *tomb = c->flow->tomb;
	int server_side = !c->client_side;

	c->marks |= CONN_SYN_SEEN;
	ta_belief_begin(&c->end[TCPAUDIT_CLIENT], 0, TCPAUDIT_CLOSED);
	ta_belief_begin(
	    &c->end[TCPAUDIT_SERVER], STATE(CLOSED), TCPAUDIT_LISTEN);
	c->end[TCPAUDIT_SERVER].marks |= PASSIVE;
	if (tomb != NULL && tomb->side[server_side].t_timewait != 0 &&
	    t->time - tomb->side[server_side].t_timewait < 2 * t->config.msl)
		ta_belief_begin(&c->end[TCPAUDIT_SERVER],
		    STATE(CLOSED) | STATE(TIME_WAIT), TCPAUDIT_LISTEN);
}

static void
begin_without_syn(
    struct tcpaudit *t, struct connection *c, enum segment_class class)
{
	bool early = t->time - t->t_start < T_MIDSTREAM;
	uint8_t client = TCPAUDIT_ESTABLISHED, server = TCPAUDIT_ESTABLISHED;

	if (class == CLASS_SYNACK) {
		server = TCPAUDIT_SYN_RECEIVED;
		client = early ? TCPAUDIT_SYN_SENT : TCPAUDIT_CLOSED;
		c->marks |= early ? CONN_MIDSTREAM : CONN_UNSOLICITED;
		c->end[TCPAUDIT_SERVER].marks |= PASSIVE;
	} else if (class == CLASS_RST && !early) {
		c->marks |= CONN_UNSOLICITED;
	} else {
		c->marks |= CONN_MIDSTREAM;
		if (class != CLASS_RST)
			ta_flood_traffic(t, c);
	}
	ta_belief_begin(&c->end[TCPAUDIT_CLIENT], STATES_ALL, client);
	ta_belief_begin(&c->end[TCPAUDIT_SERVER], STATES_ALL, server);
}

/* What begins it, counted over many connections. */
static void
count_begin(struct tcpaudit *t, struct connection *c, int side,
    const struct segment *seg, const struct step *s)
{
	if (s->class == CLASS_SYN)
		ta_flood_syn(t, c, seg);
	else if (connection_is(c, CONN_UNSOLICITED) &&
		 (s->class == CLASS_SYNACK || (seg->seq == 0 && s->has_ack)))
		ta_flood_echo(t, c);
	else if (s->class == CLASS_ACK && t->time - t->t_start >= T_MIDSTREAM)
		ta_flood_stray(t, c, side != c->client_side);
}

static struct connection *
begin(struct tcpaudit *t, struct flow *f, int side, const struct segment *seg,
    struct step *s)
{
	struct connection *c;
	int client_side = side;

	if (s->class == CLASS_SYNACK)
		client_side = !side;
	else if (s->class != CLASS_SYN)
		client_side = guess_client_side(seg, side);
	if (s->class == CLASS_RST && seg->seq == 0 && s->has_ack)
		client_side = !side; /* the answer to a SYN */
	c = ta_connection_new(t, f, client_side);
	if (c == NULL)
		return NULL;
	if (memcmp(&seg->source, &seg->destination, sizeof(seg->source)) == 0 &&
	    seg->source_port == seg->destination_port)
		c->marks |= CONN_SELF;
	f->live = c;
	ta_connection_number(t, c);
	if (s->class == CLASS_SYN)
		ta_connection_syn(t, c);
	else
		begin_without_syn(t, c, s->class);
	count_begin(t, c, side, seg, s);
	return c;
}

/* ------------------------------------------------------------- challenger */

static struct connection *
challenge(
    struct tcpaudit *t, struct flow *f, int side, const struct segment *seg)
{
	struct connection *c;

	c = f->challenger;
	if (c == NULL || c->client_side != side) {
		ta_incarnation_drop(t, f);
		c = ta_connection_new(t, f, side);
		if (c == NULL)
			return NULL;
		f->challenger = c;
		c->marks |= CONN_CHALLENGER | CONN_SYN_SEEN;
		ta_connection_syn(t, c);
		/* Who opens anew may have lost the old one (3.5.1). */
		ta_belief_may_close(
		    &f->live->end[side != f->live->client_side]);
		ta_check_old_syn(t, f->live, side != f->live->client_side,
		    seg->packet, seg->seq);
	}
	c->due_challenge =
	    t->time + T_REACT +
	    2 * ta_rtt(&f->live->end[!(side != f->live->client_side)]);
	return c;
}

void
ta_incarnation_drop(struct tcpaudit *t, struct flow *f)
{
	struct connection *c = f->challenger;

	if (c == NULL)
		return;
	f->challenger = NULL;
	c->findings = NULL;
	ta_connection_free(t, c);
}

struct connection *
ta_incarnation_switch(struct tcpaudit *t, struct flow *f)
{
	/* One segment, of nobody who answered it, was no connection. */
	if (f->live->end[0].packets > 0 && f->live->end[1].packets > 0)
		f->live->marks |= CONN_REPLACED;
	ta_belief_may_close(&f->live->end[0]);
	ta_belief_may_close(&f->live->end[1]);
	ta_incarnation_end(t, f->live, false);
	return f->live;
}

/* -------------------------------------------------------------------- end */

static struct connection *
promote_challenger(struct tcpaudit *t, struct flow *f)
{
	struct connection *c = f->challenger;

	f->challenger = NULL;
	f->live = c;
	c->marks &= ~(unsigned)CONN_CHALLENGER;
	c->due_challenge = 0;
	ta_connection_number(t, c);
	return c;
}

void
ta_incarnation_end(struct tcpaudit *t, struct connection *c, bool at_eof)
{
	struct flow *f = c->flow;

	ta_flood_end(t, c);
	ta_findings_fold(t, c);
	ta_check_end(t, c, at_eof);
	ta_verdict_report(t, c, at_eof);
	ta_reaction_close(t, c);
	ta_findings_close(t, c);
	if (t->config.on_part != NULL)
		ta_part_end(t, c);
	if (!at_eof)
		ta_tombstone_make(t, c);
	if (f->live == c)
		f->live = NULL;
	ta_connection_free(t, c);
	/* What its SYN had challenged is gone. */
	if (f->live == NULL && f->challenger != NULL)
		promote_challenger(t, f);
}

void
ta_incarnation_evict(struct tcpaudit *t, struct flow *f)
{
	t->statistics.evicted_flows++;
	ta_incarnation_drop(t, f);
	if (f->live != NULL) {
		f->live->evicted = 1;
		ta_incarnation_end(t, f->live, true);
	}
	ta_flow_free(t, f);
}

/* ----------------------------------------------------------------- select */

static bool
isn_known(const struct endpoint *x, uint32_t isn)
{
	for (unsigned i = 0; i < x->isn_count; i++)
		if (x->isn[i] == isn)
			return true;
	return false;
}

/* The client rejected a SYN-ACK a moment ago: this SYN may have been sent
 * before (RFC 9293, Figure 8, seen near the server). */
static bool
just_rejected(
    const struct connection *c, const struct endpoint *e, int64_t time)
{
	return connection_is(c, CONN_CLIENT_RESET) &&
	       e == &c->end[TCPAUDIT_CLIENT] && time - e->t_rst <= T_REACT;
}

static bool
unresolved(const struct connection *c)
{
	return !(c->marks & CONN_OPEN) &&
	       !((c->end[0].marks | c->end[1].marks) & SENT_DATA) &&
	       (c->marks &
		   (CONN_SYN_SEEN | CONN_SYNACK_SEEN | CONN_UNSOLICITED));
}

static struct connection *
select_syn(struct tcpaudit *t, struct flow *f, int side,
    const struct segment *seg, struct step *s)
{
	struct connection *c = f->live;
	struct endpoint *e = &c->end[side != c->client_side];
	struct endpoint *p = &c->end[side == c->client_side];
	uint16_t done = STATE(CLOSED) | STATE(TIME_WAIT);

	/* A copy, late or not; but one that differs from what was sent, when
	 * the connection is over, is another with the same number. */
	if (isn_known(e, seg->seq) &&
	    (f->challenger == NULL || !(e->marks & SENT_RST)) &&
	    !(endpoint_is(e, done) && segment_length(seg) != e->syn_length))
		return c;
	if (f->challenger != NULL && f->challenger->client_side == side &&
	    isn_known(&f->challenger->end[TCPAUDIT_CLIENT], seg->seq))
		return challenge(t, f, side, seg);
	/* Captured after the SYN-ACK that answers it. */
	if (!(e->marks & SENT_SYN) && (p->marks & SENT_SYNACK) &&
	    endpoint_knows(p, KNOWS_ACK) &&
	    (uint32_t)(seq_raw(p->ack) - seg->seq) - 1 <= seg->length)
		return c;
	if (just_rejected(c, e, t->time))
		return c;
	if ((endpoint_is(e, done) && e->packets > 0) ||
	    ta_incarnation_closed(c)) {
		ta_incarnation_drop(t, f);
		/* Whatever it was in, this SYN shows that it is over. */
		ta_belief_may_close(e);
		ta_belief_may_close(p);
		ta_incarnation_end(t, c, false);
		return begin(t, f, side, seg, s);
	}
	if (unresolved(c))
		return c;
	return challenge(t, f, side, seg);
}

/* A challenger is there: does the segment decide between it and the live one?
 * Returns the one it belongs to. */
static struct connection *
select_challenged(struct tcpaudit *t, struct flow *f, int side,
    const struct segment *seg, const struct step *s)
{
	struct connection *c = f->challenger;
	struct endpoint *e = &c->end[TCPAUDIT_CLIENT];
	struct endpoint *old = &f->live->end[side != f->live->client_side];
	uint32_t past = seg->ack - (seq_raw(e->iss) + 1);
	bool answers = s->has_ack && past < e->syn_length;

	if (side != c->client_side) {
		if (s->class == CLASS_SYNACK && answers) {
			ta_check_replaced(t, f, true);
			return ta_incarnation_switch(t, f);
		}
		if (s->rst && answers && seg->seq == 0) {
			ta_check_syn_reset(t, f);
			return ta_incarnation_switch(t, f);
		}
		return f->live;
	}
	/* Its SYN was answered, and the answer not captured. */
	if (!s->rst && !s->syn && s->has_ack &&
	    seg->seq == seq_raw(e->iss) + e->syn_length &&
	    seg->seq != seq_raw(old->max))
		return ta_incarnation_switch(t, f);
	/* It goes on in the old connection: the SYN was not its own. */
	if (!s->rst && !s->syn && s->has_ack &&
	    t->time - c->t_first > ta_slack(e)) {
		ta_check_stray_syn(t, c, false);
		ta_incarnation_drop(t, f);
		return f->live;
	}
	/* The SYN's sender rejects the ACK of the old connection: Figure 9. */
	if (s->rst && (c->end[TCPAUDIT_SERVER].marks & CHALLENGED_SYN) &&
	    seg->seq == c->challenge_ack) {
		ta_check_replaced(t, f, false);
		return ta_incarnation_switch(t, f);
	}
	return f->live;
}

/* It acknowledges what x has sent in this connection: no new SYN of x. */
static bool
acknowledges_old(const struct endpoint *x, const struct segment *seg)
{
	int64_t a = seq_unwrap(x->max, seg->ack);

	return endpoint_knows(x, KNOWS_ISS) && a >= x->iss && a <= x->max;
}

/* The answer to a SYN that was not captured, when the connection is over; or
 * its end was not captured either. */
static bool
succeeds(const struct connection *c, int side, const struct segment *seg)
{
	const struct endpoint *e = &c->end[side != c->client_side];
	const struct endpoint *p = &c->end[side == c->client_side];

	if (e->isn_count == 0 || isn_known(e, seg->seq) ||
	    acknowledges_old(p, seg))
		return false;
	return p->packets == 0
		   ? endpoint_knows(e, KNOWS_FIN)
		   : connection_is(c, CONN_OPEN) && ta_incarnation_closed(c);
}

/* The live one is over, and the segment, which is no SYN, begins another. */
static struct connection *
succeed(struct tcpaudit *t, struct flow *f, int side, const struct segment *seg,
    struct step *s)
{
	ta_belief_may_close(&f->live->end[0]);
	ta_belief_may_close(&f->live->end[1]);
	ta_incarnation_end(t, f->live, false);
	return begin(t, f, side, seg, s);
}

/* So does the SYN-ACK, with the SYN of the live one. */
static struct connection *
succeed_by_old_syn(struct tcpaudit *t, struct flow *f, int side,
    const struct segment *seg, struct step *s)
{
	struct endpoint client = f->live->end[TCPAUDIT_CLIENT];
	struct connection *c = succeed(t, f, side, seg, s);

	if (c != NULL)
		ta_connection_haunt(c, &client);
	return c;
}

struct connection *
ta_incarnation_select(struct tcpaudit *t, struct flow *f, int side,
    const struct segment *seg, struct step *s)
{
	struct connection *c;

	if (f->live == NULL)
		return begin(t, f, side, seg, s);
	/* SYN with FIN or RST begins nothing. */
	if (connection_is(f->live, CONN_SELF) ||
	    ((seg->flags & FLAG_SYN) && (seg->flags & (FLAG_FIN | FLAG_RST))))
		return f->live;
	if (s->class == CLASS_SYN)
		return select_syn(t, f, side, seg, s);
	c = f->live;
	if (f->challenger == NULL && s->class == CLASS_SYNACK &&
	    ta_answers_old_syn(c, side, seg))
		return succeed_by_old_syn(t, f, side, seg, s);
	if (f->challenger == NULL &&
	    (s->class == CLASS_SYNACK ? succeeds(f->live, side, seg)
				      : ta_is_past(t, f->live, side, s) ||
					    ta_stranger(t, f->live, side, seg)))
		return succeed(t, f, side, seg, s);
	if (f->challenger != NULL)
		c = select_challenged(t, f, side, seg, s);
	if (c == f->live && ta_tombstone_fits(t, c, side, seg))
		s->old_incarnation = true;
	if (ta_answers_for_former(c, side, seg)) {
		c->end[TCPAUDIT_CLIENT].marks |= CHALLENGED_SYN;
		c->challenge_packet = seg->packet;
		c->challenge_ack = seg->ack;
		s->old_incarnation = true;
	}
	return c;
}
