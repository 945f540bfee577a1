#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Run tcpaudit on every capture of pcaps/ and compare with its scenario.

    scenarios.py [-v] [--regenerate] [NAME...]

NAME selects scenarios by number ("S14") or by the beginning of their file
name.  A committed capture must be byte-identical to what its source compiles
to; --regenerate writes it anew first.  The program is $TCPAUDIT, by default
./tcpaudit.  A scenario that needs a rule which the program does not have yet
waits and does not fail.  Exit status 1: a scenario failed.
"""

import argparse
import collections
import glob
import json
import os
import re
import subprocess
import sys

import scn

HERE = os.path.dirname(os.path.abspath(__file__))
PCAPS = os.path.join(os.path.dirname(HERE), "pcaps")
TIMEOUT = 60  # seconds, for one capture
SEVERITIES = ("capture", "note", "warning", "error")
# Rules that report each occurrence; all others report once for each end of a
# connection and count.
EACH = set("OP21 WN01 WN03 WN09 WN10 RX01 RX04 RX06 RX07 RX08 RX09 RX11 RX19 "
           "RX20 RX21 KA01 CP08".split())
# Compared only where a scenario names it: an obligation of any connection that
# is still pending when the capture ends.
WHEN_NAMED = {"CP19"}
STATE = {"SYN-RCVD": "SYN-RECEIVED", "ESTAB": "ESTABLISHED",
         "FW1": "FIN-WAIT-1", "FW2": "FIN-WAIT-2", "CW": "CLOSE-WAIT",
         "LACK": "LAST-ACK", "TW": "TIME-WAIT"}


# ------------------------------------------------------------- the program

def run_program(program, arguments):
    return subprocess.run([program] + arguments, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=TIMEOUT)


def list_rules(program):
    """The codes of the rules that the program has."""
    done = run_program(program, ["--list-rules", "--json"])
    found = set(re.findall(r'"code"\s*:\s*"([A-Z]{2}\d\d)"',
                           done.stdout.decode()))
    if not found:
        sys.exit("scenarios.py: %s --list-rules --json lists no rule: %s" %
                 (program, done.stderr.decode().strip()))
    return found


class Report:
    """What the program said of one capture."""

    def __init__(self, text):
        self.connections, self.findings = [], {}
        self.transitions = collections.defaultdict(list)
        for line in text.decode().splitlines():
            r = json.loads(line)
            if r["type"] == "connection":
                self.connections.append(r)
            elif r["type"] == "finding":
                self.findings[r["id"]] = r  # the last record of an id counts
            elif r["type"] == "transition":
                self.transitions[r["connection"]].append(r)
        self.connections.sort(key=lambda r: (r["first"]["packet"], r["id"]))

    def verdicts(self):
        return [c["verdict"] for c in self.connections]

    def counts(self):
        """Code -> (number of firings, set of severities)."""
        out = {}
        for f in self.findings.values():
            if f["count"] == 0:
                continue  # folded into another finding
            n, levels = out.get(f["code"], (0, set()))
            out[f["code"]] = (n + f["count"], levels | {f["severity"]})
        return out

    def state(self, endpoint):
        """Nominal state after the last packet, before timers that run on."""
        state = "CLOSED"
        if not self.connections:
            return state
        for t in self.transitions[self.connections[-1]["id"]]:
            if t["endpoint"] == endpoint and t["trigger"] != "timer":
                state = t["to"]
        return state


# ------------------------------------------------------------ comparisons

def parse_fired(word):
    """CODE[:severity][*n] -> (code, severity or None, count or None)."""
    m = re.fullmatch(r"([A-Z]{2}\d\d)(?::([a-z]+))?(?:\*(\d+))?", word)
    if not m or (m[2] and m[2] not in SEVERITIES):
        raise scn.ScenarioError("not a rule: %s" % word)
    return m[1], m[2], int(m[3]) if m[3] else None


def compare_findings(scenario, report):
    differences, expected = [], {}
    for word in scenario.fires:
        code, severity, count = parse_fired(word)
        expected[code] = (severity, count or (1 if code in EACH else None))
    got = report.counts()
    for code, (severity, count) in expected.items():
        if code not in got:
            differences.append("%s did not fire" % code)
            continue
        if count is not None and got[code][0] != count:
            differences.append("%s fired %d times, expected %d" %
                               (code, got[code][0], count))
        if severity and got[code][1] != {severity}:
            differences.append("%s is %s, expected %s" % (
                code, "/".join(sorted(got[code][1])), severity))
    for code in sorted(set(got) - set(expected)):
        if code in WHEN_NAMED and code not in scenario.never:
            continue
        tempting = " (never)" if code in scenario.never else ""
        differences.append("%s fired*%d, not expected%s" %
                           (code, got[code][0], tempting))
    return differences


def compare_verdicts(wanted, verdicts):
    """a/b is an order; a*2,b is a number of each."""
    if "*" in wanted or "," in wanted:
        counts = collections.Counter()
        for word in wanted.split(","):
            name, _, n = word.partition("*")
            counts[name] += int(n or 1)
        if counts == collections.Counter(verdicts):
            return []
        got = ",".join("%s*%d" % item for item in
                       sorted(collections.Counter(verdicts).items()))
    else:
        got = "/".join(verdicts)
        if got == wanted:
            return []
    return ["verdict %s, expected %s" % (got, wanted)]


def compare_states(scenario, report):
    differences = []
    for letter, endpoint in (("C", "client"), ("S", "server")):
        wanted = scenario.expect.get(letter)
        if wanted is None:
            continue
        names = [STATE.get(w, w) for w in wanted.split("+")]
        got = report.state(endpoint)
        if got not in names:
            differences.append("%s is %s, expected %s" %
                               (endpoint, got, " or ".join(names)))
    return differences


def audit(program, scenario, capture):
    """The differences between expectation and report, as lines."""
    done = run_program(program, ["--ndjson", "--transitions"] +
                       scenario.args + [capture])
    allowed = (0, 1) if scenario.exit is None else (scenario.exit,)
    if done.returncode not in allowed:
        return ["exit status %d: %s" % (done.returncode,
                                        done.stderr.decode().strip())]
    report = Report(done.stdout)
    out = compare_findings(scenario, report)
    if "verdict" in scenario.expect:
        out += compare_verdicts(scenario.expect["verdict"], report.verdicts())
    return out + compare_states(scenario, report)


# ------------------------------------------------------------------- main

def check_capture(scenario, macros, regenerate):
    """The committed capture must be what its source compiles to."""
    path = scenario.path[:-4] + ".pcap"
    data = scn.compile_scenario(scenario, macros)
    if regenerate:
        with open(path, "wb") as f:
            f.write(data)
        return []
    try:
        with open(path, "rb") as f:
            same = f.read() == data
    except FileNotFoundError:
        same = False
    return [] if same else ["%s is not what its source compiles to; run "
                            "scenarios.py --regenerate" %
                            os.path.basename(path)]


def natural_key(path):
    return [int(w) if w.isdigit() else w
            for w in re.split(r"(\d+)", os.path.basename(path))]


def selected(scenario, names):
    stem = os.path.basename(scenario.path)
    return not names or any(n == scenario.name or stem.startswith(n)
                            for n in names)


def judge(program, rules, scenario, macros, options):
    """("ok" | "wait" | "fail", lines that say why)."""
    differences = check_capture(scenario, macros, options.regenerate)
    if program is None or differences:
        return ("fail" if differences else "ok"), differences
    missing = {parse_fired(w)[0] for w in scenario.fires} - rules
    differences = audit(program, scenario, scenario.path[:-4] + ".pcap")
    if not differences:
        return "ok", []
    if differences[0].startswith("exit status"):
        return "fail", differences
    if missing:
        return "wait", ["needs " + " ".join(sorted(missing))] + differences
    return "fail", differences


def scoreboard(tally):
    """One line for the numbered scenarios, one for the other captures."""
    for name, counts in tally.items():
        if sum(counts.values()):
            print("%s: %d of %d exact, %d wait for rules of later versions, "
                  "%d failed" % (name, counts["ok"], sum(counts.values()),
                                 counts["wait"], counts["fail"]))


def parse_options(argv):
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("-v", "--verbose", action="store_true",
                   help="print the differences")
    p.add_argument("--regenerate", action="store_true",
                   help="write the captures anew from their sources")
    p.add_argument("--compile-only", action="store_true",
                   help="check the captures, do not run the program")
    p.add_argument("names", nargs="*", metavar="NAME")
    return p.parse_args(argv)


def main(argv):
    options = parse_options(argv)
    program, rules = None, set()
    if not options.compile_only:
        program = os.environ.get("TCPAUDIT", "./tcpaudit")
        rules = list_rules(program)
    macros = scn.load_macros(PCAPS)
    tally = {"scenarios": collections.Counter(),
             "other captures": collections.Counter()}
    for path in sorted(glob.glob(os.path.join(PCAPS, "*.scn")),
                       key=natural_key):
        if os.path.basename(path) == "macros.scn":
            continue
        scenario = scn.load(path)
        if not selected(scenario, options.names):
            continue
        try:
            result, why = judge(program, rules, scenario, macros, options)
        except subprocess.TimeoutExpired:
            result, why = "fail", ["no answer in %d s" % TIMEOUT]
        except (ValueError, KeyError) as e:
            result, why = "fail", ["report not understood: %r" % e]
        kind = "scenarios" if re.fullmatch(r"S\d+", scenario.name) \
            else "other captures"
        tally[kind][result] += 1
        print("%s - %s %s%s" % ("not ok" if result == "fail" else "ok",
                                scenario.name, scenario.title,
                                " # not yet" if result == "wait" else ""))
        if options.verbose:
            for line in why:
                print("#     " + line)
    scoreboard(tally)
    return 1 if sum(c["fail"] for c in tally.values()) else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (scn.ScenarioError, OSError) as e:
        sys.exit("scenarios.py: %s" % e)
