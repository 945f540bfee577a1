# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""A link between two interfaces that loses, copies, delays and reorders.

It has two halves with a tap between them: what the first half loses is not in
the tap's capture, what the second loses is.  Chance comes from a generator
with a seed.  A connection may have a rule (rules.py), which sees each segment
when it enters and may do with it what it likes.
"""

import heapq
import random
import select
import signal
import socket
import struct
import time

from segment import parse

DROP = object()   # what a rule answers: not delivered
SAFE = object()   # delivered without accidents

ETH_P_ALL = 3
PACKET_IGNORE_OUTGOING = 23
SOL_PACKET = 263
PCAP_NSEC = 0xa1b23c4d


class Capture:
    """Writes a pcap file with nanoseconds."""

    def __init__(self, path, snaplen):
        self.file = open(path, "wb")
        self.snaplen = snaplen
        self.file.write(struct.pack("=IHHiIII", PCAP_NSEC, 2, 4, 0, 0,
                                    snaplen, 1))

    def write(self, raw):
        now = time.time_ns()
        kept = bytes(raw[:self.snaplen])
        self.file.write(struct.pack("=IIII", now // 10**9, now % 10**9,
                                    len(kept), len(raw)) + kept)


def listen(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                      socket.htons(ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    s.bind((interface, 0))
    return s


class Wire:
    """Frames from "c" to "s" and back.  `rule_of` gives a connection's rule
    and whether it has accidents, by its client's and its server's end."""

    def __init__(self, ends, tap, settings, rule_of):
        self.sockets = {side: listen(name) for side, name in ends.items()}
        self.tap = tap
        self.delay = settings["delay_ms"] / 2000  # seconds for each half
        self.chance = settings["loss"] / 2        # for each half
        self.random = random.Random(settings["seed"])
        self.rule_of = rule_of
        self.rules = {}
        self.queue = []
        self.order = 0

    # ---------------------------------------------------------------- rules

    def rule(self, side, segment):
        """The rule of the segment's connection, made when it is first seen."""
        key = ((segment.source, segment.target) if side == "c" else
               (segment.target, segment.source))
        if key not in self.rules:
            self.rules[key] = self.rule_of(*key)
            self.rules[key][0].wire = self
        return self.rules[key]

    def inject(self, side, segment, after=0.0, seen=True):
        """Sends a segment of a rule's own from `side`; not `seen`: the tap is
        told nothing of it."""
        raw = bytes(segment.raw)
        if seen:
            self.later(after, self.tapped, side, raw, True)
        else:
            self.later(after, self.deliver, side, raw)

    # ---------------------------------------------------------------- halves

    def later(self, after, action, *arguments):
        self.order += 1
        heapq.heappush(self.queue, (time.monotonic() + after, self.order,
                                    action, arguments))

    def half(self, action, side, raw, safe):
        """Half the way, with its accidents."""
        after = self.delay
        if not safe:
            if self.random.random() < self.chance:
                return
            if self.random.random() < self.chance:
                self.later(after + 0.0005, action, side, raw, safe)
            if self.random.random() < self.chance:
                after += 3 * self.delay
        self.later(after, action, side, raw, safe)

    def enter(self, side, raw):
        segment = parse(raw)
        safe = True
        if segment:
            rule, accidents = self.rule(side, segment)
            answer = rule.see(side, segment)
            if answer is DROP:
                return
            safe = answer is SAFE or not accidents
            raw = segment.raw
        self.half(self.tapped, side, bytes(raw), safe)

    def tapped(self, side, raw, safe):
        self.tap.write(raw)
        segment = parse(bytearray(raw))
        if segment:
            rule, _ = self.rule(side, segment)
            if rule.see_later(side, segment) is DROP:
                return
        self.half(self.deliver, side, raw, safe)

    def deliver(self, side, raw, safe=True):
        try:
            self.sockets["s" if side == "c" else "c"].send(raw)
        except OSError:
            pass  # the interface is down

    # ------------------------------------------------------------------ loop

    def run(self):
        """Until SIGTERM."""
        signal.signal(signal.SIGTERM, self.stop)
        side_of = {s: side for side, s in self.sockets.items()}
        self.running = True
        while self.running:
            wait = 0.05
            if self.queue:
                wait = max(0, min(wait, self.queue[0][0] - time.monotonic()))
            for s in select.select(list(side_of), [], [], wait)[0]:
                self.enter(side_of[s], bytearray(s.recv(65535)))
            while self.queue and self.queue[0][0] <= time.monotonic():
                _, _, action, arguments = heapq.heappop(self.queue)
                action(*arguments)
        self.tap.file.close()

    def stop(self, *_):
        self.running = False
