#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Write src/cli/examples.def: for each rule a scenario that fires it, as the
rows of a ladder, and what the program says of it.

    examples.py           print it
    examples.py --write   write it

The scenario is the one named after the rule, or the shortest that fires it.
The program is $TCPAUDIT, by default ./tcpaudit.
"""

import glob
import json
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests"))

import scn  # noqa: E402

PCAPS = os.path.join(TOP, "pcaps")
NAMES = (("S", "SYN"), ("F", "FIN"), ("R", "RST"), ("P", "PSH"), ("A", "ACK"),
         ("U", "URG"), ("E", "ECE"), ("W", "CWR"), ("N", "AE"))
SHOWN = ("ce", "ect0", "ect1", "ttl", "urg", "off", "reserved", "cksum",
         "snap", "vlan", "spoof", "id", "data")
MOST_ROWS = 14
LOST, MISSED, MARKED, REST = 1, 2, 4, 8
HEAD = """/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Made from pcaps/ by tests/tools/examples.py, never by hand, and as long as
 * the catalogue.  clang-format off */
"""


def label(p):
    flags = ",".join(name for letter, name in NAMES if letter in p.flags)
    words = [flags or "no flags", "seq %d" % p.seq]
    if p.length:
        words.append("len %d" % p.length)
    if "A" in p.flags:
        words.append("ack %d" % (p.ack or 0))
    if p.window is not None:
        words.append("win %d" % p.window)
    if p.options not in (None, "none") and len(p.options) < 40:
        words.append("<%s>" % p.options)
    for key in SHOWN:
        if key in p.meta:
            value = p.meta[key]
            words.append("%s=%s" % (key, value) if value else key)
    return " ".join(words)


def of_connection(p, record):
    if record is None:
        return True
    ends = {(record[e]["address"], record[e]["port"])
            for e in ("client", "server")}
    return set(p.conn.end.values()) == ends


def load_rows(scenario, macros, finding):
    """(time, sender, marks, label, whether it must be shown) of each packet."""
    record = finding if finding["connection"] is not None else None
    rows, number, client = [], 0, None
    for p in scn.expand(scenario, macros):
        number += p.captured
        if p.kind != "tcp" or not of_connection(p, record):
            continue
        source = p.conn.end[p.sender]
        if client is None:
            client = source if record is None else (
                record["client"]["address"], record["client"]["port"])
        marks = LOST * ("lost" in p.meta) | MISSED * (not p.captured)
        if p.captured and number == finding["packet"]:
            marks |= MARKED
        end = "CLIENT" if source == client or record is None and \
            p.sender == "C" else "SERVER"
        rows.append((p.time, end, marks, label(p),
                     p.captured and number in finding["packets"]))
    return rows


def fold(rows):
    """At most about MOST_ROWS rows; what is left out is counted."""
    if len(rows) <= MOST_ROWS:
        return rows
    marked = [i for i, r in enumerate(rows) if r[2] & MARKED] or [0]
    wanted = set(marked) | {i + d for i in marked for d in (-1, 1)} | {0, 1, 2}
    for i, r in enumerate(rows):
        if r[4] and len(wanted) < MOST_ROWS:
            wanted.add(i)
    out, left = [], 0
    for i, r in enumerate(rows + [None]):
        if r is not None and i not in wanted:
            left += 1
            continue
        if left == 1 and i:
            out.append(rows[i - 1])
        elif left:
            out.append((0, "CLIENT", REST, "%d segments" % left, False))
        left = 0
        if r is not None:
            out.append(r)
    return out


def quote(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def wrap(text):
    """A string constant in lines of at most 80 columns."""
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > 64:
            lines.append(line)
            line = ""
        line += word + " "
    lines.append(line[:-1])
    return "\n".join("\t" + quote(part) for part in lines)


def encode(code, scenario, macros, finding):
    name = os.path.basename(scenario.path)[:-4]
    out = 'EXAMPLE("%s",\n\t%s,\n%s,\n' % (code, quote(name),
                                          wrap(finding["message"]))
    rows = fold(load_rows(scenario, macros, finding))
    start = min([r[0] for r in rows if not r[2] & REST] or [0])
    for time, end, marks, text, _ in rows:
        ns = 0 if marks & REST else int((time - start) * 1000000000)
        out += "\tROW(INT64_C(%d), %s, %d,\n\t    %s)\n" % (
            ns, end, marks, quote(text))
    return out[:-1] + ")\n"


def run(program, scenario):
    """The findings by code, as finally said."""
    done = subprocess.run(
        [program, "--ndjson"] + scenario.args + [scenario.path[:-4] + ".pcap"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    last = {}
    for line in done.stdout.decode().splitlines():
        record = json.loads(line)
        if record["type"] == "finding":
            last[record["id"]] = record
    found = {}
    for record in sorted(last.values(), key=lambda r: r["id"]):
        if record["count"] > 0:
            found.setdefault(record["code"], record)
    return found


def choose(scenarios, macros):
    """Code -> the scenarios that fire it, best first."""
    out = {}
    for s in scenarios:
        size = len(scn.expand(s, macros))
        for word in s.fires:
            rank = (s.name != word[:4], len(s.fires), size, s.name)
            out.setdefault(word[:4], []).append((rank, s))
    return {code: [s for _, s in sorted(found, key=lambda x: x[0])]
            for code, found in out.items()}


def generate():
    program = os.environ.get("TCPAUDIT", "./tcpaudit")
    macros = scn.load_macros(PCAPS)
    scenarios = [scn.load(path) for path in
                 sorted(glob.glob(os.path.join(PCAPS, "*.scn")))
                 if os.path.basename(path) != "macros.scn"]
    cache, out = {}, [HEAD]
    for code, found in sorted(choose(scenarios, macros).items()):
        for s in found:
            if s.name not in cache:
                cache[s.name] = run(program, s)
            if code in cache[s.name]:
                out.append(encode(code, s, macros, cache[s.name][code]))
                break
    return "\n".join(out)


def main(argv):
    text = generate()
    if argv == ["--write"]:
        with open(os.path.join(TOP, "src", "cli", "examples.def"), "w",
                  encoding="utf-8") as f:
            f.write(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
