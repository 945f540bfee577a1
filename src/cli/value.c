/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The tcpaudit authors */

#include "value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buffer.h"
#include "log.h"

#define LONGEST 1000000000.0 /* s */

int
value_seconds(
    const char *name, const char *text, int64_t least, int64_t *nanoseconds)
{
	char *end = NULL;
	double seconds = 0;

	/* Not what else strtod(3) takes: signs, spaces, inf, hexadecimal. */
	if (text[strspn(text, "0123456789.")] == '\0')
		seconds = strtod(text, &end);
	if (end == NULL || end == text || *end != '\0') {
		log_error(name,
		    "'%s' is not a number of seconds: give for "
		    "example %s 120",
		    text, name);
		return -1;
	}
	if (seconds > LONGEST || seconds * 1e9 < (double)least) {
		log_error(name, "'%s' is out of range: give for example %s 120",
		    text, name);
		return -1;
	}
	*nanoseconds = (int64_t)(seconds * 1e9 + 0.5);
	return 0;
}

/* Digits only, no overflow.  Sets *end behind them. */
static int
scan_digits(const char *text, uint64_t *number, const char **end)
{
	char *stop;
	unsigned long long n;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	n = strtoull(text, &stop, 10);
	*number = n;
	*end = stop;
	return errno == 0 ? 0 : -1;
}

int
value_number(const char *name, const char *text, uint64_t least, uint64_t most,
    uint64_t *number)
{
	const char *end;

	if (scan_digits(text, number, &end) == 0 && *end == '\0' &&
	    *number >= least && *number <= most)
		return 0;
	log_error(name,
	    "'%s' is not a whole number from %" PRIu64 " to %" PRIu64
	    ": give one",
	    text, least, most);
	return -1;
}

int
value_size(const char *name, const char *text, uint64_t *bytes)
{
	static const char units[] = "kmgt";
	const char *end, *unit;
	uint64_t factor = 1, number;

	if (scan_digits(text, &number, &end) != 0)
		goto wrong;
	unit =
	    *end != '\0' ? strchr(units, tolower((unsigned char)*end)) : NULL;
	if (unit != NULL) {
		factor = UINT64_C(1) << (10 * (unit - units + 1));
		end++;
	}
	if (*end != '\0' && strcasecmp(end, "B") != 0 &&
	    (unit == NULL || strcasecmp(end, "iB") != 0))
		goto wrong;
	if (number > UINT64_MAX / factor)
		goto wrong;
	*bytes = number * factor;
	return 0;
wrong:
	log_error(
	    name, "'%s' is not a size: give for example %s 512M", text, name);
	return -1;
}

static void
refuse_choice(const char *name, const char *text, const char *const *words)
{
	struct buffer all = { 0 };

	for (int i = 0; words[i] != NULL; i++)
		buffer_printf(&all, "%s%s", i > 0 ? ", " : "", words[i]);
	log_error(name, "'%s' is not known: give one of %s", text,
	    all.data != NULL ? all.data : "those of --help");
	buffer_clear(&all);
}

int
value_choice(
    const char *name, const char *text, const char *const *words, int *choice)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], text) == 0) {
			*choice = i;
			return 0;
		}
	}
	refuse_choice(name, text, words);
	return -1;
}
