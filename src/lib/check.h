/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* One segment being judged, and the checks that judge it.
 *
 * Order of a step: the range of the segment is classified and it is judged
 * against what was known *before* it (ta_check_*_sent); then the belief moves
 * (belief.h), the variables are updated, and what the segment means for the
 * one it is on its way to is judged (ta_check_*_after).  Checks never change a
 * state; of the endpoints they write only counters and obligations. */
#ifndef CHECK_H
#define CHECK_H

#include "engine.h"
#include "finding.h"
#include "seq.h"

/* Class of a segment by its control bits (rules 0.1). */
enum segment_class {
	CLASS_SYN,
	CLASS_SYNACK,
	CLASS_ACK, /* no text, no SYN, FIN or RST */
	CLASS_DATA,
	CLASS_FIN, /* with or without text */
	CLASS_RST,
	CLASS_NONE /* no ACK, SYN, RST or FIN: never sent by TCP */
};

/* What the numbers of the segment are to its sender's sequence space (B.8). */
enum segment_range {
	RANGE_EMPTY, /* no octet: an acknowledgment */
	RANGE_NEW,   /* begins at SND.NXT as far as seen */
	RANGE_AHEAD, /* begins above: leaves a hole */
	RANGE_KEEPALIVE,
	RANGE_PROBE, /* of a closed window */
	RANGE_SYN_COPY,
	RANGE_FIN_COPY,
	RANGE_REFUSED,	 /* data of a SYN, which the peer did not take */
	RANGE_MENDED,	 /* its first copy had a wrong checksum */
	RANGE_REORDERED, /* fills a hole, only late */
	RANGE_REPAIR,	 /* fills a hole: lost before the monitor */
	RANGE_UNCERTAIN, /* a copy or a repair: too many holes to know */
	RANGE_NETWORK_COPY,
	RANGE_ACK_LOST, /* acknowledged here long before */
	RANGE_SPURIOUS, /* acknowledged here, crossing */
	RANGE_FAST,	/* retransmitted: cause */
	RANGE_TIMEOUT,
	RANGE_TAIL_PROBE,
	RANGE_OTHER_COPY
};

/* Where the segment lies in the peer's receive window (A.4.2). */
enum segment_fate {
	FATE_UNKNOWN, /* the window is not known */
	FATE_OLD,     /* definitely rejected: all of it received before */
	FATE_BEYOND,  /* definitely rejected: right of the window */
	FATE_PAWS,    /* definitely rejected: RFC 7323, 5.3 R1 */
	FATE_NEXT,    /* can be in order */
	FATE_INSIDE   /* in the window, after a hole */
};

struct step {
	struct tcpaudit *t;
	struct connection *c;
	const struct segment *seg;
	struct endpoint *e, *p; /* the sender; its peer */
	int sender;		/* enum tcpaudit_end of e */
	enum segment_class class;
	int64_t time;
	uint32_t n;	 /* payload octets */
	uint32_t length; /* SEG.LEN */
	bool syn, fin, rst, has_ack;
	struct stimulus before; /* the segment before this one */
	int64_t q, end;	  /* of e's space: SEG.SEQ, and SEG.SEQ + SEG.LEN */
	int64_t window;	  /* scaled; -1: scale unknown */
	int64_t old_ack;  /* e.ack before it */
	int64_t peer_max; /* p.max before it */

	/* From here on all is 0 at first: see ta_step(). */
	enum segment_range range;
	enum segment_fate fate;
	int64_t a; /* of p's space: SEG.ACK; valid if has_ack */
	int64_t holes_acked, hole_start; /* octets of p never seen that its
					    ACK covers */
	bool new_isn; /* a SYN whose number the sender did not use before */
	bool stale;   /* left its sender before what was seen already */
	bool foreign; /* not of this connection as far as numbers tell */
	bool fin_copy;
	bool new_data;	     /* carries octets above e.max */
	bool window_changed; /* the advertised window is another than before */
	bool progress;	     /* its ACK is above all before */
	bool ack_old;	     /* its ACK is below one sent before */
	bool explained_by_loss;
	bool contradiction; /* no possible state can have sent it */
	bool late_capture;  /* its ACK was captured before it */
	bool absurd_ack; /* it acknowledges what its sender had no room for */
	bool doomed;	 /* a RST that ends its sender is on its way there */
	bool damaged;	 /* its checksum is wrong: its receiver drops it */
	bool mended;	 /* what was damaged, again */
	bool unproved;	 /* it does not prove that its sender received */
	bool judged;	 /* a specific rule says why it is impossible */
	bool unbelieved; /* its receiver drops it, its sender is in doubt */
	bool refused;	 /* its receiver drops it, its sender moves */
	bool reply;	 /* answers the segment before it, which was p's */
	bool abort;	 /* a RST at its sender's SND.NXT */
	bool odd;	 /* a RST with a number that no rule gives it */
	bool old_incarnation;
	bool settled;	       /* the belief about neither end moves by it */
	uint16_t was_possible; /* the states of e before it */
};

/* What a round trip that is not known counts as. */
#define RTT_UNKNOWN (100 * MILLISECOND)

/* How much longer one may take (rules 0.1: max(10 ms, rtt/2)). */
static inline int64_t
rtt_slack(int64_t rtt)
{
	return rtt / 2 > 10 * MILLISECOND ? rtt / 2 : 10 * MILLISECOND;
}

/* How long an answer of x may take to pass the monitor: its round trip and
 * slack. */
int64_t ta_rtt(const struct endpoint *x);
int64_t ta_slack(const struct endpoint *x);
/* Whether x may be the host that captures: it answers too fast to be anywhere
 * else, or nobody knows how fast.  Its network card cuts and joins segments. */
bool ta_may_be_here(const struct endpoint *x);
int64_t ta_reach(const struct endpoint *x); /* rtt + slack */
/* The same, by what was measured in the former incarnation if nothing is yet:
 * a guess, the ports may be another host's now. */
int64_t ta_reach_guessed(const struct endpoint *x);
/* No timer retransmits that soon: the network has made two of one. */
#define NO_TIMER (10 * MILLISECOND)
/* RTO_est of a sender e toward p (A.9). */
int64_t ta_rto(const struct endpoint *e, const struct endpoint *p);

/* What is kept for few endpoints only; NULL if memory is short. */
struct watch *ta_watch(struct tcpaudit *, struct endpoint *);
/* The largest segment that e sends to p (RFC 9293, 3.7.1), as far as its
 * options and what it has sent tell; 0: it has sent no text. */
int64_t ta_largest_segment(const struct connection *, const struct endpoint *e);
/* The window of the sender's peer opened, and its probes say that it does not
 * know. */
bool ta_probes_open_window(const struct step *);
/* Its window is closed, and it answers the probes of its peer `x`. */
bool ta_persists(const struct connection *, int x);

/* Report for the sender, its peer, or neither. */
#define report(s, rule, x, ...)                                                \
	ta_report((s)->t, (s)->c, rule, connection_end((s)->c, x), __VA_ARGS__)

/* check_retransmit.c: classifies s->range, then reports. */
void ta_classify_range(struct step *);
void ta_check_retransmit(struct step *);
/* Whether what is sent again should have been, and then. */
void ta_check_resend(struct step *);
void ta_check_needless(struct step *);
/* The peer reports octets that it received twice. */
void ta_check_received_twice(struct step *, const struct sack_block *);
void ta_count_duplicate_ack(struct step *);
/* Before anything else is known of the connection. */
void ta_check_header(struct step *);
/* What is compared with the segment before it. */
void ta_check_header_change(struct step *);
/* A wrong checksum that was not explained. */
void ta_check_doubt(struct tcpaudit *, struct connection *, int end);
void ta_check_option(struct step *);
void ta_check_option_numbers(struct step *);
void ta_check_syn_options(struct step *);
/* No copy of x's SYN that says something else can have been missed: the capture
 * was on before, and nothing shows that packets of it are missing. */
bool ta_first_syn_known(const struct step *, const struct endpoint *x);
/* The sender's first segment after its SYN. */
void ta_check_mss_missing(struct step *);
/* A header of 60 octets. */
void ta_check_room(struct step *);
void ta_check_multipath(struct step *);
void ta_check_timestamps(struct step *);
/* Whether so many ticks in so many ns, the span of what was seen of them, are
 * those of a clock as it should be, as far as can be told. */
bool ta_is_clock(int64_t span, uint32_t ticks);
void ta_check_timestamp_clock(struct tcpaudit *, struct connection *, int end);
void ta_check_sack(struct step *);
/* Before the flight of p forgets what is acknowledged. */
void ta_check_reneging(struct step *);
void ta_check_handshake_sent(struct step *);
void ta_check_handshake_after(struct step *);
void ta_check_syn(struct step *);
void ta_check_synack(struct step *);
/* Of a SYN, or of the SYN-ACK that answers it. */
void ta_check_address(struct step *);
/* A segment without SYN, RST and ACK: text or a FIN of a client whose SYN has
 * no answer? */
bool ta_check_unanswered(struct step *);
/* The third segment of the handshake, of `end`, acknowledges what its peer has
 * not sent; in place of `f`, what was first said of it, if that is not NULL. */
void ta_check_third_number(
    struct step *, struct finding *f, int end, int64_t ack);
/* The third segment of the handshake, in `packet` and of `end`, has the wrong
 * sequence number; `sure`: whatever was not captured. */
void ta_check_third_sequence(struct tcpaudit *, struct connection *, int end,
    tcpaudit_packet_id packet, int64_t seq, bool sure);
/* The SYN-ACK in `packet`, which acknowledged `ack`, had to be reset by the
 * sender, which is there and has not. */
void ta_check_not_reset(
    struct step *, tcpaudit_packet_id packet, uint32_t ack, int64_t waited);
/* A time in 10 ms, saturating. */
uint16_t ta_hundredths(int64_t time);
/* How long the handshake took its ends. */
/* RFC 6298, Appendix A. */
#define T_SLOW (3 * SECOND)
void ta_check_slow(struct tcpaudit *, struct connection *);
void ta_check_self(struct step *);
void ta_check_data_sent(struct step *);
/* A loop of ACKs that disagree (RFC 1337, 2.3; RFC 5961, 10). */
void ta_check_storm(struct step *);
/* check_conflict.c: whether text that is sent again is the same. */
void ta_check_conflict(struct step *);
/* Whether e's own segments disprove what p acknowledged. */
bool ta_check_unseen(struct step *);
/* Before the flight of p forgets what is acknowledged. */
void ta_check_acknowledged(struct step *);
void ta_check_data_after(struct step *);
void ta_check_window(struct step *);
/* The segment left its sender after all that has passed of it. */
bool ta_sent_last(const struct step *);
/* check_probe.c: probes of a closed window, and their answers. */
void ta_check_probe(struct step *);
/* A window is closed for long. */
void ta_check_window_closed(struct tcpaudit *, struct connection *, int end);
/* So much apart, no card or driver has joined segments; so many, acknowledged
 * at once, are a stretch; so much, not acknowledged, is a lot of text. */
#define NOT_JOINED (5 * MILLISECOND)
#define STRETCH	   5
#define MUCH	   65536
/* check_ack.c: acknowledgments, before the flight of p forgets. */
void ta_check_ack(struct step *);
/* A segment without the ACK flag that has an acknowledgment number. */
void ta_check_ack_field(struct step *);
void ta_check_keepalive(struct step *);
/* check_ecn.c: marks, and what was negotiated (enum ecn_mode).  The parts: what
 * SYNs say, the first segment after them, an AccECN option, and the echoes of
 * RFC 3168. */
void ta_check_ecn(struct step *);
int ta_ecn_mode(const struct connection *);
void ta_check_ecn_syn(struct step *);
void ta_check_ecn_open(struct step *);
void ta_check_ecn_option(struct step *);
void ta_check_ecn_echo(struct step *);
/* Whether the AE bit of the segment can have no meaning. */
bool ta_ecn_forbids_ae(const struct step *);
void ta_check_close_sent(struct step *);
void ta_check_close_after(struct step *);
void ta_check_timewait_sent(struct step *);
void ta_check_timewait_after(struct step *);
/* A SYN with number `isn` uses the ports of a connection again that ended
 * `since` ago, where nothing stands in its way. */
void ta_check_port_reuse(struct tcpaudit *, struct connection *,
    tcpaudit_packet_id proof, int64_t since, uint32_t isn);
/* Whether a SYN with number `isn` is an old one, of the former incarnation. */
void ta_check_old_syn(struct tcpaudit *, struct connection *, int end,
    tcpaudit_packet_id packet, uint32_t isn);
/* Which SYN of the peer the segment acknowledges: its index among the
 * candidates, newest 0; -1: none. */
int ta_acknowledged_syn(const struct step *);
/* Whether it acknowledges the peer's SYN of the former incarnation. */
bool ta_acknowledges_former(const struct step *);
/* It acknowledges a SYN of this tuple, of now or of the former incarnation. */
bool ta_acknowledges_a_syn(const struct step *);
/* Whether x's TIME-WAIT is still on. */
bool ta_in_timewait(const struct step *, const struct endpoint *x);
/* The reset ladder; sets what the reset means for belief.c. */
void ta_check_reset(struct step *);
/* A reset that concerns the handshake, and whether its receiver takes it. */
bool ta_check_reset_in_handshake(struct step *, bool *accepted);
/* One by or toward an end in TIME-WAIT; `exact`: its receiver can take it. */
bool ta_check_timewait_reset(struct step *, bool exact);
/* A reset, proved by `proof`, ends the peer's TIME-WAIT. */
void ta_check_timewait_killed(struct step *, tcpaudit_packet_id proof);
/* The client rejects a SYN-ACK for a SYN that is not its current one.  `f`:
 * what was said when it did; the segment is that current SYN. */
void ta_check_historical(struct step *, struct finding *f);
/* What was said of the last RST of `x` as its own abort, or NULL. */
struct finding *ta_reset_finding(
    const struct connection *, const struct endpoint *x);
/* Signs that a RST is not its sender's own, worth `points` (rules B.5, RS12):
 * false, there are too few. */
bool ta_check_reset_signs(struct step *, unsigned points);
/* It is one of several in a row. */
void ta_check_reset_train(struct step *);
/* The last RST of the sender is not its own: RS12, in place of what was said of
 * that RST. */
void ta_check_forged(struct step *, unsigned score);
/* It carries what was not sent before: not a copy that the network kept. */
bool ta_says_new(const struct step *);
/* The sender of a RST goes on. */
void ta_check_after_own_reset(struct step *);
/* Segments that show what became of an earlier reset. */
void ta_check_after_reset(struct step *);
/* A RST in the window that is not exact: of `end`, in `packet`.  `f`: what was
 * said of it before that was known. */
void ta_check_inexact(struct step *, struct finding *f, int end,
    tcpaudit_packet_id packet, int64_t expected, int64_t seq);
/* The segment challenges the RST or SYN in `packet` (RFC 5961, 3.2, 4.2). */
void ta_check_challenge(struct step *, tcpaudit_packet_id packet);
/* The SYN of a challenger is answered by a reset (RFC 793). */
bool ta_check_syn_reset(struct tcpaudit *, const struct flow *);
/* A half-open connection was found by the SYN of `opener` (RFC 9293, Figure 9).
 * `idle`: for how long nothing had passed; -1: unknown. */
void ta_check_half_open(struct tcpaudit *, struct connection *, int end,
    const struct connection *opener, int64_t idle);
void ta_check_capture(struct step *);
/* `f` is not about what the capture lost: it has swapped the segment and the
 * answer, which passed at `answered`. */
void ta_check_swapped(struct step *, struct finding *f, int64_t answered,
    tcpaudit_packet_id answer);
/* A SYN-ACK may be one that passed before, under another tuple. */
void ta_check_translated(struct step *);
/* Whether that would say something of it. */
bool ta_is_translated(const struct tcpaudit *, const struct segment *);
/* A SYN-ACK, of whatever connection, is remembered. */
void ta_note_synack(struct tcpaudit *, const struct segment *);
/* Text of p beyond every window that was seen was taken. */
void ta_check_update_missed(struct step *);
/* A packet is missing: what would need it proves less for a while. */
void ta_capture_lost(struct step *);
/* What a peer that was not captured must have done. */
void ta_infer_silent_close(struct step *);

/* Whether it is the very frame again, which says nothing new (CP08). */
bool ta_captured_twice(struct step *);

/* CP05 of the end that spoke, or, with -1, of a connection that followed: then
 * `f` is what was said of its first segment. */
void ta_check_handshake_missed(struct tcpaudit *, struct connection *, int end,
    struct finding *f, tcpaudit_packet_id, uint8_t flags);

/* A SYN took the place of the live connection: it was answered by a SYN-ACK
 * (`accepted`), or by an ACK of the old connection which its sender reset. */
void ta_check_replaced(struct tcpaudit *, struct flow *, bool accepted);

/* Timed rules of the teardown: the FIN of `end` was not acknowledged in time;
 * `grace`: because the capture ended (rules D.1, H.1). */
void ta_check_fin_unacked(
    struct tcpaudit *, struct connection *, int end, bool grace);
void ta_check_close_wait(struct tcpaudit *, struct connection *, int end);
/* A FIN repeated in TIME-WAIT got no answer (V4). */
void ta_check_fin_not_reacked(struct tcpaudit *, struct connection *);
/* A SYN in a TIME-WAIT got no answer. */
void ta_check_reuse_ignored(struct tcpaudit *, struct connection *);
/* Timed rules of the handshake. */
void ta_check_no_answer(struct tcpaudit *, struct connection *, bool grace);
void ta_check_no_third_ack(struct tcpaudit *, struct connection *, bool grace);
/* A keepalive got no answer. */
void ta_check_keepalive_unanswered(struct tcpaudit *, struct connection *);
/* `end` gave the connection up after keepalives: reset it, or (`silent`) was
 * heard of no more. */
void ta_check_keepalive_death(
    struct tcpaudit *, struct connection *, int end, bool silent);
/* Text of `end` beyond the window; `answered`: its peer did not take it. */
void ta_check_over_window(
    struct tcpaudit *, struct connection *, int end, bool answered);
/* Silence with text unacknowledged. */
void ta_check_unacked_silence(struct tcpaudit *, struct connection *);
/* An ICMP error quotes a segment of `end`. */
void ta_check_icmp(struct tcpaudit *, struct connection *, int end,
    const struct segment *quote);
/* A reset that follows such an error. */
void ta_check_icmp_abort(struct step *);
/* Whether an ICMP error said that segments of `end` do not arrive. */
bool ta_icmp_told(const struct connection *, int end);
/* The least MTU of the path that ICMP told `end`; 0: none. */
uint32_t ta_icmp_mtu(const struct connection *, int end);
/* Whether ICMP says nothing of the sender's segments, though it would be in the
 * capture. */
bool ta_icmp_silent(const struct step *);
/* What is decided only at the end of retransmissions. */
void ta_check_retransmit_end(struct tcpaudit *, struct connection *, int end);
void ta_check_capture_end(struct tcpaudit *, struct connection *);
/* One side of the capture is missing (CP02). */
bool ta_one_sided(const struct connection *);

/* The SYN of a challenger came to nothing (RFC 9293, 3.10.7.4, fourth). */
void ta_check_stray_syn(
    struct tcpaudit *, struct connection *challenger, bool at_eof);
/* So did the SYN or SYN-ACK with number `isn` in `packet`. */
void ta_check_stray(struct tcpaudit *, struct connection *, int end,
    tcpaudit_packet_id packet, int64_t isn, bool at_eof);
/* `end` believed a reset in its window that was not exact. */
void ta_check_believed(struct tcpaudit *, struct connection *, int end);
/* Whether it fell silent after one. */
void ta_check_inexact_end(struct tcpaudit *, struct connection *, int end);

/* The incarnation ends (closed, replaced, aged or end of input). */
void ta_check_end(struct tcpaudit *, struct connection *, bool at_eof);

#endif
