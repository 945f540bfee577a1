#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Compile scenarios (pcaps/*.scn) to captures (pcaps/*.pcap).

A scenario is text: packets of one or more TCP connections, what is expected
of them, and nothing else.  The notation is described in pcaps/README.md.  The
same source always gives the same bytes.

    scn.py FILE.scn...            write FILE.pcap beside each
    scn.py -o OUT.pcap FILE.scn   write one capture elsewhere
"""

import copy
import os
import re
import sys
from decimal import Decimal

from frame import (FLAG, M32, ScenarioError, compile_frames, encode_pcap,
                   encode_pcapng)

KEYWORDS = ("init", "eof", "truth", "truth-order", "active", "args", "exit",
            "repeat", "sweep", "crowd", "conn", "noise", "icmp", "generator", "cut",
            "drops", "use")

PACKET = re.compile(r"^(!?)(-?[\d.]+) ([CS])> (\S+) (\d+)(?:\+(\d+))?"
                    r"(?:x(\d+))?((?: .*)?)$")


class Packet:
    """One line of a scenario: a segment, or (kind) a frame that is not TCP."""

    def __init__(self):
        self.captured = True
        self.time = Decimal(0)
        self.sender = "C"
        self.flags = ""
        self.seq = self.length = 0
        self.ack = self.window = None
        self.options = None
        self.meta = {}
        self.conn = None
        self.kind = "tcp"


class Conn:
    """Addresses of one connection; `shift` moves its packets in time."""

    def __init__(self, client, server, shift=Decimal(0)):
        self.end = {"C": client, "S": server}
        self.shift = shift


class Scenario:
    def __init__(self, name, title):
        self.name, self.title = name, title
        self.lines, self.path = [], None
        self.expect, self.fires, self.never = {}, [], []
        self.args, self.exit = [], None


# ------------------------------------------------------------------ parsing

def parse_text(text, where):
    """Return the scenarios (and macros) of a text, by name, in order."""
    out, cur = {}, None
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            name, _, title = line[1:].partition(" ")
            cur = out[name] = Scenario(name, title)
            continue
        if cur is None:
            raise ScenarioError("%s:%d: no @NAME yet" % (where, number))
        word, _, rest = line.partition(" ")
        if word == "expect":
            cur.expect = dict(w.split("=", 1) for w in rest.split())
        elif word in ("fires", "never"):
            getattr(cur, word).extend(w for w in rest.split() if w != "-")
        elif word == "args":
            cur.args += rest.split()
        elif word == "exit":
            cur.exit = int(rest)
        elif PACKET.match(line) or word in KEYWORDS:
            cur.lines.append(line)
        else:
            raise ScenarioError("%s:%d: not understood: %s" %
                                (where, number, line))
    return out


def parse_meta(text):
    meta = {}
    for item in re.split(r",(?=[a-z])", text):
        key, _, value = re.sub(r"^dup-all ", "dup-all=", item).partition("=")
        meta[key.strip()] = value
    return meta


def parse_packet(line):
    """One packet line, with its repetition (xN) resolved: a list."""
    m = PACKET.match(line)
    p = Packet()
    p.captured = not m[1]
    p.time = Decimal(m[2])
    p.sender = m[3]
    p.flags = "" if m[4] == "-" else m[4]
    p.seq, p.length = int(m[5]), int(m[6] or 0)
    rest = m[8]
    found = re.search(r"\{(.*)\}", rest)
    if found:
        p.meta = parse_meta(found[1])
        rest = rest.replace(found[0], "")
    found = re.search(r"<(.*?)>", rest)
    if found:
        p.options = found[1]
        rest = rest.replace(found[0], "")
    for word in rest.split():
        if re.fullmatch(r"a\d+", word):
            p.ack = int(word[1:])
        elif re.fullmatch(r"w\d+", word):
            p.window = int(word[1:])
        else:
            raise ScenarioError("not understood: %r in %s" % (word, line))
    if set(p.flags) - set(FLAG):
        raise ScenarioError("unknown flags in %s" % line)
    out = []
    for i in range(int(m[7] or 1)):
        q = copy.copy(p)
        q.meta = dict(p.meta)
        q.seq = (p.seq + i * p.length) % M32
        out.append(q)
    return out


# ---------------------------------------------------------------- expansion

def apply_use(packets, meta):
    """What {…} behind `use` does to the packets of the macro."""
    packets = [copy.copy(p) for p in packets]
    for p in packets:
        p.meta = dict(p.meta)
    if "lost-last" in meta:
        packets[-1].meta["lost"] = ""
    if "drop-dir" in meta:
        packets = [p for p in packets if p.sender != meta["drop-dir"]]
    for key in ("snap", "cksum-bad", "ttl", "vlan"):
        if key in meta:
            for p in packets:
                p.meta[key] = meta[key]
    if "dup-all" in meta:
        delay, doubled = Decimal(meta["dup-all"]), []
        for p in packets:
            twin = copy.copy(p)
            twin.time = p.time + delay
            twin.meta = dict(p.meta, copy="")
            doubled += [p, twin]
        packets = doubled
    return packets


def frame_line(kind, time):
    p = Packet()
    p.kind, p.time = kind, Decimal(time)
    return p


def parse_icmp(words, conn):
    """icmp TIME C|S KIND SEQ [mtuN sizeN quoteN snapN]: for that end, about its SEQ."""
    p = frame_line("icmp-error", words[1])
    p.conn, p.time = conn, p.time + conn.shift
    p.sender, p.flags, p.seq = words[2], words[3], int(words[4])
    for word in words[5:]:
        key, value = re.fullmatch(r"([a-z]+)(\d+)", word).groups()
        p.meta[key] = value
    return p


def repeat_pair(packets, count, step):
    """The last two packets again, `count` times, each time `step` later."""
    pair, out = packets[-2:], []
    for i in range(1, count + 1):
        for p in pair:
            q = copy.copy(p)
            q.meta = dict(p.meta)
            q.time = p.time + i * Decimal(step)
            out.append(q)
    return out


def repeat_sweep(packet, count, step, distance):
    """The packet `count` times more, each `distance` further in the space."""
    out = []
    for i in range(1, int(count) + 1):
        q = copy.copy(packet)
        q.meta, q.time = dict(packet.meta), packet.time + i * Decimal(step)
        q.seq = (packet.seq + i * int(distance)) % M32
        out.append(q)
    return out


def next_address(address, i):
    a, b, c, d = (int(w) for w in address.split("."))
    n = (a << 24 | b << 16 | c << 8 | d) + i
    return ".".join(str(n >> s & 255) for s in (24, 16, 8, 0))


def make_crowd(packets, words):
    """crowd N STEP [WHAT...]: these packets for N connections more."""
    count, step, what = int(words[1]), Decimal(words[2]), set(words[3:])
    conns, out = {}, []
    for i in range(1, count + 1):
        shift = {"C": i * 2654435761 % M32, "S": i * 40503 * 65537 % M32}
        for word in what:
            if word.startswith("isn"):
                shift = {"C": i * int(word[3:]), "S": i * int(word[3:])}
        for p in packets:
            (client, cport), (server, sport) = p.conn.end["C"], p.conn.end["S"]
            if "client" in what:
                client = next_address(client, i)
            if "server" in what:
                server = next_address(server, i)
            key = (i, id(p.conn))
            if key not in conns:
                conns[key] = Conn(
                    (client, cport + i * ("port" in what)),
                    (server, sport + i * ("service" in what)), p.conn.shift)
            q = copy.copy(p)
            q.conn, q.meta, q.time = conns[key], dict(p.meta), p.time + i * step
            other = "S" if p.sender == "C" else "C"
            if p.seq:
                q.seq = (p.seq + shift[p.sender]) % M32
            if p.ack is not None:
                q.ack = (p.ack + shift[other]) % M32
            out.append(q)
    return out


def parse_conn(words):
    """conn NAME CLIENT SERVER [+SECONDS]; an end is PORT or ADDRESS:PORT."""
    ends = []
    for word, default in ((words[2], "10.0.0.1"), (words[3], "10.0.0.2")):
        address, _, port = word.rpartition(":")
        ends.append((address or default, int(port)))
    shift = Decimal(words[4][1:]) if len(words) > 4 else Decimal(0)
    return Conn(ends[0], ends[1], shift)


def expand(scenario, macros, conn=None, depth=0):
    """The packets of a scenario in capture order."""
    if depth > 4:
        raise ScenarioError("%s: macros nest too deep" % scenario.name)
    if conn is None:
        conn = Conn(("10.0.0.1", 40000), ("10.0.0.2", 80))
    packets, merged = [], False
    for line in scenario.lines:
        words = line.split()
        new = []
        if PACKET.match(line):
            new = parse_packet(line)
            for p in new:
                p.conn, p.time = conn, p.time + conn.shift
        elif words[0] == "use":
            found = re.search(r"\{(.*)\}", line)
            for name in re.sub(r"\{.*\}", "", line[4:]).split():
                new += expand(macros[name], macros, conn, depth + 1)
            new = apply_use(new, parse_meta(found[1]) if found else {})
        elif words[0] == "conn":
            conn, merged = parse_conn(words), True
        elif words[0] in ("eof", "active"):
            new = [frame_line("udp", words[1] if len(words) > 1 else "0")]
        elif words[0] == "noise":
            new = [frame_line(words[2], words[1])]
        elif words[0] == "icmp":
            new = [parse_icmp(words, conn)]
        elif words[0] == "sweep":
            new = repeat_sweep(packets[-1], *words[1:])
        elif words[0] == "crowd":
            new = make_crowd([p for p in packets if p.conn is conn], words)
            merged = True
        elif words[0] == "repeat":
            new = repeat_pair(packets, int(words[1]), words[2])
        elif words[0] == "generator":
            new = GENERATORS[words[1]]()
            merged = True
        elif words[:2] == ["init", "self"]:
            conn = Conn(("127.0.0.1", 40000), ("127.0.0.1", 40000))
        packets += new
    if merged:
        packets.sort(key=lambda p: p.time)
    return packets


# --------------------------------------------------------------- generators

def segment(time, sender, flags, seq, ack, conn, **meta):
    p = Packet()
    p.time, p.sender, p.flags = Decimal(time), sender, flags
    p.seq, p.ack, p.conn, p.meta = seq, ack, conn, meta
    return p


def generate_flag_probes():
    """One odd packet each to ports 1 to 5, one second in all."""
    out = []
    for i, flags in enumerate(("SF", "", "FPU", "F", "")):
        conn = Conn(("10.0.0.1", 40000), ("10.0.0.2", i + 1))
        meta = {"urg": "1"} if "U" in flags else {}
        out.append(segment("0.%d" % (2 * i), "C", flags, 1000, None, conn,
                           **meta))
    return out


def generate_port_scan():
    """SYNs to ports 1 to 20 in 2 s: ports 5 and 15 open, the others closed."""
    out = []
    for i in range(20):
        conn = Conn(("10.0.0.1", 40000 + i), ("10.0.0.2", i + 1))
        t = Decimal("0.1") * i
        isn = 1000 + 5000 * i
        out.append(segment(t, "C", "S", isn, None, conn))
        if i + 1 in (5, 15):
            out.append(segment(t + Decimal("0.020"), "S", "SA", 70000 + i * 333,
                               isn + 1, conn))
            out.append(segment(t + Decimal("0.021"), "C", "R", isn + 1, None,
                               conn))
        else:
            out.append(segment(t + Decimal("0.020"), "S", "RA", 0, isn + 1,
                               conn))
    return out


def generate_syn_flood():
    """1000 forged SYNs in 5 s; the backlog of 300 answers and repeats."""
    out = []
    for i in range(1000):
        source = ("198.18.%d.%d" % (i // 250, i % 250 + 1),
                  1024 + i * 7919 % 60000)
        conn = Conn(source, ("10.0.0.2", 80))
        t = Decimal("0.005") * i
        isn = i * 2654435761 % M32
        out.append(segment(t, "C", "S", isn, None, conn, spoof="", ttl="55"))
        if i >= 300:
            continue
        for wait in (0, 1, 3, 7, 15, 31):
            out.append(segment(t + Decimal("0.020") + wait, "S", "SA",
                               (i * 40503 * 65537 + 7) % M32,
                               (isn + 1) % M32, conn))
    out.append(frame_line("udp", "120"))
    return out


GENERATORS = {
    "flag-probes": generate_flag_probes,
    "port-scan": generate_port_scan,
    "syn-flood": generate_syn_flood,
}


def compile_scenario(scenario, macros):
    """The bytes of the capture."""
    frames = compile_frames(expand(scenario, macros))
    data = encode_pcap(frames)
    for line in scenario.lines:
        words = line.split()
        if words[0] == "drops":  # the capture says that it lost N packets
            data = encode_pcapng(frames, int(words[1]))
        if words[0] == "cut":  # the file breaks off N bytes before its end
            data = data[:-int(words[1])]
    return data


def load_macros(folder):
    path = os.path.join(folder, "macros.scn")
    with open(path, encoding="utf-8") as f:
        return parse_text(f.read(), path)


def load(path):
    """The one scenario of a file."""
    with open(path, encoding="utf-8") as f:
        found = parse_text(f.read(), path)
    if len(found) != 1:
        raise ScenarioError("%s: %d scenarios, expected one" %
                            (path, len(found)))
    scenario = next(iter(found.values()))
    scenario.path = path
    return scenario


def main(argv):
    output = None
    if argv[:1] == ["-o"]:
        output, argv = argv[1], argv[2:]
    if not argv or (output and len(argv) != 1):
        sys.stderr.write(__doc__)
        return 2
    for path in argv:
        macros = load_macros(os.path.dirname(path) or ".")
        data = compile_scenario(load(path), macros)
        with open(output or path[:-4] + ".pcap", "wb") as f:
            f.write(data)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (ScenarioError, OSError) as e:
        sys.exit("scn.py: %s" % e)
