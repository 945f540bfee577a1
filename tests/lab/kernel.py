# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""The tracer's lines as an account: states in RFC 9293's names, by end.

One record an event (README.md says what is in it).  Linux keeps a passive
opener's SYN-RECEIVED in a request socket and TIME-WAIT in a timewait socket;
here they are states like the others.
"""

import ipaddress

import tracer

STATES = {1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED",
          4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT", 7: "CLOSED",
          8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING"}
RESTART = 1_000_000  # ns within which an expired timer is set again


def plain(address):
    """An address as text, without the mapping of IPv4 into IPv6."""
    a = ipaddress.ip_address(address)
    return str(getattr(a, "ipv4_mapped", None) or a)


def pair(words):
    """The ends of: family, source in IPv4 and IPv6, port, destination ..."""
    v4 = words[0] == "2"
    return ((plain(words[1] if v4 else words[2]), int(words[3])),
            (plain(words[4] if v4 else words[5]), int(words[6])))


def swapped(port):
    return port >> 8 | (port & 0xff) << 8


def socket_address(octets):
    """An end, from the octets of a struct sockaddr_in or sockaddr_in6."""
    raw = bytes(int(o, 16) for o in octets)
    host = raw[4:8] if raw[0] == 2 else raw[8:24]
    return plain(host), int.from_bytes(raw[2:4], "big")


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
    """Takes the tracer's lines in order; `records` is what they say."""

    def __init__(self, lines, offset):
        self.offset = offset
        self.records = []
        self.state = {}      # (local, remote): state
        self.inc = {}        # (local, remote): incarnation
        self.request = {}    # timer: (local, remote) of a request socket
        self.timewait = {}   # timer: (local, remote) of a timewait socket
        self.waiting = set()   # the values of timewait
        self.children = set()  # whose request has become a full socket
        self.expired = {}    # timer: (when, ends, cause), run out
        self.resets = tracer.symbols("tcp/tcp_send_reset", "reason")
        self.drops = tracer.symbols("skb/kfree_skb", "reason")
        self.closed = {}     # (local, remote): its last record to CLOSED
        self.closing = {}    # (local, remote): why CLOSED comes next
        for words in lines:
            self.take(words[0], int(words[1]), words[2:])
        self.bury(None)
        self.records.sort(key=lambda r: r["t_ns"])

    def take(self, what, t, words):
        self.bury(t)
        getattr(self, "on_" + what.replace("-", "_"))(t, words)

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

    def on_state(self, t, words):
        ends = ((plain(words[0]), int(words[1])),
                (plain(words[2]), int(words[3])))
        old, new = STATES[int(words[4])], STATES[int(words[5])]
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

    def on_request(self, t, words):
        timer = words[0]
        local, (address, port) = pair(words[1:])
        ends = local, (address, swapped(port))
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

    def on_timewait(self, t, words):
        timer = words[0]
        local, (address, port) = pair(words[1:8])
        ends = local, (address, swapped(port))
        state = STATES[int(words[8])]
        if self.again(timer, ends) and self.state.get(ends) == state:
            self.add(t, "timewait-restarted", ends)
        elif self.state.get(ends) != state:
            self.move(t, ends, state, "minisock")
        self.timewait[timer] = ends
        self.waiting.add(ends)

    def on_cancel(self, t, words):
        """Also of a timer that is set again, and of one that expires."""
        self.run_out(t, words[0], "request-dropped", "killed")

    def on_expire(self, t, words):
        if words[0] in self.expired:
            when, ends, cause = self.expired[words[0]]
            cause = "2msl" if cause == "killed" else "timeout"
            self.expired[words[0]] = when, ends, cause

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

    def on_reset(self, t, words):
        ends = socket_address(words[2:30]), socket_address(words[30:58])
        reason = self.resets[int(words[1])]
        state = STATES.get(int(words[0]))
        self.closing[ends] = "rst-sent:" + reason
        last = self.closed.get(ends)  # some are sent after the state's change
        if last and last["cause"] == "local" and \
                t + self.offset - last["t_ns"] < RESTART:
            last["cause"] = self.closing.pop(ends)
        self.add(t, "reset-sent", ends, reason=reason, state=state)

    def on_reset_received(self, t, words):
        ends = pair(words)
        self.closing[ends] = "rst-received"
        self.add(t, "reset-received", ends)

    def on_retransmit(self, t, words):
        self.add(t, "retransmit", pair(words))

    def on_retransmit_synack(self, t, words):
        self.add(t, "retransmit-synack", pair(words))

    def on_drop(self, t, words):
        found = headers(words[1:])
        reason = self.drops.get(int(words[0]), words[0])
        if found and reason != "OTHERHOST":  # the wire's own copies
            source, destination, tcp = found
            self.add(t, "drop", (destination, source), reason=reason,
                     seq=int.from_bytes(tcp[4:8], "big"), flags=tcp[13])
