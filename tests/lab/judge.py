#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Compare tcpaudit with the Linux kernel's own account of connections.

    judge.py [--tcpaudit BIN] [-v] [--json FILE] FOLDER...

Each FOLDER holds client.pcap, middle.pcap, server.pcap, truth.jsonl, and
world.json (or scenario.json, which does not say what was tampered with).
Five questions; status 1 if one is answered below its bar:

    paths    the states each end went through, at that end and in the middle
    sets     the true state among the possible ones, at cuts of each capture
    errors   none on connections that nobody tampered with
    tampered named by one of the codes expected
    resets   spoken of as what the kernel sent them for
"""
import argparse
import collections
import json
import math
import os
import sys

import account
import audit
import paths
import resets

CUTS = 5
# Least percentage, and the outcomes that count for and against.
BARS = {
    'paths, own end': (99.5, 'equal', 'differs'),
    'paths, middle': (99.0, 'equal', 'differs'),
    'sets': (100.0, 'inside', 'outside'),
    'errors': (100.0, 'none', 'error'),
    'tampered': (100.0, 'named', 'unnamed'),
    'resets, own end': (100.0, 'agrees', 'differs'),
    # Farther away, what a reset answers is less plain.
    'resets, farther': (99.0, 'agrees', 'differs'),
}


class Tally:
    """Counts of outcomes by question, and the rows of what was not good."""

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self.rows = []

    def take(self, question, where, outcomes):
        """Add (outcome, text) pairs of one capture."""
        for outcome, text in outcomes:
            self.counts[question][outcome] += 1
            if text and outcome != BARS[question][1]:
                self.rows.append((question, outcome, where, text))

    def good(self, question, few):
        """(percentage, whether it reaches the bar).  Where there are `few`
        connections, whether what falls below it may be chance: three standard
        deviations."""
        bar, yes, no = BARS[question]
        yes, no = self.counts[question][yes], self.counts[question][no]
        share = 100 * yes / (yes + no) if yes + no else 100.0
        expected = (yes + no) * (100 - bar) / 100
        chance = 3 * math.sqrt(expected) if few else 0
        return share, no <= expected + chance


def ends(connection):
    """The two ends of a connection of world.json, in no order."""
    return frozenset((tuple(connection['client']),
                      tuple(connection['server'])))


def compare_errors(acc, capture):
    """Each connection of the world that was left alone: 'none' or 'error'.
    Without world.json an error is 'open'."""
    tampered = {ends(c) for c in acc.connections if c.get('tampered')}
    alone = {ends(c) for c in acc.connections} - tampered
    wrong = set()
    for finding in capture.audit.findings:
        if finding['severity'] != 'error':
            continue
        pair = audit.pair(finding)
        if pair in tampered:
            continue
        wrong.add(pair)
        yield ('error' if acc.has_world else 'open',
               '%s at packet %d: %s' % (finding['code'], finding['packet'],
                                        finding['message']))
    if acc.has_world:
        for _ in alone - wrong:
            yield 'none', ''


def compare_tampered(acc, capture):
    """Each connection that was tampered with: 'named', 'unnamed', or
    'unseen' where nothing can be seen at this tap."""
    for c in acc.connections:
        if not c.get('tampered'):
            continue
        expect = c.get('expect') or []
        if isinstance(expect, dict):
            expect = expect.get(capture.point) or []
        codes = {f['code'] for f in capture.audit.findings
                 if audit.pair(f) == ends(c)}
        outcome = 'unseen' if not expect else \
            'named' if codes & set(expect) else 'unnamed'
        yield outcome, '' if outcome == 'unseen' else \
            '%s of port %d: expected %s, here %s' % (
                c['kind'], c['client'][1], ' or '.join(expect),
                ' '.join(sorted(codes)) or 'nothing')


def judge_folder(folder, binary, tally):
    """All questions to all captures of one folder."""
    acc = account.Account(folder)
    captures = {point: audit.Capture(binary, point, path, CUTS)
                for point, path in acc.captures()}
    for ns, local, _ in acc.ends:
        if ns in captures:
            captures[ns].locals.add(local)
    for point, capture in captures.items():
        where = '%s/%s' % (acc.name, point)
        middle = point == 'middle'
        tally.take('paths, middle' if middle else 'paths, own end', where,
                   paths.compare_paths(acc, capture, captures))
        tally.take('sets', where, paths.compare_sets(acc, capture, captures))
        tally.take('errors', where, compare_errors(acc, capture))
        tally.take('tampered', where, compare_tampered(acc, capture))
        for ns in acc.namespaces():
            own = 'own end' if ns == point else 'farther'
            tally.take('resets, ' + own, where,
                       resets.compare_resets(acc, ns, capture, captures))


def report(tally, verbose, few):
    """Print the rows and a line for each question; whether all bars are
    reached."""
    for question, outcome, where, text in tally.rows:
        if verbose or outcome == BARS[question][2]:
            print('%s: %s: %s: %s' % (question, outcome, where, text))
    fine = True
    for question, (bar, _, _) in BARS.items():
        share, good = tally.good(question, few)
        fine = fine and good
        print('%s - %s: %.2f %% (bar %.1f): %s' % (
            'ok' if good else 'not ok', question, share, bar,
            ', '.join('%s %d' % pair for pair in sorted(
                tally.counts[question].items())) or 'nothing to judge'))
    return fine


def judge(folders, binary, verbose=False, path=None, few=False):
    """Judge the folders with the program binary and print what was found, to
    the JSON file at path as well; whether every bar is reached."""
    tally = Tally()
    for folder in folders:
        if os.path.exists(os.path.join(folder, 'truth.jsonl')):
            judge_folder(folder, binary, tally)
        else:
            print('%s: no truth.jsonl, not judged' % folder)
    fine = report(tally, verbose, few)
    if path:
        with open(path, 'w') as file:
            json.dump({'counts': tally.counts, 'rows': tally.rows,
                       'good': fine}, file, indent=1)
    return fine


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('folders', nargs='+', metavar='FOLDER')
    parser.add_argument('--tcpaudit',
                        default=os.environ.get('TCPAUDIT', 'tcpaudit'))
    parser.add_argument('-v', action='store_true',
                        help='also list what is silent, absent or left open')
    parser.add_argument('--json', metavar='FILE',
                        help='write counts and rows to FILE')
    options = parser.parse_args()
    fine = judge(options.folders, options.tcpaudit, options.v, options.json)
    return 0 if fine else 1


if __name__ == '__main__':
    sys.exit(main())
