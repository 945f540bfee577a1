#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# count.sh BUILD STATUS: adds up the results of `make check` in BUILD, which
# ended with STATUS.  A test that prints "ok" and "not ok" lines counts once
# for each of them, another one once.  Prints "N passed, N failed" as its only
# line on standard output, and what failed on standard error; the exit status is
# 1 if anything failed or nothing passed.

build=$1
status=$2

find "$build/tests" -name '*.trs' | {
	passed=0
	failed=0
	while read -r trs; do
		log=${trs%.trs}.log
		ok=$(grep '^ok\>' "$log" | grep -vci '# skip')
		not_ok=$(grep -c '^not ok\>' "$log")
		case $(sed -n 's/^:global-test-result: //p' "$trs") in
		PASS)
			[ "$((ok + not_ok))" -gt 0 ] || ok=1
			;;
		SKIP)
			ok=0
			not_ok=0
			;;
		*)
			if [ "$not_ok" -gt 0 ]; then
				grep '^not ok\>' "$log" | sed "s|^|$log: |" >&2
			else
				not_ok=1
				echo "$log: failed" >&2
			fi
			;;
		esac
		passed=$((passed + ok))
		failed=$((failed + not_ok))
	done
	# The tests were not built, or the harness itself broke.
	if [ "$failed" -eq 0 ] && [ "$status" -ne 0 ]; then
		failed=1
	fi
	echo "$passed passed, $failed failed"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
