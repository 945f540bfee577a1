/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "verdict.h"

#include <string.h>

#include "obligation.h"
#include "part.h"
#include "zeek.h"

#define V(x) TCPAUDIT_VERDICT_##x
#define NONE TCPAUDIT_VERDICTS

static bool
has(const struct endpoint *x, uint32_t mark)
{
	return x->marks & mark;
}

static bool
has_fin(const struct endpoint *x)
{
	return endpoint_knows(x, KNOWS_FIN);
}

/* Rows 1 to 11: it never became a connection. */
static enum tcpaudit_verdict
in_handshake(const struct connection *c, bool at_eof)
{
	const struct endpoint *client = &c->end[0], *server = &c->end[1];
	bool answered = has(server, SENT_SYNACK | SENT_SYN);

	if (c->marks & CONN_PROBE)
		return V(SCAN_PROBE);
	if (!has(client, SENT_SYN | SENT_PLAIN) &&
	    !has(server, SENT_SYN | SENT_PLAIN))
		return V(BACKSCATTER); /* SYN-ACKs and resets alone */
	if (c->marks & CONN_ONE_SIDED)
		return V(ONE_SIDED);
	if (c->marks & (CONN_OPEN | CONN_MIDSTREAM))
		return NONE;
	if ((has_fin(client) ||
		ta_finding(c, RULE_HS31, TCPAUDIT_CLIENT) != NULL) &&
	    !answered)
		return V(FIN_IN_HANDSHAKE);
	if (c->marks & CONN_WITHDRAWN)
		return V(ATTEMPT_WITHDRAWN);
	if (c->marks & CONN_REFUSED)
		return V(REFUSED);
	if (c->marks & CONN_BAD_REFUSAL)
		return V(NO_ANSWER);
	if (c->marks & CONN_CLIENT_RESET)
		return V(HANDSHAKE_CLIENT_RESET);
	if (c->marks & CONN_HISTORICAL)
		return V(HISTORICAL_REJECTED);
	if (c->marks & CONN_HS_TIMEOUT)
		return V(HANDSHAKE_TIMEOUT);
	if (c->marks & CONN_SERVER_RESET)
		return V(HANDSHAKE_SERVER_RESET);
	if (c->marks & CONN_REPLACED)
		return V(SUPERSEDED);
	if (answered || at_eof || has(client, SENT_THIRD_ACK))
		return V(HANDSHAKE_INCOMPLETE_AT_EOF);
	return V(NO_ANSWER);
}

/* Which end's reset ended it: -1 none. */
static int
resetter(const struct connection *c)
{
	bool x = has(&c->end[0], RST_ACCEPTED);
	bool y = has(&c->end[1], RST_ACCEPTED);

	if (x && y)
		return c->end[1].t_rst < c->end[0].t_rst;
	return x ? 0 : y ? 1 : -1;
}

static enum tcpaudit_verdict
midstream(const struct connection *c, int rst)
{
	if (rst >= 0 || has(&c->end[0], SENT_RST) || has(&c->end[1], SENT_RST))
		return V(MIDSTREAM_ABORTED);
	return has_fin(&c->end[0]) && has_fin(&c->end[1]) ? V(MIDSTREAM_CLOSED)
							  : V(MIDSTREAM_OPEN);
}

static enum tcpaudit_verdict
closed(const struct connection *c)
{
	bool x = has(&c->end[0], FIN_ACKED), y = has(&c->end[1], FIN_ACKED);
	bool rst = has(&c->end[0], SENT_RST) || has(&c->end[1], SENT_RST);

	if (rst)
		return V(CLOSED_THEN_RESET);
	if (x && y)
		return c->marks & CONN_SIMULTANEOUS_CLOSE
			   ? V(COMPLETE_SIMULTANEOUS_CLOSE)
			   : V(COMPLETE_ORDERLY);
	return x || y ? V(COMPLETE_LAST_ACK_MISSING) : V(FIN_UNACKED);
}

static enum tcpaudit_verdict
aborted(const struct connection *c, int rst)
{
	bool data = c->end[0].unique_bytes + c->end[1].unique_bytes > 0;

	if (has_fin(&c->end[rst]))
		return rst ? V(ABORTED_BY_SERVER_AFTER_FIN)
			   : V(ABORTED_BY_CLIENT_AFTER_FIN);
	if (rst)
		return data ? V(ABORTED_BY_SERVER_AFTER_DATA)
			    : V(ABORTED_BY_SERVER_BEFORE_DATA);
	return data ? V(ABORTED_BY_CLIENT_AFTER_DATA)
		    : V(ABORTED_BY_CLIENT_BEFORE_DATA);
}

static enum tcpaudit_verdict
verdict(const struct connection *c, bool at_eof)
{
	const struct endpoint *x = &c->end[0], *y = &c->end[1];
	enum tcpaudit_verdict v = in_handshake(c, at_eof);
	int rst = resetter(c);

	if (v != NONE)
		return v;
	if ((c->marks & CONN_INJECTED) && rst >= 0)
		return V(ABORTED_INJECTED_SUSPECT);
	if (c->marks & CONN_REPLACED)
		return V(REPLACED_HALF_OPEN);
	if (c->marks & CONN_MIDSTREAM)
		return midstream(c, rst);
	if (c->marks & CONN_HALF_OPEN)
		return V(REPLACED_HALF_OPEN);
	if (has_fin(x) && has_fin(y))
		return closed(c);
	if (c->marks & CONN_KEEPALIVE_DEAD)
		return V(KEEPALIVE_DEAD);
	if (c->marks & CONN_TIMED_OUT)
		return V(TIMED_OUT);
	if (rst >= 0)
		return aborted(c, rst);
	if (has_fin(x) || has_fin(y))
		return has(x, FIN_ACKED) || has(y, FIN_ACKED) ? V(HALF_CLOSED)
							      : V(FIN_UNACKED);
	return V(STILL_OPEN);
}

static int
closer(const struct connection *c)
{
	const struct endpoint *x = &c->end[0], *y = &c->end[1];
	int rst = resetter(c);

	if (c->marks & CONN_SIMULTANEOUS_CLOSE)
		return 2;
	if (has_fin(x) && has_fin(y))
		return y->t_fin_first < x->t_fin_first;
	if (has_fin(x) || has_fin(y))
		return has_fin(y);
	return rst;
}

static enum tcpaudit_confidence
confidence(const struct connection *c)
{
	if (c->marks & (CONN_MIDSTREAM | CONN_LOSSY_FOR_EVER) || c->evicted)
		return TCPAUDIT_POSSIBLE;
	if (c->loss_events > 0 ||
	    (c->marks & (CONN_HALF_OPEN | CONN_INJECTED | CONN_HS_TIMEOUT |
			    CONN_TIMED_OUT | CONN_KEEPALIVE_DEAD)))
		return TCPAUDIT_LIKELY;
	return TCPAUDIT_CERTAIN;
}

static void
fill_endpoint(struct tcpaudit_endpoint *to, const struct endpoint *x)
{
	bool syn = endpoint_knows(x, KNOWS_SYN_OPTIONS);

	to->state = x->nominal;
	to->possible = x->possible;
	to->certain = (x->possible & (x->possible - 1)) == 0;
	to->path_length = x->path_length;
	for (unsigned i = 0; i < x->path_length; i++)
		to->path[i] = (x->path >> (4 * i)) & 15;
	to->isn_known = x->isn_count > 0;
	to->isn = x->isn_count > 0 ? seq_raw(x->iss) : 0;
	to->fin_known = has_fin(x);
	to->fin_seq = seq_raw(x->fin);
	to->packets = x->packets;
	to->bytes = x->bytes;
	to->unique_bytes = x->unique_bytes;
	to->retransmitted_packets = x->rtx_packets;
	to->retransmitted_bytes = x->rtx_bytes;
	to->out_of_order_packets = x->out_of_order;
	to->zero_windows = x->zero_windows;
	to->duplicate_acks = x->duplicate_acks;
	to->mss = syn && x->mss != 0 ? x->mss : -1;
	to->window_scale = syn && has(x, OFFERED_WSCALE) ? x->wscale : -1;
	to->sack_permitted = syn ? has(x, OFFERED_SACK) : -1;
	to->timestamps = syn ? has(x, OFFERED_TIMESTAMPS) : -1;
	to->min_rtt_ns = x->rtt;
}

void
ta_verdict_say(struct tcpaudit *t, const struct connection *c,
    const struct tcpaudit_connection *r, bool ends)
{
	if (t->config.on_part != NULL)
		ta_part_connection(t, c, r, ends);
	else if (t->config.on_connection != NULL)
		t->config.on_connection(t->config.argument, r);
}

void
ta_verdict_report(struct tcpaudit *t, struct connection *c, bool at_eof)
{
	const struct tcpaudit_rule *pending[16];
	struct tcpaudit_connection r;
	struct tcpaudit_tuple tuple;

	memset(&r, 0, sizeof(r));
	if (at_eof)
		r.pending_count = ta_obligation_finish(t, c, pending, 16);
	r.pending = pending;
	ta_tuple(c, &tuple);
	r.connection = &tuple;
	r.first_packet = c->first_packet;
	r.last_packet = c->last_packet;
	r.first_time = c->t_first - TIME_BIAS;
	r.last_time = c->t_last - TIME_BIAS;
	r.verdict = verdict(c, at_eof);
	r.closed_by = closer(c);
	r.confidence = confidence(c);
	r.lossy = c->loss_events > 0 || (c->marks & CONN_LOSSY_FOR_EVER);
	r.midstream = !!(c->marks & CONN_MIDSTREAM);
	r.evicted = c->evicted;
	for (int i = 0; i < TCPAUDIT_SEVERITIES; i++)
		r.findings[i] = c->finding_count[i];
	ta_zeek_end(c);
	r.zeek_conn_state = ta_zeek_conn_state(c);
	r.zeek_history = c->zeek_history;
	r.wireshark_completeness = c->completeness;
	fill_endpoint(&r.end[0], &c->end[0]);
	fill_endpoint(&r.end[1], &c->end[1]);
	ta_verdict_say(t, c, &r, false);
	ta_quick_learn_end(t, &r);
}

uint8_t
ta_verdict_completeness(const struct step *s)
{
	uint8_t bits = 0;

	if (s->rst)
		bits |= 32;
	else if (s->syn)
		bits |= s->has_ack ? 2 : 1;
	else if (s->has_ack && (s->c->completeness & 2))
		bits |= 4;
	if (s->fin)
		bits |= 16;
	if (s->n > 0 && !s->rst)
		bits |= 8;
	return bits;
}
