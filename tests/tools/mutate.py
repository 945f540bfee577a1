#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Write damaged copies of captures: the same arguments, the same files.

    mutate.py --cut BYTES OUTDIR FILE...    every prefix of files up to BYTES
    mutate.py --count N [--seed S] OUTDIR FILE...    N random damages

The random damages are: flipped bits, bytes set to 0 or 255, packets left out,
repeated, swapped, shortened, and lengths that lie.
"""

import argparse
import os
import random
import struct

FILE_HEADER, RECORD_HEADER = 24, 16


def records(data):
    """The packet records of a classic little-endian capture."""
    out, at = [], FILE_HEADER
    while at + RECORD_HEADER <= len(data):
        size = RECORD_HEADER + struct.unpack_from("<I", data, at + 8)[0]
        out.append(bytearray(data[at:at + size]))
        at += size
    return out


def flip_bits(rng, packets):
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        p = rng.choice(packets)
        p[rng.randrange(len(p))] ^= 1 << rng.randrange(8)


def flip_header(rng, packets):
    """Bits of the Ethernet, IP and TCP headers only."""
    for _ in range(rng.choice((1, 2, 4))):
        p = rng.choice(packets)
        end = min(len(p), RECORD_HEADER + 14 + 60)
        if end > RECORD_HEADER:
            p[rng.randrange(RECORD_HEADER, end)] ^= 1 << rng.randrange(8)


def fill_bytes(rng, packets):
    p = rng.choice(packets)
    start = rng.randrange(len(p))
    end = min(len(p), start + rng.randrange(1, 9))
    p[start:end] = bytes([rng.choice((0, 255))]) * (end - start)


def drop_packet(rng, packets):
    if len(packets) > 1:
        del packets[rng.randrange(len(packets))]


def repeat_packet(rng, packets):
    at = rng.randrange(len(packets))
    packets[at:at] = [bytearray(packets[at])] * rng.choice((1, 2, 40))


def swap_packets(rng, packets):
    i, j = rng.randrange(len(packets)), rng.randrange(len(packets))
    packets[i], packets[j] = packets[j], packets[i]


def shorten_packet(rng, packets):
    """A packet cut by a snapshot length; its record says so."""
    p = rng.choice(packets)
    size = rng.randrange(0, len(p) - RECORD_HEADER + 1)
    del p[RECORD_HEADER + size:]
    struct.pack_into("<I", p, 8, size)


def lie_about_length(rng, packets):
    p = rng.choice(packets)
    value = rng.choice((0, 1, 0x7fffffff, 0xffffffff, 65536, len(p)))
    struct.pack_into("<I", p, rng.choice((8, 12)), value)


def warp_time(rng, packets):
    p = rng.choice(packets)
    struct.pack_into("<I", p, rng.choice((0, 4)), rng.randrange(1 << 32))


DAMAGES = (flip_bits, flip_header, flip_header, flip_header, fill_bytes,
           drop_packet, repeat_packet, swap_packets, shorten_packet,
           lie_about_length, warp_time)


def damage(rng, data):
    packets = records(data)
    if not packets:
        return data
    for _ in range(rng.choice((1, 1, 2, 4))):
        rng.choice(DAMAGES)(rng, packets)
    head = bytearray(data[:FILE_HEADER])
    if rng.random() < 0.05:
        head[rng.randrange(FILE_HEADER)] ^= 1 << rng.randrange(8)
    return bytes(head) + b"".join(bytes(p) for p in packets)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(folder, name, data):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def cut_all(folder, files, limit):
    for path in files:
        data = read(path)
        stem = os.path.basename(path)[:-5]
        if len(data) <= limit:
            for size in range(len(data)):
                write(folder, "%s-cut-%05d.pcap" % (stem, size), data[:size])


def damage_many(folder, files, count, seed):
    for n in range(count):
        rng = random.Random(seed * 1000003 + n)
        path = files[n % len(files)]
        write(folder, "%s-damage-%05d.pcap" %
              (os.path.basename(path)[:-5], n), damage(rng, read(path)))


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--cut", type=int, metavar="BYTES")
    p.add_argument("--count", type=int, default=0, metavar="N")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("outdir")
    p.add_argument("files", nargs="+")
    options = p.parse_args()
    if options.cut is not None:
        cut_all(options.outdir, options.files, options.cut)
    damage_many(options.outdir, options.files, options.count, options.seed)


if __name__ == "__main__":
    main()
