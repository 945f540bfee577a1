# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""What the wire does to one connection, beside its accidents.

A rule sees each segment as it enters from "c" or "s" (`see`) and again behind
the tap (`see_later`).  It answers DROP, SAFE (no accidents) or None, and may
rewrite the segment or send segments of its own with `wire.inject`.
"""

from segment import ACK, FIN, RST, SYN
from wire import DROP, SAFE


class Rule:
    wire = None

    def see(self, side, segment):
        return None

    def see_later(self, side, segment):
        return None


# ---------------------------------------------------------- which segments

def syn(side, s):
    return s.flags & (SYN | ACK) == SYN


def synack(side, s):
    return s.flags & (SYN | ACK) == SYN | ACK


def bare_ack(side, s):
    return side == "c" and s.flags == ACK and s.length == 0


def client_data(side, s):
    return side == "c" and s.text != b""


def client_fin(side, s):
    return side == "c" and bool(s.flags & FIN)


def reset(side, s):
    return bool(s.flags & RST)


class Marked:
    """Whether a segment of the client's has a length that marks it."""
    LENGTH = 777

    def __call__(self, side, s):
        return side == "c" and s.length == self.LENGTH


class Probe:
    """Whether a segment is a keepalive of the client's: one octet, or none,
    below the next it would send (RFC 9293, 3.8.4)."""

    def __init__(self):
        self.nxt = None

    def __call__(self, side, s):
        if side != "c":
            return False
        nxt = (s.seq + s.length) & 0xffffffff
        probe = self.nxt is not None and s.length == 0 and \
            s.seq == (self.nxt - 1) & 0xffffffff
        self.nxt = nxt if not probe else self.nxt
        return probe


# ------------------------------------------------------------------- losses

class Lose(Rule):
    """Loses the first `count` segments that `which` is true of, before or
    behind the tap."""

    def __init__(self, which, count=1, behind=False):
        self.which = which
        self.left = count
        self.behind = behind

    def lose(self, side, segment):
        if self.left and self.which(side, segment):
            self.left -= 1
            return DROP
        return None

    def see(self, side, segment):
        return None if self.behind else self.lose(side, segment)

    def see_later(self, side, segment):
        return self.lose(side, segment) if self.behind else None


class LoseAll(Lose):
    """Loses everything from the first segment that `which` is true of on: in
    both directions, or `only` from one side."""

    def __init__(self, which, only=None, behind=False):
        super().__init__(which, 0, behind)
        self.only = only
        self.dead = False

    def lose(self, side, segment):
        self.dead = self.dead or self.which(side, segment)
        if self.dead and self.only in (None, side):
            return DROP
        return None


class LoseLastAck(Lose):
    """Loses the acknowledgment of the last FIN once."""

    def __init__(self, behind=False):
        super().__init__(self.is_last, 1, behind)
        self.fin = {}

    def is_last(self, side, s):
        if s.flags & FIN:
            self.fin[side] = (s.seq + s.length) & 0xffffffff
        other = "s" if side == "c" else "c"
        return (len(self.fin) == 2 and s.flags == ACK and
                s.ack == self.fin[other] and s.length == 0)

    def see(self, side, segment):
        if segment.flags & FIN and self.behind:
            self.is_last(side, segment)
        return super().see(side, segment)


# ------------------------------------------------------------------ history

class HoldSyn(Rule):
    """Holds the first SYN back and releases it after the connection is gone
    (RFC 9293, Figure 9): `wait` seconds after a reset or the last FIN."""

    def __init__(self, gone=reset, wait=0.3):
        self.held = None
        self.gone = gone
        self.wait = wait
        self.released = False

    def see(self, side, segment):
        if syn(side, segment) and self.held is None:
            self.held = segment.copy()
            return DROP
        if self.held and not self.released and self.gone(side, segment):
            self.released = True
            self.wire.inject("c", self.held, self.wait)
        return SAFE if self.released else None


class Replay(Rule):
    """Sends the first segment that `which` is true of again, `after` seconds
    later, once the connection has come as far as `when`."""

    def __init__(self, which, after=0.3, when=None):
        self.which = which
        self.when = when
        self.after = after
        self.side = None
        self.kept = None
        self.done = False

    def see(self, side, segment):
        if self.kept is None and self.which(side, segment):
            self.side, self.kept = side, segment.copy()
            if self.when is None:
                self.go()
            return SAFE
        if self.kept and not self.done and self.when:
            if self.when(side, segment):
                self.go()
        return SAFE if self.done else None

    def go(self):
        self.done = True
        self.wire.inject(self.side, self.kept, self.after)


# ----------------------------------------------------------------- forgeries

class Forge(Rule):
    """Injects one segment from `side`, `after` seconds after the first that
    `which` is true of: made from the last segment of the client's, or from
    that `first` one."""

    def __init__(self, which, make, side, after=0.1, first=False):
        self.which = which
        self.make = make
        self.side = side
        self.after = after
        self.first = first
        self.last = None
        self.due = False

    def see(self, side, segment):
        if side == "c" and not (self.first and self.due):
            self.last = segment.copy()
        if not self.due and self.which(side, segment):
            self.due = True
            self.wire.later(self.after, self.strike)
        return SAFE

    def strike(self):
        self.wire.inject(self.side, self.make(self.last))


def forged_reset(offset):
    """A reset of the server's whose number lies `offset` from the client's
    RCV.NXT, made from a segment of the client."""
    return lambda s: s.reply(RST, s.ack + offset)


def forged_syn(s):
    """A SYN of the client's with another number, in the open connection."""
    return s.bare(SYN, seq=s.seq + 100000, ack=0)


def forged_fin(s):
    """A FIN of the server's, from an acknowledgment of the client's."""
    return s.reply(FIN | ACK, s.ack, s.seq + s.length, 500)


def forged_synack(s):
    """A SYN-ACK with a wrong acknowledgment, made from a SYN."""
    return s.reply(SYN | ACK, 0x12345678, s.seq + 4711, 500)


def forged_ack(s):
    """An acknowledgment of what was never sent, from an ACK of the client."""
    return s.bare(ACK, ack=s.ack + 30000)


def other_text(s):
    """The same segment with other octets."""
    return s.copy(text=bytes(o ^ 0x5a for o in s.text))


class Rewrite(Rule):
    """Changes the first `count` segments that `which` is true of."""

    def __init__(self, which, change, count=1, sign=True):
        self.which = which
        self.change = change
        self.left = count
        self.sign = sign

    def see(self, side, segment):
        if not self.left or not self.which(side, segment):
            return None
        self.left -= 1
        self.change(segment)
        if self.sign:
            segment.sign()
        return SAFE



def wrong_octet(segment):
    """One octet damaged on the way, behind the header."""
    segment.raw[segment.tcp + segment.header] ^= 0xff


def reserved_bits(segment):
    segment.raw[segment.tcp + 12] |= 0x06


def without_option(kind):
    """Puts NOPs in the place of an option."""
    def change(segment):
        raw, at = segment.raw, segment.tcp + 20
        while at < segment.tcp + segment.header and raw[at]:
            length = 1 if raw[at] == 1 else raw[at + 1]
            if raw[at] == kind:
                raw[at:at + length] = b"\1" * length
            at += length
    return change
