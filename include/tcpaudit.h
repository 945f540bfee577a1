/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/*
 * libtcpaudit: packets and the capture clock go in, what each TCP connection
 * did wrong comes out.
 *
 * The library does no I/O, never asks what time it is, starts no thread and
 * keeps nothing outside the objects it returns.  Three rules of ownership
 * hold everywhere:
 *
 *  - packet bytes are borrowed for the duration of the call that takes them;
 *  - a record and all it points to are borrowed for the duration of the
 *    callback, except `rule`, which lives for ever;
 *  - one engine is used by one thread at a time; two engines share nothing.
 *
 * A malformed packet is data, not an error: it is counted.  Errors are
 * TCPAUDIT_ENOMEM and misuse.
 */
#ifndef TCPAUDIT_H
#define TCPAUDIT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library is built with everything else hidden. */
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

#define TCPAUDIT_VERSION "0.1.0"

enum tcpaudit_error {
	TCPAUDIT_OK = 0,
	TCPAUDIT_ENOMEM = -1, /* the allocator said no */
	TCPAUDIT_EINVAL = -2, /* misuse: configuration, or order of calls */
};

/* ------------------------------------------------------------- vocabulary */

/* RFC 9293, 3.3.2.  TCPAUDIT_STATES is their number. */
enum tcpaudit_state {
	TCPAUDIT_CLOSED,
	TCPAUDIT_LISTEN,
	TCPAUDIT_SYN_SENT,
	TCPAUDIT_SYN_RECEIVED,
	TCPAUDIT_ESTABLISHED,
	TCPAUDIT_FIN_WAIT_1,
	TCPAUDIT_FIN_WAIT_2,
	TCPAUDIT_CLOSE_WAIT,
	TCPAUDIT_CLOSING,
	TCPAUDIT_LAST_ACK,
	TCPAUDIT_TIME_WAIT,
	TCPAUDIT_STATES
};

enum tcpaudit_severity {
	TCPAUDIT_CAPTURE, /* the capture is defective, not an endpoint */
	TCPAUDIT_NOTE,	  /* legal but noteworthy */
	TCPAUDIT_WARNING, /* a SHOULD ignored, or strong evidence of trouble */
	TCPAUDIT_ERROR,	  /* a MUST or an event-processing step violated */
	TCPAUDIT_SEVERITIES
};

enum tcpaudit_confidence {
	TCPAUDIT_POSSIBLE,
	TCPAUDIT_LIKELY,
	TCPAUDIT_CERTAIN,
	TCPAUDIT_CONFIDENCES
};

enum tcpaudit_trigger {
	TCPAUDIT_SENT,	   /* the endpoint sent a segment */
	TCPAUDIT_RECEIVED, /* a segment on its way to the endpoint */
	TCPAUDIT_TIMER	   /* a timer ran out on the capture clock */
};

enum tcpaudit_certainty {
	TCPAUDIT_STATE_CERTAIN,	 /* no other state explains the trace */
	TCPAUDIT_STATE_PRESUMED, /* if what passed was delivered */
	TCPAUDIT_STATE_RETRACTED /* proved never to have been entered: back */
};

/* Index of an endpoint in every array of two.  The client sent the first SYN
 * (or, without one, is guessed). */
enum tcpaudit_end { TCPAUDIT_CLIENT = 0, TCPAUDIT_SERVER = 1 };

/* Why a frame, or a part of one, was not audited; see tcpaudit_skip_name(). */
enum tcpaudit_skip {
	TCPAUDIT_SKIP_LINK_TYPE, /* a link type that is not decoded */
	TCPAUDIT_SKIP_LINK,	 /* link header cut short or not valid */
	TCPAUDIT_SKIP_NOT_IP,	 /* ARP, LLDP, ...: no IP inside */
	TCPAUDIT_SKIP_IP,	 /* IP header cut short or not valid */
	TCPAUDIT_SKIP_UDP,	 /* UDP that is no tunnel */
	TCPAUDIT_SKIP_ICMP,
	TCPAUDIT_SKIP_SCTP,
	TCPAUDIT_SKIP_ESP,	    /* encrypted */
	TCPAUDIT_SKIP_IP_PROTOCOL,  /* any other protocol above IP */
	TCPAUDIT_SKIP_TUNNEL_DEPTH, /* tunnels nested deeper than the bound */
	TCPAUDIT_SKIP_FRAGMENT,	    /* first part not (yet) seen, or given up */
	TCPAUDIT_SKIP_TCP_HEADER,   /* TCP header cut short by the capture */
	TCPAUDIT_SKIP_ENCRYPTED,    /* 802.11 protected frame, MACsec */
	TCPAUDIT_SKIPS
};

/* What separates two flows beside the 4-tuple. */
enum tcpaudit_flow_key {
	TCPAUDIT_KEY_TUPLE,
	TCPAUDIT_KEY_TUPLE_VLAN,
	TCPAUDIT_KEY_TUPLE_TUNNEL
};

enum tcpaudit_checksum {
	TCPAUDIT_CHECKSUM_AUTO, /* all of a host wrong: it offloads */
	TCPAUDIT_CHECKSUM_VERIFY,
	TCPAUDIT_CHECKSUM_IGNORE
};

/* Timer defaults of a stack; AUDIT_RFC is RFC 9293's own numbers. */
enum tcpaudit_stack {
	TCPAUDIT_STACK_RFC,
	TCPAUDIT_STACK_LINUX,
	TCPAUDIT_STACK_BSD,
	TCPAUDIT_STACK_MACOS,
	TCPAUDIT_STACK_WINDOWS
};

/* The connection verdicts: exactly one for each incarnation. */
enum tcpaudit_verdict {
	TCPAUDIT_VERDICT_SCAN_PROBE,
	TCPAUDIT_VERDICT_BACKSCATTER,
	TCPAUDIT_VERDICT_ONE_SIDED,
	TCPAUDIT_VERDICT_FIN_IN_HANDSHAKE,
	TCPAUDIT_VERDICT_NO_ANSWER,
	TCPAUDIT_VERDICT_ATTEMPT_WITHDRAWN,
	TCPAUDIT_VERDICT_REFUSED,
	TCPAUDIT_VERDICT_HISTORICAL_REJECTED,
	TCPAUDIT_VERDICT_HANDSHAKE_CLIENT_RESET,
	TCPAUDIT_VERDICT_HANDSHAKE_TIMEOUT,
	TCPAUDIT_VERDICT_HANDSHAKE_SERVER_RESET,
	TCPAUDIT_VERDICT_SUPERSEDED,
	TCPAUDIT_VERDICT_REPLACED_HALF_OPEN,
	TCPAUDIT_VERDICT_ABORTED_INJECTED_SUSPECT,
	TCPAUDIT_VERDICT_COMPLETE_SIMULTANEOUS_CLOSE,
	TCPAUDIT_VERDICT_COMPLETE_ORDERLY,
	TCPAUDIT_VERDICT_COMPLETE_LAST_ACK_MISSING,
	TCPAUDIT_VERDICT_CLOSED_THEN_RESET,
	TCPAUDIT_VERDICT_ABORTED_BY_CLIENT_AFTER_FIN,
	TCPAUDIT_VERDICT_ABORTED_BY_SERVER_AFTER_FIN,
	TCPAUDIT_VERDICT_ABORTED_BY_CLIENT_BEFORE_DATA,
	TCPAUDIT_VERDICT_ABORTED_BY_CLIENT_AFTER_DATA,
	TCPAUDIT_VERDICT_ABORTED_BY_SERVER_BEFORE_DATA,
	TCPAUDIT_VERDICT_ABORTED_BY_SERVER_AFTER_DATA,
	TCPAUDIT_VERDICT_HALF_CLOSED,
	TCPAUDIT_VERDICT_FIN_UNACKED,
	TCPAUDIT_VERDICT_KEEPALIVE_DEAD,
	TCPAUDIT_VERDICT_TIMED_OUT,
	TCPAUDIT_VERDICT_MIDSTREAM_CLOSED,
	TCPAUDIT_VERDICT_MIDSTREAM_ABORTED,
	TCPAUDIT_VERDICT_MIDSTREAM_OPEN,
	TCPAUDIT_VERDICT_STILL_OPEN,
	TCPAUDIT_VERDICT_HANDSHAKE_INCOMPLETE_AT_EOF,
	TCPAUDIT_VERDICTS
};

/* -------------------------------------------------------------- catalogue */

/* What RFC 9293 asks of the one that a segment reaches; see
 * tcpaudit_reaction_text(). */
enum tcpaudit_reaction {
	TCPAUDIT_REACTION_NONE,	 /* nothing that the rule is about */
	TCPAUDIT_REACTION_DROP,	 /* discards it in silence */
	TCPAUDIT_REACTION_ACK,	 /* discards it, acknowledges what it has */
	TCPAUDIT_REACTION_RESET, /* answers it with a reset (3.5.2) */
	TCPAUDIT_REACTION_CLOSE, /* takes it, is CLOSED, says nothing */
	TCPAUDIT_REACTION_RETRANSMIT, /* sends again what is missing */
	TCPAUDIT_REACTION_IGNORE,     /* goes on as if nothing had come: not
					 conforming where it must CLOSE */
	TCPAUDIT_REACTIONS
};

struct tcpaudit_reference {
	uint16_t rfc;	     /* 0 ends a list */
	const char *section; /* "3.10.7.4", or "" for the whole document */
};

/* One rule of the catalogue.  Lives for ever.  Strings are UTF-8, never NULL
 * unless said. */
struct tcpaudit_rule {
	const char *code; /* "HS01" */
	const char *name; /* "handshake-missing-third-ack": never renamed */
	enum tcpaudit_severity severity;     /* unless a finding says else */
	enum tcpaudit_confidence confidence; /* likewise */
	struct tcpaudit_reference rfc[4];
	const char *title;   /* one line, without a full stop */
	const char *text;    /* template of the message, see tcpaudit_value */
	const char *meaning; /* what happened and what the RFC rule is */
	/* What a conforming peer of the endpoint the finding is about does. */
	enum tcpaudit_reaction must;
	const char *cause; /* what is usually behind it on real networks */
	const char *next;  /* what to look at next */
	/* Of a finding about the capture: what it does to all others; else
	 * NULL. */
	const char *effect;
	/* Their names for it, or NULL. */
	const char *wireshark, *zeek, *suricata;
};

/* Number of rules, and rule i (0 to count-1, in catalogue order). */
size_t tcpaudit_rule_count(void);
const struct tcpaudit_rule *tcpaudit_rule(size_t i);
/* By name ("ack-unsent") or code ("DA01", any case); NULL if there is none. */
const struct tcpaudit_rule *tcpaudit_rule_find(const char *name);

/* The words of the records ("ESTABLISHED", "warning", "still-open", ...).
 * Each returns NULL outside its enumeration. */
const char *tcpaudit_state_name(enum tcpaudit_state s);
const char *tcpaudit_severity_name(enum tcpaudit_severity s);
const char *tcpaudit_confidence_name(enum tcpaudit_confidence c);
const char *tcpaudit_verdict_name(enum tcpaudit_verdict v);
const char *tcpaudit_trigger_name(enum tcpaudit_trigger t);
const char *tcpaudit_certainty_name(enum tcpaudit_certainty c);
const char *tcpaudit_skip_name(enum tcpaudit_skip s);
const char *tcpaudit_reaction_name(enum tcpaudit_reaction r);
/* The same in a sentence; NULL for TCPAUDIT_REACTION_NONE as well. */
const char *tcpaudit_reaction_text(enum tcpaudit_reaction r);

/* ---------------------------------------------------------------- records */

/* A packet of one of the inputs: index of the input (from 0) and number in it
 * (from 1, as Wireshark counts).  0 is no packet. */
typedef uint64_t tcpaudit_packet_id;
#define TCPAUDIT_PACKET_INPUT(id)  ((uint32_t)((id) >> 48))
#define TCPAUDIT_PACKET_NUMBER(id) ((id) & ((UINT64_C(1) << 48) - 1))
#define TCPAUDIT_PACKET_ID(input, number)                                      \
	(((tcpaudit_packet_id)(input) << 48) | (uint64_t)(number))

/* Addresses are in network order; an IPv4 address uses the first four bytes
 * and the others are zero. */
struct tcpaudit_address {
	uint8_t bytes[16];
};

/* Who speaks with whom. */
struct tcpaudit_tuple {
	uint64_t id; /* of the connection, from 1, in order of appearance */
	uint32_t incarnation;		    /* of the 4-tuple, from 1 */
	uint8_t family;			    /* 4 or 6 */
	struct tcpaudit_address address[2]; /* by enum tcpaudit_end */
	uint16_t port[2];
};

/* What a value is, so that it can be written for people. */
enum tcpaudit_value_kind {
	TCPAUDIT_VALUE_SEQUENCE, /* 32-bit sequence or acknowledgment number */
	TCPAUDIT_VALUE_NUMBER,
	TCPAUDIT_VALUE_BYTES,
	TCPAUDIT_VALUE_DURATION, /* nanoseconds */
	TCPAUDIT_VALUE_FLAGS,  /* TCP flags, FIN = 1 ... CWR = 128, AE = 256 */
	TCPAUDIT_VALUE_STATES, /* bit i: enum tcpaudit_state i is possible */
	TCPAUDIT_VALUE_HEX,
	TCPAUDIT_VALUE_REACTION, /* enum tcpaudit_reaction of the peer */
	TCPAUDIT_VALUE_ADDRESS,	 /* index into `hosts` of the finding */
	TCPAUDIT_VALUE_TIME,	 /* nanoseconds since 1970 */
	TCPAUDIT_VALUE_ECN	 /* the ECN field of the IP header: 3 is CE */
};

/* One number of the arithmetic behind a finding.  The template of the rule
 * names it `{expected.NAME}` or, if observed, `{NAME}`.  {endpoint} is the one
 * the finding is about ("client 10.0.0.1:1234"), {peer} the other, {count} the
 * number of times.  {NAME|one|many|none}: the alternative for 1, more (# is the
 * value) or 0; `none` may be missing.  A [clause] of which a value is missing,
 * or is as expected, is left out. */
struct tcpaudit_value {
	const char *name; /* "ack": stable, the key of the JSON record */
	enum tcpaudit_value_kind kind;
	int expected; /* 1: what conforms; 0: what was seen */
	int64_t value;
};

/* A host that a finding over many connections is about. */
struct tcpaudit_host {
	uint8_t family; /* 4 or 6 */
	uint16_t port;	/* 0: the whole host */
	struct tcpaudit_address address;
};

#define TCPAUDIT_EVIDENCE_MAX 16
#define TCPAUDIT_VALUES_MAX   12

/* A finding.  One with an `id` seen before revises that one: the last record
 * of an id is the one that counts. */
struct tcpaudit_finding {
	uint64_t id; /* from 1 */
	int revises; /* the four that follow: what the former record said */
	const struct tcpaudit_rule *was_rule;
	enum tcpaudit_severity was_severity;
	enum tcpaudit_confidence was_confidence;
	uint64_t was_count;
	const struct tcpaudit_rule *rule;
	enum tcpaudit_severity severity;
	enum tcpaudit_confidence confidence;
	/* NULL: of the capture, or of many connections. */
	const struct tcpaudit_tuple *connection;
	const struct tcpaudit_host *hosts; /* of values that are addresses */
	int endpoint; /* enum tcpaudit_end, or -1 if about neither */
	tcpaudit_packet_id packet;
	size_t packet_count; /* evidence, in order, at most
				TCPAUDIT_EVIDENCE_MAX */
	const tcpaudit_packet_id *packets;
	int64_t time; /* of the decision: ns since 1970 */
	size_t value_count;
	const struct tcpaudit_value *values;
	uint64_t count; /* of firings folded into this record; 0: it is
			   withdrawn, a finding over many connections tells it
			   (only with `revises`) */
	tcpaudit_packet_id last_packet;
	enum tcpaudit_state state[2]; /* nominal, when it was decided */
	uint16_t possible[2];	      /* bit per state */
};

struct tcpaudit_transition {
	const struct tcpaudit_tuple *connection;
	enum tcpaudit_end endpoint;
	enum tcpaudit_state from, to;
	tcpaudit_packet_id packet; /* of a timer: the last one read */
	int64_t time;
	enum tcpaudit_trigger trigger;
	enum tcpaudit_certainty certainty;
};

struct tcpaudit_endpoint {
	enum tcpaudit_state state;
	uint16_t possible; /* bit per state */
	int certain;	   /* exactly one state is possible */
	size_t path_length;
	enum tcpaudit_state path[16]; /* as finally believed, in order */
	int isn_known, fin_known;
	uint32_t isn, fin_seq;
	uint64_t packets, bytes, unique_bytes;
	uint64_t retransmitted_packets, retransmitted_bytes;
	uint64_t out_of_order_packets, zero_windows;
	uint64_t duplicate_acks; /* RFC 5681, 2 */
	int mss;		 /* of its SYN; -1: no option, or not seen */
	int window_scale;	 /* likewise */
	int sack_permitted, timestamps; /* of its SYN; -1: not seen */
	int64_t min_rtt_ns; /* between the capture and this end; -1: unknown */
};

struct tcpaudit_connection {
	const struct tcpaudit_tuple *connection;
	tcpaudit_packet_id first_packet, last_packet;
	int64_t first_time, last_time;
	enum tcpaudit_verdict verdict;
	int closed_by; /* enum tcpaudit_end, 2 for both, -1 for none */
	enum tcpaudit_confidence confidence;
	size_t pending_count;
	const struct tcpaudit_rule *const *pending; /* undecided at the end */
	int lossy;     /* packets are missing from the capture */
	int midstream; /* no SYN was captured */
	int evicted;   /* ended by the memory bound */
	uint32_t findings[TCPAUDIT_SEVERITIES];
	const char *zeek_conn_state;
	const char *zeek_history;
	unsigned wireshark_completeness;
	struct tcpaudit_endpoint end[2];
};

struct tcpaudit_statistics {
	uint64_t packets, tcp_packets, truncated;
	uint64_t skipped[TCPAUDIT_SKIPS];
	uint64_t connections; /* incarnations begun */
	uint64_t evicted_flows;
	uint64_t open_flows;	     /* now in the table */
	uint64_t memory_bytes;	     /* now used by the flow table */
	uint64_t uncounted_findings; /* lost to the memory bound */
	uint64_t summarised; /* listeners and hosts whose counts over many
				connections were given up for want of room */
	uint64_t first_input_packets;
	int64_t first_time, last_time; /* of the capture clock; 0 before */
};

/* ----------------------------------------------------------------- engine */

struct tcpaudit;      /* the engine */
struct tcpaudit_part; /* see tcpaudit_part.h */

struct tcpaudit_packet {
	const uint8_t *data;
	uint32_t captured; /* bytes at data */
	uint32_t length;   /* bytes on the wire */
	int64_t time;	   /* ns since 1970 */
	uint64_t number;   /* in its input, from 1 */
};

/* Fill in with tcpaudit_defaults(), then change what is wanted.  Durations are
 * nanoseconds. */
struct tcpaudit_config {
	enum tcpaudit_stack stack;
	int64_t msl;	  /* 2MSL is twice this */
	int64_t tw_floor; /* below it TIME-WAIT violations are at their worst */
	uint64_t memory_bytes;
	uint32_t flood_syn; /* unfinished attempts in 10 s that are a flood */
	uint32_t half_open; /* connections of a listener that are too many */
	enum tcpaudit_checksum checksum;
	enum tcpaudit_flow_key flow_key;
	uint64_t hash_key[2]; /* keep secret from whoever sends the packets */
	const struct tcpaudit_address *local; /* borrowed until _free() */
	const uint8_t *local_family;	      /* 4 or 6 each */
	size_t local_count;
	/* One of several engines that share a capture: `shard` of `shards`; 0
	 * of 0 or of 1 audits everything.  `silent`: another one tells what is
	 * wrong with the capture as a whole.  `sharers`: engines that share
	 * memory_bytes; 0 is 1. */
	uint32_t shard, shards;
	int silent;
	uint32_t sharers;
	void (*on_part)(void *argument, const struct tcpaudit_part *);
	/* Callbacks; NULL is not called.  They must not call the engine.  With
	 * on_part none of the other three is called; on_transition tells
	 * whether transitions are wanted. */
	void *argument;
	void (*on_finding)(void *argument, const struct tcpaudit_finding *);
	void (*on_transition)(
	    void *argument, const struct tcpaudit_transition *);
	void (*on_connection)(
	    void *argument, const struct tcpaudit_connection *);
	/* The allocator; NULL means malloc() and free(). */
	void *(*allocate)(void *argument, size_t size);
	void (*release)(void *argument, void *memory);
};

/* Sets the defaults of a stack: MSL, tw_floor, bounds; no callbacks. */
void tcpaudit_defaults(struct tcpaudit_config *config, enum tcpaudit_stack);

/* A new engine, owned by the caller, who frees it with tcpaudit_free(); NULL
 * if memory is short or the configuration makes no sense.  The configuration
 * is copied. */
struct tcpaudit *tcpaudit_new(const struct tcpaudit_config *config);

/* The packets that follow are of input `index` (from 0, below 65536), whose
 * frames begin with the headers of `link_type` (a LINKTYPE_ number of
 * tcpdump.org).  Returns TCPAUDIT_OK or TCPAUDIT_EINVAL.  A link type that is
 * not decoded is no error: its packets are counted as skipped. */
int tcpaudit_input(struct tcpaudit *, uint32_t index, int link_type);

/* Whether packets of a link type are decoded: 1 or 0. */
int tcpaudit_link_type_known(int link_type);

/* Takes one packet, in capture order.  One that is stamped far ahead of those
 * before it is copied and judged with the next one.  Returns TCPAUDIT_OK,
 * TCPAUDIT_ENOMEM (the packet was counted but not audited), or TCPAUDIT_EINVAL
 * before any tcpaudit_input(). */
int tcpaudit_packet(struct tcpaudit *, const struct tcpaudit_packet *);

/* The same for several at once, `count` of them, in capture order: they cost
 * less than one by one.  Their bytes must stay until it returns.  What it
 * returns is not TCPAUDIT_OK if that was so for one of them. */
int tcpaudit_packets(
    struct tcpaudit *, const struct tcpaudit_packet *, size_t count);

/* The current input broke off in the middle, `offset` bytes from its start
 * (0: unknown): reported as a finding about the capture. */
void tcpaudit_input_cut(struct tcpaudit *, uint64_t offset);

/* The capture clock has reached `time` though no packet came: timers run.
 * For live captures. */
void tcpaudit_advance(struct tcpaudit *, int64_t time);

/* The capture is over: every open connection is reported.  `drops` is the
 * number of packets that the capture itself is known to have lost: it is
 * reported, and lowers the certainty of what is decided now.  Packets may
 * follow (of unrelated inputs); nothing of the former connections is kept. */
void tcpaudit_finish(struct tcpaudit *, uint64_t drops);

void tcpaudit_statistics(const struct tcpaudit *, struct tcpaudit_statistics *);

void tcpaudit_free(struct tcpaudit *); /* NULL is fine */

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
