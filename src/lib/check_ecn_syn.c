/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* EC: what SYNs ask for and SYN-ACKs agree to (RFC 3168, 6.1.1; RFC 9768,
 * 3.1).  Several copies of a SYN may ask for different things, and it is not
 * known which one arrived. */
#include "check.h"
#include "ecn.h"

static const uint16_t flags_of[] = { 0, FLAG_ECE, FLAG_CWR, FLAG_CWR | FLAG_ECE,
	FLAG_AE, FLAG_AE | FLAG_ECE, FLAG_AE | FLAG_CWR,
	FLAG_AE | FLAG_CWR | FLAG_ECE };

/* What one SYN-ACK agrees to, if the SYN asked for `asked` (Table 2). */
static enum ecn_mode
agreed(unsigned asked, unsigned bits)
{
	bool accurate = asked & ~(ECN_PLAIN | ECN_SETUP);

	if (asked == ECN_PLAIN)
		return ECN_NONE;
	if (!accurate) /* AE means nothing to RFC 3168 */
		return (bits & 3) == 1 ? ECN_CLASSIC : ECN_NONE;
	if (bits == 0 || bits == 7)
		return ECN_NONE;
	return bits == 1 ? ECN_CLASSIC : ECN_ACCURATE;
}

/* SYNs that ask for different things leave it open, unless nobody agrees.  So
 * do SYNs that crossed, where each SYN is an answer as well (RFC 3168, 6.1.1).
 */
static enum ecn_mode
negotiated(const struct ecn_end *client, const struct ecn_end *server)
{
	enum ecn_mode mode, one = ECN_UNKNOWN;
	unsigned asked = client->syn;
	bool clear = asked == ECN_PLAIN || asked == ECN_SETUP ||
		     asked == ECN_ACCURATE_SETUP;

	if (asked == 0 || server->syn != 0)
		return ECN_UNKNOWN;
	/* Who agrees was asked: after losses a SYN is sent again without
	 * (6.1.1.1), and the one before it may not have been captured. */
	if (asked == ECN_PLAIN && (server->synack & 1u << 1))
		return ECN_UNKNOWN;
	for (unsigned bits = 0; bits < 8; bits++) {
		if (!(server->synack >> bits & 1))
			continue;
		mode = agreed(asked, bits);
		if ((mode != ECN_NONE && !clear) ||
		    (one != ECN_UNKNOWN && one != mode))
			return ECN_UNKNOWN;
		one = mode;
	}
	return one;
}

/* Makes the memory when the first SYN says something of ECN; those before it
 * said nothing. */
static struct ecn *
memory(struct step *s)
{
	struct connection *c = s->c;

	if (c->ecn != NULL || connection_is(c, CONN_ECN_FORGOTTEN))
		return c->ecn;
	c->ecn = ta_slab_take(&s->t->ecn);
	if (c->ecn == NULL)
		c->marks |= CONN_ECN_FORGOTTEN;
	for (int i = 0; c->ecn != NULL && i < 2; i++) {
		if (c->end[i].marks & SENT_SYN)
			c->ecn->end[i].syn = ECN_PLAIN;
		if (c->end[i].marks & SENT_SYNACK)
			c->ecn->end[i].synack = ECN_PLAIN;
	}
	return c->ecn;
}

/* RFC 9768, 3.1.5: who asks for both kinds, or agrees to both, leaves his peer
 * to guess which one arrived. */
static void
report_mixed(struct step *s, tcpaudit_packet_id other, uint16_t flags)
{
	report(s, RULE_EC14, s->e, PROOF(other),
	    SEEN(OLD_FLAGS, (s->seg->flags & ~ECN_FLAGS) | flags),
	    SEEN(FLAGS, s->seg->flags));
}

/* The first of the combinations in the set. */
static uint16_t
flags_in(unsigned set)
{
	unsigned bits = 0;

	while (bits < 7 && !(set >> bits & 1))
		bits++;
	return flags_of[bits];
}

/* ------------------------------------------------------------------- SYNs */

static void
check_syn(struct step *s, const struct ecn_end *x, unsigned bits)
{
	struct endpoint *e = s->e;
	unsigned setups = ECN_SETUP | ECN_ACCURATE_SETUP;
	unsigned before = x->syn & setups, now = 1u << bits & setups;

	if (bits != 0 && now == 0)
		report(s, RULE_EC15, e, SEEN(FLAGS, s->seg->flags));
	if (s->new_isn || e->isn_count != 1)
		return; /* not one SYN and its copies */
	if (bits == 0 && before != 0)
		report(s, RULE_EC13, e, PROOF(e->isn_packet[0]),
		    SEEN(OLD_FLAGS, FLAG_SYN | flags_in(before)),
		    SEEN(FLAGS, s->seg->flags));
	if (now != 0 && (before & ~now) != 0 && (before & now) == 0)
		report_mixed(s, e->isn_packet[0], flags_in(before));
}

/* --------------------------------------------------------------- SYN-ACKs */

/* The SYN that it answers was captured, and no other. */
static bool
answers_the_syn(const struct step *s)
{
	return (s->p->marks & SENT_SYN) && s->p->isn_count == 1 &&
	       ta_acknowledged_syn(s) == 0;
}

static void
check_synack(
    struct step *s, const struct ecn_end *x, unsigned asked, unsigned bits)
{
	struct endpoint *e = s->e;
	unsigned before = x->synack & (ECN_AGREED | ECN_ACCURATE_AGREED);
	unsigned now = 1u << bits;

	if (!answers_the_syn(s))
		return;
	if (bits == 1 && !(asked & (ECN_SETUP | ECN_ACCURATE_SETUP)))
		report(s, RULE_EC01, e, PROOF(s->p->isn_packet[0]),
		    SEEN(FLAGS, s->seg->flags),
		    EXPECT(FLAGS, s->seg->flags & ~FLAG_ECE),
		    SEVERITY_IF(ta_first_syn_known(s, s->p), ERROR, WARNING),
		    DEMOTE_IF(connection_lossy(s->c, s->time)));
	if ((bits == 3 && asked == ECN_SETUP) ||
	    (bits == 7 && asked == ECN_ACCURATE_SETUP))
		report(s, RULE_EC02, e, PROOF(s->p->isn_packet[0]),
		    SEEN(FLAGS, s->seg->flags));
	/* To a client that asked for one kind only, by one server. */
	if (asked != ECN_ACCURATE_SETUP || s->new_isn || e->isn_count != 1)
		return;
	if ((now == ECN_AGREED && (before & ECN_ACCURATE_AGREED)) ||
	    ((now & ECN_ACCURATE_AGREED) && (before & ECN_AGREED)))
		report_mixed(s, e->synack_packet, flags_in(before));
}

/* RFC 3168, 6.1.1.  Experiments mark SYN-ACKs once ECN is agreed (RFC 5562),
 * and SYNs that ask for the accurate kind (RFC 8311, 4.3). */
static void
check_mark(struct step *s, unsigned bits)
{
	bool allowed = s->class == CLASS_SYN
			   ? bits == 7
			   : s->c->ecn->mode == ECN_CLASSIC ||
				 s->c->ecn->mode == ECN_ACCURATE;

	report(s, RULE_EC04, s->e, SEEN(CODEPOINT, s->seg->ecn),
	    EXPECT(CODEPOINT, ECN_NOT_ECT), SEEN(FLAGS, s->seg->flags),
	    SEVERITY_IF(allowed, NOTE, WARNING));
}

void
ta_check_ecn_syn(struct step *s)
{
	unsigned bits = ecn_bits(s->seg->flags);
	struct ecn *ecn = memory(s);
	struct ecn_end *x;

	if (ecn == NULL || s->stale)
		return;
	x = &ecn->end[s->sender];
	if (s->class == CLASS_SYN) {
		check_syn(s, x, bits);
		x->syn |= 1u << bits;
	} else {
		if ((s->p->marks & SENT_SYN) && ta_acknowledged_syn(s) < 0)
			return;
		check_synack(s, x, ecn->end[!s->sender].syn, bits);
		x->synack |= 1u << bits;
	}
	ecn->mode =
	    negotiated(&ecn->end[TCPAUDIT_CLIENT], &ecn->end[TCPAUDIT_SERVER]);
	if (s->seg->ecn != ECN_NOT_ECT) {
		check_mark(s, bits);
		x->syn_marked = true;
	}
}

/* --------------------------------------------------------------- third ACK */

/* RFC 9768, 3.2.2.1, Table 3: a bare ACK of the SYN-ACK tells the codepoint
 * that the SYN-ACK arrived with. */
static void
check_third_ack(struct step *s)
{
	const struct ecn_end *server = &s->c->ecn->end[TCPAUDIT_SERVER];
	unsigned bits = ecn_bits(s->seg->flags);

	if (s->class != CLASS_ACK || s->seg->sack_count > 0 ||
	    s->seg->header_cut || !endpoint_knows(s->p, KNOWS_ISS) ||
	    s->a != s->p->iss + 1 || s->p->max != s->a || s->q != s->e->max ||
	    (server->synack & ~(unsigned)ECN_ACCURATE_AGREED) ||
	    (1u << bits & ECN_ACCURATE_AGREED))
		return;
	report(s, RULE_EC16, s->e, PROOF(s->p->synack_packet),
	    SEEN(FLAGS, s->seg->flags));
}

void
ta_check_ecn_open(struct step *s)
{
	const struct ecn *ecn = s->c->ecn;

	if (s->sender != TCPAUDIT_CLIENT || (s->e->marks & SENT_PLAIN))
		return;
	ta_report(s->t, s->c, RULE_EC17, -1, PROOF(s->e->isn_packet[0]),
	    PROOF(s->p->synack_packet),
	    SEEN(ACCURATE, ecn->mode == ECN_ACCURATE),
	    SEEN(OLD_FLAGS, FLAG_SYN | flags_in(ecn->end[TCPAUDIT_CLIENT].syn)),
	    SEEN(FLAGS, FLAG_SYN | FLAG_ACK |
			    flags_in(ecn->end[TCPAUDIT_SERVER].synack)));
	if (ecn->mode == ECN_ACCURATE)
		check_third_ack(s);
}

/* RFC 9768, 3.2.3.2.1, and Table 5.  Other lengths are to be understood all the
 * same, as far as whole fields fit. */
void
ta_check_ecn_option(struct step *s)
{
	uint8_t length = s->seg->accecn_length;
	bool request = s->class == CLASS_SYN;

	if (!request &&
	    (length == 2 || length == 5 || length == 8 || length == 11))
		return;
	report(s, RULE_EC18, s->e, SEEN(LENGTH, length),
	    SEEN(FLAGS, s->seg->flags), SEVERITY_IF(request, WARNING, NOTE));
}

/* Where nobody agreed on RFC 9768, the bit is reserved (RFC 9293, 3.1).  What
 * SYNs ask for is judged above. */
bool
ta_ecn_forbids_ae(const struct step *s)
{
	const struct ecn *ecn = s->c->ecn;
	int mode;

	if (s->class == CLASS_SYN)
		return false;
	if (s->class == CLASS_SYNACK)
		return answers_the_syn(s) &&
		       !connection_is(s->c, CONN_ECN_FORGOTTEN) &&
		       (ecn == NULL || !(ecn->end[!s->sender].syn &
					   ~(unsigned)(ECN_PLAIN | ECN_SETUP)));
	mode = ta_ecn_mode(s->c);
	return mode == ECN_NONE || mode == ECN_CLASSIC;
}
