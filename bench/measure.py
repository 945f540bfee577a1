# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""The programs that are measured, and how."""

import mmap
import os
import resource
import shutil
import signal
import statistics
import subprocess
import time


class Program:
    """One of them: its name, its arguments with FILE in place of the capture,
    and whether it is given a short capture because it is slow or large."""

    def __init__(self, name, argv, short=False, rounds=99, statuses=(0,),
                 memory=8 << 30):
        self.name = name
        self.argv = argv
        self.short = short
        self.rounds = rounds
        self.statuses = statuses  # of success
        self.memory = memory  # octets that it may take; 0: any

    def command(self, path):
        return [path if word == "FILE" else word for word in self.argv]

    def installed(self):
        return shutil.which(self.argv[0]) is not None


def peers(work):
    """Programs of others."""
    return [
        Program("tcpdump", ["tcpdump", "-nr", "FILE", "--count"]),
        Program("tcptrace", ["tcptrace", "-n", "FILE"]),
        # Its own bound on flows would spare it the work.
        Program("softflowd", ["softflowd", "-d", "-c", "none", "-p",
                              os.path.join(work, "softflowd.pid"),
                              "-m", "10000000", "-r", "FILE"]),
        Program("tshark-conv", ["tshark", "-n", "-r", "FILE", "-q", "-z",
                                "conv,tcp"], short=True, rounds=2),
        Program("tshark-expert", ["tshark", "-n", "-r", "FILE", "-q", "-z",
                                  "expert"], short=True, rounds=2),
    ]


def ours(name, path):
    """The ways of running one tcpaudit; 1: it found an error."""
    ways = (("", ["-j", "1"]), (":ndjson", ["-j", "1", "--ndjson"]),
            (":j2", ["-j", "2"]))
    return [Program(name + way, [path] + options + ["FILE"],
                    statuses=(0, 1), memory=0)
            for way, options in ways]


class Run:
    """What one run cost: seconds of processor, seconds of a clock, KiB."""

    def __init__(self, cpu, elapsed, kib):
        self.cpu = cpu
        self.elapsed = elapsed
        self.kib = kib


def present(octets=1 << 30):
    """Has that much memory touched and given back.  The host of a virtual
    machine may have taken away what nobody used for some seconds, and getting
    it back costs whoever comes next ten times as much as a page does, or
    nothing, as it happens: no matter of the program that is measured."""
    child = os.fork()
    if child == 0:
        try:
            memory = mmap.mmap(-1, octets)
            for at in range(0, octets, mmap.PAGESIZE):
                memory[at] = 1
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def run(program, path, limit):
    """A Run; None if it failed, or took longer than `limit` seconds."""
    def bound():
        if program.memory:
            resource.setrlimit(resource.RLIMIT_AS,
                               (program.memory, program.memory))

    present()
    start = time.monotonic()
    process = subprocess.Popen(
        program.command(path), stdin=subprocess.DEVNULL, preexec_fn=bound,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    elapsed = time.monotonic() - start
    if process.returncode not in program.statuses:
        return None
    return Run(usage.ru_utime + usage.ru_stime, elapsed, usage.ru_maxrss)


class Figure:
    """What a program costs: medians of its runs, for each packet."""

    def __init__(self, runs, packets, short):
        self.packets = packets
        self.short = short
        self.ns = statistics.median(r.cpu for r in runs) * 1e9 / packets
        self.elapsed = statistics.median(r.elapsed for r in runs)
        self.kib = max(r.kib for r in runs)


def measure(programs, full, short, rounds, limit, say):
    """Run each program in turn, round after round.  `full` and `short` are
    functions that return (path, packets) of the capture.  Returns the figures
    by name; who fails, or needs more than `limit` seconds, gets the short
    one."""
    runs = {p.name: [] for p in programs}
    small = {p.name for p in programs if p.short}
    failed = set()
    for turn in range(rounds):
        for p in programs:
            if turn >= p.rounds or p.name in failed:
                continue
            path, _ = short() if p.name in small else full()
            one = run(p, path, limit)
            if one is None and p.name not in small:
                small.add(p.name)
                runs[p.name].clear()
                path, _ = short()
                one = run(p, path, limit)
            if one is None:
                failed.add(p.name)
                say(f"{p.name}: failed, or took more than {limit} s")
            else:
                runs[p.name].append(one)
    return {
        p.name: Figure(runs[p.name],
                       (short() if p.name in small else full())[1],
                       p.name in small)
        for p in programs if runs[p.name] and p.name not in failed
    }
