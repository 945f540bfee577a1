/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* WN: the window (RFC 9293, 3.8.6; RFC 7323, 2).  Windows of SYNs are never
 * scaled, those of RSTs mean nothing, and a buffer that is torn down shrinks:
 * nothing is judged once either end has closed. */
#include "check.h"
#include "zeek.h"

static void
check_zero(struct step *s)
{
	struct endpoint *e = s->e;

	if (s->window != 0 || (e->marks & ZERO_WINDOW))
		return;
	e->zero_windows++;
	ta_zeek_count(s->c, s->sender, 'W', e->zero_windows);
	report(s, RULE_WN01, e, SEEN(ACK, s->seg->ack), SEEN(WINDOW, 0));
}

/* The right edge moves left (SHLD-14); by less than the unit of the scale it
 * is rounding (RFC 7323, Appendix F). */
static void
check_shrink(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;
	int64_t edge = s->a + s->window;

	if (!endpoint_knows(e, KNOWS_EDGE) || s->ack_old || s->q < e->max ||
	    e->edge_last - edge < (INT64_C(1) << e->shift) ||
	    !(e->marks & SCALED_EDGE))
		return;
	/* Overtaken by a later segment, as its identification says. */
	if (s->seg->ip_id_known && e->ip_id != 0 && s->seg->ip_id != 0 &&
	    (uint16_t)(e->ip_id - (uint16_t)s->seg->ip_id) - 1 < 1024)
		return;
	report(s, RULE_WN07, e, PROOF(e->last_packet), SEEN(EDGE, edge),
	    SEEN(OLD_EDGE, e->edge_last), EXPECT(EDGE, e->edge_last),
	    SEEN(BYTES_, p->max > edge ? p->max - edge : 0),
	    SEEN(WINDOW, s->window));
}

static void
check_update(struct step *s)
{
	struct endpoint *e = s->e;

	if (s->class != CLASS_ACK || s->progress || s->ack_old ||
	    !(e->marks & ZERO_WINDOW) || s->window <= 0)
		return;
	report(s, RULE_WN10, e, SEEN(WINDOW, s->window),
	    SEEN(ELAPSED, s->time - e->t_zero));
}

/* Its sender has filled the window that was open to it. */
static void
check_full(struct step *s)
{
	struct endpoint *e = s->e, *p = s->p;

	if (s->n == 0 || s->range != RANGE_NEW ||
	    !endpoint_knows(p, KNOWS_EDGE) || s->end != p->edge || s->fin)
		return;
	report(s, RULE_WN09, e, SEEN(EDGE, p->edge), SEEN(WINDOW, p->window));
}

static void
check_probe(struct step *s)
{
	struct endpoint *e = s->e;

	if (s->range != RANGE_PROBE)
		return;
	e->probes += e->probes < UINT8_MAX;
	report(s, RULE_WN03, e, SEEN(SEQ, s->seg->seq), SEEN(LENGTH, s->n),
	    SEEN(PROBES, e->probes));
}

void
ta_check_window(struct step *s)
{
	if (s->syn || s->rst || s->window < 0 || s->stale || !s->has_ack)
		return;
	check_probe(s);
	if (endpoint_knows(s->e, KNOWS_FIN) ||
	    endpoint_knows(s->p, KNOWS_FIN) || s->fin ||
	    !connection_is(s->c, CONN_OPEN | CONN_WSCALE)) {
		s->e->marks |= SCALED_EDGE;
		return;
	}
	check_zero(s);
	check_shrink(s);
	check_update(s);
	check_full(s);
	s->e->marks |= SCALED_EDGE;
}
