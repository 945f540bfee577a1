# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Runs trace.bt: what the kernel says of TCP, in every namespace at once."""

import os
import re
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
START = 30  # seconds for bpftrace to attach


class Unavailable(Exception):
    """This machine cannot tell; the text says why."""


def address(symbol):
    """The address of a function of the kernel."""
    with open("/proc/kallsyms") as symbols:
        for line in symbols:
            words = line.split()
            if words[2] == symbol and int(words[0], 16):
                return int(words[0], 16)
    raise Unavailable("no %s in /proc/kallsyms" % symbol)


def offset(structure, member):
    """Where a structure of the kernel has its member, in octets."""
    told = subprocess.run(["pahole", "-C", structure,
                           "/sys/kernel/btf/vmlinux"],
                          capture_output=True, text=True)
    found = re.search(r"\b%s;\s*/\*\s*(\d+)" % member, told.stdout)
    if not found:
        raise Unavailable("pahole does not find %s.%s" % (structure, member))
    return int(found[1])


def script():
    with open(os.path.join(HERE, "trace.bt")) as file:
        text = file.read()
    for name, value in (
            ("REQSK_HANDLER", address("reqsk_timer_handler")),
            ("TIMEWAIT_HANDLER", address("tw_timer_handler")),
            ("REQSK_TIMER", offset("request_sock", "rsk_timer")),
            ("TIMEWAIT_TIMER", offset("inet_timewait_sock", "tw_timer"))):
        text = text.replace(name, hex(value))
    return text


def symbols(event, field):
    """The names of the numbers of an event's field, from its format."""
    with open("/sys/kernel/tracing/events/%s/format" % event) as file:
        text = file.read()
    text = text[text.index("print fmt"):]
    text = text[text.index("REC->%s" % field):]
    return {int(n): name
            for n, name in re.findall(r'\{ (\d+), "(\w+)" \}', text)}


def clock_offset():
    """What is to be added to nanoseconds since boot for the time of day."""
    best = None
    for _ in range(20):
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        now = time.clock_gettime_ns(time.CLOCK_REALTIME)
        after = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if best is None or after - before < best[0]:
            best = (after - before, now - (before + after) // 2)
    return best[1]


class Tracer:
    """The events from start() to stop(), in raw lines of words."""

    def __init__(self, path):
        self.path = path

    def start(self):
        if not os.path.exists("/sys/kernel/tracing/events"):
            subprocess.run(["mount", "-t", "tracefs", "tracefs",
                            "/sys/kernel/tracing"])
        self.output = open(self.path, "w")
        self.errors = open(self.path + ".errors", "w+")
        environment = dict(os.environ, BPFTRACE_PERF_RB_PAGES="2048",
                           BPFTRACE_MAP_KEYS_MAX="1000000",
                           BPFTRACE_STRLEN="64")
        try:
            self.process = subprocess.Popen(
                ["bpftrace", "-e", script()], stdout=self.output,
                stderr=self.errors, env=environment)
        except FileNotFoundError as missing:
            raise Unavailable("%s is not installed" % missing.filename)
        self.offset = clock_offset()
        until = time.monotonic() + START
        while "Attaching" not in self.text():
            if self.process.poll() is not None or time.monotonic() > until:
                self.errors.seek(0)
                raise Unavailable("bpftrace: " + self.errors.read()[-300:])
            time.sleep(0.1)
        time.sleep(2)  # "Attaching" is said before it is done

    def text(self):
        with open(self.path) as file:
            return file.read()

    def stop(self):
        """Returns the lines, each split into words, in order of time."""
        time.sleep(1)
        self.process.terminate()
        self.process.wait()
        self.errors.seek(0)
        lost = re.findall(r"Lost (\d+) events", self.errors.read() +
                          self.text())
        if lost:
            raise Unavailable("the kernel's account has lost %s events" %
                              "+".join(lost))
        lines = [line.split() for line in self.text().splitlines()]
        return sorted((words for words in lines
                       if len(words) > 2 and words[1].isdigit() and
                       words[0] != "Attaching"),
                      key=lambda words: int(words[1]))
