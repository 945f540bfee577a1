/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* The BPF filter of the user. */
#ifndef FILTER_H
#define FILTER_H

#include <pcap/pcap.h>

/* Whether an expression is a filter for any link type at all.  Returns 0, or -1
 * after a one-line error. */
int filter_check(const char *expression);

/* Compiles an expression for a handle; the program is the caller's, who frees
 * it with pcap_freecode().  Returns 0, or -1 after a one-line error about the
 * input called `name`. */
int filter_compile(pcap_t *pcap, const char *name, const char *expression,
    struct bpf_program *program);

/* The same without a word, as pcap_compile(3); for any number of threads. */
int filter_build(
    pcap_t *pcap, const char *expression, struct bpf_program *program);

#endif
