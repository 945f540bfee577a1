#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# The captures of the benchmark are what they shall be: nothing is wrong with
# the healthy ones, and the defects of the sick one are found.  What is measured
# otherwise would be the cost of reports.  Runs in the build tree.
# Environment: TCPAUDIT, GENERATE (the programs).

set -u
tcpaudit=${TCPAUDIT:-./tcpaudit}
generate=${GENERATE:-bench/generate}
work=$(mktemp -d "${TMPDIR:-/tmp}/bench.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# result TITLE STATUS: and $work/why if it is not 0.
result() {
	if [ "$2" -eq 0 ]; then
		echo "ok - $1"
	else
		failed=1
		echo "not ok - $1"
		sed 's/^/#     /' "$work/why" | head -n 40
	fi
}

# make NAME [OPTION...] WORKLOAD
make() {
	name=$1
	shift
	"$generate" "$@" "$work/$name.pcap" >"$work/count" 2>&1
}

# audit NAME [OPTION...]: the report is in $work/why.
audit() {
	name=$1
	shift
	"$tcpaudit" --color never --fail-on never "$@" "$work/$name.pcap" \
	    >"$work/why" 2>&1
}

# healthy WORKLOAD [OPTION...]: whole and cut, with right checksums.
healthy() {
	workload=$1
	shift
	make whole --whole "$@" "$workload" &&
	    audit whole --checksum verify &&
	    grep -q '^0 errors, 0 warnings' "$work/why"
	result "nothing is wrong with $workload" $?
	make cut --snaplen 96 "$@" "$workload" && audit cut &&
	    grep -q '^0 errors, 0 warnings' "$work/why"
	result "nothing is wrong with $workload, cut" $?
}

healthy web --connections 600
healthy elephants --packets 6000
healthy many --connections 600
healthy brief --connections 600

make flood --packets 10000 flood && audit flood --checksum verify &&
    grep -q '^WARNING flood-syn ' "$work/why" &&
    grep -q '^0 errors' "$work/why"
result "flood is taken for one" $?

make sick --connections 4000 --whole sick && audit sick --ndjson
for rule in $("$generate" --rules); do
	grep -q "\"rule\":\"$rule\"" "$work/why" || echo "no $rule"
done >"$work/missing"
mv "$work/missing" "$work/why"
test ! -s "$work/why"
result "the defects of sick are found" $?
audit sick --checksum verify --rule hdr-bad-checksum &&
    grep -q '^0 errors' "$work/why"
result "the checksums of sick are right" $?

# Memory is short at ever other places; whatever is given up, it ends well.
for kib in 1280 1536 1792 1920 1952 1984 2016 2048 2080 2112; do
	audit sick --jobs 1 --memory ${kib}K
	status=$?
	test $status -eq 0 || echo "status $status with $kib KiB"
done >"$work/ends"
mv "$work/ends" "$work/why"
test ! -s "$work/why"
result "with little memory sick is audited to its end" $?

for workload in web flood elephants many brief sick; do
	for name in one two; do
		make $name --connections 40 --packets 400 --seed 7 $workload
	done
	make other --connections 40 --packets 400 --seed 8 $workload
	: >"$work/why"
	cmp "$work/one.pcap" "$work/two.pcap" >>"$work/why" 2>&1 &&
	    ! cmp -s "$work/one.pcap" "$work/other.pcap"
	result "a seed makes one $workload" $?
done
exit $failed
