#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Takes one connection out of a world, for pcaps/real-*.

    excerpt.py WORLD KIND FOLDER

Takes the world's first connection of that kind: the three captures, its part
of the account, and its part of world.json.
"""

import json
import os
import struct
import sys

import frames

HEADER = 24  # octets of a pcap file's header
DROP = {"kinds", "each", "number", "connections", "begin_ns", "end_ns"}


def copy_packets(source, target, ends):
    """Copies the packets between two ends."""
    with open(source, "rb") as file:
        data = file.read()
    at = HEADER
    out = data[:HEADER]
    wanted = {f.number for f in frames.frames(source)[1]
              if {f.source, f.target} == ends}
    number = 0
    while at < len(data):
        size = struct.unpack_from("=I", data, at + 8)[0] + 16
        number += 1
        if number in wanted:
            out += data[at:at + size]
        at += size
    with open(target, "wb") as file:
        file.write(out)


def main():
    world, kind, folder = sys.argv[1:]
    with open(os.path.join(world, "world.json")) as file:
        settings = json.load(file)
    connection = next(c for c in settings["connections"] if c["kind"] == kind)
    ends = {tuple(connection["client"]), tuple(connection["server"])}
    os.makedirs(folder, exist_ok=True)
    for point in ("client", "middle", "server"):
        copy_packets(os.path.join(world, point + ".pcap"),
                     os.path.join(folder, point + ".pcap"), ends)
    with open(os.path.join(folder, "world.json"), "w") as file:
        kept = {k: v for k, v in settings.items() if k not in DROP}
        json.dump(dict(kept, connections=[connection]), file, indent=1)
        file.write("\n")
    with open(os.path.join(world, "truth.jsonl")) as file, \
            open(os.path.join(folder, "truth.jsonl"), "w") as out:
        for line in file:
            record = json.loads(line)
            if {tuple(record["local"]), tuple(record["remote"])} == ends:
                out.write(line)


if __name__ == "__main__":
    main()
