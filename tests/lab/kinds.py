# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""The kinds of connections of the laboratory: what the two ends do.

`rule` makes the wire's rule for one connection, from a random generator.
`expect` are codes of findings any of which names what was done to the
connection: for each vantage point, or a list for all of them.  `tampered` says
that segments were forged, rewritten, replayed or lost on purpose, so that an
error may be true.  `losses` is false for a kind that the accidents of the
link would make another.
"""

import collections
import socket

import rules

Kind = collections.namedtuple("Kind", "name script rule tampered expect "
                                      "losses")
KINDS = {}


def kind(rule=None, tampered=False, expect=(), losses=True):
    def add(script):
        name = script.__name__
        KINDS[name] = Kind(name, script, rule, tampered, expect, losses)
        return script
    return add


# -------------------------------------------- opening, transfer and closing

@kind()
def close_client_first(t):
    c, s = t.open()
    t.exchange(c, s)
    t.close(c, s)


@kind()
def close_server_first(t):
    c, s = t.open()
    t.exchange(c, s)
    t.close(s, c)


@kind()
def close_together(t):
    c, s = t.open()
    t.exchange(c, s)
    t.wait(0.1)
    c.shutdown(socket.SHUT_WR)
    s.shutdown(socket.SHUT_WR)
    t.both(lambda: t.drain(c), lambda: t.drain(s))


@kind()
def close_with_data(t):
    """The text and the FIN in one segment."""
    c, s = t.open(TCP_CORK=1)
    t.send(c, 700)
    t.close(c, s)


@kind()
def halfclose(t):
    c, s = t.open()
    t.send(c, 100)
    c.shutdown(socket.SHUT_WR)
    t.drain(s)
    t.send(s, 20000)
    s.close()
    t.drain(c)


@kind()
def bulk_down(t):
    c, s = t.open()
    t.send(c, 200)
    t.receive(s, 200)
    t.both(lambda: (t.send(s, 150000), s.shutdown(socket.SHUT_WR)),
           lambda: t.drain(c))
    c.close()


@kind()
def bulk_both(t):
    c, s = t.open()
    t.both(lambda: (t.send(s, 60000), s.shutdown(socket.SHUT_WR)),
           lambda: (t.send(c, 60000), c.shutdown(socket.SHUT_WR)),
           lambda: t.drain(c), lambda: t.drain(s))


@kind()
def small_writes(t):
    c, s = t.open(TCP_NODELAY=1)
    for _ in range(12):
        t.send(c, t.random.randint(1, 40))
        t.wait(0.01)
    t.close(c, s)


@kind()
def urgent(t):
    c, s = t.open()
    t.send(c, 100)
    c.send(b"!", socket.MSG_OOB)
    t.send(c, 100)
    t.close(c, s)


@kind()
def slow_reader(t):
    """The window shuts, and opens again when the reader reads."""
    c, s = t.open(SO_RCVBUF=8192)
    t.both(lambda: (t.send(s, 60000), s.shutdown(socket.SHUT_WR)),
           lambda: (t.wait(1.2), t.drain(c)))
    c.close()


@kind()
def sender_closes_at_shut_window(t):
    """The FIN waits behind a shut window."""
    c, s = t.open(SO_RCVBUF=4096)
    s.settimeout(0.3)
    try:
        t.send(s, 200000)
    except OSError:
        pass
    s.close()
    t.wait(0.8)
    t.drain(c)
    c.close()


@kind()
def fast_open(t):
    """Data on the SYN (RFC 7413), without a cookie."""
    t.listen()
    t.listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 4)
    c = t.make(t.client, t.caddr)
    c.setblocking(False)
    try:
        c.sendto(b"x" * 300, socket.MSG_FASTOPEN, t.saddr)
    except BlockingIOError:
        pass
    c.settimeout(12)
    s = t.accept()
    t.receive(s, 300)
    t.send(s, 500)
    t.close(c, s)


@kind()
def simultaneous_open(t):
    """Both connect to each other at once (RFC 9293, Figure 7)."""
    c = t.make(t.client, t.caddr)
    s = t.make(t.server, t.saddr)
    c.setblocking(False)
    s.setblocking(False)
    for socket_, address in ((c, t.saddr), (s, t.caddr)):
        try:
            socket_.connect(address)
        except BlockingIOError:
            pass
    for socket_ in (c, s):
        socket_.settimeout(12)
    t.wait(0.2)
    t.exchange(c, s)
    t.close(c, s)


@kind()
def idle_keepalive(t):
    c, s = t.open(SO_KEEPALIVE=1, TCP_KEEPIDLE=1, TCP_KEEPINTVL=1,
                  TCP_KEEPCNT=9)
    t.exchange(c, s)
    t.wait(3.3)
    t.close(c, s)


# --------------------------------------------------- aborts, refusals, deaths

@kind()
def abort_client(t):
    c, s = t.open()
    t.exchange(c, s)
    t.abort(c)
    t.wait(0.2)


@kind()
def abort_server(t):
    c, s = t.open()
    t.exchange(c, s)
    t.abort(s)
    t.wait(0.2)


@kind()
def abort_in_fin_wait_2(t):
    c, s = t.open()
    t.exchange(c, s)
    c.shutdown(socket.SHUT_WR)
    t.drain(s)
    t.wait(0.1)
    t.abort(c)
    t.wait(0.2)


@kind()
def abort_in_close_wait(t):
    c, s = t.open()
    t.exchange(c, s)
    c.shutdown(socket.SHUT_WR)
    t.drain(s)
    t.wait(0.1)
    t.abort(s)
    t.wait(0.2)


@kind()
def no_linger_in_fin_wait_2(t):
    """Linux resets at once instead of waiting for the peer's FIN."""
    c, s = t.open(TCP_LINGER2=-1)
    t.exchange(c, s)
    c.close()
    t.wait(0.3)


@kind()
def close_unread(t):
    """close() with data unread is a reset (RFC 9293, 3.6.1)."""
    c, s = t.open()
    t.send(c, 500)
    t.wait(0.3)
    s.close()
    t.wait(0.2)


@kind()
def data_after_full_close(t):
    """Data for an end that can no longer deliver it."""
    c, s = t.open()
    t.exchange(c, s)
    s.close()
    t.wait(0.1)
    t.send(c, 400)
    t.wait(0.3)


@kind()
def refused(t):
    t.connect()
    t.wait(0.2)


@kind()
def fin_wait_2_timeout(t):
    """The server never closes; the client's orphan gives up."""
    c, s = t.open()
    t.exchange(c, s)
    c.close()
    t.wait(3.5)
    t.send(s, 100)
    t.wait(0.3)


@kind()
def server_vanishes(t):
    """A half-open connection, found by data (RFC 9293, 3.5.1)."""
    c, s = t.open()
    t.exchange(c, s)
    t.vanish(s)
    t.wait(0.1)
    t.send(c, 300)
    t.wait(0.5)


@kind()
def client_vanishes_and_returns(t):
    """A half-open connection, found by a SYN of the same tuple."""
    c, s = t.open()
    t.exchange(c, s)
    t.vanish(c)
    t.wait(0.3)
    c = t.connect()
    s = t.accept()
    t.exchange(c, s)
    t.close(c, s)


@kind()
def reuse_after_reset(t):
    for _ in range(2):
        c, s = t.open()
        t.exchange(c, s)
        t.abort(c)
        t.wait(0.2)
        s.close()


@kind()
def reuse_of_time_wait(t):
    """The server is in TIME-WAIT; a greater ISN opens the tuple again."""
    for _ in range(2):
        c, s = t.open()
        t.exchange(c, s)
        t.close(s, c)
        t.wait(0.1)


# -------------------------------------------------------- what the wire loses

def lose(which, count=1):
    return lambda random: rules.Lose(which, count, random.random() < 0.5)


@kind(rule=lose(rules.syn))
def syn_lost(t):
    close_client_first(t)


@kind(rule=lose(rules.synack))
def synack_lost(t):
    close_client_first(t)


@kind(rule=lose(rules.bare_ack))
def third_ack_lost(t):
    t.listen()
    c = t.connect()
    t.wait(0.2)
    t.send(c, 200)
    s = t.accept()
    t.receive(s, 200)
    t.close(s, c)


@kind(rule=lose(rules.client_data, 2))
def data_lost(t):
    close_client_first(t)


@kind(rule=lose(rules.client_fin))
def fin_lost(t):
    close_client_first(t)


@kind(rule=lambda random: rules.LoseLastAck(random.random() < 0.5))
def last_ack_lost(t):
    close_client_first(t)


@kind(rule=lambda random: rules.LoseAll(rules.syn))
def nobody_answers(t):
    t.connect()
    t.wait(7)


@kind(rule=lambda random: rules.LoseAll(rules.Marked()))
def death_by_user_timeout(t):
    """Nothing gets through any more; the sender gives up (RFC 5482)."""
    c, s = t.open(TCP_USER_TIMEOUT=1500)
    t.exchange(c, s)
    t.send(c, rules.Marked.LENGTH)
    t.wait(4)


@kind(rule=lambda random: rules.LoseAll(rules.Probe()), losses=False)
def keepalive_death(t):
    c, s = t.open(SO_KEEPALIVE=1, TCP_KEEPIDLE=1, TCP_KEEPINTVL=1,
                  TCP_KEEPCNT=2)
    t.exchange(c, s)
    t.wait(4.5)
