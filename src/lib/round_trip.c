/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* How long a reaction takes to pass the monitor (rules A.9). */
#include "check.h"

int64_t
ta_rtt(const struct endpoint *x)
{
	return x->rtt < 0 ? RTT_UNKNOWN : x->rtt;
}

bool
ta_may_be_here(const struct endpoint *x)
{
	return (x->marks & IS_LOCAL) || x->rtt < MILLISECOND / 2;
}

int64_t
ta_slack(const struct endpoint *x)
{
	return rtt_slack(ta_rtt(x));
}

int64_t
ta_reach(const struct endpoint *x)
{
	return ta_rtt(x) + ta_slack(x);
}

int64_t
ta_reach_guessed(const struct endpoint *x)
{
	return x->rtt < 0 && x->rtt_before >= 0
		   ? x->rtt_before + rtt_slack(x->rtt_before)
		   : ta_reach(x);
}

int64_t
ta_rto(const struct endpoint *e, const struct endpoint *p)
{
	int64_t srtt = p->srtt > 0 ? p->srtt : ta_rtt(p);
	int64_t rto = srtt + (e->rtt > 0 ? e->rtt : 0) + 4 * p->rttvar;

	return rto > 200 * MILLISECOND ? rto : 200 * MILLISECOND;
}
