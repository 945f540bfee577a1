# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""What the kernel says of TCP, in every namespace at once.

Most of it comes from an instance of the kernel's own trace; bpftrace adds what
that does not tell (trace.bt).
"""

import bisect
import collections
import os
import re
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TRACEFS = "/sys/kernel/tracing"
EVENTS = ("sock/inet_sock_set_state", "tcp/tcp_send_reset",
          "tcp/tcp_receive_reset", "tcp/tcp_retransmit_skb",
          "tcp/tcp_retransmit_synack", "timer/timer_start",
          "timer/timer_cancel", "timer/timer_expire_entry")
BUFFER = 32768     # KiB for each processor
START = 30         # seconds for bpftrace to attach
NEAR = 200_000     # ns between the two tellings of one timer
LINE = re.compile(r"\s(\d+)\.(\d{6}): (\w+): (.*)")
FIELD = re.compile(r"(\w+)=(\S+)")


class Unavailable(Exception):
    """This machine cannot tell; the text says why."""


def address(symbol):
    """The address of a function of the kernel."""
    with open("/proc/kallsyms") as symbols_:
        for line in symbols_:
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


def symbols(event, field):
    """The names of the numbers of an event's field, from its format."""
    with open("%s/events/%s/format" % (TRACEFS, event)) as file:
        text = file.read()
    text = text[text.index("print fmt"):]
    text = text[text.index("REC->%s" % field):]
    return {int(n): name
            for n, name in re.findall(r'\{ (\d+), "(\w+)" \}', text)}


def script(handlers):
    drops = {name: n for n, name in symbols("skb/kfree_skb", "reason").items()}
    with open(os.path.join(HERE, "trace.bt")) as file:
        text = file.read()
    for name, value in (
            ("REQSK_HANDLER", handlers[0]),
            ("TIMEWAIT_HANDLER", handlers[1]),
            ("REQSK_TIMER", offset("request_sock", "rsk_timer")),
            ("TIMEWAIT_TIMER", offset("inet_timewait_sock", "tw_timer")),
            ("NOT_SPECIFIED", drops["NOT_SPECIFIED"]),
            ("OTHERHOST", drops["OTHERHOST"])):
        text = text.replace(name, hex(value))
    return text


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


class Ring:
    """An instance of the kernel's trace, read while it is written."""

    def __init__(self, handlers):
        self.path = "%s/instances/tcpaudit-%d" % (TRACEFS, os.getpid())
        self.events = []   # (ns since boot, name, {field: text})
        self.timers = set()
        os.mkdir(self.path)
        self.put("trace_clock", "boot")
        self.put("buffer_size_kb", str(BUFFER))
        if os.path.exists(self.path + "/options/hash-ptr"):
            self.put("options/hash-ptr", "0")
        either = " || ".join("function == %#x" % h for h in handlers)
        for event in ("timer_start", "timer_expire_entry"):
            self.put("events/timer/%s/filter" % event, either)
        for event in EVENTS:
            self.put("events/%s/enable" % event, "1")
        self.running = True
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def put(self, name, value):
        with open(os.path.join(self.path, name), "w") as file:
            file.write(value)

    def read(self):
        pipe = os.open(self.path + "/trace_pipe", os.O_RDONLY | os.O_NONBLOCK)
        rest = b""
        while True:
            try:
                data = os.read(pipe, 1 << 16)  # a page or two at a time
            except BlockingIOError:
                data = b""
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            for line in lines:
                self.take(line.decode())
            if not data and not self.running:
                break
            if not data:
                time.sleep(0.1)
        os.close(pipe)

    def take(self, line):
        found = LINE.search(line)
        if not found:
            return
        name, fields = found[3], dict(FIELD.findall(found[4]))
        timer = fields.get("timer")
        if name == "timer_start":
            self.timers.add(timer)
        elif timer and timer not in self.timers:
            return
        self.events.append((int(found[1]) * 10**9 + int(found[2]) * 1000,
                            name, fields))

    def stop(self):
        for event in EVENTS:
            self.put("events/%s/enable" % event, "0")
        self.running = False
        self.thread.join()
        lost = 0
        for cpu in os.listdir(self.path + "/per_cpu"):
            with open("%s/per_cpu/%s/stats" % (self.path, cpu)) as file:
                lost += sum(int(n) for n in re.findall(
                    r"(?:overrun|dropped events): (\d+)", file.read()))
        os.rmdir(self.path)
        if lost:
            raise Unavailable("the kernel's trace has lost %d events" % lost)


class Script:
    """bpftrace with trace.bt; its lines go to a file."""

    def __init__(self, path, handlers):
        self.output = open(path, "w+")
        self.errors = open(path + ".errors", "w+")
        environment = dict(os.environ, BPFTRACE_PERF_RB_PAGES="2048",
                           BPFTRACE_STRLEN="64")
        self.process = subprocess.Popen(
            ["bpftrace", "-e", script(handlers)], stdout=self.output,
            stderr=self.errors, env=environment)
        until = time.monotonic() + START
        while "Attaching" not in self.text(self.output):
            if self.process.poll() is not None or time.monotonic() > until:
                raise Unavailable("bpftrace: " + self.text(self.errors)[-300:])
            time.sleep(0.1)
        time.sleep(2)  # "Attaching" is said before it is done

    def text(self, file):
        file.seek(0)
        return file.read()

    def stop(self):
        """Returns the lines in words."""
        self.process.terminate()
        self.process.wait()
        text = self.text(self.output) + self.text(self.errors)
        lost = re.findall(r"Lost (\d+) events", text)
        if lost:
            raise Unavailable("bpftrace has lost %s events" % "+".join(lost))
        return [line.split() for line in text.splitlines()
                if line.startswith(("owner ", "drop "))]


class Tracer:
    """The events from start() to stop(): (ns since boot, name, fields), in
    order.  A timer_start has the words of its owner, or None, as "owner"."""

    def __init__(self, path):
        self.path = path

    def start(self):
        if not os.path.exists(TRACEFS + "/events"):
            subprocess.run(["mount", "-t", "tracefs", "tracefs", TRACEFS])
        handlers = address("reqsk_timer_handler"), address("tw_timer_handler")
        try:
            self.ring = Ring(handlers)
        except OSError as why:
            raise Unavailable("the kernel's trace: %s" % why)
        self.offset = clock_offset()
        self.script = Script(self.path, handlers)
        self.ready = time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def stop(self):
        time.sleep(1)
        self.ring.stop()
        events = [e for e in self.ring.events if e[0] >= self.ready]
        owners = collections.defaultdict(list)
        for words in self.script.stop():
            if words[0] == "drop":
                events.append((int(words[1]), "drop", {"words": words[2:]}))
            else:
                owners[words[2]].append((int(words[1]), words[3:]))
        for t, name, fields in events:
            if name == "timer_start":
                fields["owner"] = nearest(owners[fields["timer"]], t)
        return sorted(events, key=lambda e: e[0])


def nearest(owners, t):
    """The words of the (time, words) that are nearest to t, or None."""
    at = bisect.bisect(owners, (t,))
    close = [(abs(o[0] - t), o[1]) for o in owners[max(0, at - 1):at + 1]]
    return min(close)[1] if close and min(close)[0] < NEAR else None
