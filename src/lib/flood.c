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

#include "count.h"
#include "part.h"

#define DELAY (TALLY_DELAY * TALLY_SECOND)

/* What is told of a connection at once. */
struct news {
	struct tcpaudit *t;
	const struct connection *c;
	bool begun;
	struct parties who;
	struct counting counting;
};

static inline void
news_begin(struct news *w, struct tcpaudit *t, const struct connection *c)
{
	w->t = t;
	w->c = c;
	w->begun = false;
}

static inline void
count_begin(struct news *w)
{
	if (w->begun)
		return;
	flood_parties(w->c, &w->who);
	counting_begin(&w->counting, w->t, &w->who);
	w->begun = true;
}

/* A record is made only to be handed on. */
static inline __attribute__((always_inline)) void
count(struct news *w, const struct tcpaudit_count n)
{
	if (w->t->config.on_part != NULL) {
		*ta_part_count(w->t, w->c) = n;
		return;
	}
	count_begin(w);
	count_now(&w->counting, &n);
}

/* Adds to a count of the tally that `end` has. */
static inline void
add_to(struct news *w, enum tally_kind kind, int end, int64_t second,
    enum tally_count which, int number)
{
	count(w, (struct tcpaudit_count){ .what = WHAT_ADD,
		     .tally = (uint8_t)kind,
		     .end = (uint8_t)end,
		     .which = (uint8_t)which,
		     .number = number,
		     .second = second });
}

/* Of its listener. */
static inline void
add(struct news *w, int64_t time, enum tally_count which, int number)
{
	add_to(w, TALLY_LISTENER, TCPAUDIT_SERVER, flood_second(time), which,
	    number);
}

/* What the attempt turned out to be. */
static void
mark(struct news *w, enum sample_bit bit)
{
	count(w, (struct tcpaudit_count){ .what = WHAT_MARK,
		     .which = (uint8_t)bit,
		     .second = flood_second(w->c->t_first) });
}

void
ta_flood_traffic(struct tcpaudit *t, const struct connection *c)
{
	struct news w;

	news_begin(&w, t, c);
	if (t->flood.plain)
		return;
	count(&w, (struct tcpaudit_count){ .what = WHAT_TRAFFIC });
	t->flood.plain = true;
}

/* ------------------------------------------------------------------ events */

/* What most likely differs if the SYN does. */
static uint16_t
fingerprint(const struct segment *seg)
{
	uint64_t print = seg->ttl * UINT64_C(0x9e3779b97f4a7c15);

	print += seg->window * UINT64_C(0xc2b2ae3d27d4eb4f);
	print += seg->options * UINT64_C(0x165667b19e3779f9);
	print += seg->mss * UINT64_C(0x27d4eb2f165667c5);
	print += seg->window_scale * UINT64_C(0x85ebca77c2b2ae63);
	return (uint16_t)(print >> 48);
}

void
ta_flood_syn(
    struct tcpaudit *t, struct connection *c, const struct segment *seg)
{
	struct news w;

	news_begin(&w, t, c);
	if (connection_is(c, CONN_SELF))
		return;
	c->flood |= FLOOD_TRIED;
	count(&w, (struct tcpaudit_count){ .what = WHAT_SYN,
		      .number = fingerprint(seg),
		      .second = flood_second(c->t_first),
		      .packet = t->packet });
}

/* Whether what becomes of the attempt still counts. */
static bool
in_time(const struct tcpaudit *t, const struct connection *c)
{
	return (c->flood & FLOOD_TRIED) && t->time - c->t_first < DELAY;
}

static void
excuse(struct news *w, struct connection *c)
{
	if (c->flood & (FLOOD_EXCUSED | FLOOD_OPENED))
		return;
	c->flood |= FLOOD_EXCUSED;
	add(w, c->t_first, COUNT_EXCUSED, 1);
}

void
ta_flood_repeat(struct tcpaudit *t, struct connection *c)
{
	struct news w;

	news_begin(&w, t, c);
	if (!in_time(t, c))
		return;
	excuse(&w, c);
	mark(&w, BIT_EXCUSED);
}

static void
answered(struct news *w, struct connection *c)
{
	if (c->flood & FLOOD_ANSWERED)
		return;
	c->flood |= FLOOD_ANSWERED;
	add(w, w->t->time, COUNT_ANSWERED, 1);
}

void
ta_flood_synack(struct tcpaudit *t, struct connection *c)
{
	struct news w;

	news_begin(&w, t, c);
	if (!(c->flood & FLOOD_TRIED) || (c->flood & FLOOD_ANSWERED))
		return;
	answered(&w, c);
	c->flood |= FLOOD_HALF_OPEN;
	add(&w, c->end[TCPAUDIT_SERVER].t_synack_first, COUNT_HALF_OPEN, 1);
}

/* It is not half-open any more. */
static void
leave(struct news *w, struct connection *c)
{
	int64_t since = c->end[TCPAUDIT_SERVER].t_synack_first;

	if (!(c->flood & FLOOD_HALF_OPEN))
		return;
	c->flood &= (uint16_t)~FLOOD_HALF_OPEN;
	add(w, w->t->time - since < DELAY ? since : w->t->time, COUNT_HALF_OPEN,
	    -1);
}

/* Both ends have chosen an ISN.  Not those of attempts that fail: scanners and
 * floods have other habits than a TCP. */
static void
note_numbers(struct news *w)
{
	for (int end = 0; end < 2; end++) {
		const struct endpoint *x = &w->c->end[end];

		if (x->isn_count == 0 || x->isn_packet[0] == 0)
			continue;
		count(w, (struct tcpaudit_count){ .what = WHAT_NUMBERS,
			     .end = (uint8_t)end,
			     .number = x->isn[0],
			     .second = flood_second(w->t->time),
			     .time = end == TCPAUDIT_CLIENT ? w->c->t_first
							    : x->t_synack_first,
			     .packet = x->isn_packet[0] });
	}
}

void
ta_flood_open(struct tcpaudit *t, struct connection *c)
{
	struct news w;

	news_begin(&w, t, c);
	ta_flood_traffic(t, c);
	leave(&w, c);
	/* Its SYN had to be sent again before it was answered. */
	if (c->end[TCPAUDIT_CLIENT].syn_copies > 0 &&
	    c->end[TCPAUDIT_SERVER].t_synack_first >
		c->end[TCPAUDIT_CLIENT].t_syn)
		ta_flood_trouble(t, c);
	if (!in_time(t, c) || (c->flood & FLOOD_OPENED))
		return;
	if (c->flood & FLOOD_EXCUSED)
		add(&w, c->t_first, COUNT_EXCUSED, -1);
	c->flood |= FLOOD_OPENED;
	note_numbers(&w);
	add(&w, c->t_first, COUNT_OPENED, 1);
	mark(&w, BIT_OPENED);
}

void
ta_flood_trouble(struct tcpaudit *t, struct connection *c)
{
	struct news w;

	news_begin(&w, t, c);
	if (!(c->flood & FLOOD_TRIED) || (c->flood & FLOOD_TROUBLE))
		return;
	c->flood |= FLOOD_TROUBLE;
	add(&w, t->time, COUNT_TROUBLE, 1);
	count(&w, (struct tcpaudit_count){ .what = WHAT_TROUBLE,
		      .second = flood_second(c->t_first) });
}

void
ta_flood_reset(struct tcpaudit *t, struct connection *c, int end)
{
	struct news w;

	news_begin(&w, t, c);
	leave(&w, c);
	if (!in_time(t, c))
		return;
	if (end == TCPAUDIT_SERVER) {
		answered(&w, c);
		excuse(&w, c);
	}
	mark(&w, BIT_FAILED);
}

/* Counts for the tally of `end` that its peer was reached. */
static void
reach(struct news *w, enum tally_kind kind, int end, bool port)
{
	count(w, (struct tcpaudit_count){ .what = WHAT_REACH,
		     .tally = (uint8_t)kind,
		     .end = (uint8_t)end,
		     .which = port,
		     .second = flood_second(w->t->time),
		     .packet = w->t->packet });
}

void
ta_flood_close(struct tcpaudit *t, struct connection *c, bool orderly)
{
	struct news w;

	news_begin(&w, t, c);
	if (!(c->flood & FLOOD_TRIED) || (c->flood & FLOOD_CLOSED))
		return;
	c->flood |= FLOOD_CLOSED;
	if (orderly)
		reach(&w, TALLY_PAIR, TCPAUDIT_SERVER, true);
	if (in_time(t, c) && !((c->end[0].marks | c->end[1].marks) & SENT_DATA))
		mark(&w, BIT_EMPTY);
}

void
ta_flood_end(struct tcpaudit *t, struct connection *c)
{
	struct news w;

	news_begin(&w, t, c);
	leave(&w, c);
}

/* ------------------------------------------------ what is no connection */

void
ta_flood_probe(struct tcpaudit *t, const struct connection *c, int end)
{
	struct news w;

	news_begin(&w, t, c);
	reach(&w, TALLY_PROBER, end, true);
}

void
ta_flood_echo(struct tcpaudit *t, struct connection *c)
{
	struct news w;

	news_begin(&w, t, c);
	c->flood |= FLOOD_ECHO;
	reach(&w, TALLY_ECHO, TCPAUDIT_SERVER, true);
}

void
ta_flood_synack_copy(struct tcpaudit *t, struct connection *c, unsigned copies)
{
	struct news w;

	news_begin(&w, t, c);
	add(&w, t->time, COUNT_COPIES, 1);
	if (!(c->flood & FLOOD_ECHO))
		return;
	reach(&w, TALLY_ECHO, TCPAUDIT_SERVER, true);
	if (copies == 3)
		reach(&w, TALLY_MIRROR, TCPAUDIT_CLIENT, false);
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
	struct news w;
	int swept = sweeps(c, seq);
	int64_t second = flood_second(t->time);

	news_begin(&w, t, c);
	if (swept > 0) {
		reach(&w, TALLY_RESET, !end, false);
		add_to(&w, TALLY_RESET, !end, second, COUNT_TRIED, swept - 1);
	}
	if (c->flood & FLOOD_STRAY)
		add_to(&w, TALLY_STRAY, end, second, COUNT_ANSWERED, 1);
	/* Not where its own FIN came before: such resets are of a close. */
	if ((c->marks & (CONN_OPEN | CONN_MIDSTREAM)) &&
	    !endpoint_knows(&c->end[end], KNOWS_FIN))
		reach(&w, TALLY_RESETTER, end, true);
}

void
ta_flood_stray(struct tcpaudit *t, struct connection *c, int end)
{
	struct news w;

	news_begin(&w, t, c);
	c->flood |= FLOOD_STRAY;
	reach(&w, TALLY_STRAY, !end, false);
}

void
ta_flood_plain(struct tcpaudit *t, struct connection *c)
{
	struct news w;
	int64_t second = flood_second(c->t_first);

	news_begin(&w, t, c);
	if (c->flood & FLOOD_ECHO)
		count(&w, (struct tcpaudit_count){
			      .what = WHAT_PLAIN, .second = second });
	for (int end = 0; end < 2 && (c->flood & FLOOD_STRAY); end++)
		add_to(&w, TALLY_STRAY, end, second, COUNT_EXCUSED, 1);
	c->flood &= (uint8_t) ~(FLOOD_ECHO | FLOOD_STRAY);
}
