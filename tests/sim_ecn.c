/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Explicit congestion notification of a simulated endpoint: RFC 3168, 6.1. */
#include "sim_tcp.h"

#define SETUP (FLAG_ECE | FLAG_CWR)

enum { ECT_0 = 2, CE = 3 };

/* From the peer's SYN or SYN-ACK (6.1.1). */
void
tcp_ecn_learn(struct tcp *t, const struct sim_segment *syn)
{
	uint16_t wanted = syn->flags & FLAG_ACK ? FLAG_ECE : SETUP;

	t->ecn_on = t->habits.ecn && (syn->flags & SETUP) == wanted;
	t->ecn_echo = t->ecn_cwr = false;
	t->ecn_recover = 0;
}

void
tcp_ecn_mark(struct tcp *t, struct sim_segment *s, bool text)
{
	if (s->flags & FLAG_SYN) {
		if (!(s->flags & FLAG_ACK) && t->habits.ecn)
			s->flags |= SETUP;
		else if ((s->flags & FLAG_ACK) && t->ecn_on)
			s->flags |= FLAG_ECE;
		return;
	}
	if (!t->ecn_on)
		return;
	if (t->ecn_echo)
		s->flags |= FLAG_ECE;
	if (!text)
		return; /* 6.1.4 to 6.1.6: no ACK, no copy, no probe */
	s->ecn = ECT_0;
	if (t->ecn_cwr)
		s->flags |= FLAG_CWR;
	t->ecn_cwr = false;
}

void
tcp_ecn_arrives(struct tcp *t, const struct sim_segment *s)
{
	if (!t->ecn_on)
		return;
	if (s->flags & FLAG_CWR)
		t->ecn_echo = false;
	if (s->ecn == CE && !(t->flaws & FLAW_NO_ECHO))
		t->ecn_echo = true;
	if (!(s->flags & FLAG_ECE) || t->snd_una < t->ecn_recover)
		return;
	t->ecn_cwr = true;
	t->ecn_recover = t->snd_nxt;
}
