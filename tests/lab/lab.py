#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Real connections, judged against the kernel's own account.

    lab.py [--short] [--each N] [--seed N] [--jobs N] [--worlds NAME,...]
           [--kinds NAME,...] [--keep FOLDER] [--tcpaudit BIN] [-v]

Plays every kind of kinds.py N times in each world and prints how far tcpaudit
and the kernel agree; --short once in a few worlds, which takes a minute.  Needs root, Linux, bpftrace, pahole and tcpdump; where
something is missing it says what, and ends with status 77.
"""

import argparse
import collections
import json
import multiprocessing
import os
import shutil
import sys
import tempfile

import frames
import judge
import kernel
import tracer
from kinds import KINDS
from world import Failed, World

PLAIN = {"net.ipv4.tcp_timestamps": 0, "net.ipv4.tcp_sack": 0,
         "net.ipv4.tcp_window_scaling": 0}
ECN = {"net.ipv4.tcp_ecn": 1}
# name: family, sysctl; each at every rate of loss
HOSTS = {"v4": (4, {}), "v6": (6, {}), "plain": (4, PLAIN), "ecn": (4, ECN)}
LOSSES = (0, 1, 5)  # percent
SHORT = ("v4-loss0", "v6-loss1", "plain-loss1", "ecn-loss0")
JUST = 1_000_000    # ns from a segment to what it brings about


def skip(why):
    print("check-lab: skipped: %s" % why)
    sys.exit(77)


def settings(a):
    """The worlds to be made.  Laboratories that run at the same time see
    each other's sockets, so each has addresses of its own."""
    found = []
    first = os.getpid() % 32 * 16
    for loss in LOSSES:
        for host, (family, sysctl) in HOSTS.items():
            name = "%s-loss%d" % (host, loss)
            found.append({
                "name": name, "number": first + len(found),
                "seed": a.seed * 1000 + len(found), "delay_ms": 2.0,
                "loss": loss / 100, "family": family, "sysctl": sysctl,
                "kinds": a.kinds or sorted(KINDS), "each": a.each})
    return [w for w in found if not a.worlds or w["name"] in a.worlds]


def play(world, folder):
    try:
        World(world, folder).run()
    except Failed as why:
        print("%s: %s" % (world["name"], why), file=sys.stderr)
        sys.exit(1)


def play_all(worlds, folder, jobs):
    """Each world in a process of its own, `jobs` at a time."""
    running, waiting, good = [], list(worlds), True
    while running or waiting:
        while waiting and len(running) < jobs:
            process = multiprocessing.Process(
                target=play, args=(waiting.pop(0), folder))
            process.start()
            running.append(process)
        first = running.pop(0)
        first.join()
        good = good and first.exitcode == 0
    return good


def tell_causes(records, path):
    """The kernel does not say why it goes from LAST-ACK to CLOSED: because of
    a segment, if one was received just before, or of a timer."""
    received = collections.defaultdict(list)
    for point in ("client", "server"):
        for f in frames.frames(os.path.join(path, point + ".pcap"))[1]:
            received[point, f.target, f.source].append(f.t)
    for r in records:
        if r["ev"] == "state" and r["from"] == "LAST-ACK" and \
                r.get("cause") == "local":
            key = r["ns"], tuple(r["local"]), tuple(r["remote"])
            acked = any(0 <= r["t_ns"] - t < JUST for t in received[key])
            r["cause"] = "fin-acked" if acked else "timeout"


def write_accounts(worlds, folder, account):
    """Gives each world's folder its part of the account."""
    for world in worlds:
        path = os.path.join(folder, world["name"])
        side = {World.address(world, last): name
                for last, name in ((1, "client"), (2, "server"))}
        with open(os.path.join(path, "world.json")) as file:
            end = json.load(file)["end_ns"]
        records = [dict(r, ns=side[r["local"][0]]) for r in account.records
                   if r["local"][0] in side and r["remote"][0] in side
                   and r["t_ns"] < end]
        tell_causes(records, path)
        with open(os.path.join(path, "truth.jsonl"), "w") as file:
            for record in records:
                file.write(json.dumps(record) + "\n")


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("--short", action="store_true")
    p.add_argument("--each", type=int, default=6)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--worlds", type=lambda s: s.split(","))
    p.add_argument("--kinds", type=lambda s: s.split(","))
    p.add_argument("--keep", help="leave the captures and accounts here")
    p.add_argument("--tcpaudit", default=os.environ.get("TCPAUDIT",
                                                        "./tcpaudit"))
    p.add_argument("-v", action="store_true")
    a = p.parse_args()
    if a.short:
        a.each, a.worlds = 1, SHORT
    return a


def main():
    a = arguments()
    if sys.platform != "linux" or os.geteuid() != 0:
        skip("needs root on Linux: namespaces, packet sockets and bpftrace")
    for tool in ("bpftrace", "pahole", "tcpdump", "ip", "ethtool", "sysctl"):
        if not shutil.which(tool):
            skip("%s is not installed" % tool)
    folder = a.keep or tempfile.mkdtemp(prefix="tcpaudit-lab-")
    os.makedirs(folder, exist_ok=True)
    worlds = settings(a)
    trace = tracer.Tracer(os.path.join(folder, "trace"))
    try:
        trace.start()
    except tracer.Unavailable as why:
        skip(why)
    good = play_all(worlds, folder, a.jobs)
    account = kernel.Account(trace.stop(), trace.offset)
    if account.unknown:
        print("%d timers of sockets that nobody owned" % account.unknown)
    write_accounts(worlds, folder, account)
    folders = [os.path.join(folder, w["name"]) for w in worlds]
    good = judge.judge(folders, a.tcpaudit, a.v, few=a.short) and good
    if not a.keep:
        shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
