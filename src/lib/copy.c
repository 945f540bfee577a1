/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* CP08: packets that were captured twice. */
#include "check.h"

/* The very frame again (CP08): captured twice, not sent twice.  The TCP digest
 * covers every header byte and, through the checksum, the text; the IP
 * identification tells a copy from an equal segment sent again.  Where there
 * is none, a bare ACK proves nothing until the connection is known to be
 * captured twice. */
bool
ta_captured_twice(struct step *s)
{
	struct endpoint *e = s->e;
	const struct segment *seg = s->seg;
	uint32_t mark = seg->digest ^ (seg->ip_id_known ? seg->ip_id << 1 : 1);
	uint32_t now = (uint32_t)((s->time - s->c->t_first) / 1000);
	bool strong = (seg->ip_id_known && seg->ip_id != 0) ||
		      (s->length > 0 && !s->syn) ||
		      (s->c->marks & CONN_DUPLICATES);

	for (unsigned i = 0; i < 4; i++) {
		if (e->packets > i && e->digest[i] == mark && strong &&
		    now - e->digest_age[i] <= T_DUPLICATE / 1000) {
			s->c->marks |= CONN_DUPLICATES;
			report(s, RULE_CP08, e,
			    SEEN(DELAY,
				(int64_t)(now - e->digest_age[i]) * 1000));
			return true;
		}
	}
	e->digest[e->digest_next & 3] = mark;
	e->digest_age[e->digest_next & 3] = now;
	e->digest_next++;
	return false;
}
