#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# Each kind of defect in MUTATION_RUNS connections (default 50).  Runs in the
# build tree.

exec tests/mutation "${MUTATION_RUNS:-50}"
