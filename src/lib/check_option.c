/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* OP: the form of options, and options where they do not belong (RFC 9293,
 * 3.2; RFC 5925; RFC 5482).  See check_option_syn.c, check_sack.c and
 * check_timestamp.c for what they say. */
#include "check.h"

enum { KIND_SACK = 5, KIND_MD5 = 19, KIND_AO = 29 };

#define AUTHENTICATION (OPTION_MD5 | OPTION_AO)

/* Options that are worth a look wherever they are. */
#define SELDOM                                                                 \
	(OPTION_FASTOPEN | OPTION_MPTCP | OPTION_UTO | OPTION_OBSOLETE |       \
	    OPTION_EXPERIMENTAL | OPTION_UNKNOWN)

#define HEADER_MAX 60

static void
check_structure(struct step *s)
{
	static const struct {
		uint32_t fault;
		enum rule rule;
	} faults[] = {
		{ FAULT_OPTION_ZERO, RULE_OP01 },
		{ FAULT_OPTION_OVERRUN, RULE_OP02 },
		{ FAULT_OPTION_LENGTH, RULE_OP03 },
		{ FAULT_OPTION_PADDING, RULE_OP04 },
		{ FAULT_OPTION_TWICE, RULE_OP05 },
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (s->seg->faults & faults[i].fault)
			report(s, faults[i].rule, s->e,
			    SEEN(KIND, s->seg->fault_kind),
			    SEEN(LENGTH, s->seg->fault_length),
			    SEEN(OFFSET, s->seg->fault_offset),
			    /* RFC 5925, 2.2: MUST NOT. */
			    SEVERITY_IF(faults[i].rule != RULE_OP05 ||
					    s->seg->fault_kind == KIND_AO,
				ERROR, WARNING));
}

static void
check_misplaced(struct step *s)
{
	const struct segment *seg = s->seg;

	if (seg->options & OPTION_MSS)
		report(s, RULE_OP06, s->e, SEEN(MSS, seg->mss),
		    SEEN(FLAGS, seg->flags), EXPECT(FLAGS, FLAG_SYN));
	if (seg->options & OPTION_WSCALE)
		report(s, RULE_OP11, s->e, SEEN(SHIFT, seg->window_scale),
		    SEEN(FLAGS, seg->flags), EXPECT(FLAGS, FLAG_SYN));
	if (seg->options & OPTION_SACK_PERMITTED)
		report(s, RULE_OP15, s->e, SEEN(FLAGS, seg->flags),
		    EXPECT(FLAGS, FLAG_SYN));
	if ((seg->options & OPTION_SACK) &&
	    endpoint_knows(s->p, KNOWS_SYN_OPTIONS) &&
	    !(s->p->marks & OFFERED_SACK) && s->p->isn_count > 0 &&
	    !(s->p->options.marks & OPTIONS_UNREADABLE))
		report(s, RULE_OP16, s->e, PROOF(s->p->isn_packet[0]),
		    SEEN(KIND, KIND_SACK),
		    SEVERITY_IF(ta_first_syn_known(s, s->p), ERROR, WARNING));
}

static void
check_seldom(struct step *s)
{
	const struct segment *seg = s->seg;

	/* RFC 7413, 4.1.1: to be ignored without SYN. */
	if ((seg->options & OPTION_FASTOPEN) && !s->syn)
		report(s, RULE_OP31, s->e, SEEN(LENGTH, seg->fastopen_length),
		    SEEN(FLAGS, seg->flags), EXPECT(FLAGS, FLAG_SYN));
	/* RFC 5482, 3.4: reserved, whatever the granularity. */
	if ((seg->options & OPTION_UTO) && (seg->user_timeout & 0x7fff) == 0)
		report(s, RULE_OP33, s->e, SEEN(TIMEOUT, 0));
	if (seg->options & OPTION_OBSOLETE)
		report(s, RULE_OP36, s->e, SEEN(KIND, seg->obsolete_kind));
	if (seg->options & OPTION_EXPERIMENTAL)
		report(s, RULE_OP37, s->e, SEEN(KIND, seg->experimental_kind),
		    SEEN_IF(seg->experiment != 0, EXID, seg->experiment));
	if (seg->options & OPTION_UNKNOWN)
		report(s, RULE_OP38, s->e, SEEN(KIND, seg->unknown_kind));
	if ((seg->options & OPTION_MPTCP) && !s->syn)
		ta_check_multipath(s);
}

/* Once its segments are signed, all are: the peer drops those that are not
 * (RFC 2385, 2; RFC 5925, 7.5), and no connection has both signatures. */
static void
check_authentication(struct step *s)
{
	const struct segment *seg = s->seg;
	const struct endpoint *e = s->e, *p = s->p;
	uint32_t own = seg->options & AUTHENTICATION, before = 0;

	/* Its own, and until it has signed what its peer began with. */
	if (!s->new_isn)
		before = e->options.used & AUTHENTICATION;
	if (before == 0 && s->class != CLASS_SYN)
		before = p->options.used & AUTHENTICATION;
	if (own == AUTHENTICATION || (own != 0 && (before & ~own) != 0)) {
		report(s, RULE_OP34, s->e,
		    SEEN(KIND, own == OPTION_MD5 ? KIND_MD5 : KIND_AO),
		    EXPECT(KIND, own == OPTION_MD5 ? KIND_AO : KIND_MD5),
		    CONFIDENCE_IF(own == AUTHENTICATION, CERTAIN, LIKELY));
		return;
	}
	if (own != 0 || before == 0 || seg->header_cut ||
	    (seg->faults & FAULTS_UNREADABLE))
		return;
	/* Who has no state has no key (RFC 2385, 4.1).  Who never signed was
	 * perhaps asked in vain (RFC 5925, 7.3). */
	report(s, RULE_OP35, s->e,
	    EXPECT(KIND, (before & OPTION_MD5) ? KIND_MD5 : KIND_AO),
	    SEEN(SEQ, seg->seq), SEEN(FLAGS, seg->flags),
	    SEVERITY_IF(s->rst, NOTE, WARNING),
	    CONFIDENCE_IF(e->options.used & AUTHENTICATION, LIKELY, POSSIBLE));
}

/* RFC 9293, 3.7.1: what the options take, the text must leave; RFC 6691, 2.
 * A right checksum says that the segment was sent as it is here, not joined by
 * a network card; and one length again and again, that it is the largest. */
static void
check_room_for_options(struct step *s, uint32_t mss)
{
	const struct segment *seg = s->seg;
	struct options_seen *seen = &s->e->options;

	if (s->n + seg->header_length <= mss + 20u || s->n > mss ||
	    seg->checksum_status != CHECKSUM_GOOD || seg->fragmented ||
	    (seg->family == 4 && !seg->dont_fragment))
		return;
	if (s->n != seen->full)
		seen->fulls = 0;
	seen->full = (uint16_t)s->n;
	if (seen->fulls++ < 2)
		return;
	seen->fulls = 3;
	report(s, RULE_OP10, s->e, SEEN(LENGTH, s->n), SEEN(MSS, mss),
	    EXPECT(LENGTH, mss + 20u - seg->header_length),
	    PROOF(s->p->isn_packet[0]),
	    SEEN_IF(ta_icmp_mtu(s->c, s->sender) != 0, MTU,
		ta_icmp_mtu(s->c, s->sender)));
}

/* RFC 9293, 3.7.1, MUST-16: not more than the peer said it takes.  What an
 * offloading host hands to its network card is not what it sends. */
static void
check_mss(struct step *s)
{
	const struct segment *seg = s->seg;
	struct endpoint *e = s->e, *p = s->p;
	uint32_t mss = p->mss;

	if (s->n == 0 || !endpoint_knows(p, KNOWS_SYN_OPTIONS) ||
	    (e->marks & OFFLOADS) || (p->marks & OFFLOADS))
		return;
	if (mss == 0)
		mss = seg->family == 6 ? 1220 : 536;
	if (p->mss != 0 && p->isn_count == 1 && seg->header_length > 20)
		check_room_for_options(s, mss);
	if (s->n <= mss || mss == 65535)
		return;
	if (p->mss != 0 &&
	    (s->n % mss == 0 || s->n > 9216 || s->n >= 2 * mss ||
		seg->payload_cut || ta_may_be_here(e) || ta_may_be_here(p))) {
		e->marks |= OFFLOADS;
		report(s, RULE_CP11, e, SEEN(LENGTH, s->n), SEEN(MSS, mss));
		return;
	}
	/* More than an Ethernet carries, and no MSS to compare with. */
	if (p->mss == 0 && s->n > 1460) {
		e->marks |= OFFLOADS;
		return;
	}
	if (++e->mss_exceeded >= 2)
		report(s, RULE_OP09, e, SEEN(LENGTH, s->n), SEEN(MSS, mss),
		    EXPECT(LENGTH, mss), SEEN(EXCESS, s->n - mss),
		    /* The default, where none was announced (MUST-15). */
		    SEVERITY_IF(p->mss != 0 && ta_first_syn_known(s, p), ERROR,
			WARNING));
	if (e->mss_exceeded == UINT8_MAX)
		e->mss_exceeded--;
}

void
ta_check_option(struct step *s)
{
	const struct segment *seg = s->seg;
	uint32_t used = s->e->options.used | s->p->options.used | seg->options;

	if (seg->faults != 0)
		check_structure(s);
	if (seg->options & SELDOM)
		check_seldom(s);
	if (used & AUTHENTICATION)
		check_authentication(s);
	if (seg->header_length == HEADER_MAX)
		ta_check_room(s);
	/* RFC 7323, 3.2. */
	if ((seg->options & OPTION_TIMESTAMPS) && !s->has_ack &&
	    seg->tsecr != 0)
		report(s, RULE_OP26, s->e, SEEN(TSECR, seg->tsecr),
		    EXPECT(TSECR, 0), SEEN(FLAGS, seg->flags));
	if (s->rst)
		return;
	if (s->syn)
		ta_check_syn_options(s);
	else if (!(s->e->marks & SENT_PLAIN))
		ta_check_mss_missing(s);
	if (!s->syn && (seg->options & ~(uint32_t)OPTION_TIMESTAMPS) != 0)
		check_misplaced(s);
}

void
ta_check_option_numbers(struct step *s)
{
	if (s->syn || s->rst)
		return;
	ta_check_timestamps(s);
	check_mss(s);
}
