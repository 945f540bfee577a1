/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The words of the records.  They are part of the report's contract: none is
 * ever renamed. */

#include "tcpaudit.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* A negative value, converted, is beyond every table. */
#define NAME_OF(names, i)                                                      \
	((size_t)(i) < LENGTH(names) ? (names)[(size_t)(i)] : NULL)

/* clang-format off */
static const char *const states[TCPAUDIT_STATES] = {
	[TCPAUDIT_CLOSED] = "CLOSED",
	[TCPAUDIT_LISTEN] = "LISTEN",
	[TCPAUDIT_SYN_SENT] = "SYN-SENT",
	[TCPAUDIT_SYN_RECEIVED] = "SYN-RECEIVED",
	[TCPAUDIT_ESTABLISHED] = "ESTABLISHED",
	[TCPAUDIT_FIN_WAIT_1] = "FIN-WAIT-1",
	[TCPAUDIT_FIN_WAIT_2] = "FIN-WAIT-2",
	[TCPAUDIT_CLOSE_WAIT] = "CLOSE-WAIT",
	[TCPAUDIT_CLOSING] = "CLOSING",
	[TCPAUDIT_LAST_ACK] = "LAST-ACK",
	[TCPAUDIT_TIME_WAIT] = "TIME-WAIT",
};

static const char *const severities[TCPAUDIT_SEVERITIES] = {
	[TCPAUDIT_CAPTURE] = "capture",
	[TCPAUDIT_NOTE] = "note",
	[TCPAUDIT_WARNING] = "warning",
	[TCPAUDIT_ERROR] = "error",
};

static const char *const confidences[TCPAUDIT_CONFIDENCES] = {
	[TCPAUDIT_POSSIBLE] = "possible",
	[TCPAUDIT_LIKELY] = "likely",
	[TCPAUDIT_CERTAIN] = "certain",
};

static const char *const triggers[] = {
	[TCPAUDIT_SENT] = "sent",
	[TCPAUDIT_RECEIVED] = "received",
	[TCPAUDIT_TIMER] = "timer",
};

static const char *const certainties[] = {
	[TCPAUDIT_STATE_CERTAIN] = "certain",
	[TCPAUDIT_STATE_PRESUMED] = "presumed",
	[TCPAUDIT_STATE_RETRACTED] = "retracted",
};

static const char *const skips[TCPAUDIT_SKIPS] = {
	[TCPAUDIT_SKIP_LINK_TYPE] = "link_type",
	[TCPAUDIT_SKIP_LINK] = "link",
	[TCPAUDIT_SKIP_NOT_IP] = "not_ip",
	[TCPAUDIT_SKIP_IP] = "ip",
	[TCPAUDIT_SKIP_UDP] = "udp",
	[TCPAUDIT_SKIP_ICMP] = "icmp",
	[TCPAUDIT_SKIP_SCTP] = "sctp",
	[TCPAUDIT_SKIP_ESP] = "esp",
	[TCPAUDIT_SKIP_IP_PROTOCOL] = "ip_protocol",
	[TCPAUDIT_SKIP_TUNNEL_DEPTH] = "tunnel_depth",
	[TCPAUDIT_SKIP_FRAGMENT] = "fragment",
	[TCPAUDIT_SKIP_TCP_HEADER] = "tcp_header",
	[TCPAUDIT_SKIP_ENCRYPTED] = "encrypted",
};

static const char *const verdicts[TCPAUDIT_VERDICTS] = {
	[TCPAUDIT_VERDICT_SCAN_PROBE] = "scan-probe",
	[TCPAUDIT_VERDICT_BACKSCATTER] = "backscatter",
	[TCPAUDIT_VERDICT_ONE_SIDED] = "one-sided",
	[TCPAUDIT_VERDICT_FIN_IN_HANDSHAKE] = "fin-in-handshake",
	[TCPAUDIT_VERDICT_NO_ANSWER] = "no-answer",
	[TCPAUDIT_VERDICT_ATTEMPT_WITHDRAWN] = "attempt-withdrawn",
	[TCPAUDIT_VERDICT_REFUSED] = "refused",
	[TCPAUDIT_VERDICT_HISTORICAL_REJECTED] = "historical-rejected",
	[TCPAUDIT_VERDICT_HANDSHAKE_CLIENT_RESET] = "handshake-client-reset",
	[TCPAUDIT_VERDICT_HANDSHAKE_TIMEOUT] = "handshake-timeout",
	[TCPAUDIT_VERDICT_HANDSHAKE_SERVER_RESET] = "handshake-server-reset",
	[TCPAUDIT_VERDICT_SUPERSEDED] = "superseded",
	[TCPAUDIT_VERDICT_REPLACED_HALF_OPEN] = "replaced-half-open",
	[TCPAUDIT_VERDICT_ABORTED_INJECTED_SUSPECT] =
	    "aborted-injected-suspect",
	[TCPAUDIT_VERDICT_COMPLETE_SIMULTANEOUS_CLOSE] =
	    "complete-simultaneous-close",
	[TCPAUDIT_VERDICT_COMPLETE_ORDERLY] = "complete-orderly",
	[TCPAUDIT_VERDICT_COMPLETE_LAST_ACK_MISSING] =
	    "complete-last-ack-missing",
	[TCPAUDIT_VERDICT_CLOSED_THEN_RESET] = "closed-then-reset",
	[TCPAUDIT_VERDICT_ABORTED_BY_CLIENT_AFTER_FIN] =
	    "aborted-by-client-after-fin",
	[TCPAUDIT_VERDICT_ABORTED_BY_SERVER_AFTER_FIN] =
	    "aborted-by-server-after-fin",
	[TCPAUDIT_VERDICT_ABORTED_BY_CLIENT_BEFORE_DATA] =
	    "aborted-by-client-before-data",
	[TCPAUDIT_VERDICT_ABORTED_BY_CLIENT_AFTER_DATA] =
	    "aborted-by-client-after-data",
	[TCPAUDIT_VERDICT_ABORTED_BY_SERVER_BEFORE_DATA] =
	    "aborted-by-server-before-data",
	[TCPAUDIT_VERDICT_ABORTED_BY_SERVER_AFTER_DATA] =
	    "aborted-by-server-after-data",
	[TCPAUDIT_VERDICT_HALF_CLOSED] = "half-closed",
	[TCPAUDIT_VERDICT_FIN_UNACKED] = "fin-unacked",
	[TCPAUDIT_VERDICT_KEEPALIVE_DEAD] = "keepalive-dead",
	[TCPAUDIT_VERDICT_TIMED_OUT] = "timed-out",
	[TCPAUDIT_VERDICT_MIDSTREAM_CLOSED] = "midstream-closed",
	[TCPAUDIT_VERDICT_MIDSTREAM_ABORTED] = "midstream-aborted",
	[TCPAUDIT_VERDICT_MIDSTREAM_OPEN] = "midstream-open",
	[TCPAUDIT_VERDICT_STILL_OPEN] = "still-open",
	[TCPAUDIT_VERDICT_HANDSHAKE_INCOMPLETE_AT_EOF] =
	    "handshake-incomplete-at-eof",
};

static const char *const reactions[TCPAUDIT_REACTIONS] = {
	[TCPAUDIT_REACTION_NONE] = "none",
	[TCPAUDIT_REACTION_DROP] = "drop",
	[TCPAUDIT_REACTION_ACK] = "ack",
	[TCPAUDIT_REACTION_RESET] = "reset",
	[TCPAUDIT_REACTION_CLOSE] = "close",
	[TCPAUDIT_REACTION_RETRANSMIT] = "retransmit",
	[TCPAUDIT_REACTION_IGNORE] = "ignore",
};

static const char *const reaction_texts[TCPAUDIT_REACTIONS] = {
	[TCPAUDIT_REACTION_DROP] =
	    "It discards the segment and sends nothing in return.",
	[TCPAUDIT_REACTION_ACK] =
	    "It discards the segment and sends an ACK with the sequence and "
	    "acknowledgment numbers that are right (RFC 9293, 3.10.7.4).",
	[TCPAUDIT_REACTION_RESET] =
	    "It answers with a RST: its sequence number is the acknowledgment "
	    "number of the segment; if the segment has no ACK, it is 0 and the "
	    "RST acknowledges the segment (RFC 9293, 3.5.2).",
	[TCPAUDIT_REACTION_CLOSE] =
	    "It takes the reset, enters CLOSED (a listener: LISTEN) and sends "
	    "nothing in return (RFC 9293, 3.5.3).",
	[TCPAUDIT_REACTION_RETRANSMIT] =
	    "It sends again what was not acknowledged, and doubles the "
	    "interval each time (RFC 6298, 5.5).",
};
/* clang-format on */

const char *
tcpaudit_state_name(enum tcpaudit_state s)
{
	return NAME_OF(states, s);
}

const char *
tcpaudit_severity_name(enum tcpaudit_severity s)
{
	return NAME_OF(severities, s);
}

const char *
tcpaudit_confidence_name(enum tcpaudit_confidence c)
{
	return NAME_OF(confidences, c);
}

const char *
tcpaudit_verdict_name(enum tcpaudit_verdict v)
{
	return NAME_OF(verdicts, v);
}

const char *
tcpaudit_trigger_name(enum tcpaudit_trigger t)
{
	return NAME_OF(triggers, t);
}

const char *
tcpaudit_certainty_name(enum tcpaudit_certainty c)
{
	return NAME_OF(certainties, c);
}

const char *
tcpaudit_skip_name(enum tcpaudit_skip s)
{
	return NAME_OF(skips, s);
}

const char *
tcpaudit_reaction_name(enum tcpaudit_reaction r)
{
	return NAME_OF(reactions, r);
}

const char *
tcpaudit_reaction_text(enum tcpaudit_reaction r)
{
	return NAME_OF(reaction_texts, r);
}
