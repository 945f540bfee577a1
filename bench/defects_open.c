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

static void
wrong_ack(struct talk *t, struct chance *c)
{
	third_ack(t)->ack += (uint32_t)chance_between(c, 1, 1000);
	defect_cut(t, third_ack(t));
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

/* An old SYN comes first and is answered; the client resets the answer. */
static void
historical(struct talk *t, struct chance *c)
{
	struct segment old = t->segment[0], answer = *synack(t), *s;
	int64_t rtt = third_ack(t)->time - old.time;
	uint32_t back = (uint32_t)chance_between(c, 1000, 100000);
	unsigned i;

	for (i = 0; i < t->count; i++) {
		t->segment[i].time += SECOND;
		t->segment[i].stamp += 1000;
		t->segment[i].echo += t->segment[i].echo != 0 ? 1000 : 0;
	}
	s = defect_repeat(t, &old, 0);
	s->seq -= back;
	answer.time = t->segment[0].time + MICROSECOND;
	s = defect_repeat(t, &answer, 0);
	s->stamp += 1000;
	s->ack -= back;
	s->seq -= 250000;
	s = defect_follow(t, &t->segment[0], rtt, RST, 0);
	s->seq = old.seq - back + 1;
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
