#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# The report does not depend on who does the work: of any number of workers, and
# of shards that are merged, it is byte for byte that of one worker.  And what
# --merge is given may be anything.  Runs in the build tree.
# Environment: TCPAUDIT, GENERATE (the programs), srcdir; MANY=1 compares with
# every capture of pcaps/.

: "${TCPAUDIT:=./tcpaudit}" "${GENERATE:=bench/generate}" "${srcdir:=.}"
work=$(mktemp -d "${TMPDIR:-/tmp}/jobs.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
failed=0
report=

# result NAME STATUS: $work/why says why it is not 0
result()
{
	if [ "$2" -eq 0 ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		sed 's/^/# /' "$work/why" | cut -c 1-200 | head -n 20
		failed=1
	fi
}

# audit FILE OPTION...: the report, what is said, and the status
audit()
{
	to=$1
	shift
	"$TCPAUDIT" --color never "$@" >"$to" 2>"$to.said"
	echo "status $?" >>"$to.said"
}

# same NAME CAPTURE... [OPTION...]; $report are options that --merge needs, too
same()
{
	name=$1
	shift
	status=0
	for format in text json ndjson; do
		with=
		[ $format = text ] || with=--transitions
		audit "$work/one" -j 1 --format $format $with "$@"
		for jobs in 2 3 8; do
			audit "$work/more" -j $jobs --format $format $with "$@"
			cmp "$work/one" "$work/more" &&
				cmp "$work/one.said" "$work/more.said" ||
				status=1
		done
		for shard in 0 1 2 3; do
			audit "$work/$shard" --shard $shard/4 --ndjson $with \
				-j $((shard % 2 + 1)) "$@"
		done
		audit "$work/more" --merge --format $format $with $report \
			"$work/2" "$work/0" "$work/3" "$work/1"
		cmp "$work/one" "$work/more" || status=1
		[ "$(tail -n 1 "$work/one.said")" = \
			"$(tail -n 1 "$work/more.said")" ] || status=1
	done >"$work/why" 2>&1
	result "$name" $status
}

# Cross-flow rules, clocks that leap, fragments, ports used again ...
pcaps=$srcdir/pcaps
for capture in "$pcaps"/tour.pcap "$pcaps"/FL*.pcap "$pcaps"/S116*.pcap \
    "$pcaps"/HS28*.pcap "$pcaps"/CP1*.pcap "$pcaps"/CP20*.pcap \
    ${MANY:+"$pcaps"/*.pcap}; do
	same "$(basename "$capture")" "$capture"
done

"$GENERATE" --connections 200 web "$work/web.pcap" >/dev/null &&
"$GENERATE" --connections 400 sick "$work/sick.pcap" >/dev/null &&
"$GENERATE" --connections 400 brief "$work/brief.pcap" >/dev/null &&
"$GENERATE" --packets 3000 flood "$work/flood.pcap" >/dev/null &&
"$GENERATE" --connections 3000 web "$work/many.pcap" >/dev/null
result "captures are made" $?
# Of many connections a worker has more to say than waits to be joined.
for name in web sick brief flood many; do
	same "$name" "$work/$name.pcap"
done

head -c 30000 "$work/sick.pcap" >"$work/cut.pcap"
head -c 24 "$work/sick.pcap" >"$work/empty.pcap"
gzip -c "$work/sick.pcap" | head -c 9000 >"$work/cut.gz"
same "a file that breaks off" "$work/cut.pcap"
same "a file that breaks off, between others" "$work/web.pcap" \
	"$work/cut.pcap" "$work/empty.pcap" "$pcaps/tour.pcap"
same "files that have nothing to do with each other" --separate \
	"$work/cut.pcap" "$work/empty.pcap" "$pcaps/tour.pcap" "$work/web.pcap"
same "some packets" --count 1000 "$work/sick.pcap"
same "a filter" --filter 'port 80' "$work/sick.pcap"
report='--rule HS0* --min-severity warning'
# shellcheck disable=SC2086
same "some rules" $report "$work/sick.pcap"
report=
# Of what cannot be opened a shard says nothing that could be merged.
for file in "$work/nosuch.pcap" "$work/cut.gz"; do
	audit "$work/one" -j 1 "$file"
	audit "$work/more" -j 4 "$file"
	cmp "$work/one.said" "$work/more.said" >"$work/why"
	result "an error is told once" $?
done
"$TCPAUDIT" -j 4 --ndjson - <"$work/sick.pcap" >"$work/more" 2>"$work/why"
"$TCPAUDIT" -j 1 --ndjson - <"$work/sick.pcap" | cmp - "$work/more" \
	>>"$work/why"
result "standard input has one worker" $?

# -------------------------------------------------- what --merge may be given

for shard in 0 1 2; do
	audit "$work/$shard" --shard $shard/3 --ndjson "$work/sick.pcap"
done

# refuse NAME MESSAGE FILE...: status 2, one line, and no report
refuse()
{
	name=$1
	message=$2
	shift 2
	rm -f "$work/report"
	audit "$work/more" --merge -o "$work/report" "$@"
	sed 's/^/said: /' "$work/more.said" >"$work/why"
	[ "$(tail -n 1 "$work/more.said")" = "status 2" ] &&
		[ "$(wc -l <"$work/more.said")" -eq 2 ] &&
		grep -q -- "$message" "$work/more.said" &&
		[ ! -e "$work/report" ]
	result "--merge: $name" $?
}

# bad NAME MESSAGE SED: shard 1 is changed so
bad()
{
	sed "$3" "$work/1" >"$work/bad"
	refuse "$1" "$2" "$work/0" "$work/bad" "$work/2"
}

refuse "a shard is missing" "shard 1/3 is missing: " "$work/0" "$work/2"
refuse "a shard twice" "is shard 1/3, as is .*/1: give each shard once" \
	"$work/0" "$work/1" "$work/1" "$work/2"
audit "$work/other" --shard 1/2 --ndjson "$work/sick.pcap"
refuse "shards of another number" "is one of 2 shards, .* one of 3: " \
	"$work/0" "$work/other"
audit "$work/other" --shard 1/3 --ndjson --msl 10 "$work/sick.pcap"
refuse "other options" "was made with other options than" \
	"$work/0" "$work/other" "$work/2"
audit "$work/other" --shard 1/3 --ndjson "$work/web.pcap"
refuse "another capture" "is of another capture than" \
	"$work/0" "$work/other" "$work/2"
head -c 20000 "$work/1" >"$work/bad"
refuse "a file that breaks off" "bad: line [0-9]*: breaks off: " \
	"$work/0" "$work/bad" "$work/2"
bad "no end" "bad: line [0-9]*: the last record is missing: " \
	's/,"end":{.*}}$/}/'
bad "a record is missing" "is not the record that comes next: " \
	's/"number":0,/"number":1,/'
bad "another version" "line [0-9]*: of version 9.9, this is " \
	's/"version":"[^"]*"/"version":"9.9"/'
bad "no JSON" "line [0-9]*: is no JSON (" \
	's/^{"type":"partial",/{"type":"partial",,/'
bad "a huge number" "line [0-9]*: is no JSON (.*too big" \
	's/"shards":3/"shards":99999999999999999999/'
bad "a number out of range" "line [0-9]*: 'engines' is not a number" \
	's/"engines":[0-9]*/"engines":4000000000/'
bad "no base64" "line [0-9]*: holds parcels that are not base64: " \
	's/"parcels":"/"parcels":"?/'
bad "damaged parcels" "line [0-9]*: holds parcels that are damaged: " \
	's/"parcels":"/"parcels":"\/\/\/\//'
refuse "a capture" "line 1: is no record of tcpaudit: " \
	"$work/0" "$work/sick.pcap" "$work/2"
audit "$work/other" --ndjson "$work/sick.pcap"
refuse "no shard" "other: holds no shard: " "$work/0" "$work/other" "$work/2"
refuse "no file" "nosuch: cannot be opened: " "$work/0" "$work/nosuch"
refuse "transitions that are not there" "was made without --transitions: " \
	--json --transitions "$work/0" "$work/1" "$work/2"
exit $failed
