#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""lwIP at one end, Linux's sockets at the other (as root).

    lwip.py [--lwip PROGRAM] [--keep DIR] [--long] [--loss N] [-v]

runs every behaviour of lwip_cases.py in a network namespace of its own,
captures what passes at the TUN device between the two stacks, and compares
the path of each of lwIP's ends, as lwIP's own control blocks tell it, with
what TCPAUDIT makes of the capture.  Prints the findings on lwIP and "N of M
paths equal"; exits 1 if a difference, or an error, is not explained, 77 if
it cannot run here.
"""
import argparse
import collections
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SKIPPED = 77
LINUX, LWIP = '198.18.0.1', '198.18.0.2'
SOURCES = ('lwip.c', 'lwip_account.c', 'lwip_user.c')

# Errors that are true of lwIP 2.1.3; the reasons are in DISAGREEMENTS.md.
TRUE_OF_LWIP = set()


def build(program):
    """Compile the end; exits if there is no library."""
    sources = [os.path.join(HERE, s) for s in SOURCES]
    made = subprocess.run(
        [os.environ.get('CC', 'cc'), '-std=gnu11', '-O2', '-isystem',
         '/usr/include/lwip', *sources, '-o', program, '-llwip'],
        stderr=subprocess.PIPE, text=True, check=False)
    if made.returncode:
        print('SKIP: lwip: cannot build:', made.stderr.split('\n')[0])
        sys.exit(SKIPPED)


class Lwip:
    """The program on a TUN device of `namespace` (this one, if None)."""

    def __init__(self, program, account, tun='lwip0', namespace=None,
                 linux=LINUX, lwip=LWIP, end='server'):
        self.account, self.tun = account, tun
        self.lock = threading.Lock()
        self.within = (['ip', 'netns', 'exec', namespace]
                       if namespace else [])
        self.process = subprocess.Popen(
            [*self.within, program, tun, lwip, account, end],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline().strip()
        if ready != 'ready':
            print(ready)
            sys.exit(SKIPPED)
        for words in (['addr', 'add', linux + '/24', 'dev', tun],
                      ['link', 'set', tun, 'up']):
            subprocess.run([*self.within, 'ip', *words], check=True)

    def command(self, *words):
        """Returns what follows "ok", as a list of words."""
        with self.lock:
            self.process.stdin.write(
                ' '.join(str(w) for w in words) + '\n')
            self.process.stdin.flush()
            answer = self.process.stdout.readline().split()
        if answer[:1] != ['ok']:
            raise RuntimeError('lwip: %s: %s' % (words, ' '.join(answer)))
        return answer[1:]

    def settle(self, seconds):
        """Wait until no connection is alive but in TIME-WAIT."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.command('count')[0] != '0':
            time.sleep(0.1)

    def stop(self):
        """End it; returns the lines of the account."""
        self.process.stdin.write('quit\n')
        self.process.stdin.close()
        self.process.wait(10)
        with open(self.account, encoding='ascii') as lines:
            return [json.loads(line) for line in lines]


def visible(states):
    """What a capture can show: no CLOSED or LISTEN, none twice."""
    out = []
    for state in states:
        if state not in ('CLOSED', 'LISTEN') and out[-1:] != [state]:
            out.append(state)
    return out


Life = collections.namedtuple('Life', 'path last cause')


def own_lives(account):
    """(local, remote) -> a Life for each incarnation of lwIP's end."""
    lives = collections.defaultdict(dict)
    for r in account:
        if r['ev'] == 'state':
            of_tuple = lives[tuple(r['local']), tuple(r['remote'])]
            of_tuple.setdefault(r['inc'], []).append(r)
    return {t: [Life(visible(r['to'] for r in by_inc[i]),
                     by_inc[i][-1]['to'], by_inc[i][-1].get('cause', ''))
                for i in sorted(by_inc)] for t, by_inc in lives.items()}


def audit(pcap):
    """Every record of the audit of a capture."""
    out = subprocess.run(
        [os.environ.get('TCPAUDIT', './tcpaudit'), '--ndjson', pcap],
        stdout=subprocess.PIPE, check=False).stdout
    return [json.loads(line) for line in out.splitlines()]


def audited_ends(records, address):
    """(local, remote) -> the audited end of each connection there."""
    ends = collections.defaultdict(list)
    for r in records:
        if r['type'] != 'connection':
            continue
        mine, other = r['client'], r['server']
        if mine['address'] != address:
            mine, other = other, mine
        ends[(mine['address'], mine['port']),
             (other['address'], other['port'])].append(
                 (r['first']['packet'], mine))
    return {t: [end for _, end in sorted(lives, key=lambda e: e[0])]
            for t, lives in ends.items()}


def explanation(life, got):
    """Why two paths may differ, or None; see DISAGREEMENTS.md."""
    path = life.path
    if path == ['SYN-SENT', 'ESTABLISHED'] and got == path[:1]:
        return 'its abort is the first segment after the SYN-ACK'
    if path[-1:] == ['FIN-WAIT-1'] and got == path + ['FIN-WAIT-2']:
        return 'FIN-WAIT-2 left within the same call' if (
            life.cause == 'rst-sent') else None
    if path[:1] == ['SYN-SENT'] and 'SYN-RECEIVED' in got and (
            path == [s for s in got if s != 'SYN-RECEIVED']):
        return 'lwIP ignores a SYN in SYN-SENT'
    return None


def compare(account, records, case_of):
    """Returns (equal, [what differs], [what was not thought possible])."""
    ours = audited_ends(records, LWIP)
    equal, differences, impossible = 0, [], []
    for (local, remote), lives in own_lives(account).items():
        ends = ours.get((local, remote), [])
        for life, end in itertools.zip_longest(lives, ends):
            name = '%s: %s:%d > %s:%d' % (
                (case_of.get(local[1], '?'),) + local + remote)
            got = visible(end['path']) if end else []
            life = life or Life([], 'CLOSED', '')
            if got == life.path:
                equal += 1
            else:
                differences.append((name, life, got))
            if end and life.last not in end['possible_states']:
                impossible.append((name, life.last,
                                   end['possible_states']))
    return equal, differences, impossible


def findings(records, case_of):
    """(severity, code, rule, end's stack) -> Counter of cases."""
    last = {r['id']: r for r in records if r['type'] == 'finding'}
    conns = {r['id']: r for r in records if r['type'] == 'connection'}
    out = collections.defaultdict(collections.Counter)
    for f in last.values():
        c = conns.get(f['connection'])
        if not c:
            out[f['severity'], f['code'], f['rule'], '-']['-'] += 1
            continue
        end = c[f['endpoint']]['address'] if f['endpoint'] else '-'
        port = next(c[e]['port'] for e in ('client', 'server')
                    if c[e]['address'] == LWIP)
        stack = {LWIP: 'lwIP', LINUX: 'Linux'}.get(end, end)
        out[f['severity'], f['code'], f['rule'],
            stack][case_of.get(port, port)] += 1
    return out


def experiment(folder, program, long, loss):
    """Run all cases; returns the account and each port's case."""
    import lwip_cases
    lwip = Lwip(program, os.path.join(folder, 'account.jsonl'))
    pcap = os.path.join(folder, 'tun.pcap')
    dump = subprocess.Popen(
        ['tcpdump', '-i', lwip.tun, '-U', '-B', '16384', '-s', '128',
         '--time-stamp-precision=nano', '-w', pcap, 'tcp or icmp'],
        stderr=subprocess.PIPE, text=True)
    dump.stderr.readline()
    case_of = lwip_cases.perform(lwip, LINUX, LWIP, long, loss)
    time.sleep(1.5)
    dump.terminate()
    dump.wait()
    return lwip.stop(), case_of


def judge(account, pcap, case_of, verbose):
    """Print what differs; returns whether all is explained."""
    records = audit(pcap)
    equal, differences, impossible = compare(account, records, case_of)
    good = not impossible
    for name, life, got in sorted(differences):
        why = explanation(life, got)
        good = good and why
        if verbose or not why:
            print('%s%s\n  lwIP    %s %s\n  audited %s' % (
                name, ': ' + why if why else '', ' '.join(life.path),
                life.cause, ' '.join(got) or 'nothing'))
    for name, state, possible in impossible:
        print('%s: %s is not among %s' % (name, state, possible))
    for key, cases in sorted(findings(records, case_of).items()):
        bad = key[0] == 'error' and (
            key[3] != 'lwIP' or key[1] not in TRUE_OF_LWIP)
        good = good and not bad
        if verbose or bad:
            print('%-8s %s %s of %s:' % key, ', '.join(
                '%s %d' % item for item in sorted(
                    (str(c), n) for c, n in cases.items())))
    print('%s - lwIP: %d of %d paths equal, %d differences explained' % (
        'ok' if good else 'not ok', equal, equal + len(differences),
        sum(1 for _, life, got in differences if explanation(life, got))))
    return good


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--lwip', help='the program, built if not given')
    p.add_argument('--keep', help='a folder for capture and account')
    p.add_argument('--long', action='store_true',
                   help='also what takes minutes')
    p.add_argument('--loss', type=int, default=0, metavar='N',
                   help='instead, lose N of 1000 packets before the tap '
                   'and after it: paths may differ then, errors not be')
    p.add_argument('--inside', action='store_true',
                   help=argparse.SUPPRESS)
    p.add_argument('-v', action='store_true', help='every finding')
    a = p.parse_args()
    if os.geteuid() or not shutil.which('tcpdump'):
        print('SKIP: lwip: needs root and tcpdump')
        sys.exit(SKIPPED)
    if not a.inside:
        os.execvp('unshare', ['unshare', '-n', sys.executable,
                              __file__, '--inside', *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as scratch:
        folder = a.keep or scratch
        os.makedirs(folder, exist_ok=True)
        program = a.lwip or os.path.join(scratch, 'lwip')
        if not a.lwip:
            build(program)
        account, case_of = experiment(folder, program, a.long,
                                      a.loss)
        ok = judge(account, os.path.join(folder, 'tun.pcap'), case_of,
                   a.v)
    sys.exit(0 if ok else 1)


if __name__ == '__main__':
    main()
