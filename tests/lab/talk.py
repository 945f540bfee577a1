# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Two ends of one connection, driven from one place.

A Talk has a tuple of its own; a script (kinds.py) opens the connection and
uses the two sockets.  All calls block, at most TIMEOUT seconds.
"""

import ctypes
import os
import socket
import struct
import threading
import time

TIMEOUT = 12.0
CLONE_NEWNET = 0x40000000
TCP_REPAIR = 19
libc = ctypes.CDLL(None, use_errno=True)


class Host:
    """A network namespace in which sockets can be made."""

    def __init__(self, namespace, addresses):
        self.file = os.open("/run/netns/" + namespace, os.O_RDONLY)
        self.addresses = addresses  # by family

    def enter(self):
        """Moves the calling thread."""
        if libc.setns(self.file, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def socket(self, family):
        self.enter()
        s = socket.socket(family, socket.SOCK_STREAM)
        s.settimeout(TIMEOUT)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return s


class Talk:
    """One tuple: `client` and `server` are hosts, `c` and `s` sockets."""

    def __init__(self, client, server, family, ports, random):
        self.client, self.server = client, server
        self.family = family
        self.caddr = (client.addresses[family], ports[0])
        self.saddr = (server.addresses[family], ports[1])
        self.random = random
        self.made = []
        self.listener = None

    # -------------------------------------------------------------- opening

    def make(self, host, address):
        s = host.socket(self.family)
        self.made.append(s)
        s.bind(address)
        return s

    def listen(self):
        self.listener = self.make(self.server, self.saddr)
        self.listener.listen(4)

    def connect(self, **options):
        """A client's socket that has sent its SYN; it may not be open."""
        c = self.make(self.client, self.caddr)
        for name, value in options.items():
            self.option(c, name, value)
        c.setblocking(False)
        try:
            c.connect(self.saddr)
        except BlockingIOError:
            pass
        c.settimeout(TIMEOUT)
        return c

    def option(self, s, name, value):
        if name.startswith("TCP_"):
            s.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        else:
            s.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)

    def accept(self):
        s, _ = self.listener.accept()
        s.settimeout(TIMEOUT)
        self.made.append(s)
        return s

    def open(self, listening=(), **options):
        """Listens, connects and accepts; `listening` are options of the
        listener, the others of the client."""
        if self.listener is None:
            self.listen()
            for name, value in listening:
                self.option(self.listener, name, value)
        c = self.connect(**options)
        return c, self.accept()

    # ------------------------------------------------------------- exchange

    def wait(self, seconds):
        time.sleep(seconds)

    def send(self, s, count):
        s.sendall(bytes(0x20 + i % 95 for i in range(count)))

    def receive(self, s, count):
        while count > 0:
            got = s.recv(min(count, 65536))
            if not got:
                raise EOFError
            count -= len(got)

    def drain(self, s):
        while s.recv(65536):
            pass

    def exchange(self, c, s, up=300, down=1200):
        self.send(c, up)
        self.receive(s, up)
        self.send(s, down)
        self.receive(c, down)

    def both(self, *actions):
        """Runs functions side by side and waits for them."""
        threads = [threading.Thread(target=quietly, args=(a,), daemon=True)
                   for a in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIMEOUT)

    # -------------------------------------------------------------- closing

    def close(self, first, second):
        """`first` closes, the other sees it and closes."""
        first.shutdown(socket.SHUT_WR)
        self.drain(second)
        second.close()
        self.drain(first)
        first.close()

    def abort(self, s):
        """A reset instead of a FIN."""
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.close()

    def vanish(self, s):
        """The end is gone as if its host had lost power."""
        s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        s.close()

    def end(self):
        """Closes what the script left open, but for the listener."""
        for s in self.made:
            if s is not self.listener:
                s.close()


def quietly(action):
    try:
        action()
    except (OSError, EOFError):
        pass
