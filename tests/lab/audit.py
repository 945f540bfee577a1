# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""What tcpaudit says of a capture, and what is in it."""
import collections
import json
import subprocess

import frames


class Audit:
    """One run over one capture, or over its first packets only.

    .records; .findings: the last record of each; .connections: by
    (client, server), in order; .ends: by (local, remote), the connection
    records with the side that is local, in order.
    """

    def __init__(self, binary, path, count=None):
        limit = ['-c', str(count)] if count else []
        run = subprocess.run([binary, '--ndjson', '--transitions', *limit,
                              path], capture_output=True, timeout=600)
        if run.returncode not in (0, 1, 2):
            raise RuntimeError('%s: status %d: %s' % (
                path, run.returncode, run.stderr[-300:]))
        self.records = [json.loads(s) for s in run.stdout.splitlines()]
        findings = {r['id']: r for r in self.records
                    if r['type'] == 'finding'}
        self.findings = list(findings.values())
        self.connections = [r for r in self.records
                            if r['type'] == 'connection']
        self.connections.sort(key=lambda r: r['first']['packet'])
        self.ends = collections.defaultdict(list)
        for r in self.connections:
            c, s = address(r['client']), address(r['server'])
            self.ends[c, s].append(r['client'])
            self.ends[s, c].append(r['server'])


def address(side):
    """(address, port) of one side of a record; None of an absent one."""
    return side and (side['address'], side['port'])


def pair(record):
    """The two ends of a record, in no order."""
    return frozenset((address(record['client']), address(record['server'])))


class Capture:
    """A capture file: .times of all packets, .sent: Frames by (source,
    target), .audit of all of it, .prefixes: [(packets, Audit)]."""

    def __init__(self, binary, point, path, cuts):
        self.point = point
        self.locals = set()     # (address, port) of this end, for forged()
        self.times, found = frames.frames(path)
        self.sent = collections.defaultdict(list)
        for frame in found:
            self.sent[frame.source, frame.target].append(frame)
        self.audit = Audit(binary, path)
        total = len(self.times)
        counts = {total * n // cuts for n in range(1, cuts)} - {0, total}
        self.prefixes = [(n, Audit(binary, path, n)) for n in sorted(counts)]
        if total:
            self.prefixes.append((total, self.audit))
