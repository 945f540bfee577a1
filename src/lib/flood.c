/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * A connection is counted when its state changes: when it begins, is answered,
 * completes, is reset, ends.  An attempt that completes counts for the second
 * in which it was made, if that is not longer ago than the windows wait.  A
 * half-open connection counts from its SYN-ACK to its end; one that does not
 * stay half-open that long never counted at all, so that a busy listener, of
 * which many are half-open for a round trip, has none.
 *
 * Not every SYN without a connection is of a flood: TCP sends a SYN again that
 * is not answered, and a closed port refuses it.  Such attempts are excused.
 */
#include "flood.h"

#include <string.h>

#include "hash.h"

#define DELAY (TALLY_DELAY * TALLY_SECOND)

/* ----------------------------------------------------------------- tallies */

static const struct tcpaudit_address *
address_of(const struct connection *c, int end)
{
	return &c->flow->key.address[end ^ c->client_side];
}

static uint16_t
port_of(const struct connection *c, int end)
{
	return c->flow->key.port[end ^ c->client_side];
}

static struct tally_key
key_of(const struct connection *c, enum tally_kind kind, int end)
{
	struct tally_key key;

	memset(&key, 0, sizeof(key));
	key.kind = kind;
	key.family = (uint8_t)c->flow->key.family;
	key.address = *address_of(c, end);
	if (kind == TALLY_LISTENER || kind == TALLY_STRAY ||
	    kind == TALLY_RESET || kind == TALLY_PAIR)
		key.port = port_of(c, end);
	if (kind == TALLY_PAIR)
		key.peer = *address_of(c, !end);
	return key;
}

struct tally *
ta_flood_find(const struct tcpaudit *t, const struct connection *c,
    enum tally_kind kind, int end)
{
	struct tally_key key = key_of(c, kind, end);

	return ta_census_find(&t->flood.census, &key);
}

/* The same to count with; with `make`, there is one unless memory is short. */
static struct tally *
tally_of(struct tcpaudit *t, const struct connection *c, enum tally_kind kind,
    int end, bool want)
{
	struct tally_key key = key_of(c, kind, end);

	return ta_census_tally(
	    &t->flood.census, &key, flood_second(t->now), want);
}

static struct tally *
listener_of(struct tcpaudit *t, const struct connection *c, bool make)
{
	return tally_of(t, c, TALLY_LISTENER, TCPAUDIT_SERVER, make);
}

static struct tally *
source_of(struct tcpaudit *t, const struct connection *c, bool make)
{
	return tally_of(t, c, TALLY_SOURCE, TCPAUDIT_CLIENT, make);
}

static struct sample_member *
member_of(struct tcpaudit *t, struct tally *y, const struct connection *c,
    int end, bool port, int64_t second)
{
	return y == NULL
		   ? NULL
		   : ta_tally_member(&t->flood.census, y, address_of(c, end),
			 port ? port_of(c, end) : 0, second);
}

/* What the attempt turned out to be, for the source's record of its target and
 * the listener's of its source. */
static void
mark(struct tcpaudit *t, const struct connection *c, enum sample_bit bit)
{
	int64_t second = flood_second(c->t_first);
	struct tally *y = listener_of(t, c, false);

	if (y != NULL)
		ta_tally_mark(y,
		    member_of(t, y, c, TCPAUDIT_CLIENT, false, second), second,
		    bit);
	y = source_of(t, c, false);
	if (y != NULL)
		ta_tally_mark(y,
		    member_of(t, y, c, TCPAUDIT_SERVER, true, second), second,
		    bit);
}

static void
count(struct tcpaudit *t, const struct connection *c, int64_t time,
    enum tally_count which, int number)
{
	struct tally *y = listener_of(t, c, false);

	if (y != NULL)
		ta_tally_add(y, flood_second(time), which, number);
}

/* ------------------------------------------------------------------ events */

static uint16_t
fingerprint(const struct segment *seg)
{
	static const uint64_t key[2] = { 1, 2 };
	const uint32_t print[5] = { seg->ttl, seg->window, seg->options,
		seg->mss, seg->window_scale };

	return (uint16_t)hash_bytes(key, print, sizeof(print));
}

/* Something of a connection that counts for `y`, and for its member. */
static void
begin(struct tcpaudit *t, struct tally *y, struct sample_member *m,
    int64_t second, uint16_t print)
{
	ta_tally_add(y, second, COUNT_TRIED, 1);
	if (m == NULL)
		return;
	if (m->packet == 0) {
		m->packet = t->packet;
		m->print = print;
	}
	ta_tally_mark(y, m, second, BIT_TRIED);
}

void
ta_flood_syn(
    struct tcpaudit *t, struct connection *c, const struct segment *seg)
{
	int64_t second = flood_second(c->t_first);
	uint16_t print = fingerprint(seg);
	struct tally *y;

	if (connection_is(c, CONN_SELF))
		return;
	c->flood |= FLOOD_TRIED;
	y = listener_of(t, c, true);
	if (y != NULL)
		begin(t, y, member_of(t, y, c, TCPAUDIT_CLIENT, false, second),
		    second, print);
	y = source_of(t, c, true);
	if (y != NULL)
		begin(t, y, member_of(t, y, c, TCPAUDIT_SERVER, true, second),
		    second, print);
}

/* Whether what becomes of the attempt still counts. */
static bool
in_time(const struct tcpaudit *t, const struct connection *c)
{
	return (c->flood & FLOOD_TRIED) && t->time - c->t_first < DELAY;
}

static void
excuse(struct tcpaudit *t, struct connection *c)
{
	if (c->flood & (FLOOD_EXCUSED | FLOOD_OPENED))
		return;
	c->flood |= FLOOD_EXCUSED;
	count(t, c, c->t_first, COUNT_EXCUSED, 1);
}

void
ta_flood_repeat(struct tcpaudit *t, struct connection *c)
{
	if (!in_time(t, c))
		return;
	excuse(t, c);
	mark(t, c, BIT_EXCUSED);
}

static void
answered(struct tcpaudit *t, struct connection *c)
{
	if (c->flood & FLOOD_ANSWERED)
		return;
	c->flood |= FLOOD_ANSWERED;
	count(t, c, t->time, COUNT_ANSWERED, 1);
}

void
ta_flood_synack(struct tcpaudit *t, struct connection *c)
{
	if (!(c->flood & FLOOD_TRIED) || (c->flood & FLOOD_ANSWERED))
		return;
	answered(t, c);
	c->flood |= FLOOD_HALF_OPEN;
	count(t, c, c->end[TCPAUDIT_SERVER].t_synack_first, COUNT_HALF_OPEN, 1);
}

/* It is not half-open any more. */
static void
leave(struct tcpaudit *t, struct connection *c)
{
	int64_t since = c->end[TCPAUDIT_SERVER].t_synack_first;

	if (!(c->flood & FLOOD_HALF_OPEN))
		return;
	c->flood &= (uint16_t)~FLOOD_HALF_OPEN;
	count(t, c, t->time - since < DELAY ? since : t->time, COUNT_HALF_OPEN,
	    -1);
}

/* Both ends have chosen an ISN.  Not those of attempts that fail: scanners and
 * floods have other habits than a TCP. */
static void
note_numbers(struct tcpaudit *t, const struct connection *c)
{
	int64_t second = flood_second(t->time);

	for (int end = 0; end < 2; end++) {
		const struct endpoint *x = &c->end[end];
		struct sample_member *m;
		struct tally *y;

		if (x->isn_count == 0 || x->isn_packet[0] == 0)
			continue;
		y = tally_of(t, c, TALLY_NUMBERS, end, true);
		if (y == NULL)
			continue;
		m = ta_tally_member(&t->flood.census, y, address_of(c, !end),
		    port_of(c, TCPAUDIT_CLIENT), second);
		if (m != NULL && m->packet == 0) {
			m->packet = x->isn_packet[0];
			m->number = x->isn[0];
			m->time = end == TCPAUDIT_CLIENT ? c->t_first
							 : x->t_synack_first;
		}
		begin(t, y, m, second, 0);
	}
}

void
ta_flood_open(struct tcpaudit *t, struct connection *c)
{
	t->flood.plain = true;
	leave(t, c);
	/* Its SYN had to be sent again before it was answered. */
	if (c->end[TCPAUDIT_CLIENT].syn_copies > 0 &&
	    c->end[TCPAUDIT_SERVER].t_synack_first >
		c->end[TCPAUDIT_CLIENT].t_syn)
		ta_flood_trouble(t, c);
	if (!in_time(t, c) || (c->flood & FLOOD_OPENED))
		return;
	if (c->flood & FLOOD_EXCUSED)
		count(t, c, c->t_first, COUNT_EXCUSED, -1);
	c->flood |= FLOOD_OPENED;
	note_numbers(t, c);
	count(t, c, c->t_first, COUNT_OPENED, 1);
	mark(t, c, BIT_OPENED);
}

void
ta_flood_trouble(struct tcpaudit *t, struct connection *c)
{
	struct tally *y;

	if (!(c->flood & FLOOD_TRIED) || (c->flood & FLOOD_TROUBLE))
		return;
	c->flood |= FLOOD_TROUBLE;
	count(t, c, t->time, COUNT_TROUBLE, 1);
	y = listener_of(t, c, false);
	if (y != NULL)
		ta_tally_mark(y,
		    member_of(t, y, c, TCPAUDIT_CLIENT, false,
			flood_second(c->t_first)),
		    flood_second(c->t_first), BIT_EXCUSED);
}

void
ta_flood_reset(struct tcpaudit *t, struct connection *c, int end)
{
	leave(t, c);
	if (!in_time(t, c))
		return;
	if (end == TCPAUDIT_SERVER) {
		answered(t, c);
		excuse(t, c);
	}
	mark(t, c, BIT_FAILED);
}

void
ta_flood_close(struct tcpaudit *t, struct connection *c, bool orderly)
{
	struct tally *y;

	if (!(c->flood & FLOOD_TRIED) || (c->flood & FLOOD_CLOSED))
		return;
	c->flood |= FLOOD_CLOSED;
	if (orderly) {
		y = tally_of(t, c, TALLY_PAIR, TCPAUDIT_SERVER, true);
		if (y != NULL)
			begin(t, y,
			    member_of(t, y, c, TCPAUDIT_CLIENT, true,
				flood_second(t->time)),
			    flood_second(t->time), 0);
	}
	if (in_time(t, c) && !((c->end[0].marks | c->end[1].marks) & SENT_DATA))
		mark(t, c, BIT_EMPTY);
}

void
ta_flood_end(struct tcpaudit *t, struct connection *c)
{
	leave(t, c);
}

/* ------------------------------------------------ what is no connection */

/* Counts for the tally of `end` that its peer was reached. */
static void
reach(struct tcpaudit *t, const struct connection *c, enum tally_kind kind,
    int end, bool port)
{
	int64_t second = flood_second(t->time);
	struct tally *y = tally_of(t, c, kind, end, true);

	if (y != NULL)
		begin(t, y, member_of(t, y, c, !end, port, second), second, 0);
}

void
ta_flood_probe(struct tcpaudit *t, const struct connection *c, int end)
{
	reach(t, c, TALLY_PROBER, end, true);
}

void
ta_flood_echo(struct tcpaudit *t, struct connection *c)
{
	c->flood |= FLOOD_ECHO;
	reach(t, c, TALLY_ECHO, TCPAUDIT_SERVER, true);
}

void
ta_flood_synack_copy(struct tcpaudit *t, struct connection *c, unsigned copies)
{
	count(t, c, t->time, COUNT_COPIES, 1);
	if (!(c->flood & FLOOD_ECHO))
		return;
	reach(t, c, TALLY_ECHO, TCPAUDIT_SERVER, true);
	if (copies == 3)
		reach(t, c, TALLY_MIRROR, TCPAUDIT_CLIENT, false);
}

/* A sweep shows in this many resets in a row: segments in flight that find
 * their connection gone draw a few in equal steps too. */
#define SWEEP 16

/* The sequence numbers of resets that sweep grow by the same step each.  How
 * many this reset adds to them: one shows what the others were. */
static int
sweeps(struct connection *c, uint32_t seq)
{
	uint32_t step = seq - c->reset_seq;
	bool same = step != 0 && step == c->reset_step;
	int n = 0;

	c->reset_step = step;
	c->reset_seq = seq;
	c->reset_run = !same ? 2 : c->reset_run + (c->reset_run < UINT8_MAX);
	if (c->reset_run == SWEEP)
		n = SWEEP;
	else if (c->reset_run > SWEEP)
		n = 1;
	return n;
}

void
ta_flood_rst(struct tcpaudit *t, struct connection *c, int end, uint32_t seq)
{
	int swept = sweeps(c, seq);
	struct tally *y;

	if (swept > 0) {
		reach(t, c, TALLY_RESET, !end, false);
		y = tally_of(t, c, TALLY_RESET, !end, false);
		if (y != NULL)
			ta_tally_add(
			    y, flood_second(t->time), COUNT_TRIED, swept - 1);
	}
	if (c->flood & FLOOD_STRAY) {
		y = tally_of(t, c, TALLY_STRAY, end, false);
		if (y != NULL)
			ta_tally_add(
			    y, flood_second(t->time), COUNT_ANSWERED, 1);
	}
	/* Not where its own FIN came before: such resets are of a close. */
	if ((c->marks & (CONN_OPEN | CONN_MIDSTREAM)) &&
	    !endpoint_knows(&c->end[end], KNOWS_FIN))
		reach(t, c, TALLY_RESETTER, end, true);
}

void
ta_flood_stray(struct tcpaudit *t, struct connection *c, int end)
{
	c->flood |= FLOOD_STRAY;
	reach(t, c, TALLY_STRAY, !end, false);
}

void
ta_flood_plain(struct tcpaudit *t, struct connection *c)
{
	int64_t second = flood_second(c->t_first);
	struct tally *y;

	if (c->flood & FLOOD_ECHO) {
		y = tally_of(t, c, TALLY_ECHO, TCPAUDIT_SERVER, false);
		if (y != NULL)
			ta_tally_mark(y,
			    member_of(t, y, c, TCPAUDIT_CLIENT, true, second),
			    second, BIT_EXCUSED);
	}
	for (int end = 0; end < 2 && (c->flood & FLOOD_STRAY); end++) {
		y = tally_of(t, c, TALLY_STRAY, end, false);
		if (y != NULL)
			ta_tally_add(y, second, COUNT_EXCUSED, 1);
	}
	c->flood &= (uint8_t) ~(FLOOD_ECHO | FLOOD_STRAY);
}
