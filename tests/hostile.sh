#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# Damaged captures: whatever the bytes, the exit status is 0, 1 or 2, no
# sanitizer speaks, and it ends.  Environment: TCPAUDIT (the program),
# HOSTILE_COUNT (random damages, default 2000), HOSTILE_CUT (every prefix of
# captures up to so many bytes, default 420), HOSTILE_SEED.

set -u
here=$(cd "$(dirname "$0")" && pwd)
tcpaudit=${TCPAUDIT:-./tcpaudit}
batch=100 # files for each run of the program
work=$(mktemp -d "${TMPDIR:-/tmp}/hostile.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/in"

# sound FILE...: the program survives these files.
sound() {
	timeout 120 "$tcpaudit" --separate --ndjson --transitions "$@" \
	    >"$work/out" 2>"$work/err"
	status=$?
	if [ "$status" -gt 2 ]; then
		return 1
	fi
	! grep -Eq 'Sanitizer|runtime error|Assertion' "$work/err"
}

set --
for f in "$here"/../pcaps/*.pcap; do
	case $f in
	*/S116-*) ;; # large, and nothing the others do not have
	*) set -- "$@" "$f" ;;
	esac
done
python3 "$here/tools/mutate.py" --cut "${HOSTILE_CUT:-420}" \
    --count "${HOSTILE_COUNT:-2000}" --seed "${HOSTILE_SEED:-1}" \
    "$work/in" "$@" || exit 1

total=0
failed=0
find "$work/in" -name '*.pcap' | sort >"$work/list"
split -l "$batch" "$work/list" "$work/batch."
for list in "$work"/batch.*; do
	set --
	while read -r f; do
		set -- "$@" "$f"
	done <"$list"
	total=$((total + $#))
	sound "$@" && continue
	for f in "$@"; do
		if ! sound "$f"; then
			failed=$((failed + 1))
			echo "not ok - $(basename "$f"): exit status $status"
			sed 's/^/#     /' "$work/err" | head -n 20
			if [ -n "${HOSTILE_KEEP:-}" ]; then
				cp "$f" "$HOSTILE_KEEP/"
			fi
		fi
	done
done
if [ "$total" -eq 0 ]; then
	echo "not ok - no damaged capture was made"
	exit 1
fi
echo "hostile: $total damaged captures, $failed failures"
[ "$failed" -eq 0 ]
