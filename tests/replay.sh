#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# The captures go through the fuzz targets, with any compiler.  They are the
# corpus of one of them; to the other they are as good as noise.
# From the environment: srcdir.  Runs in the build tree.

failed=0
for target in capture decode; do
	name="every file of pcaps/ goes through tests/fuzz/$target.c"
	if "tests/fuzz/replay_$target" "${srcdir:-.}"/pcaps/*.pcap; then
		echo "ok - $name"
	else
		echo "not ok - $name"
		failed=1
	fi
done
exit $failed
