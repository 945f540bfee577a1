/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "format.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdbool.h>
#include <time.h>

#include "buffer.h"

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define SECOND	    INT64_C(1000000000)

void
format_number(struct buffer *b, uint64_t number)
{
	char digits[32];
	size_t at = sizeof(digits), n = 0;

	do {
		if (n > 0 && n % 3 == 0)
			digits[--at] = ',';
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
		n++;
	} while (number > 0);
	buffer_add(b, digits + at, sizeof(digits) - at);
}

void
format_count(struct buffer *b, uint64_t number, const char *noun)
{
	format_number(b, number);
	buffer_printf(b, " %s%s", noun, number == 1 ? "" : "s");
}

/* From ten minutes on, tenths of a second are noise. */
static void
add_long_duration(struct buffer *b, uint64_t seconds)
{
	if (seconds < 3600)
		buffer_printf(b, "%" PRIu64 " min %" PRIu64 " s", seconds / 60,
		    seconds % 60);
	else if (seconds < 48 * 3600)
		buffer_printf(b, "%" PRIu64 " h %" PRIu64 " min",
		    seconds / 3600, seconds % 3600 / 60);
	else
		buffer_printf(b, "%" PRIu64 " d %" PRIu64 " h", seconds / 86400,
		    seconds % 86400 / 3600);
}

void
format_duration(struct buffer *b, int64_t nanoseconds)
{
	static const struct {
		uint64_t unit, below; /* below: in tenths of the unit */
		const char *name;
	} scale[] = {
		{ MICROSECOND, 10000, "us" },
		{ MILLISECOND, 10000, "ms" },
		{ SECOND, 6000, "s" },
	};
	uint64_t n = (uint64_t)nanoseconds, tenths;

	if (nanoseconds < 0) {
		buffer_add_string(b, "-");
		n = 0 - n;
	}
	if (n < 1000) {
		buffer_printf(b, "%" PRIu64 " ns", n);
		return;
	}
	for (size_t i = 0; i < sizeof(scale) / sizeof(scale[0]); i++) {
		tenths = n / (scale[i].unit / 10);
		if (n % (scale[i].unit / 10) >= scale[i].unit / 20)
			tenths++;
		if (tenths < scale[i].below) {
			buffer_printf(b, "%" PRIu64 ".%" PRIu64 " %s",
			    tenths / 10, tenths % 10, scale[i].name);
			return;
		}
	}
	add_long_duration(b, n / SECOND + (n % SECOND >= SECOND / 2));
}

void
format_flags(struct buffer *b, int64_t flags)
{
	static const char *const name[] = { "FIN", "SYN", "RST", "PSH", "ACK",
		"URG", "ECE", "CWR", "AE" };
	const char *separator = "";

	for (size_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if ((flags >> i & 1) == 0)
			continue;
		buffer_printf(b, "%s%s", separator, name[i]);
		separator = "|";
	}
	if (*separator == '\0')
		buffer_add_string(b, "none");
}

static void
format_ecn(struct buffer *b, int64_t codepoint)
{
	static const char *const name[] = { "Not-ECT", "ECT(1)", "ECT(0)",
		"CE" };

	buffer_add_string(b, name[codepoint & 3]);
}

void
format_states(struct buffer *b, int64_t states)
{
	int64_t rest = states & ((1 << TCPAUDIT_STATES) - 1);

	if (rest == 0) {
		buffer_add_string(b, "none");
		return;
	}
	for (int i = 0; i < TCPAUDIT_STATES; i++) {
		if ((rest >> i & 1) == 0)
			continue;
		rest &= ~(INT64_C(1) << i);
		buffer_add_string(b, tcpaudit_state_name(i));
		if (rest != 0)
			buffer_add_string(
			    b, (rest & (rest - 1)) == 0 ? " or " : ", ");
	}
}

void
format_value(struct buffer *b, const struct tcpaudit_value *value)
{
	switch (value->kind) {
	case TCPAUDIT_VALUE_SEQUENCE:
		buffer_printf(b, "%" PRIu32, (uint32_t)value->value);
		break;
	case TCPAUDIT_VALUE_NUMBER:
		buffer_printf(b, "%" PRId64, value->value);
		break;
	case TCPAUDIT_VALUE_BYTES:
		if (value->value < 0)
			buffer_add_string(b, "-");
		format_number(b, value->value < 0 ? 0 - (uint64_t)value->value
						  : (uint64_t)value->value);
		break;
	case TCPAUDIT_VALUE_DURATION:
		format_duration(b, value->value);
		break;
	case TCPAUDIT_VALUE_FLAGS:
		format_flags(b, value->value);
		break;
	case TCPAUDIT_VALUE_STATES:
		format_states(b, value->value);
		break;
	case TCPAUDIT_VALUE_HEX:
		buffer_printf(b, "0x%04" PRIx64, (uint64_t)value->value);
		break;
	case TCPAUDIT_VALUE_REACTION:
		buffer_add_string(b, tcpaudit_reaction_name(
					 (enum tcpaudit_reaction)value->value));
		break;
	case TCPAUDIT_VALUE_TIME:
		format_time(b, value->value);
		break;
	case TCPAUDIT_VALUE_ADDRESS:
		break; /* format_host(): only the finding knows it */
	case TCPAUDIT_VALUE_ECN:
		format_ecn(b, value->value);
		break;
	}
}

void
format_address(
    struct buffer *b, int family, const struct tcpaudit_address *address)
{
	char text[INET6_ADDRSTRLEN];

	/* Every record has two: that of IPv4 need not wait for inet_ntop(). */
	if (family == 4) {
		for (int i = 0; i < 4; i++) {
			buffer_add_string(b, i == 0 ? "" : ".");
			buffer_add_number(b, address->bytes[i], 0);
		}
	} else if (inet_ntop(AF_INET6, address->bytes, text, sizeof(text)) !=
		   NULL) {
		buffer_add_string(b, text);
	}
}

void
format_endpoint(struct buffer *b, const struct tcpaudit_tuple *tuple, int end)
{
	bool six = tuple->family != 4;

	buffer_add_string(b, six ? "[" : "");
	format_address(b, tuple->family, &tuple->address[end]);
	buffer_printf(b, "%s:%u", six ? "]" : "", tuple->port[end]);
}

void
format_host(struct buffer *b, const struct tcpaudit_host *host)
{
	bool brackets = host->family != 4 && host->port != 0;

	buffer_add_string(b, brackets ? "[" : "");
	format_address(b, host->family, &host->address);
	buffer_add_string(b, brackets ? "]" : "");
	if (host->port != 0)
		buffer_printf(b, ":%u", host->port);
}

/* Splits at the second; the capture clock may stand before 1970. */
static uint32_t
split(int64_t time, struct tm *tm)
{
	int64_t fraction = time % SECOND;
	time_t seconds = (time_t)(time / SECOND);

	if (fraction < 0) {
		fraction += SECOND;
		seconds--;
	}
	gmtime_r(&seconds, tm);
	return (uint32_t)fraction;
}

static void
add_day(struct buffer *b, const struct tm *tm)
{
	buffer_add_number(b, (uint64_t)tm->tm_year + 1900, 4);
	buffer_add_string(b, "-");
	buffer_add_number(b, (uint64_t)tm->tm_mon + 1, 2);
	buffer_add_string(b, "-");
	buffer_add_number(b, (uint64_t)tm->tm_mday, 2);
}

static void
add_clock(struct buffer *b, const struct tm *tm)
{
	buffer_add_number(b, (uint64_t)tm->tm_hour, 2);
	buffer_add_string(b, ":");
	buffer_add_number(b, (uint64_t)tm->tm_min, 2);
	buffer_add_string(b, ":");
	buffer_add_number(b, (uint64_t)tm->tm_sec, 2);
}

void
format_time(struct buffer *b, int64_t time)
{
	struct tm tm;
	uint32_t fraction = split(time, &tm);

	add_day(b, &tm);
	buffer_add_string(b, "T");
	add_clock(b, &tm);
	buffer_add_string(b, ".");
	buffer_add_number(b, fraction, 9);
	buffer_add_string(b, "Z");
}

void
format_date(struct buffer *b, int64_t time)
{
	struct tm tm;

	split(time, &tm);
	add_day(b, &tm);
	buffer_add_string(b, " ");
	add_clock(b, &tm);
	buffer_add_string(b, " UTC");
}

void
format_time_of_day(struct buffer *b, int64_t time, int64_t day)
{
	struct tm tm, first;
	uint32_t fraction = split(time, &tm);

	split(day, &first);
	if (tm.tm_year != first.tm_year || tm.tm_yday != first.tm_yday) {
		add_day(b, &tm);
		buffer_add_string(b, " ");
	}
	add_clock(b, &tm);
	buffer_add_string(b, ".");
	buffer_add_number(b, fraction / (uint32_t)MILLISECOND, 3);
}
