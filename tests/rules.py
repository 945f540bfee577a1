#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Every rule has a scenario that fires it and a near miss that does not, and
is reported from one place in the source.

    rules.py [PREFIX...]

PREFIX selects rules by the beginning of their code ("OP", "HS0").  A near miss
is a scenario that names the rule after `never`.  That the scenarios are right
is the business of scenarios.py.  The program is $TCPAUDIT, by default
./tcpaudit.  Exit status 1: a rule lacks something.
"""

import collections
import glob
import json
import os
import re
import subprocess
import sys

import scn

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Calls and comparisons that only ask what was reported.
QUESTION = re.compile(r"(?:ta_finding|PROOFS_OF|ta_pending\w*|was_reported"
                      r"|ABOUT|ta_defect)"
                      r"\s*\([^;{}]*?RULE_|[!=]=\s*(?:&ta_rules\[)?RULE_")


def load_scenarios():
    """Code -> names of the scenarios that fire it; that must not."""
    fires, never = (collections.defaultdict(list) for _ in range(2))
    for path in glob.glob(os.path.join(TOP, "pcaps", "*.scn")):
        if os.path.basename(path) == "macros.scn":
            continue
        scenario = scn.load(path)
        for word in scenario.fires:
            fires[word[:4]].append(scenario.name)
        for code in scenario.never:
            never[code].append(scenario.name)
    return fires, never


def find_places():
    """Code -> places in the source that report it."""
    places = collections.defaultdict(list)
    for path in glob.glob(os.path.join(TOP, "src", "lib", "*.c")):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        asked = {m.end() for m in QUESTION.finditer(text)}
        for m in re.finditer(r"\bRULE_([A-Z]{2}\d\d)\b", text):
            if m.start() + 5 in asked:
                continue
            line = text.count("\n", 0, m.start()) + 1
            places[m[1]].append("%s:%d" % (os.path.basename(path), line))
    return places


def main(prefixes):
    program = os.environ.get("TCPAUDIT", "./tcpaudit")
    done = subprocess.run([program, "--list-rules", "--json"],
                          stdout=subprocess.PIPE, check=True)
    fires, never = load_scenarios()
    places = find_places()
    failed = 0
    for rule in json.loads(done.stdout):
        code = rule["code"]
        if prefixes and not code.startswith(tuple(prefixes)):
            continue
        why = []
        if not fires[code]:
            why.append("no scenario fires it")
        if not never[code]:
            why.append("no near miss")
        if len(places[code]) != 1:
            why.append("reported from %d places: %s" % (
                len(places[code]), " ".join(places[code])))
        failed += bool(why)
        print("%s - %s %s" % ("not ok" if why else "ok", code, rule["name"]))
        for line in why:
            print("#     " + line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
