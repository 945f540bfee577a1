# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""The kernel's account of a folder of the laboratory: truth.jsonl.

An End is one endpoint of one tuple, with its changes of state in order.  What
a tap can know of them is less than the kernel tells: a close() whose FIN is
still queued (RFC 9293, 3.10.4, enters FIN-WAIT-1 at once), a timer that ran
out in silence.  Such a change is hidden until the endpoint sends what shows
it; meanwhile wire() tells the state as far as segments can tell it.
"""
import collections
import json
import os

import frames

MS = 10 ** 6
NEVER = float('inf')
LAST = 2 ** 63
# What ends a connection without a segment.
SILENT = {'local', 'timeout', '2msl', 'fin-wait-2-timeout',
          'listener-closed'}
# A state behind a FIN that has not left, as the peer and the tap see it.
BEFORE_FIN = {'CLOSING': 'CLOSE-WAIT', 'LAST-ACK': 'CLOSE-WAIT'}
# If the peer's FIN was in between, the FIN seems to be the second one.
AFTER_LATE_FIN = {'FIN-WAIT-1': 'LAST-ACK', 'CLOSING': 'LAST-ACK',
                  'TIME-WAIT': 'CLOSED'}

# .next: when the end sends its next segment, whatever it is.
Step = collections.namedtuple('Step', 'inc t source target cause next')
Reset = collections.namedtuple('Reset', 't ns local remote reason state')


def same(state):
    """A listener has no connection yet: CLOSED."""
    return 'CLOSED' if state == 'LISTEN' else state


class End:
    """One endpoint of one tuple; its Steps in order of time."""

    def __init__(self, ns, local, remote):
        self.ns, self.local, self.remote = ns, local, remote
        self.steps = []

    def __str__(self):
        ends = ['%s:%d' % (a if ':' not in a else '[%s]' % a, p)
                for a, p in (self.local, self.remote)]
        return ' > '.join(ends)

    def lives(self):
        """The Steps of each incarnation."""
        by_inc = collections.defaultdict(list)
        for step in self.steps:
            by_inc[step.inc].append(step)
        return [by_inc[inc] for inc in sorted(by_inc)]

    def state(self, t):
        """The kernel's state at t."""
        state = 'CLOSED'
        for step in self.steps:
            if step.t > t:
                break
            state = step.target
        return same(state)

    def states(self, begin, end):
        """All states from begin to end."""
        return {self.state(begin)} | {same(s.target) for s in self.steps
                                      if begin <= s.t <= end}

    def shown(self, step, sent):
        """When a tap with the Frames sent by this end is told of a step."""
        if step.target in ('FIN-WAIT-1', 'LAST-ACK'):
            flag = frames.FIN
        elif step.target == 'SYN-SENT':
            flag = frames.SYN
        elif (step.cause or '').startswith('rst-sent'):
            flag = frames.RST
        elif step.cause in SILENT:
            return next((f.t for f in sent if f.t >= step.next), NEVER)
        else:
            return step.t
        # One millisecond: the tap may read its clock before the kernel does.
        return next((f.t for f in sent if f.t >= step.t - MS and
                     f.flags & flag), NEVER)

    def wire(self, steps, sent):
        """[(time, state)]: what segments at a tap tell of the steps."""
        out, hidden, until, late = [], None, 0, {}
        state = 'CLOSED'
        for step in steps + [None]:
            if hidden and until <= (step.t if step else LAST):
                if out[-1][1] == 'CLOSE-WAIT':
                    late = AFTER_LATE_FIN
                out.append((until, late.get(state, state)))
                hidden = None
            if step is None:
                break
            at = self.shown(step, sent)
            if at > step.t and not hidden:
                hidden, until = step, at
            state = same(step.target)
            out.append((step.t, behind(hidden, step, at) if hidden
                        else late.get(state, state)))
        return out


def behind(hidden, step, shown):
    """What a tap sees of a step while an earlier one is hidden from it."""
    if step.target == 'CLOSED' and shown == step.t:
        return 'CLOSED'
    if hidden.target in ('FIN-WAIT-1', 'LAST-ACK'):
        return BEFORE_FIN.get(step.target, same(hidden.source))
    return same(hidden.source)


class Account:
    """One folder: its name, .ends by (ns, local, remote), .resets,
    .connections of world.json ([] without it), .delay in ns."""

    def __init__(self, folder):
        self.folder = folder
        self.name = os.path.basename(os.path.normpath(folder))
        self.ends, self.resets = {}, []
        with open(os.path.join(folder, 'truth.jsonl')) as file:
            for line in file:
                self.take(json.loads(line))
        self.has_world = True
        try:
            with open(os.path.join(folder, 'world.json')) as file:
                world = json.load(file)
            delay = world['delay_ms']
        except FileNotFoundError:
            self.has_world = False
            with open(os.path.join(folder, 'scenario.json')) as file:
                world = json.load(file)
            delay = world['params'].get('one_way_delay_ms', 0)
        self.delay = int(delay * MS)
        self.connections = world.get('connections', [])

    def take(self, record):
        """One line of truth.jsonl."""
        local = tuple(record['local'])
        remote = tuple(record.get('remote') or ()) or None
        if record['ev'] == 'reset-sent':
            self.resets.append(Reset(record['t_ns'], record['ns'], local,
                                     remote, record['reason'],
                                     record.get('state')))
        elif record['ev'] == 'state' and remote:
            key = record['ns'], local, remote
            end = self.ends.setdefault(key, End(*key))
            t, after = record['t_ns'], record.get('tx_us')
            end.steps.append(Step(
                record.get('inc', 1), t, record['from'], record['to'],
                record.get('cause'),
                NEVER if after is None else t + int(after * 1000)))

    def namespaces(self):
        """The names of the ends that sent resets."""
        return sorted({reset.ns for reset in self.resets})

    def captures(self):
        """(vantage point, file) of each capture that is there."""
        for point in 'client', 'middle', 'server':
            path = os.path.join(self.folder, point + '.pcap')
            if os.path.exists(path):
                yield point, path
