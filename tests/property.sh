#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The tcpaudit authors
#
# The properties, on PROPERTY_RUNS simulated connections (default 2000).
# Runs in the build tree.

exec tests/property "${PROPERTY_RUNS:-2000}"
