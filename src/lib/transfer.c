/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Each test names the rules that it keeps silent; it may be stricter than they
 * are, never more lenient. */
#include "transfer.h"

/* HD, EC, OP01 to OP16: the header has nothing special. */
static bool
is_plain(const struct step *s)
{
	const struct segment *seg = s->seg;
	uint32_t stamps =
	    connection_is(s->c, CONN_TIMESTAMPS) ? OPTION_TIMESTAMPS : 0;
	uint32_t used = s->e->options.used | s->p->options.used;

	if ((seg->flags & ~(unsigned)FLAG_PSH) != FLAG_ACK ||
	    !segment_is_plain(seg) || (used & (OPTION_MD5 | OPTION_AO)) ||
	    s->c->ecn != NULL)
		return false;
	return seg->options == stamps ||
	       (seg->options == (stamps | OPTION_SACK) && s->n == 0 &&
		   (s->p->marks & OFFERED_SACK));
}

/* HS, TD, TW, RS, CP: both ends are certain to be in ESTABLISHED, their
 * handshake was seen, and nothing has passed that could lead them out of it. */
static bool
is_steady(const struct step *s)
{
	const uint32_t open = CONN_OPEN | CONN_WSCALE;
	const uint32_t odd = CONN_MIDSTREAM | CONN_SELF | CONN_LOSSY_FOR_EVER |
			     CONN_UNSOLICITED | CONN_PROBE | CONN_SIMULTANEOUS |
			     CONN_OLD_SYN | CONN_MISSING_HANDSHAKE |
			     CONN_ONE_SIDED;
	const struct endpoint *e = s->e, *p = s->p;

	return (s->c->marks & (open | odd)) == open &&
	       !(s->c->flood & (FLOOD_ECHO | FLOOD_STRAY)) &&
	       e->possible == STATE(ESTABLISHED) &&
	       p->possible == STATE(ESTABLISHED) &&
	       e->nominal == TCPAUDIT_ESTABLISHED &&
	       p->nominal == TCPAUDIT_ESTABLISHED && p->packets > 0 &&
	       !((e->marks | p->marks) &
		   (SENT_RST | ZERO_WINDOW | FIN_WITHOUT_ACK)) &&
	       (e->reset_count | p->reset_count) == 0 &&
	       (e->t_rst | p->t_rst) == 0 && is_transfer(s);
}

/* WN01 to WN06, WN11, DA07, KA: nothing of it goes on. */
static bool
is_idle(const struct watch *w)
{
	return w == NULL || ((w->t_reopened | w->probe_interval | w->t_shrunk |
				 w->early_keepalive) == 0 &&
				(w->probes | w->unanswered | w->steady |
				    w->small_steps | w->small_segments) == 0);
}

/* Of either end nothing is in suspense; DA06, DA01, HD01, HD02, HD19. */
static bool
is_settled(const struct step *s)
{
	const uint32_t known = KNOWS_SENT | KNOWS_ISS | KNOWS_ACK | KNOWS_EDGE |
			       KNOWS_TTL | KNOWS_SYN_OPTIONS;
	const struct endpoint *e = s->e, *p = s->p;

	return (e->known & p->known & known) == known &&
	       (e->marks & (SCALED_EDGE | SENT_PLAIN)) ==
		   (SCALED_EDGE | SENT_PLAIN) &&
	       (e->unseen_to | e->doubt_end | p->over_end) == 0 &&
	       (e->keepalives | p->keepalives) == 0 && e->sums_wrong == 0 &&
	       s->seg->ttl == e->ttl && e->ttl_before == 0 &&
	       is_idle(e->watch) && is_idle(p->watch);
}

/* OP22 to OP29: timestamps have not gone back, and echo what was seen. */
static bool
is_stamped_well(const struct step *s)
{
	const struct segment *seg = s->seg;
	const struct endpoint *e = s->e, *p = s->p;

	return !connection_is(s->c, CONN_TIMESTAMPS) ||
	       (e->timestamps_used && seg->tsecr != 0 &&
		   !serial_less(seg->tsval, e->tsval_max) &&
		   !serial_less(seg->tsval, e->tsval_new) &&
		   !serial_less(seg->tsval, p->tsecr) &&
		   !serial_less(p->tsval_max, seg->tsecr));
}

/* WN07, WN08, WN10, WN12: the window moves as it should. */
static bool
is_window_well(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;
	int64_t step = s->a + s->window - e->edge_last;
	int64_t unit = INT64_C(1) << e->shift;

	if (step < 0)
		return -step < unit && p->max <= e->edge_last + step;
	return step < unit || s->window >= p->largest ||
	       s->window >= e->max_window / 2;
}

/* DA06, DA11, WN09, WN13, OP09, OP10, CP11: its text fits. */
static bool
is_text_well(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	if (s->n == 0)
		return true;
	if (p->mss == 0 || e->syn_length > 1 || s->end >= p->edge ||
	    s->end >> 32 != e->max >> 32)
		return false;
	if (s->n + s->seg->header_length > p->mss + 20u &&
	    !((e->marks | p->marks) & OFFLOADS))
		return false;
	return (s->seg->flags & FLAG_PSH) || p->ack >= e->max ||
	       2 * s->n >= e->largest || 2 * s->n >= p->mss;
}

bool
ta_transfer_is_smooth(const struct step *s)
{
	const struct endpoint *e = s->e, *p = s->p;

	/* It begins where its sender stands: DA02, DA10, RX; and acknowledges
	 * what was sent: DA01, DA03, CP03. */
	return s->q == e->max && p->ack <= e->max && s->a >= e->ack &&
	       s->a <= p->max && is_plain(s) && is_steady(s) && is_settled(s) &&
	       is_stamped_well(s) && is_window_well(s) && is_text_well(s);
}
