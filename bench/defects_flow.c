/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Defects of an open connection. */
#include "defect.h"

#include <stddef.h>

/* The request; it is always there. */
static struct segment *
request(struct talk *t)
{
	return defect_find(t, CLIENT, ACK, SYN, 1, 0);
}

/* The first of the answer. */
static struct segment *
answer(struct talk *t)
{
	return defect_find(t, SERVER, ACK, SYN, 1, 0);
}

/* An acknowledgment of the client after the request, or its FIN. */
static struct segment *
late_ack(struct talk *t)
{
	return defect_find(t, CLIENT, ACK, SYN, 0, 2);
}

static void
reset_outside(struct talk *t, struct chance *c)
{
	struct segment *s =
	    defect_follow(t, request(t), 50 * MICROSECOND, RST, 0);

	s->seq += (uint32_t)chance_between(c, 1000000, 100000000);
	s->extra = 0;
}

static void
reset_inexact(struct talk *t, struct chance *c)
{
	struct segment *s =
	    defect_follow(t, request(t), 50 * MICROSECOND, RST, 0);

	s->seq += (uint32_t)chance_between(c, 2000, 30000);
	s->extra = 0;
	defect_answer(t, s, ACK); /* a challenge: RFC 5961, 3.2 */
}

static void
text_beyond(struct talk *t, struct chance *c)
{
	struct segment *s =
	    defect_follow(t, request(t), 50 * MICROSECOND, ACK | PSH, 500);

	s->seq += 510 * 128 + (uint32_t)chance_between(c, 0, 10000);
}

static void
ack_unsent(struct talk *t, struct chance *c)
{
	struct segment *s =
	    defect_follow(t, late_ack(t), 20 * MICROSECOND, ACK, 0);

	s->ack += (uint32_t)chance_between(c, 20000, 1000000);
	defect_answer(t, s, ACK);
}

static void
no_ack_flag(struct talk *t, struct chance *c)
{
	struct segment *s = answer(t);

	(void)c;
	s->flags = PSH;
	s->ack = s->echo = 0;
	defect_cut(t, s);
}

static void
changed_text(struct talk *t, struct chance *c)
{
	int64_t later = chance_between(c, 210, 300) * MILLISECOND;
	struct segment *s = defect_find(t, CLIENT, ACK, SYN, 1, 0);

	/* The first did not arrive. */
	defect_cut(t, s);
	defect_repeat(t, s, later)->extra |= OTHER_TEXT;
}

static void
never_slower(struct talk *t, struct chance *c)
{
	int64_t wait = chance_between(c, 300, 500) * MILLISECOND;
	struct segment *s = answer(t);
	int i;

	defect_cut(t, s);
	for (i = 1; i <= 8; i++)
		defect_repeat(t, s, i * wait);
}

static void
sack_outside(struct talk *t, struct chance *c)
{
	struct segment *s =
	    defect_follow(t, late_ack(t), 20 * MICROSECOND, ACK, 0);

	s->extra |= SACKS;
	t->sack.count = 1;
	t->sack.left[0] = s->ack + (uint32_t)chance_between(c, 100000, 1000000);
	t->sack.right[0] = t->sack.left[0] + FULL;
}

static void
no_stamps(struct talk *t, struct chance *c)
{
	unsigned i;

	(void)c;
	for (i = 3; i < t->count; i++)
		if (t->segment[i].from == CLIENT)
			t->segment[i].extra &= (uint8_t)~STAMPS;
}

static void
stamp_back(struct talk *t, struct chance *c)
{
	request(t)->stamp -= (uint32_t)chance_between(c, 1000, 100000);
}

static void
echo_unsent(struct talk *t, struct chance *c)
{
	late_ack(t)->echo += (uint32_t)chance_between(c, 100000, 1000000);
}

static void
shrink(struct talk *t, struct chance *c)
{
	struct segment *s =
	    defect_follow(t, request(t), 50 * MICROSECOND, ACK, 0);

	s->window = (uint16_t)chance_between(c, 10, 200);
}

static void
second_syn(struct talk *t, struct chance *c)
{
	struct segment *s =
	    defect_follow(t, request(t), 50 * MICROSECOND, SYN, 0);

	s->seq += (uint32_t)chance_between(c, 100, 30000);
	s->extra |= OPTIONS_SYN;
	defect_answer(t, s, ACK); /* a challenge: RFC 5961, 4.2 */
}

static void
syn_fin(struct talk *t, struct chance *c)
{
	(void)c;
	defect_follow(t, request(t), 50 * MICROSECOND, SYN | FIN, 0);
}

const struct defect defects_flow[] = {
	{ "rst-out-of-window", reset_outside },
	{ "rst-not-exact", reset_inexact },
	{ "data-beyond-window", text_beyond },
	{ "ack-unsent", ack_unsent },
	{ "ack-flag-missing", no_ack_flag },
	{ "data-conflict", changed_text },
	{ "rtx-no-backoff", never_slower },
	{ "opt-sack-invalid-block", sack_outside },
	{ "opt-ts-missing", no_stamps },
	{ "opt-ts-backward", stamp_back },
	{ "opt-tsecr-never-sent", echo_unsent },
	{ "win-shrink", shrink },
	{ "syn-in-synchronized", second_syn },
	{ "hdr-flags-syn-fin", syn_fin },
	{ NULL, NULL },
};
