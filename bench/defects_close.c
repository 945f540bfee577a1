/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of the end of a connection. */
#include "defect.h"

#include <stddef.h>

static struct segment *
first_fin(struct talk *t)
{
	return defect_find(t, defect_closer(t), FIN, 0, 0, 0);
}

/* The last segment that is not part of the close. */
static struct segment *
before_fin(struct talk *t)
{
	return first_fin(t) - 1;
}

/* The peer lives, and does not take notice, for minutes. */
static void
fin_unacked(struct talk *t, struct chance *c)
{
	struct segment *fin = first_fin(t), *s;
	int64_t wait = chance_between(c, 250, 400) * MILLISECOND, at = wait;
	int i;

	defect_cut(t, fin);
	for (i = 0; i < 9; i++) {
		s = defect_repeat(t, fin, at);
		defect_answer(t, s, ACK);
		at += wait <<= 1;
	}
}

static void
text_after_fin(struct talk *t, struct chance *c)
{
	defect_follow(t, first_fin(t), 50 * MICROSECOND, ACK | PSH,
	    (unsigned)chance_between(c, 1, 1000));
}

static void
moved_fin(struct talk *t, struct chance *c)
{
	struct segment *s = defect_repeat(t, first_fin(t), 50 * MICROSECOND);

	s->seq += (uint32_t)chance_between(c, 1, 1000);
}

/* Who closed first opens again: 2 MSL are not over. */
static void
early_reuse(struct talk *t, struct chance *c)
{
	struct segment *last = &t->segment[t->count - 1], *s;
	int64_t later = chance_between(c, 1000, 5000) * MILLISECOND;

	if (defect_closer(t) == SERVER)
		last = defect_find(t, CLIENT, FIN, 0, 0, 0);
	s = defect_follow(t, last, later, SYN, 0);
	s->seq += (uint32_t)chance_between(c, 100000, 1000000);
	s->window = 64240;
	s->extra |= OPTIONS_SYN;
	if (defect_closer(t) == SERVER)
		s->stamp -= 1000000;
	last = s;
	s = defect_answer(t, last, SYN | ACK);
	s->seq += 1000000;
	s->ack = last->seq + 1;
	s->echo = last->stamp;
	s->extra |= OPTIONS_SYN;
}

/* Probes of one second that nobody answers, and a reset. */
static void
keepalive_death(struct talk *t, struct chance *c)
{
	struct segment *last = before_fin(t), *s;
	int64_t wait = chance_between(c, 8000, 12000) * MILLISECOND;
	int i;

	defect_cut(t, last);
	while (last->from != CLIENT)
		last--;
	for (i = 0; i < 4; i++) {
		s = defect_follow(t, last, wait + i * SECOND, ACK, 0);
		s->seq--;
	}
	defect_follow(t, last, wait + 4 * SECOND, RST | ACK, 0);
}

static void
reset_reset(struct talk *t, struct chance *c)
{
	struct segment *last = before_fin(t), *answer;

	(void)c;
	defect_cut(t, last);
	last = defect_follow(t, last, MILLISECOND, RST, 0);
	/* RFC 9293, 3.5.2: what a closed port answers to anything else. */
	answer = defect_answer(t, last, RST | ACK);
	answer->ack = last->seq;
	answer->seq = answer->window = 0;
	answer->extra = 0;
}

static void
abort_it(struct talk *t, struct chance *c)
{
	struct segment *s = before_fin(t);

	(void)c;
	defect_cut(t, s);
	defect_follow(t, s, MILLISECOND, RST | ACK, 0);
}

const struct defect defects_close[] = {
	{ "close-fin-unacked", fin_unacked },
	{ "close-data-after-fin", text_after_fin },
	{ "close-fin-seq-changed", moved_fin },
	{ "timewait-2msl-violation", early_reuse },
	{ "ka-death", keepalive_death },
	{ "rst-reply-to-rst", reset_reset },
	{ "rst-abort", abort_it },
	{ NULL, NULL },
};
