# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Connections that are tampered with, and what must name it."""

import rules
from kinds import close_client_first, kind


def told(*codes, **points):
    """What names a tampering: `codes` where it is seen, at the `points` given
    something else: what it brings about."""
    return {point: points.get(point, codes)
            for point in ("client", "middle", "server")}


def tampering(expect, rule):
    return kind(rule=rule, tampered=True, expect=expect, losses=False)


def forge(which, make, side, after=0.1, first=False):
    return lambda random: rules.Forge(which, make, side, after, first)


def rewrite(which, change, sign=True):
    return lambda random: rules.Rewrite(which, change, sign=sign)


@tampering(told("HS01", client=["RX04", "HS25"], middle=["HS01", "RX04"]),
           lambda random: rules.LoseAll(rules.bare_ack, "c",
                                        random.random() < 0.5))
def third_ack_missing(t):
    t.listen()
    t.connect()
    t.wait(9)


@tampering(told("RS08"), lambda random: rules.HoldSyn())
def syn_from_the_past(t):
    """An old SYN meets a listener whose connection is gone."""
    c, s = t.open()
    t.exchange(c, s)
    t.abort(c)
    t.wait(0.8)


@tampering(told("RX10", "RX19", "RX20", client=[]),
           lambda random: rules.Replay(rules.client_data, 0.2))
def old_data_replayed(t):
    c, s = t.open()
    for _ in range(4):
        t.exchange(c, s, 200, 200)
    t.wait(0.5)
    t.close(c, s)


@tampering(told("TW07", "RX06", client=["TW10", "TW11"]),
           lambda random: rules.Replay(rules.client_fin, 0.4))
def fin_replayed(t):
    """A copy of the last FIN comes in TIME-WAIT: the ACK of it meets a
    closed connection, whose reset ends TIME-WAIT (RFC 1337)."""
    c, s = t.open()
    t.exchange(c, s)
    t.close(s, c)
    t.wait(0.7)


@tampering(told("RS12", "RS13", "RS07", server=["RS10"]),
           forge(rules.client_data, rules.forged_reset(0), "s"))
def reset_forged_exact(t):
    """The client believes it; the server goes on."""
    c, s = t.open()
    t.exchange(c, s)
    t.wait(0.3)
    t.send(s, 300)
    t.wait(0.5)


@tampering(told("RS02", "RS03", "RS12", server=[]),
           forge(rules.client_data, rules.forged_reset(5000), "s"))
def reset_forged_in_window(t):
    c, s = t.open()
    t.exchange(c, s)
    t.wait(0.3)
    t.exchange(c, s)
    t.close(c, s)


@tampering(told("RS05", "RS12", server=[]),
           forge(rules.client_data, rules.forged_reset(1 << 30), "s"))
def reset_forged_out_of_window(t):
    c, s = t.open()
    t.exchange(c, s)
    t.wait(0.3)
    t.exchange(c, s)
    t.close(c, s)


@tampering(told("RS17", "RS03", client=[]),
           forge(rules.client_data, rules.forged_syn, "c"))
def syn_forged_in_established(t):
    c, s = t.open()
    t.exchange(c, s)
    t.wait(0.3)
    t.exchange(c, s)
    t.close(c, s)


@tampering(told("TD05", "TD06", "TD16", "TD13", "DA08", "DA17",
                server=["DA01", "TD16"]),
           forge(rules.client_data, rules.forged_fin, "s"))
def fin_forged(t):
    c, s = t.open()
    t.send(c, 300)
    t.receive(s, 300)
    t.wait(0.3)
    t.send(s, 700)
    t.wait(0.3)


@tampering(told("DA01", client=[]),
           forge(rules.client_data, rules.forged_ack, "c"))
def ack_forged(t):
    c, s = t.open()
    t.exchange(c, s)
    t.wait(0.3)
    t.exchange(c, s)
    t.close(c, s)


@tampering(told("HS04", "HS06", "HS08", "RS08", server=["HS30", "RS03"]),
           forge(rules.syn, rules.forged_synack, "s", after=0.0015))
def synack_forged(t):
    close_client_first(t)


@tampering(told("HD01", client=[]),
           rewrite(rules.client_data, rules.wrong_octet, sign=False))
def octet_damaged(t):
    c, s = t.open()
    t.exchange(c, s, 40, 40)
    t.close(c, s)


@tampering(told("DA08", client=[]),
           forge(rules.client_data, rules.other_text, "c", first=True))
def other_text_injected(t):
    c, s = t.open()
    t.exchange(c, s, 40, 40)
    t.wait(0.4)
    t.close(c, s)


@tampering(told("HD05", client=[]),
           rewrite(rules.client_data, rules.reserved_bits))
def reserved_bits_set(t):
    close_client_first(t)


@tampering(told("OP07", server=[]),
           rewrite(rules.synack, rules.without_option(2)))
def mss_stripped(t):
    close_client_first(t)
