/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "zeek.h"

#include <string.h>

enum zeek_state {
	Z_INACTIVE,
	Z_SYN_SENT,
	Z_SYN_ACK_SENT,
	Z_PARTIAL,
	Z_ESTABLISHED,
	Z_CLOSED,
	Z_RESET
};

/* Zeek removes a connection so long after it is closed (tcp_close_delay); what
 * follows begins another one. */
#define CLOSE_DELAY (5 * SECOND)

enum {
	SEEN_ACK = 1u << 0,
	SEEN_DATA = 1u << 1,
	SEEN_MULTI = 1u << 2,
	SEEN_SYN = ZEEK_SEEN_SYN,
	SEEN_FIN = ZEEK_SEEN_FIN,
	SEEN_RST = 1u << 5
};

static void
append(struct connection *c, int sender, char letter)
{
	if (c->zeek_gone || c->zeek_length + 1u >= sizeof(c->zeek_history))
		return;
	if (sender == TCPAUDIT_SERVER)
		letter |= 0x20; /* lower case: the responder */
	c->zeek_history[c->zeek_length++] = letter;
}

/* Once in each direction. */
static void
append_once(struct connection *c, int sender, unsigned bit, char letter)
{
	if (c->end[sender].zeek_seen & bit)
		return;
	c->end[sender].zeek_seen |= bit;
	append(c, sender, letter);
}

/* Again when the number differs from that of the last such packet. */
static void
append_numbered(struct connection *c, int sender, unsigned bit, char letter,
    uint32_t number)
{
	struct endpoint *e = &c->end[sender];
	unsigned kind = bit == SEEN_SYN ? 0 : bit == SEEN_FIN ? 1 : 2;
	uint32_t *last = &e->zeek_seq[kind];

	if (!(e->zeek_seen & bit) || *last != number)
		append(c, sender, letter);
	e->zeek_seen |= bit;
	*last = number;
}

static void
history(const struct step *s)
{
	const struct segment *seg = s->seg;
	struct connection *c = s->c;
	unsigned syn = !!(seg->flags & FLAG_SYN);
	unsigned fin = !!(seg->flags & FLAG_FIN);
	unsigned rst = !!(seg->flags & FLAG_RST);

	if (syn + fin + rst > 1) {
		append_once(c, s->sender, SEEN_MULTI, fin && rst ? 'I' : 'Q');
	} else if (syn) {
		append_numbered(
		    c, s->sender, SEEN_SYN, s->has_ack ? 'H' : 'S', seg->seq);
	} else if (fin) {
		/* Text of it has no letter. */
		append_numbered(
		    c, s->sender, SEEN_FIN, 'F', seg->seq + seg->length);
	} else if (rst) {
		append_numbered(c, s->sender, SEEN_RST, 'R', seg->seq);
	} else if (s->n > 0) {
		append_once(c, s->sender, SEEN_DATA, 'D');
	} else if (s->has_ack) {
		append_once(c, s->sender, SEEN_ACK, 'A');
	}
}

static void
set_state(struct endpoint *x, enum zeek_state state)
{
	if (x->zeek_state == state)
		return;
	x->zeek_prior = x->zeek_state;
	x->zeek_state = state;
}

static void
on_syn(const struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (e->zeek_state == Z_PARTIAL && p->zeek_state == Z_INACTIVE &&
	    !s->has_ack) {
		set_state(e, Z_SYN_SENT);
	} else if (e->zeek_state != Z_INACTIVE) {
		return;
	} else if (s->sender == TCPAUDIT_CLIENT) {
		set_state(e, s->has_ack ? Z_SYN_ACK_SENT : Z_SYN_SENT);
	} else {
		/* With or without ACK. */
		set_state(e, Z_ESTABLISHED);
		if (p->zeek_state == Z_SYN_SENT)
			set_state(p, Z_ESTABLISHED);
	}
}

static void
on_rst(const struct step *s)
{
	/* A reset after its own FIN, the peer having closed, is the usual end
	 * of a close: Zeek keeps CLOSED. */
	if (s->e->zeek_state == Z_CLOSED && s->p->zeek_state == Z_CLOSED)
		return;
	set_state(s->e, Z_RESET);
}

static void
on_fin(const struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (e->zeek_state == Z_RESET)
		return;
	if ((e->zeek_state == Z_ESTABLISHED || e->zeek_state == Z_PARTIAL) &&
	    p->zeek_state == Z_RESET && p->zeek_prior == Z_CLOSED)
		set_state(p, Z_CLOSED);
	set_state(e, Z_CLOSED);
}

/* The first of an end, without SYN, FIN or RST. */
static void
on_first(const struct step *s)
{
	/* Some acknowledge a SYN before they answer it. */
	if (s->sender == TCPAUDIT_SERVER && s->n == 0 &&
	    s->p->zeek_state == Z_SYN_SENT)
		return;
	/* Its SYN was missed: the SYN-ACK has passed. */
	set_state(s->e, s->has_ack && s->p->zeek_state == Z_ESTABLISHED
			    ? Z_ESTABLISHED
			    : Z_PARTIAL);
}

/* Closed: reset, both ends after their FIN, or one whose peer was never seen.
 * From the first time on, the connection has CLOSE_DELAY to live. */
static void
note_close(const struct step *s)
{
	uint8_t e = s->e->zeek_state, p = s->p->zeek_state;

	if (s->c->t_zeek_close == 0 &&
	    (e == Z_RESET || (e == Z_CLOSED && (p == Z_CLOSED || p == Z_RESET ||
						   p == Z_INACTIVE))))
		s->c->t_zeek_close = s->time;
}

/* Text or an ACK of an end that has sent such before, of a connection that is
 * not over. */
static bool
says_nothing(const struct step *s)
{
	const struct endpoint *e = s->e;
	unsigned said = s->n > 0 ? SEEN_DATA : s->has_ack ? SEEN_ACK : 0;

	return !(s->seg->flags & (FLAG_SYN | FLAG_FIN | FLAG_RST)) &&
	       (e->zeek_seen & said) == said && e->zeek_state < Z_CLOSED &&
	       e->zeek_state != Z_INACTIVE;
}

void
ta_zeek_segment(const struct step *s)
{
	struct connection *c = s->c;

	if (c->t_zeek_close != 0 && s->time - c->t_zeek_close > CLOSE_DELAY)
		c->zeek_gone = true;
	if (c->zeek_gone || says_nothing(s))
		return;
	/* A connection without SYN that begins with a SYN-ACK is flipped. */
	if (c->zeek_length == 0 && c->end[0].packets + c->end[1].packets == 1 &&
	    s->sender == TCPAUDIT_SERVER)
		c->zeek_history[c->zeek_length++] = '^';
	history(s);
	if (s->rst)
		on_rst(s);
	else if (s->fin || (s->seg->flags & FLAG_FIN))
		on_fin(s);
	else if (s->syn)
		on_syn(s);
	else if (s->e->zeek_state == Z_INACTIVE)
		on_first(s);
	note_close(s);
}

void
ta_zeek_count(struct connection *c, int sender, char letter, uint64_t count)
{
	while (count >= 10 && count % 10 == 0)
		count /= 10;
	if (count == 1)
		append(c, sender, letter);
}

void
ta_zeek_end(struct connection *c)
{
	for (int i = 0; i < 2; i++) {
		const struct endpoint *x = &c->end[i];

		if (x->sums_wrong == 0 || x->sums_wrong != x->packets ||
		    c->end[!i].packets != 0)
			continue;
		c->end[i].zeek_state = Z_INACTIVE;
		c->zeek_length = c->zeek_history[0] == '^';
		c->zeek_gone = false;
		append(c, i, 'C');
		c->zeek_history[c->zeek_length] = '\0';
	}
}

/* ^?S without H, A, F, G, I, Q before the R of the originator. */
static bool
reset_before_answer(const struct connection *c)
{
	const char *h = c->zeek_history;

	h += *h == '^';
	if (*h++ != 'S')
		return false;
	for (; *h != '\0'; h++) {
		if (*h == 'R')
			return true;
		if (strchr("HAFGIQ", *h) != NULL)
			return false;
	}
	return false;
}

/* Nothing of it was seen that begins or ends a connection. */
static bool
is_inactive(const struct endpoint *x)
{
	return x->zeek_state == Z_INACTIVE || x->zeek_state == Z_PARTIAL;
}

const char *
ta_zeek_conn_state(const struct connection *c)
{
	const struct endpoint *o = &c->end[0], *r = &c->end[1];

	if (r->zeek_state == Z_RESET) {
		if (o->zeek_state == Z_SYN_SENT ||
		    o->zeek_state == Z_SYN_ACK_SENT ||
		    (o->zeek_state == Z_RESET && o->unique_bytes == 0 &&
			r->unique_bytes == 0))
			return "REJ";
		return is_inactive(o) ? "RSTRH" : "RSTR";
	}
	if (o->zeek_state == Z_RESET) {
		if (!is_inactive(r))
			return "RSTO";
		return reset_before_answer(c) ? "RSTOS0" : "OTH";
	}
	if (o->zeek_state == Z_CLOSED && r->zeek_state == Z_CLOSED)
		return "SF";
	if (o->zeek_state == Z_CLOSED)
		return is_inactive(r) ? "SH" : "S2";
	if (r->zeek_state == Z_CLOSED)
		return is_inactive(o) ? "SHR" : "S3";
	if (o->zeek_state == Z_SYN_SENT && r->zeek_state == Z_INACTIVE)
		return "S0";
	if (o->zeek_state == Z_ESTABLISHED && r->zeek_state == Z_ESTABLISHED)
		return "S1";
	return "OTH";
}
