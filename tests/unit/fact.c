/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* What may have been received: nothing, each fact, and facts together. */
#include "fact.h"

#include <string.h>

#include "test.h"

#define NOW (100 * SECOND)

static struct endpoint x, p;

static void
fresh(uint16_t possible, enum tcpaudit_state nominal)
{
	memset(&x, 0, sizeof(x));
	memset(&p, 0, sizeof(p));
	x.possible = possible;
	x.nominal = nominal;
	x.rtt = p.rtt = 20 * MILLISECOND;
}

static uint8_t
nominal_at(int64_t time)
{
	const struct step s = { .time = time, .e = &p, .p = &x };

	return ta_fact_nominal(&s, &x, &p);
}

static void
test_syn(void)
{
	fresh(STATE(LISTEN), TCPAUDIT_LISTEN);
	CHECK(ta_fact_closure(&x, &p) == STATE(LISTEN));
	p.marks = SENT_SYN;
	p.t_syn = NOW;
	CHECK(ta_fact_closure(&x, &p) == (STATE(LISTEN) | STATE(SYN_RECEIVED)));
}

static void
test_fin(void)
{
	fresh(STATE(ESTABLISHED), TCPAUDIT_ESTABLISHED);
	p.known = KNOWS_FIN;
	p.t_fin = NOW;
	p.fin = p.contig = 500;
	CHECK(ta_fact_closure(&x, &p) ==
	      (STATE(ESTABLISHED) | STATE(CLOSE_WAIT)));
	x.possible |= STATE(CLOSE_WAIT);
	CHECK(nominal_at(NOW) == TCPAUDIT_CLOSE_WAIT);
	/* Text before it was not seen: it waits in the queue (RFC 9293,
	 * 3.10.7.4, eighth: in order). */
	p.contig = 400;
	CHECK(nominal_at(NOW) == TCPAUDIT_ESTABLISHED);
	/* A FIN that should have arrived long ago was lost. */
	p.contig = 500;
	CHECK(nominal_at(NOW + SECOND) == TCPAUDIT_ESTABLISHED);
	/* Without ACK it is dropped. */
	p.marks = FIN_WITHOUT_ACK;
	x.possible = STATE(ESTABLISHED);
	CHECK(ta_fact_closure(&x, &p) == STATE(ESTABLISHED));
}

static void
test_both(void)
{
	/* FIN and the acknowledgment of ours: every order of arrival. */
	fresh(STATE(FIN_WAIT_1), TCPAUDIT_FIN_WAIT_1);
	x.known = p.known = KNOWS_FIN;
	p.t_fin = p.t_acked_fin = NOW;
	CHECK(
	    ta_fact_closure(&x, &p) == (STATE(FIN_WAIT_1) | STATE(FIN_WAIT_2) |
					   STATE(CLOSING) | STATE(TIME_WAIT)));
}

static void
test_reset(void)
{
	fresh(STATE(ESTABLISHED), TCPAUDIT_ESTABLISHED);
	x.known = KNOWS_ACK | KNOWS_EDGE;
	x.ack = 1000;
	x.edge = 2000;
	p.reset_count = 1;
	p.reset[0].seq = 1000;
	CHECK(ta_fact_closure(&x, &p) == (STATE(ESTABLISHED) | STATE(CLOSED)));
	/* Left of the window: dropped for certain (3.10.7.4, second). */
	p.reset[0].seq = 999;
	CHECK(ta_fact_closure(&x, &p) == STATE(ESTABLISHED));
}

int
main(void)
{
	test_syn();
	test_fin();
	test_both();
	test_reset();
	return test_done();
}
