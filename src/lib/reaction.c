/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "reaction.h"

/* T(react) of rules D.1; the path from the monitor and back is added. */
#define T_REACTION (1000 * MILLISECOND)

/* It was decided by the reaction itself. */
static bool
is_told(const struct finding *f)
{
	for (size_t i = 0; i < f->record.value_count; i++)
		if (f->values[i].kind == TCPAUDIT_VALUE_REACTION)
			return true;
	return false;
}

static void
conclude(struct tcpaudit *t, struct connection *c, struct reaction *r,
    enum tcpaudit_reaction seen, tcpaudit_packet_id packet)
{
	if (is_told(r->finding)) {
		r->finding = NULL;
		return;
	}
	ta_conclude(t, c, r->finding,
	    (const struct fact[]){
		EXPECT(REACTION, r->finding->record.rule->must),
		SEEN(REACTION, seen), PROOF(packet) },
	    3);
	r->finding = NULL;
}

/* Silence: as it should be, or no answer. */
static enum tcpaudit_reaction
silence(const struct reaction *r)
{
	enum tcpaudit_reaction must = r->finding->record.rule->must;

	if (must == TCPAUDIT_REACTION_CLOSE || must == TCPAUDIT_REACTION_DROP)
		return must;
	return TCPAUDIT_REACTION_NONE;
}

/* RFC 9293, 3.5.2: the reset takes its sequence number from the ACK of what it
 * answers, and without one is 0 and acknowledges it. */
static bool
is_reset_of(const struct step *s, const struct reaction *r)
{
	if (!s->rst)
		return false;
	if (r->has_ack)
		return s->seg->seq == r->ack;
	return s->has_ack && s->seg->seq == 0 && s->seg->ack == r->end;
}

/* It goes on from the number that was acknowledged to it. */
static bool
is_taken(const struct step *s, const struct reaction *r)
{
	return !s->rst && !s->syn && s->has_ack && s->seg->seq == r->ack &&
	       s->seg->ack == r->end;
}

/* It is there, and has not reacted. */
static void
missed(struct step *s, struct reaction *r)
{
	const struct finding *f = r->finding;

	conclude(s->t, s->c, r, silence(r), 0);
	if (f->record.rule == &ta_rules[RULE_HS04] ||
	    f->record.rule == &ta_rules[RULE_HS05])
		ta_check_not_reset(
		    s, f->record.packet, r->ack, s->time - r->sent);
}

void
ta_reaction_expect(struct step *s, const struct finding *before)
{
	struct finding *f;
	struct reaction *r = &s->c->awaited[!s->sender];

	for (f = s->c->findings; f != NULL && f != before; f = f->next) {
		enum tcpaudit_reaction must = f->record.rule->must;

		if (must == TCPAUDIT_REACTION_NONE ||
		    must == TCPAUDIT_REACTION_RETRANSMIT ||
		    f->record.endpoint != s->sender ||
		    f->record.packet != s->t->packet || f->record.count != 1)
			continue;
		/* What is out of the window is acknowledged at most. */
		if (must == TCPAUDIT_REACTION_RESET && s->unbelieved)
			continue;
		r->finding = f;
		r->ack = s->seg->ack;
		r->end = s->seg->seq + s->length;
		r->has_ack = s->has_ack;
		r->sent = s->time;
		r->due = s->time + T_REACTION + ta_reach(s->p);
	}
}

void
ta_reaction_observe(struct step *s)
{
	struct reaction *r = &s->c->awaited[s->sender];
	enum tcpaudit_reaction must;

	if (r->finding == NULL)
		return;
	must = r->finding->record.rule->must;
	if (is_reset_of(s, r) && s->time <= r->due)
		conclude(s->t, s->c, r, TCPAUDIT_REACTION_RESET, s->t->packet);
	else if (must == TCPAUDIT_REACTION_CLOSE && !s->rst && !s->syn &&
		 s->time > r->sent + ta_reach(s->e))
		conclude(s->t, s->c, r, TCPAUDIT_REACTION_IGNORE, s->t->packet);
	else if (must == TCPAUDIT_REACTION_RESET && is_taken(s, r))
		conclude(s->t, s->c, r, TCPAUDIT_REACTION_IGNORE, s->t->packet);
	else if (s->time > r->due)
		missed(s, r);
	else if (must == TCPAUDIT_REACTION_ACK && s->has_ack && !s->rst &&
		 !s->syn &&
		 s->time >= r->sent + (s->e->rtt > 0 ? s->e->rtt / 2 : 0))
		conclude(s->t, s->c, r, TCPAUDIT_REACTION_ACK, s->t->packet);
}

void
ta_reaction_close(struct tcpaudit *t, struct connection *c)
{
	for (int end = 0; end < 2; end++) {
		struct reaction *r = &c->awaited[end];

		if (r->finding != NULL && t->now > r->due)
			conclude(t, c, r, silence(r), 0);
		r->finding = NULL;
	}
}
