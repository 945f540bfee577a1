/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

/* Values written for people.  Nothing here depends on the locale, on the time
 * zone or on the clock. */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdint.h>

#include "tcpaudit.h"

struct buffer;

/* "1,234,567" */
void format_number(struct buffer *b, uint64_t number);

/* "1 packet", "2 packets", "1,234 packets": `noun` takes an s. */
void format_count(struct buffer *b, uint64_t number, const char *noun);

/* A duration in nanoseconds: "250 ns", "20.1 ms", "31.0 s", "12 min 5 s",
 * "2 h 0 min", "3 d 4 h". */
void format_duration(struct buffer *b, int64_t nanoseconds);

/* Control bits, FIN = 1 ... AE = 256: "SYN|ACK", "none". */
void format_flags(struct buffer *b, int64_t flags);

/* A set of states: "ESTABLISHED or SYN-SENT" in the order of RFC 9293. */
void format_states(struct buffer *b, int64_t states);

/* A value as its kind wants it, without its name. */
void format_value(struct buffer *b, const struct tcpaudit_value *value);

/* "10.0.0.1", "2001:db8::1" (RFC 5952). */
void format_address(
    struct buffer *b, int family, const struct tcpaudit_address *address);

/* "10.0.0.1:80", "[2001:db8::1]:80" */
void format_endpoint(
    struct buffer *b, const struct tcpaudit_tuple *tuple, int end);

/* "10.0.0.1" or, with a port, as above. */
void format_host(struct buffer *b, const struct tcpaudit_host *host);

/* Nanoseconds since 1970, UTC: "2026-11-21T10:00:00.000000000Z" */
void format_time(struct buffer *b, int64_t time);

/* "2026-11-21 10:00:00 UTC" */
void format_date(struct buffer *b, int64_t time);

/* "10:00:00.010", with the date before it unless it is the day of `day`. */
void format_time_of_day(struct buffer *b, int64_t time, int64_t day);

#endif
