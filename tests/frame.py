# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Packets of a scenario (scn.py) to frames, and frames to a capture."""

import re
import struct

M32 = 1 << 32
EPOCH = 1767225600  # 2026-01-01T00:00:00Z
FLAG = {"F": 1, "S": 2, "R": 4, "P": 8, "A": 16, "U": 32, "E": 64, "W": 128,
        "N": 256}
ECN = {"ect1": 1, "ect0": 2, "ce": 3}
# A server starts here so that the third data packet after the macro X can be
# written {id=101}.
FIRST_ID = {"C": 1, "S": 98}
SPOOFED_ID = 51000


class ScenarioError(Exception):
    pass


# ------------------------------------------------------------------ frames

def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def address(text):
    return bytes(int(x) for x in text.split("."))


def pad_options(data, filler):
    return data + filler * (-len(data) % 4)


def encode_option(word):
    """One option of <…>, without padding."""
    if word == "sok":
        return b"\x04\x02"
    if word == "uto":
        return struct.pack(">BBH", 28, 4, 60)
    if word == "md5":
        return struct.pack(">BB", 19, 18) + bytes(range(0xd0, 0xe0))
    m = re.fullmatch(r"kind(\d+):([0-9a-f]*)", word)
    if m:
        data = bytes.fromhex(m[2])
        return struct.pack(">BB", int(m[1]), 2 + len(data)) + data
    m = re.fullmatch(r"ts(\d+)/(\d+)", word)
    if m:
        return struct.pack(">BBII", 8, 10, int(m[1]), int(m[2]))
    m = re.fullmatch(r"sack((?:\d+-\d+;?)+)", word)
    if m:
        edges = [int(x) for x in re.findall(r"\d+", m[1])]
        return struct.pack(">BB%dI" % len(edges), 5, 2 + 4 * len(edges),
                           *edges)
    m = re.fullmatch(r"(mss|ws|tfo)(\d+)", word)
    if not m:
        raise ScenarioError("unknown option %s" % word)
    n = int(m[2])
    if m[1] == "mss":
        return struct.pack(">BBH", 2, 4, n)
    if m[1] == "ws":
        return struct.pack(">BBB", 3, 3, n)
    return struct.pack(">BB", 34, 2 + n) + bytes(range(0xc0, 0xc0 + n))


def encode_options(text):
    """NOPs fill up; raw: bytes are taken as they are and filled with EOL."""
    if not text or text == "none":
        return b""
    if text.startswith("raw:"):
        return pad_options(bytes.fromhex(text[4:]), b"\x00")
    return pad_options(b"".join(encode_option(w) for w in text.split(",")),
                       b"\x01")


def payload_byte(sender, seq):
    """A function of the sequence number, so that copies of a range agree."""
    first = ord("a") if sender == "C" else ord("A")
    return first + (seq ^ (seq >> 7)) % 26


def encode_payload(p):
    if "data" in p.meta:
        return p.meta["data"].encode().ljust(p.length, b".")[:p.length]
    if "hex" in p.meta:
        return bytes.fromhex(p.meta["hex"])
    first = p.seq + ("S" in p.flags)
    return bytes(payload_byte(p.sender, (first + i) % M32)
                 for i in range(p.length))


def tcp_checksum_field(p, pseudo, data):
    """The 16 bits that go out: valid unless the scenario says otherwise."""
    if p.meta.get("cksum-bad") == p.sender:
        return checksum(pseudo)  # what a stack leaves to the network card
    value = 0xffff - checksum(pseudo + data)
    return value ^ 0x5555 if p.meta.get("cksum") == "bad" else value


def encode_tcp(p, source, target):
    flags = sum(FLAG[f] for f in p.flags)
    options = p.options
    if options is None:
        options = "mss1460" if "S" in p.flags else ""
    options = encode_options(options)
    window = p.window
    if window is None:
        window = 0 if "R" in p.flags else 65535
    offset = int(p.meta.get("off", 5 + len(options) // 4))
    word = offset << 12 | int(p.meta.get("reserved", 0)) << 9 | flags
    head = struct.pack(">HHIIHH", source[1], target[1], p.seq,
                       p.ack or 0, word, window)
    urgent = struct.pack(">H", int(p.meta.get("urg", 0)))
    body = options + encode_payload(p)
    size = 20 + len(body)
    pseudo = address(source[0]) + address(target[0]) + struct.pack(
        ">BBH", 0, 6, size % 65536)
    field = tcp_checksum_field(p, pseudo, head + b"\0\0" + urgent + body)
    return head + struct.pack(">H", field) + urgent + body


def encode_ipv4(source, target, protocol, body, ident, ttl=64, tos=0,
                fragment=0x4000, total=None):
    if total is None:
        total = (20 + len(body)) % 65536
    head = struct.pack(">BBHHHBBH", 0x45, tos, total,
                       ident % 65536, fragment, ttl, protocol, 0)
    head += address(source) + address(target)
    field = struct.pack(">H", 0xffff - checksum(head))
    return head[:10] + field + head[12:] + body


def mac(host):
    if host.startswith("127."):
        return b"\0" * 6
    return b"\x02\0" + address(host)


def encode_ethernet(source, target, body, kind=0x0800, vlan=None):
    tag = b"" if vlan is None else struct.pack(">HH", 0x8100, int(vlan))
    return mac(target) + mac(source) + tag + struct.pack(">H", kind) + body


def encode_noise(kind):
    """Frames that are not TCP, between two hosts of no connection."""
    source, target = "192.0.2.1", "192.0.2.2"
    if kind == "arp":
        body = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + mac(source) + \
            address(source) + b"\0" * 6 + address(target)
        return b"\xff" * 6 + mac(source) + b"\x08\x06" + body
    if kind == "icmp":
        body = struct.pack(">BBHHH", 8, 0, 0, 1, 1) + b"tcpaudit"
        body = body[:2] + struct.pack(">H", 0xffff - checksum(body)) + body[4:]
        return encode_ethernet(source, target,
                               encode_ipv4(source, target, 1, body, 7))
    if kind == "fragment":  # the second part of a datagram, alone
        return encode_ethernet(source, target, encode_ipv4(
            source, target, 6, b"x" * 64, 7, fragment=185))
    if kind != "udp":
        raise ScenarioError("unknown noise %s" % kind)
    body = struct.pack(">HHHH", 7777, 7777, 16, 0) + b"tcpaudit"
    return encode_ethernet(source, target,
                           encode_ipv4(source, target, 17, body, 7))


ICMP_ERROR = {"net": (3, 0), "host": (3, 1), "protocol": (3, 2),
              "port": (3, 3), "frag": (3, 4), "route": (3, 5),
              "admin": (3, 13), "quench": (4, 0), "ttl": (11, 0),
              "reassembly": (11, 1), "parameter": (12, 0)}


def encode_icmp_error(p):
    """An error about a segment of p.sender: eight octets of TCP are quoted."""
    if p.flags not in ICMP_ERROR:
        raise ScenarioError("unknown ICMP error %s" % p.flags)
    kind, code = ICMP_ERROR[p.flags]
    source = p.conn.end[p.sender]
    target = p.conn.end["S" if p.sender == "C" else "C"]
    head = struct.pack(">HHI", source[1], target[1], p.seq)
    size = int(p.meta.get("size", 1500))
    quote = encode_ipv4(source[0], target[0], 6, head.ljust(size - 20, b"\0"),
                        7)[:20 + int(p.meta.get("quote", 8))]
    body = struct.pack(">BBHHH", kind, code, 0, 0,
                       int(p.meta.get("mtu", 0))) + quote
    body = body[:2] + struct.pack(">H", 0xffff - checksum(body)) + body[4:]
    router = p.meta.get("router", "10.0.0.254")
    return encode_ethernet(router, source[0], encode_ipv4(
        router, source[0], 1, body, 7))


def choose_id(p, counters, captured_ids):
    """IP identifications count up for each sender."""
    if "id" in p.meta:
        word = p.meta["id"]
        if word.startswith("dup-of-"):
            return captured_ids[int(word[7:]) - 1]
        ident = int(word)
        key, first = p.conn.end[p.sender][0], ident
        counters[key] = max(counters.get(key, first), ident + 1)
        return ident
    if "spoof" in p.meta:
        key, first = "spoof", SPOOFED_ID
    else:
        key, first = p.conn.end[p.sender][0], FIRST_ID[p.sender]
    counters[key] = counters.get(key, first) + 1
    return counters[key] - 1


def encode_packet(p, ident):
    source = p.conn.end[p.sender]
    target = p.conn.end["S" if p.sender == "C" else "C"]
    tos = max([ECN[k] for k in ECN if k in p.meta] + [0])
    body = encode_ipv4(source[0], target[0], 6, encode_tcp(p, source, target),
                       ident, int(p.meta.get("ttl", 64)), tos,
                       total=int(p.meta["iplen"]) if "iplen" in p.meta
                       else None)
    frame = encode_ethernet(source[0], target[0], body,
                            vlan=p.meta.get("vlan"))
    return frame + b"\0" * int(p.meta.get("pad", 0))


def encode_fragments(p, ident):
    """The packet in two IP fragments; the first has frag=N octets of it."""
    source = p.conn.end[p.sender][0]
    target = p.conn.end["S" if p.sender == "C" else "C"][0]
    first = int(p.meta["frag"])
    body = encode_packet(p, ident)[34:]
    return [encode_ethernet(source, target, encode_ipv4(
        source, target, 6, part, ident, int(p.meta.get("ttl", 64)),
        fragment=field)) for part, field in
        ((body[:first], 0x2000), (body[first:], first // 8))]


def compile_frames(packets):
    """(time, captured bytes, wire length) of what the capture contains."""
    counters, captured_ids, out, last = {}, [], [], 0
    for p in packets:
        if p.kind != "tcp":
            frame = encode_icmp_error(p) if p.kind == "icmp-error" \
                else encode_noise(p.kind)
            snap = int(p.meta.get("snap", 0)) or None
            captured_ids.append(0)
        else:
            if "copy" not in p.meta:
                last = choose_id(p, counters, captured_ids)
            if not p.captured:
                continue
            if "frag" in p.meta:
                first, frame = encode_fragments(p, last)
                out.append((p.time, first, len(first)))
            else:
                frame = encode_packet(p, last)
            snap = int(p.meta.get("snap", 0)) or None
            captured_ids.append(last)
        out.append((p.time, frame[:snap], len(frame)))
    return out


# ------------------------------------------------------------------- pcap

def encode_pcap(frames):
    """Classic pcap, nanoseconds, little endian, Ethernet."""
    out = [struct.pack("<IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 262144, 1)]
    for time, data, length in frames:
        ns = int((EPOCH + time) * 1000000000)
        out.append(struct.pack("<IIII", ns // 1000000000, ns % 1000000000,
                               len(data), length) + data)
    return b"".join(out)


def encode_block(kind, body):
    body += b"\0" * (-len(body) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def encode_pcapng(frames, drops):
    """pcapng, nanoseconds, little endian, Ethernet; `drops` packets lost."""
    out = [encode_block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)),
           encode_block(1, struct.pack("<HHIHHBxxxHH", 1, 0, 262144, 9, 1, 9,
                                       0, 0))]
    for time, data, length in frames:
        ns = int((EPOCH + time) * 1000000000)
        out.append(encode_block(6, struct.pack(
            "<IIIII", 0, ns >> 32, ns % M32, len(data), length) + data))
    out.append(encode_block(5, struct.pack(
        "<IIIHHQHH", 0, 0, 0, 7, 8, drops, 0, 0)))
    return b"".join(out)
