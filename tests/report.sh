#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# The text report says, with numbers and the section of the RFC, what the
# captures show: one paragraph here for each subject, wrong and right.
# Environment: TCPAUDIT (the program).

set -u
here=$(cd "$(dirname "$0")" && pwd)
tcpaudit=${TCPAUDIT:-./tcpaudit}
work=$(mktemp -d "${TMPDIR:-/tmp}/report.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
tests=0
failed=0

# report NAME [OPTION...]: the report on pcaps/NAME-*.pcap as one line.
report() {
	name=$1
	shift
	set -- "$@" "$here/../pcaps/$name"-*.pcap
	"$tcpaudit" --color never --fail-on never "$@" >"$work/out" 2>"$work/err"
	status=$?
	if [ "$status" -ne 0 ]; then
		echo "#     $name: exit status $status: $(cat "$work/err")"
	fi
	tr -s ' \n' '  ' <"$work/out" >"$work/line"
}

result() {
	tests=$((tests + 1))
	if [ -s "$work/missing" ]; then
		failed=$((failed + 1))
		echo "not ok - $1"
		sed 's/^/#     /' "$work/missing" "$work/out"
	else
		echo "ok - $1"
	fi
}

# shows TITLE NAME PATTERN...: every extended regular expression is in the
# report.
shows() {
	title=$1
	name=$2
	shift 2
	report "$name" -v
	: >"$work/missing"
	for pattern in "$@"; do
		grep -Eq -e "$pattern" "$work/line" ||
		    echo "missing: $pattern" >>"$work/missing"
	done
	result "$title ($name)"
}

# silent TITLE NAME: nothing was wrong, and the report says so.
silent() {
	report "$2"
	: >"$work/missing"
	grep -Eq '0 errors, 0 warnings' "$work/line" ||
	    echo "missing: 0 errors, 0 warnings" >"$work/missing"
	grep -Eq '(ERROR|WARNING) [a-z]' "$work/line" &&
	    echo "something is reported" >>"$work/missing"
	result "$1 ($2)"
}

echo "# The three-way handshake: each number checked"
shows "states of both ends" S01 \
    'client .*SYN-SENT > ESTABLISHED' \
    'server .*SYN-RECEIVED > ESTABLISHED' 'complete-orderly'
silent "a healthy connection" S01
shows "SYN-ACK off by four" S16 'handshake-synack-bad-ack' \
    'expected ack 1001, seen 1005 \(difference \+4\)' 'RFC 9293[^A-Z]*3\.10\.7\.3'
shows "third ACK off by one" S18 'handshake-third-ack-bad-ack' \
    'expected ack 5001, seen 5002 \(difference \+1\)' \
    'RFC 9293[^A-Z]*3\.10\.7\.4'
shows "third ACK with a wrong SEQ" U01 'handshake-third-ack-bad-seq' \
    'expected seq 1001, seen 990 \(difference -11\)' 'RFC 9293'

echo "# Three and not two: SYN-ACK or third ACK missing"
shows "third ACK never sent" S06 'WARNING handshake-missing-third-ack' \
    '6 times' '31\.0 ?s' 'expected ack 5001' 'seen none' \
    'SYN-RECEIVED' 'RFC 9293[^A-Z]*3\.5' 'handshake-timeout'
shows "third ACK lost" S07 'handshake-synack-after-ack' 'RFC 9293'
shows "SYN-ACK lost" S120 'handshake-synack-lost'

echo "# A SYN of the past"
shows "historical connection, near the client" S14 \
    'rst-historical-connection' 'handshake-synack-for-old-syn' \
    'handshake-syn-diff-isn' '\b91\b' 'RFC 9293[^A-Z]*3\.5'
shows "historical connection, near the server" S15 \
    'rst-historical-connection' '\b91\b'
shows "half-open connection found by a SYN" S19 'rst-half-open-syn' \
    '\b1101\b' 'RFC 9293[^A-Z]*3\.5\.1' 'replaced-half-open'
shows "SYN-ACK that nobody asked for" S21 'rst-unsolicited-synack' '\b123\b' \
    'RFC 9293[^A-Z]*3\.5\.1'

echo "# The four-way close"
shows "who closed" S01 'closed by client'
shows "who closed" S02 'closed by server'
silent "three segments" S03
shows "FIN never acknowledged" S125 'WARNING close-fin-unacked' \
    'expected ack 1102' '3 ' 'RFC 9293[^A-Z]*3\.10\.7\.4'
shows "last ACK missing" S82 'WARNING close-missing-last-ack' \
    'expected ack 5202' 'RFC 9293[^A-Z]*3\.10\.7\.4'
shows "data after FIN" S87 'ERROR close-data-after-fin' '\b1101\b' \
    'RFC 9293[^A-Z]*3\.'
shows "FIN moved" U04 'ERROR close-fin-seq-changed' '\b1151\b' '\b1141\b' \
    'RFC 9293[^A-Z]*3\.4'
shows "FIN without ACK" S88 'ERROR close-fin-no-ack-flag' 'RFC 9293'

echo "# Half-close"
shows "data after the peer's FIN" S80 'close-half-close-data' \
    '1,?000' 'RFC 9293[^A-Z]*3\.6'
shows "CLOSE-WAIT that nobody leaves" S81 'close-wait-lingering' \
    'CLOSE-WAIT' 'FIN-WAIT-2' 'RFC 9293[^A-Z]*3\.6'
silent "CLOSE-WAIT for 50 s" N22

echo "# The eleven states"
shows "simultaneous close" S04 'close-simultaneous' \
    'FIN-WAIT-1 > CLOSING > TIME-WAIT' 'complete-simultaneous-close'
shows "simultaneous open" S05 'handshake-simultaneous-open' \
    'SYN-SENT > SYN-RECEIVED > ESTABLISHED' 'RFC 9293[^A-Z]*3\.5'
shows "straight to TIME-WAIT" S03 'FIN-WAIT-1 > TIME-WAIT'

echo "# TIME-WAIT"
shows "restarted by a FIN" S83 'timewait-fin-rtx' 'RFC 9293[^A-Z]*3\.10\.7\.4'
shows "FIN not acknowledged again" S84 'timewait-fin-not-reacked' \
    'expected ack 5202' 'RFC 9293'
shows "skipped" S85 'timewait-skipped' 'RFC 9293[^A-Z]*3\.6\.1'
shows "assassinated" S102 'timewait-assassination' 'RFC 1337'

echo "# The port again inside 2MSL"
shows "by its owner after 10 s" S101 'ERROR timewait-2msl-violation' \
    '240(\.0)? ?s|4 min' '(9\.9|10)[.0-9]* ?s' 'RFC 9293[^A-Z]*3\.6\.1'
shows "by its owner after 100 s" S101b 'WARNING timewait-2msl-violation'
silent "by its owner after 300 s" S101c
shows "by the peer, inadmissible" S98 'WARNING timewait-reuse-inadmissible' \
    'RFC (9293|6191)'
shows "by the peer, admissible" S97 'timewait-reuse-admissible' 'RFC (9293|6191)'
shows "by the peer, larger timestamp" S99 'timewait-reuse-admissible' 'RFC 6191'
shows "ISN of the owner not advanced" S128 'timewait-reuse-isn-not-greater' \
    '\b5202\b' '\b3000\b'

echo "# Old segments"
shows "in TIME-WAIT" S102 'timewait-old-segment'
shows "in the next incarnation" S104 'timewait-old-segment-new-inc' \
    'RFC (9293|1337)'
shows "accepted there" U22 'timewait-old-segment-accepted' 'RFC 1337'

echo "# Aborts"
shows "RST for FIN" S89 'rst-abort' 'aborted-by-client-after-data' \
    'RFC 9293[^A-Z]*3\.'
shows "RST after FIN" S127 'close-rst-after-fin' 'RFC 9293[^A-Z]*3\.6\.1'
shows "data pending at the RST" S96 'close-rst-data-pending' '\b500\b' \
    'RFC 9293[^A-Z]*3\.6\.1'

echo "# Killed, vanished, half-open"
silent "a killed application still closes in order" S02
shows "peer vanished" S126 'close-peer-vanished' '4 ' 'RFC 9293[^A-Z]*3\.8\.3'
shows "half-open, found by data" S20 'rst-half-open-data' \
    'RFC 9293[^A-Z]*3\.5\.1'
shows "data unacknowledged for an hour" S133 'rtx-death' 'timed-out'

echo "# What the peer did with it"
shows "a foreign segment is answered" S123 \
    'seq-out-of-window.*server answered with an ACK, as it must'
shows "a wrong SYN-ACK is reset" S16 \
    'handshake-synack-bad-ack.*client answered with a RST, as it must'
shows "a reset is not taken" S93 \
    'rst-abort.*client went on where silence was due'
shows "a reset is answered by a reset" S94 \
    'rst-abort.*server answered with a RST where silence was due'
shows "a third ACK of nothing is reset" S18 \
    'handshake-third-ack-bad-ack.*server answered with a RST, as it must'
shows "an inexact reset is challenged" S90 \
    'rst-not-exact.*client answered with an ACK, as it must'
shows "an ACK of nothing is corrected" S31 \
    'ack-unsent.*server answered with an ACK, as it must'
shows "a refusal of the wrong form is ignored" S12 \
    'rst-to-syn-bad-format.*client ignored it, as it must'

echo "# ICMP errors"
shows "too large for the path" IC04b \
    'icmp-frag-needed.*too large for the path, which takes 1,500 bytes' \
    'opt-mss-not-reduced.*a router told it that the path takes 1,500'
shows "what was never sent" IC02 'WARNING icmp-seq-not-in-flight' \
    'quotes seq 700000000' 'RFC 5927'

echo "# What is not TCP"
shows "counted by kind" N18 'skipped: ' '1 UDP' '1 ICMP' '1 not IP'
silent "and not guessed at" N18
shows "a fragment alone" U19 'cap-unsupported' '1 fragment'

echo "# What the capture itself lacks: first, and each once"
# once NAME...: one report on all, as captures that have nothing in common.
once() {
	for name in "$@"; do
		set -- "$@" "$here/../pcaps/$name"-*.pcap
		shift
	done
	"$tcpaudit" --color never --fail-on never --separate "$@" \
	    >"$work/out" 2>"$work/err"
	sed -n '/^CAPTURE self-audit$/,/^$/p' "$work/out" |
	    sed 's/^  //' >"$work/audit"
	tr '\n' ' ' <"$work/audit" >"$work/line"
}

# says TITLE PATTERN...: the self-audit has each of them, once.
says() {
	title=$1
	shift
	: >"$work/missing"
	for pattern in "$@"; do
		[ "$(grep -Eo -e "$pattern" "$work/line" | wc -l)" -eq 1 ] ||
		    echo "not once: $pattern" >>"$work/missing"
	done
	result "$title"
}

once S69 S70 S32 CP13 S68 S71 U17 S73 S47b U18 CP14 S87
says "copies" 'captured twice: 7 times in #[0-9]+; .* \(cap-duplicate-frame\)'
says "swapped" 'swapped a segment and its answer: #[0-9]+; .* \(cap-reordered\)'
says "a clock that steps back" \
    'went back once, by 2\.0 s; .*no delay.* \(cap-clock-backward\)'
says "loss that an ACK proves" \
    'acknowledged that was not captured: #[0-9]+;.*only possible.* \(cap-ack-unseen\)'
says "lost by the capturing program" \
    '42 packets were lost; .*only possible.* \(cap-drops-reported\)'
says "cut short" 'payload of 2 packets; .* \(cap-truncated-payload\)' \
    'header of 2 packets; .* \(cap-truncated-header\)' \
    'ends in the middle of a packet, .* \(cap-file-truncated\)'
says "offload" 'larger than on the wire: .* \(cap-offload\)'
says "one direction" 'one direction was captured: #[0-9]+; .* \(cap-one-sided\)'
says "midstream" \
    'begins inside the connection: #[0-9]+; .* \(cap-midstream\)'
grep -nE '^(CAPTURE|ERROR|WARNING|NOTE) ' "$work/out" >"$work/order"
: >"$work/missing"
head -n 1 "$work/order" | grep -q ':CAPTURE self-audit$' ||
    echo "another paragraph comes first" >>"$work/missing"
[ "$(grep -c ':CAPTURE' "$work/order")" -eq 1 ] ||
    echo "there is more than one" >>"$work/missing"
result "ahead of all findings, in one paragraph"
"$tcpaudit" --ndjson "$here"/../pcaps/S68-*.pcap >"$work/out"
: >"$work/missing"
grep -q '"rule":"cap-duplicate-frame"' "$work/out" ||
    echo "no record" >>"$work/missing"
result "records are as they were"
report S01
: >"$work/missing"
grep -q 'CAPTURE' "$work/out" && echo "a self-audit" >>"$work/missing"
result "nothing of a capture that lacks nothing"

echo "report: $tests tests, $failed failed"
[ "$failed" -eq 0 ]
