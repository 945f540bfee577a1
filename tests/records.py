#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors

"""Check reports against tcpaudit.schema.json and against themselves.

    records.py [--schema FILE] [FILE...]     '-' or nothing: standard input

Takes NDJSON and the document of --json alike.  Beyond the schema: keys are
unique, the first record is a capture and the last one the summary, a revision
has something to revise, times and offsets agree, differences are right, and
the summary counts what is there.  Prints one line for each fault and exits 1
if there is any.
"""

import argparse
import calendar
import collections
import json
import os
import sys

import jsonschema

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, os.pardir, "tcpaudit.schema.json")
TYPES = ("capture", "transition", "finding", "connection", "partial",
         "summary")


def unique(pairs):
    """An object whose keys are all different."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key is there twice: %s" % keys)
    return dict(pairs)


def nanoseconds(time):
    """"2026-11-21T10:00:00.000000000Z" as nanoseconds since 1970."""
    day, clock = time[:-1].split("T")
    clock, fraction = clock.split(".")
    fields = [int(x) for x in day.split("-") + clock.split(":")]
    return calendar.timegm(tuple(fields)) * 10**9 + int(fraction)


class Report:
    """One report, taken record by record."""

    def __init__(self, schema):
        self.validators = {}
        for name in TYPES + ("document",):
            self.validators[name] = jsonschema.Draft202012Validator(
                {"$ref": "#/$defs/" + name, "$defs": schema["$defs"]})
        self.faults = []
        self.count = collections.Counter()
        self.finding = {}    # id -> last record
        self.revised = set()
        self.verdict = collections.Counter()
        self.start = {}      # input -> time of its first packet
        self.inputs = collections.Counter()
        self.summary = None

    def fault(self, where, text):
        self.faults.append("%s: %s" % (where, text))

    def validate(self, name, record, where):
        for error in self.validators[name].iter_errors(record):
            self.fault(where, "%s: %s" % (error.json_path, error.message))
            return False
        return True

    def validate_keys(self, document, where):
        """The frame of a document; its records are validated one by one."""
        frame = {key: [] if isinstance(value, list) else value
                 for key, value in document.items()}
        self.validate("document", frame, where)

    def record(self, record, where):
        """Takes a record of any type."""
        kind = record.get("type") if isinstance(record, dict) else None
        if kind not in TYPES:
            self.fault(where, "no record has type %r" % (kind,))
            return
        self.count[kind] += 1
        if self.summary is not None:
            self.fault(where, "stands after the summary")
        if self.validate(kind, record, where):
            getattr(self, "take_" + kind)(record, where)

    def take_capture(self, record, _where):
        source = record["input"]
        self.inputs[source.get("file", source.get("interface"))] += 1

    def take_partial(self, record, where):
        if record["number"] != self.count["partial"] - 1:
            self.fault(where, "is not the partial record that comes next")
        if (record["number"] == 0) != ("audit" in record):
            self.fault(where, "the first partial record has 'audit'")

    def moment(self, point, name, where):
        """Every time of an input, less its offset, is the same."""
        name = point.get("input", name)
        if name not in self.inputs:
            self.fault(where, "input %r has no capture record" % name)
        if self.inputs[name] > 1:
            return  # two inputs of one name cannot be told apart
        start = nanoseconds(point["time"]) - point["offset_ns"]
        if self.start.setdefault(name, start) != start:
            self.fault(where, "offset_ns does not agree with time")

    def take_transition(self, record, where):
        self.moment(record, record["input"], where)

    def check_finding(self, record, where):
        """What a finding has to be whether or not it is the last one."""
        for name, value in record.get("difference", {}).items():
            less = record["observed"][name] - record["expected"][name]
            if (less - value) % 2**32 != 0:
                self.fault(where, "difference of %s is wrong" % name)
        inputs = record.get("packet_inputs")
        if inputs is not None and len(inputs) != len(record["packets"]):
            self.fault(where, "packet_inputs does not match packets")
        if (record["connection"] is None) != (record["client"] is None):
            self.fault(where, "client without connection, or without client")
        if record["client"] is None and record["server"] is not None:
            self.fault(where, "server without client")

    def take_finding(self, record, where):
        self.moment(record, record["input"], where)
        self.check_finding(record, where)
        # A former record may have been left out by the selection.
        if "revises" in record:
            self.revised.add(record["id"])
        elif record["id"] in self.finding:
            self.fault(where, "id %d again, but revises nothing" %
                       record["id"])
        self.finding[record["id"]] = record

    def take_connection(self, record, where):
        self.moment(record["first"], record["input"], where)
        self.moment(record["last"], record["input"], where)
        self.verdict[record["verdict"]] += 1
        first, last = (nanoseconds(record[x]["time"])
                       for x in ("first", "last"))
        if record["duration_ns"] != last - first:
            self.fault(where, "duration_ns is not last less first")
        for end in ("client", "server"):
            known = record[end]["certainty"] == "certain"
            states = record[end]["possible_states"]
            if known and states != [record[end]["state"]]:
                self.fault(where, "%s is certain of %s" % (end, states))

    def check_summary(self, where):
        """The summary counts what is there.  A revision may have taken a
        finding out of the selection: then it is there, but not counted."""
        sure, most = collections.Counter(), collections.Counter()
        for number, record in self.finding.items():
            cell = record["severity"], record["rule"]
            most[cell] += 1
            sure[cell] += number not in self.revised
        counted = collections.Counter()
        for severity, rules in self.summary["findings"].items():
            for rule, count in rules.items():
                counted[severity, rule] = count
        if "unlisted_findings" in self.summary:
            return
        for cell in set(most) | set(counted):
            if not sure[cell] <= counted[cell] <= most[cell]:
                self.fault(where, "%s %s: %d counted, %d there" %
                           (cell + (counted[cell], most[cell])))

    def take_summary(self, record, _where):
        self.summary = record

    def end(self, where):
        """The report is over."""
        if self.summary is None:
            self.fault(where, "there is no summary")
            return
        self.check_summary(where)
        if self.summary["verdicts"] != dict(self.verdict):
            self.fault(where, "verdicts do not count the connections")


def take_lines(report, name, lines):
    """NDJSON."""
    for number, line in enumerate(lines, 1):
        where = "%s:%d" % (name, number)
        try:
            record = json.loads(line, object_pairs_hook=unique)
        except ValueError as error:
            report.fault(where, error)
            continue
        if number == 1 and record.get("type") != "capture":
            report.fault(where, "the first record is no capture")
        report.record(record, where)


def take_document(report, name, text):
    """The document of --json."""
    try:
        document = json.loads(text, object_pairs_hook=unique)
    except ValueError as error:
        report.fault(name, error)
        return
    report.validate_keys(document, name)
    for array in ("captures", "findings", "connections", "transitions"):
        for i, record in enumerate(document.get(array, ())):
            where = "%s: %s[%d]" % (name, array, i)
            if record.get("type") != array[:-1]:
                report.fault(where, "is no %s" % array[:-1])
            if "revises" in record:
                report.fault(where, "revises something in a final report")
            report.record(record, where)
    report.record(document.get("summary"), name + ": summary")
    check_order(report, name, document)


def check_order(report, name, document):
    """Findings stand by input and packet, connections by id."""
    names = [c["input"].get("file", c["input"].get("interface"))
             for c in document["captures"]]
    if len(set(names)) == len(names):
        order = [(names.index(f["input"]), f["packet"] or 0, f["id"])
                 for f in document["findings"]]
        if order != sorted(order):
            report.fault(name, "findings are not sorted by packet")
    order = [c["id"] for c in document["connections"]]
    if order != sorted(order):
        report.fault(name, "connections are not sorted by id")


def check(schema, name, stream):
    """Checks one report; returns how many faults there are."""
    report = Report(schema)
    text = stream.read()
    if text.startswith('{"schema"'):
        take_document(report, name, text)
    else:
        take_lines(report, name, text.split("\n")[:-1])
    if not text.endswith("\n"):
        report.fault(name, "does not end in a line feed")
    report.end(name)
    for fault in report.faults:
        print(fault)
    if not report.faults:
        print("%s: %s" % (name, ", ".join(
            "%d %s" % (n, kind) for kind, n in sorted(report.count.items()))))
    return len(report.faults)


def main():
    parser = argparse.ArgumentParser(description="Check tcpaudit reports.")
    parser.add_argument("--schema", default=SCHEMA)
    parser.add_argument("file", nargs="*", default=["-"])
    arguments = parser.parse_args()
    with open(arguments.schema, encoding="utf-8") as stream:
        schema = json.load(stream)
    jsonschema.Draft202012Validator.check_schema(schema)
    faults = 0
    for name in arguments.file:
        if name == "-":
            sys.stdin.reconfigure(encoding="utf-8")
            faults += check(schema, "standard input", sys.stdin)
            continue
        with open(name, encoding="utf-8") as stream:
            faults += check(schema, name, stream)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
