/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include <string.h>

#include "chatter_talk.h"
#include "segment.h"

void
chatter_odd_options(
    struct chatter *c, struct talk *k, struct chatter_segment *s)
{
	static const uint8_t sack[] = { 1, 1, 5, 10 };
	struct mouth *m = &k->end[s->from], *p = &k->end[!s->from];

	s->options = 0;
	switch (chatter_below(c, 7)) {
	case 0:
		chatter_stamp(
		    s, m->tsval - 1 - chatter_below(c, 3000), p->tsval);
		break;
	case 1:
		chatter_stamp(s, m->tsval, p->tsval + 1);
		break;
	case 2:
		chatter_stamp(s, m->tsval, p->tsval - 1 - chatter_below(c, 20));
		break;
	case 3:
		chatter_stamp(s, 0, p->tsval);
		break;
	case 4:
		chatter_stamp(s, m->tsval, 0);
		break;
	case 5:
		memcpy(s->option, sack, 4);
		for (int i = 0; i < 8; i++)
			s->option[4 + i] =
			    (uint8_t)((p->nxt + (i < 4 ? 100u : 200u)) >>
				      (24 - 8 * (i % 4)));
		s->options = 12;
		break;
	default:
		break; /* none */
	}
}

void
chatter_odd_header(struct chatter *c, struct talk *k, struct chatter_segment *s)
{
	switch (chatter_below(c, 14)) {
	case 0:
		s->ttl--;
		break;
	case 1:
		k->end[s->from].ttl = s->ttl =
		    (uint8_t)(50 + chatter_below(c, 3));
		break;
	case 2:
		s->damaged = true;
		break;
	case 3:
		s->reserved = 1;
		break;
	case 4:
		s->urgent = 7;
		break;
	case 5:
		s->flags |=
		    (uint16_t)(chatter_chance(c, 2) ? FLAG_ECE : FLAG_CWR);
		break;
	case 6:
		s->ecn = (uint8_t)chatter_below(c, 4);
		break;
	case 7:
		s->cut = s->length / 2;
		break;
	case 8:
		s->ip_id = k->end[s->from].ip_id += 5000;
		break;
	case 9: /* its options are cut */
		s->cut = s->length + s->options / 2;
		break;
	case 10:
		memset(s->option + s->options, 1, 40u - s->options);
		s->options = 40;
		break;
	case 11:
		s->damaged = true;
		break;
	case 12:
		s->length += chatter_below(c, 2);
		break;
	default:
		s->flags |= FLAG_PSH;
		break;
	}
}

static void
be_odd_in_numbers(struct chatter *c, struct talk *k, struct chatter_segment *s)
{
	const struct mouth *m = &k->end[s->from], *p = &k->end[!s->from];

	switch (chatter_below(c, 11)) {
	case 0:
		s->window = 0;
		break;
	case 1:
		s->window = (uint16_t)(m->window - chatter_below(c, 4));
		break;
	case 2:
		s->window = (uint16_t)chatter_below(c, 65536);
		break;
	case 3:
		s->ack =
		    p->nxt + 1 + chatter_below(c, 2) * chatter_below(c, 3000);
		break;
	case 4:
		s->ack -= 1 + chatter_below(c, 3000);
		break;
	case 5: /* within a segment */
		if (p->flying > 0)
			s->ack = p->end[0] - 1;
		break;
	case 6: /* a keepalive */
		s->seq--;
		s->length = chatter_below(c, 2);
		break;
	case 7: /* one was missed */
		s->seq += 1 + chatter_below(c, 3000);
		break;
	case 8: /* sent again */
		s->seq -= 1 + chatter_below(c, 3000);
		break;
	case 9:
		s->seq += 1u << 24;
		break;
	default: /* beyond the window */
		s->length = 1 + chatter_below(c, 9000);
		break;
	}
}

/* True: it was not meant to be sent. */
bool
chatter_odd(struct chatter *c, struct talk *k, struct chatter_segment *s)
{
	switch (chatter_below(c, 8)) {
	case 0:
	case 1:
		chatter_odd_options(c, k, s);
		return chatter_chance(c, 2);
	case 2:
	case 3:
		chatter_odd_header(c, k, s);
		return chatter_chance(c, 4);
	case 4:
	case 5:
		be_odd_in_numbers(c, k, s);
		return !chatter_chance(c, 4);
	case 6: /* the last one again */
		if (k->last.family != 0) {
			*s = k->last;
			s->ip_id = ++k->end[s->from].ip_id;
		}
		return true;
	default:
		s->flags =
		    (uint16_t)(chatter_chance(c, 4)   ? FLAG_SYN
			       : chatter_chance(c, 3) ? FLAG_SYN | FLAG_ACK
			       : chatter_chance(c, 3) ? FLAG_PSH
						      : FLAG_RST | FLAG_ACK);
		return true;
	}
}
