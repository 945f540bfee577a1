# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""The tracer's lines as an account: states in RFC 9293's names, by end.

One record an event (README.md says what is in it).  Linux keeps a passive
opener's SYN-RECEIVED in a request socket and TIME-WAIT in a timewait socket;
here they are states like the others.
"""

import ipaddress

import tracer

STATES = {5: "FIN-WAIT-2", 6: "TIME-WAIT"}  # of timewait sockets
NAMES = {"TCP_ESTABLISHED": "ESTABLISHED", "TCP_SYN_SENT": "SYN-SENT",
         "TCP_SYN_RECV": "SYN-RECEIVED", "TCP_FIN_WAIT1": "FIN-WAIT-1",
         "TCP_FIN_WAIT2": "FIN-WAIT-2", "TCP_TIME_WAIT": "TIME-WAIT",
         "TCP_CLOSE": "CLOSED", "TCP_CLOSE_WAIT": "CLOSE-WAIT",
         "TCP_LAST_ACK": "LAST-ACK", "TCP_LISTEN": "LISTEN",
         "TCP_CLOSING": "CLOSING", "TCP_NEW_SYN_RECV": "SYN-RECEIVED"}
RESTART = 1_000_000  # ns within which an expired timer is set again


def plain(address):
    """An address as text, without the mapping of IPv4 into IPv6."""
    a = ipaddress.ip_address(address)
    return str(getattr(a, "ipv4_mapped", None) or a)


def owner(words):
    """The state and the ends of a timer's socket, or None: state, family,
    local address in IPv4 and IPv6, port, the peer's, in network byte order."""
    if words is None:
        return None
    v4 = words[1] == "2"
    port = int(words[7])
    return STATES.get(int(words[0])), (
        (plain(words[2] if v4 else words[3]), int(words[4])),
        (plain(words[5] if v4 else words[6]), port >> 8 | (port & 0xff) << 8))


def pair(fields):
    """The ends of an event with addresses in both families."""
    return ((plain(fields["saddrv6"]), int(fields["sport"])),
            (plain(fields["daddrv6"]), int(fields["dport"])))


def socket_address(text):
    """An end, as the kernel prints a socket address."""
    host, port = text.rsplit(":", 1)
    return plain(host.strip("[]")), int(port)


def headers(octets):
    """The ends and the TCP header of an IP packet, or None if not TCP."""
    raw = bytes(int(o, 16) for o in octets)
    if raw[0] >> 4 == 4:
        protocol, source, destination = raw[9], raw[12:16], raw[16:20]
        tcp = raw[(raw[0] & 15) * 4:]
    else:
        protocol, source, destination = raw[6], raw[8:24], raw[24:40]
        tcp = raw[40:]
    if protocol != 6 or len(tcp) < 14:
        return None
    return ((plain(source), int.from_bytes(tcp[0:2], "big")),
            (plain(destination), int.from_bytes(tcp[2:4], "big")), tcp)


class Account:
    """Takes the tracer's events in order; `records` is what they say, and
    `unknown` how many timers nobody owned."""

    HANDLERS = {"inet_sock_set_state": "on_state", "timer_start": "on_start",
                "timer_cancel": "on_cancel", "timer_expire_entry": "on_expire",
                "tcp_send_reset": "on_reset", "drop": "on_drop",
                "tcp_receive_reset": "on_reset_received",
                "tcp_retransmit_skb": "on_retransmit",
                "tcp_retransmit_synack": "on_retransmit_synack"}

    def __init__(self, events, offset):
        self.offset = offset
        self.records = []
        self.unknown = 0
        self.state = {}      # (local, remote): state
        self.inc = {}        # (local, remote): incarnation
        self.request = {}    # timer: (local, remote) of a request socket
        self.timewait = {}   # timer: (local, remote) of a timewait socket
        self.waiting = set()   # the values of timewait
        self.children = set()  # whose request has become a full socket
        self.expired = {}    # timer: (when, ends, cause), run out
        self.drops = tracer.symbols("skb/kfree_skb", "reason")
        self.closed = {}     # (local, remote): its last record to CLOSED
        self.closing = {}    # (local, remote): why CLOSED comes next
        for t, name, fields in events:
            self.bury(t)
            getattr(self, self.HANDLERS[name])(t, fields)
        self.bury(None)
        self.records.sort(key=lambda r: r["t_ns"])

    def add(self, t, ev, ends, **more):
        local, remote = ends
        record = {"t_ns": t + self.offset, "ev": ev, "local": list(local),
                  "remote": list(remote), "inc": self.inc.get(ends, 0)}
        record.update(more)
        self.records.append(record)

    def move(self, t, ends, to, how, **more):
        old = self.state.get(ends, "CLOSED")
        if to in ("SYN-SENT", "SYN-RECEIVED") and old == "TIME-WAIT":
            # The timer of the timewait socket is stopped afterwards.
            self.move(t, ends, "CLOSED", "minisock", cause="reopened-by-syn")
            self.waiting.discard(ends)
            self.timewait = {timer: e for timer, e in self.timewait.items()
                             if e != ends}
            old = "CLOSED"
        if to in ("SYN-SENT", "SYN-RECEIVED") and old in ("CLOSED", "LISTEN"):
            self.inc[ends] = self.inc.get(ends, 0) + 1
            self.closing.pop(ends, None)
            if to == "SYN-RECEIVED":
                old = "LISTEN"
        if to == "CLOSED" and "cause" not in more:
            more["cause"] = self.closing.pop(ends, "local")
        self.state[ends] = to
        self.add(t, "state", ends, **{"from": old}, to=to, how=how, **more)
        if to == "CLOSED":
            self.closed[ends] = self.records[-1]

    # ---------------------------------------------------------- full sockets

    def on_state(self, t, fields):
        if fields["protocol"] != "IPPROTO_TCP":
            return
        old, new = NAMES[fields["oldstate"]], NAMES[fields["newstate"]]
        ends = pair(fields)
        if ends[1][1] == 0:
            return  # a listener
        if old == "LISTEN":  # the child of one
            if ends in self.request.values():
                self.children.add(ends)
                self.add(t, "child", ends)
            else:
                self.move(t, ends, new, "child")
        elif new == "CLOSED" and ends in self.waiting:
            self.add(t, "minisock", ends)
        elif new != self.state.get(ends, "CLOSED"):
            self.move(t, ends, new, "traced")

    # --------------------------------------------- request, timewait sockets

    def on_start(self, t, fields):
        told = owner(fields["owner"])
        if told is None:
            self.unknown += 1
        elif told[0]:
            self.on_timewait(t, fields["timer"], *told)
        else:
            self.on_request(t, fields["timer"], told[1])

    def on_request(self, t, timer, ends):
        if not self.again(timer, ends) and self.request.get(timer) != ends:
            self.children.discard(ends)
            self.move(t, ends, "SYN-RECEIVED", "reqsk")
        self.request[timer] = ends

    def again(self, timer, ends):
        """Whether a timer that has just run out is set again, rather than the
        timer of another socket at the same address."""
        if timer in self.expired and self.expired[timer][1] == ends:
            del self.expired[timer]
            return True
        self.bury_one(timer)
        return False

    def on_timewait(self, t, timer, state, ends):
        if self.again(timer, ends) and self.state.get(ends) == state:
            self.add(t, "timewait-restarted", ends)
        elif self.state.get(ends) != state:
            self.move(t, ends, state, "minisock")
        self.timewait[timer] = ends
        self.waiting.add(ends)

    def on_cancel(self, t, fields):
        """Also of a timer that is set again, and of one that expires."""
        self.run_out(t, fields["timer"], "request-dropped", "killed")

    def on_expire(self, t, fields):
        timer = fields["timer"]
        if timer in self.expired:
            when, ends, cause = self.expired[timer]
            cause = "2msl" if cause == "killed" else "timeout"
            self.expired[timer] = when, ends, cause

    def run_out(self, t, timer, request_cause, timewait_cause):
        ends = self.request.pop(timer, None)
        if ends in self.children:
            self.children.discard(ends)
        elif ends:
            self.expired[timer] = t, ends, request_cause
        ends = self.timewait.pop(timer, None)
        if ends:
            self.waiting.discard(ends)
            self.expired[timer] = t, ends, timewait_cause

    def bury(self, now):
        """CLOSED, what ran out and was not set again."""
        for timer in list(self.expired):
            if now is None or now - self.expired[timer][0] > RESTART:
                self.bury_one(timer)

    def bury_one(self, timer):
        if timer in self.expired:
            t, ends, cause = self.expired.pop(timer)
            self.move(t, ends, "CLOSED", "timer", cause=cause)

    # -------------------------------------------------------------- segments

    def on_reset(self, t, fields):
        ends = socket_address(fields["src"]), socket_address(fields["dest"])
        reason = fields["reason"]
        state = NAMES.get(fields["state"])
        self.closing[ends] = "rst-sent:" + reason
        last = self.closed.get(ends)  # some are sent after the state's change
        if last and last["cause"] == "local" and \
                t + self.offset - last["t_ns"] < RESTART:
            last["cause"] = self.closing.pop(ends)
        self.add(t, "reset-sent", ends, reason=reason, state=state)

    def on_reset_received(self, t, fields):
        ends = pair(fields)
        self.closing[ends] = "rst-received"
        self.add(t, "reset-received", ends)

    def on_retransmit(self, t, fields):
        self.add(t, "retransmit", pair(fields))

    def on_retransmit_synack(self, t, fields):
        self.add(t, "retransmit-synack", pair(fields))

    def on_drop(self, t, fields):
        words = fields["words"]
        found = headers(words[1:])
        reason = self.drops.get(int(words[0]), words[0])
        if found:
            source, destination, tcp = found
            self.add(t, "drop", (destination, source), reason=reason,
                     seq=int.from_bytes(tcp[4:8], "big"), flags=tcp[13])
