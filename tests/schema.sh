#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# Every record about every capture in pcaps/ is what the schema says, and a
# second run, whose hash has another key, writes the same.
#
# From the environment: TCPAUDIT, srcdir.

: "${TCPAUDIT:=./tcpaudit}" "${srcdir:=.}"
work=$(mktemp -d "${TMPDIR:-/tmp}/records.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
failed=0

# result NAME: of the command before
result()
{
	if [ $? -eq 0 ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		failed=1
	fi
}

mkdir "$work/first" "$work/second" "$work/document" "$work/shard"
for capture in "$srcdir"/pcaps/*.pcap; do
	name=$(basename "$capture" .pcap)
	"$TCPAUDIT" --ndjson --transitions "$capture" >"$work/first/$name"
	"$TCPAUDIT" --ndjson --transitions "$capture" >"$work/second/$name"
	"$TCPAUDIT" --json --transitions "$capture" >"$work/document/$name"
	"$TCPAUDIT" --ndjson --transitions --shard 0/2 -j 2 "$capture" \
		>"$work/shard/$name"
done 2>"$work/errors"

test -s "$work/first/tour"
result "there is a report of each capture"
diff -r "$work/first" "$work/second" >"$work/differences"
result "two runs are equal"
cut -c 1-150 "$work/differences" | sed 's/^/# /' | head -n 20
if python3 -c 'import jsonschema' 2>/dev/null; then
	python3 "$srcdir/tests/records.py" "$work"/first/* >"$work/faults"
	result "NDJSON follows the schema"
	python3 "$srcdir/tests/records.py" "$work"/document/* >>"$work/faults"
	result "JSON follows the schema"
	python3 "$srcdir/tests/records.py" "$work"/shard/* >>"$work/faults"
	result "NDJSON of a shard follows the schema"
	[ $failed -eq 0 ] || cut -c 1-150 "$work/faults" | head -n 50
else
	echo "ok - the schema # SKIP no Python with jsonschema"
fi
exit $failed
