#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# The corpus of the fuzz target goes through it, on any compiler.
# From the environment: srcdir.  Runs in the build tree.

if tests/fuzz/replay "${srcdir:-.}"/pcaps/*.pcap; then
	echo "ok - every capture in pcaps/ goes through the fuzz target"
else
	echo "not ok - every capture in pcaps/ goes through the fuzz target"
	exit 1
fi
