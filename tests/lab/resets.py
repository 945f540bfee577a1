# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Resets: does what is said of a RST agree with why the kernel sent it?

Two classes.  Either a connection is aborted by the end that has it (RFC 9293,
3.10.5: ABORT; RFC 1122, 4.2.2.13: a full close with data unread or arriving
later), or an end without the connection answers a segment (RFC 9293, 3.5.2,
groups 1 and 2; 3.10.7.1 to 3.10.7.3).
"""
import frames
from account import MS
from audit import pair

# What names an abort, or a reset that says why the end gave up.
ABORT = {
    'RS01',  # the connection was aborted
    'RS23',  # given up after retransmissions (3.8.3, R2)
    'TD09',  # aborted after the FIN, 3.10.5 in FIN-WAIT-1 and later
    'TD10',  # data for a closed reader, RFC 1122, 4.2.2.13
    'HS29',  # aborted as soon as accepted
    'WN16',  # given up while the window was closed
}
# What names the answer of an end that has no such connection.
ANSWER = {
    'HS03',  # a SYN to a closed port, 3.10.7.1
    'HS30',  # a SYN-ACK to a client that has gone, 3.10.7.1
    'RS08',  # the same, to a SYN out of the past, 3.5 (Figure 9)
    'RS09',  # a half-open connection found by a SYN, 3.5.1
    'RS10',  # and by another segment, 3.5.1 (Figure 10)
    'RS11',  # a SYN-ACK that nobody asked for
    'KA09',  # a keepalive found no connection, 3.8.4
    'TD10',  # text after the close was complete
    'TD14',  # a segment of a connection that is closed
    'TW10',  # the last ACK repeated from TIME-WAIT met a closed end
    'TW11',  # the same, with the end of TIME-WAIT, RFC 1337
}
# Verdicts of a connection that no longer was when an answer was sent.
OVER = ('aborted-', 'closed-then-reset', 'replaced-half-open', 'refused',
        'handshake-client-reset', 'historical-rejected', 'scan-probe',
        'backscatter', 'midstream-aborted', 'complete-')

# Linux's reason: (codes, verdicts without a finding).
REASONS = {
    # tcp_disconnect() of a socket with SO_LINGER 0: 3.10.5.
    'TCP_STATE': (ABORT, ('aborted-', 'handshake-client-reset')),
    # close() with data unread: RFC 1122, 4.2.2.13.
    'TCP_ABORT_ON_CLOSE': (ABORT, ('aborted-',)),
    'TCP_ABORT_ON_LINGER': (ABORT, ('aborted-',)),
    'TCP_ABORT_ON_MEMORY': (ABORT, ('aborted-',)),
    # Data after a full close, RFC 1122, 4.2.2.13, or after the peer's FIN: the
    # connection is deleted, and its answer is that of an end that has none.
    'TCP_ABORT_ON_DATA': ({'TD10', 'TD09', 'RS10'}, ()),
    # 3.8.4: the peer is dead.
    'TCP_KEEPALIVE_TIMEOUT': ({'KA06', 'KA07', 'RS01', 'RS23'}, ()),
    'TCP_TIMEOUT': ({'RS01', 'RS23', 'WN16'}, ('aborted-', 'timed-out')),
    # No such port or tuple: 3.10.7.1.
    # An orphan in FIN-WAIT-2 is forgotten after a while: TD09, too.
    'NO_SOCKET': (ANSWER | {'TD09'}, OVER),
    # LISTEN: any ACK is bad, 3.10.7.2 (second).
    'TCP_FLAGS': (ANSWER | {'HS29'}, OVER),
    # LISTEN, and no room to accept: the ACK is bad there.  A tap sees a
    # handshake that was complete, and reset at once.
    'INVALID_SYN': (ANSWER | {'HS29'}, OVER),
    'NOT_SPECIFIED': (ANSWER | ABORT, OVER),
    # SYN-SENT: an ACK of something never sent, 3.10.7.3 (first).
    # HS12 is the bare ACK that it answers.
    'TCP_INVALID_ACK_SEQUENCE': ({'RS08', 'RS09', 'HS30', 'HS12'}, ()),
    # SYN-RECEIVED: the same, 3.10.7.4 (fifth).
    'TCP_RFC7323_PAWS': (ANSWER, OVER),
    # A timewait socket stands for an orphan in FIN-WAIT-2 too, which text
    # kills: RFC 1122, 4.2.2.13.
    'TCP_TIMEWAIT_SOCKET': ({'TD10', 'TW19'}, ()),
}


def frame_of(reset, capture, used):
    """The RST frame of a reset-sent, or None if the tap has none."""
    found = [f for (local, remote), sent in capture.sent.items()
             if local == reset.local and reset.remote in (None, remote)
             for f in sent if f.flags & frames.RST and f.number not in used
             and -MS < f.t - reset.t < 5 * MS]
    # On two processors at once, the order of the account is not that of the
    # tap: who has no socket answers without ACK what has one, and who aborts
    # has ACK.
    return min(found, default=None, key=lambda f: (
        bool(f.flags & frames.ACK) == (reset.reason == 'NO_SOCKET'), f))


def said(capture, frame):
    """(codes that begin with the frame, codes that it goes on with, verdict
    of its connection)."""
    ends = frozenset((frame.source, frame.target))
    begin, follow, verdict = set(), set(), None
    for finding in capture.audit.findings:
        if pair(finding) != ends or finding['severity'] == 'capture':
            continue
        if finding['packet'] == frame.number:
            begin.add(finding['code'])
        elif frame.number in finding['packets'] or \
                finding['packet'] < frame.number <= finding['last_packet']:
            follow.add(finding['code'])
    for record in capture.audit.connections:
        if pair(record) == ends and record['first']['packet'] <= frame.number:
            verdict = record['verdict']
    return begin, follow, verdict


def agrees(reason, begin, follow, verdict):
    """Whether a reset for that reason may be spoken of like this."""
    codes, verdicts = REASONS[reason]
    if begin & (ABORT | ANSWER | codes):
        return bool(begin & codes)
    if follow & (codes | ABORT if verdicts is OVER else codes):
        return True
    return bool(verdict) and verdict.startswith(verdicts or ('\0',))


def looks_alike(reset, frame, capture, begin):
    """Whether an answer stands where an abort of RFC 9293, 3.10.5, would
    stand as well: without ACK, at the next number, a moment after the end had
    sent something itself.  Linux aborts with ACK, but not every TCP does."""
    if reset.reason != 'NO_SOCKET' or frame.flags & frames.ACK or \
            begin & (ABORT | ANSWER) != {'RS01'}:
        return False
    return any(0 < frame.t - f.t < 20 * MS
               for f in capture.sent[frame.source, frame.target])


def copy_of(frame, capture, used):
    """The same RST at another tap, or None if it was lost before it."""
    found = [f for f in capture.sent[frame.source, frame.target]
             if f[4:] == frame[4:] and f.number not in used and
             f.t >= frame.t]
    return min(found, default=None)


def compare_resets(account, ns, capture, captures):
    """(outcome, text) of each reset that the kernel of ns sent; outcome is
    'agrees', 'alike' (an abort would look the same), 'no capture' or
    'differs'."""
    own = captures.get(ns)
    used = {point: set() for point in captures}
    told = set()
    # What a listener resets is told without the other end: those last.
    for reset in sorted(account.resets,
                        key=lambda r: (r.remote is None, r.t)):
        if reset.ns != ns:
            continue
        frame = own and frame_of(reset, own, used[ns])
        if frame:
            used[ns].add(frame.number)
        if frame and own is not capture:
            frame = copy_of(frame, capture, used[capture.point])
        if not frame:
            yield 'no capture', ''
            continue
        used[capture.point].add(frame.number)
        begin, follow, verdict = said(capture, frame)
        good = reset.reason in REASONS and agrees(reset.reason, begin,
                                                  follow, verdict)
        # A finding is said once; the same RST again is what the first was.
        form = frame.source, frame.target, frame.flags, frame.seq
        if good:
            told.add(form)
        good = good or form in told
        alike = looks_alike(reset, frame, capture, begin)
        yield ('agrees' if good else 'alike' if alike else 'differs',
               'packet %d, %s in %s: here %s, %s' % (
                   frame.number, reset.reason, reset.state,
                   ' '.join(sorted(begin) + ['(%s)' % c for c in
                                             sorted(follow)]) or 'nothing',
                   verdict))
