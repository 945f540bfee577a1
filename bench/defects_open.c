/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of the handshake. */
#include "defect.h"

#include <stddef.h>

static struct segment *
synack(struct talk *t)
{
	return defect_find(t, SERVER, SYN | ACK, 0, 0, 0);
}

static struct segment *
third_ack(struct talk *t)
{
	return defect_find(t, CLIENT, ACK, SYN, 0, 0);
}

/* RFC 9293, 3.10.7.4: it is answered with a reset. */
static void
wrong_ack(struct talk *t, struct chance *c)
{
	struct segment *s = third_ack(t), *reset;

	s->ack += (uint32_t)chance_between(c, 1, 1000);
	defect_cut(t, s);
	reset = defect_answer(t, s, RST);
	reset->seq = s->ack;
	reset->window = 0;
	reset->extra = 0;
}

static void
wrong_seq(struct talk *t, struct chance *c)
{
	third_ack(t)->seq -= (uint32_t)chance_between(c, 2, 1000);
	defect_cut(t, third_ack(t));
}

static void
no_third_ack(struct talk *t, struct chance *c)
{
	struct segment *s = synack(t);
	int64_t wait = SECOND;

	(void)c;
	defect_cut(t, s);
	for (; wait <= 15 * SECOND; wait = 2 * wait + SECOND)
		defect_repeat(t, s, wait);
}

static void
no_answer(struct talk *t, struct chance *c)
{
	int64_t wait = SECOND;

	(void)c;
	defect_cut(t, &t->segment[0]);
	for (; wait <= 7 * SECOND; wait = 2 * wait + SECOND)
		defect_repeat(t, &t->segment[0], wait);
}

static void
refused(struct talk *t, struct chance *c)
{
	struct segment *s = synack(t);

	(void)c;
	s->flags = RST | ACK;
	s->seq = s->window = 0;
	s->extra = 0;
	defect_cut(t, s);
}

/* An old SYN arrives in the place of the one that gets lost, and is answered;
 * the client resets the answer, and its SYN is sent again: RFC 9293, 3.5. */
static void
historical(struct talk *t, struct chance *c)
{
	struct segment first = t->segment[0], answer = *synack(t), *s;
	uint32_t back = (uint32_t)chance_between(c, 1000, 100000);
	unsigned i;

	for (i = 0; i < t->count; i++) {
		t->segment[i].time += SECOND;
		t->segment[i].stamp += 1000;
		t->segment[i].echo += t->segment[i].echo != 0 ? 1000 : 0;
	}
	defect_repeat(t, &first, 100 * MICROSECOND);
	s = defect_repeat(t, &first, 0);
	s->seq -= back;
	s->stamp -= back;
	answer.time += 100 * MICROSECOND;
	answer.ack -= back;
	answer.seq -= 250000;
	answer.echo -= back;
	defect_repeat(t, &answer, 0);
	s = defect_follow(t, &first, 0, RST, 0);
	s->time = answer.time + 2 * t->side[CLIENT].delay + MICROSECOND;
	s->seq = answer.ack;
	s->window = 0;
	s->extra = 0;
}

static void
other_synack(struct talk *t, struct chance *c)
{
	struct segment *s = defect_repeat(t, synack(t), 20 * MICROSECOND);

	s->seq += (uint32_t)chance_between(c, 1, 100000);
}

const struct defect defects_open[] = {
	{ "handshake-third-ack-bad-ack", wrong_ack },
	{ "handshake-third-ack-bad-seq", wrong_seq },
	{ "handshake-missing-third-ack", no_third_ack },
	{ "handshake-no-answer", no_answer },
	{ "handshake-refused", refused },
	{ "rst-historical-connection", historical },
	{ "handshake-synack-resend-diff-seq", other_synack },
	{ NULL, NULL },
};
