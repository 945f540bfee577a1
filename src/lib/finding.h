/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Findings: one for each rule, connection and endpoint, however often it
 * fires.  Evidence is numbers; nothing here formats text. */
#ifndef FINDING_H
#define FINDING_H

#include <stdbool.h>

#include "connection.h"
#include "fold.h"
#include "rules.h"

/* One item of a report: what was expected, what was seen, what proves it, and
 * how sure it is.  Made with the macros below. */
struct fact {
	enum {
		FACT_SEEN,
		FACT_MOST,
		FACT_EXPECTED,
		FACT_PROOF,
		FACT_PROOFS_OF,
		FACT_AT,
		FACT_WHEN,
		FACT_SEVERITY,
		FACT_CONFIDENCE,
		FACT_DEMOTE,
		FACT_NOTHING
	} what;
	int key;
	int64_t value;
};

#define FACT(what, key, value) ((struct fact){ what, key, (int64_t)(value) })
#define SEEN(key, value)       FACT(FACT_SEEN, EVIDENCE_##key, value)
#define EXPECT(key, value)     FACT(FACT_EXPECTED, EVIDENCE_##key, value)
#define SEEN_IF(condition, key, value)                                         \
	FACT((condition) ? FACT_SEEN : FACT_NOTHING, EVIDENCE_##key, value)
#define EXPECT_IF(condition, key, value)                                       \
	FACT((condition) ? FACT_EXPECTED : FACT_NOTHING, EVIDENCE_##key, value)
/* Of the capture as a whole: the largest that was seen. */
#define MOST(key, value) FACT(FACT_MOST, EVIDENCE_##key, value)
/* The segment being judged is the reaction of the peer, and the right one. */
#define REACTED_IF(condition, reaction)                                        \
	EXPECT_IF(condition, REACTION, TCPAUDIT_REACTION_##reaction),          \
	    SEEN_IF(condition, REACTION, TCPAUDIT_REACTION_##reaction)
/* A packet that proves it.  The one being judged is added by itself. */
#define PROOF(packet) FACT(FACT_PROOF, 0, packet)
/* What proves the finding of another rule about `end`, if there is one. */
#define PROOFS_OF(rule, end) FACT(FACT_PROOFS_OF, end, rule)
/* The packet the finding is about, if not the one being judged. */
#define AT(packet) FACT(FACT_AT, 0, packet)
/* The moment of decision, if not that of the packet being judged. */
#define WHEN(time) FACT(FACT_WHEN, 0, time)
/* Overrides of the catalogue's severity and confidence. */
#define SEVERITY(s)   FACT(FACT_SEVERITY, 0, TCPAUDIT_##s)
#define CONFIDENCE(c) FACT(FACT_CONFIDENCE, 0, TCPAUDIT_##c)
#define SEVERITY_IF(condition, yes, no)                                        \
	FACT(FACT_SEVERITY, 0, (condition) ? TCPAUDIT_##yes : TCPAUDIT_##no)
#define CONFIDENCE_IF(condition, yes, no)                                      \
	FACT(FACT_CONFIDENCE, 0, (condition) ? TCPAUDIT_##yes : TCPAUDIT_##no)
/* If `condition` holds: one step less severe, and only possible (B.0.3). */
#define DEMOTE_IF(condition) FACT(FACT_DEMOTE, 0, (condition) ? 1 : 0)

struct finding {
	struct finding *next;
	struct tcpaudit_finding record;
	tcpaudit_packet_id packets[TCPAUDIT_EVIDENCE_MAX];
	struct tcpaudit_value values[TCPAUDIT_VALUES_MAX];
	uint8_t key[TCPAUDIT_VALUES_MAX]; /* EVIDENCE_* of each */
	struct tcpaudit_host hosts[2];	  /* of values that are addresses */
	uint64_t count_written;
	struct told told;
};

/* Reports that `rule` fires on connection `c` (NULL: on the capture) for
 * endpoint `end` (-1: neither).  A repetition only counts, and adds the packet
 * to the evidence. */
#define ta_report(t, c, rule, end, ...)                                        \
	ta_report_facts(t, c, rule, end, (const struct fact[]){ __VA_ARGS__ }, \
	    sizeof((const struct fact[]){ __VA_ARGS__ }) /                     \
		sizeof(struct fact))
void ta_report_facts(struct tcpaudit *, struct connection *c, enum rule,
    int end, const struct fact *, size_t count);

/* Reports that `rule` fires on the capture as a whole.  A repetition only
 * counts, and adds the packet to the evidence. */
#define ta_report_capture(t, rule, ...)                                        \
	ta_report_capture_facts(t, rule, (const struct fact[]){ __VA_ARGS__ }, \
	    sizeof((const struct fact[]){ __VA_ARGS__ }) /                     \
		sizeof(struct fact))
void ta_report_capture_facts(
    struct tcpaudit *, enum rule, const struct fact *, size_t count);

/* A rule that is spoken of and not reported: tests/rules.py counts the places
 * where one is. */
#define ABOUT(rule) (rule)

/* The finding of a rule that fires on the capture as a whole, or NULL. */
struct finding *ta_defect(const struct tcpaudit *, enum rule);

/* That one fires once more: for one without values that are raised, the same as
 * ta_report_capture(). */
void ta_defect_prove(struct finding *, tcpaudit_packet_id packet);

static inline void
defect_repeats(struct finding *f, tcpaudit_packet_id packet)
{
	f->record.count++;
	f->record.last_packet = packet;
	if (f->record.packet_count < TCPAUDIT_EVIDENCE_MAX)
		ta_defect_prove(f, packet);
}

/* The capture is over: as ta_findings_close() for those of a connection. */
void ta_defects_close(struct tcpaudit *);

/* Reports that `rule` fires on many connections, or writes the finding that is
 * held in *held again.  `hosts` are two, of which one may be all zero; `times`
 * it fired by now. */
void ta_report_many(struct tcpaudit *, struct finding **held, enum rule,
    const struct tcpaudit_host *hosts, uint64_t times, const struct fact *,
    size_t count);

/* Nothing more is to be said of it. */
void ta_many_close(struct tcpaudit *, struct finding *);

/* The findings of a connection that a finding over many connections tells by
 * now are written again as withdrawn, with a count of 0. */
void ta_findings_fold(struct tcpaudit *, struct connection *);

/* What was reported as `f` turns out to be `rule`: the record is written again
 * under its id.  If `rule` was reported already, it counts once more there and
 * `f` stays as it is.  NULL: nothing was reported, and `rule` now is. */
#define ta_revise(t, c, f, rule, end, ...)                                     \
	ta_revise_facts(t, c, f, rule, end,                                    \
	    (const struct fact[]){ __VA_ARGS__ },                              \
	    sizeof((const struct fact[]){ __VA_ARGS__ }) /                     \
		sizeof(struct fact))
void ta_revise_facts(struct tcpaudit *, struct connection *c, struct finding *f,
    enum rule, int end, const struct fact *, size_t count);

/* Adds what was learned later to a finding, which is written again. */
void ta_conclude(struct tcpaudit *, struct connection *c, struct finding *f,
    const struct fact *, size_t count);

/* What was suspected is confirmed, or no more than possible: written again with
 * that severity. */
void ta_regrade(struct tcpaudit *, struct connection *c, struct finding *f,
    enum tcpaudit_severity, enum tcpaudit_confidence);

/* Revises `f` or, if it is NULL, reports anew. */
#define ta_restate(t, c, f, rule, end, ...)                                    \
	ta_restate_facts(t, c, f, rule, end,                                   \
	    (const struct fact[]){ __VA_ARGS__ },                              \
	    sizeof((const struct fact[]){ __VA_ARGS__ }) /                     \
		sizeof(struct fact))
void ta_restate_facts(struct tcpaudit *, struct connection *c,
    struct finding *f, enum rule, int end, const struct fact *, size_t count);

/* Forgets findings of which nothing more is to be said by what holds them. */
void ta_findings_drop(struct tcpaudit *, struct finding *list);

/* The finding of a rule, or NULL.  `end` -1 matches only findings about
 * neither. */
struct finding *ta_finding(const struct connection *c, enum rule, int end);

/* The connection is over: findings whose count has grown are written again,
 * and all are forgotten. */
void ta_findings_close(struct tcpaudit *, struct connection *c);

#endif
