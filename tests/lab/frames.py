# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""The TCP segments of a capture file: when, between whom, which flags."""
import collections
import ipaddress
import struct

FIN, SYN, RST, ACK = 1, 2, 4, 16
LINKS = {1: 14, 101: 0, 113: 16, 276: 20}

Frame = collections.namedtuple('Frame', 'number t source target flags seq')


def packets(data):
    """(time in ns, octets) of each packet of a classic pcap file."""
    for order in '<>':
        magic, = struct.unpack_from(order + 'I', data)
        if magic in (0xa1b2c3d4, 0xa1b23c4d):
            break
    else:
        raise ValueError('not a classic pcap file')
    unit = 1 if magic == 0xa1b23c4d else 1000
    skip = LINKS[struct.unpack_from(order + 'I', data, 20)[0] & 0xffff]
    at = 24
    while at + 16 <= len(data):
        sec, part, size, _ = struct.unpack_from(order + '4I', data, at)
        yield sec * 10 ** 9 + part * unit, data[at + 16 + skip:at + 16 + size]
        at += 16 + size


def segment(ip):
    """(source address, target address, TCP header) or None."""
    if len(ip) >= 20 and ip[0] >> 4 == 4 and ip[9] == 6:
        return ip[12:16], ip[16:20], ip[4 * (ip[0] & 15):]
    if len(ip) >= 40 and ip[0] >> 4 == 6 and ip[6] == 6:
        return ip[8:24], ip[24:40], ip[40:]
    return None


def frames(path):
    """(times of all packets, Frames of those with TCP)."""
    with open(path, 'rb') as file:
        data = file.read()
    times, out = [], []
    for number, (t, ip) in enumerate(packets(data), 1):
        times.append(t)
        found = segment(ip)
        if not found or len(found[2]) < 14:
            continue
        source, target, tcp = found
        sport, dport, seq = struct.unpack_from('>HHI', tcp)
        out.append(Frame(number, t,
                         (str(ipaddress.ip_address(source)), sport),
                         (str(ipaddress.ip_address(target)), dport),
                         tcp[13], seq))
    return times, out
