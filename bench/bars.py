# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""What the project demands of its speed and memory."""

MIB = 1 << 20

# The most that tcpaudit may cost, in empty loops over the same file.
LOOPS = {"W1": 3.0, "W2": 4.0, "W3": 2.5, "W4": 4.0, "W5": 3.5, "W6": 5.0}
# The least by which it is faster than others.
FASTER = {
    "tcptrace": {"W1": 4.0, "W2": 4.0, "W3": 1.8, "W4": 4.0, "W5": 4.0},
    "tshark-expert": dict.fromkeys(LOOPS, 20.0),
    "softflowd": {"W1": 1.0, "W2": 1.0, "W4": 1.0},
}
# The least by which two workers are faster than one, by the clock.
TWO_WORKERS = {"W1": 1.35, "W4": 1.5}
# The most octets of memory for each connection or attempt.
MEMORY = {"W4": 420, "W2": 160}
NDJSON = 2.0
GROWTH = 1.2  # of the cost of a packet, with 16 times the connections
CACHES = 2.0  # the same, from 10 thousand open connections to a million


def each(name, figures, us):
    """Bars of one workload: (what, value, unit, bar, whether it is met)."""
    own, loop = figures.get(us), figures.get("loop")
    if own is None:
        return
    if loop is not None and name in LOOPS:
        yield most(f"{name}: loops", own.ns / loop.ns, "x", LOOPS[name])
    for peer, bars in FASTER.items():
        if peer in figures and name in bars:
            yield least(f"{name}: faster than {peer}",
                        figures[peer].ns / own.ns, "x", bars[name])
    if name == "W1" and us + ":ndjson" in figures:
        yield most("W1: ndjson against text",
                   figures[us + ":ndjson"].ns / own.ns, "x", NDJSON)
    if name in TWO_WORKERS and us + ":j2" in figures:
        yield least(f"{name}: two workers against one",
                    own.elapsed / figures[us + ":j2"].elapsed, "x",
                    TWO_WORKERS[name])


def memory(name, figures, us, units):
    """Bars of memory; `units` are the connections of the capture."""
    own = figures.get(us)
    if own is None:
        return
    if name in MEMORY:
        yield most(f"{name}: octets of memory for each connection",
                   own.kib * 1024 / units, "", MEMORY[name])
    if name == "W5":
        # 2 MSL are 240 of its 500 seconds; 64 octets for each closed one.
        yield most("W5: MiB of memory", own.kib / 1024, "",
                   64 + 64 * units * 240 / 500 / MIB)


def across(results, us):
    """Bars that compare workloads."""
    def cost(name):
        figure = results.get(name, {}).get(us)
        return figure.ns if figure else None

    few, many = cost("W1x1"), cost("W1x16")
    if few and many:
        yield most("W1: cost of a packet, 16 times the connections",
                   many / few, "x", GROWTH)
    few, many = cost("W4few"), cost("W4")
    if few and many:
        yield most("W4: cost of a packet, all open against 1 %", many / few,
                   "x", CACHES)


def most(what, value, unit, bar):
    return what, value, unit, f"at most {bar:.4g}", value <= bar


def least(what, value, unit, bar):
    return what, value, unit, f"at least {bar:.4g}", value >= bar
