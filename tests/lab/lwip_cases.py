# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""What Linux's sockets do with lwIP, case by case.

A case has lwIP's behaviour (see lwip_end.h) and a function for Linux's
socket.  Each is run with lwIP listening and, unless that makes no sense, with
lwIP connecting, several times.  lwIP's port is the case's own.
"""
import collections
import socket
import struct
import threading
import time

TIMES = 3
Case = collections.namedtuple('Case', 'name kind linux both')


def drain(s):
    """Read to the end; returns the bytes."""
    n = 0
    try:
        while True:
            got = s.recv(65536)
            if not got:
                return n
            n += len(got)
    except OSError:
        return n


def send(s, n):
    """Send while reading, so that neither end fills up."""
    reader = threading.Thread(target=drain, args=(s,))
    reader.start()
    try:
        s.sendall(b'x' * n)
    except OSError:
        pass
    return reader


def exchange(n):
    """Send n bytes, read to the end, close."""
    def run(s):
        send(s, n).join()
    return run


def first_to_close(n):
    """Send n bytes, shut down, read to the end."""
    def run(s):
        s.sendall(b'x' * n)
        s.shutdown(socket.SHUT_WR)
        drain(s)
    return run


def after_their_fin(n):
    """Read to the end, send n bytes in CLOSE-WAIT, close."""
    def run(s):
        drain(s)
        s.sendall(b'x' * n)
    return run


def reset(n):
    """Send n bytes and abort."""
    def run(s):
        s.sendall(b'x' * n)
        time.sleep(0.05)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack('ii', 1, 0))
    return run


def slow_reader(seconds):
    """Let the window fill up, then read."""
    def run(s):
        time.sleep(seconds)
        drain(s)
    return run


def careless(s):
    """Close with bytes unread."""
    time.sleep(0.2)


def crossing(s):
    """Close while the other end's FIN is under way, or the reverse."""
    s.sendall(b'x')
    time.sleep(0.05)
    s.shutdown(socket.SHUT_WR)
    drain(s)


def sleeper(seconds):
    """Keep the connection idle, then close."""
    def run(s):
        time.sleep(seconds)
    return run


CASES = [
    Case('echo', 'echo 1000', exchange(1000), True),
    Case('echo bulk', 'echo 300000', exchange(300000), True),
    Case('send', 'send 200000', drain, True),
    Case('send nothing', 'send 0', drain, True),
    Case('half close', 'half 5000', after_their_fin(3000), True),
    Case('half close, much', 'half 5000', after_their_fin(150000), True),
    Case('read', 'read 0', first_to_close(500), True),
    Case('read, answer', 'read 2000', first_to_close(500), True),
    Case('read, answer much', 'read 90000', first_to_close(9000), True),
    Case('close', 'close', drain, True),
    Case('abort', 'abort 0', drain, True),
    Case('abort after data', 'abort 100', exchange(3000), True),
    Case('unread', 'unread 100', exchange(3000), True),
    Case('stall', 'stall 1500', first_to_close(150000), True),
    Case('slow reader', 'send 400000', slow_reader(2), True),
    Case('Linux resets', 'read 0', reset(100), True),
    Case('Linux resets at once', 'read 0', reset(0), True),
    Case('Linux closes unread', 'send 3000', careless, True),
    Case('data after close', 'close', after_their_fin(3000), True),
    Case('keepalive', 'idle 600 300 3', sleeper(2), True),
]
ALONE = [
    Case('crossing', 'cross 60', crossing, True),
    Case('deaf to data', 'read 0', first_to_close(300000), True),
    Case('deaf to ACKs', 'send 600000', drain, True),
    Case('keepalive, deaf', 'idle 600 300 3', sleeper(6), True),
]


def quietly(function, s, accepts=False):
    """Errors are expected: resets are among the cases."""
    try:
        if accepts:
            s = s.accept()[0]
        function(s)
    except OSError:
        pass
    s.close()


class Stage:
    """Ports, sockets and threads of one run."""

    def __init__(self, lwip, linux, address):
        self.lwip, self.linux, self.address = lwip, linux, address
        self.port, self.case_of, self.threads = 9000, {}, []
        self.listeners = []

    def name(self, case, how):
        self.port += 1
        self.case_of[self.port] = '%s (%s)' % (case, how)
        return self.port

    def socket(self, port=0, timeout=10):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.settimeout(timeout)
        s.bind((self.linux, port))
        return s

    def begin(self, function, s, accepts=False):
        t = threading.Thread(target=quietly, args=(function, s, accepts))
        t.start()
        self.threads.append(t)

    def join(self):
        for t in self.threads:
            t.join()
        for listener in self.listeners:
            listener.close()
        self.threads, self.listeners = [], []

    def lwip_listens(self, case):
        port = self.name(case.name, 'lwIP listens')
        self.lwip.command('listen', port, case.kind)
        for _ in range(TIMES):
            s = self.socket()
            try:
                s.connect((self.address, port))
            except OSError:
                s.close()
                continue
            self.begin(case.linux, s)

    def lwip_connects(self, case):
        for _ in range(TIMES):
            listener = self.socket(0, 3)
            listener.listen(1)
            self.listeners.append(listener)
            port = self.name(case.name, 'lwIP connects')
            self.lwip.command('connect', port, self.linux,
                              listener.getsockname()[1], case.kind)
            self.begin(case.linux, listener, True)

    def run(self, case):
        self.lwip_listens(case)
        if case.both:
            self.lwip_connects(case)


def refused(stage):
    """Nobody listens, at either end."""
    port = stage.name('refused', 'Linux connects')
    for _ in range(TIMES):
        s = stage.socket()
        try:
            s.connect((stage.address, port))
        except OSError:
            pass
        s.close()
    for _ in range(TIMES):
        stage.lwip.command('connect', stage.name('refused', 'lwIP connects'),
                           stage.linux, 7, 'close')


def simultaneous_open(stage):
    """lwIP ignores a SYN in SYN-SENT; Linux's SYN-ACK comes after it."""
    for _ in range(TIMES):
        port = stage.name('simultaneous open', 'both')
        s = stage.socket()
        stage.lwip.command('hold', 150)
        threading.Timer(0.05, stage.lwip.command, (
            'connect', port, stage.linux, s.getsockname()[1],
            'send 1000')).start()
        try:
            s.connect((stage.address, port))
            stage.begin(drain, s)
        except OSError:
            s.close()
        time.sleep(0.3)


def reuse(stage):
    """Linux connects from the same port while lwIP is in TIME-WAIT."""
    port = stage.name('reuse', 'lwIP in TIME-WAIT')
    stage.lwip.command('listen', port, 'send 1000')
    s = stage.socket()
    local = s.getsockname()[1]
    s.connect((stage.address, port))
    quietly(drain, s)
    time.sleep(0.1)
    s = stage.socket(local, 5)
    try:
        s.connect((stage.address, port))
    except OSError:
        pass
    quietly(drain, s)


def reuse_by_lwip(stage):
    """lwIP connects from the same port while Linux is in TIME-WAIT."""
    listener = stage.socket()
    listener.listen(1)
    port = stage.name('reuse', 'Linux in TIME-WAIT')
    for _ in range(2):
        stage.lwip.command('connect', port, stage.linux,
                           listener.getsockname()[1], 'read 0')
        try:
            quietly(first_to_close(100000), listener.accept()[0])
        except OSError:
            pass
        time.sleep(0.3)
    listener.close()


def mute_handshake(stage):
    """lwIP's SYN-ACK, and its SYN, are lost before the capture."""
    stage.lwip.command('mute', 500)
    stage.run(Case('mute handshake', 'echo 100', exchange(100), True))


def long_cases(stage):
    """Timers of lwIP that nobody can set."""
    stage.lwip.command('connect', stage.name('black hole', 'lwIP connects'),
                       '198.18.0.77', 9, 'close')
    stage.run(Case('FIN-WAIT-2 timeout', 'send 10', sleeper(24), True))
    stage.run(Case('shut for long', 'stall 20000',
                   first_to_close(150000), True))
    stage.run(Case('unread for long', 'send 400000', slow_reader(20), True))
    stage.join()


def lossy(stage, loss):
    """The first cases again, with packets lost at both sides of the tap."""
    stage.lwip.command('lose', loss, loss)
    for case in CASES:
        stage.run(case._replace(name=case.name + ', loss'))
    stage.join()
    stage.lwip.settle(60)
    stage.lwip.command('lose', 0, 0)


def perform(lwip, linux, address, long=False, loss=0):
    """Run every case; returns {port of lwIP: name of the case}."""
    stage = Stage(lwip, linux, address)
    if loss:
        lossy(stage, loss)
        return stage.case_of
    for case in CASES:
        stage.run(case)
    stage.join()
    refused(stage)
    simultaneous_open(stage)
    reuse(stage)
    reuse_by_lwip(stage)
    stage.join()
    for case in ALONE:
        stage.run(case)
        if 'deaf' in case.name:
            time.sleep(0.002)
            lwip.command('deaf', 4000 if 'keep' in case.name else 700)
        stage.join()
    mute_handshake(stage)
    stage.join()
    if long:
        long_cases(stage)
    lwip.settle(30)
    return stage.case_of
