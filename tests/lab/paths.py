# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""States: whole paths at the end, and the set of possible ones on the way."""
import bisect

from account import MS, same


def visible(states):
    """A path without CLOSED and LISTEN, and no state twice in a row."""
    out = []
    for state in states:
        if same(state) != 'CLOSED' and out[-1:] != [state]:
            out.append(state)
    return out


def readings(steps):
    """The kernel's path and the RFC's, where one segment brings the ACK of
    the FIN and the peer's FIN: Linux passes FIN-WAIT-2, RFC 9293, 3.10.7.4
    (eighth), does not."""
    direct = [s for s, after in zip(steps, steps[1:] + [None])
              if not (s.target == 'FIN-WAIT-2' and after and
                      after.target == 'TIME-WAIT' and after.t - s.t < MS)]
    return [visible([s.source for s in way[:1]] + [s.target for s in way])
            for way in (steps, direct)]


def compare_paths(account, capture, captures):
    """(outcome, text) of each incarnation of each end that the capture can
    judge; outcome is 'equal', 'silent', 'forged', 'absent' or 'differs'."""
    for key, end in sorted(account.ends.items(), key=str):
        if capture.point not in (end.ns, 'middle'):
            continue
        sent = capture.sent[end.local, end.remote]
        if not sent and not capture.sent[end.remote, end.local]:
            yield 'absent', str(end)
            continue
        ours = [visible(side['path'])
                for side in capture.audit.ends[end.local, end.remote]]
        lives = [steps for steps in end.lives() if any(readings(steps))]
        for n, steps in enumerate(lives):
            here = [ours[n]] if len(ours) == len(lives) else ours
            wire = visible(s for _, s in end.wire(steps, sent))
            plain, direct = readings(steps)
            if plain in here or direct in here:
                yield 'equal', ''
                continue
            told = [p for p in here if p == wire or p == without(wire)]
            if told and wire != plain:
                outcome = 'silent'
            elif forged(end, captures, steps[-1].t):
                outcome = 'forged'
            else:
                outcome = 'differs'
            yield (outcome, '%s #%d: kernel %s, here %s' % (
                end, n + 1, ' '.join(plain),
                ' | '.join(' '.join(p) for p in here) or 'nothing'))


def without(path):
    """The RFC's reading of a path of states alone."""
    return [s for s, after in zip(path, path[1:] + [''])
            if (s, after) != ('FIN-WAIT-2', 'TIME-WAIT')]


def forged(end, captures, t):
    """Whether a packet seen anywhere up to t came from neither end, as the
    captures at the ends show: of such nothing can be inferred, and of one
    that entered behind a tap it knows nothing."""
    for source, target in ((end.local, end.remote), (end.remote, end.local)):
        seen, own = set(), None
        for capture in captures.values():
            sent = capture.sent[source, target]
            seen |= {f[4:] for f in sent if f.t <= t}
            if source in capture.locals:
                own = {f[4:] for f in sent}
        if own is not None and seen - own:
            return True
    return False


def compare_sets(account, capture, captures):
    """(outcome, text) of each end of each prefix; outcome is 'inside',
    'silent', 'forged' or 'outside'."""
    for count, audit in capture.prefixes:
        t = capture.times[count - 1]
        for key, end in sorted(account.ends.items(), key=str):
            sent = capture.sent[end.local, end.remote]
            seen = before(sent, count)
            other = before(capture.sent[end.remote, end.local], count)
            if not seen and not other:
                continue
            reach = MS if capture.point == end.ns else \
                MS + account.delay
            true = end.states(t - reach, t + reach)
            lives = {s.inc for s in end.steps if s.inc and s.t <= t + reach}
            sides = audit.ends[end.local, end.remote]
            if len(sides) < len(lives):
                # Who opens anew is CLOSED for the connection of before.
                true.add('CLOSED')
            # Who has not heard of a new connection is still in the old one.
            here = {same(state) for side in sides[max(len(lives), 1) - 1:] or
                    sides[-1:] for state in side['possible_states']}
            here = here or {'CLOSED'}
            if here & true:
                yield 'inside', ''
                continue
            wire = [s for at, s in end.wire(end.steps, sent) if at <= t]
            if wire and wire[-1] in here and wire[-1] not in true:
                outcome = 'silent'
            elif forged(end, captures, t + reach):
                outcome = 'forged'
            else:
                outcome = 'outside'
            yield (outcome, 'after packet %d %s (last sent in %s, received '
                   'in %s): kernel %s, here %s' % (
                       count, end, seen and seen.number,
                       other and other.number,
                       ' or '.join(sorted(true)), ' '.join(sorted(here))))


def before(sent, count):
    """The last of the Frames up to packet number count, or None."""
    at = bisect.bisect([f.number for f in sent], count)
    return sent[at - 1] if at else None
