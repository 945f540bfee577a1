/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* A connection that rests and is to end the quick way (quick_end.h). */
#ifndef ENDING_H
#define ENDING_H

#include "engine.h"

/* What is known of it; all is borrowed from the engine. */
struct ending {
	struct tcpaudit *t;
	uint32_t node;
	enum quick_how how;
	const struct shape *shape;
	const struct calm *k; /* NULL: it is a seed, */
	const struct seed *s;
	const struct calm_close *z; /* NULL: it does not close */
};

/* Describes what rests in a node, but for `how`. */
void ta_ending_describe(struct ending *, struct tcpaudit *, uint32_t node);

/* What is known of its end, if the quick way is open to it; or NULL: then how
 * it goes the long way is learned. */
struct quick_end *ta_ending_find(const struct ending *);

/* Makes the engine's view what those who are told of it need to know. */
void ta_ending_view(const struct ending *);

/* Of a SYN or SYN-ACK without an answer, as the view has it: whether that is
 * told by a finding about a flood or a scan.  It is then counted there. */
bool ta_ending_is_folded(const struct ending *);

/* Writes its record; the view is made. */
void ta_ending_say(const struct ending *, struct quick_end *);

/* Gives back what rests in the node. */
void ta_ending_free(const struct ending *);

#endif
