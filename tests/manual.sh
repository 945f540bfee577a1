#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

# The manual says what the program does: man/tcpaudit-rules.7 is what rules_man
# makes of the catalogue, and man/tcpaudit.1 has every option of --help, and no
# other.  RULES_MAN and TCPAUDIT name the programs if they are not here.

srcdir=${srcdir:-.}
RULES_MAN=${RULES_MAN:-./tests/tools/rules_man}
TCPAUDIT=${TCPAUDIT:-./tcpaudit}
tests=0
failures=0

# result DESCRIPTION: of the command before.
result()
{
	status=$?
	tests=$((tests + 1))
	if [ $status -eq 0 ]; then
		echo "ok $tests - $1"
	else
		echo "not ok $tests - $1"
		failures=$((failures + 1))
	fi
}

# An option is described where its list item begins; elsewhere the manual may
# speak of options of other programs.
manual_options()
{
	grep '^\.It Fl' "$srcdir/man/tcpaudit.1" |
	    grep -oE 'Fl Fl [a-z][a-z-]*' | sed 's/Fl Fl /--/' |
	    LC_ALL=C sort -u
}

help_options()
{
	"$TCPAUDIT" --help | grep -oE -- '--[a-z][a-z-]*' | LC_ALL=C sort -u
}

scratch=$(mktemp -d "${TMPDIR:-/tmp}/manual.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT

"$RULES_MAN" >"$scratch/rules.7" &&
    diff -u "$srcdir/man/tcpaudit-rules.7" "$scratch/rules.7"
result "man/tcpaudit-rules.7 is what rules_man writes"

python3 "$srcdir/tests/tools/examples.py" >"$scratch/examples" &&
    diff -u "$srcdir/src/cli/examples.def" "$scratch/examples"
result "src/cli/examples.def is what examples.py writes"

help_options >"$scratch/help" && test -s "$scratch/help"
result "--help lists options"

manual_options >"$scratch/manual" && test -s "$scratch/manual"
result "man/tcpaudit.1 lists options"

test -s "$scratch/manual" && diff -u "$scratch/manual" "$scratch/help"
result "man/tcpaudit.1 and --help list the same options"

sed -n '/REPORT OF THE TOUR: begin/,/REPORT OF THE TOUR: end/p' \
    "$srcdir/README.md" | sed '1,3d; /^```$/,$d' >"$scratch/readme"
program=$(cd "$(dirname "$TCPAUDIT")" && pwd)/$(basename "$TCPAUDIT")
(cd "$srcdir" && "$program" --rule 'timewait-*' --rule 'handshake-*' \
    --rule 'rst-*' pcaps/tour.pcap) >"$scratch/report"
test -s "$scratch/readme" && diff -u "$scratch/readme" "$scratch/report"
result "README.md shows the report of the tour"

for page in tcpaudit.1 tcpaudit-rules.7; do
	if command -v man >/dev/null 2>&1 && command -v groff >/dev/null 2>&1
	then
		test -f "$srcdir/man/$page" &&
		    ! groff -man -Tutf8 -ww -z "$srcdir/man/$page" 2>&1 |
			grep .
		result "$page is accepted by groff"
	fi
done

echo "1..$tests"
exit $((failures > 0))
