# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""A world: two hosts, a wire, three captures, and many connections at once.

    client [c0] ---- [c1] wire [s1] ---- [s0] server

Each is a network namespace of its own.  The client's and the server's capture
are tcpdump's; the one in the middle is the wire's.
"""

import json
import os
import random
import signal
import socket
import subprocess
import threading
import time

import rules
import talk
import wire
import kinds_stress    # noqa: F401, adds to KINDS
import kinds_tampered  # noqa: F401, so does this
from kinds import KINDS

SNAPLEN = 128
SPREAD = 6.0       # seconds over which the connections begin
SETTLE = 1.5       # seconds after the last script
LIMIT = 60.0       # seconds after which a script is given up
CLIENT_PORT, SERVER_PORT = 20000, 40000

# What the hosts have in common: less patience than by default, so that what
# takes minutes takes seconds.
COMMON = {
    "net.ipv4.tcp_fin_timeout": 2,
    "net.ipv4.tcp_syn_retries": 2,
    "net.ipv4.tcp_synack_retries": 2,
    "net.ipv4.tcp_orphan_retries": 3,
    "net.ipv4.tcp_no_metrics_save": 1,
    "net.ipv4.tcp_fastopen": 0x603,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv6.conf.all.accept_dad": 0,
}


class Failed(Exception):
    """A world could not be made; the text says why."""


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        raise Failed("%s: %s" % (" ".join(words), done.stderr.strip()))


class World:
    """`settings`: name, number, seed, delay_ms, loss, family (4 or 6),
    sysctl, kinds (names), each (connections of a kind)."""

    def __init__(self, settings, folder):
        self.settings = settings
        self.folder = os.path.join(folder, settings["name"])
        os.makedirs(self.folder, exist_ok=True)
        self.random = random.Random(settings["seed"])
        self.spaces = {w: "lab%d-%d%s" % (os.getpid(), settings["number"], w)
                       for w in "cms"}
        self.family = (socket.AF_INET if settings["family"] == 4 else
                       socket.AF_INET6)
        self.plan = [KINDS[name] for name in settings["kinds"]
                     for _ in range(settings["each"])]
        self.random.shuffle(self.plan)
        self.helpers = []

    # --------------------------------------------------------------- making

    @staticmethod
    def address(settings, last):
        """Of the client (1) or the server (2), in the world's family."""
        family = socket.AF_INET if settings["family"] == 4 else socket.AF_INET6
        return World.addresses_of(settings["number"], last)[family]

    @staticmethod
    def addresses_of(n, last):
        return {socket.AF_INET: "198.%d.%d.%d" % (18 + n // 256, n % 256,
                                                  last),
                socket.AF_INET6: "2001:2:0:%x::%d" % (n, last)}

    def addresses(self, last):
        return self.addresses_of(self.settings["number"], last)

    def make(self):
        for space in self.spaces.values():
            run("ip", "netns", "add", space)
            run("ip", "-n", space, "link", "set", "lo", "up")
        middle = self.spaces["m"]
        for side, last in (("c", 1), ("s", 2)):
            space = self.spaces[side]
            run("ip", "-n", middle, "link", "add", side + "1", "type", "veth",
                "peer", "name", side + "0", "netns", space)
            for where, name in ((middle, side + "1"), (space, side + "0")):
                run("ip", "netns", "exec", where, "ethtool", "-K", name,
                    "tx", "off", "rx", "off", "sg", "off", "tso", "off",
                    "gso", "off", "gro", "off")
                run("ip", "-n", where, "link", "set", name, "address",
                    "02:00:00:00:%02x:%02x" % (where == space, last),
                    "arp", "off", "up")
            self.configure(space, side, last)

    def configure(self, space, side, last):
        settings = dict(COMMON, **self.settings["sysctl"])
        run("ip", "netns", "exec", space, "sysctl", "-q", "-w",
            *("%s=%s" % pair for pair in settings.items()))
        other = self.addresses(3 - last)
        for family, address in self.addresses(last).items():
            v4 = family == socket.AF_INET
            run("ip", "-n", space, "address", "add",
                address + ("/24" if v4 else "/64"), "dev", side + "0",
                *(() if v4 else ("nodad",)))
            run("ip", "-n", space, "neighbour", "replace", other[family],
                "lladdr", "02:00:00:00:01:%02x" % (3 - last), "nud",
                "permanent", "dev", side + "0")

    def capture(self, side, name):
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.spaces[side], "tcpdump", "-U", "-n",
             "-i", side + "0", "-s", str(SNAPLEN), "-B", "16384", "-Z", "root",
             "--time-stamp-precision=nano", "-w",
             os.path.join(self.folder, name + ".pcap"),
             "tcp or icmp or icmp6"],
            stderr=subprocess.PIPE, text=True)
        while True:
            line = process.stderr.readline()
            if "listening" in line:
                break
            if not line:
                raise Failed("tcpdump does not start")
        self.helpers.append(process)

    def start_wire(self):
        """The wire is a process of its own, so that scripts do not hold it
        up."""
        child = os.fork()
        if child == 0:
            try:
                talk.Host(self.spaces["m"], None).enter()
                tap = wire.Capture(os.path.join(self.folder, "middle.pcap"),
                                   SNAPLEN)
                wire.Wire({"c": "c1", "s": "s1"}, tap, self.settings,
                          self.rule_of).run()
            finally:
                os._exit(0)
        self.wire = child

    def rule_of(self, client, server):
        i = client[1] - CLIENT_PORT
        if not 0 <= i < len(self.plan) or server[1] != SERVER_PORT + i:
            return rules.Rule(), True
        k = self.plan[i]
        chance = random.Random("%d rule %d" % (self.settings["seed"], i))
        return k.rule(chance) if k.rule else rules.Rule(), k.losses

    # -------------------------------------------------------------- running

    def play(self, i, k, begin):
        time.sleep(begin)
        t = talk.Talk(self.hosts["c"], self.hosts["s"], self.family,
                      (CLIENT_PORT + i, SERVER_PORT + i),
                      random.Random("%d %d" % (self.settings["seed"], i)))
        self.talks[i] = t
        talk.quietly(lambda: k.script(t))
        talk.quietly(t.end)

    def run(self):
        """Makes the world, plays the plan and leaves the captures and
        world.json in the folder."""
        try:
            self.make()
            self.start_wire()
            self.capture("c", "client")
            self.capture("s", "server")
            self.hosts = {
                side: talk.Host(self.spaces[side], self.addresses(last))
                for side, last in (("c", 1), ("s", 2))}
            self.begin = time.time_ns()
            self.play_all()
            time.sleep(SETTLE)
            self.end = time.time_ns()
        finally:
            self.remove()
        self.describe()

    def play_all(self):
        self.talks = {}
        threads = []
        for i, k in enumerate(self.plan):
            begin = self.random.random() * self.settings.get("spread", SPREAD)
            threads.append(threading.Thread(
                target=self.play, args=(i, k, begin), daemon=True))
        until = time.monotonic() + LIMIT
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0, until - time.monotonic()))

    def remove(self):
        for process in self.helpers:
            process.send_signal(signal.SIGINT)
            said = process.communicate()[1]
            if "\n0 packets dropped by kernel" not in said:
                raise Failed("tcpdump: " + said.strip())
        if hasattr(self, "wire"):
            os.kill(self.wire, signal.SIGTERM)
            os.waitpid(self.wire, 0)
        for t in getattr(self, "talks", {}).values():
            if t.listener:
                t.listener.close()
        for host in getattr(self, "hosts", {}).values():
            os.close(host.file)
        for space in self.spaces.values():
            subprocess.run(["ip", "netns", "delete", space],
                           capture_output=True)

    def describe(self):
        addresses = [self.address(self.settings, last) for last in (1, 2)]
        connections = []
        for i, k in enumerate(self.plan):
            connections.append({
                "kind": k.name, "tampered": k.tampered, "expect": k.expect,
                "client": [addresses[0], CLIENT_PORT + i],
                "server": [addresses[1], SERVER_PORT + i]})
        described = dict(self.settings, begin_ns=self.begin, end_ns=self.end,
                         connections=connections)
        with open(os.path.join(self.folder, "world.json"), "w") as file:
            json.dump(described, file, indent=1)
            file.write("\n")
