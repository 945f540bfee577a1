#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Real connections of Linux, pcaps/real-*, against the kernel's own account.

    real.py [NAME...]

Each folder holds one connection that the laboratory (tests/lab) recorded: the
captures at the client, in the middle and at the server, and truth.jsonl.
Every question of tests/lab/judge.py must be answered without a difference.
NAME selects folders by what follows "real-".  The program is $TCPAUDIT, by
default ./tcpaudit.  Exit status 1: a difference.
"""

import glob
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "lab"))

import judge  # noqa: E402


def main(names):
    program = os.environ.get("TCPAUDIT", "./tcpaudit")
    folders = sorted(glob.glob(os.path.join(HERE, "..", "pcaps", "real-*")))
    judged = failed = 0
    for folder in folders:
        name = os.path.basename(folder)[len("real-"):]
        if names and name not in names:
            continue
        tally = judge.Tally()
        judge.judge_folder(folder, program, tally)
        wrong = [row for row in tally.rows
                 if row[1] == judge.BARS[row[0]][2]]
        right = sum(tally.counts[question][bar[1]]
                    for question, bar in judge.BARS.items())
        judged += 1
        failed += bool(wrong) or not right
        print("%s - %s: %d answers" % ("not ok" if wrong or not right
                                       else "ok", name, right))
        for row in wrong:
            print("#     " + ": ".join(row))
    if not judged:
        print("not ok - there is something in pcaps/real-*")
    return 1 if failed or not judged else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
