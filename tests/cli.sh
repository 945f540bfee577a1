#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# The command line of tcpaudit: options, exit statuses, errors, and every way
# in which a capture can be read.  TCPAUDIT is the program, srcdir the top of
# the sources.
#
# Over 500 lines: a list of cases, option by option as the manual has them.

: "${TCPAUDIT:=./tcpaudit}" "${srcdir:=.}"
case $TCPAUDIT in
/*) ;;
*) TCPAUDIT=$(pwd)/$TCPAUDIT ;;
esac
export TCPAUDIT
if [ ! -x "$TCPAUDIT" ]; then
	echo "not ok - no program: set TCPAUDIT, which is now $TCPAUDIT"
	exit 1
fi
srcdir=$(cd "$srcdir" && pwd) || exit 1
tour=$srcdir/pcaps/tour.pcap
if [ ! -s "$tour" ]; then
	echo "not ok - no captures: set srcdir, which is now $srcdir"
	exit 1
fi
good=$srcdir/pcaps/S01-orderly-close-client-first.pcap
bad=$srcdir/pcaps/S101-2msl-violation-by-owner.pcap
work=$(mktemp -d "${TMPDIR:-.}/cli.XXXXXX") || exit 1
trap 'cd / && chmod -R u+rwx "$work" && rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
work=$(cd "$work" && pwd)
cd "$work" || exit 1
unset NO_COLOR
failures=0

ok() {
	printf 'ok - %s\n' "$1"
}

not_ok() {
	printf 'not ok - %s\n' "$1"
	sed 's/^/#   /' err
	failures=$((failures + 1))
}

# check NAME COMMAND...: the command must succeed.
check() {
	check_name=$1
	shift
	if "$@" >/dev/null 2>>err; then ok "$check_name"; else not_ok "$check_name"; fi
}

# run STATUS NAME ARGUMENT...: output in `out`, errors in `err`.
run() {
	want=$1 name=$2
	shift 2
	"$TCPAUDIT" "$@" >out 2>err </dev/null
	got=$?
	if [ $got -eq "$want" ]; then
		ok "$name"
	else
		echo "exit status $got, expected $want" >>err
		not_ok "$name"
	fi
}

# refuse NAME PATTERN ARGUMENT...: status 2, one line on stderr that matches the
# basic regular expression, nothing on stdout.
refuse() {
	name=$1 pattern=$2
	shift 2
	"$TCPAUDIT" "$@" >out 2>err </dev/null
	got=$?
	if [ $got -eq 2 ] && [ "$(wc -l <err)" -eq 1 ] && [ ! -s out ] &&
	    grep -q "^tcpaudit: $pattern" err; then
		ok "$name"
	else
		echo "exit status $got, expected 2 and: $pattern" >>err
		not_ok "$name"
	fi
}

# have PROGRAM FOR: whether it is there; says so if not.
have() {
	command -v "$1" >/dev/null 2>&1 && return 0
	printf 'ok - %s # SKIP no %s\n' "$2" "$1"
	return 1
}

# ask FILTER FILE: whether the filter says so.  Of an empty file jq says
# nothing, and calls that success.
ask() {
	[ -s "$2" ] && jq -e "$1" "$2"
}

recast() {
	python3 "$srcdir/tests/tools/recast.py" "$@"
}

# The report without the name of its input.
body() {
	jq -S 'del(.captures) | walk(if type == "object" then del(.input)
	    else . end)' "$@"
}

# equal NAME FILE: whether the report is that of the tour.
equal() {
	body "$2" >same.body 2>>err
	check "$1" sh -c 'test -s same.body && cmp reference same.body'
}

# same NAME CAPTURE
same() {
	"$TCPAUDIT" --json "$2" >same.json 2>err
	equal "$1" same.json
}

: >err
"$TCPAUDIT" --json "$tour" >tour.json 2>err
check "a report in JSON is JSON" ask '.schema == "tcpaudit/1"' tour.json
body tour.json >reference
packets=$(jq .summary.packets tour.json)
check "the tour has packets" test "${packets:-0}" -gt 50

# ------------------------------------------------------------ exit status

run 0 "status 0: a healthy capture" "$good"
run 1 "status 1: an error" "$bad"
run 2 "status 2: no such file" ./missing.pcap
run 0 "--fail-on never" --fail-on never "$bad"
run 1 "--fail-on note" --fail-on note "$bad"
run 1 "--fail-on warning" --fail-on warning "$bad"
run 1 "--fail-on error" --fail-on error "$bad"
run 1 "--quiet keeps the status" -q "$bad"
check "--quiet writes nothing" test ! -s out
run 0 "what is not reported does not fail" --no-rule '*' "$bad"

# ------------------------------------------------------------------- look

run 0 "--help" --help
check "--help says something" test -s out
check "--help fits 80 columns" awk 'length > 80 { exit 1 }' out
check "--help fits a screen" test "$(wc -l <out)" -le 50
check "the manual knows each option" sh -c '
	sed -n "s/^OPTION([^,]*, [^,]*, \"\([a-z-]*\)\".*/\1/p" \
	    "$1/src/cli/options.def" | while read -r option; do
		pattern=$(printf "%s" "$option" | sed "s/-/\\\\\\\\-/g")
		grep -q "^\.It .*Fl Fl $pattern" "$1/man/tcpaudit.1" ||
		    grep -q "^\.It .*Fl Fl $option" "$1/man/tcpaudit.1" ||
		    { echo "not in the manual: --$option" >&2; exit 1; }
	done' sh "$srcdir"
run 0 "-h" -h
run 0 "--version" --version
check "--version names the version" grep -q '^tcpaudit [0-9]' out
run 0 "--list-interfaces" --list-interfaces
run 0 "--list-rules" --list-rules
run 0 "--list-rules --json" --list-rules --json
check "--list-rules --json is JSON" ask 'length > 100' out
run 0 "--explain" --explain timewait-2msl-violation
check "--explain cites the RFC" grep -q 9293 out
refuse "--explain of no rule" "" --explain no-such-rule-at-all
if [ -w /dev/full ]; then
	"$TCPAUDIT" "$good" >/dev/full 2>err
	check "a report to a full device: status 2" test $? -eq 2
	check "and one line" test "$(wc -l <err)" -eq 1
	"$TCPAUDIT" --help >/dev/full 2>err
	check "--help to a full device: status 2" test $? -eq 2
	"$TCPAUDIT" --list-rules >/dev/full 2>err
	check "--list-rules to a full device: status 2" test $? -eq 2
fi

# -------------------------------------------------------------- bad usage

refuse "no input" "no capture: "
refuse "no such option" "--nonsense: no such option" --nonsense
refuse "no such letter" "-Y: no such option" -Y
refuse "an argument is missing" "--msl: needs an argument" --msl
refuse "an argument too many" "--quiet: takes no argument" --quiet=1 "$good"
refuse "--msl of no number" \
    "--msl: 'abc' is not a number of seconds: give for example --msl 120" \
    --msl abc "$good"
for value in '' -1 inf 0x10 1e400 ' 1' 1s .; do
	refuse "--msl '$value'" "--msl: " "--msl=$value" "$good"
done
refuse "--msl 0" "--msl: '0' is out of range" --msl 0 "$good"
refuse "--tw-floor" "--tw-floor: " --tw-floor x "$good"
refuse "--duration" "--duration: " --duration 0 "$good"
refuse "--count 0" "--count: " -c 0 "$good"
refuse "--count of no number" "--count: " --count 5x "$good"
refuse "--count too large" "--count: " -c 99999999999999999999 "$good"
refuse "--snaplen" "--snaplen: " -s 262145 "$good"
refuse "--buffer-size" "--buffer-size: " -B 0 "$good"
refuse "--memory of no size" "--memory: 'much' is not a size" \
    --memory much "$good"
refuse "--memory too little" "--memory: '12' is too little" --memory 12 "$good"
refuse "--memory too large" "--memory: " --memory 99999999999T "$good"
refuse "--local" "--local: 'here' is not an IP address" --local here "$good"
refuse "--stack" "--stack: 'os2' is not known: give one of rfc, linux, bsd" \
    --stack os2 "$good"
refuse "--checksum" "--checksum: " --checksum maybe "$good"
refuse "--flow-key" "--flow-key: " --flow-key port "$good"
refuse "--flood-syn" "--flood-syn: " --flood-syn 0 "$good"
refuse "--half-open" "--half-open: " --half-open none "$good"
refuse "--min-severity" "--min-severity: " --min-severity bad "$good"
refuse "--min-confidence" "--min-confidence: " --min-confidence 1 "$good"
refuse "--fail-on" "--fail-on: " --fail-on always "$good"
refuse "--format" "--format: 'xml' is not known" --format xml "$good"
refuse "--color" "--color: " --color red "$good"
refuse "--progress" "--progress: " --progress 1 "$good"
refuse "--jobs" "--jobs: " -j many "$good"
refuse "--shard" "--shard: '2/2' is not one of several parts: " \
    --shard 2/2 "$good"
refuse "--merge and --shard" "--merge: .*leave --shard out" \
    --merge --shard 0/2 "$good"
refuse "a part of live traffic" "--shard: is for files: " -i lo --shard 0/2
refuse "--rule that matches none" "--rule: 'xyz\*' matches no rule" \
    --rule 'xyz*' "$good"
refuse "--no-rule that matches none" "--no-rule: " --no-rule xyz "$good"
refuse "a filter that is none" "--filter: 'tcp portt 80' is not a filter" \
    -f 'tcp portt 80' "$good"
refuse "a file and an interface" ".*an interface is named as well" \
    -i lo "$good"
refuse "two interfaces" "--interface: only one" -i lo -i lo
refuse "no such interface" "nosuchif0: no such interface" -i nosuchif0
for format in html junit sarif; do
	refuse "--format $format is of a later version" \
	    "--format: $format: not yet in this version" \
	    --format $format "$good"
done
for option in --html --no-sandbox --ladder=1 --extract=1 --baseline=x \
    --write-baseline=x --ring=x --metrics=x; do
	refuse "${option%=*} is of a later version" \
	    "${option%=*}: not yet in this version" "$option" "$good"
	check "${option%=*} is not in --help" sh -c '
		! "$1" --help | grep -q -e "$2"' sh "$TCPAUDIT" "${option%=*}"
done

# ------------------------------------------------------------- bad inputs

refuse "no such file" "./missing.pcap: no such file: " ./missing.pcap
mkdir directory
refuse "a directory" "directory: is a directory: " directory
: >empty.pcap
refuse "an empty file" "empty.pcap: is empty: " empty.pcap
echo 'this is no capture, but it is long enough' >text.pcap
refuse "text" "text.pcap: is not a capture " text.pcap
printf x >byte.pcap
refuse "one byte" "byte.pcap: is not a capture " byte.pcap
head -c 20 "$tour" >header.pcap
refuse "half a header" "header.pcap: is not a capture " header.pcap
recast snoop "$tour" snoop.pcap
refuse "snoop" "snoop.pcap: is a snoop capture, .*editcap" snoop.pcap
cp "$good" secret.pcap
chmod 0 secret.pcap
if [ "$(id -u)" -ne 0 ]; then
	refuse "no permission" "secret.pcap: permission denied: " secret.pcap
elif have setpriv "no permission"; then
	# Root may read everything, unless it gives that up.
	setpriv --bounding-set -all --inh-caps -all --reuid 65534 \
	    --regid 65534 --clear-groups cat secret.pcap 2>/dev/null >/dev/null
	cp "$TCPAUDIT" ./program 2>/dev/null
	chmod 755 . program
	setpriv --reuid 65534 --regid 65534 --clear-groups \
	    ./program secret.pcap >out 2>err
	status=$?
	if grep -q 'permission denied: ' err && [ $status -eq 2 ]; then
		ok "no permission"
	elif grep -q 'secret.pcap' err; then
		not_ok "no permission"
	else
		echo "ok - no permission # SKIP the program cannot be run" \
		    "by another user here"
	fi
fi
escape=$(printf '\033]0;x')
refuse "control characters are escaped" '\\x1b' "$escape"

cut_ok() {
	recast "$2" "$tour" broken.pcap
	run 2 "$1: status 2" --json broken.pcap
	check "$1: what came before is audited" \
	    ask '.summary.packets > 0' out
	check "$1: one line on stderr" test "$(wc -l <err)" -eq 1
	"$TCPAUDIT" broken.pcap >out 2>err
	check "$1: the report says so" grep -q 'broke off: ' out
}
cut_ok "a file cut in the middle of a packet" cut:5
cut_ok "a file cut in the header of a packet" cut:75
cut_ok "a damaged packet" damaged:10
cut_ok "too many interfaces for another link type" pcapng-many
check "another link type: the remedy" grep -q 'frame.interface_id' err
recast pcapng-mixed "$tour" mixed.pcap
"$TCPAUDIT" --json mixed.pcap >out 2>err
check "a link type that is not decoded beside one that is: counted" ask \
    '.summary | .skipped.link_type * 2 == .packets' out
check "and a warning, once" test "$(grep -c 'warning: link type' err)" -eq 1
recast link:147 "$tour" link.pcap
run 0 "an unknown link type is counted" --json link.pcap
check "an unknown link type: all skipped" ask \
    '.summary | (.skipped | add) == .packets and .packets > 0' out
check "an unknown link type: a warning" grep -q 'warning: link type' err
run 2 "one bad file among several: status 2" --json "$good" ./missing.pcap \
    "$bad"
check "one bad file among several: the others are audited" \
    ask '(.captures | length) == 2 and .summary.connections >= 2' out
run 2 "trouble outweighs findings" "$bad" ./missing.pcap
run 2 "a filter that suits no such capture" -f 'type mgt' "$good"
check "and its line" grep -q 'the filter does not suit' err

# ------------------------------------------------- byte orders, precision

for form in le be le-ns be-ns pcapng pcapng-be pcapng-snaplen pcapng-links; do
	recast $form "$tour" $form.pcap
	same "$form: the same report" $form.pcap
done
run 1 "a filter, on packets of two link types" --json -f 'tcp port 80' \
    pcapng-links.pcap
check "it selects what it selects of one" test \
    "$(jq .summary.packets out)" -eq \
    "$("$TCPAUDIT" --json -f 'tcp port 80' "$tour" | jq .summary.packets)"
run 2 "a filter that suits one of two link types" \
    -f 'ether host 02:00:0a:00:00:01' pcapng-links.pcap
check "and its line" grep -q 'link type that the filter does not suit' err
recast pcapng-drops "$tour" drops.pcap
"$TCPAUDIT" --json drops.pcap >out 2>err
check "packets that the capture says it lost" ask \
    '.summary | .interface_dropped == 40 and .kernel_dropped == 2' out
check "are a finding" ask '[.findings[] | select(.rule ==
    "cap-drops-reported") | .observed.packets] == [42]' out
"$TCPAUDIT" --json --separate drops.pcap "$good" drops.pcap >out 2>err
check "once for each capture" ask '[.findings[] | select(.rule ==
    "cap-drops-reported") | .observed.packets] == [42, 42]' out
recast pcapng-simple "$tour" simple.pcap
"$TCPAUDIT" --json simple.pcap >out 2>err
check "simple packet blocks, cut by the snapshot length" ask \
    ".summary.packets == $packets and .captures[0].input.snaplen == 70" out
"$TCPAUDIT" --json pcapng-snaplen.pcap >out 2>err
check "the snapshot length of the first interface" ask \
    '.captures[0].input.snaplen == 2000' out

# ------------------------------------------------------------ compression

for program in gzip zstd xz lz4 bzip2; do
	have $program "$program" || continue
	$program -q -c <"$tour" >tour.$program 2>>err
	same "$program: the same report" tour.$program
	"$TCPAUDIT" --json - <tour.$program >pipe.json 2>err
	equal "$program from standard input" pipe.json
	# shellcheck disable=SC2002 # a pipe is what is tested
	cat tour.$program | "$TCPAUDIT" --json - >pipe.json 2>err
	equal "$program from a pipe" pipe.json
	$program -q -c </dev/null >nothing.$program
	refuse "$program of nothing" "nothing.$program: is empty once unpacked" \
	    nothing.$program
	echo text | $program -q -c >text.$program
	refuse "$program of text" "text.$program: is not a capture" text.$program
	head -c 300 tour.$program >half.$program
	"$TCPAUDIT" half.$program >out 2>err
	check "$program cut in the middle: status 2" test $? -eq 2
	check "$program cut in the middle: one line" test "$(wc -l <err)" -eq 1
done
recast pcapng "$tour" tour.pcapng
gzip -c tour.pcapng >tour.pcapng.gz
same "compressed pcapng" tour.pcapng.gz
python3 - "$tour" <<'PYTHON'
import gzip, sys
data = open(sys.argv[1], "rb").read()
large = data + data[24:] * 300
packed = gzip.compress(large)
open("large.gz", "wb").write(packed[:len(packed) * 3 // 4])
PYTHON
run 2 "a large compressed capture, cut: status 2" --json large.gz
check "a large compressed capture, cut: what came before is audited" \
    ask '.summary.packets > 1000' out

# --------------------------------------------------------- standard input

# shellcheck disable=SC2002
cat "$tour" | "$TCPAUDIT" --json - >pipe.json 2>err
equal "from a pipe" pipe.json
"$TCPAUDIT" --json - <"$tour" >pipe.json 2>err
equal "from a file as standard input" pipe.json
{ head -c 2000 "$tour"; sleep 1; tail -c +2001 "$tour"; } |
    "$TCPAUDIT" --json - >pipe.json 2>err
equal "from a slow pipe" pipe.json
if have tcpdump "from tcpdump"; then
	tcpdump -r "$tour" -w - 2>/dev/null | "$TCPAUDIT" --json - \
	    >pipe.json 2>err
	check "from tcpdump" \
	    ask ".summary.packets == $packets" pipe.json
fi
mkfifo fifo
cat "$tour" >fifo 2>/dev/null &
same "from a named pipe" fifo
"$TCPAUDIT" - <empty.pcap >out 2>err
check "nothing from standard input: status 2" test $? -eq 2
check "nothing from standard input: says so" \
    grep -q 'standard input: is empty' err
head -c 1000 "$tour" | "$TCPAUDIT" - >out 2>err
check "a cut pipe: status 2" test $? -eq 2
mkfifo slow
{ cat "$tour"; sleep 20; } >slow 2>/dev/null &
writer=$!
"$TCPAUDIT" --ndjson - <slow >out 2>err &
audit=$!
sleep 1
kill -INT $audit
wait $audit
check "an interrupted pipe: status 2" test $? -eq 2
check "an interrupted pipe: the report of all that came" sh -c '
	test -s out && tail -n 1 out | jq -e "
	    .type == \"summary\" and .packets == $1"' sh "$packets"
kill $writer 2>/dev/null
(trap '' PIPE; "$TCPAUDIT" --ndjson "$tour" 2>err | :)
check "a closed pipe is quiet" test ! -s err

# ---------------------------------------------------------------- options

json() {
	name=$1 filter=$2
	shift 2
	"$TCPAUDIT" --json "$@" >out 2>err </dev/null
	check "$name" ask "$filter" out
}
json "-r" ".summary.packets == $packets" -r "$tour"
json "-r and FILE, in this order" \
    '[.captures[].input.file | sub(".*/"; "")] |
    .[0][:3] == "S01" and .[1][:4] == "tour"' "$tour" -r "$good"
json "--count" '.summary.packets == 10' -c 10 "$tour"
json "--count over two files" '.summary.packets == 20 and
    (.captures | length) == 2' -c 20 "$good" "$tour"
json "--duration" '.summary.packets < '"$packets"' and
    .summary.packets > 5 and .summary.duration_ns <= 3000000000' \
    --duration 3 "$tour"
json "--filter" '.summary.packets > 0 and .summary.packets < '"$packets" \
    -f 'tcp port 40001' "$tour"
json "--filter does not change the numbers" '.connections |
    length == 1 and .[0].first.packet > 2' -f 'tcp port 40002' "$tour"
json "--filter is recorded" '.captures[0].input.filter == "tcp"' -f tcp "$good"
json "two files are one capture" '.summary.connections == 1' "$good" "$good"
json "--separate" '.summary.connections == 2' --separate "$good" "$good"
json "live options are taken" '.summary.packets > 0' -s 96 -B 1024 -p \
    -Z nobody "$good"
for stack in rfc linux bsd macos windows; do
	json "--stack $stack" '.schema' --stack $stack "$tour"
done
json "--msl decides about TIME-WAIT" \
    '[.findings[].rule] | index("timewait-2msl-violation") == null' \
    --msl 0.001 --tw-floor 0 "$bad"
json "--local" '.schema' --local 10.0.0.1 --local 2001:db8::1 "$tour"
json "--flood-syn, --half-open" '.schema' --flood-syn 100 --half-open 5 "$tour"
for how in auto verify ignore; do
	json "--checksum $how" '.schema' --checksum $how "$tour"
done
for key in tuple tuple+vlan tuple+tunnel; do
	json "--flow-key $key" '.schema' --flow-key $key "$tour"
done
for size in 64M 64m 64MB 1GiB 67108864 67108864B; do
	json "--memory $size" '.schema' --memory $size "$tour"
done
json "--rule" '([.findings[].rule] | unique) == ["timewait-2msl-violation"]' \
    --rule 'timewait-2msl-*' "$bad"
json "--rule by code" '([.findings[].code] | unique) == ["TW01"]' \
    --rule TW01 "$bad"
json "--rule, repeated" '([.findings[].code] | index("TW01")) != null' \
    --rule TW01 --rule 'DA*' "$bad"
json "--no-rule" '[.findings[].code] | index("TW01") == null' \
    --no-rule 'TW*' "$bad"
json "--min-severity" 'all(.findings[]; .severity == "error" or
    .severity == "capture")' --min-severity error "$tour"
json "--min-confidence" 'all(.findings[]; .confidence == "certain")' \
    --min-confidence certain "$tour"
json "--transitions" '.transitions | length > 5' --transitions "$good"
json "-j" ".summary.packets == $packets" -j 4 "$tour"
json "--verbose with --json" '.schema' -v "$tour"
run 0 "--transitions in text warns" --transitions "$good"
check "and says how to mend it" grep -q 'add --ndjson' err
run 1 "--ndjson" --ndjson "$bad"
check "--ndjson: each line is JSON" jq -e -s \
    '.[0].type == "capture" and .[-1].type == "summary"' out
run 1 "--format ndjson" --format ndjson "$bad"
run 1 "--format json" --format json "$bad"
run 1 "--format text" --format text "$bad"
run 0 "--verbose" -v "$good"
check "--verbose shows the states" grep -q 'TIME-WAIT' out
run 1 "--color always" --color always "$bad"
check "--color always colours" grep -q "$(printf '\033')" out
"$TCPAUDIT" "$bad" >plain 2>err
check "a report of text" test -s plain
run 1 "--color never" --color never "$bad"
check "--color never does not" cmp out plain
run 0 "--progress always" --progress always "$good"
check "--progress always shows" grep -q '%' err
run 0 "--progress never" --progress never "$good"
check "--progress never does not" test ! -s err
run 0 "a long option may be shortened" --verb "$good"
cp "$good" ./-dash.pcap
run 0 "a file after --" -- -dash.pcap
"$TCPAUDIT" --ndjson --transitions "$tour" >first 2>err
for _ in 1 2 3 4 5 6 7 8; do
	"$TCPAUDIT" --ndjson --transitions "$tour" >again 2>err
	cmp first again >>differ 2>&1
done
check "all runs are equal" sh -c 'test -s first && ! test -s differ'

# ------------------------------------------------------------ -o, atomic

run 1 "-o" -o report.json --json "$bad"
check "-o: nothing on standard output" test ! -s out
check "-o: the report is in the file" ask .summary report.json
check "-o: no temporary file is left" sh -c 'test "$(ls report* | wc -l)" -eq 1'
check "-o: as other files, readable" sh -c '
	touch other && test "$(ls -l other | cut -c1-10)" = \
	    "$(ls -l report.json | cut -c1-10)"'
echo before >report.json
run 2 "-o: a failed run" -o report.json --json ./missing.pcap
check "-o: a failed run leaves the former report" grep -q before report.json
{ head -c 1000 "$tour"; sleep 2; } | "$TCPAUDIT" -o report.json --json - \
    2>err &
sleep 1
check "-o: until the end it is the former report" grep -q before report.json
wait $!
check "-o: then it is the new one" ask .summary report.json
refuse "-o into no directory" "no/dir/x: cannot be written" -o no/dir/x "$good"
cp "$good" mine.pcap
refuse "-o over an input" "mine.pcap: is a capture to be read" \
    -o mine.pcap mine.pcap
check "-o over an input: it is still there" cmp "$good" mine.pcap

if [ $failures -gt 0 ]; then
	echo "# $failures failed"
	exit 1
fi
