/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Which of an endpoint's SYNs counts: any may be an old one (RFC 9293, Figure
 * 8), until it goes on with one of them. */
#include "incarnation.h"

#include <string.h>

void
ta_endpoint_isn(struct endpoint *x, const struct segment *seg, int64_t time)
{
	int last =
	    x->isn_count < ISN_CANDIDATES ? x->isn_count : ISN_CANDIDATES - 1;

	memmove(&x->isn[1], &x->isn[0], last * sizeof(x->isn[0]));
	memmove(&x->isn_packet[1], &x->isn_packet[0],
	    last * sizeof(x->isn_packet[0]));
	x->isn[0] = seg->seq;
	x->isn_packet[0] = seg->packet;
	if (x->isn_count < ISN_CANDIDATES)
		x->isn_count++;
	x->iss = seq_first(seg->seq);
	x->max = x->contig = x->iss;
	x->syn_length = segment_length(seg);
	x->known |= KNOWS_ISS | KNOWS_SENT;
	x->known &= ~(unsigned)KNOWS_FIN;
	x->marks &= ~(unsigned)(SYNACK_GOOD | SYNACK_BAD | FIN_ACKED |
				FASTOPEN_TAKEN | SENT_DATA | FILLED_WINDOW);
	x->t_syn_first = time;
	x->t_fin = x->t_acked_syn = x->t_acked_fin = 0;
	x->unseen_from = x->unseen_to = x->gaps_forgotten = 0;
	if (x->watch != NULL)
		*x->watch = (struct watch){ 0 };
}

void
ta_endpoint_promote(struct endpoint *x, unsigned i)
{
	uint32_t isn = x->isn[i];
	tcpaudit_packet_id packet = x->isn_packet[i];

	memmove(&x->isn[1], &x->isn[0], i * sizeof(x->isn[0]));
	memmove(
	    &x->isn_packet[1], &x->isn_packet[0], i * sizeof(x->isn_packet[0]));
	x->isn[0] = isn;
	x->isn_packet[0] = packet;
	x->iss = seq_first(isn);
	x->syn_length = 1;
	x->max = x->contig = x->iss + 1;
}
