#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
"""Writes a capture in another form: recast.py FORM IN OUT.

IN is a classic capture in the byte order of the machine that wrote it, with
microseconds or nanoseconds.  FORM is one of

  le, be            classic, microseconds, little or big endian
  le-ns, be-ns      classic, nanoseconds
  pcapng            pcapng, nanoseconds
  pcapng-mixed      pcapng, whose second half comes from an interface of
                    a link type that is not decoded
  pcapng-links      pcapng, whose packets come from an interface of Ethernet
                    and one of IP alone, in turn
  pcapng-many       pcapng of 70 interfaces; the last has another link type
  pcapng-drops      pcapng, which says twice that it lost 42 packets
  pcapng-be         pcapng, big endian
  pcapng-snaplen    pcapng, whose second half comes from an interface of
                    another snapshot length
  pcapng-simple     pcapng of simple packet blocks, 70 bytes of each packet
  snoop             snoop, version 2
  link:N            classic, and the link type is N
  cut:N             as IN, but for the last N bytes
  damaged:N         as IN, but packet N claims to be very long
"""
import struct
import sys

MAGICS = {0xa1b2c3d4: 1000, 0xa1b23c4d: 1}


def read(data):
    """Returns snaplen, link type and packets (ns, length, bytes)."""
    for order in "<>":
        magic, _, _, _, _, snaplen, link = struct.unpack_from(
            order + "IHHiIII", data)
        if magic in MAGICS:
            break
    else:
        sys.exit("recast.py: not a classic capture")
    at, packets = 24, []
    while at + 16 <= len(data):
        sec, frac, kept, length = struct.unpack_from(order + "IIII", data, at)
        at += 16
        packets.append((sec * 10**9 + frac * MAGICS[magic], length,
                        data[at:at + kept], at))
        at += kept
    return order, snaplen, link, packets


def classic(order, unit, snaplen, link, packets):
    magic = {v: k for k, v in MAGICS.items()}[unit]
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, snaplen, link)]
    for time, length, kept, _ in packets:
        out.append(struct.pack(order + "IIII", time // 10**9,
                               time % 10**9 // unit, len(kept), length))
        out.append(kept)
    return b"".join(out)


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def interface(order, link, snaplen):
    nanoseconds = struct.pack(order + "HHBxxxHH", 9, 1, 9, 0, 0)
    return block(order, 1, struct.pack(order + "HHI", link, 0, snaplen)
                 + nanoseconds)


def section(order):
    return block(order, 0x0a0d0d0a,
                 struct.pack(order + "IHHq", 0x1a2b3c4d, 1, 0, -1))


def pcapng(order, packets, first, second=None):
    out = [section(order), interface(order, *first)]
    for i, (time, length, kept, _) in enumerate(packets):
        late = second is not None and i >= len(packets) // 2
        if late and i == len(packets) // 2:
            out.append(interface(order, *second))
        out.append(block(order, 6, struct.pack(
            order + "IIIII", int(late), time >> 32, time & 0xffffffff,
            len(kept), length) + kept))
    return b"".join(out)


def pcapng_links(packets, link, snaplen):
    """Packets of IP, with an Ethernet header and without, in turn."""
    out = [section("<"), interface("<", link, snaplen),
           interface("<", 101, snaplen)]
    for i, (time, length, kept, _) in enumerate(packets):
        bare = i % 2 if kept[12:14] == b"\x08\x00" else 0
        kept, length = kept[14 * bare:], length - 14 * bare
        out.append(block("<", 6, struct.pack(
            "<IIIII", bare, time >> 32, time & 0xffffffff, len(kept), length) +
            kept))
    return b"".join(out)


def statistics(order, number, interface_drops, os_drops):
    """isb_ifdrop and isb_osdrop, behind a comment."""
    return block(order, 5, struct.pack(
        order + "III", number, 0, 0) + struct.pack(
            order + "HH", 1, 3) + b"abc\0" + struct.pack(
                order + "HHQHHQHH", 5, 8, interface_drops, 7, 8, os_drops,
                0, 0))


def pcapng_simple(packets, link):
    out = [section("<"), interface("<", link, 70)]
    for _, length, kept, _ in packets:
        out.append(block("<", 3, struct.pack("<I", length) + kept[:70]))
    return b"".join(out)


def snoop(packets):
    out = [b"snoop\0\0\0", struct.pack(">II", 2, 4)]
    for time, length, kept, _ in packets:
        size = 24 + len(kept) + -len(kept) % 4
        out.append(struct.pack(">IIIIII", length, len(kept), size, 0,
                               time // 10**9, time % 10**9 // 1000))
        out.append(kept + bytes(-len(kept) % 4))
    return b"".join(out)


def recast(form, data):
    order, snaplen, link, packets = read(data)
    form, _, number = form.partition(":")
    number = int(number or 0)
    if form in ("le", "be", "le-ns", "be-ns"):
        return classic("<" if form[0] == "l" else ">",
                       1 if form.endswith("ns") else 1000, snaplen, link,
                       packets)
    if form == "pcapng":
        return pcapng("<", packets, (link, snaplen))
    if form == "pcapng-be":
        return pcapng(">", packets, (link, snaplen))
    if form == "pcapng-mixed":
        return pcapng("<", packets, (link, snaplen), (link + 1, snaplen))
    if form == "pcapng-links":
        return pcapng_links(packets, link, snaplen)
    if form == "pcapng-many":
        return pcapng("<", packets, (link, snaplen)) + \
            interface("<", link, snaplen) * 68 + interface("<", 101, snaplen)
    if form == "pcapng-drops":
        return pcapng(">", packets, (link, snaplen)) + \
            statistics(">", 0, 1, 2) + statistics(">", 0, 40, 2)
    if form == "pcapng-snaplen":
        return pcapng("<", packets, (link, 2000), (link, 262144))
    if form == "pcapng-simple":
        return pcapng_simple(packets, link)
    if form == "snoop":
        return snoop(packets)
    if form == "link":
        return classic("<", 1000, snaplen, number, packets)
    if form == "cut":
        return data[:-number]
    if form == "damaged":
        at = packets[number - 1][3] - 8
        return data[:at] + struct.pack(order + "I", 0x7fffffff) + data[at + 4:]
    sys.exit("recast.py: no such form: " + form)


def main():
    form, source, target = sys.argv[1:]
    with open(source, "rb") as file:
        data = file.read()
    with open(target, "wb") as file:
        file.write(recast(form, data))


main()
