# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Kinds that strain what is healthy: readers that stop and go, windows that
shut, small segments, crossing text, and endings in the midst of it.  Nothing
is tampered with, so that an error in any of them is false.
"""

import socket
import struct

from kinds import close_client_first, kind


def pump(t, s, count):
    """Sends and ends one's own direction."""
    t.send(s, count)
    s.shutdown(socket.SHUT_WR)


def sip(t, s, size, pause):
    """Reads to the end, a little at a time."""
    while s.recv(size):
        t.wait(pause)


@kind()
def stop_and_go(t):
    """The reader stops until the window is shut, then reads in bursts."""
    c, s = t.open(SO_RCVBUF=6000)

    def read():
        for _ in range(5):
            t.wait(0.4)
            t.receive(c, t.random.randint(1000, 9000))
        t.drain(c)
    t.both(lambda: pump(t, s, 80000), read)
    c.close()


@kind()
def sips(t):
    """The window opens by less than a segment at a time."""
    c, s = t.open(SO_RCVBUF=2304)
    t.both(lambda: pump(t, s, 20000), lambda: sip(t, c, 300, 0.01))
    c.close()


@kind()
def sips_at_listener(t):
    c, s = t.open([("SO_RCVBUF", 2304)])
    t.both(lambda: pump(t, c, 20000), lambda: sip(t, s, 500, 0.01))
    s.close()


@kind()
def buffer_changes(t):
    """The receiver's buffer shrinks and grows under way."""
    c, s = t.open(SO_RCVBUF=60000)

    def read():
        for size in (3000, 100000, 2304, 20000):
            t.receive(c, 9000)
            t.option(c, "SO_RCVBUF", size)
            t.wait(0.3)
        t.drain(c)
    t.both(lambda: pump(t, s, 120000), read)
    c.close()


@kind()
def window_clamped(t):
    c, s = t.open(TCP_WINDOW_CLAMP=1500)
    t.both(lambda: pump(t, s, 30000), lambda: sip(t, c, 700, 0.005))
    c.close()


@kind()
def small_segments(t):
    c, s = t.open([("TCP_MAXSEG", 100)], TCP_MAXSEG=200)
    t.both(lambda: pump(t, s, 20000), lambda: pump(t, c, 20000),
           lambda: t.drain(c), lambda: t.drain(s))


@kind()
def crossing(t):
    """Small writes of both ends, neither of which waits."""
    c, s = t.open([("TCP_NODELAY", 1)], TCP_NODELAY=1)

    def write(end):
        for _ in range(40):
            t.send(end, t.random.randint(1, 600))
            t.wait(t.random.random() * 0.01)
        end.shutdown(socket.SHUT_WR)
    t.both(lambda: write(c), lambda: write(s),
           lambda: t.drain(c), lambda: t.drain(s))


@kind()
def quick_acks(t):
    c, s = t.open()

    def read():
        while True:
            t.option(c, "TCP_QUICKACK", t.random.randint(0, 1))
            if not c.recv(4000):
                return
    t.both(lambda: pump(t, s, 60000), read)
    c.close()


@kind()
def much_urgent(t):
    """Urgent text under way, some of it in line."""
    c, s = t.open([("SO_OOBINLINE", 1)])

    def write():
        for _ in range(12):
            t.send(c, t.random.randint(1, 3000))
            c.send(b"!", socket.MSG_OOB)
            t.wait(t.random.random() * 0.02)
        c.shutdown(socket.SHUT_WR)
    t.both(write, lambda: sip(t, s, 2000, 0.001))
    s.close()


@kind()
def urgent_at_shut_window(t):
    c, s = t.open([("SO_RCVBUF", 2304)])

    def write():
        t.send(c, 12000)
        c.send(b"!", socket.MSG_OOB)
        t.send(c, 3000)
        c.shutdown(socket.SHUT_WR)
    t.both(write, lambda: (t.wait(1.5), t.drain(s)))
    s.close()


@kind()
def keepalive_while_full(t):
    """Probes of the window and of the connection, and both sides idle."""
    c, s = t.open([("SO_KEEPALIVE", 1), ("TCP_KEEPIDLE", 1),
                   ("TCP_KEEPINTVL", 1)], SO_KEEPALIVE=1, TCP_KEEPIDLE=1,
                  TCP_KEEPINTVL=1, SO_RCVBUF=2304)
    t.exchange(c, s)
    t.wait(1.7)
    t.both(lambda: pump(t, s, 30000), lambda: (t.wait(2.2), t.drain(c)))
    t.wait(2.2)
    c.close()


@kind()
def halfclose_crossing(t):
    """Text against a direction that was closed long ago."""
    c, s = t.open()
    t.both(lambda: pump(t, c, 30000),
           lambda: (t.wait(0.05), t.send(s, 90000), s.close()),
           lambda: t.drain(c))
    c.close()


@kind()
def close_together_full(t):
    """Both close with much text still on its way."""
    c, s = t.open()
    t.both(lambda: pump(t, c, 90000), lambda: pump(t, s, 90000),
           lambda: sip(t, c, 9000, 0.005), lambda: sip(t, s, 9000, 0.005))


@kind()
def linger_close(t):
    """close() waits for the last acknowledgment, or gives up."""
    c, s = t.open([("SO_RCVBUF", 4096)])
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                 struct.pack("ii", 1, 1))
    c.settimeout(0.5)
    try:
        t.send(c, 90000)
    except OSError:
        pass
    t.both(c.close, lambda: (t.wait(t.random.choice((0.1, 2))), t.drain(s)))
    s.close()


@kind()
def abort_full(t):
    """An abort in the midst of much text both ways."""
    c, s = t.open()
    ends = [c, s]
    t.random.shuffle(ends)
    t.both(lambda: t.send(c, 400000), lambda: t.send(s, 400000),
           lambda: t.drain(ends[0]),
           lambda: (t.receive(ends[1], 20000), t.abort(ends[1])))
    t.wait(0.3)


@kind()
def close_unread_full(t):
    """close() of a reader whose peer is still sending."""
    c, s = t.open()
    t.both(lambda: t.send(s, 400000),
           lambda: (t.receive(c, 20000), c.close()))
    t.wait(0.3)


@kind()
def shutdown_read(t):
    """What comes for a reader that reads no more is acknowledged still."""
    c, s = t.open()
    s.shutdown(socket.SHUT_RD)
    t.both(lambda: pump(t, c, 30000), lambda: t.send(s, 30000),
           lambda: t.drain(c))
    s.close()


@kind()
def reuse_many_times(t):
    """One tuple, closed and opened by turns, from either end."""
    for _ in range(6):
        c, s = t.open()
        t.exchange(c, s)
        t.close(s, c)
        t.wait(t.random.choice((0, 0.01, 0.3)))


@kind()
def deferred_accept(t):
    t.listen()
    t.option(t.listener, "TCP_DEFER_ACCEPT", 1)
    c = t.connect()
    t.wait(t.random.choice((0.1, 1.5)))
    t.send(c, 300)
    s = t.accept()
    t.receive(s, 300)
    t.send(s, 500)
    t.close(c, s)


@kind()
def idle_and_again(t):
    """Bursts with pauses, after which the window of congestion is small."""
    c, s = t.open()
    for _ in range(4):
        t.exchange(c, s, 3000, 30000)
        t.wait(0.7)
    t.close(s, c)


@kind()
def corked(t):
    c, s = t.open([("TCP_CORK", 1)], TCP_CORK=1)
    for _ in range(10):
        t.send(c, t.random.randint(1, 900))
        t.send(s, t.random.randint(1, 900))
        t.wait(0.05)
    t.close(c, s)


def congestion(name):
    def script(t):
        c, s = t.open()
        try:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, name)
        except OSError:
            return close_client_first(t)
        t.both(lambda: pump(t, s, 200000), lambda: t.drain(c))
        c.close()
    return script


@kind()
def reno(t):
    congestion(b"reno")(t)


@kind()
def bbr(t):
    congestion(b"bbr")(t)


@kind()
def long_transfer(t):
    c, s = t.open()
    t.both(lambda: pump(t, s, 700000), lambda: t.drain(c))
    c.close()
