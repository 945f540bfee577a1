#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Measure tcpaudit and others on made captures; see README.md."""

import argparse
import datetime
import os
import platform
import shutil
import subprocess
import sys
import tempfile

import bars
import measure

HERE = os.path.dirname(os.path.abspath(__file__))
HISTORY = os.path.join(HERE, "HISTORY.md")

# Name: workload of generate, its size, who takes part.
FEW = ("loop", "tcpaudit")
WORKLOADS = {
    "W1": ("web", "--connections", 200000, None),
    "W2": ("flood", "--packets", 5000000, None),
    "W3": ("elephants", "--packets", 1500000, None),
    "W4": ("many", "--connections", 1000000, None),
    "W5": ("brief", "--connections", 1000000, None),
    "W6": ("sick", "--connections", 200000, None),
    "W1x1": ("web", "--connections", 50000, FEW),
    "W1x4": ("web", "--connections", 200000, FEW),
    "W1x16": ("web", "--connections", 800000, FEW),
    "W4few": ("many", "--connections", 10000, FEW),
}
SHORT = {"--connections": 10000, "--packets": 200000}


class Captures:
    """The captures of one workload, made when they are asked for."""

    def __init__(self, options, name):
        workload, unit, size, _ = WORKLOADS[name]
        self.options = options
        self.name = name
        self.workload = workload
        self.unit = unit
        self.size = max(100, int(size * options.scale))
        self.made = {}

    def make(self, size):
        if size not in self.made:
            path = os.path.join(self.options.work,
                                f"{self.name}-{size}.pcap")
            command = [self.options.generate, "--seed",
                       str(self.options.seed), self.unit, str(size)]
            if self.options.snaplen:
                command += ["--snaplen", str(self.options.snaplen)]
            out = subprocess.run(command + [self.workload, path], check=True,
                                 stdout=subprocess.PIPE)
            self.made[size] = path, int(out.stdout.split()[0])
            with open(path, "rb") as file:  # into the page cache
                while file.read(1 << 20):
                    pass
        return self.made[size]

    def full(self):
        return self.make(self.size)

    def short(self):
        return self.make(min(self.size, SHORT[self.unit]))

    def remove(self):
        for path, _ in self.made.values():
            if not self.options.keep:
                os.unlink(path)


def say(text):
    print(text, flush=True)


def programs(options, few):
    """All that take part; says who is not installed."""
    all_of_them = [measure.Program("loop", [options.loop, "FILE"])]
    all_of_them += [] if few else measure.peers(options.work)
    for name, path in options.tcpaudit:
        all_of_them += measure.ours(name, path)[:1 if few else 3]
    chosen = []
    for p in all_of_them:
        family, _, way = p.name.partition(":")
        if family in dict(options.tcpaudit):
            family = "tcpaudit" + (":" + way if way else "")
        if options.only and not {p.name, family} & options.only:
            continue
        if p.installed():
            chosen.append(p)
        else:
            say(f"  {p.name}: {p.argv[0]} is not installed, skipped")
    return chosen


def check(options, path):
    """What the first tcpaudit says of the capture, in short."""
    out = subprocess.run(
        [options.tcpaudit[0][1], "--color", "never", path],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    lines = out.stdout.decode(errors="replace").splitlines()
    return [line.strip() for line in lines
            if "--memory" in line or "memory bound" in line] + lines[-1:]


def table(figures, us, units):
    own, loop = figures.get(us), figures.get("loop")
    say(f"  {'program':<20}{'ns/packet':>10}{'loops':>9}"
        f"{'tcpaudit is':>18}{'elapsed s':>11}{'MiB':>8}{'octets each':>13}")
    for name, f in figures.items():
        loops = f"{f.ns / loop.ns:.2f}" if loop else ""
        speed = f"{f.ns / own.ns:.2f} x faster" if own else ""
        octets = "" if f.short else f"{f.kib * 1024 / units:.0f}"
        mark = " (short)" if f.short else ""
        say(f"  {name + mark:<20}{f.ns:>10.1f}{loops:>9}{speed:>18}"
            f"{f.elapsed:>11.2f}{f.kib / 1024:>8.0f}{octets:>13}")


def workload(options, name, us):
    """Measure one; returns its figures and the bars."""
    captures = Captures(options, name)
    try:
        path, packets = captures.full()
        say(f"{name} {captures.workload}: {packets:,} packets, "
            f"{captures.size:,} {captures.unit[2:]}, "
            f"{os.path.getsize(path) >> 20} MiB")
        taking_part = programs(options, WORKLOADS[name][3])
        for line in check(options, path):
            say("  report: " + line)
        figures = measure.measure(
            taking_part, captures.full, captures.short, options.rounds,
            options.limit, lambda text: say("  " + text))
        table(figures, us, captures.size)
        say("")
    finally:
        captures.remove()
    found = list(bars.each(name, figures, us))
    return figures, found + list(
        bars.memory(name, figures, us, captures.size))


def machine():
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    model = line.split(":", 1)[1].strip()
                    break
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores"


def commit():
    out = subprocess.run(
        ["git", "-C", HERE, "rev-parse", "--short", "HEAD"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return out.stdout.decode().strip() or "unknown"


def write_history(options, results):
    lines = [f"\n## {datetime.date.today()}, {commit()}\n",
             f"{machine()}; scale {options.scale:g}, "
             f"{options.rounds} rounds\n",
             "| workload | program | ns/packet | loops | MiB |",
             "|---|---|---:|---:|---:|"]
    for name, figures in results.items():
        loop = figures.get("loop")
        for program, f in figures.items():
            loops = f"{f.ns / loop.ns:.2f}" if loop else ""
            lines.append(f"| {name} | {program} | {f.ns:.1f} | {loops} | "
                         f"{f.kib / 1024:.0f} |")
    with open(HISTORY, "a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def parse():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("workloads", nargs="*", metavar="WORKLOAD",
                   help=" ".join(WORKLOADS))
    p.add_argument("--only", help="names of programs, with commas: loop, "
                   "tcpdump, tcptrace, softflowd, tshark-conv, "
                   "tshark-expert, tcpaudit, tcpaudit:ndjson, tcpaudit:j2")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--scale", type=float, default=1.0,
                   help="part of the full size")
    p.add_argument("--short", action="store_true", help="--scale 0.02")
    p.add_argument("--tcpaudit", action="append", metavar="[NAME=]PATH",
                   help="which to measure; several are compared")
    p.add_argument("--generate", default="bench/generate")
    p.add_argument("--loop", default="bench/loop")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--snaplen", type=int, help="instead of the usual one")
    p.add_argument("--work", help="directory of the captures "
                   "[$TMPDIR/tcpaudit-bench]")
    p.add_argument("--keep", action="store_true", help="keep the captures")
    p.add_argument("--limit", type=float, default=180,
                   help="seconds of one run, after which a program gets a "
                   "shorter capture [180]")
    p.add_argument("--history", action="store_true",
                   help="append the figures to HISTORY.md")
    options = p.parse_args()
    for name in options.workloads:
        if name not in WORKLOADS:
            p.error(f"no workload {name}")
    if options.short:
        options.scale = 0.02
    options.only = set(options.only.split(",")) if options.only else None
    options.tcpaudit = [
        tuple(word.split("=", 1)) if "=" in word else
        ("tcpaudit" if i == 0 else f"tcpaudit{i + 1}", word)
        for i, word in enumerate(options.tcpaudit or ["./tcpaudit"])]
    options.work = options.work or os.path.join(
        tempfile.gettempdir(), "tcpaudit-bench")
    for path in [options.generate, options.loop] + [
            path for _, path in options.tcpaudit]:
        if shutil.which(path) is None:
            p.error(f"{path}: no such program")
    return options


def main():
    options = parse()
    us = options.tcpaudit[0][0]
    results, found = {}, []
    os.makedirs(options.work, exist_ok=True)
    say(f"{machine()}; {options.rounds} rounds, scale {options.scale:g}\n")
    for name in options.workloads or WORKLOADS:
        results[name], more = workload(options, name, us)
        found += more
    found += bars.across(results, us)
    if found:
        say("Bars:")
    for what, value, unit, bar, met in found:
        say(f"  {'met    ' if met else 'NOT MET'} {what}: "
            f"{value:.4g}{unit}, {bar}")
    if options.history:
        write_history(options, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
