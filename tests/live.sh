#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# Live capture: two network namespaces of its own, joined by a pair of virtual
# interfaces, and real connections between them.  Nothing outside is touched,
# and all of it is gone when the processes are.

: "${TCPAUDIT:=./tcpaudit}" "${srcdir:=.}"
case $TCPAUDIT in
/*) ;;
*) TCPAUDIT=$(pwd)/$TCPAUDIT ;;
esac
export TCPAUDIT

skip() {
	echo "ok - live capture # SKIP $1"
	exit 77
}

if [ "$1" != inside ]; then
	[ -x "$TCPAUDIT" ] || { echo "not ok - no program $TCPAUDIT"; exit 1; }
	[ "$(id -u)" -eq 0 ] || skip "network namespaces need root"
	for program in ip unshare nsenter python3 jq; do
		command -v $program >/dev/null 2>&1 || skip "no $program"
	done
	unshare -n true 2>/dev/null || skip "unshare -n is not permitted here"
	exec unshare -n sh "$0" inside
fi

work=$(mktemp -d "${TMPDIR:-.}/live.XXXXXX") || exit 1
peer='' server='' audit=''
clean() {
	for pid in $audit $server $peer; do
		kill "$pid" 2>/dev/null
	done
	cd / && rm -rf "$work"
}
trap clean EXIT
trap 'exit 1' INT TERM
work=$(cd "$work" && pwd)
cd "$work" || exit 1
failures=0
: >err

check() {
	name=$1
	shift
	if "$@" >/dev/null 2>>err; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		sed 's/^/#   /' err
		failures=$((failures + 1))
	fi
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	tries=$(($1 * 10))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# --------------------------------------------------------------- the wire

ip link set lo up
unshare -n sleep 300 &
peer=$!
wait_for 5 sh -c "! [ /proc/$peer/ns/net -ef /proc/$$/ns/net ]"
ip link add ta0 type veth peer name ta1 netns $peer ||
    skip "no virtual interfaces here"
ip addr add 192.0.2.1/24 dev ta0
ip link set ta0 up
nsenter -t $peer -n ip addr add 192.0.2.2/24 dev ta1
nsenter -t $peer -n ip link set ta1 up

cat >server.py <<'PYTHON'
import socket
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("", 80))
listener.listen()
print("ready", flush=True)
while True:
    connection, _ = listener.accept()
    try:
        while connection.recv(4096):
            connection.send(b"answer")
    except OSError:
        pass
    connection.close()
PYTHON

cat >client.py <<'PYTHON'
import socket, struct, sys, time
server = sys.argv[2] if len(sys.argv) > 2 else "192.0.2.2"

def connect(port):
    client = socket.socket()
    client.connect((server, port))
    return client

def refused():
    try:
        connect(81)
    except ConnectionRefusedError:
        pass

def orderly():
    client = connect(80)
    client.send(b"question")
    client.recv(4096)
    client.shutdown(socket.SHUT_WR)
    client.recv(4096)
    client.close()

def abort(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                      struct.pack("ii", 1, 0))
    client.close()

def aborted():
    client = connect(80)
    client.send(b"question")
    client.recv(4096)
    time.sleep(0.1)
    abort(client)

def aborted_early():
    client = connect(80)
    time.sleep(0.1)
    abort(client)

for name in sys.argv[1].split(","):
    globals()[name]()
PYTHON

nsenter -t $peer -n python3 server.py >ready &
server=$!
wait_for 10 grep -q ready ready

# start ARGUMENT...: the audit, in the background, once it captures.
start() {
	: >live.ndjson
	"$TCPAUDIT" --ndjson "$@" >live.ndjson 2>err &
	audit=$!
	wait_for 10 grep -q '"capture"' live.ndjson
	sleep 0.2
}

# stop SIGNAL: its exit status in `status`.
stop() {
	kill "-$1" $audit
	wait $audit
	status=$?
	audit=
}

verdict() {
	jq -e -s "[.[] | select(.type == \"connection\") | .verdict] |
	    map(select(test(\"^$1\$\"))) | length == $2" live.ndjson
}

# ------------------------------------------------------------------ tests

start -i ta0 -f tcp --msl 0.5 --transitions
check "capture begins" kill -0 $audit
check "root is given up" sh -c \
    'test "$(awk "/^Uid:/ { print \$2 }" /proc/$1/status)" -ne 0' sh $audit
python3 client.py refused,orderly,aborted,aborted_early 2>>err
check "timers run while the wire is silent" wait_for 6 jq -e -s \
    'any(.[]; .type == "transition" and .trigger == "timer" and
	.from == "TIME-WAIT" and .to == "CLOSED")' live.ndjson
check "records are written at once" test -s live.ndjson
stop INT
check "SIGINT: status 0 or 1" test $status -le 1
check "SIGINT: the summary is the last record" \
    jq -e -s '.[-1].type == "summary"' live.ndjson
check "four connections" jq -e -s '.[-1].connections == 4' live.ndjson
check "one refused" verdict refused 1
check "one orderly" verdict complete-orderly 1
check "one aborted after data" verdict aborted-by-client-after-data 1
check "one aborted before data" verdict aborted-by-client-before-data 1
check "the drops are counted" jq -e -s \
    '.[-1] | .kernel_dropped == 0 and .interface_dropped == 0' live.ndjson
check "the interface is named" jq -e -s \
    '.[0].input.interface == "ta0" and .[0].input.snaplen == 192' live.ndjson
check "no error" test ! -s err

start -i ta0 -p -s 96 -B 2048
python3 client.py orderly 2>>err
stop TERM
check "SIGTERM: the summary is the last record" \
    jq -e -s '.[-1].type == "summary"' live.ndjson
check "what came just before the signal is audited" \
    verdict complete-orderly 1

start -i ta0 -f 'tcp port 80' -c 3
python3 client.py refused,orderly 2>>err
wait $audit
check "--count ends it" jq -e -s '.[-1].packets == 3' live.ndjson

began=$(date +%s)
"$TCPAUDIT" -i ta0 --duration 1 >out 2>err
status=$?
check "--duration ends it, with status 0" test $status -eq 0
check "--duration is that of the wall" test $(($(date +%s) - began)) -le 4
check "a silent wire is reported as such" grep -q '0 errors' out

start -i any -f tcp
python3 client.py refused 127.0.0.1 2>>err
stop INT
check "any: loopback is seen" verdict refused 1

"$TCPAUDIT" -i ta0 --duration 0.3 --json -o report.json 2>err
check "-o as root" sh -c 'test -s report.json && jq -e .summary report.json'
check "-o as root: no temporary file is left" \
    test "$(find . -name 'report.json*' | wc -l)" -eq 1
chmod 700 .
"$TCPAUDIT" -i ta0 --duration 0.3 -Z nobody -o other.json 2>err
check "-o where the user may not write: status 2 at once" test $? -eq 2
check "and nothing is left" test "$(find . -name 'other.json*' | wc -l)" -eq 0
"$TCPAUDIT" -i ta0 --duration 0.3 -Z no-such-user 2>err
check "-Z of no user: status 2" test $? -eq 2
check "and its line" grep -q "^tcpaudit: --user: cannot become" err
"$TCPAUDIT" -i ta9 2>err
check "no such interface: status 2" test $? -eq 2
check "and the remedy" grep -q 'list-interfaces' err
"$TCPAUDIT" -i ta0 -f 'type mgt' 2>err
check "a filter that does not suit: status 2" test $? -eq 2
if command -v setpriv >/dev/null 2>&1; then
	setpriv --bounding-set -all --inh-caps -all "$TCPAUDIT" -i ta0 \
	    --duration 0.2 2>err
	check "no permission: status 2" test $? -eq 2
	check "no permission: the remedy" grep -q 'setcap' err
fi

start -i ta0
ip link del ta0
wait_for 5 sh -c "! kill -0 $audit"
check "an interface that disappears ends it" test $? -eq 0
wait $audit
check "an interface that disappears: status 2" test $? -eq 2
audit=
check "an interface that disappears: the report" \
    jq -e -s '.[-1].type == "summary"' live.ndjson
check "an interface that disappears: one line" test "$(wc -l <err)" -eq 1

if [ $failures -gt 0 ]; then
	echo "# $failures failed"
	exit 1
fi
