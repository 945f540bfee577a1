# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""An Ethernet frame with a TCP segment, which can be read and rewritten."""

import os
import socket
import struct
import sys

sys.path.insert(1, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from frame import checksum  # noqa: E402

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))


class Segment:
    """`raw` is a bytearray; the fields are read from it and written to it."""

    def __init__(self, raw):
        self.raw = raw
        v4 = raw[12:14] == b"\x08\x00"
        self.ip = 14
        self.tcp = 14 + (raw[14] & 15) * 4 if v4 else 54
        length = struct.unpack_from("!H", raw, 16 if v4 else 18)[0]
        self.end = 14 + length if v4 else 54 + length
        address = slice(26, 34) if v4 else slice(22, 54)
        both = bytes(raw[address])
        half = len(both) // 2
        family = socket.AF_INET if v4 else socket.AF_INET6
        self.v4 = v4
        self.pseudo = both
        self.source = (socket.inet_ntop(family, both[:half]), self.get("H", 0))
        self.target = (socket.inet_ntop(family, both[half:]), self.get("H", 2))

    def get(self, form, at):
        return struct.unpack_from("!" + form, self.raw, self.tcp + at)[0]

    def put(self, form, at, value):
        struct.pack_into("!" + form, self.raw, self.tcp + at, value)

    seq = property(lambda s: s.get("I", 4),
                   lambda s, v: s.put("I", 4, v & 0xffffffff))
    ack = property(lambda s: s.get("I", 8),
                   lambda s, v: s.put("I", 8, v & 0xffffffff))
    flags = property(lambda s: s.raw[s.tcp + 13],
                     lambda s, v: s.put("B", 13, v))
    window = property(lambda s: s.get("H", 14), lambda s, v: s.put("H", 14, v))
    header = property(lambda s: (s.raw[s.tcp + 12] >> 4) * 4)
    text = property(lambda s: bytes(s.raw[s.tcp + s.header:s.end]),
                    lambda s, v: s.resize(s.header, v))
    options = property(lambda s: bytes(s.raw[s.tcp + 20:s.tcp + s.header]))

    @property
    def length(self):
        """SEG.LEN: the octets of text, and one each for SYN and FIN."""
        return (self.end - self.tcp - self.header +
                bool(self.flags & SYN) + bool(self.flags & FIN))

    def resize(self, header, text):
        """Cuts the header to `header` octets and puts the text behind it."""
        del self.raw[self.tcp + header:]
        self.raw += text
        self.end = len(self.raw)
        self.put("B", 12, header // 4 << 4 | self.raw[self.tcp + 12] & 15)
        if self.v4:
            struct.pack_into("!H", self.raw, 16, self.end - 14)
            struct.pack_into("!H", self.raw, 24, 0)
            struct.pack_into("!H", self.raw, 24,
                             0xffff - checksum(self.raw[14:self.tcp]))
        else:
            struct.pack_into("!H", self.raw, 18, self.end - 54)

    def sign(self):
        """Writes the checksum that the segment ought to have."""
        self.put("H", 16, 0)
        body = bytes(self.raw[self.tcp:self.end])
        tail = struct.pack("!IHBB", len(body), 0, 0, socket.IPPROTO_TCP)
        self.put("H", 16, 0xffff - checksum(self.pseudo + tail + body))
        return self

    def copy(self, **fields):
        """Another one, with some fields changed and the checksum right."""
        other = Segment(bytearray(self.raw[:self.end]))
        for name, value in fields.items():
            setattr(other, name, value)
        return other.sign()

    def bare(self, flags, **fields):
        """A segment of the same sender without options and text."""
        other = Segment(bytearray(self.raw[:self.end]))
        other.resize(20, b"")
        other.flags = flags
        for name, value in fields.items():
            setattr(other, name, value)
        return other.sign()

    def reply(self, flags, seq, ack=0, window=0):
        """A bare segment as the other end might have sent it."""
        other = Segment(bytearray(self.raw[:self.end]))
        raw = other.raw
        raw[0:6], raw[6:12] = raw[6:12], raw[0:6]
        half = len(self.pseudo) // 2
        at = 26 if self.v4 else 22
        raw[at:at + 2 * half] = self.pseudo[half:] + self.pseudo[:half]
        other.put("H", 0, self.target[1])
        other.put("H", 2, self.source[1])
        other = Segment(raw)
        return other.bare(flags, seq=seq, ack=ack, window=window)


def parse(raw):
    """A Segment, or None if the frame holds none."""
    v4 = raw[12:14] == b"\x08\x00" and len(raw) > 34 and raw[23] == 6
    v6 = raw[12:14] == b"\x86\xdd" and len(raw) > 54 and raw[20] == 6
    return Segment(raw) if v4 or v6 else None
